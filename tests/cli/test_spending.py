"""The stop switch on the command line."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.clock import SystemClock
from bot.domain.actor import OPERATOR
from storage.database.engine import Database
from storage.spending import SpendingSwitch
from tests.cli.conftest import Videobot
from tests.cli.test_credits import DATABASE

pytestmark = pytest.mark.usefixtures("database_file")


def test_spending_is_allowed_at_first(videobot: Videobot) -> None:
    assert videobot("spending", "status").out == "Spending is allowed; it was never stopped.\n"


def test_a_stop_survives_and_tells_who_why_and_what_waits(videobot: Videobot) -> None:
    stopped = videobot("spending", "stop", "--reason", "an odd bill")

    assert stopped.code == 0
    assert stopped.out.startswith("Spending is stopped since ")
    assert "by operator: an odd bill\n" in stopped.out
    assert "wait until you start it again: 0" in stopped.out
    assert "of which 0 are just being sent to PowerPost." in stopped.out
    assert videobot("spending", "status").out == stopped.out


def test_the_status_for_scripts_has_exactly_these_fields(videobot: Videobot) -> None:
    videobot("spending", "stop", "--reason", "an odd bill")

    found = json.loads(videobot("spending", "status", "--json").out)

    assert list(found) == ["stopped", "at", "actor", "reason", "waiting", "under_way", "submitting"]
    assert (found["stopped"], found["actor"], found["reason"]) == (True, "operator", "an odd bill")


def test_spending_starts_again(videobot: Videobot) -> None:
    videobot("spending", "stop", "--reason", "an odd bill")

    assert "Spending is allowed since" in videobot("spending", "start", "--reason", "paid").out
    assert json.loads(videobot("spending", "status", "--json").out)["stopped"] is False


@pytest.mark.parametrize("reason", ["", " ", "\u3164", "\u2800\ufe0f"])
def test_a_reason_of_nothing_to_see_is_refused(videobot: Videobot, reason: str) -> None:
    for turn in ("stop", "start"):
        refused = videobot("spending", turn, "--reason", reason)
        assert (refused.code, "The reason is empty." in refused.err) == (2, True)
    assert videobot("credits", "grant", "1", "5", "--reason", reason).code == 2


def test_a_turn_without_a_reason_is_not_made(videobot: Videobot) -> None:
    refused = videobot("spending", "stop")

    assert refused.code == 2
    assert "--reason" in refused.err


def test_a_reason_cannot_forge_a_line(videobot: Videobot) -> None:
    """As an older version would have stored it."""
    videobot("spending", "stop", "--reason", "an odd bill")
    asyncio.run(_stop("a\x1b[2J\nSpending is allowed"))

    status = videobot("spending", "status").out

    assert "operator: a\\x1b[2J\\nSpending is allowed\n" in status


async def _stop(reason: str) -> None:
    database = Database(f"sqlite+aiosqlite:///{DATABASE}")
    await SpendingSwitch(database=database, clock=SystemClock()).stop(actor=OPERATOR, reason=reason)
    await database.close()
