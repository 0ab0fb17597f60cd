"""A modal that a member sees.

https://docs.discord.com/developers/components/reference#label
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.discord.components.types import ComponentType
from sandbox.discord.wire import Json


@dataclass(frozen=True, slots=True)
class ModalField:
    """An input; `value` is what the bot filled in, `options` are the values of menus and groups."""

    custom_id: str
    label: str
    kind: ComponentType
    required: bool
    value: str
    min_length: int
    max_length: int
    min_values: int
    max_values: int
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Modal:
    """What the bot opened; `definition` is what it sent."""

    title: str
    custom_id: str
    fields: tuple[ModalField, ...]
    definition: Json

    def field(self, custom_id_or_label: str) -> ModalField:
        """Raises LookupError naming the fields that exist."""
        for field in self.fields:
            if custom_id_or_label in {field.custom_id, field.label}:
                return field
        known = [field.custom_id for field in self.fields]
        raise LookupError(f"no field {custom_id_or_label!r} in the modal {self.title!r}; it has {known}")


def read_modal(definition: Json) -> Modal:
    """A modal from the data of a callback, which has been checked."""
    inputs = tuple(_field(component, label) for label, component in labelled_inputs(definition["components"]))
    return Modal(definition["title"], definition["custom_id"], inputs, definition)


def labelled_inputs(parts: Sequence[Json]) -> list[tuple[str, Json]]:
    """Each input with its label, from a label component or from an older action row."""
    found: list[tuple[str, Json]] = []
    for part in parts:
        if part["type"] == ComponentType.LABEL:
            found.append((part["label"], part["component"]))
        elif part["type"] == ComponentType.ACTION_ROW:
            found.extend((child["label"], child) for child in part["components"])
    return found


def _field(component: Json, label: str) -> ModalField:
    kind = ComponentType(component["type"])
    required = component.get("required") is not False
    return ModalField(
        custom_id=component["custom_id"],
        label=label,
        kind=kind,
        required=required and kind is not ComponentType.CHECKBOX,
        value=component.get("value") or "",
        min_length=component.get("min_length") or 0,
        max_length=component.get("max_length") or 4000,
        min_values=_or(component.get("min_values"), 1 if required else 0),
        max_values=component.get("max_values") or 1,
        options=tuple(option["value"] for option in component.get("options") or ()),
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
