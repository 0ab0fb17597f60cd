"""`/settings`: the panel in words, as a message, and as admins use it."""
