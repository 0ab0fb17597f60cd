"""An interaction, its first answer, and its deadlines.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from sandbox.changes import PATIENCE
from sandbox.discord.wire import Json

if TYPE_CHECKING:
    from sandbox.discord.channels import Channel
    from sandbox.discord.interactions.modal import Modal
    from sandbox.discord.members import Member
    from sandbox.discord.messages.record import Message
    from sandbox.discord.people import User
    from sandbox.discord.world import World


class InteractionType(IntEnum):
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class CallbackType(IntEnum):
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    AUTOCOMPLETE = 8
    MODAL = 9


class AnswerKind(StrEnum):
    """What the bot's first answer did."""

    MESSAGE = "message"
    DEFERRED = "deferred"
    DEFERRED_UPDATE = "deferred update"
    UPDATE = "update"
    AUTOCOMPLETE = "autocomplete"
    MODAL = "modal"


@dataclass(frozen=True, slots=True)
class Choice:
    """An autocomplete suggestion."""

    name: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Answer:
    """The first response. `message` is what it posted or changed; `ephemeral` if only the member sees that."""

    interaction: Interaction
    kind: AnswerKind
    at: datetime
    message: Message | None = None
    ephemeral: bool = False
    choices: tuple[Choice, ...] = ()
    modal: Modal | None = None

    @property
    def seconds(self) -> float:
        """How long the bot took, by the sandbox's clock."""
        return (self.at - self.interaction.created_at) / timedelta(seconds=1)


@dataclass(slots=True, eq=False)
class Interaction:
    """One use of a command, a component or a modal.

    `original` is what `@original` means for its token: the answer, or the message whose component was used.
    """

    world: World
    id: int
    token: str
    kind: InteractionType
    user: User
    member: Member | None
    channel: Channel
    data: Json
    created_at: datetime
    source: Message | None = None
    opened_by: Interaction | None = None
    answer: Answer | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the member used: a command's name or a custom id."""
        return str(self.data.get("name") or self.data.get("custom_id"))

    @property
    def missed(self) -> bool:
        """Whether the time for a first response has passed without one."""
        deadline = self.created_at + self.world.limits.first_response
        return self.answer is None and self.world.clock.now() > deadline

    @property
    def expired(self) -> bool:
        """Whether the token can no longer be used."""
        return self.world.clock.now() > self.created_at + self.world.limits.interaction_token

    async def first_response(self, *, timeout: float = PATIENCE) -> Answer:
        """Wait for the first response. Raises TimeoutError after `timeout` seconds."""
        what = f"an answer to {self.name!r} by {self.user.name}"
        return await self.world.changes.wait_for(lambda: self.answer, timeout=timeout, what=what)

    async def followup(self, *, number: int = 1, timeout: float = PATIENCE) -> Message:
        """Wait for the `number`th follow-up. Raises TimeoutError after `timeout` seconds."""

        def sent() -> Message | None:
            return self.followups[number - 1] if len(self.followups) >= number else None

        return await self.world.changes.wait_for(sent, timeout=timeout, what=f"follow-up {number} to {self.name!r}")

    def integration_owners(self) -> Json:
        """Who installed the app here: the guild, or 0 in direct messages with the bot."""
        return {"0": str(self.channel.guild_id or 0)}

    def metadata(self) -> Json:
        """https://docs.discord.com/developers/resources/message#message-interaction-metadata-object"""
        metadata: Json = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": self.user.payload(),
            "authorizing_integration_owners": self.integration_owners(),
        }
        if self.kind is InteractionType.COMPONENT and self.source is not None:
            metadata["interacted_message_id"] = str(self.source.id)
        if self.kind is InteractionType.MODAL_SUBMIT and self.opened_by is not None:
            metadata["triggering_interaction_metadata"] = self.opened_by.metadata()
        if "target_id" in self.data:
            metadata["target_message_id"] = self.data["target_id"]
        return metadata
