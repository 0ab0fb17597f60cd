"""Application commands: the rules for registering them, and those that are registered."""
