"""How values look in Discord's JSON: ids as strings, times in ISO 8601.

https://docs.discord.com/developers/reference
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

Json = dict[str, Any]


def iso(moment: datetime) -> str:
    """A time in Discord's format, with microseconds and an explicit offset."""
    return moment.isoformat(timespec="microseconds")


def iso_or_null(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def truth(word: str | None) -> bool:
    """A boolean of a query string: Discord takes `1` and `true`."""
    return word is not None and word.lower() in {"1", "true"}
