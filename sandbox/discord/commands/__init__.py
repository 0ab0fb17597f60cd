"""Application commands: what may be registered, and what is."""
