"""The first response to an interaction: `POST /interactions/{id}/{token}/callback`.

https://docs.discord.com/developers/interactions/receiving-and-responding#create-interaction-response
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sandbox.discord.commands.rules import OptionType, check_choice
from sandbox.discord.components import fields
from sandbox.discord.components.modal_rules import check_modal
from sandbox.discord.errors import ApiError, FormErrors, Problem, malformed
from sandbox.discord.form import Form
from sandbox.discord.interactions.modal import read_modal
from sandbox.discord.interactions.record import (
    Answer,
    AnswerKind,
    CallbackType,
    Choice,
    Interaction,
    InteractionType,
)
from sandbox.discord.messages.composing import Setting, compose
from sandbox.discord.messages.flags import IN_EDITS, IN_INTERACTIONS, MessageFlags, MessageType
from sandbox.discord.messages.record import Message, Version
from sandbox.discord.messages.writing import new_message, post, revise
from sandbox.discord.wire import Json
from sandbox.discord.world import World

_PATH = ("data",)


async def acknowledge(world: World, interaction: Interaction, form: Form) -> Answer:
    """Answer an interaction for the first time.

    Raises 40060 if it has been answered, 10062 if its 3 seconds are over, 50035 for an answer that it does not accept.
    """
    _require_open(interaction)
    kind = _callback_type(interaction, form.payload)
    answer = await _ANSWERS[kind](world, interaction, form.inner("data"))
    # Composing takes time, so another answer may have come first.
    _require_open(interaction)
    interaction.answer = answer
    _show(world, interaction, answer)
    world.changed()
    return answer


def _require_open(interaction: Interaction) -> None:
    if interaction.answer is not None:
        raise ApiError(Problem.ALREADY_ACKNOWLEDGED)
    if interaction.missed:
        raise ApiError(Problem.UNKNOWN_INTERACTION)


def _callback_type(interaction: Interaction, payload: Json) -> CallbackType:
    allowed = _ALLOWED[interaction.kind]
    if interaction.kind is InteractionType.MODAL_SUBMIT and interaction.source is None:
        allowed = allowed - _CHANGES
    errors = FormErrors()
    fields.one_of(payload, "type", errors, allowed)
    errors.raise_if_any()
    return CallbackType(payload["type"])


async def _message(world: World, interaction: Interaction, form: Form) -> Answer:
    setting = Setting(
        interaction.channel, allowed_flags=IN_INTERACTIONS, from_interaction=True, path=_PATH
    )  # fmt: skip
    message = answering_message(world, interaction, await compose(world, form, setting))
    return _answer(world, interaction, AnswerKind.MESSAGE, message)


async def _deferred(world: World, interaction: Interaction, form: Form) -> Answer:
    flags = MessageFlags(int(form.payload.get("flags") or 0))
    if flags & ~MessageFlags.EPHEMERAL:
        message = "A deferred response may carry only the EPHEMERAL flag"
        raise malformed((*_PATH, "flags"), "MESSAGE_FLAGS_INVALID", message)
    thinking = Version(world.clock.now(), flags=flags | MessageFlags.LOADING)
    return _answer(world, interaction, AnswerKind.DEFERRED, answering_message(world, interaction, thinking))


async def _deferred_update(world: World, interaction: Interaction, form: Form) -> Answer:
    return _answer(world, interaction, AnswerKind.DEFERRED_UPDATE, interaction.source)


async def _update(world: World, interaction: Interaction, form: Form) -> Answer:
    source = interaction.source
    if source is None or source.deleted:
        raise ApiError(Problem.UNKNOWN_MESSAGE)
    setting = Setting(source.channel, source.now, IN_EDITS, from_interaction=True, path=_PATH)
    version = await compose(world, form, setting)
    _require_open(interaction)
    revise(world, source, version)
    return _answer(world, interaction, AnswerKind.UPDATE, source)


async def _autocomplete(world: World, interaction: Interaction, form: Form) -> Answer:
    errors = FormErrors()
    choices = fields.items(form.payload, "choices", errors.at(*_PATH), high=25)
    kind = _focused_type(interaction.data.get("options") or [])
    for index, choice in enumerate(choices):
        check_choice(choice, kind, errors.at(*_PATH, "choices", index))
    errors.raise_if_any()
    offered = tuple(Choice(choice["name"], choice["value"]) for choice in choices)
    return Answer(interaction, AnswerKind.AUTOCOMPLETE, world.clock.now(), choices=offered)


async def _modal(world: World, interaction: Interaction, form: Form) -> Answer:
    errors = FormErrors()
    check_modal(form.payload, errors.at(*_PATH))
    errors.raise_if_any()
    return Answer(interaction, AnswerKind.MODAL, world.clock.now(), modal=read_modal(form.payload))


def answering_message(world: World, interaction: Interaction, version: Version) -> Message:
    """The message that answers `interaction`; only its user sees an ephemeral one."""
    message = new_message(world, interaction.channel, version)
    message.interaction = interaction
    message.kind = _message_type(interaction)
    message.reply_to = interaction.source
    if MessageFlags.EPHEMERAL in version.flags:
        message.ephemeral_to = interaction.user
    return message


def _message_type(interaction: Interaction) -> MessageType:
    if interaction.source is not None:
        return MessageType.REPLY
    return MessageType.CONTEXT_MENU_COMMAND if "target_id" in interaction.data else MessageType.CHAT_INPUT_COMMAND


def _answer(world: World, interaction: Interaction, kind: AnswerKind, message: Message | None) -> Answer:
    ephemeral = message is not None and message.ephemeral
    return Answer(interaction, kind, world.clock.now(), message, ephemeral)


def _show(world: World, interaction: Interaction, answer: Answer) -> None:
    interaction.original = answer.message
    if answer.message is not None and answer.kind in {AnswerKind.MESSAGE, AnswerKind.DEFERRED}:
        post(world, answer.message)


def _focused_type(options: list[Json]) -> OptionType:
    for option in options:
        if option.get("focused"):
            return OptionType(option["type"])
        if option.get("options"):
            return _focused_type(option["options"])
    return OptionType.STRING


_CHANGES = frozenset({CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE})
_MESSAGES = frozenset({CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE})
_ALLOWED: dict[InteractionType, frozenset[CallbackType]] = {
    InteractionType.COMMAND: _MESSAGES | {CallbackType.MODAL},
    InteractionType.COMPONENT: _MESSAGES | _CHANGES | {CallbackType.MODAL},
    InteractionType.AUTOCOMPLETE: frozenset({CallbackType.AUTOCOMPLETE}),
    InteractionType.MODAL_SUBMIT: _MESSAGES | _CHANGES,
}
_ANSWERS: dict[CallbackType, Callable[[World, Interaction, Form], Awaitable[Answer]]] = {
    CallbackType.MESSAGE: _message,
    CallbackType.DEFERRED_MESSAGE: _deferred,
    CallbackType.DEFERRED_UPDATE: _deferred_update,
    CallbackType.UPDATE: _update,
    CallbackType.AUTOCOMPLETE: _autocomplete,
    CallbackType.MODAL: _modal,
}
