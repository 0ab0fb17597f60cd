"""Names for the numbers that travel through the program, so that the type checker tells them apart."""

from __future__ import annotations

import secrets
from typing import NewType

GuildId = NewType("GuildId", int)
ChannelId = NewType("ChannelId", int)
MessageId = NewType("MessageId", int)
UserId = NewType("UserId", int)
RoleId = NewType("RoleId", int)
InteractionId = NewType("InteractionId", int)

JobId = NewType("JobId", str)
LinkId = NewType("LinkId", int)

Credits = NewType("Credits", int)


def new_job_id() -> JobId:
    """A random id of 16 hexadecimal characters.

    Short enough for a button's custom id (100 characters) and for a message's nonce (25), and not to be guessed.
    """
    return JobId(secrets.token_hex(8))
