"""Interactions as no Discord client would send them, and an ear where no request may ever arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.commands.registry import CommandType
from sandbox.discord.interactions.record import Interaction, InteractionType
from sandbox.discord.interactions.starting import start
from tests.e2e.delivery.place import Place

STRING, INTEGER, ATTACHMENT = 3, 4, 11


def forged(
    place: Place,
    *options: dict[str, Any],
    resolved: dict[str, Any] | None = None,
    kind: InteractionType = InteractionType.COMMAND,
) -> Interaction:
    """`/video` with these options, whatever the command's definition says."""
    world = place.product.discord.world
    command = world.commands.find("video", CommandType.CHAT_INPUT, place.guild.id)
    assert command is not None
    data = {"id": str(command.id), "name": "video", "type": 1, "options": list(options)}
    return start(world, kind, place.mia, place.channel, data | ({"resolved": resolved} if resolved else {}))


def option(name: str, value: object, kind: int = STRING, **more: object) -> dict[str, Any]:
    return {"name": name, "type": kind, "value": value, **more}


PROMPT = option("prompt", "A lighthouse")


def with_picture(place: Place, url: str, *, size: int = 1000) -> Interaction:
    """`/video` whose picture, as the interaction has it, lies at `url`."""
    facts = {"id": "1", "filename": "a.png", "size": size, "url": url, "proxy_url": url, "content_type": "image/png"}
    return forged(place, PROMPT, option("image", "1", ATTACHMENT), resolved={"attachments": {"1": facts}})


async def refusal(place: Place, use: Interaction) -> str:
    """What the member alone reads; nothing was ordered, and nothing is held."""
    answer = await use.first_response(timeout=4.0)
    message = answer.message
    assert message is not None
    text = await place.product.discord.wait_for(lambda: message.text if not message.loading else None)
    assert await place.jobs() == []
    assert place.generations == []
    return text


@dataclass
class Ear:
    """A server that takes down who talked to it."""

    port: int = 0
    heard: list[bytes] = field(default_factory=list)

    async def listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(await reader.read(1000))
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    """A service on this machine that only this machine can reach, as those that an attacker would like to ask."""
    ear = Ear()
    server = await asyncio.start_server(ear.listen, "127.0.0.1", 0)
    ear.port = server.sockets[0].getsockname()[1]
    async with server:
        yield ear
