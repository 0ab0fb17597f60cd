"""Those of Discord's limits that a test may want to change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MEBIBYTE = 2**20


@dataclass(slots=True)
class Limits:
    """Set on `DiscordSandbox.limits` at any time."""

    upload: int = 10 * MEBIBYTE
    """Bytes per file outside guilds, and the default for new guilds."""

    first_response: timedelta = timedelta(seconds=3)
    """https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback"""

    interaction_token: timedelta = timedelta(minutes=15)

    attachment_link: timedelta = timedelta(hours=24)
    """How long a signed attachment link is served."""

    attachment_delay: timedelta = timedelta(0)
    """How long the file host waits before it answers, in real time."""

    nonce_memory: timedelta = timedelta(minutes=5)
    """How long `enforce_nonce` recognises a message; documented as "a few minutes"."""

    old_message: timedelta = timedelta(hours=1)
    """Edits of messages older than this count against `old_edits`."""

    old_edits: int | None = 3
    """Edits of old messages per channel within `old_edits_window`; None: no limit. Discord documents no number."""

    old_edits_window: timedelta = timedelta(seconds=20)
