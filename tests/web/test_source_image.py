"""The picture to animate: read from Discord's hosts alone, and believed by its content."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.domain.request import LARGEST_IMAGE
from bot.errors import ImageRefused
from bot.web.addresses import Reachable
from bot.web.fetch import Fetcher
from bot.web.picture_ends import is_complete
from bot.web.source_image import DISCORD_FILE_HOSTS, ImageReader, check_image
from tests.powerpost.stage import Stage, hangs_up, writes
from tests.web.test_addresses import NameServer

NO_PICTURE = (
    "This file is not a JPEG, PNG or WebP picture, whatever its name says. Save the picture as one of these and "
    "attach it again. Nothing was spent."
)
INCOMPLETE = "The picture is incomplete. Save it again and attach the new file. Nothing was spent."
DISCORD_ONLY = "Pictures must come from Discord. Attach the file to the command itself. Nothing was spent."


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Stands for Discord's file host."""
    stage = Stage()
    async with stage.server:
        yield stage


@pytest.fixture
async def read(stage: Stage) -> AsyncIterator[ImageReader]:
    reachable = Reachable.of(hosts=DISCORD_FILE_HOSTS, own=stage.base_url)
    async with Fetcher(reachable=reachable, idle=timedelta(seconds=1)) as fetcher:
        yield ImageReader(fetcher)


def picture(kind: str, width: int = 320, height: int = 180) -> bytes:
    file = BytesIO()
    Image.effect_noise((width, height), 80).convert("RGB").save(file, kind)
    return file.getvalue()


def two_pictures_in_one() -> bytes:
    """What many phones call a JPEG: a picture, and behind it a second one, such as its depth or its preview."""
    file = BytesIO()
    first, second = (Image.new("RGB", (320, 180), color) for color in ("red", "blue"))
    first.save(file, "MPO", save_all=True, append_images=[second])
    return file.getvalue()


def photograph() -> bytes:
    """As a phone writes it: with a thumbnail in its EXIF data, which is a whole JPEG of its own."""
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    body = exif.tobytes() + picture("JPEG", 160, 120)
    file = BytesIO()
    Image.effect_noise((640, 480), 40).convert("RGB").save(file, "JPEG", exif=body)
    return file.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A small and well-formed file with hardly any pixels in it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(b"\0\0\0\0")), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def refusal(data: bytes) -> str:
    with pytest.raises(ImageRefused) as refused:
        check_image(data)
    return str(refused.value)


@pytest.mark.parametrize(
    ("kind", "filename", "content_type"),
    [
        ("JPEG", "source.jpg", "image/jpeg"),
        ("PNG", "source.png", "image/png"),
        ("WEBP", "source.webp", "image/webp"),
    ],
)
async def test_the_three_kinds_are_taken_by_their_content(
    stage: Stage, read: ImageReader, kind: str, filename: str, content_type: str
) -> None:
    data = picture(kind)
    stage.will(writes(data))

    image = await read(stage.url("/attachments/1/2/whatever.bin"))

    assert (image.filename, image.content_type, image.data) == (filename, content_type, data)


def test_a_phones_double_picture_is_a_jpeg() -> None:
    image = check_image(two_pictures_in_one())

    assert (image.filename, image.content_type) == ("source.jpg", "image/jpeg")


@pytest.mark.parametrize(
    "data",
    [
        picture("GIF"),
        picture("BMP"),
        b"<svg xmlns='http://www.w3.org/2000/svg' width='640' height='480'/>",
        b"<!doctype html><title>Not found</title>",
        b"\x00\x00\x00\x18ftypmp42",
        b"\xff\xd8\xff",
        b"x",
    ],
    ids=["gif", "bmp", "svg", "html", "mp4", "start of a jpeg", "one byte"],
)
async def test_anything_else_is_refused_whatever_its_name(stage: Stage, read: ImageReader, data: bytes) -> None:
    stage.will(writes(data))

    with pytest.raises(ImageRefused) as refused:
        await read(stage.url("/attachments/1/2/cat.png"))

    assert str(refused.value) == NO_PICTURE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.95])
def test_a_picture_that_breaks_off_is_refused(kind: str, part: float) -> None:
    whole = picture(kind)

    sentence = refusal(whole[: int(len(whole) * part)])

    assert sentence in {NO_PICTURE, INCOMPLETE}


def test_half_a_photograph_is_refused_though_its_thumbnail_is_whole() -> None:
    whole = photograph()

    assert check_image(whole).data == whole
    for part in range(5, 100, 5):
        cut = whole[: len(whole) * part // 100]
        assert part < 30 or b"\xff\xd9" in cut, "the end marker of the thumbnail"
        assert refusal(cut) in {NO_PICTURE, INCOMPLETE}
    assert refusal(whole[:-1]) == INCOMPLETE


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 4}, {"comment": b"\xff\xd9"}])
def test_every_way_to_write_a_jpeg_is_read_to_its_end(options: dict[str, Any]) -> None:
    file = BytesIO()
    Image.effect_noise((320, 180), 80).convert("RGB").save(file, "JPEG", **options)
    whole = file.getvalue()

    assert check_image(whole + b"something behind it").content_type == "image/jpeg"
    assert refusal(whole[:-2]) == INCOMPLETE
    assert refusal(whole[: len(whole) // 2]) == INCOMPLETE


def test_a_png_whose_text_speaks_of_its_end_has_not_ended() -> None:
    text, file = PngInfo(), BytesIO()
    text.add_text("Comment", "IEND")
    Image.effect_noise((320, 180), 80).save(file, "PNG", pnginfo=text)

    assert check_image(file.getvalue()).content_type == "image/png"
    assert refusal(file.getvalue()[:-4]) == INCOMPLETE
    assert refusal(file.getvalue()[: len(file.getvalue()) // 2]) == INCOMPLETE


def test_a_webp_that_lacks_its_last_bytes_is_refused() -> None:
    assert refusal(picture("WEBP")[:-2]) in {NO_PICTURE, INCOMPLETE}


@pytest.mark.parametrize(
    ("kind", "start", "part"),
    [
        ("JPEG", b"\xff\xd8", b"\xff\xe0\x00\x02"),
        ("JPEG", b"\xff\xd8", b"\xff\xda\x00\x00"),
        ("JPEG", b"\xff\xd8", b"\xff"),
        ("PNG", b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x00IDAT\x00\x00\x00\x00"),
    ],
)
def test_a_file_made_of_empty_parts_is_left_after_so_many(kind: str, start: bytes, part: bytes) -> None:
    before = time.process_time()

    assert not is_complete(kind, start + part * (LARGEST_IMAGE // len(part)))
    assert time.process_time() - before < 2


async def test_a_resolver_that_leads_to_a_private_address_is_the_operators_affair() -> None:
    told: list[str] = []
    names = NameServer(cdn_discordapp_com=["10.8.0.1"])
    reachable = Reachable.of(hosts=DISCORD_FILE_HOSTS, own="https://discord.com/api/v10")
    async with Fetcher(reachable=reachable, resolver=names, on_private_name=told.append) as fetcher:
        with pytest.raises(ImageRefused) as refused:
            await ImageReader(fetcher)("https://cdn.discordapp.com/attachments/1/2/cat.png")

    assert told == ["cdn.discordapp.com"]
    assert "its operator has been told" in str(refused.value)
    assert "Attach" not in str(refused.value)


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == "The picture is empty (0 bytes). Save it again and attach the new file. Nothing was spent."


async def test_a_file_over_ten_megabytes_is_refused_without_reading_it(stage: Stage, read: ImageReader) -> None:
    stage.will(writes(b"\x89PNG" + bytes(LARGEST_IMAGE)))

    with pytest.raises(ImageRefused, match="over 10 MB"):
        await read(stage.url("/attachments/1/2/cat.png"))


@pytest.mark.parametrize(
    ("width", "height", "sentence"),
    [
        (30_000, 30_000, "The picture is far too large; each side may have up to 8192 pixels. Nothing was spent."),
        (10_000, 10_000, "The picture is 10000×10000 pixels; each side may have up to 8192. Nothing was spent."),
        (8193, 100, "The picture is 8193×100 pixels; each side may have up to 8192. Nothing was spent."),
        (63, 640, "The picture is 63×640 pixels; each side needs at least 64. Nothing was spent."),
        (1, 1, "The picture is 1×1 pixels; each side needs at least 64. Nothing was spent."),
    ],
)
def test_unusable_dimensions_are_refused_by_the_header_alone(width: int, height: int, sentence: str) -> None:
    assert refusal(png_that_claims(width, height)) == sentence


@pytest.mark.parametrize(
    "url", ["https://example.com/cat.png", "http://cdn.discordapp.com/a.png", "file:///etc/passwd"]
)
async def test_another_host_is_not_asked(read: ImageReader, url: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        await read(url)
    assert str(refused.value) == DISCORD_ONLY


@pytest.mark.parametrize("to", ["https://example.com/cat.png", "http://169.254.169.254/latest/meta-data"])
async def test_a_redirect_elsewhere_is_not_followed(stage: Stage, read: ImageReader, to: str) -> None:
    stage.will(writes(b"", 302, Location=to))

    with pytest.raises(ImageRefused) as refused:
        await read(stage.url("/attachments/1/2/cat.png"))

    assert str(refused.value) == DISCORD_ONLY
    assert len(stage.requests) == 1


@pytest.mark.parametrize("url", ["https://127.0.0.1/cat.png", "https://[::1]/cat.png", "https://10.0.0.1/cat.png"])
async def test_a_private_address_is_not_asked(read: ImageReader, url: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        await read(url)
    assert str(refused.value) == DISCORD_ONLY


async def test_a_picture_that_discord_no_longer_has_is_said(stage: Stage, read: ImageReader) -> None:
    stage.will(writes(b"This content is no longer available.", 404))

    with pytest.raises(ImageRefused, match="no longer has this picture"):
        await read(stage.url("/attachments/1/2/cat.png"))


async def test_a_broken_connection_is_said_and_nothing_was_spent(stage: Stage, read: ImageReader) -> None:
    stage.will(hangs_up)

    with pytest.raises(ImageRefused, match="Nothing was spent"):
        await read(stage.url("/attachments/1/2/cat.png"))
