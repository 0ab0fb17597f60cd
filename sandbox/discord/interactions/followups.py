"""What an answered interaction's token is good for during 15 minutes: its answer, and follow-up messages.

https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages
"""

from __future__ import annotations

from sandbox.discord.channels import Channel
from sandbox.discord.errors import ApiError, Problem
from sandbox.discord.form import Form
from sandbox.discord.interactions.callbacks import answering_message
from sandbox.discord.interactions.record import Interaction
from sandbox.discord.messages import access
from sandbox.discord.messages.composing import Setting, compose
from sandbox.discord.messages.flags import IN_EDITS, IN_INTERACTIONS, MessageFlags
from sandbox.discord.messages.record import Message
from sandbox.discord.messages.writing import post, remove, revise
from sandbox.discord.world import World

ORIGINAL = "@original"


def by_token(world: World, application_id: int, token: str) -> Interaction:
    """Raises 10015 for a token that is unknown or not answered yet, 50027 for one that has expired."""
    interaction = world.interactions.get(token)
    if interaction is None or application_id != world.application.id:
        raise ApiError(Problem.UNKNOWN_WEBHOOK)
    if interaction.expired:
        raise ApiError(Problem.INVALID_WEBHOOK_TOKEN)
    if interaction.answer is None:
        raise ApiError(Problem.UNKNOWN_WEBHOOK)
    return interaction


async def follow_up(world: World, interaction: Interaction, form: Form) -> Message:
    """A further message. The first one after a deferred answer replaces that answer, as Discord documents."""
    _require_channel(world, interaction.channel)
    original = interaction.original
    if original is not None and original.loading and not original.deleted:
        return await edit(world, original, form)
    setting = Setting(interaction.channel, allowed_flags=IN_INTERACTIONS, from_interaction=True)
    message = answering_message(world, interaction, await compose(world, form, setting))
    message.reply_to = original
    interaction.followups.append(message)
    post(world, message)
    return message


def find(world: World, interaction: Interaction, name: str) -> Message:
    """The answer (`@original`), or a message sent with this token. Raises 10008 for any other."""
    _require_channel(world, interaction.channel)
    message = interaction.original if name == ORIGINAL else _sent(interaction, name)
    if message is None or message.deleted:
        raise ApiError(Problem.UNKNOWN_MESSAGE)
    return message


async def edit(world: World, message: Message, form: Form) -> Message:
    """Fill in a deferred answer, or change a message. Whether it is ephemeral does not change."""
    access.require_unarchived(message.channel)
    was_loading = message.loading
    allowed = IN_EDITS | (MessageFlags.SUPPRESS_NOTIFICATIONS if was_loading else MessageFlags.NONE)
    setting = Setting(message.channel, message.now, allowed, from_interaction=True)
    revise(world, message, await compose(world, form, setting), marked=not was_loading)
    return message


def delete(world: World, message: Message) -> None:
    remove(world, message)


def _sent(interaction: Interaction, name: str) -> Message | None:
    own = [interaction.original, *interaction.followups]
    return next((message for message in own if message is not None and str(message.id) == name), None)


def _require_channel(world: World, channel: Channel) -> None:
    if world.channels.get(channel.id) is not channel:
        raise ApiError(Problem.UNKNOWN_CHANNEL)
