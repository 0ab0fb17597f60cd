"""From what a member does to INTERACTION_CREATE.

https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object
"""

from __future__ import annotations

from sandbox.discord.channels import Channel, GuildChannel
from sandbox.discord.commands.registry import Context
from sandbox.discord.events import Event
from sandbox.discord.interactions.record import Interaction, InteractionType
from sandbox.discord.members import Member
from sandbox.discord.messages.record import Message
from sandbox.discord.messages.showing import message_payload
from sandbox.discord.wire import Json
from sandbox.discord.world import World


def start(
    world: World,
    kind: InteractionType,
    member: Member,
    channel: Channel,
    data: Json,
    *,
    source: Message | None = None,
    opened_by: Interaction | None = None,
) -> Interaction:
    """Record the interaction and dispatch it to the bot; its deadlines count from here."""
    interaction = Interaction(
        world=world,
        id=world.snowflakes.take(),
        token=world.new_token(),
        kind=kind,
        user=member.user,
        member=member if isinstance(channel, GuildChannel) else None,
        channel=channel,
        data=data,
        created_at=world.clock.now(),
        source=source,
        opened_by=opened_by,
    )
    world.interactions[interaction.token] = interaction
    dispatch(world, interaction)
    return interaction


def dispatch(world: World, interaction: Interaction, **changes: object) -> None:
    """Tell the bot; `changes` replace fields of the payload."""
    payload = _payload(world, interaction) | changes
    world.emit(Event("INTERACTION_CREATE", payload, interaction.channel.guild_id))


def _payload(world: World, interaction: Interaction) -> Json:
    channel, application = interaction.channel, world.application
    payload: Json = {
        "id": str(interaction.id),
        "application_id": str(application.id),
        "type": int(interaction.kind),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": channel.payload() | {"permissions": str(int(channel.permissions_of(interaction.user)))},
        "app_permissions": str(int(channel.permissions_of(application.bot))),
        "locale": interaction.user.locale,
        "entitlements": [],
        "authorizing_integration_owners": interaction.integration_owners(),
        "attachment_size_limit": channel.upload_limit,
        **_who(interaction),
    }
    if interaction.source is not None:
        payload["message"] = message_payload(world, interaction.source)
    return payload


def _who(interaction: Interaction) -> Json:
    """In a guild, the member and their permissions in this channel; elsewhere, only the user."""
    channel, member = interaction.channel, interaction.member
    if member is None or not isinstance(channel, GuildChannel):
        return {"context": int(Context.BOT_DIRECT), "user": interaction.user.payload()}
    guild = channel.guild
    return {
        "context": int(Context.GUILD),
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "member": member.payload() | {"permissions": str(int(channel.permissions_of(member.user)))},
    }
