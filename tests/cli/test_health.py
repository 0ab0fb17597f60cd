"""The container's question: is the running bot well?"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from bot.cli.health import MOST_BYTES
from bot.domain.job import JobState
from bot.health import Health
from bot.health_file import announced, announced_address, health_file
from tests.cli.conftest import SetVariables, Videobot
from tests.ports import free_port


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """The address of a healthy bot."""

    async def no_jobs() -> Mapping[JobState, int]:
        return {}

    address = f"127.0.0.1:{free_port()}"
    async with Health(count_jobs=no_jobs, is_connected=lambda: True, database_trouble=lambda: None).serving(address):
        yield address


async def test_a_bot_that_is_well_says_so(videobot: Videobot, variables: SetVariables, address: str) -> None:
    variables(METRICS_ADDR=address)

    outcome = await asyncio.to_thread(videobot, "health")

    assert (outcome.code, outcome.out) == (0, "ok\n")


async def test_a_bot_that_listens_everywhere_is_asked_nearby(
    videobot: Videobot, variables: SetVariables, address: str
) -> None:
    variables(METRICS_ADDR=f"0.0.0.0:{address.rpartition(':')[2]}")

    assert (await asyncio.to_thread(videobot, "health")).code == 0


async def test_a_proxy_for_the_web_is_not_asked_about_this_machine(
    videobot: Videobot, variables: SetVariables, address: str
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    variables(METRICS_ADDR=address, http_proxy=nowhere, no_proxy="", NO_PROXY="")

    assert (await asyncio.to_thread(videobot, "health")).code == 0


def test_a_bot_that_leaves_takes_only_its_own_address_away(tmp_path: Path) -> None:
    """As when another bot has taken over the database on the same machine."""
    with announced(tmp_path, "127.0.0.1:1"):
        successor = announced(tmp_path, "127.0.0.1:2")
        successor.__enter__()

    assert announced_address(tmp_path) == "127.0.0.1:2"
    successor.__exit__(None, None, None)
    assert announced_address(tmp_path) is None


def test_a_bot_that_does_not_run_does_not_answer(videobot: Videobot, variables: SetVariables) -> None:
    variables(METRICS_ADDR=f"127.0.0.1:{free_port()}")

    outcome = videobot("health")

    assert (outcome.code, outcome.err) == (1, "The bot does not answer.\n")


async def test_something_else_on_the_port_is_no_answer(videobot: Videobot, variables: SetVariables) -> None:
    async def speaks_otherwise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(speaks_otherwise, "127.0.0.1", 0, family=socket.AF_INET) as server:
        port = server.sockets[0].getsockname()[1]
        variables(METRICS_ADDR=f"127.0.0.1:{port}")
        outcome = await asyncio.to_thread(videobot, "health")

    assert (outcome.code, outcome.err) == (1, "The bot does not answer.\n")


async def test_an_answer_without_end_is_read_no_further(videobot: Videobot, variables: SetVariables) -> None:
    async def goes_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"ok" * 32 * 1024)
                await writer.drain()

    async with await asyncio.start_server(goes_on, "127.0.0.1", 0, family=socket.AF_INET) as server:
        variables(METRICS_ADDR=f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        outcome = await asyncio.wait_for(asyncio.to_thread(videobot, "health"), timeout=10)

    assert len(outcome.out) <= MOST_BYTES + 1


def test_without_a_bot_the_settings_are_named(videobot: Videobot) -> None:
    outcome = videobot("health")

    assert outcome.code == 1
    assert "METRICS_ADDR" in outcome.err


async def test_a_bot_without_an_address_is_found_by_its_folder(
    videobot: Videobot, variables: SetVariables, folder: Path, address: str
) -> None:
    """As in the README's container, where the `.env` file sets METRICS_ADDR to nothing."""
    variables(METRICS_ADDR="", DATA_DIR=str(folder))

    with announced(folder, address):
        well = await asyncio.to_thread(videobot, "health")
    gone = await asyncio.to_thread(videobot, "health")

    assert (well.code, well.out) == (0, "ok\n")
    assert (gone.code, "DATA_DIR" in gone.err) == (1, True)


def test_what_a_killed_bot_announced_is_no_answer(videobot: Videobot, variables: SetVariables, folder: Path) -> None:
    variables(DATA_DIR=str(folder))

    with announced(folder, f"127.0.0.1:{free_port()}"):
        outcome = videobot("health")

    assert (outcome.code, outcome.err) == (1, "The bot does not answer.\n")


@pytest.mark.parametrize("words", ["", "elsewhere.example:80", "127.0.0.1:many", "\xff"])
def test_an_announcement_that_is_none_is_not_followed(
    videobot: Videobot, variables: SetVariables, folder: Path, words: str
) -> None:
    variables(DATA_DIR=str(folder))
    health_file(folder).write_text(words, "latin-1")

    assert "DATA_DIR" in videobot("health").err
