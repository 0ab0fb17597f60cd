"""What a member sees, from `/video` to the clip, over real sockets and with the bot in a process of its own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.job import Delivery, JobState
from sandbox.discord import AnswerKind, Interaction, Upload
from sandbox.powerpost import PaddedClips, TinyClips, price
from sandbox.powerpost.faults import Answer as FaultyAnswer
from sandbox.powerpost.faults import HangBefore, TooManyRequests
from tests.e2e.pictures import picture
from tests.e2e.product import STARTING_CREDITS, Product, open_product

KLING = price("kling-3.0-pro", 5)


async def test_one_message_tells_the_whole_story(running: Product) -> None:
    answer = await running.video("A lighthouse in a storm")

    message = await running.finished(answer.message) if answer.message else None

    assert message is not None
    assert message.channel is running.channel
    assert answer.kind is AnswerKind.MESSAGE
    headlines = [version.text.splitlines()[0] for version in message.versions]
    assert headlines[0] == "### The video is in the queue"
    assert headlines[-1] == "### The video is ready"
    assert [attachment.content_type for attachment in message.attachments] == ["video/mp4"]
    assert f"It cost {KLING} credits; this server has {STARTING_CREDITS - KLING} left." in message.text
    assert f"Requested by {running.mia.mention}" in message.text


async def test_the_requester_alone_is_pinged_once_when_the_video_is_there(running: Product) -> None:
    leo = running.guild.add_member("Leo")

    answer = await running.video(f"{leo.mention} dances with @everyone and @here")
    await running.settled()

    assert answer.message is not None
    pings = [notification.message.text for notification in running.mia.notifications]
    assert len(pings) == 1
    assert str(answer.message.id) in pings[0]
    assert leo.notifications == []


async def test_markup_in_a_prompt_stays_text(running: Product) -> None:
    answer = await running.video("**bold** [free nitro](https://evil.example) <@&1> ||spoiler|| \n# heading")

    assert answer.message is not None
    quoted = answer.message.text.splitlines()[1]
    assert "**bold**" not in quoted
    assert "](" not in quoted
    assert "||spoiler" not in quoted
    assert "# heading" not in answer.message.text.splitlines()[2:]


async def test_a_picture_is_uploaded_and_animated(running: Product) -> None:
    answer = await running.video("It starts to snow", image=Upload("hills.png", picture("PNG"), "image/png"))
    assert answer.message is not None
    message = await running.finished(answer.message)

    [upload] = running.powerpost.uploads
    [generation] = running.powerpost.generations
    assert generation.order.source_image == upload.media_id
    assert "from a picture" in message.text


async def test_every_option_reaches_powerpost(running: Product) -> None:
    await running.video("Waves", model="veo-3.1", duration=8, size="portrait", audio=True, enhance=True)
    await running.settled()

    [request] = [request for request in running.powerpost.requests if request.route == "POST /videos/generate"]
    assert request.json == {
        "prompt": "Waves",
        "model": "veo-3.1",
        "duration": 8,
        "size": "portrait",
        "has_audio": True,
        "enhance_prompt": True,
    }


@pytest.mark.parametrize(("model", "offered"), [("veo-3.1", [4, 8]), ("runway-gen-4.5", [5, 10])])
async def test_durations_are_completed_for_the_chosen_model(running: Product, model: str, offered: list[int]) -> None:
    choices = await running.mia.complete(running.channel, "video", focused="duration", prompt="Waves", model=model)

    assert [choice.value for choice in choices] == offered


async def test_a_video_over_the_upload_limit_is_shown_by_its_link(tmp_path: Path) -> None:
    async with open_product(tmp_path, render=PaddedClips(TinyClips(), size=12 * 2**20)) as product:
        await product.start_bot()
        answer = await product.video()
        assert answer.message is not None
        message = await product.finished(answer.message)

        assert message.attachments == ()
        assert message.media[0].url.startswith(product.powerpost.origin)
        assert "expires <t:" in message.text
        [job] = await product.until(lambda jobs: jobs[0].state is JobState.COMPLETED)
        assert job.delivery is Delivery.LINKED


async def test_a_failed_generation_costs_nothing_and_says_so(running: Product) -> None:
    answer = await running.video("Something that will [fail]")
    assert answer.message is not None
    message = await running.says(answer.message, "You were not charged.")

    assert message.text.startswith("### The video could not be made")
    balance = await running.settled()
    assert (balance.available, balance.reserved, balance.spent) == (STARTING_CREDITS, 0, 0)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, "VALIDATION_ERROR", "PowerPost says"),
        (401, "INVALID_API_KEY", "key"),
        (402, "INSUFFICIENT_CREDITS", "credits"),
        (403, "INSUFFICIENT_SCOPE", "key"),
    ],
)
async def test_a_refusal_by_powerpost_costs_nothing_and_names_the_reason(
    running: Product, status: int, code: str, words: str
) -> None:
    body = {"error": {"code": code, "message": "The sandbox was told to refuse"}}
    running.powerpost.faults.add("POST /videos/generate", FaultyAnswer(status, body))

    answer = await running.video()
    assert answer.message is not None
    message = await running.says(answer.message, "You were not charged.")

    assert words in message.text
    assert running.orders == 1
    assert (await running.settled()).available == STARTING_CREDITS


async def test_a_rate_limited_order_waits_and_is_then_carried_out(running: Product) -> None:
    running.powerpost.faults.add("POST /videos/generate", TooManyRequests(retry_after=2))

    answer = await running.video()
    assert answer.message is not None
    await running.finished(answer.message)

    statuses = [request.status for request in running.powerpost.requests if request.route == "POST /videos/generate"]
    assert statuses == [429, 200]
    assert (await running.settled()).spent == KLING


async def test_the_first_answer_does_not_wait_for_powerpost(running: Product) -> None:
    running.powerpost.faults.add("POST /videos/generate", HangBefore(timedelta(seconds=30)))

    first = await running.video("The first waits for PowerPost")
    second = await running.video("The second waits for the first")

    assert first.seconds < 3
    assert second.seconds < 3
    running.powerpost.faults.clear()
    await running.kill_bot()


async def test_the_message_is_edited_long_after_the_interaction_has_died(running: Product) -> None:
    running.powerpost.production.hold()
    answer = await running.video()
    assert answer.message is not None
    await running.says(answer.message, "being made")

    running.clock.advance(timedelta(minutes=16))
    running.powerpost.production.release()

    assert (await running.finished(answer.message)).text.startswith("### The video is ready")


async def test_credits_and_history_are_shown_to_the_one_who_asks(running: Product) -> None:
    answer = await running.video("A kite over the dunes")
    await running.settled()

    credits_use = await running.mia.slash(running.channel, "credits")
    history_use = await running.mia.slash(running.channel, "history")
    shown = [await _private_answer(running, use) for use in (credits_use, history_use)]

    assert f"{STARTING_CREDITS - KLING:,} credits available" in shown[0]
    assert f"5 seconds {KLING}" in shown[0]
    assert "A kite over the dunes" in shown[1]
    assert answer.message is not None
    assert str(answer.message.id) in shown[1]


async def _private_answer(product: Product, use: Interaction) -> str:
    answer = await use.first_response()
    message = answer.message
    assert answer.ephemeral
    assert message is not None
    await product.discord.wait_for(lambda: message.text if not message.loading else None)
    return message.text


async def test_members_of_different_servers_share_nothing(running: Product) -> None:
    other = running.discord.add_guild("Chess club")
    channel, noa = other.add_channel("general"), other.add_member("Noa")

    await running.video("Only for the film club")
    await running.settled()
    use = await noa.slash(channel, "history")
    history = await _private_answer(running, use)
    use = await noa.slash(channel, "credits")
    credits_shown = await _private_answer(running, use)

    assert "film club" not in history
    assert f"{STARTING_CREDITS:,} credits available" in credits_shown


async def test_a_slow_picture_makes_the_bot_say_that_it_is_thinking(running: Product) -> None:
    running.discord.limits.attachment_delay = timedelta(seconds=2.5)
    use = await running.mia.slash(
        running.channel, "video", prompt="Snow", image=Upload("hills.jpg", picture("JPEG"), "image/jpeg")
    )

    answer = await use.first_response()

    assert answer.kind is AnswerKind.DEFERRED
    assert answer.message is not None
    await running.finished(answer.message)


async def test_a_bad_picture_that_is_slow_is_refused_where_the_bot_was_thinking(running: Product) -> None:
    running.discord.limits.attachment_delay = timedelta(seconds=2.5)
    use = await running.mia.slash(
        running.channel, "video", prompt="Snow", image=Upload("hills.png", picture("GIF"), "image/png")
    )

    answer = await use.first_response()

    assert answer.message is not None
    await running.says(answer.message, "is not a JPEG, PNG or WebP picture")
    assert await running.jobs() == []
