"""Transport compression, as negotiated by `?compress=` when the gateway is opened.

https://docs.discord.com/developers/events/gateway#transport-compression
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib import import_module

Compress = Callable[[str], bytes]


def compressor(name: str | None) -> Compress | None:
    """A stream that compresses one message after another; None for plain text.

    Raises ValueError for an unknown scheme, and for zstd without the `zstandard` package.
    """
    if not name:
        return None
    if name == "zlib-stream":
        return _zlib_stream()
    if name == "zstd-stream":
        return _zstd_stream()
    raise ValueError(f"unknown transport compression {name!r}")


def _zlib_stream() -> Compress:
    stream = zlib.compressobj()

    def compress(message: str) -> bytes:
        return stream.compress(message.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)

    return compress


def _zstd_stream() -> Compress:
    try:
        zstandard = import_module("zstandard")
    except ImportError:
        raise ValueError("zstd-stream needs the zstandard package") from None
    stream = zstandard.ZstdCompressor().compressobj()

    def compress(message: str) -> bytes:
        return bytes(stream.compress(message.encode()) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))

    return compress
