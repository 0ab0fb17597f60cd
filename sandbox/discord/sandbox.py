"""The stand-in for Discord, as tests and the demo use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from sandbox.changes import PATIENCE
from sandbox.clock import Clock, MovableClock
from sandbox.discord import permissions
from sandbox.discord.channels import Channel
from sandbox.discord.entitlements import Entitlement, buy
from sandbox.discord.faults import Faults
from sandbox.discord.files import Attachment, FileStore
from sandbox.discord.gateway.hub import Gateway
from sandbox.discord.guilds import Guild, new_guild
from sandbox.discord.interactions.record import Interaction, InteractionType
from sandbox.discord.interactions.starting import dispatch, start
from sandbox.discord.limits import Limits
from sandbox.discord.members import Member
from sandbox.discord.messages.record import Message
from sandbox.discord.messages.writing import remove
from sandbox.discord.people import User
from sandbox.discord.permissions import Permissions
from sandbox.discord.requests import RequestLog
from sandbox.discord.rest.exchange import API_ROOT
from sandbox.discord.server import GATEWAY_PATH, Server
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.wire import Json
from sandbox.discord.world import Application, World

T = TypeVar("T")


class DiscordSandbox:
    """Discord on this machine: open it with `async with`, point a bot at `api_base`, act through members.

    `port` 0 takes any free one. Uploads stay in a temporary directory until the sandbox closes.
    """

    def __init__(
        self,
        *,
        token: str = "sandbox-token",  # noqa: S107 - opens nothing but this sandbox
        clock: Clock | None = None,
        bot_name: str = "Videobot",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._clock = clock or MovableClock()
        self.limits = Limits()
        self._host, self._port = host, port
        snowflakes = Snowflakes(self._clock)
        bot = User(snowflakes.take(), bot_name, bot=True)
        application = Application(bot.id, bot_name, token, bot, User(snowflakes.take(), "Operator"))
        self._files = FileStore(clock=self._clock, limits=self.limits)
        self.world = World(self._clock, snowflakes, self._files, application, self.limits)
        self.gateway = Gateway(self.world)
        self.requests = RequestLog()
        self.faults = Faults(self.world.changes)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        closing = asyncio.Event()
        app = Server(self.world, self.gateway, self.requests, self.faults, closing).app()
        runner = web.AppRunner(app, shutdown_timeout=1.0, access_log=None)
        directory = await asyncio.to_thread(TemporaryDirectory, prefix="sandbox-discord-")
        self._open.push_async_callback(asyncio.to_thread, directory.cleanup)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        self._open.callback(self.gateway.disconnect)
        self._open.callback(closing.set)
        site = web.TCPSite(runner, self._host, self._port)
        await site.start()
        self._port = runner.addresses[0][1]
        self.gateway.url = f"ws://{self._host}:{self._port}{GATEWAY_PATH}"
        self._files.open(Path(directory.name), origin=self.origin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @property
    def origin(self) -> str:
        """Scheme, host and port; attachments are served below it."""
        return f"http://{self._host}:{self._port}"

    @property
    def api_base(self) -> str:
        """Stands in for `https://discord.com/api/v10`."""
        return self.origin + API_ROOT

    @property
    def token(self) -> str:
        """The bot's token; any other is refused with 401 and close code 4004."""
        return self.world.application.token

    @property
    def application_id(self) -> int:
        return self.world.application.id

    @property
    def bot(self) -> User:
        return self.world.application.bot

    @property
    def clock(self) -> Clock:
        """What tokens and links expire by; a MovableClock unless another one was given."""
        return self._clock

    @property
    def guilds(self) -> list[Guild]:
        return list(self.world.guilds.values())

    @property
    def messages(self) -> dict[int, Message]:
        """Every message ever written, deleted and ephemeral ones included, by id."""
        return self.world.messages

    def add_guild(
        self,
        name: str,
        *,
        upload_limit: int | None = None,
        bot_permissions: Permissions | None = permissions.EVERYONE,
        locale: str = "en-US",
    ) -> Guild:
        """A guild with the bot in it, unless `bot_permissions` is None; `guild.invite_bot` adds it later."""
        limit = self.limits.upload if upload_limit is None else upload_limit
        guild = new_guild(self.world, name, owner=self.world.application.owner, upload_limit=limit, locale=locale)
        if bot_permissions is not None:
            guild.invite_bot(bot_permissions)
        return guild

    def buy(self, member: Member, sku_id: int, *, for_guild: bool = True) -> Entitlement:
        """A member buys a consumable from the bot's shop, for their guild or (if the SKU is wrong) for themselves."""
        return buy(self.world, member.user, sku_id, member.guild if for_guild else None)

    def send_command(self, member: Member, channel: Channel, data: Json) -> Interaction:
        """A command with this data, although no Discord client would send it."""
        return start(self.world, InteractionType.COMMAND, member, channel, data)

    def repeat(self, interaction: Interaction, **changes: object) -> None:
        """Dispatch an interaction once more, as gateways sometimes do; `changes` replace fields of its payload."""
        dispatch(self.world, interaction, **changes)

    async def wait_until_ready(self, *, timeout: float = PATIENCE) -> None:
        """Wait until the bot listens on as many shards as it announced and has commands registered.

        After killing a bot, call `wait_until_gone` first: its connection may look open for a moment.
        """
        await self.wait_for(lambda: self._ready() or None, timeout=timeout, what="the bot's readiness")

    async def wait_until_gone(self, *, timeout: float = PATIENCE) -> None:
        """Wait until nothing is connected to the gateway."""
        await self.wait_for(lambda: not self.gateway.connected or None, timeout=timeout, what="the bot's departure")

    async def wait_for(
        self, look: Callable[[], T | None], *, timeout: float = PATIENCE, what: str = "the awaited change"
    ) -> T:
        """The first truthy value of `look`, which is called now and after every change. Raises TimeoutError."""
        return await self.world.changes.wait_for(look, timeout=timeout, what=what)

    def link(self, attachment: Attachment) -> str:
        """A signed link to a file, valid for `limits.attachment_link` from now."""
        return self._files.link(attachment)

    def delete_message(self, message: Message) -> None:
        """As a moderator would: editing it gets 10008 from now on."""
        remove(self.world, message)

    @asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Discord is down: every request gets 503, and the gateway closes and accepts nobody."""
        self.go_down()
        try:
            yield
        finally:
            self.come_back()

    def go_down(self) -> None:
        self.faults.down = True
        self.gateway.disconnect()

    def come_back(self) -> None:
        self.faults.down = False
        self.world.changed()

    def _ready(self) -> bool:
        sessions = self.gateway.connected
        served = {session.shard_id for session in sessions}
        wanted = max((session.shard_count for session in sessions), default=1)
        registered = [self.world.commands.all(None), *(self.world.commands.all(guild.id) for guild in self.guilds)]
        return len(served) == wanted and any(registered)
