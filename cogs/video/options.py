"""The options of `/video` as Discord offers them: choices, completion, and the limits that Discord checks.

Discord's own checks are a convenience; what may be asked for is decided by `bot/domain/request.py`, in its own words.
"""

from __future__ import annotations

from discord import app_commands
from discord.app_commands import Choice
from discord.enums import AppCommandOptionType

from bot.domain.catalogue import LONGEST_PROMPT, MODELS, Size, VideoModel
from bot.domain.options import GuildOptions
from bot.errors import InvalidRequest
from cogs.interactions.answers import Interaction
from cogs.wording.words import seconds_in_words, size_in_words

MODEL_CHOICES = [Choice(name=model.name, value=model.id) for model in MODELS]
SIZE_CHOICES = [Choice(name=size_in_words(size).capitalize(), value=size.value) for size in Size]


class PromptOption(app_commands.Transformer):
    """Text of any length: Discord's client stops at the longest prompt, and we refuse a longer one ourselves."""

    @property
    def type(self) -> AppCommandOptionType:
        return AppCommandOptionType.string

    @property
    def min_value(self) -> int:
        return 1

    @property
    def max_value(self) -> int:
        return LONGEST_PROMPT

    async def transform(self, interaction: Interaction, value: str, /) -> str:
        return value


def duration_choices(model_id: str | None, typed: str, options: GuildOptions) -> list[Choice[int]]:
    """The allowed durations of the chosen model that begin with what was typed; all of them if none does."""
    durations = options.durations_of(_model_or_default(model_id, options))
    fitting = [duration for duration in durations if str(duration).startswith(typed.strip())]
    return [Choice(name=seconds_in_words(duration), value=duration) for duration in fitting or durations]


def parse_size(word: str) -> Size:
    """Raises `InvalidRequest`."""
    try:
        return Size(word)
    except ValueError:
        raise InvalidRequest("A video is either landscape (16:9) or portrait (9:16). Nothing was spent.") from None


def _model_or_default(model_id: str | None, options: GuildOptions) -> VideoModel:
    return next((model for model in MODELS if model.id == model_id), options.model_by_default)
