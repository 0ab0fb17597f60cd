"""The Discord client: logging in, the gateway, and the commands that Discord knows."""
