"""The bot: settings, rules, services and the composition root. Discord lives in `cogs/`, SQL in `storage/`."""

__version__ = "0.1.0"
