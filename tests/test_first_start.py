"""Which starts may make a database: a first one, and one that says so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from bot.app.first_start import MARKER, remember_database, require_no_loss
from bot.app.resources import opened_resources
from bot.app.running import run_bot
from bot.clock import SystemClock
from bot.domain.identifiers import GuildId, UserId
from bot.errors import DatabaseMissing, SettingsError
from bot.keyring import KEY_FILE
from bot.settings import Settings

GUILD = GuildId(100)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return Settings(
        database_url="sqlite+aiosqlite:///data/videobot.db",
        data_dir=Path("data"),
        discord_token=SecretStr("token"),
        powerpost_api_key=SecretStr("key"),
        powerpost_workspace_id=uuid4(),
    )


def names_here() -> list[str]:
    return [path.name for path in Path.cwd().iterdir()]


async def start(settings: Settings, *, new_database: bool = False) -> None:
    """As `run_bot` does it."""
    if not new_database:
        await require_no_loss(settings)
    async with opened_resources(settings, SystemClock()):
        pass


async def test_a_first_start_makes_a_database_and_the_next_ones_use_it(settings: Settings) -> None:
    for _ in range(2):
        await start(settings)

    words = (settings.data_dir / MARKER).read_text()
    assert words == "The bot's database: data/videobot.db\n"


async def test_a_start_without_the_database_that_there_was_is_refused_until_it_is_meant(settings: Settings) -> None:
    await start(settings)
    (settings.data_dir / "videobot.db").unlink()

    with pytest.raises(DatabaseMissing, match=rf"no database at data/videobot\.db, but data/{MARKER} shows that there"):
        await start(settings)
    assert not (settings.data_dir / "videobot.db").exists()

    await start(settings, new_database=True)
    await start(settings)


async def test_a_mistyped_address_makes_no_second_database(settings: Settings) -> None:
    await start(settings)
    typo = settings.model_copy(update={"database_url": "sqlite+aiosqlite:///dta/videobot.db"})

    with pytest.raises(DatabaseMissing, match=r"Check DATABASE_URL, or restore the database .*run --new-database"):
        await run_bot(typo, asyncio.Event())

    assert names_here() == ["data"]


@pytest.mark.parametrize("trace", [MARKER, KEY_FILE, "videobot.db-wal", "videobot.db.before-0001"])
async def test_whatever_a_start_leaves_shows_that_there_was_one(settings: Settings, trace: str) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / trace).write_text("left over")

    with pytest.raises(DatabaseMissing, match=trace):
        await require_no_loss(settings)


async def test_the_marker_holds_no_password(settings: Settings) -> None:
    remember_database(settings.model_copy(update={"database_url": "postgresql+asyncpg://bot:hunter2@db/videobot"}))

    assert (settings.data_dir / MARKER).read_text() == "The bot's database: postgresql+asyncpg://bot:***@db/videobot\n"


async def test_foreign_things_among_the_videos_neither_end_the_start_nor_vanish(settings: Settings) -> None:
    videos = settings.data_dir / "videos"
    for folder in ("lost+found", "a-folder.mp4"):
        (videos / folder).mkdir(parents=True)
    for name in ("notes.txt", "left-over.mp4", "left-over.mp4.part"):
        (videos / name).write_bytes(b"")

    await start(settings)

    assert sorted(path.name for path in videos.iterdir()) == ["a-folder.mp4", "lost+found", "notes.txt"]


async def test_a_lost_key_is_not_made_anew_while_a_server_is_linked(settings: Settings) -> None:
    async with opened_resources(settings, SystemClock()) as resources:
        sealed = resources.keyring.seal(GUILD, SecretStr("pp_live_sk_canary"))
        await resources.stores.workspaces.link(GUILD, "studio", sealed, UserId(7))
    (settings.data_dir / KEY_FILE).unlink()

    with pytest.raises(SettingsError, match=r"there is no data/secret\.key\. Put the key back from a backup"):
        await start(settings)

    assert not (settings.data_dir / KEY_FILE).exists()
