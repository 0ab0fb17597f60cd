"""One stand-in per test, with a clock that only the test moves; videos take two minutes on that clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from sandbox.powerpost import ManualClock, PowerPostSandbox, TinyClips

from .customer import Customer

GENERATION_TIME = timedelta(minutes=2)


@pytest.fixture(scope="session")
def clips() -> TinyClips:
    return TinyClips()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def powerpost(clips: TinyClips, clock: ManualClock) -> AsyncIterator[PowerPostSandbox]:
    async with PowerPostSandbox(render=clips, clock=clock, generation_time=GENERATION_TIME) as sandbox:
        yield sandbox
        assert sandbox.ledger.discrepancies() == []


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
        yield http


@pytest.fixture
def customer(powerpost: PowerPostSandbox, session: aiohttp.ClientSession) -> Customer:
    return Customer(session, powerpost.base_url, powerpost.add_account(credits=100))


@pytest.fixture
def stranger(powerpost: PowerPostSandbox, session: aiohttp.ClientSession) -> Customer:
    return Customer(session, powerpost.base_url, powerpost.add_account(credits=100))
