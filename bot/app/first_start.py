"""The first start creates a database; every later start needs that one.

An empty database in its place would forget every credit and video, could order things twice, and would give every
server its starting credits again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.errors import DatabaseMissing
from bot.keyring import KEY_FILE
from bot.settings import Settings
from storage.stores import place_of, schema_version, sqlite_file

MARKER: Final = "database.txt"
"""The file in DATA_DIR that says where the database is, so that its loss is noticed."""


async def require_no_loss(settings: Settings) -> None:
    """Return when there is a database, or no trace that there ever was one. Creates no file.

    The traces are read first: a process that is just creating the database leaves none before it exists.
    Raises `DatabaseMissing`, and what `schema_version` raises.
    """
    trace = next((path for path in _traces(settings) if path.exists()), None)
    if await schema_version(settings.database_url) is None and trace is not None:
        raise DatabaseMissing(
            f"There is no database at {place_of(settings.database_url)}, but {trace} shows that there "
            "was one. An empty one would forget all credits and videos. Check DATABASE_URL, or restore the database "
            'from a backup (docs/operations.md, "Backups"). To start with an empty one anyway, run once '
            "`videobot run --new-database`."
        )


def remember_database(settings: Settings) -> None:
    """Leave the marker in DATA_DIR."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    marker = settings.data_dir / MARKER
    words = f"The bot's database: {place_of(settings.database_url)}\n"
    if not marker.exists() or marker.read_bytes() != words.encode():
        marker.write_bytes(words.encode())


def _traces(settings: Settings) -> list[Path]:
    """What a start leaves besides a database, the marker first."""
    traces = [settings.data_dir / MARKER, settings.data_dir / KEY_FILE]
    file = sqlite_file(settings.database_url)
    if file is not None:
        traces += [*_orphaned_wal(file), *_copies(file)]
    return traces


def _orphaned_wal(file: Path) -> list[Path]:
    """The write-ahead log of a database that is gone; one that is being created has both files."""
    wal = file.with_name(f"{file.name}-wal")
    return [wal] if wal.exists() and not file.exists() else []


def _copies(file: Path) -> list[Path]:
    if not file.parent.is_dir():
        return []
    return [path for path in file.parent.iterdir() if path.name.startswith(f"{file.name}.before-")]
