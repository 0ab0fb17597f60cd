"""A whole evening with the real discord.py: commands, components, files, modals, direct messages."""

from __future__ import annotations

import io
import re

import discord
from discord import app_commands

from sandbox.discord import AnswerKind, DiscordSandbox, Permissions, Upload


MP4 = b"\0\0\0\x18ftypmp42" + bytes(2000)


class AgainButton(discord.ui.DynamicItem[discord.ui.Button], template=r"again:(?P<job>\d+)"):
    def __init__(self, job: int) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction, item, match: re.Match[str]) -> AgainButton:
        return cls(int(match["job"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"job {self.job} again", ephemeral=True)


def card(text: str, *, video: str | None = None) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    container = discord.ui.Container(discord.ui.TextDisplay(text), accent_colour=0x00FF00)
    if video is not None:
        container.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem(video, description="the clip")))
    container.add_item(discord.ui.ActionRow(AgainButton(7)))
    view.add_item(container)
    return view


async def test_message_answers_a_command_and_is_edited_by_the_channel_endpoint(sandbox: DiscordSandbox, start_bot):
    channel = sandbox.add_guild("Film club").add_channel("videos")
    mia = channel.guild.add_member("Mia")
    seen = {}

    @app_commands.command(description="Make a video")
    async def video(interaction: discord.Interaction, prompt: str, image: discord.Attachment) -> None:
        seen.update(prompt=prompt, image=await image.read(), name=image.filename, by=interaction.user.name)
        seen.update(may=interaction.app_permissions.attach_files, limit=interaction.filesize_limit)
        answer = await interaction.response.send_message(view=card("working"))
        message = interaction.channel.get_partial_message(answer.message_id)
        file = discord.File(io.BytesIO(MP4), "clip.mp4")
        await message.edit(view=card("done", video="attachment://clip.mp4"), attachments=[file])

    async with start_bot(video, dynamic=(AgainButton,)):
        use = await mia.slash(channel, "video", prompt="a lighthouse", image=Upload("cat.png", b"png", "image/png"))
        answer = await use.first_response()
        await sandbox.wait_for(lambda: channel.messages[-1].media or None)
        pressed = await mia.press(channel.messages[-1], "Again")
        again = await pressed.first_response()

    assert seen == {
        "prompt": "a lighthouse", "image": b"png", "name": "cat.png", "by": "mia", "may": True, "limit": 10 * 2**20,
    }  # fmt: skip
    assert answer.kind is AnswerKind.MESSAGE
    assert not answer.ephemeral
    assert answer.seconds < 3
    message = answer.message
    assert message is channel.messages[-1]
    assert [version.text for version in message.versions] == ["working", "done"]
    assert message.accent_colour == 0x00FF00
    assert message.media[0].content_type == "video/mp4"
    assert message.media[0].path.read_bytes() == MP4
    assert again.ephemeral
    assert again.message.text == "job 7 again"
    assert mia.can_see(again.message)
    assert not guild_neighbour(channel).can_see(again.message)


def guild_neighbour(channel):
    return channel.guild.add_member("Noah", permissions=Permissions.ADMINISTRATOR)
