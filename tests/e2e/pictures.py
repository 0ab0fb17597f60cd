"""Pictures for members to attach: good ones, and files that only pretend."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def picture(kind: str, width: int = 320, height: int = 180) -> bytes:
    """A real picture of that kind: "JPEG", "PNG", "WEBP" or "GIF"."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "steelblue").save(file, kind)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims these dimensions."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
