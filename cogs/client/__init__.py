"""The Discord client's own parts: finding the gateway, living through what it sends, offering commands."""
