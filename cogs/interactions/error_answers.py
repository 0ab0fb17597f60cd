"""The one place where errors end: each becomes a sentence for the member and a line in the log.

A refusal brings its own sentence. Everything else gets one from a table, and a short reference by which the operator
finds the traceback; details of an error are never shown.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import discord
from discord import app_commands

from bot.errors import AnsweredAlready, DatabaseMissing, DiscordError, QuotaExceeded, RequestRefused, StorageError
from cogs.interactions.answers import Interaction, answer_privately
from cogs.wording.quotas import quota_refusal

_log = logging.getLogger(__name__)

OUTDATED: Final = "This command has just been updated. Please try again. Nothing was spent."

WORDS_OF_ERROR: Final[dict[type[Exception], str]] = {
    DatabaseMissing: "The bot's database is missing, so it cannot take new videos. "
    "The bot's operator has been told; please try again later. Nothing was spent.",
    StorageError: "The bot cannot reach its database right now, so it cannot take new videos. "
    "Please try again in a few minutes; `/history` will show what was recorded.",
    DiscordError: "Discord did not accept the bot's answer. Please try again in a moment.",
    app_commands.CommandNotFound: OUTDATED,
    app_commands.CommandSignatureMismatch: OUTDATED,
    app_commands.TransformerError: "One of the options has a value that this command does not accept. "
    "Nothing was spent.",
    app_commands.CheckFailure: "You cannot use this command here. Nothing was spent.",
}

UNEXPECTED: Final = (
    "Something unexpected went wrong in the bot. `/history` shows whether a video was ordered; "
    "nothing is ever ordered twice."
)


@asynccontextmanager
async def answering_errors(interaction: Interaction) -> AsyncIterator[None]:
    """For buttons and forms: an error inside becomes the answer. Commands have their tree's handler for that."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  the outermost edge of a press: every error becomes words
        await answer_error(interaction, error)


async def answer_error(interaction: Interaction, error: Exception) -> None:
    """Tell the member what went wrong, privately where possible. Never raises."""
    sentence = explain(error)
    if interaction.type is discord.InteractionType.autocomplete:
        return
    try:
        await answer_privately(interaction, sentence)
    except AnsweredAlready:
        return
    except Exception as unanswered:  # noqa: BLE001  the outermost edge: nobody is left to tell
        _log.warning(
            "A member could not be told of an error",
            exc_info=None if isinstance(unanswered, DiscordError) else unanswered,
            extra={"action": "error_not_told", "error": type(unanswered).__name__},
        )


def explain(error: Exception) -> str:
    """The sentence for a member. Unexpected errors are logged with their traceback under a reference.

    Trouble with the database or with Discord needs no reference: the log says once a minute what it is.
    """
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    if isinstance(cause, RequestRefused):
        _log.info("A request was refused", extra={"action": "refused", "error": type(cause).__name__})
        return quota_refusal(cause) if isinstance(cause, QuotaExceeded) else str(cause)
    if isinstance(cause, StorageError | DiscordError):
        _log.warning("A command failed", exc_info=cause, extra={"action": "command_failed"})
        return _words(cause)
    reference = secrets.token_hex(4)
    _log.error(
        "A command failed",
        exc_info=cause,
        extra={"action": "command_failed", "reference": reference, "error": type(cause).__name__},
    )
    return f"{_words(cause)}\n-# Reference for the bot's operator: {reference}"


def _words(error: Exception) -> str:
    for kind, sentence in WORDS_OF_ERROR.items():
        if isinstance(error, kind):
            return sentence
    return UNEXPECTED
