"""What a modal must look like.

https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal
"""

from __future__ import annotations

from sandbox.discord.components import fields
from sandbox.discord.components.interactive import check_custom_id, check_options, check_select
from sandbox.discord.components.types import IN_LABEL, IN_MODAL, SELECTS, ComponentType, walk
from sandbox.discord.errors import FormErrors
from sandbox.discord.wire import Json

TEXT_INPUT_MAX = 4000
_TITLE_MAX = 45
_PARTS_MAX = 5


def check_modal(form: Json, errors: FormErrors) -> None:
    """Title, custom id, and one to five parts: labelled inputs, text, or older rows with one text input each."""
    fields.text(form, "title", errors, low=1, high=_TITLE_MAX, required=True)
    check_custom_id(form, errors)
    parts = fields.items(form, "components", errors, low=1, high=_PARTS_MAX)
    at = errors.at("components")
    for index, part in enumerate(parts):
        _check_part(part, at.at(index))
    custom_ids = [component["custom_id"] for component in walk(parts) if component.get("custom_id")]
    if len(set(custom_ids)) != len(custom_ids):
        at.add("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def _check_part(part: Json, errors: FormErrors) -> None:
    if not fields.one_of(part, "type", errors, IN_MODAL):
        return
    if part["type"] == ComponentType.LABEL:
        _check_label(part, errors)
    elif part["type"] == ComponentType.TEXT_DISPLAY:
        fields.text(part, "content", errors, low=1, high=TEXT_INPUT_MAX, required=True)
    else:
        _check_row(part, errors)


def _check_label(label: Json, errors: FormErrors) -> None:
    fields.text(label, "label", errors, low=1, high=45, required=True)
    fields.text(label, "description", errors, low=1, high=100)
    component, at = label.get("component"), errors.at("component")
    if not isinstance(component, dict):
        at.add("BASE_TYPE_REQUIRED", "This field is required")
    elif fields.one_of(component, "type", at, IN_LABEL):
        _check_input(component, at)


def _check_row(row: Json, errors: FormErrors) -> None:
    for index, child in enumerate(fields.items(row, "components", errors, low=1, high=1)):
        at = errors.at("components", index)
        if fields.one_of(child, "type", at, {ComponentType.TEXT_INPUT}):
            fields.text(child, "label", at, low=1, high=45, required=True)
            _check_input(child, at)


def _check_input(component: Json, errors: FormErrors) -> None:
    kind = ComponentType(component["type"])
    if kind in SELECTS:
        check_select(component, errors)
        return
    check_custom_id(component, errors)
    if kind is ComponentType.TEXT_INPUT:
        _check_text_input(component, errors)
    elif kind is ComponentType.FILE_UPLOAD:
        fields.number(component, "min_values", errors, low=0, high=10)
        fields.number(component, "max_values", errors, low=1, high=10)
    elif kind in {ComponentType.RADIO_GROUP, ComponentType.CHECKBOX_GROUP}:
        check_options(component, errors, low=1, high=10)


def _check_text_input(component: Json, errors: FormErrors) -> None:
    fields.one_of(component, "style", errors, (1, 2))
    fields.text(component, "value", errors, high=TEXT_INPUT_MAX)
    fields.text(component, "placeholder", errors, high=100)
    fields.number(component, "min_length", errors, low=0, high=TEXT_INPUT_MAX)
    fields.number(component, "max_length", errors, low=1, high=TEXT_INPUT_MAX)
    value, high = component.get("value"), component.get("max_length")
    if isinstance(value, str) and isinstance(high, int) and len(value) > high:
        errors.at("value").add("BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
