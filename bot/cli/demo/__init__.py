"""`videobot demo`: the whole product on this machine, against the sandbox, with no account and no settings."""

from bot.cli.demo.command import command

__all__ = ["command"]
