"""Which files a message will have: those it keeps, and those sent with the request.

https://docs.discord.com/developers/reference#editing-message-attachments
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.discord.channels import Channel
from sandbox.discord.errors import ApiError, FormErrors, Problem
from sandbox.discord.files import Attachment, StoredFile, sanitised
from sandbox.discord.form import Form
from sandbox.discord.messages.record import Version
from sandbox.discord.wire import Json
from sandbox.discord.world import World


@dataclass(frozen=True, slots=True)
class _NewFile:
    attachment_id: int
    stored: StoredFile
    description: str | None


@dataclass(frozen=True, slots=True)
class PlannedAttachments:
    """The attachments that the message keeps, and the new files."""

    kept: tuple[Attachment, ...]
    new: tuple[_NewFile, ...]

    def find(self, filename: str) -> int | None:
        """The id of the file that `attachment://filename` names; a new file wins over a kept one."""
        wanted = sanitised(filename)
        names = {attachment.filename: attachment.id for attachment in self.kept}
        names |= {file.stored.filename: file.attachment_id for file in self.new}
        return names.get(wanted)


def check_sizes(form: Form, channel: Channel) -> None:
    """Raises 40005 when any file is larger than the channel allows."""
    if any(file.size > channel.upload_limit for file in form.files.values()):
        raise ApiError(Problem.ENTITY_TOO_LARGE)


def plan(world: World, form: Form, previous: Version | None, errors: FormErrors) -> PlannedAttachments:
    """Read `attachments`. In an edit, existing files that are not listed are removed."""
    listed: list[Json] = form.payload.get("attachments") or []
    existing = {} if previous is None else {attachment.id: attachment for attachment in previous.attachments}
    described = {_id(entry): entry.get("description") for entry in listed}
    for index, one in enumerate(described):
        if one not in existing and one not in form.files:
            errors.at("attachments", index, "id").add("ATTACHMENT_NOT_FOUND", "The attachment was not found")
    kept_ids = existing if "attachments" not in form.payload else [one for one in described if one in existing]
    return PlannedAttachments(
        kept=tuple(existing[one] for one in kept_ids),
        new=tuple(
            _NewFile(world.snowflakes.take(), stored, described.get(index))
            for index, stored in sorted(form.files.items())
        ),
    )


async def adopt(world: World, channel: Channel, planned: PlannedAttachments) -> tuple[Attachment, ...]:
    """Turn the new files into attachments; the kept ones come first."""
    new = [
        await world.files.adopt(
            file.stored, attachment_id=file.attachment_id, channel_id=channel.id, description=file.description
        )
        for file in planned.new
    ]
    return (*planned.kept, *new)


def _id(entry: Json) -> int:
    """The id of an existing attachment, or the index of a new file in the form, which discord.py sends as a number."""
    given = str(entry.get("id", ""))
    return int(given) if given.isdigit() else -1
