"""Requests that wait for an answer: for a while, once each, and within bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, UserId
from bot.domain.request import SourceImage, VideoRequest
from cogs.video.pending import (
    MOST_OF_ONE_MEMBER,
    MOST_PICTURE_BYTES,
    MOST_QUESTIONS,
    QUESTION_LIVES_FOR,
    Asked,
    PendingRequests,
)
from tests.clocks import MovableClock
from tests.cogs.factories import a_spec


def asked(picture_bytes: int = 0, *, member: int = 3) -> Asked:
    image = SourceImage("a.png", "image/png", bytes(picture_bytes)) if picture_bytes else None
    request = VideoRequest(GuildId(1), ChannelId(2), UserId(member), InteractionId(4), a_spec(), image=image)
    return Asked(request, Credits(15), cast("Any", None))


def test_a_question_is_open_until_it_is_closed() -> None:
    pending = PendingRequests(MovableClock())
    question = asked()
    token = pending.keep(question)

    assert pending.get(token) is question
    pending.close(token)
    pending.close(token)
    assert pending.get(token) is None
    assert pending.get("unknown") is None


def test_a_question_closes_by_itself() -> None:
    clock = MovableClock()
    pending = PendingRequests(clock)
    token = pending.keep(asked())

    clock.move(QUESTION_LIVES_FOR - timedelta(seconds=1))
    assert pending.get(token) is not None
    clock.move(timedelta(seconds=2))
    assert pending.get(token) is None


def test_the_oldest_question_gives_way_when_there_are_too_many() -> None:
    pending = PendingRequests(MovableClock())
    tokens = [pending.keep(asked(member=number)) for number in range(MOST_QUESTIONS + 1)]

    assert pending.get(tokens[0]) is None
    assert all(pending.get(token) is not None for token in tokens[1:])


def test_who_asks_too_much_loses_their_own_questions_and_nobody_elses() -> None:
    pending = PendingRequests(MovableClock())
    others = pending.keep(asked(member=4))
    own = [pending.keep(asked()) for _ in range(MOST_OF_ONE_MEMBER + 2)]

    assert pending.get(others) is not None
    assert [pending.get(token) is not None for token in own] == [False, False, *[True] * MOST_OF_ONE_MEMBER]


def test_pictures_take_no_more_memory_than_allowed() -> None:
    pending = PendingRequests(MovableClock())
    size = MOST_PICTURE_BYTES // 3
    tokens = [pending.keep(asked(size)) for _ in range(4)]

    assert [pending.get(token) is not None for token in tokens] == [False, True, True, True]
