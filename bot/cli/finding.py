"""What one of the doctor's checks has found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do, when there is something to do."""

    subject: str
    is_well: bool
    fact: str
    advice: str = ""
