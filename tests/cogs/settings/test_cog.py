"""`/settings` as an admin uses it, and as others try to."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import ChannelId, GuildId, RoleId, UserId
from bot.domain.options import CompletionMention, GuildOptions, find_option
from bot.services.loops.wakeup import Wakeup
from cogs.interactions.admins import NOT_AN_ADMIN
from cogs.settings.cog import SettingsCog
from sandbox.discord import Answer, Channel, Interaction, Member, Message, NotPossible, Permissions, Role
from tests.cogs.running import Scene, a_client, running

Chosen = str | Member | Role | Channel


class Admin:
    """Ada at the panel."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.ada = scene.guild.add_member("Ada", permissions=Permissions.MANAGE_GUILD)
        self.guild_id = GuildId(scene.guild.id)

    async def open(self) -> Message:
        answer = await (await self.ada.slash(self.scene.channel, "settings")).first_response()
        assert answer.ephemeral
        assert answer.message is not None
        message = answer.message
        await self.scene.discord.wait_for(lambda: "Settings of this server" in message.text)
        return message

    async def choose(self, panel: Message, name: str) -> None:
        await self.ada.select(panel, "settings:choose::0", [name])
        label = find_option(name).help
        await self.scene.discord.wait_for(lambda: label in panel.text)

    async def set(self, panel: Message, name: str, *values: Chosen, page: int = 0) -> Interaction:
        return await self.ada.select(panel, f"settings:set:{name}:{page}", list(values))

    async def write(self, panel: Message, text: str) -> Interaction:
        form = await (await self.ada.press(panel, "Change…")).first_response()
        return await self.ada.submit_modal(form, {"value": text})

    async def shows(self, panel: Message, words: str) -> None:
        await self.scene.discord.wait_for(lambda: words in panel.text, what=f"{words!r} in {panel.text!r}")

    async def options(self) -> GuildOptions:
        return await self.scene.options.of(self.guild_id)


@pytest.fixture
def admin(scene: Scene) -> Admin:
    return Admin(scene)


async def test_menus_of_channels_roles_and_members_set_what_is_chosen_in_them(scene: Scene, admin: Admin) -> None:
    film, task_pool = scene.guild.add_channel("film"), scene.guild.add_role("TaskPool")
    panel = await admin.open()

    await admin.choose(panel, "allowed_channels")
    await admin.set(panel, "allowed_channels", scene.channel, film)
    await admin.shows(panel, "**Allowed channels:** <#")
    await admin.choose(panel, "allowed_roles")
    await admin.set(panel, "allowed_roles", task_pool)
    await admin.shows(panel, f"**Allowed roles:** <@&{task_pool.id}>")
    await admin.choose(panel, "blocked_members")
    await admin.set(panel, "blocked_members", scene.mia)
    await admin.shows(panel, f"**Blocked members:** <@{scene.mia.id}>")
    await admin.choose(panel, "log_channel")
    await admin.set(panel, "log_channel", film)
    await admin.shows(panel, f"**Log channel:** <#{film.id}>")

    assert await admin.options() == GuildOptions(
        allowed_channels=frozenset({ChannelId(scene.channel.id), ChannelId(film.id)}),
        allowed_roles=frozenset({RoleId(task_pool.id)}),
        blocked_members=frozenset({UserId(scene.mia.id)}),
        log_channel=ChannelId(film.id),
    )
    assert scene.mia.notifications == []


async def test_menus_of_choices_and_forms_set_the_others(admin: Admin) -> None:
    panel = await admin.open()
    for name, values in {
        "default_model": ["veo-3.1"],
        "allowed_models": ["veo-3.1", "kling-3.0-pro"],
        "longest_duration": ["8"],
        "sound_allowed": ["no"],
        "completion_mention": ["direct"],
    }.items():
        await admin.choose(panel, name)
        await admin.set(panel, name, *values)
        await admin.shows(panel, f"Now: {_in_words(name, ','.join(values))}")
    for name, text in {
        "confirm_from": "30",
        "jobs_per_member": "2",
        "jobs_per_server": "5",
        "blocked_words": "Zebra\nCafé",
    }.items():
        await admin.choose(panel, name)
        await admin.write(panel, text)
        await admin.shows(panel, f"Now: {_in_words(name, text)}")

    assert await admin.options() == GuildOptions(
        default_model="veo-3.1",
        allowed_models=frozenset({"veo-3.1", "kling-3.0-pro"}),
        longest_duration=8,
        sound_allowed=False,
        confirm_from=30,
        jobs_per_member=2,
        jobs_per_server=5,
        blocked_words=("cafe", "zebra"),
        completion_mention=CompletionMention.DIRECT,
    )


async def test_a_form_holds_the_value_of_now_and_an_empty_one_switches_off(admin: Admin) -> None:
    panel = await admin.open()
    await admin.choose(panel, "confirm_from")
    await admin.write(panel, "1,250")
    await admin.shows(panel, "Now: 1,250 credits")

    form = await (await admin.ada.press(panel, "Change…")).first_response()
    assert form.modal is not None
    assert form.modal.field("value").value == "1250"
    await admin.ada.submit_modal(form, {"value": ""})
    await admin.shows(panel, "Now: never")

    assert await admin.options() == GuildOptions()


async def test_the_default_comes_back_at_the_press_of_a_button(admin: Admin) -> None:
    panel = await admin.open()
    await admin.choose(panel, "sound_allowed")
    await admin.set(panel, "sound_allowed", "no")
    await admin.shows(panel, "Now: not allowed")

    await admin.ada.press(panel, "Back to the default")

    await admin.shows(panel, "Now: allowed")
    assert await admin.options() == GuildOptions()


async def test_a_list_longer_than_a_menu_is_kept_page_by_page(scene: Scene, admin: Admin) -> None:
    channels = [scene.guild.add_channel(f"channel-{number}") for number in range(30)]
    option = find_option("allowed_channels")
    first = sorted(channel.id for channel in channels)[:26]
    await scene.options.change(admin.guild_id, option, lambda _: frozenset(first), actor=OPERATOR)
    panel = await admin.open()
    await admin.choose(panel, "allowed_channels")
    await admin.shows(panel, "Page 1 of 2")

    await admin.ada.press(panel, "Next page")
    await admin.shows(panel, "Page 2 of 2")
    await admin.set(panel, "allowed_channels", *channels[26:29], page=1)
    await admin.shows(panel, "and 18 more")

    kept = {channel.id for channel in channels[:25]} | {channel.id for channel in channels[26:29]}
    assert (await admin.options()).allowed_channels == kept


async def test_what_makes_no_sense_is_refused_and_the_panel_shows_what_is_set(admin: Admin) -> None:
    panel = await admin.open()
    await admin.choose(panel, "jobs_per_member")
    refused = await (await admin.write(panel, "many")).followup()
    assert "a whole number from 1 to 1,000" in refused.text
    assert refused.ephemeral

    await admin.choose(panel, "longest_duration")
    await admin.set(panel, "longest_duration", "4")
    await admin.shows(panel, "Now: 4 seconds")
    await admin.choose(panel, "allowed_models")
    refused = await (await admin.set(panel, "allowed_models", "kling-3.0-pro")).followup()
    assert "no video could be made at all" in refused.text
    await admin.shows(panel, "Now: all models")

    assert await admin.options() == GuildOptions(longest_duration=4)


async def test_a_log_channel_where_the_bot_may_not_write_is_refused_by_naming_what_is_missing(
    scene: Scene, admin: Admin
) -> None:
    silent = scene.guild.add_channel("silent")
    silent.deny_bot(Permissions.SEND_MESSAGES)
    panel = await admin.open()
    await admin.choose(panel, "log_channel")

    refused = await (await admin.set(panel, "log_channel", silent)).followup()

    assert refused.text == (
        f'The bot cannot report in <#{silent.id}>, because it lacks the permission "Send Messages" there. '
        "Nothing was changed."
    )
    assert await admin.options() == GuildOptions()


async def test_a_member_who_does_not_manage_the_server_sees_and_changes_nothing(scene: Scene) -> None:
    with pytest.raises(NotPossible, match="hidden"):
        await scene.mia.slash(scene.channel, "settings")

    answer = await (await scene.mia.slash(scene.channel, "settings", opened_by_admin=True)).first_response()

    assert _refusal(answer) == NOT_AN_ADMIN


async def test_whoever_lost_the_right_since_can_no_longer_press_choose_or_send(scene: Scene, admin: Admin) -> None:
    panel = await admin.open()
    await admin.choose(panel, "jobs_per_member")
    form = await (await admin.ada.press(panel, "Change…")).first_response()
    admin.ada.extra_permissions = Permissions.NONE

    uses = [
        await admin.ada.submit_modal(form, {"value": "3"}),
        await admin.ada.press(panel, "Change…"),
        await admin.ada.select(panel, "settings:choose::0", ["sound_allowed"]),
    ]

    assert [_refusal(await use.first_response()) for use in uses] == [NOT_AN_ADMIN] * 3
    assert await admin.options() == GuildOptions()


async def test_the_panel_works_on_after_a_restart(scene: Scene, admin: Admin) -> None:
    panel = await admin.open()
    await admin.choose(panel, "sound_allowed")
    await scene.client.close()
    await scene.discord.wait_until_gone()

    async with running(a_client([SettingsCog(options=scene.options, changed=Wakeup())]), scene.discord):
        await admin.set(panel, "sound_allowed", "no")
        await admin.shows(panel, "Now: not allowed")


async def test_changes_by_two_admins_at_the_same_time_all_count(scene: Scene, admin: Admin) -> None:
    panels = [await admin.open() for _ in range(3)]
    channels = [scene.guild.add_channel(f"channel-{number}") for number in range(3)]
    for panel in panels:
        await admin.choose(panel, "allowed_channels")

    await asyncio.gather(
        *(admin.set(panel, "allowed_channels", channel) for panel, channel in zip(panels, channels, strict=True))
    )
    for panel, channel in zip(panels, channels, strict=True):
        await admin.shows(panel, f"<#{channel.id}>")

    assert (await admin.options()).allowed_channels == {channel.id for channel in channels}


def _refusal(answer: Answer) -> str:
    assert answer.ephemeral
    assert answer.message is not None
    return answer.message.text


def _in_words(name: str, text: str) -> str:
    kind = find_option(name).kind
    return kind.in_words(kind.parse(text))
