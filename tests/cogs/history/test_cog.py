"""`/history` as a member meets it."""

from __future__ import annotations

from cogs.history.text import NOTHING_YET
from sandbox.discord import Member
from tests.cogs.running import Scene


async def _history_of(member: Member, scene: Scene) -> str:
    message = (await (await member.slash(scene.channel, "history")).first_response()).message
    assert message is not None
    assert message.ephemeral
    await scene.discord.wait_for(lambda: not message.loading)
    return message.text


async def test_a_member_sees_their_own_videos_and_nobody_elses(scene: Scene) -> None:
    await scene.grant(100)
    bob = scene.guild.add_member("Bob")
    answer = (await (await scene.mia.slash(scene.channel, "video", prompt="A lighthouse")).first_response()).message
    assert answer is not None
    await scene.video.drain()

    shown = await _history_of(scene.mia, scene)

    assert "A lighthouse" in shown
    assert "**in the queue** · Kling 3.0 Pro · 15 credits held" in shown
    assert f"https://discord.com/channels/{scene.guild.id}/{scene.channel.id}/{answer.id}" in shown
    assert await _history_of(bob, scene) == NOTHING_YET
