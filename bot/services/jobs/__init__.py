"""A job's life, one use case per file: accepted, ordered, looked at, and settled whatever happens."""
