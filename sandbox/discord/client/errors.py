"""The error of everything that a member does."""

from __future__ import annotations


class NotPossible(Exception):
    """Discord's client would not let a person do this; the message says why."""
