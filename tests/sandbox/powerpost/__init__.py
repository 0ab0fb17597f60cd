"""The local PowerPost against the vendor's documentation, and every fault that it can cause."""
