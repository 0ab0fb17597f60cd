"""discord.py is imported here first: it imports the deprecated audioop, and warnings are errors in our tests."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="'audioop' is deprecated", category=DeprecationWarning)
    import discord  # noqa: F401  for its effect on the import system only
