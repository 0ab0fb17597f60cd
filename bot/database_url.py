"""`DATABASE_URL` as people write it, read as they mean it: what a hosting provider gives out, and a path with `~`.

Whatever is unclear is refused in one sentence, which never repeats the address: it may hold a password.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

SQLITE: Final = "sqlite+aiosqlite:///"
POSTGRESQL: Final = "postgresql+asyncpg://"
_MEANS_POSTGRESQL: Final = ("postgres://", "postgresql://")
_TLS: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_TAKEN: Final = frozenset(
    {"host", "port", "user", "password", "database", "passfile", "ssl", "prepared_statement_cache_size"}
)
_NEEDLESS: Final = frozenset({"channel_binding", "application_name", "connect_timeout", "gssencmode"})
"""What providers add and the driver does not know; it works without them (and never uses `channel_binding`)."""


def read_database_url(url: str) -> str:
    """The address as the rest of the bot needs it. Raises `ValueError` with a sentence, without the address."""
    if not url.isascii() and any("\ud800" <= sign <= "\udfff" for sign in url):
        raise ValueError("should be text in UTF-8")
    for prefix in _MEANS_POSTGRESQL:
        if url.startswith(prefix):
            url = POSTGRESQL + url.removeprefix(prefix)
    if url.startswith(SQLITE):
        return _with_home(url)
    if url.startswith(POSTGRESQL):
        return _with_tls(url)
    raise ValueError(f"should start with {SQLITE} or {POSTGRESQL}")


def home_expanded(path: str) -> str:
    """The path with `~` as the home folder. Raises `ValueError`."""
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        raise ValueError("should be a path without ~: there is no such home folder here") from None


def _with_home(url: str) -> str:
    path = url.removeprefix(SQLITE)
    return SQLITE + home_expanded(path.removeprefix("/") if path.startswith("/~") else path)


def _with_tls(url: str) -> str:
    from sqlalchemy import make_url  # noqa: PLC0415  most use SQLite, and a health check should start fast
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415  the same

    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(
            "should have a whole number as its port, and %40, %2F or %3A for @, / or : inside of a password"
        ) from None
    if find_spec("asyncpg") is None:
        raise ValueError('should be SQLite unless the extra is installed: pip install "videobot[postgres]"')
    if address.port is not None and not 1 <= address.port <= 65535:
        raise ValueError("should have a port from 1 to 65535")
    query = {name: value for name, value in address.query.items() if name not in _NEEDLESS}
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    unknown = sorted(name[:30] for name in set(query) - _TAKEN)
    if unknown:
        raise ValueError(f"should not have the parameter {unknown[0]!r}, which the driver does not know")
    if query.get("ssl", "prefer") not in _TLS:
        raise ValueError(f"should have one of these as its sslmode: {', '.join(sorted(_TLS))}")
    return address.set(query=query).render_as_string(hide_password=False)
