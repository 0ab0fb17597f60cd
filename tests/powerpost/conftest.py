from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.powerpost.client import PowerPostClient
from bot.powerpost.transport import open_session
from tests.powerpost.stage import KEY, WORKSPACE, FakeClock, Stage


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    async with stage.server:
        yield stage


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


@pytest.fixture
def client(stage: Stage, session: aiohttp.ClientSession, clock: FakeClock) -> PowerPostClient:
    return PowerPostClient(
        session=session, base_url=stage.base_url, api_key=KEY, workspace_id=WORKSPACE, clock=clock, jitter=lambda: 1.0
    )
