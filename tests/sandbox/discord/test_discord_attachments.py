"""Files: limits, names, links that expire, and what an edit keeps."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from sandbox.discord import DiscordSandbox, MovableClock, TextChannel, Upload
from sandbox.discord.events import Event
from sandbox.discord.files import FileStore
from sandbox.discord.limits import Limits

from .conftest import ECHO, Rest

V2 = 1 << 15


def gallery(*names: str) -> dict[str, object]:
    return {"type": 12, "items": [{"media": {"url": f"attachment://{name}"}} for name in names]}


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_message_with_a_file_above_the_limit_is_refused(sandbox: DiscordSandbox, rest: Rest) -> None:
    small = sandbox.add_guild("Small", upload_limit=1000).add_channel("videos")
    path = f"/channels/{small.id}/messages"
    status, refusal = await rest("POST", path, {"content": "x"}, files={"a.mp4": bytes(1001)})
    assert (status, refusal) == (413, {"message": "Request entity too large", "code": 40005})
    assert small.messages == []
    small.guild.upload_limit = 1001
    assert (await rest("POST", path, {"content": "x"}, files={"a.mp4": bytes(1001)}))[0] == 200


async def test_link_serves_the_bytes_until_it_expires(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel, clock: MovableClock
) -> None:
    path = f"/channels/{channel.id}/messages"
    _, message = await rest("POST", path, {}, files={"my clip.mp4": b"0123456789"})
    attachment = message["attachments"][0]
    assert (attachment["filename"], attachment["content_type"], attachment["size"]) == ("my_clip.mp4", "video/mp4", 10)
    assert attachment["url"].startswith(f"{sandbox.origin}/attachments/{channel.id}/{attachment['id']}/my_clip.mp4?ex=")
    async with rest.session.get(attachment["url"], headers={"Range": "bytes=2-4"}) as response:
        assert (response.status, response.content_type, await response.read()) == (206, "video/mp4", b"234")
    async with rest.session.get(attachment["url"].replace("hm=", "hm=0")) as response:
        assert response.status == 404
    clock.advance(timedelta(hours=25))
    async with rest.session.get(attachment["url"]) as response:
        assert (response.status, await response.text()) == (404, "This content is no longer available.")
    _, fresh = await rest("GET", f"{path}/{message['id']}")
    async with rest.session.get(fresh["attachments"][0]["url"]) as response:
        assert await response.read() == b"0123456789"


async def test_edit_removes_the_attachments_that_it_does_not_list(rest: Rest, channel: TextChannel) -> None:
    path = f"/channels/{channel.id}/messages"
    _, sent = await rest("POST", path, {"content": "x"}, files={"a.mp4": b"a", "b.mp4": b"b"})
    message, kept = f"{path}/{sent['id']}", sent["attachments"][1]["id"]
    await rest("PATCH", message, {"content": "untouched"})
    assert [file.filename for file in channel.messages[0].attachments] == ["a.mp4", "b.mp4"]
    listed = {"attachments": [{"id": kept}, {"id": 0, "description": "new"}]}
    await rest("PATCH", message, listed, files={"c.mp4": b"c"})
    assert [file.filename for file in channel.messages[0].attachments] == ["b.mp4", "c.mp4"]
    assert channel.messages[0].attachments[1].description == "new"
    await rest("PATCH", message, {"attachments": []})
    assert channel.messages[0].attachments == ()


async def test_gallery_finds_new_and_kept_files(sandbox: DiscordSandbox, rest: Rest, channel: TextChannel) -> None:
    path = f"/channels/{channel.id}/messages"
    body = {"flags": V2, "components": [gallery("my clip.mp4")]}
    _, sent = await rest("POST", path, body, files={"my clip.mp4": b"clip"})
    media = sent["components"][0]["items"][0]["media"]
    assert media["attachment_id"] == sent["attachments"][0]["id"]
    assert media["url"].startswith(sandbox.origin)
    again = {"components": [gallery("my_clip.mp4"), {"type": 10, "content": "done"}]}
    assert (await rest("PATCH", f"{path}/{sent['id']}", again))[0] == 200
    assert channel.messages[0].media[0].path is not None
    assert channel.messages[0].media[0].path.read_bytes() == b"clip"
    status, _ = await rest("PATCH", f"{path}/{sent['id']}", again | {"attachments": []})
    assert status == 400


async def test_image_of_a_command_has_its_dimensions_and_a_separate_path(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    await rest.register(ECHO | {"options": [{"type": 11, "name": "image", "description": "Picture"}]})
    heard: list[Event] = []
    sandbox.world.listeners.append(heard.append)
    picture = io.BytesIO()
    Image.new("RGB", (64, 32)).save(picture, "PNG")
    mia = channel.guild.add_member("Mia")
    use = await mia.slash(channel, "echo", image=Upload("cat.png", picture.getvalue(), "image/webp"))
    given = heard[-1].payload["data"]["resolved"]["attachments"][use.data["options"][0]["value"]]
    assert (given["width"], given["height"], given["content_type"]) == (64, 32, "image/webp")
    assert given["ephemeral"] is True
    assert f"{sandbox.origin}/ephemeral-attachments/{channel.id}/" in given["url"]
    async with rest.session.get(given["url"]) as response:
        assert await response.read() == picture.getvalue()


async def test_upload_that_ends_while_its_file_is_opened_leaves_nothing_open(tmp_path: Path) -> None:
    store = FileStore(clock=MovableClock(), limits=Limits())
    store.open(tmp_path, origin="")

    async def endless() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    receiving = asyncio.create_task(store.receive("clip.mp4", endless()))
    await asyncio.sleep(0)
    receiving.cancel()

    with pytest.raises(asyncio.CancelledError):
        await receiving
    await asyncio.get_running_loop().shutdown_default_executor()
    assert names_in(tmp_path) == []
