"""A wish: a valid request together with who made it, where, and on whose account."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.identifiers import ChannelId, GuildId, InteractionId, LinkId, RoleId, UserId
from bot.domain.request import SourceImage, VideoRequest


@dataclass(frozen=True, slots=True)
class Wish:
    """What a job is made from. `role_ids` are the member's roles then, `image` is the picture to animate.

    `parent_channel_id` is the channel that a thread belongs to, when `channel_id` is a thread.
    `link_id` names the guild's own PowerPost account that pays, or is None for the operator's.
    """

    guild_id: GuildId
    channel_id: ChannelId
    requester_id: UserId
    interaction_id: InteractionId
    request: VideoRequest
    role_ids: frozenset[RoleId] = frozenset()
    image: SourceImage | None = None
    link_id: LinkId | None = None
    parent_channel_id: ChannelId | None = None
