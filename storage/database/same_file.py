"""Whether an SQLite file is still the one that was opened; a connection would keep writing to a deleted file."""

from __future__ import annotations

from pathlib import Path

from bot.errors import DatabaseMissing


class SameFile:
    """The file at `path`; from the first look on, it must stay the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._identity: tuple[int, int] | None = None

    def require(self) -> None:
        """Look at the path: one `stat`, too short to be worth a thread.

        Raises `DatabaseMissing` when there is no file, or another one, and `OSError` when that cannot be determined.
        """
        try:
            found = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise DatabaseMissing(
                f"The database file {self._path} is gone. Put it back, with its -wal file if there is one."
            ) from None
        identity = (found.st_dev, found.st_ino)
        if self._identity is None:
            self._identity = identity
        elif self._identity != identity:
            raise DatabaseMissing(
                f"The database file {self._path} was replaced by another one while the bot was using it. "
                "Put the right one back, or restart the bot to use this one."
            )
