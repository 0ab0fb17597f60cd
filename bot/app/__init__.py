"""The composition root: builds everything in the order of a start, and closes everything in the order of a stop.

resources ─▶ stores, accounts ─▶ commands ─▶ client ─▶ pipeline (loops) ─▶ running
"""

from bot.app.running import run_bot

__all__ = ["run_bot"]
