"""Output to terminals that may support only ASCII or Latin-1."""

from __future__ import annotations

import codecs
import json
import sys
from io import TextIOWrapper
from typing import Final

_ESCAPED: Final = "videobot.escaped"


def accept_every_character() -> None:
    r"""Make standard output and error write unsupported characters as `\uXXXX`, which JSON can read."""
    codecs.register_error(_ESCAPED, _escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ESCAPED)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
