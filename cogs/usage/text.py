"""What `/usage` says: sums in, words and a CSV file out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from bot.domain.catalogue import MODELS
from bot.domain.identifiers import RoleId
from bot.domain.usage import Grouping, Tally, Usage, UsageLine, largest_first
from bot.spreadsheet import csv_rows
from cogs.wording import limits
from cogs.wording.markup import harmless
from cogs.wording.words import credits_in_words, mention

SHOWN_OF_EACH: Final = 5
"""Lines per table when all are shown; a single table gets as many as fit."""

NAMES: Final[Mapping[str, str]] = {model.id: model.name for model in MODELS}
HEADLINES: Final[dict[Grouping, str]] = {
    Grouping.MEMBER: "By member",
    Grouping.ROLE: "By role",
    Grouping.MODEL: "By model",
    Grouping.DAY: "By day (UTC)",
}
CSV_HEAD: Final = ("day", "member_id", "model", "requests", "completed", "failed", "credits")
ROOM_FOR_REST: Final = 300
"""Characters kept for what follows the lines."""


def usage_text(usage: Usage, by: Grouping | None, *, is_cut: bool) -> str:
    """The whole message; `is_cut`: the file leaves out the oldest days. Fits into one message."""
    parts = [_headline(usage)]
    if usage.total.requests == 0:
        return "\n".join([*parts, "Nobody asked for a video in this time."])
    for grouping in Grouping if by is None else [by]:
        room = limits.DISPLAYED_TEXT - ROOM_FOR_REST - sum(len(part) + 2 for part in parts)
        lines = _lines(usage, grouping)
        parts.append(_section(HEADLINES[grouping], lines, most=SHOWN_OF_EACH if by is None else len(lines), room=room))
    parts.append(_footer(by, is_cut=is_cut))
    return "\n\n".join(parts)


def usage_csv(lines: Iterable[UsageLine]) -> str:
    """One row per day, member and model. Members are ids, because names change and can be anything."""
    rows = (
        (line.day, str(line.user_id), line.model, tally.requests, tally.completed, tally.failed, tally.credits)
        for line in lines
        for tally in [line.tally]
    )
    return csv_rows([CSV_HEAD, *rows])


def alt_text(usage: Usage) -> str:
    """For anyone who cannot see the picture."""
    return (
        f"A bar chart of the credits used per day and model in {usage.span.days} days; "
        f"{credits_in_words(usage.total.credits)} in total."
    )


def _headline(usage: Usage) -> str:
    """For example "### The last 30 days: 12 videos · 2 failed · 340 credits"."""
    span = usage.span
    return (
        f"### The last {span.days} days: {_tally(usage.total)}\n"
        f"-# {span.first.isoformat()} to {span.last.isoformat()} (today, so far); days are in UTC."
    )


def _lines(usage: Usage, grouping: Grouping) -> list[str]:
    match grouping:
        case Grouping.MEMBER:
            return [f"{mention(user)} · {_tally(tally)}" for user, tally in largest_first(usage.by_member)]
        case Grouping.ROLE:
            return [f"{_role(role)} · {_tally(tally)}" for role, tally in largest_first(usage.by_role)]
        case Grouping.MODEL:
            return [f"{_model(model)} · {_tally(tally)}" for model, tally in largest_first(usage.by_model)]
        case Grouping.DAY:
            return [f"`{day.isoformat()}` · {_tally(tally)}" for day, tally in _newest_first(usage.by_day)]


def _section(headline: str, lines: Sequence[str], *, most: int, room: int) -> str:
    if not lines:
        return f"**{headline}**\nnone"
    kept: list[str] = []
    for line in lines[:most]:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    rest = len(lines) - len(kept)
    return "\n".join([f"**{headline}**", *kept, *([f"-# and {rest:,} more"] if rest else [])])


def _footer(by: Grouping | None, *, is_cut: bool) -> str:
    notes = ["Credits include what is held for videos in progress. Failed videos cost nothing."]
    if by in (None, Grouping.ROLE):
        notes.append("A video counts for each role that its member had at the time.")
    if is_cut:
        notes.append("The file only has the newest days: there are too many rows for one file.")
    return "\n".join(f"-# {note}" for note in notes)


def _tally(tally: Tally) -> str:
    videos = "1 video" if tally.completed == 1 else f"{tally.completed:,} videos"
    failed = f" · {tally.failed:,} failed" if tally.failed else ""
    return f"{videos}{failed} · {credits_in_words(tally.credits)}"


def _role(role_id: RoleId) -> str:
    return f"<@&{role_id}>"


def _model(model: str) -> str:
    return NAMES.get(model) or harmless(model, 40)


def _newest_first(days: Mapping[date, Tally]) -> list[tuple[date, Tally]]:
    return sorted(days.items(), reverse=True, key=lambda item: item[0])
