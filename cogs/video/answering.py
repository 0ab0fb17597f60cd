"""The first answer to a request, always within Discord's three seconds, however the preparation goes.

    preparation ──▶ a recorded job: its message, public
        │      └──▶ a question about the price: private
        └─ not done after 2 s: "thinking" first, then the answer in its place

A refusal or a question is private unless Discord had to be told to wait: a deferred answer cannot become private. If no
answer can be given, the recorded request stays, and the services post a message for it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from discord import ui

from bot.clock import Clock
from bot.domain.identifiers import MessageId
from bot.domain.job import Job
from bot.domain.ledger import Balance
from bot.errors import AnsweredAlready, DiscordError, StorageError
from bot.services.jobs.accept import Accept
from cogs.interactions.answers import ANSWER_WITHIN, Interaction
from cogs.interactions.discord_errors import calling_discord
from cogs.interactions.error_answers import explain
from cogs.video.message import job_view, refusal_view
from cogs.video.question import question_view
from cogs.video.text import Surroundings

_log = logging.getLogger(__name__)

ANSWER_AFTER: Final = timedelta(seconds=2)
"""Counted from the member's Enter; the third of Discord's three seconds is for the network."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recorded job, and the server's balance if it could be read afterwards."""

    job: Job
    balance: Balance | None


@dataclass(frozen=True, slots=True)
class Question:
    """What the member is asked first; `token` names the request that is waiting for the reply."""

    text: str
    token: str


Outcome = Prepared | Question


class Answerer:
    """Sends the answers, and tells `accept` which message shows a job."""

    def __init__(self, *, accept: Accept, clock: Clock) -> None:
        self._accept = accept
        self._clock = clock

    async def answer(self, interaction: Interaction, preparing: asyncio.Task[Outcome]) -> None:
        """Answer with the preparation's outcome; raises what it raises while that can still be answered privately."""
        await asyncio.wait({preparing}, timeout=self._time_left(interaction).total_seconds())
        if preparing.done():
            await self._answer_at_once(interaction, preparing.result())
        else:
            await self._answer_later(interaction, preparing)

    def _time_left(self, interaction: Interaction) -> timedelta:
        """Never more than the whole time: our clock may be behind Discord's."""
        left = interaction.created_at + ANSWER_AFTER - self._clock.now()
        return min(max(left, timedelta(0)), ANSWER_AFTER)

    async def _answer_at_once(self, interaction: Interaction, outcome: Outcome) -> None:
        is_private = isinstance(outcome, Question)
        try:
            async with calling_discord(ANSWER_WITHIN):
                answer = await interaction.response.send_message(view=self._view(outcome), ephemeral=is_private)
        except DiscordError as error:
            _log_unanswered(error, outcome)
        else:
            await self._answered(outcome, answer.message_id)

    async def _answer_later(self, interaction: Interaction, preparing: asyncio.Task[Outcome]) -> None:
        try:
            async with calling_discord(ANSWER_WITHIN):
                await interaction.response.defer(thinking=True)
        except DiscordError as error:
            _log_unanswered(error)
        try:
            outcome = await preparing
        except Exception as error:  # noqa: BLE001  an outermost edge, like the command tree: every error becomes words
            await self._replace_thinking(interaction, refusal_view(explain(error)))
            return
        message_id = await self._replace_thinking(interaction, self._view(outcome))
        await self._answered(outcome, message_id)

    async def _replace_thinking(self, interaction: Interaction, view: ui.LayoutView) -> int | None:
        """Turn "thinking" into the answer; returns the message's id, or None if that failed.

        This one edit uses the interaction's token, which is only seconds old: the only documented way to end
        "thinking" (https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages).
        """
        if not interaction.response.is_done():
            return None
        try:
            async with calling_discord(ANSWER_WITHIN):
                return (await interaction.edit_original_response(view=view)).id
        except DiscordError as error:
            _log_unanswered(error)
            return None

    async def _answered(self, outcome: Outcome, message_id: int | None) -> None:
        """If the message id cannot be stored now, the services find the message by its interaction."""
        if message_id is None or isinstance(outcome, Question):
            return
        job = outcome.job
        try:
            await self._accept.answered(job, job.channel_id, MessageId(message_id))
        except StorageError:
            _log.exception("An answer was not remembered", extra={"action": "answer_unremembered", "job": job.id})

    def _view(self, outcome: Outcome) -> ui.LayoutView:
        if isinstance(outcome, Question):
            return question_view(outcome.text, outcome.token)
        return job_view(outcome.job, Surroundings(now=self._clock.now(), balance=outcome.balance))


def _log_unanswered(error: DiscordError, outcome: Outcome | None = None) -> None:
    if isinstance(error, AnsweredAlready):
        return
    job_id = outcome.job.id if isinstance(outcome, Prepared) else None
    _log.warning(
        "A command could not be answered; its request, if recorded, is shown by the services",
        extra={"action": "unanswered", "job": job_id, "error": str(error)},
    )
