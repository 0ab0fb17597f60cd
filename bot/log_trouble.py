"""Keeps trouble in the log short: its reason in one line, and one line per kind of trouble and minute.

Trouble comes from outside: the database, the disk, PowerPost, Discord. A traceback would say nothing about it. Our own
bugs keep their traceback, without those of their causes.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from typing import Final, TextIO

import aiohttp

from bot.errors import DiscordRejected, PowerPostError, VideobotError

WINDOW_SECONDS: Final = 60.0
SUBJECTS: Final = ("job", "generation", "guild", "reference", "alert", "subject")
"""What an error is about: errors about different ones are different troubles."""


@dataclass(slots=True)
class _Seen:
    until: float
    last: logging.LogRecord
    left_out: int = 0


class TroubleHandler(logging.StreamHandler[TextIO]):
    """Writes to standard error; repeats within a minute are counted, and reported with the next line of their kind."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._seen: dict[object, _Seen] = {}

    def emit(self, record: logging.LogRecord) -> None:
        record = with_reason(record)
        kind, now = _kind(record), self._monotonic()
        self._tell_ended(kind, now)
        if kind is None:
            super().emit(record)
            return
        seen = self._seen.get(kind)
        if seen is not None and now < seen.until:
            seen.last = record
            seen.left_out += 1
            return
        super().emit(record if seen is None else _with_number(record, seen.left_out))
        self._seen[kind] = _Seen(now + WINDOW_SECONDS, record)

    def close(self) -> None:
        """Report what was left out so far; called at the end of the process."""
        self.acquire()
        try:
            self._tell_ended(None, float("inf"))
        finally:
            self.release()
        super().close()

    def _tell_ended(self, but: object, now: float) -> None:
        """Each kind that is over gets its last line, late rather than never."""
        for kind in [kind for kind, seen in self._seen.items() if seen.until <= now and kind != but]:
            seen = self._seen.pop(kind)
            if seen.left_out:
                super().emit(_with_number(seen.last, seen.left_out - 1))


def with_reason(record: logging.LogRecord) -> logging.LogRecord:
    """The record with a known trouble's reason in place of its traceback; any other unchanged."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None or not _is_trouble(error, record.name):
        return record
    shown = copy(record)
    shown.exc_info = shown.exc_text = None
    shown.error = reason(error)
    return shown


def reason(error: BaseException) -> str:
    """What went wrong, in one line, with the codes to look it up by."""
    words = f"{type(error).__name__}: {error}"
    codes = [code for code in _codes(error) if code not in words]
    return f"{words} ({', '.join(codes)})" if codes else words


def _is_trouble(error: BaseException, logger: str) -> bool:
    """`DiscordRejected` is our own malformed request; discord.py logs a traceback for every reconnect."""
    if logger.startswith("discord."):
        return isinstance(error, aiohttp.ClientError | OSError)
    if isinstance(error, OSError):
        return error.errno is not None
    return isinstance(error, VideobotError) and not isinstance(error, DiscordRejected)


def _codes(error: BaseException) -> Iterator[str]:
    """Codes of the error itself and of its cause in the library: HTTP status, Discord's code, errno."""
    if isinstance(error, PowerPostError):
        facts = {"HTTP": error.facts.status, "code": error.facts.code, "request": error.facts.request_id}
        yield from (f"{name} {value}" for name, value in facts.items() if value is not None)
    for source in (error, error.__cause__):
        for name, value in (("HTTP", getattr(source, "status", None)), ("code", getattr(source, "code", None))):
            if isinstance(value, int):
                yield f"{name} {value}"
        if isinstance(source, OSError) and source.errno is not None:
            yield errno.errorcode.get(source.errno, f"errno {source.errno}")


def _kind(record: logging.LogRecord) -> object | None:
    """What makes two records the same trouble; None for those that are always written."""
    error = record.exc_info[1] if record.exc_info else getattr(record, "error", None)
    if error is None or record.levelno < logging.WARNING:
        return None
    name = type(error).__name__ if isinstance(error, BaseException) else str(error).partition(":")[0]
    subjects = [getattr(record, fact, None) for fact in SUBJECTS] if record.levelno >= logging.ERROR else []
    return (record.name, record.msg, name, *map(str, subjects))


def _with_number(record: logging.LogRecord, left_out: int) -> logging.LogRecord:
    if not left_out:
        return record
    shown = copy(record)
    shown.left_out = left_out
    return shown
