"""The commands that the bot has registered, globally and per guild.

https://docs.discord.com/developers/interactions/application-commands#registering-a-command
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from sandbox.discord.commands.rules import check_command, check_set
from sandbox.discord.errors import ApiError, FormErrors, Problem
from sandbox.discord.permissions import Permissions
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.wire import Json


class CommandType(IntEnum):
    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3
    ENTRY_POINT = 4


class Context(IntEnum):
    """Where a command may be used."""

    GUILD = 0
    BOT_DIRECT = 1
    PRIVATE_CHANNEL = 2


@dataclass(frozen=True, slots=True)
class Command:
    """A registered command; `definition` is what the bot sent."""

    id: int
    application_id: int
    guild_id: int | None
    definition: Json

    @property
    def name(self) -> str:
        return str(self.definition["name"])

    @property
    def kind(self) -> CommandType:
        return CommandType(self.definition.get("type") or CommandType.CHAT_INPUT)

    @property
    def options(self) -> list[Json]:
        return self.definition.get("options") or []

    @property
    def default_member_permissions(self) -> Permissions | None:
        """What a member needs to see the command: None means nothing, an empty set means Administrator."""
        given = self.definition.get("default_member_permissions")
        return None if given is None else Permissions(int(given))

    def usable_in(self, context: Context) -> bool:
        contexts = self.definition.get("contexts")
        if contexts is not None:
            return int(context) in contexts
        return context is not Context.BOT_DIRECT or self.definition.get("dm_permission") is not False

    def payload(self) -> Json:
        """https://docs.discord.com/developers/interactions/application-commands#application-command-object"""
        permissions = self.default_member_permissions
        return {
            "id": str(self.id),
            "application_id": str(self.application_id),
            "version": str(self.id),
            "type": int(self.kind),
            "name": self.name,
            "name_localizations": self.definition.get("name_localizations"),
            "description": self.definition.get("description") or "",
            "description_localizations": self.definition.get("description_localizations"),
            "default_member_permissions": None if permissions is None else str(int(permissions)),
            "dm_permission": self.usable_in(Context.BOT_DIRECT),
            "contexts": self.definition.get("contexts"),
            "integration_types": self.definition.get("integration_types") or [0],
            **({"handler": self.definition.get("handler")} if self.kind is CommandType.ENTRY_POINT else {}),
            "nsfw": bool(self.definition.get("nsfw")),
            **({"options": self.options} if self.options else {}),
            **({} if self.guild_id is None else {"guild_id": str(self.guild_id)}),
        }


_Key = tuple[int, str]

_CREATES_PER_DAY = 200
"""https://docs.discord.com/developers/interactions/application-commands#registering-a-command"""


class CommandRegistry:
    """Commands by type and name, per guild and (under None) globally."""

    def __init__(self, *, application_id: int, snowflakes: Snowflakes) -> None:
        self._application_id = application_id
        self._snowflakes = snowflakes
        self._commands: dict[int | None, dict[_Key, Command]] = {}
        self.creates_left = _CREATES_PER_DAY

    def all(self, guild_id: int | None) -> list[Command]:
        return list(self._commands.get(guild_id, {}).values())

    def find(self, name: str, kind: CommandType, guild_id: int | None) -> Command | None:
        """The command as that guild's members see it: the guild's own, else the global one."""
        for scope in (guild_id, None):
            command = self._commands.get(scope, {}).get((int(kind), name))
            if command is not None:
                return command
        return None

    def by_id(self, command_id: int, guild_id: int | None) -> Command:
        """Raises 10063 for a command that is not registered there."""
        for command in self.all(guild_id):
            if command.id == command_id:
                return command
        raise ApiError(Problem.UNKNOWN_COMMAND)

    def replace_all(self, definitions: Sequence[Json], guild_id: int | None) -> list[Command]:
        """Bulk overwrite: commands that are not listed are removed; a command that keeps its name keeps its id."""
        errors = FormErrors()
        for index, definition in enumerate(definitions):
            check_command(definition, errors.at(index))
        check_set(definitions, errors)
        errors.raise_if_any()
        before = self._commands.get(guild_id, {})
        self._check_overwriting(before, {_key(definition) for definition in definitions})
        self._commands[guild_id] = {_key(d): self._command(d, guild_id, before.get(_key(d))) for d in definitions}
        return self.all(guild_id)

    def put(self, definition: Json, guild_id: int | None) -> Command:
        """Create a command, or overwrite the one with that name."""
        errors = FormErrors()
        check_command(definition, errors)
        errors.raise_if_any()
        scope = self._commands.setdefault(guild_id, {})
        key = _key(definition)
        scope[key] = self._command(definition, guild_id, scope.get(key))
        return scope[key]

    def _check_overwriting(self, before: Mapping[_Key, Command], wanted: set[_Key]) -> None:
        """Raises 50240 if the Entry Point command would be removed, 30034 for too many new commands in a day."""
        if any(kind == CommandType.ENTRY_POINT for kind, _ in before.keys() - wanted):
            raise ApiError(Problem.ENTRY_POINT_REMOVED)
        new = len(wanted - before.keys())
        if new > self.creates_left:
            raise ApiError(Problem.TOO_MANY_NEW_COMMANDS)
        self.creates_left -= new

    def remove(self, command: Command) -> None:
        del self._commands[command.guild_id][_key(command.definition)]

    def _command(self, definition: Json, guild_id: int | None, before: Command | None) -> Command:
        command_id = self._snowflakes.take() if before is None else before.id
        return Command(command_id, self._application_id, guild_id, definition)


def _key(definition: Json) -> _Key:
    return int(definition.get("type") or CommandType.CHAT_INPUT), definition["name"]
