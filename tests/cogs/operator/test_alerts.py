"""Alerts in the operator's channel: they arrive, wait for Discord, ping nobody, and never stop one another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import ChannelId
from cogs.operator.alerts import TRY_AGAIN_AFTER, ChannelAlerts
from sandbox.discord import EdgeAnswer
from tests.clocks import MovableClock
from tests.cogs.running import LogWatch, Scene

ALERT = Alert(AlertKind.ORDER_UNCONFIRMED, "0123456789abcdef")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def alerts(scene: Scene, clock: MovableClock) -> AsyncIterator[ChannelAlerts]:
    alerts = ChannelAlerts(channel_id=ChannelId(scene.channel.id), clock=clock)
    running = asyncio.create_task(alerts.run(scene.client))
    yield alerts
    running.cancel()
    await asyncio.wait({running})


async def test_an_alert_is_a_message_in_the_chosen_channel(scene: Scene, alerts: ChannelAlerts) -> None:
    alerts.show(ALERT)

    message = await scene.discord.wait_for(lambda: next(iter(scene.channel.messages), None))

    assert message.content == f"**The bot needs you.** {ALERT.sentence}"


async def test_an_alert_whose_answer_was_lost_is_not_sent_twice(scene: Scene, alerts: ChannelAlerts) -> None:
    route = "/channels/{channel_id}/messages"
    scene.discord.faults.answer("POST", route, status=500, carried_out=True)
    alerts.show(ALERT)

    await scene.discord.wait_for(lambda: len(scene.discord.requests.to("POST", route)) == 2 or None)

    assert len(scene.channel.messages) == 1


@pytest.mark.parametrize("answer", EdgeAnswer)
async def test_an_alert_outlasts_what_discords_edge_answers(
    scene: Scene, alerts: ChannelAlerts, clock: MovableClock, answer: EdgeAnswer
) -> None:
    scene.discord.faults.edge(answer, "POST", "/channels/{channel_id}/messages")
    alerts.show(ALERT)
    await clock.next_sleeper()
    assert len(scene.channel.messages) == 0

    clock.move(TRY_AGAIN_AFTER)

    await scene.discord.wait_for(lambda: next(iter(scene.channel.messages), None))


async def test_a_channel_that_is_gone_is_said_in_the_log(scene: Scene) -> None:
    alerts = ChannelAlerts(channel_id=ChannelId(1), clock=scene.clock)
    alerts.show(ALERT)
    with LogWatch() as log:
        running = asyncio.create_task(alerts.run(scene.client))
        line = await log.wait_for("alert_not_shown")
        running.cancel()
        await asyncio.wait({running})
    assert "ALERT_CHANNEL_ID" in line.getMessage()


async def test_more_alerts_than_anyone_reads_are_left_to_the_log() -> None:
    alerts = ChannelAlerts(channel_id=ChannelId(1), clock=MovableClock())
    for number in range(1000):
        alerts.show(Alert(AlertKind.ORDER_UNCONFIRMED, str(number)))
