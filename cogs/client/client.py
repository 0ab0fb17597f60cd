"""The Discord client: what it asks Discord for, which commands it offers, where it connects, and where errors go.

It caches no members or messages, because the services edit messages by their stored ids.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.clock import Clock, SystemClock
from bot.domain.identifiers import GuildId
from bot.errors import DiscordError
from cogs.client.arrivals import Arrival, Arrivals
from cogs.client.bounds import bounded_sockets, bounding_answers
from cogs.client.commands import keep_offering, send_global_commands
from cogs.client.events import GatewayGuard, guard_gateway
from cogs.client.gateway import GatewayDoor
from cogs.client.guild_commands import GuildCommands
from cogs.client.guilds import GuildNews
from cogs.client.login import refusal
from cogs.client.names import Keep, NameNews
from cogs.client.said import OncePerMinute
from cogs.interactions.answers import answer_privately
from cogs.interactions.error_answers import answer_error

_log = logging.getLogger(__name__)

TOO_LATE: Final = "This reached the bot too late. Please try again. Nothing was spent."

LONGEST_RATE_LIMIT: Final = 30.0
"""Seconds that discord.py may sleep for Discord before it gives up, so that one full bucket cannot block a job."""

GuildCallback = Callable[[GuildId], Awaitable[None]]


class DefinitionStore(Protocol):
    """Remembers which definition of the commands Discord got last."""

    async def load(self) -> str | None:
        """The digest saved last, or None."""

    async def save(self, digest: str) -> None:
        """Keep the digest."""


def point_discord_at(api_base: str) -> None:
    """Send all REST calls of this process to `api_base`, such as https://discord.com/api/v10.

    discord.py keeps the address in a class attribute, so this applies to every client in the process.
    """
    Route.BASE = api_base.rstrip("/")


class VideobotTree(app_commands.CommandTree["VideobotClient"]):
    """The commands; every error in one of them becomes an answer."""

    async def on_error(
        self, interaction: discord.Interaction[VideobotClient], error: app_commands.AppCommandError, /
    ) -> None:
        await answer_error(interaction, error)

    async def _call(self, interaction: discord.Interaction[VideobotClient]) -> None:
        """discord.py runs this in a task that nobody awaits, so errors caused by Discord's data are logged here."""
        try:
            await super()._call(interaction)
        except app_commands.AppCommandError:
            raise
        except Exception as error:  # noqa: BLE001  what Discord sends decides what goes wrong here
            said = "An interaction of Discord's cannot be read"
            self.client.guard.say(said, action="event_unreadable", kind="INTERACTION_CREATE", error=error)


class VideobotClient(commands.AutoShardedBot):
    """The bot on Discord's side.

    `on_guild_seen` is called for every server at start and when the bot is invited, `on_guild_gone` when it is removed,
    and `keep_names` when a server or a channel has a new name.
    `guild_commands` belong to one server alone. `shard_ids` and `shard_count` are for several processes; without them,
    Discord decides how many shards to run.
    """

    def __init__(
        self,
        *,
        cogs: Sequence[commands.Cog],
        definitions: DefinitionStore,
        on_guild_seen: GuildCallback,
        on_guild_gone: GuildCallback,
        keep_names: Keep,
        clock: Clock,
        guild_commands: GuildCommands | None = None,
        shard_ids: Sequence[int] = (),
        shard_count: int | None = None,
    ) -> None:
        self._arrivals = Arrivals(SystemClock())
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=VideobotTree,
            intents=discord.Intents(guilds=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=LONGEST_RATE_LIMIT,
            http_trace=bounding_answers(_dates_for(self._arrivals)),
            shard_ids=list(shard_ids) or None,  # type: ignore[arg-type]  # None means all of them, says its documentation
            shard_count=shard_count,
        )
        self._features = cogs
        self._definitions = definitions
        self._guild_news = GuildNews(on_seen=on_guild_seen, on_gone=on_guild_gone)
        self._name_news = NameNews(keep_names)
        self._guild_commands = guild_commands
        self._has_begun = False
        self._clock = clock
        self._said = OncePerMinute(clock)
        self._door = GatewayDoor(lambda: self.http.request(Route("GET", "/gateway/bot")), clock)
        self.guard = GatewayGuard(clock)
        parsers = self._connection.parsers
        parsers["INTERACTION_CREATE"] = partial(self._arrived, parsers["INTERACTION_CREATE"])
        self._connection.parsers = self.guard.parsers(parsers)
        self.http.ws_connect = bounded_sockets(self.http)  # type: ignore[method-assign]  # it takes any size itself

    async def login(self, token: str) -> None:
        self._has_begun = True
        await super().login(token)

    async def close(self) -> None:
        """Before a login, discord.py has nothing to close and would fail."""
        if self._has_begun:
            await super().close()

    async def setup_hook(self) -> None:
        for cog in self._features:
            if self.get_cog(cog.qualified_name) is None:  # a login that is tried again comes here again
                await self.add_cog(cog)
            self.add_dynamic_items(*getattr(cog, "dynamic_items", ()))
        if self._guild_commands is not None:
            await self._guild_commands.add_to(self)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect to the gateway that the REST API names, once sessions may be started.

        discord.py uses that address only for the first connection, and a constant of its own for all later ones.
        Raises `DiscordLoginFailed` when Discord refuses to name it.
        """
        try:
            gateway = await self._door.find()
        except discord.HTTPException as refused:
            raise refusal(refused) from None
        DiscordWebSocket.DEFAULT_GATEWAY = gateway.url
        guard_gateway(self.guard)
        if self.shard_count is None:
            self.shard_count = gateway.shards
        await super().connect(reconnect=reconnect)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self._door.take_start()
        await super().before_identify_hook(shard_id, initial=initial)

    async def offer_commands(self) -> None:
        """Send Discord the commands if they differ from what it got last, and keep trying until it takes them.

        Never returns. Discord limits how many commands may be created per day.
        """
        await keep_offering(self._send_commands, self._clock, scope="everywhere")

    async def offer_guild_commands(self) -> None:
        """The same for the commands of one server alone."""
        if (own := self._guild_commands) is not None:
            await keep_offering(lambda: own.send(self.tree), self._clock, scope="operator's server")

    def has_left(self, guild_id: GuildId) -> bool:
        """Whether the bot is certainly not in this guild: Discord has listed all guilds of its shard, but not this one.

        https://docs.discord.com/developers/events/gateway#sharding
        """
        is_ours = (guild_id >> 22) % (self.shard_count or 1) in self.shards
        return self.is_ready() and is_ours and self.get_guild(guild_id) is None

    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self._guild_news.seen(GuildId(guild.id))
        await self._name_news.hear(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._guild_news.seen(GuildId(guild.id))
        await self._name_news.hear(guild)

    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        if before.name != after.name:
            await self._name_news.hear(after)

    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        await self._name_news.hear(channel.guild)

    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        if before.name != after.name:
            await self._name_news.hear(after.guild)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._name_news.hear(channel.guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self._name_news.forget(GuildId(guild.id))
        await self._guild_news.gone(GuildId(guild.id))

    async def on_late_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer it anyway: if it only seems late to us, its member knows and can try again."""
        if interaction.type is discord.InteractionType.autocomplete:
            return
        with suppress(DiscordError):
            await answer_privately(interaction, TOO_LATE)

    def _arrived(self, parse: Callable[[Any], None], data: Any) -> None:  # noqa: ANN401  as Discord sends it
        """Let discord.py handle an interaction unless it is late or was handled before."""
        arrival = self._arrivals.judge(int(data["id"]))
        if arrival is Arrival.NEW:
            parse(data)
            return
        facts = {"action": "interaction_ignored", "why": arrival.name.lower(), "interaction": data["id"]}
        _log.warning("An interaction is not handled", extra=facts)
        if arrival is Arrival.LATE:
            self.dispatch("late_interaction", discord.Interaction(data=data, state=self._connection))

    async def on_error(self, event_method: str, /, *_: object, **__: object) -> None:
        error = sys.exc_info()[1]
        if times := self._said.times((event_method, type(error))):
            facts = {"action": "event_failed", "event": event_method, "times": times}
            _log.error("An event could not be handled", exc_info=error, extra=facts)

    async def _send_commands(self) -> None:
        digest = definition_digest(self.tree, application_id=self.application_id)
        if await self._definitions.load() == digest:
            return
        await send_global_commands(self.tree)
        await self._definitions.save(digest)
        _log.info("Commands sent to Discord", extra={"action": "commands_synced"})


def _dates_for(arrivals: Arrivals) -> aiohttp.TraceConfig:
    """Notes the date of each of Discord's answers."""

    async def answered(_session: Any, _context: Any, end: aiohttp.TraceRequestEndParams) -> None:  # noqa: ANN401  aiohttp's own
        date = end.response.headers.get("Date")
        if date is not None:
            arrivals.dated(date)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(answered)
    return trace


def definition_digest(tree: app_commands.CommandTree[Any], *, application_id: int | None) -> str:
    """Changes whenever the commands, the application or Discord's address change."""
    definition = [command.to_dict(tree) for command in tree.get_commands()]
    facts = [Route.BASE, application_id, sorted(definition, key=lambda command: (command["type"], command["name"]))]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
