"""Variables that are not settings but look like one: such a typo would otherwise go unnoticed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

PREFIXES: Final = ("DISCORD_", "POWERPOST_", "VIDEOBOT_")
CLOSE, ALIKE = 0.85, 0.6
"""How similar a name must be to be reported: less if it starts like ours."""


def lookalikes(names: Iterable[str], settings: Collection[str]) -> list[str]:
    """One sentence per variable in `names` that looks like one of the `settings`, both in capitals."""
    return [
        f"{name} is not a setting and is ignored; did you mean {likely}?"
        for name in sorted(set(names) - set(settings))
        if (likely := _likely(name, settings))
    ]


def _likely(name: str, settings: Collection[str]) -> str | None:
    cutoff = ALIKE if name.startswith(PREFIXES) else CLOSE
    return next(iter(get_close_matches(name.removeprefix("VIDEOBOT_"), settings, n=1, cutoff=cutoff)), None)
