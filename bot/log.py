"""Logging to standard error: constant messages, with the facts of each as fields; text for people or JSON for machines.

Field values are written so that none can forge a line, and secrets are blanked wherever they appear.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from pydantic import SecretStr

from bot.log_trouble import TroubleHandler
from bot.terminal import shown

LONGEST_TRACEBACK = 200
"""Lines: even a circular chain of causes must end."""

_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def configure_logging(level: str, format: Literal["text", "json"], secrets: Iterable[SecretStr]) -> None:  # noqa: A002  the setting's own name
    """Send everything of `level` and above to standard error in one format, with `secrets` blanked."""
    handler = TroubleHandler()
    handler.setFormatter(_Blanking(JsonFormatter() if format == "json" else TextFormatter(), secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("discord", "aiosqlite", "sqlalchemy", "alembic", "asyncio", "PIL"):
        logging.getLogger(chatty).setLevel(max(logging.getLevelName(level), logging.WARNING))
    logging.getLogger("discord.client").setLevel(logging.ERROR)  # warns at every start that voice is not supported


class TextFormatter(logging.Formatter):
    """`2026-11-23 12:00:00 INFO bot.services.jobs.submit Order sent action=submit job=…`"""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        facts = "".join(f" {name}={shown(value)}" for name, value in _facts(record).items())
        line = f"{at} {record.levelname} {record.name} {shown(record.getMessage())}{facts}"
        lines = _traceback(record)
        return line + "".join(f"\n    {shown(one)}" for one in lines)


class JsonFormatter(logging.Formatter):
    """One object per line: at, level, logger, message, the facts, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if lines := _traceback(record):
            entry["traceback"] = "\n".join(lines)
        return json.dumps(entry, default=str)


class _Blanking(logging.Formatter):
    """Formats through another formatter, then blanks every secret: the last line of defence, not the first."""

    def __init__(self, formatter: logging.Formatter, secrets: Iterable[SecretStr]) -> None:
        super().__init__()
        self._formatter = formatter
        self._secrets = [secret.get_secret_value() for secret in secrets if secret.get_secret_value()]

    def format(self, record: logging.LogRecord) -> str:
        line = self._formatter.format(record)
        for secret in self._secrets:
            line = line.replace(secret, "********")
        return line


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS}


def _traceback(record: logging.LogRecord) -> list[str]:
    """The error's own traceback; each of its causes is one line, since their tracebacks add little."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return []
    lines = "".join(traceback.format_exception(error, chain=False)).splitlines()
    cause = _cause(error)
    while cause is not None and len(lines) < LONGEST_TRACEBACK:
        lines.append(f"Caused by {type(cause).__name__}: {cause}")
        cause = _cause(cause)
    return lines


def _cause(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)
