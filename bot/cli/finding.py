"""What one of the doctor's checks found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do, if anything."""

    subject: str
    is_well: bool
    fact: str
    advice: str = ""
