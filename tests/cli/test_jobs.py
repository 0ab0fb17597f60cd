"""Jobs on the command line: listed, shown, settled and cancelled, with a sentence for whatever is refused."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from bot.clock import SystemClock
from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, UserId
from bot.domain.job import Failure, Job, JobState
from bot.domain.request import VideoRequest, make_spec
from storage.database.engine import Database
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from tests.cli.conftest import Videobot
from tests.cli.test_credits import DATABASE

pytestmark = pytest.mark.usefixtures("database_file")

GUILD = 1234567890123456789
REQUEST = VideoRequest(GuildId(GUILD), ChannelId(2), UserId(3), InteractionId(4), make_spec(prompt="a secret cat"))


@pytest.fixture
def lost(videobot: Videobot) -> Job:
    """A job whose order was never answered."""
    return asyncio.run(_made(videobot, JobState.UNCONFIRMED))


@pytest.fixture
def queued(videobot: Videobot) -> Job:
    return asyncio.run(_made(videobot, JobState.QUEUED))


async def _made(videobot: Videobot, state: JobState) -> Job:
    granted = await asyncio.to_thread(videobot, "credits", "grant", str(GUILD), "100", "--reason", "a start")
    assert granted.code == 0
    database = Database(f"sqlite+aiosqlite:///{DATABASE}")
    store = JobStore(database=database, clock=SystemClock())
    job = await store.accept(REQUEST, Credits(15))
    if state is JobState.UNCONFIRMED:
        await store.move(job.id, JobState.QUEUED, JobState.SUBMITTING)
        job = await store.move(job.id, JobState.SUBMITTING, state) or job
    await database.close()
    return job


async def _books() -> tuple[int, list[str]]:
    database = Database(f"sqlite+aiosqlite:///{DATABASE}")
    ledger = LedgerStore(database=database, clock=SystemClock())
    found = (await ledger.balance(GuildId(GUILD))).available, list(await ledger.verify())
    await database.close()
    return found


def test_unconfirmed_jobs_are_listed_without_their_prompts(videobot: Videobot, lost: Job) -> None:
    outcome = videobot("jobs", "list", "--unconfirmed")

    assert outcome.code == 0
    header, row = outcome.out.splitlines()
    assert header.split() == ["JOB", "STATE", "FOR", "ASKED", "REQUESTER", "SERVER", "CREDITS", "VIDEO", "WHY"]
    assert row.split()[:2] == [lost.id, "unconfirmed"]
    assert f"{lost.created_at:%Y-%m-%d %H:%M}  {lost.requester_id} " in row
    assert f"  {GUILD}  " in row
    assert "secret" not in outcome.out


def test_a_list_can_be_narrowed_down_to_nothing(videobot: Videobot, lost: Job) -> None:
    assert lost.id in videobot("jobs", "list", "--guild", str(GUILD), "--state", "unconfirmed").out
    assert videobot("jobs", "list", "--state", "completed").out == "No such jobs.\n"
    assert videobot("jobs", "list", "--guild", "7").out == "No such jobs.\n"
    assert videobot("jobs", "list", "--state", "wondering").code == 2


def test_jobs_for_scripts_are_json(videobot: Videobot, lost: Job) -> None:
    [listed] = json.loads(videobot("jobs", "list", "--json").out)
    shown = json.loads(videobot("jobs", "show", lost.id, "--json").out)

    assert (listed["id"], listed["guild_id"], listed["state"]) == (lost.id, str(GUILD), "unconfirmed")
    assert shown == listed | {"prompt": "a secret cat"}


def test_one_job_is_shown_in_full(videobot: Videobot, lost: Job) -> None:
    shown = videobot("jobs", "show", lost.id).out
    assert "a secret cat" in shown
    assert lost.state_at.isoformat() in shown


def test_an_order_that_was_not_charged_gives_the_credits_back(videobot: Videobot, lost: Job) -> None:
    outcome = videobot("jobs", "resolve", lost.id, "--not-charged")

    assert outcome.out == f"Job {lost.id} has ended; 15 credits were returned to server {GUILD}.\n"
    assert asyncio.run(_books()) == (100, [])
    again = videobot("jobs", "resolve", lost.id, "--not-charged")
    assert (again.code, again.out) == (1, "")
    assert again.err == f"Error: Job {lost.id} is failed; only an unconfirmed job can be resolved.\n"


def test_a_video_can_be_attached_unchecked(videobot: Videobot, lost: Job) -> None:
    generation = str(uuid4())
    outcome = videobot("jobs", "resolve", lost.id, "--generation", generation, "--unchecked")
    assert (outcome.code, generation in outcome.out) == (0, True)


def test_a_video_is_attached_with_its_real_price(videobot: Videobot, lost: Job) -> None:
    outcome = videobot("jobs", "resolve", lost.id, "--generation", str(uuid4()), "--credits", "40", "--unchecked")

    assert outcome.out.endswith("It costs 40 credits.\n")
    assert json.loads(videobot("jobs", "show", lost.id, "--json").out)["credits_used"] == 40


@pytest.mark.parametrize(
    ("price", "code", "said"),
    [("0", 1, "use --not-charged"), ("-5", 1, "1 to 1,000,000"), ("2000000", 1, "1 to"), ("forty", 2, "not a valid")],
)
def test_a_wrong_price_is_refused_in_a_sentence(
    videobot: Videobot, lost: Job, price: str, code: int, said: str
) -> None:
    outcome = videobot("jobs", "resolve", lost.id, "--generation", str(uuid4()), "--credits", price, "--unchecked")

    assert (outcome.code, said in outcome.err) == (code, True)
    assert json.loads(videobot("jobs", "show", lost.id, "--json").out)["state"] == "unconfirmed"


def test_a_price_without_a_video_is_refused(videobot: Videobot, lost: Job) -> None:
    outcome = videobot("jobs", "resolve", lost.id, "--not-charged", "--credits", "15")
    assert (outcome.code, "use it with --generation" in outcome.err) == (2, True)


def test_to_look_a_video_up_the_key_is_needed(videobot: Videobot, lost: Job) -> None:
    outcome = videobot("jobs", "resolve", lost.id, "--generation", str(uuid4()))
    assert outcome.code == 2
    assert "POWERPOST_API_KEY" in outcome.err


@pytest.mark.parametrize(
    "arguments", [(), ("--generation", "mine"), ("--not-charged", "--generation", str(uuid4()))], ids=len
)
def test_a_resolution_names_one_way_out(videobot: Videobot, lost: Job, arguments: tuple[str, ...]) -> None:
    assert videobot("jobs", "resolve", lost.id, *arguments).code == 2
    assert asyncio.run(_books()) == (85, [])


def test_a_job_that_is_not_there_is_a_sentence(videobot: Videobot, lost: Job) -> None:
    for arguments in (("show", "nothing"), ("resolve", "nothing", "--not-charged")):
        outcome = videobot("jobs", *arguments)
        assert (outcome.code, outcome.err) == (1, "Error: There is no job nothing.\n")


def test_a_queued_job_is_cancelled_once(videobot: Videobot, queued: Job) -> None:
    assert videobot("jobs", "cancel", queued.id).code == 0
    assert asyncio.run(_books()) == (100, [])
    again = videobot("jobs", "cancel", queued.id)
    assert again.code == 1
    assert "only jobs that were not ordered yet" in again.err


def test_what_was_written_off_is_said(videobot: Videobot, lost: Job) -> None:
    async def write_off() -> None:
        database = Database(f"sqlite+aiosqlite:///{DATABASE}")
        store = JobStore(database=database, clock=SystemClock())
        await store.move(lost.id, JobState.UNCONFIRMED, JobState.FAILED, failure=Failure.NEVER_CONFIRMED)
        await database.close()

    asyncio.run(write_off())

    assert "PowerPost may have charged 15 credits" in videobot("jobs", "list").out
    assert "Written off: 15 credits" in videobot("ledger", "verify").out
    assert json.loads(videobot("ledger", "verify", "--json").out)["written_off"] == 15


def test_a_backup_is_made_once_and_replaced_only_by_force(videobot: Videobot, queued: Job, folder: Path) -> None:
    first = videobot("backup", "copy.db")
    assert first.code == 0
    assert "The copy is intact and its ledger adds up (2 entries)." in first.out
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o600

    again = videobot("backup", "copy.db")
    assert (again.code, "exists already" in again.err) == (1, True)
    assert videobot("backup", "copy.db", "--force").code == 0


HOSTILE = "a cat\x1b]0;owned\x07\x1b[2J\nFORGED  line\r\u202e\x9b31m\u2028 [red]👨\u200d👩\u200d👧[/]"


def test_a_prompt_is_shown_on_one_line_and_does_nothing_to_the_terminal(videobot: Videobot, queued: Job) -> None:
    with closing(sqlite3.connect(DATABASE)) as connection, connection:
        connection.execute("UPDATE jobs SET prompt = ?, failure_detail = ?", (HOSTILE, HOSTILE))

    plain = videobot("jobs", "show", queued.id).out
    [line] = [line for line in plain.split("\n") if line.startswith("prompt")]

    assert line.split("  ", 1)[1].strip() == (
        "a cat\\x1b]0;owned\\x07\\x1b[2J\\nFORGED  line\\r\\u202e\\x9b31m\\u2028 [red]👨\u200d👩\u200d👧[/]"
    )
    assert not set(plain) & set("\x1b\x07\x9b\r\u202e\u2028")
    assert json.loads(videobot("jobs", "show", queued.id, "--json").out)["prompt"] == HOSTILE


@pytest.mark.parametrize("arguments", [("jobs", "show"), ("jobs", "cancel"), ("nothing",), ("credits", "show", "1")])
def test_what_was_typed_is_not_alive_in_the_answer(videobot: Videobot, arguments: tuple[str, ...]) -> None:
    outcome = videobot(*arguments, "x\x1b[2J\u202e\x9by")

    assert outcome.code in {1, 2}
    assert not set(outcome.out + outcome.err) & set("\x1b\x9b\u202e")
