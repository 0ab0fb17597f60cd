"""Which command definitions may be registered.

https://docs.discord.com/developers/interactions/application-commands#application-command-object
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import IntEnum

from sandbox.discord.components import fields
from sandbox.discord.errors import FormErrors
from sandbox.discord.wire import Json

NAME_MAX = 32
DESCRIPTION_MAX = 100
OPTIONS_MAX = 25
CHOICES_MAX = 25
CHARACTERS_MAX = 8000
COMMANDS_MAX = {1: 100, 2: 15, 3: 15, 4: 1}
_CHAT_INPUT_NAME = re.compile(r"[-_'\w]{1,32}")
_STRING_MAX = 6000
_NUMBER_MAX = 2**53


class OptionType(IntEnum):
    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


NESTED = frozenset({OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP})
CHOOSABLE = frozenset({OptionType.STRING, OptionType.INTEGER, OptionType.NUMBER})


def check_set(definitions: Sequence[Json], errors: FormErrors) -> None:
    """Names are unique within a type, and each type has a maximum number."""
    kinds = Counter(int(definition.get("type") or 1) for definition in definitions)
    for kind, high in COMMANDS_MAX.items():
        if kinds[kind] > high:
            message = f"Max number of application commands of this type reached ({high})."
            errors.add("APPLICATION_COMMANDS_LIMIT", message)
    seen: set[tuple[int, object]] = set()
    for index, definition in enumerate(definitions):
        key = (int(definition.get("type") or 1), definition.get("name"))
        if key in seen:
            errors.at(index).add("APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        seen.add(key)


def check_command(command: Json, errors: FormErrors) -> None:
    """Name, description, options, and where it may be used."""
    if command.get("type") is not None and not fields.one_of(command, "type", errors, COMMANDS_MAX):
        return
    if (command.get("type") or 1) == 1:
        _check_chat_input(command, errors)
    else:
        _check_menu_entry(command, errors)
    _check_places(command, errors)
    if _characters(command) > CHARACTERS_MAX:
        message = f"Command exceeds maximum size ({CHARACTERS_MAX})"
        errors.add("APPLICATION_COMMAND_TOO_LARGE", message)


def _check_chat_input(command: Json, errors: FormErrors) -> None:
    _check_name(command, errors)
    fields.text(command, "description", errors, low=1, high=DESCRIPTION_MAX, required=True)
    _check_options(command, errors, depth=0)


def _check_menu_entry(command: Json, errors: FormErrors) -> None:
    fields.text(command, "name", errors, low=1, high=NAME_MAX, required=True)
    if command.get("description"):
        message = "Context menu commands cannot have a description"
        errors.at("description").add("APPLICATION_COMMAND_INVALID_DESCRIPTION", message)
    if command.get("options"):
        errors.at("options").add("APPLICATION_COMMAND_INVALID_OPTIONS", "Context menu commands cannot have options")


def _check_places(command: Json, errors: FormErrors) -> None:
    for name, allowed in (("contexts", {0, 1, 2}), ("integration_types", {0, 1})):
        places = command.get(name)
        if places is None:
            continue
        if not places or len(set(places)) != len(places) or not set(places) <= allowed:
            errors.at(name).add("BASE_TYPE_CHOICES", f"Must be distinct values of {sorted(allowed)}, at least one.")


def _check_name(thing: Json, errors: FormErrors) -> None:
    name = fields.text(thing, "name", errors, low=1, high=NAME_MAX, required=True)
    if name and (not _CHAT_INPUT_NAME.fullmatch(name) or name != name.lower()):
        message = "Command name is invalid"
        errors.at("name").add("APPLICATION_COMMAND_INVALID_NAME", message)


def _check_options(holder: Json, errors: FormErrors, *, depth: int) -> None:
    options = fields.items(holder, "options", errors, high=OPTIONS_MAX)
    at = errors.at("options")
    for index, option in enumerate(options):
        _check_option(option, at.at(index), depth=depth)
    names = [option.get("name") for option in options]
    if len(set(names)) != len(names):
        at.add("APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option names must be unique")
    nested = [option.get("type") in NESTED for option in options]
    if any(nested) and not all(nested):
        at.add(
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command and sub-command group option types are exclusive"
        )
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        message = "Required options must be placed before non-required options"
        at.add("APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)


def _check_option(option: Json, errors: FormErrors, *, depth: int) -> None:
    if not fields.one_of(option, "type", errors, frozenset(OptionType)):
        return
    _check_name(option, errors)
    fields.text(option, "description", errors, low=1, high=DESCRIPTION_MAX, required=True)
    kind = OptionType(option["type"])
    if kind in NESTED:
        if depth + kind > OptionType.SUB_COMMAND_GROUP:
            errors.at("type").add("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-commands nest one group deep")
        _check_options(option, errors, depth=depth + 1)
    if kind in CHOOSABLE:
        _check_choices(option, kind, errors)
        _check_bounds(option, kind, errors)


def _check_choices(option: Json, kind: OptionType, errors: FormErrors) -> None:
    choices = fields.items(option, "choices", errors, high=CHOICES_MAX)
    at = errors.at("choices")
    if choices and option.get("autocomplete"):
        at.add("APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", "Autocomplete options cannot have choices")
    for index, choice in enumerate(choices):
        check_choice(choice, kind, at.at(index))
    for name in ("name", "value"):
        values = [choice.get(name) for choice in choices]
        if len(set(values)) != len(values):
            at.add("APPLICATION_COMMAND_OPTIONS_CHOICE_DUPLICATE", f"Choice {name}s must be unique")


def check_choice(choice: Json, kind: OptionType, errors: FormErrors) -> None:
    """A choice, registered or from autocomplete: a name of 1 to 100 characters, a value of the option's type."""
    fields.text(choice, "name", errors, low=1, high=100, required=True)
    value, at = choice.get("value"), errors.at("value")
    if kind is OptionType.STRING:
        fields.text(choice, "value", errors, low=1, high=100, required=True)
    elif isinstance(value, bool) or not isinstance(value, int if kind is OptionType.INTEGER else (int, float)):
        at.add("NUMBER_TYPE_COERCE", f'Value "{value}" is not {"int" if kind is OptionType.INTEGER else "float"}.')


def _check_bounds(option: Json, kind: OptionType, errors: FormErrors) -> None:
    if kind is OptionType.STRING:
        fields.number(option, "min_length", errors, low=0, high=_STRING_MAX)
        fields.number(option, "max_length", errors, low=1, high=_STRING_MAX)
    elif kind is OptionType.INTEGER:
        fields.number(option, "min_value", errors, low=-_NUMBER_MAX, high=_NUMBER_MAX)
        fields.number(option, "max_value", errors, low=-_NUMBER_MAX, high=_NUMBER_MAX)


def _characters(thing: Json) -> int:
    own = sum(len(str(thing.get(name) or "")) for name in ("name", "description"))
    choices = sum(len(str(c.get("name", ""))) + len(str(c.get("value", ""))) for c in thing.get("choices") or ())
    return own + choices + sum(_characters(option) for option in thing.get("options") or ())
