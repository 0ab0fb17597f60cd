"""`/video` as a member meets it: the real client, real books, a local Discord."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.identifiers import GuildId
from bot.domain.job import JobState, MessageState
from bot.errors import DatabaseUnavailable, ImageRefused
from sandbox.discord import AnswerKind, Interaction, Message, Permissions, Upload
from tests.cogs.running import LogWatch, Scene

PICTURE = Upload("dog.png", b"not really a picture", "image/png")
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
LATE = timedelta(seconds=10)


async def _answer_to(interaction: Interaction) -> Message:
    message = (await interaction.first_response()).message
    assert message is not None
    return message


async def _no_longer_thinking(scene: Scene, message: Message) -> None:
    await scene.discord.wait_for(lambda: not message.loading, what="the end of thinking")


async def test_a_request_is_recorded_held_and_answered_at_once_for_all_to_see(scene: Scene) -> None:
    await scene.grant(100)

    interaction = await scene.mia.slash(scene.channel, "video", prompt="A lighthouse in a **storm**")
    answer = await interaction.first_response()
    await scene.video.drain()

    assert answer.kind is AnswerKind.MESSAGE
    assert not answer.ephemeral
    assert answer.message is not None
    assert "A lighthouse in a \\*\\*storm\\*\\*" in answer.message.text
    assert "15 credits are held for it; this server has 85 left" in answer.message.text
    (job,) = await scene.jobs_of_mia()
    assert (job.state, job.shown) == (JobState.QUEUED, MessageState.QUEUED)
    assert (job.channel_id, job.message_id, job.interaction_id) == (
        scene.channel.id,
        answer.message.id,
        interaction.id,
    )


async def test_every_option_reaches_the_books(scene: Scene) -> None:
    await scene.grant(100)

    interaction = await scene.mia.slash(
        scene.channel,
        "video",
        prompt="A dog runs",
        model="veo-3.1",
        duration=8,
        size="portrait",
        audio=True,
        enhance=True,
        image=PICTURE,
    )
    answer = await _answer_to(interaction)
    await scene.video.drain()

    assert "Google Veo 3.1 · 8 seconds · portrait (9:16) · with sound · from a picture · prompt enhanced" in answer.text
    (job,) = await scene.jobs_of_mia()
    assert job.has_image
    image = await scene.jobs.source_image(job.id)
    assert image is not None
    assert image.data == b"checked"


async def test_the_durations_offered_follow_the_model(scene: Scene) -> None:
    choices = await scene.mia.complete(scene.channel, "video", focused="duration", prompt="x", model="veo-3.1")

    assert [choice.value for choice in choices] == [4, 8]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prompt": "   "}, "The prompt is empty"),
        ({"prompt": "x" * 2501}, "Kling 3.0 Pro takes prompts of up to 2500 characters"),
        ({"prompt": "x", "model": "veo-3.1", "duration": 5}, "Google Veo 3.1 makes videos of 4 or 8 seconds"),
        ({"prompt": "x", "model": "runway-gen-4.5", "audio": True}, "only makes silent videos"),
        ({"prompt": "x", "image": Upload("a.gif", b"GIF", "image/gif")}, "JPEG, PNG or WebP"),
        ({"prompt": "x", "image": Upload("a.png", b"", "image/png")}, "is empty"),
        ({"prompt": "x", "image": Upload("a.png", bytes(11_000_000), "image/png")}, "11.0 MB"),
        ({"prompt": "x", "model": "veo-3.1", "duration": 8}, "has 20 left"),
    ],
)
async def test_a_request_that_cannot_be_granted_is_refused_privately(
    scene: Scene, options: dict[str, Any], words: str
) -> None:
    await scene.grant(20)

    answer = await (await scene.mia.slash(scene.channel, "video", **options)).first_response()

    assert answer.ephemeral
    assert answer.message is not None
    assert words in answer.message.text
    assert await scene.jobs_of_mia() == []
    assert scene.images.asked == []


async def test_a_picture_that_fails_its_check_is_refused_privately(scene: Scene) -> None:
    await scene.grant(100)
    scene.images.refusal = ImageRefused("This is no picture.")

    answer = await (await scene.mia.slash(scene.channel, "video", prompt="x", image=PICTURE)).first_response()

    assert answer.ephemeral
    assert answer.message is not None
    assert answer.message.text == "This is no picture."
    assert (await scene.ledger.balance(GuildId(scene.guild.id))).available == 100


@pytest.mark.parametrize(
    ("denied", "words"),
    [
        (Permissions.VIEW_CHANNEL, 'the permission "View Channel"'),
        (Permissions.EMBED_LINKS | Permissions.ATTACH_FILES, 'the permissions "Embed Links" and "Attach Files"'),
    ],
)
async def test_a_channel_where_no_video_could_be_shown_is_refused_by_naming_what_is_missing(
    scene: Scene, denied: Permissions, words: str
) -> None:
    await scene.grant(100)
    scene.channel.deny_bot(denied)

    answer = await (await scene.mia.slash(scene.channel, "video", prompt="x")).first_response()

    assert answer.ephemeral
    assert answer.message is not None
    assert words in answer.message.text
    assert await scene.jobs_of_mia() == []


async def test_a_thread_is_as_good_as_a_channel(scene: Scene) -> None:
    await scene.grant(100)
    thread = scene.channel.add_thread("Scenes")

    answer = await _answer_to(await scene.mia.slash(thread, "video", prompt="x"))
    await scene.video.drain()

    (job,) = await scene.jobs_of_mia()
    assert (job.channel_id, job.message_id) == (thread.id, answer.id)


@pytest.mark.parametrize("command", ["video", "credits", "history"])
async def test_outside_a_server_a_command_says_so(scene: Scene, command: str) -> None:
    """Discord does not offer our commands there; this is a client that asks all the same."""
    options = [{"name": "prompt", "type": 3, "value": "x"}] if command == "video" else []
    data = {"id": "1", "name": command, "type": 1, "options": options}

    answer = await scene.discord.send_command(scene.mia, scene.mia.direct_channel, data).first_response()

    assert answer.message is not None
    assert "only works in a channel of a server" in answer.message.text


async def test_a_slow_preparation_is_announced_and_ends_in_the_same_message(scene: Scene) -> None:
    await scene.grant(100)
    scene.clock.ahead = LATE
    scene.images.opens.clear()

    answer = await (await scene.mia.slash(scene.channel, "video", prompt="A dog", image=PICTURE)).first_response()
    assert answer.kind is AnswerKind.DEFERRED
    assert not answer.ephemeral
    assert answer.message is not None
    scene.images.opens.set()
    await _no_longer_thinking(scene, answer.message)
    await scene.video.drain()

    assert "A dog" in answer.message.text
    (job,) = await scene.jobs_of_mia()
    assert job.message_id == answer.message.id


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (ImageRefused("This is no picture."), "This is no picture."),
        (DatabaseUnavailable("secret"), "cannot reach its database"),
    ],
)
async def test_a_refusal_that_comes_late_stands_in_the_announced_message(
    scene: Scene, failure: Exception, words: str
) -> None:
    await scene.grant(100)
    scene.clock.ahead = LATE
    scene.images.opens.clear()
    scene.images.refusal = failure

    answer = await (await scene.mia.slash(scene.channel, "video", prompt="A dog", image=PICTURE)).first_response()
    assert answer.message is not None
    scene.images.opens.set()
    await _no_longer_thinking(scene, answer.message)

    assert words in answer.message.text
    assert "secret" not in answer.message.text
    assert await scene.jobs_of_mia() == []


async def test_a_request_whose_answer_fails_stays_recorded_for_the_services(scene: Scene) -> None:
    await scene.grant(100)
    scene.discord.faults.answer("POST", CALLBACK, status=404, code=10062)

    with LogWatch() as logged:
        await scene.mia.slash(scene.channel, "video", prompt="A dog")
        await logged.wait_for("unanswered")

    (job,) = await scene.jobs_of_mia()
    assert (job.state, job.message_id, job.shown) == (JobState.QUEUED, None, None)


async def test_a_request_is_recorded_even_if_it_could_not_be_announced(scene: Scene) -> None:
    await scene.grant(100)
    scene.clock.ahead = LATE
    scene.images.opens.clear()
    scene.discord.faults.answer("POST", CALLBACK, status=404, code=10062)

    with LogWatch() as logged:
        await scene.mia.slash(scene.channel, "video", prompt="A dog", image=PICTURE)
        await logged.wait_for("unanswered")
    scene.images.opens.set()
    await scene.video.drain()

    (job,) = await scene.jobs_of_mia()
    assert job.message_id is None


async def test_an_answer_that_cannot_be_remembered_alarms_no_member(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgets(*_: object) -> None:
        raise DatabaseUnavailable("for a test")

    await scene.grant(100)
    monkeypatch.setattr(scene.accept, "answered", forgets)

    with LogWatch() as logged:
        interaction = await scene.mia.slash(scene.channel, "video", prompt="A dog")
        await logged.wait_for("answer_unremembered")

    assert interaction.followups == []
    (job,) = await scene.jobs_of_mia()
    assert await scene.notifier.find_answer(job) == (await _answer_to(interaction)).id


async def test_draining_waits_for_requests_on_their_way_into_the_books(scene: Scene) -> None:
    await scene.grant(100)
    scene.clock.ahead = LATE
    scene.images.opens.clear()
    await (await scene.mia.slash(scene.channel, "video", prompt="A dog", image=PICTURE)).first_response()

    draining = asyncio.create_task(scene.video.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    scene.images.opens.set()
    await draining

    (job,) = await scene.jobs_of_mia()
    assert job.message_id is not None


async def test_a_bot_that_is_leaving_takes_no_request(scene: Scene) -> None:
    await scene.grant(100)
    scene.accept.close()

    answer = await (await scene.mia.slash(scene.channel, "video", prompt="A dog")).first_response()

    assert answer.ephemeral
    assert answer.message is not None
    assert "restarting" in answer.message.text


async def test_nobody_is_pinged_by_a_prompt(scene: Scene) -> None:
    await scene.grant(100)
    bob = scene.guild.add_member("Bob")

    await _answer_to(await scene.mia.slash(scene.channel, "video", prompt=f"@everyone {bob.mention}"))

    assert bob.notifications == []
    assert scene.mia.notifications == []
