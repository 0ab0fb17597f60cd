"""A job's life, one use case per file: accepted, ordered, checked, and settled whatever happens."""
