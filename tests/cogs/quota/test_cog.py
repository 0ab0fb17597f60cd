"""`/quota` as people who manage the server meet it, and others."""

from __future__ import annotations

from functools import partial

import pytest

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import Credits, GuildId
from bot.domain.quota import EVERYONE, Period, Rule, Target, TargetKind
from sandbox.discord import Interaction, Member, Message, Permissions
from storage.quotas import QuotaStore
from tests.cogs.running import Scene

SUBCOMMANDS: list[tuple[str, dict[str, int | str]]] = [
    ("set", {"credits": 5, "per": "day"}),
    ("show", {}),
    ("clear", {}),
]


@pytest.fixture
def ada(scene: Scene) -> Member:
    return scene.guild.add_member("Ada", permissions=Permissions.MANAGE_GUILD)


async def _said(scene: Scene, use: Interaction) -> Message:
    """The whole answer, for nobody else to see."""
    message = (await use.first_response()).message
    assert message is not None
    await scene.discord.wait_for(lambda: not message.loading)
    assert message.ephemeral
    return message


def _says(message: Message, words: str) -> bool:
    return words in message.text


async def _use(scene: Scene, who: Member, command: str, **options: object) -> Message:
    use = await who.slash(scene.channel, f"quota {command}", **options)  # type: ignore[arg-type]  # a test's own options
    return await _said(scene, use)


@pytest.mark.parametrize(("command", "options"), SUBCOMMANDS)
async def test_a_member_without_the_permission_changes_and_sees_nothing(
    scene: Scene, quotas: QuotaStore, command: str, options: dict[str, int | str]
) -> None:
    """Even where the server's own settings have opened the command to them."""
    guild_id = GuildId(scene.guild.id)
    await quotas.put(guild_id, Rule(EVERYONE, Period.DAY, Credits(77)), actor=OPERATOR)

    use = await scene.mia.slash(scene.channel, f"quota {command}", opened_by_admin=True, **options)

    message = await _said(scene, use)
    assert '"Manage Server"' in message.text
    assert "77" not in message.text
    assert [rule.credits for rule in await quotas.rules(guild_id)] == [77]


async def test_rules_for_everyone_a_role_and_a_member(scene: Scene, quotas: QuotaStore, ada: Member) -> None:
    role = scene.guild.add_role("Makers")

    everyone = await _use(scene, ada, "set", credits=20, per="day")
    makers = await _use(scene, ada, "set", credits=0, per="week", target=role)
    mia = await _use(scene, ada, "set", credits=500, per="month", target=scene.mia)

    assert "Members here may each use 20 credits a day" in everyone.text
    assert f"Members with <@&{role.id}> may make no videos from now on" in makers.text
    assert f"{scene.mia.mention} may use 500 credits a month from now on." in mia.text
    assert await quotas.rules(GuildId(scene.guild.id)) == [
        Rule(EVERYONE, Period.DAY, Credits(20)),
        Rule(Target(TargetKind.ROLE, role.id), Period.WEEK, Credits(0)),
        Rule(Target(TargetKind.MEMBER, scene.mia.id), Period.MONTH, Credits(500)),
    ]


async def test_the_role_everyone_affordable_everyone(scene: Scene, quotas: QuotaStore, ada: Member) -> None:
    await _use(scene, ada, "set", credits=20, per="day", target=scene.guild.everyone)

    assert [rule.target for rule in await quotas.rules(GuildId(scene.guild.id))] == [EVERYONE]


async def test_targets_that_make_no_videos_are_refused(scene: Scene, quotas: QuotaStore, ada: Member) -> None:
    assert scene.guild.bot is not None
    stranger = scene.discord.add_guild("Elsewhere").add_member("Otto")
    targets = {
        "Bots make no videos": scene.guild.bot,
        "belongs to a bot": scene.guild.bot.roles[0],
        "not a member of this server": stranger.user,
    }

    for words, target in targets.items():
        assert words in (await _use(scene, ada, "set", credits=20, per="day", target=target)).text
    assert await quotas.rules(GuildId(scene.guild.id)) == []


async def test_rules_are_cleared_one_period_at_a_time_or_all_at_once(
    scene: Scene, quotas: QuotaStore, ada: Member
) -> None:
    for per in ("day", "week", "month"):
        await _use(scene, ada, "set", credits=20, per=per)

    one = await _use(scene, ada, "clear", per="week")
    rest = await _use(scene, ada, "clear")
    none = await _use(scene, ada, "clear")

    assert "for everyone: 20 credits a week. " in one.text
    assert "for everyone: 20 credits a day and 20 credits a month. " in rest.text
    assert "There is no such quota for everyone" in none.text
    assert await quotas.rules(GuildId(scene.guild.id)) == []


async def test_a_rule_of_somebody_who_left_can_still_be_cleared(scene: Scene, quotas: QuotaStore, ada: Member) -> None:
    await _use(scene, ada, "set", credits=20, per="day", target=scene.mia)
    scene.guild.remove_member(scene.mia)

    cleared = await _use(scene, ada, "clear", target=scene.mia.user)

    assert "Removed the quota" in cleared.text


async def test_what_is_shown_turns_page_by_page(scene: Scene, quotas: QuotaStore, ada: Member) -> None:
    for number in range(1, 46):
        target = Target(TargetKind.ROLE, number)
        await quotas.put(GuildId(scene.guild.id), Rule(target, Period.DAY, Credits(number)), actor=OPERATOR)

    shown = await _use(scene, ada, "show")
    assert "(1 of 3)" in shown.text
    assert shown.button("Previous page").disabled
    for number in (2, 3):
        await ada.press(shown, "Next page")
        await scene.discord.wait_for(partial(_says, shown, f"({number} of 3)"))

    assert "<@&45>: 45 credits a day" in shown.text
    assert shown.button("Next page").disabled
    assert not shown.button("Previous page").disabled


async def test_an_admin_who_is_one_no_more_cannot_turn_pages(scene: Scene, quotas: QuotaStore, ada: Member) -> None:
    for number in range(1, 46):
        target = Target(TargetKind.ROLE, number)
        await quotas.put(GuildId(scene.guild.id), Rule(target, Period.DAY, Credits(number)), actor=OPERATOR)
    shown = await _use(scene, ada, "show")

    ada.extra_permissions = Permissions.NONE
    refused = await _said(scene, await ada.press(shown, "Next page"))

    assert '"Manage Server"' in refused.text
    assert "(1 of 3)" in shown.text


async def test_members_see_their_own_limits_beside_the_balance(scene: Scene, quotas: QuotaStore) -> None:
    await scene.grant(100)
    await quotas.put(GuildId(scene.guild.id), Rule(EVERYONE, Period.DAY, Credits(20)), actor=OPERATOR)
    await (await scene.mia.slash(scene.channel, "video", prompt="A cat")).first_response()

    message = await _said(scene, await scene.mia.slash(scene.channel, "credits"))

    assert "5 of 20 credits left today (for everyone here); resets <t:" in message.text


async def test_a_video_over_the_quota_is_refused_privately_and_nothing_is_held(
    scene: Scene, quotas: QuotaStore
) -> None:
    await scene.grant(100)
    role = scene.guild.add_role("Makers")
    leo = scene.guild.add_member("Leo", roles=[role])
    target = Target(TargetKind.ROLE, role.id)
    await quotas.put(GuildId(scene.guild.id), Rule(target, Period.WEEK, Credits(20)), actor=OPERATOR)
    await (await leo.slash(scene.channel, "video", prompt="A cat")).first_response()

    refused = await _said(scene, await leo.slash(scene.channel, "video", prompt="A dog"))

    assert f"the quota for the role <@&{role.id}> is 20 credits a week" in refused.text
    assert "5 credits of it are left; it resets <t:" in refused.text
    assert (await scene.ledger.balance(GuildId(scene.guild.id))).reserved == 15
