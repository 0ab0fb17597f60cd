"""The result of a member's request to be forgotten."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Erased:
    """How many videos' records were erased; none while `under_way` videos are in progress."""

    videos: int
    under_way: int = 0
