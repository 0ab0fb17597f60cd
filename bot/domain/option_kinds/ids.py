"""Options whose value is a set of channels, roles or members, or one channel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.identifiers import ChannelId
from bot.domain.option_kinds.base import WORDS_FOR_NONE, Kind, listed, texts_in

LARGEST_ID: Final = 2**63 - 1
MOST_IDS: Final = 500


@dataclass(frozen=True, slots=True)
class Ids(Kind[frozenset[Any]]):
    """Any number of channels, roles or members. `notation` is Discord's, `empty` says what choosing none means."""

    noun: str
    notation: str
    empty: str

    @property
    def takes(self) -> str:
        return f"up to {MOST_IDS} {self.noun} ids, separated by commas, or none"

    def parse(self, text: str) -> frozenset[Any]:
        if text.strip().lower() in WORDS_FOR_NONE:
            return frozenset()
        pieces = [piece.strip("<#@&!>") for piece in re.split(r"[,\s]+", text.strip())]
        if not all(_is_id(piece) for piece in pieces) or len(pieces) > MOST_IDS:
            raise self.refusal(text)
        return frozenset(int(piece) for piece in pieces)

    def encode(self, value: frozenset[Any]) -> list[str]:
        return [str(one) for one in sorted(value)]

    def decode(self, stored: object) -> frozenset[Any]:
        return frozenset(int(one) for one in texts_in(stored))

    def in_words(self, value: frozenset[Any]) -> str:
        return listed([self.notation.format(one) for one in sorted(value)]) or self.empty


@dataclass(frozen=True, slots=True)
class OneChannel(Kind[ChannelId | None]):
    """A channel, or None, which `empty` puts into words."""

    empty: str

    @property
    def takes(self) -> str:
        return "the id of a channel, or none"

    def parse(self, text: str) -> ChannelId | None:
        piece = text.strip().lower().strip("<#>")
        if piece in WORDS_FOR_NONE:
            return None
        if not _is_id(piece):
            raise self.refusal(text)
        return ChannelId(int(piece))

    def encode(self, value: ChannelId | None) -> str | None:
        return None if value is None else str(value)

    def decode(self, stored: object) -> ChannelId | None:
        return None if stored is None else ChannelId(int(str(stored)))

    def in_words(self, value: ChannelId | None) -> str:
        return self.empty if value is None else f"<#{value}>"


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,19}", text)) and 0 < int(text) <= LARGEST_ID
