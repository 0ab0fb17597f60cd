"""The rules of the product."""
