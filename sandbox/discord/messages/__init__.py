"""Messages: how they are written, edited, stored and read back."""
