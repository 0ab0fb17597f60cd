"""Files that a member gives to a command or a modal. Discord keeps them separately from messages, and not for long."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sandbox.discord.channels import Channel
from sandbox.discord.files import Attachment, Upload
from sandbox.discord.world import World


async def receive_upload(world: World, channel: Channel, upload: Upload) -> Attachment:
    stored = await world.files.receive(upload.filename, _whole(upload.data))
    return await world.files.adopt(
        stored,
        attachment_id=world.snowflakes.take(),
        channel_id=channel.id,
        content_type=upload.content_type,
        ephemeral=True,
    )


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
