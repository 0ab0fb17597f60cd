"""A slash command's options as a member fills them in, checked as Discord's client does.

https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-structure
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.discord.channels import Channel
from sandbox.discord.client.errors import NotPossible
from sandbox.discord.client.uploads import receive_upload
from sandbox.discord.commands.rules import CHOOSABLE, OptionType
from sandbox.discord.files import Upload
from sandbox.discord.guilds import Role
from sandbox.discord.interactions.resolved import Resolved
from sandbox.discord.members import Member
from sandbox.discord.people import User
from sandbox.discord.wire import Json

OptionValue = str | int | float | bool | Member | User | Role | Channel | Upload

_STRING_MAX = 6000
_NUMBER_MAX = 2**53
_TYPES: dict[OptionType, tuple[type, ...]] = {
    OptionType.STRING: (str,),
    OptionType.INTEGER: (int,),
    OptionType.BOOLEAN: (bool,),
    OptionType.USER: (Member, User),
    OptionType.CHANNEL: (Channel,),
    OptionType.ROLE: (Role,),
    OptionType.MENTIONABLE: (Member, User, Role),
    OptionType.NUMBER: (int, float),
    OptionType.ATTACHMENT: (Upload,),
}


async def fill(definitions: list[Json], values: Mapping[str, OptionValue], resolved: Resolved) -> list[Json]:
    """The options of an interaction's data, in the order of the command.

    Raises NotPossible for an unknown, missing or impossible value.
    """
    known = {definition["name"] for definition in definitions}
    for name in values:
        if name not in known:
            raise NotPossible(f"there is no option {name!r}; the command has {sorted(known)}")
    missing = [d["name"] for d in definitions if d.get("required") and d["name"] not in values]
    if missing:
        raise NotPossible(f"required options are missing: {missing}")
    return [await _option(d, values[d["name"]], resolved) for d in definitions if d["name"] in values]


async def _option(definition: Json, value: OptionValue, resolved: Resolved) -> Json:
    kind = OptionType(definition["type"])
    _check_type(definition["name"], kind, value)
    if kind in CHOOSABLE:
        _check_value(definition, value)
    return {"name": definition["name"], "type": int(kind), "value": await _wire_value(value, resolved)}


def _check_type(name: str, kind: OptionType, value: OptionValue) -> None:
    fits = isinstance(value, _TYPES[kind]) and (kind is OptionType.BOOLEAN or not isinstance(value, bool))
    if not fits:
        raise NotPossible(f"option {name!r} takes {kind.name.lower()}, not {type(value).__name__}")


def _check_value(definition: Json, value: OptionValue) -> None:
    name, choices = definition["name"], definition.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        offered = [choice["value"] for choice in choices]
        raise NotPossible(f"option {name!r} offers {offered}, not {value!r}")
    if isinstance(value, str):
        low, high, size, unit = "min_length", "max_length", float(len(value)), " characters"
        default = (1, _STRING_MAX)
    else:
        assert isinstance(value, int | float)  # noqa: S101 - the type was checked by the option's kind
        low, high, size, unit = "min_value", "max_value", float(value), ""
        default = (-_NUMBER_MAX, _NUMBER_MAX)
    lowest, highest = definition.get(low, default[0]), definition.get(high, default[1])
    if not lowest <= size <= highest:
        raise NotPossible(f"option {name!r} must be {lowest} to {highest}{unit}, not {size:g}")


async def _wire_value(value: OptionValue, resolved: Resolved) -> str | int | float | bool:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Upload):
        return resolved.add_attachment(await receive_upload(resolved.world, resolved.channel, value))
    if isinstance(value, Role):
        return resolved.add_role(value)
    if isinstance(value, Channel):
        return resolved.add_channel(value)
    return resolved.add_person(value)
