"""Whether the bot can write in a channel that an admin chooses for its log: asked before the choice is kept."""

from __future__ import annotations

from bot.domain.identifiers import ChannelId
from bot.errors import InvalidSetting
from cogs.answers import Interaction
from cogs.place import permissions_in_words


def require_room_for_log(interaction: Interaction, channel_id: ChannelId | None) -> None:
    """Check that the bot may see the channel and write there, as far as it knows the channel.

    Raises `InvalidSetting` that names each missing permission.
    """
    guild = interaction.guild
    channel = None if guild is None or channel_id is None else guild.get_channel(channel_id)
    if guild is None or channel is None:
        return
    granted = channel.permissions_for(guild.me)
    needed = {"View Channel": granted.view_channel, "Send Messages": granted.send_messages}
    missing = [name for name, is_granted in needed.items() if not is_granted]
    if missing:
        raise InvalidSetting(
            f"The bot cannot report in {channel.mention}, because it lacks {permissions_in_words(missing)} there. "
            "Nothing was changed."
        )
