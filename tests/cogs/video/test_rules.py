"""A server's settings as a member who uses `/video` meets them."""

from __future__ import annotations

from typing import Any

from bot.domain.actor import OPERATOR
from bot.domain.catalogue import MODELS
from bot.domain.identifiers import Credits, GuildId
from bot.domain.options import find_option
from bot.domain.quota import Period, Rule, Target, TargetKind
from sandbox.discord import Answer, Upload
from storage.quotas import QuotaStore
from tests.cogs.running import Scene

PICTURE = Upload("dog.png", b"not really a picture", "image/png")


async def _set(scene: Scene, name: str, value: object) -> None:
    await scene.options.change(GuildId(scene.guild.id), find_option(name), lambda _: value, actor=OPERATOR)


async def _use(scene: Scene, **options: Any) -> Answer:
    return await (await scene.mia.slash(scene.channel, "video", prompt="A dog", **options)).first_response()


async def test_the_servers_default_model_is_used_when_none_is_chosen(scene: Scene) -> None:
    await scene.grant(100)
    await _set(scene, "default_model", "veo-3.1")

    answer = await _use(scene)

    assert answer.message is not None
    assert "Google Veo 3.1 · 4 seconds" in answer.message.text


async def test_the_durations_offered_are_those_that_the_server_allows(scene: Scene) -> None:
    await _set(scene, "longest_duration", 5)

    choices = await scene.mia.complete(scene.channel, "video", focused="duration", prompt="x", model=MODELS[0].id)

    assert [choice.value for choice in choices] == [5]


async def test_a_rule_refuses_before_the_picture_is_fetched(scene: Scene) -> None:
    await _set(scene, "sound_allowed", False)

    answer = await _use(scene, audio=True, image=PICTURE)

    assert answer.ephemeral
    assert answer.message is not None
    assert "only silent videos" in answer.message.text
    assert scene.images.asked == []


async def test_credits_quota_and_room_refuse_before_the_picture_is_fetched(scene: Scene) -> None:
    poor = await _use(scene, image=PICTURE)
    await scene.grant(100)
    everyone = Rule(Target(TargetKind.EVERYONE, 0), Period.DAY, Credits(20))
    quotas = QuotaStore(database=scene.jobs._database, clock=scene.clock)
    await quotas.put(GuildId(scene.guild.id), everyone, actor=OPERATOR)
    await _use(scene)
    over_quota = await _use(scene, image=PICTURE)
    await _set(scene, "jobs_per_member", 1)
    too_many = await _use(scene, image=PICTURE)

    said = [answer.message.text for answer in (poor, over_quota, too_many) if answer.message]
    assert "has 0 left" in said[0]
    assert "5 credits of it are left" in said[1]
    assert "You have 1 video in progress" in said[2]
    assert all(answer.ephemeral for answer in (poor, over_quota, too_many))
    assert scene.images.asked == []


async def test_a_thread_of_an_allowed_channel_is_allowed(scene: Scene) -> None:
    await scene.grant(100)
    await _set(scene, "allowed_channels", frozenset({scene.channel.id}))
    elsewhere = scene.guild.add_channel("elsewhere")

    inside = await (await scene.mia.slash(scene.channel.add_thread("Takes"), "video", prompt="x")).first_response()
    outside = await (await scene.mia.slash(elsewhere, "video", prompt="x")).first_response()
    await scene.video.drain()

    assert not inside.ephemeral
    assert outside.message is not None
    assert outside.message.text == f"You can make videos only in <#{scene.channel.id}>. Nothing was spent."
