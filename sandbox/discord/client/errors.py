"""The error for what Discord's client does not allow."""

from __future__ import annotations


class NotPossible(Exception):
    """Discord's client would not let a person do this; the message says why."""
