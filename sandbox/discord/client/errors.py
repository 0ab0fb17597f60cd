"""The one error of people's acts."""

from __future__ import annotations


class NotPossible(Exception):
    """Discord's client would not let a person do this; the message says why."""
