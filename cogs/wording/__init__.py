"""Words, numbers and markup that all features share, and Discord's limits."""
