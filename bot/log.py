"""Logging to standard error: constant messages, with the facts of each as fields; text for people or JSON for machines.

Values of fields are written so that no value can forge a line, and secrets are blanked wherever they appear.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import aiohttp
from pydantic import SecretStr

_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def configure_logging(level: str, format: Literal["text", "json"], secrets: Iterable[SecretStr]) -> None:  # noqa: A002  the setting's own name
    """Send everything of `level` and above to standard error in one format, with `secrets` blanked."""
    handler = logging.StreamHandler()
    handler.addFilter(_without_traces_of_outages)
    handler.setFormatter(_Blanking(JsonFormatter() if format == "json" else TextFormatter(), secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("discord", "aiosqlite", "sqlalchemy", "alembic", "asyncio", "PIL"):
        logging.getLogger(chatty).setLevel(max(logging.getLevelName(level), logging.WARNING))
    logging.getLogger("discord.client").setLevel(logging.ERROR)  # warns at every start that voice is not supported


def _without_traces_of_outages(record: logging.LogRecord) -> bool:
    """discord.py logs a traceback for each try to reach Discord again; what went wrong is one line."""
    error = record.exc_info[1] if record.exc_info else None
    if record.name.startswith("discord.") and isinstance(error, (aiohttp.ClientError, OSError, TimeoutError)):
        record.exc_info = record.exc_text = None
        record.error = f"{type(error).__name__}: {error}"
    return True


class TextFormatter(logging.Formatter):
    """`2026-11-23 12:00:00 INFO bot.services.submit Order sent action=submit job=…`"""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        facts = "".join(f" {name}={_one_line(value)}" for name, value in _facts(record).items())
        line = f"{at} {record.levelname} {record.name} {_one_line(record.getMessage())}{facts}"
        return line + _indented_traceback(self, record)


class JsonFormatter(logging.Formatter):
    """One object a line: at, level, logger, message, the facts, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
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


def _one_line(value: object) -> str:
    text = str(value)
    return text if text.isprintable() else ascii(text)[1:-1]


def _indented_traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if not record.exc_info:
        return ""
    lines = formatter.formatException(record.exc_info).splitlines()
    return "".join(f"\n    {_one_line(line)}" for line in lines)
