"""Signed links to stored files: an expiry and an HMAC over path and expiry, both in the query."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sandbox.clock import Clock

LINK_LIFE: Final = timedelta(days=7)


class LinkSigner:
    """Makes links that are valid for `life`, and recognises its own.

    `life` may be changed at any time; it applies to links made afterwards.
    """

    def __init__(self, *, secret: bytes, clock: Clock, life: timedelta = LINK_LIFE) -> None:
        self.life = life
        self._secret = secret
        self._clock = clock

    def sign(self, path: str) -> str:
        """`path` with its signed query: `?expires=<unix seconds>&signature=<hex>`."""
        expires = str(_unix(self._clock.now() + self.life))
        return f"{path}?expires={expires}&signature={self._signature(path, expires)}"

    def accepts(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether `query` was signed here for `path` and has not expired."""
        expires = query.get("expires", "")
        expected = self._signature(path, expires)
        if not hmac.compare_digest(expected.encode(), query.get("signature", "").encode("utf-8", "replace")):
            return False
        return _unix(self._clock.now()) < int(expires)

    def _signature(self, path: str, expires: str) -> str:
        message = f"{path}\n{expires}".encode("utf-8", "replace")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
