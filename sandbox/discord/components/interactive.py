"""What buttons and select menus must look like.

https://docs.discord.com/developers/components/reference#button
https://docs.discord.com/developers/components/reference#string-select
"""

from __future__ import annotations

from sandbox.discord.components import fields
from sandbox.discord.components.types import ButtonStyle, ComponentType
from sandbox.discord.errors import FormErrors
from sandbox.discord.wire import Json

CUSTOM_ID_MAX = 100
LABEL_MAX = 80
LINK_MAX = 512
_LINK_SCHEMES = frozenset({"http", "https", "discord"})


def check_button(button: Json, errors: FormErrors) -> None:
    """A label of 80 characters; a custom id, or for link buttons a link of 512 characters, never both."""
    fields.text(button, "label", errors, high=LABEL_MAX)
    if not fields.one_of(button, "style", errors, frozenset(ButtonStyle)):
        return
    if button["style"] == ButtonStyle.LINK:
        _check_link_button(button, errors)
    elif button["style"] != ButtonStyle.PREMIUM:
        _check_pressable_button(button, errors)
    if not button.get("label") and not button.get("emoji") and button["style"] != ButtonStyle.PREMIUM:
        errors.add("BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji")


def check_custom_id(component: Json, errors: FormErrors) -> None:
    fields.text(component, "custom_id", errors, low=1, high=CUSTOM_ID_MAX, required=True)


def check_select(select: Json, errors: FormErrors) -> None:
    """A custom id, a placeholder of 150 characters, at most 25 options and values."""
    check_custom_id(select, errors)
    fields.text(select, "placeholder", errors, high=150)
    fields.number(select, "min_values", errors, low=0, high=25)
    fields.number(select, "max_values", errors, low=1, high=25)
    if select.get("type") == ComponentType.STRING_SELECT:
        _check_options(select, errors)


def check_options(holder: Json, errors: FormErrors, *, low: int, high: int) -> None:
    """The options of a menu or group; their values must differ."""
    options = fields.items(holder, "options", errors, low=low, high=high)
    at = errors.at("options")
    for index, option in enumerate(options):
        fields.text(option, "label", at.at(index), low=1, high=100, required=True)
        fields.text(option, "value", at.at(index), low=1, high=100, required=True)
        fields.text(option, "description", at.at(index), high=100)
    values = [option.get("value") for option in options]
    if len(set(values)) != len(values):
        at.add("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")


def _check_options(select: Json, errors: FormErrors) -> None:
    check_options(select, errors, low=1, high=25)
    if int(select.get("max_values") or 1) > len(select.get("options") or ()):
        message = "The maximum number of values cannot exceed the number of options"
        errors.at("max_values").add("NUMBER_TYPE_MAX", message)


def _check_link_button(button: Json, errors: FormErrors) -> None:
    fields.url(button.get("url"), errors.at("url"), schemes=_LINK_SCHEMES, high=LINK_MAX)
    if button.get("custom_id") is not None:
        errors.at("custom_id").add("BUTTON_COMPONENT_CUSTOM_ID_INVALID", "A link button cannot have a custom id")


def _check_pressable_button(button: Json, errors: FormErrors) -> None:
    check_custom_id(button, errors)
    if button.get("url") is not None:
        errors.at("url").add("BUTTON_COMPONENT_URL_INVALID", "A custom id and url cannot both be specified")
