"""Names of servers and channels, for operators, who would otherwise see only ids. Names are untrusted text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from bot.domain.identifiers import ChannelId, GuildId

LONGEST_NAME: Final = 100
"""Characters; Discord's own limit for servers and channels."""

MOST_CHANNELS: Final = 1000
"""Per server; Discord allows 500 besides threads."""

LEAST_LIKENESS: Final = 0.6
"""From 0 to 1: below it, two words are unrelated."""


@dataclass(frozen=True, slots=True)
class GuildNames:
    """A server's name and those of its channels, as Discord last told them."""

    name: str
    channels: Mapping[ChannelId, str]


@dataclass(frozen=True, slots=True)
class KnownGuild:
    """A server that the bot has heard of. `name` is None until Discord has told it."""

    guild_id: GuildId
    name: str | None
    is_present: bool

    def __str__(self) -> str:
        return named(self.guild_id, self.name)


def named(number: int | str, name: str | None) -> str:
    """An id, with its name if known, such as "1234 (Cats)"."""
    return f"{number} ({name})" if name else str(number)


def closest_guild(wanted: str, known: Iterable[KnownGuild]) -> KnownGuild | None:
    """The server that the bot is in whose id or name is most like `wanted`; None when none is similar."""
    best, likeness = None, LEAST_LIKENESS
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted[:LONGEST_NAME].casefold())
    for guild in known:
        if guild.is_present and (found := _likeness(matcher, guild)) > likeness:
            best, likeness = guild, found
    return best


@dataclass(frozen=True, slots=True)
class Place:
    """The server that an operator named; if the bot is not in it, also the one that was perhaps meant."""

    guild: KnownGuild
    closest: KnownGuild | None

    @property
    def warning(self) -> str | None:
        """What the operator is told besides the answer: the bot may not be invited yet, or the id may be mistyped."""
        if self.guild.is_present:
            return None
        likely = f" The closest server that it is in: {self.closest}." if self.closest else ""
        return f"The bot is not in server {self.guild} yet.{likely}"


def place_of(guild_id: GuildId, known: Sequence[KnownGuild]) -> Place:
    """What is known of the server with this id, among all known servers."""
    own = next((guild for guild in known if guild.guild_id == guild_id), KnownGuild(guild_id, None, is_present=False))
    return Place(own, None if own.is_present else closest_guild(str(guild_id), known))


def _likeness(matcher: SequenceMatcher[str], guild: KnownGuild) -> float:
    words = [str(guild.guild_id), (guild.name or "").casefold()]
    ratios = []
    for word in words:
        matcher.set_seq1(word)
        ratios.append(matcher.ratio() if matcher.quick_ratio() > LEAST_LIKENESS else 0.0)
    return max(ratios)
