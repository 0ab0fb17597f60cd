"""A conversation through the real discord.py: commands, components, files, modals, autocomplete, direct messages."""

from __future__ import annotations

import io
import re
from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.discord import AnswerKind, DiscordSandbox, NotificationReason, TextChannel, Upload

from .conftest import RunBot

MP4 = b"\0\0\0\x18ftypmp42" + bytes(2000)
Context = discord.Interaction[Any]


class AgainButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"again:(?P<job>\d+)"):
    """A button that works after a restart, because its id contains everything."""

    def __init__(self, job: int) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction: Context, item: Any, match: re.Match[str], /) -> AgainButton:
        return cls(int(match["job"]))

    async def callback(self, interaction: Context) -> None:
        await interaction.response.send_message(f"job {self.job} again", ephemeral=True)


class EditPrompt(discord.ui.Modal, title="Edit the prompt"):
    prompt: discord.ui.Label[Any] = discord.ui.Label(
        text="Prompt", component=discord.ui.TextInput(custom_id="prompt", default="a cat", min_length=3, max_length=40)
    )
    image: discord.ui.Label[Any] = discord.ui.Label(
        text="Image", component=discord.ui.FileUpload(custom_id="image", required=False)
    )

    async def on_submit(self, interaction: Context) -> None:
        assert isinstance(self.prompt.component, discord.ui.TextInput)
        assert isinstance(self.image.component, discord.ui.FileUpload)
        names = [file.filename for file in self.image.component.values]
        await interaction.response.send_message(f"{self.prompt.component.value} {names}")


def card(text: str, *, video: str | None = None) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    container: discord.ui.Container[Any] = discord.ui.Container(discord.ui.TextDisplay(text), accent_colour=0x00FF00)
    if video is not None:
        container.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem(video, description="the clip")))
    container.add_item(discord.ui.ActionRow(AgainButton(7)))
    view.add_item(container)
    return view


async def test_answer_to_a_command_is_edited_by_the_channel_endpoint(
    sandbox: DiscordSandbox, channel: TextChannel, run_bot: RunBot
) -> None:
    mia = channel.guild.add_member("Mia")
    seen: dict[str, Any] = {}

    @app_commands.command(description="Make a video")
    async def video(interaction: Context, prompt: str, image: discord.Attachment) -> None:
        seen.update(prompt=prompt, image=await image.read(), name=image.filename, by=interaction.user.display_name)
        seen.update(may_attach=interaction.app_permissions.attach_files, limit=interaction.filesize_limit)
        answer = await interaction.response.send_message(view=card("working"))
        assert isinstance(interaction.channel, discord.TextChannel)
        assert answer.message_id is not None
        message = interaction.channel.get_partial_message(answer.message_id)
        file = discord.File(io.BytesIO(MP4), "clip.mp4")
        await message.edit(view=card("done", video="attachment://clip.mp4"), attachments=[file])

    async with run_bot(video):
        use = await mia.slash(channel, "video", prompt="a lighthouse", image=Upload("cat.png", b"png", "image/png"))
        answer = await use.first_response()
        message = await sandbox.wait_for(lambda: channel.messages[-1] if channel.messages[-1].media else None)

    assert seen == {"prompt": "a lighthouse", "image": b"png", "name": "cat.png", "by": "Mia"} | {
        "may_attach": True,
        "limit": 10 * 2**20,
    }
    assert (answer.kind, answer.ephemeral, answer.message) == (AnswerKind.MESSAGE, False, message)
    assert answer.seconds < 3
    assert [version.text for version in message.versions] == ["working", "done"]
    assert message.accent_colour == 0x00FF00
    assert message.media[0].content_type == "video/mp4"
    assert message.media[0].path is not None
    assert message.media[0].path.read_bytes() == MP4
    assert message.edited_at is not None


async def test_dynamic_button_answers_only_the_member_who_pressed_it(
    sandbox: DiscordSandbox, channel: TextChannel, run_bot: RunBot
) -> None:
    mia, noah = channel.guild.add_member("Mia"), channel.guild.add_member("Noah")

    async with run_bot(echo_command(), dynamic=(AgainButton,)) as bot:
        await bot.get_partial_messageable(channel.id).send(view=card("done"))
        pressed = await noah.press(channel.messages[-1], "Again")
        answer = await pressed.first_response()

    assert answer.message is not None
    assert answer.message.text == "job 7 again"
    assert noah.can_see(answer.message)
    assert not mia.can_see(answer.message)
    assert answer.message not in channel.messages


async def test_deferred_answer_is_filled_in_and_followed_up(channel: TextChannel, run_bot: RunBot) -> None:
    mia = channel.guild.add_member("Mia")

    @app_commands.command(description="Think first")
    async def think(interaction: Context) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(view=card("thought"))
        await interaction.followup.send(f"{interaction.user.mention} here")

    async with run_bot(think):
        use = await mia.slash(channel, "think")
        answer = await use.first_response()
        said = await use.followup()

    assert answer.kind is AnswerKind.DEFERRED
    assert answer.ephemeral
    assert answer.message is not None
    assert [version.text for version in answer.message.versions] == ["", "thought"]
    assert not answer.message.loading
    assert channel.messages == [said]
    assert [(ping.message, ping.reason) for ping in mia.notifications] == [(said, NotificationReason.USER)]


async def test_modal_carries_text_and_files(channel: TextChannel, run_bot: RunBot) -> None:
    mia = channel.guild.add_member("Mia")

    @app_commands.command(description="Edit")
    async def edit(interaction: Context) -> None:
        await interaction.response.send_modal(EditPrompt())

    async with run_bot(edit):
        opened = await (await mia.slash(channel, "edit")).first_response()
        sent = await mia.submit_modal(opened, {"prompt": "a dog", "image": [Upload("dog.png", b"png")]})
        answer = await sent.first_response()

    assert opened.kind is AnswerKind.MODAL
    assert opened.modal is not None
    assert opened.modal.title == "Edit the prompt"
    assert opened.modal.field("Prompt").value == "a cat"
    assert answer.message is not None
    assert answer.message.text == "a dog ['dog.png']"


async def test_autocomplete_depends_on_the_other_options(channel: TextChannel, run_bot: RunBot) -> None:
    mia = channel.guild.add_member("Mia")

    @app_commands.command(description="Make a video")
    async def video(interaction: Context, model: str, duration: int) -> None: ...

    @video.autocomplete("duration")
    async def durations(interaction: Context, typed: str) -> list[app_commands.Choice[int]]:
        offered = {"veo-3.1": (4, 6, 8)}[interaction.namespace.model]
        return [app_commands.Choice(name=f"{n} s", value=n) for n in offered if str(n).startswith(typed)]

    async with run_bot(video):
        every = await mia.complete(channel, "video", focused="duration", model="veo-3.1")
        some = await mia.complete(channel, "video", focused="duration", typed="6", model="veo-3.1")

    assert [choice.value for choice in every] == [4, 6, 8]
    assert [choice.name for choice in some] == ["6 s"]


async def test_subcommands_menus_and_message_commands_reach_the_bot(channel: TextChannel, run_bot: RunBot) -> None:
    admin = channel.guild.add_member("Ada", permissions=1 << 5)
    role = channel.guild.add_role("Editors")
    quota = app_commands.Group(name="quota", description="Limits")

    class Pick(discord.ui.View):
        @discord.ui.select(cls=discord.ui.RoleSelect, custom_id="pick")
        async def pick(self, interaction: Context, menu: discord.ui.RoleSelect[Any]) -> None:
            await interaction.response.edit_message(content=f"picked {menu.values[0].name}", view=None)

    @quota.command(name="set", description="Set")
    async def set_quota(interaction: Context, target: discord.Role, amount: app_commands.Range[int, 1, 50]) -> None:
        await interaction.response.send_message(f"{target.name}: {amount}", view=Pick(timeout=30))

    @app_commands.context_menu(name="Animate image")
    async def animate(interaction: Context, message: discord.Message) -> None:
        await interaction.response.send_message(f"animating {message.content!r}")

    async with run_bot(quota, animate):
        answer = await (await admin.slash(channel, "quota set", target=role, amount=20)).first_response()
        assert answer.message is not None
        updated = await (await admin.select(answer.message, "pick", [role])).first_response()
        menu = await (await admin.use_message_command(channel, "Animate image", answer.message)).first_response()

    assert answer.message.versions[0].text == "Editors: 20"
    assert (updated.kind, updated.message) == (AnswerKind.UPDATE, answer.message)
    assert answer.message.text == "picked Editors"
    assert answer.message.selects == ()
    assert menu.message is not None
    assert menu.message.text == "animating 'picked Editors'"


async def test_direct_messages_arrive_until_the_member_closes_them(
    sandbox: DiscordSandbox, channel: TextChannel, run_bot: RunBot
) -> None:
    mia = channel.guild.add_member("Mia")

    async with run_bot(echo_command()) as bot:
        user = await bot.fetch_user(mia.id)
        await user.send(view=card("your video"))
        mia.close_direct_messages()
        with pytest.raises(discord.Forbidden) as refused:
            await user.send("again")
        pressed = await mia.press(mia.inbox[0], "Again")

    assert [message.text for message in mia.inbox] == ["your video"]
    assert [ping.reason for ping in mia.notifications] == [NotificationReason.DIRECT]
    assert refused.value.code == 50007
    assert pressed.member is None


async def test_nonce_prevents_a_repeated_send_from_showing_twice(channel: TextChannel, run_bot: RunBot) -> None:
    async with run_bot(echo_command()) as bot:
        place = bot.get_partial_messageable(channel.id)
        first = await place.send("result", nonce="job-7")
        second = await place.send("result", nonce="job-7")

    assert first.id == second.id
    assert len(channel.messages) == 1


def echo_command() -> app_commands.Command[Any, Any, Any]:
    @app_commands.command(description="Say it again")
    async def echo(interaction: Context) -> None: ...

    return echo
