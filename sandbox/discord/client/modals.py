"""Filling in and sending a modal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.discord.client.errors import NotPossible
from sandbox.discord.client.uploads import receive_upload
from sandbox.discord.components.types import ComponentType
from sandbox.discord.files import Upload
from sandbox.discord.interactions.modal import Modal, ModalField
from sandbox.discord.interactions.record import Answer, Interaction, InteractionType
from sandbox.discord.interactions.resolved import Resolved
from sandbox.discord.interactions.starting import start
from sandbox.discord.members import Member
from sandbox.discord.wire import Json

ModalValue = str | bool | Sequence[str] | Sequence[Upload]
_SINGLE = frozenset({ComponentType.TEXT_INPUT, ComponentType.RADIO_GROUP})


async def submit(member: Member, answer: Answer, values: Mapping[str, ModalValue]) -> Interaction:
    """See `Member.submit_modal`. Raises NotPossible for a field that is unknown, missing, too short or too long."""
    modal = answer.modal
    if modal is None:
        raise NotPossible(f"the answer was a {answer.kind}, not a modal")
    opened = answer.interaction
    if opened.user is not member.user:
        raise NotPossible(f"the modal was opened for {opened.user.name}, not for {member.name}")
    resolved = Resolved(member.guild.world, opened.channel, member)
    given = _by_custom_id(modal, values)
    parts = [await _part(part, modal, given, resolved) for part in modal.definition["components"]]
    data: Json = {"custom_id": modal.custom_id, "components": parts, "resolved": resolved.objects}
    return start(
        opened.world, InteractionType.MODAL_SUBMIT, member, opened.channel, data, source=opened.source, opened_by=opened
    )


def _by_custom_id(modal: Modal, values: Mapping[str, ModalValue]) -> dict[str, ModalValue]:
    try:
        return {modal.field(name).custom_id: value for name, value in values.items()}
    except LookupError as unknown:
        raise NotPossible(str(unknown)) from unknown


async def _part(part: Json, modal: Modal, given: Mapping[str, ModalValue], resolved: Resolved) -> Json:
    """A top-level part as it is submitted."""
    if part["type"] == ComponentType.LABEL:
        component = await _filled(modal.field(part["component"]["custom_id"]), given, resolved)
        return {"type": part["type"], "id": part.get("id", 0), "component": component}
    if part["type"] == ComponentType.ACTION_ROW:
        children = [await _filled(modal.field(c["custom_id"]), given, resolved) for c in part["components"]]
        return {"type": part["type"], "id": part.get("id", 0), "components": children}
    return {"type": part["type"], "id": part.get("id", 0)}


async def _filled(field: ModalField, given: Mapping[str, ModalValue], resolved: Resolved) -> Json:
    base: Json = {"type": int(field.kind), "id": 0, "custom_id": field.custom_id}
    value = given.get(field.custom_id)
    if field.kind is ComponentType.CHECKBOX:
        return base | {"value": bool(value)}
    if field.kind in _SINGLE:
        return base | {"value": _text(field, value)}
    return base | {"values": await _values(field, value, resolved)}


def _text(field: ModalField, value: ModalValue | None) -> str | None:
    text = field.value if value is None else value
    if not isinstance(text, str):
        raise NotPossible(f"field {field.label!r} takes text")
    if not text:
        if field.required:
            raise NotPossible(f"field {field.label!r} is required")
        return "" if field.kind is ComponentType.TEXT_INPUT else None
    if field.kind is ComponentType.RADIO_GROUP and text not in field.options:
        raise NotPossible(f"field {field.label!r} offers {list(field.options)}, not {text!r}")
    if not field.min_length <= len(text) <= field.max_length:
        limits = f"{field.min_length} to {field.max_length}"
        raise NotPossible(f"field {field.label!r} takes {limits} characters, not {len(text)}")
    return text


async def _values(field: ModalField, value: ModalValue | None, resolved: Resolved) -> list[str]:
    given: list[str | Upload] = [] if value is None or isinstance(value, bool) else [*value]
    low = field.min_values if field.required or given else 0
    if not low <= len(given) <= field.max_values:
        raise NotPossible(f"field {field.label!r} takes {low} to {field.max_values} values, not {len(given)}")
    return [await _one_value(field, one, resolved) for one in given]


async def _one_value(field: ModalField, value: str | Upload, resolved: Resolved) -> str:
    if isinstance(value, Upload):
        if field.kind is not ComponentType.FILE_UPLOAD:
            raise NotPossible(f"field {field.label!r} takes no files")
        return resolved.add_attachment(await receive_upload(resolved.world, resolved.channel, value))
    if field.options:
        if value not in field.options:
            raise NotPossible(f"field {field.label!r} offers {list(field.options)}, not {value!r}")
        return value
    try:
        return resolved.add_by_id(resolved.viewer.guild, int(value))
    except (LookupError, ValueError):
        raise NotPossible(f"field {field.label!r} has no {value!r} to choose") from None
