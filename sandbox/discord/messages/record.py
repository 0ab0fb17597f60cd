"""A message with all its versions, and how tests read it.

https://docs.discord.com/developers/resources/message#message-object
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.discord.components import reading
from sandbox.discord.components.reading import Button, SelectMenu
from sandbox.discord.files import Attachment
from sandbox.discord.messages.flags import MessageFlags, MessageType
from sandbox.discord.messages.mentions import Mentions
from sandbox.discord.people import User
from sandbox.discord.wire import Json

if TYPE_CHECKING:
    from sandbox.discord.channels import Channel
    from sandbox.discord.interactions.record import Interaction


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or video in the message. `path` is the uploaded file, None for an external link."""

    url: str
    path: Path | None
    content_type: str | None
    description: str | None
    spoiler: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said from `at` until the next version."""

    at: datetime
    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: MessageFlags = MessageFlags.NONE
    mentions: Mentions = field(default_factory=Mentions)

    @property
    def text(self) -> str:
        """Everything there is to read: content, embeds, text displays, in this order, one per line."""
        embedded = [str(embed[name]) for embed in self.embeds for name in ("title", "description") if embed.get(name)]
        pieces = [self.content, *embedded, *reading.texts_of(self.components)]
        return "\n".join(piece for piece in pieces if piece)

    @property
    def buttons(self) -> tuple[Button, ...]:
        return reading.buttons_of(self.components)

    @property
    def selects(self) -> tuple[SelectMenu, ...]:
        return reading.selects_of(self.components)

    @property
    def accent_colour(self) -> int | None:
        return reading.accent_colour_of(self.components)

    @property
    def media(self) -> tuple[Media, ...]:
        """Gallery items, thumbnails and files, in reading order."""
        by_id = {attachment.id: attachment for attachment in self.attachments}
        return tuple(_media(item, by_id.get(item.attachment_id or 0)) for item in reading.media_of(self.components))


@dataclass(slots=True, eq=False)
class Message:
    """A message. Its last version is what it says now; it is `loading` until a deferred answer is filled in."""

    id: int
    channel: Channel
    author: User
    created_at: datetime
    versions: list[Version]
    kind: MessageType = MessageType.DEFAULT
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    ephemeral_to: User | None = None
    interaction: Interaction | None = None
    reply_to: Message | None = None
    nonce: str | int | None = None

    @property
    def now(self) -> Version:
        return self.versions[-1]

    @property
    def content(self) -> str:
        return self.now.content

    @property
    def text(self) -> str:
        """Everything there is to read: content, embeds, text displays, in this order, one per line."""
        return self.now.text

    @property
    def embeds(self) -> tuple[Json, ...]:
        return self.now.embeds

    @property
    def components(self) -> tuple[Json, ...]:
        """The component tree as the bot sent it, each component with its id."""
        return self.now.components

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return self.now.attachments

    @property
    def media(self) -> tuple[Media, ...]:
        return self.now.media

    @property
    def buttons(self) -> tuple[Button, ...]:
        return self.now.buttons

    @property
    def selects(self) -> tuple[SelectMenu, ...]:
        return self.now.selects

    @property
    def accent_colour(self) -> int | None:
        return self.now.accent_colour

    @property
    def flags(self) -> MessageFlags:
        return self.now.flags

    @property
    def loading(self) -> bool:
        """Whether this is a deferred answer, shown as "thinking"."""
        return MessageFlags.LOADING in self.now.flags

    @property
    def ephemeral(self) -> bool:
        return self.ephemeral_to is not None

    @property
    def deleted(self) -> bool:
        return self.deleted_at is not None

    def button(self, label_or_custom_id: str) -> Button:
        """The button with this custom id or label. Raises LookupError naming those that exist."""
        for button in self.buttons:
            if label_or_custom_id in {button.custom_id, button.label}:
                return button
        shown = [button.label or button.custom_id for button in self.buttons]
        raise LookupError(f"no button {label_or_custom_id!r} in message {self.id}; it shows {shown}")


def _media(item: reading.MediaReference, attachment: Attachment | None) -> Media:
    path = None if attachment is None else attachment.path
    content_type = None if attachment is None else attachment.content_type
    return Media(item.url, path, content_type, item.description, item.spoiler)
