"""The rules of the product, with no I/O: standard library only."""
