"""Slash commands, their autocomplete, and commands in a message's Apps menu."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.discord.channels import Channel, GuildChannel
from sandbox.discord.client.errors import NotPossible
from sandbox.discord.client.options import OptionValue, fill
from sandbox.discord.commands.registry import Command, CommandType, Context
from sandbox.discord.commands.rules import NESTED
from sandbox.discord.interactions.record import Choice, Interaction, InteractionType
from sandbox.discord.interactions.resolved import Resolved
from sandbox.discord.interactions.starting import start
from sandbox.discord.members import Member
from sandbox.discord.messages.record import Message
from sandbox.discord.permissions import Permissions
from sandbox.discord.wire import Json

COMPLETION_SECONDS = 3.5


async def slash(
    member: Member, channel: Channel, name: str, options: Mapping[str, OptionValue], *, opened_by_admin: bool
) -> Interaction:
    """`/name options`; see `Member.slash`."""
    root, *path = name.split()
    command = _find(member, channel, root, CommandType.CHAT_INPUT, opened_by_admin=opened_by_admin)
    resolved = Resolved(member.guild.world, channel, member)
    filled = await fill(_leaf(command, path), options, resolved)
    data = _data(command, resolved) | {"options": _nested(command.options, path, filled)}
    return start(member.guild.world, InteractionType.COMMAND, member, channel, data)


async def complete(
    member: Member,
    channel: Channel,
    name: str,
    options: Mapping[str, OptionValue],
    *,
    focused: str,
    typed: str,
) -> tuple[Choice, ...]:
    """Suggestions for `focused`. What is typed is sent as text, whatever the option's type, and need not be valid."""
    root, *path = name.split()
    command = _find(member, channel, root, CommandType.CHAT_INPUT, opened_by_admin=True)
    leaf = _leaf(command, path)
    definition = next((option for option in leaf if option["name"] == focused), None)
    if definition is None or not definition.get("autocomplete"):
        raise NotPossible(f"option {focused!r} of /{name} has no autocomplete")
    resolved = Resolved(member.guild.world, channel, member)
    optional = [option | {"required": False} for option in leaf]
    filled = await fill(optional, options, resolved)
    filled.append({"name": focused, "type": definition["type"], "value": typed, "focused": True})
    data = _data(command, resolved) | {"options": _nested(command.options, path, filled)}
    interaction = start(member.guild.world, InteractionType.AUTOCOMPLETE, member, channel, data)
    return (await interaction.first_response(timeout=COMPLETION_SECONDS)).choices


async def use_on_message(
    member: Member, channel: Channel, name: str, message: Message, *, opened_by_admin: bool
) -> Interaction:
    """A command of the Apps menu; see `Member.use_message_command`."""
    command = _find(member, channel, name, CommandType.MESSAGE, opened_by_admin=opened_by_admin)
    if not member.can_see(message):
        raise NotPossible(f"{member.name} cannot see message {message.id}")
    resolved = Resolved(member.guild.world, channel, member)
    target = resolved.add_message(message)
    data = _data(command, resolved) | {"target_id": target}
    return start(member.guild.world, InteractionType.COMMAND, member, channel, data)


def _find(member: Member, channel: Channel, name: str, kind: CommandType, *, opened_by_admin: bool) -> Command:
    """The command, if Discord's client shows it to this member in this channel."""
    in_guild = isinstance(channel, GuildChannel)
    command = member.guild.world.commands.find(name, kind, channel.guild_id)
    if command is None or (isinstance(channel, GuildChannel) and channel.guild.bot is None):
        raise NotPossible(f"there is no {kind.name.lower()} command {name!r} here")
    if not command.usable_in(Context.GUILD if in_guild else Context.BOT_DIRECT):
        raise NotPossible(f"command {name!r} is not offered in {'guilds' if in_guild else 'direct messages'}")
    if in_guild:
        _check_permissions(member, channel, command, opened_by_admin=opened_by_admin)
    return command


def _check_permissions(member: Member, channel: Channel, command: Command, *, opened_by_admin: bool) -> None:
    held = channel.permissions_of(member.user)
    if Permissions.VIEW_CHANNEL not in held or Permissions.USE_APPLICATION_COMMANDS not in held:
        raise NotPossible(f"{member.name} cannot use commands in this channel")
    needed = command.default_member_permissions
    if needed is None or opened_by_admin or Permissions.ADMINISTRATOR in member.permissions:
        return
    if not needed or needed not in held:
        raise NotPossible(f"command {command.name!r} is hidden from {member.name}, who lacks {needed!r}")


def _leaf(command: Command, path: list[str]) -> list[Json]:
    """The options of a subcommand; a command that has subcommands cannot be used without one."""
    options = command.options
    for step in path:
        found = next((o for o in options if o["type"] in NESTED and o["name"] == step), None)
        if found is None:
            raise NotPossible(f"/{command.name} has no subcommand {step!r}")
        options = found.get("options") or []
    if any(option["type"] in NESTED for option in options):
        raise NotPossible(f"/{command.name} needs a subcommand: {[option['name'] for option in options]}")
    return options


def _nested(options: list[Json], path: list[str], filled: list[Json]) -> list[Json]:
    if not path:
        return filled
    branch = next(option for option in options if option["name"] == path[0])
    inner = _nested(branch.get("options") or [], path[1:], filled)
    return [{"name": path[0], "type": branch["type"], "options": inner}]


def _data(command: Command, resolved: Resolved) -> Json:
    data: Json = {"id": str(command.id), "name": command.name, "type": int(command.kind)}
    if command.guild_id is not None:
        data["guild_id"] = str(command.guild_id)
    return data | ({"resolved": resolved.objects} if resolved.objects else {})
