"""A plain HTTP client with an account, so that tests read like what a customer sends and gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
from PIL import Image

from sandbox.powerpost import Account

ORDER: Mapping[str, Any] = {"prompt": "A lighthouse in the rain", "duration": 5}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `json` is None if the body is something else."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any

    @property
    def code(self) -> str:
        """The error code in the envelope."""
        code: str = self.json["error"]["code"]
        return code

    @property
    def message(self) -> str:
        """The message in the envelope."""
        message: str = self.json["error"]["message"]
        return message


class Customer:
    """Makes requests for one account in its first workspace."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, account: Account) -> None:
        self.account = account
        self.headers = {"x-api-key": account.api_key, "X-Workspace-Id": account.workspace_id}
        self._session = session
        self._base_url = base_url

    async def call(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **body: Any) -> Reply:
        """One request to the API, or to a complete address; `headers` replace the usual ones."""
        url = path if path.startswith("http") else self._base_url + path
        sent = self.headers if headers is None else headers
        async with self._session.request(method, url, headers=sent, allow_redirects=False, **body) as response:
            content = await response.read()
            is_json = response.content_type == "application/json"
            return Reply(response.status, response.headers, content, await response.json() if is_json else None)

    async def credits(self) -> Reply:
        """Ask for the balance."""
        return await self.call("GET", "/account/credits")

    async def order(self, **fields: Any) -> Reply:
        """Order a video; `fields` replace those of `ORDER`."""
        return await self.call("POST", "/videos/generate", json={**ORDER, **fields})

    async def look(self, order: Reply) -> Reply:
        """Ask for the status of an order."""
        return await self.call("GET", f"/videos/generations/{order.json['video_generation_id']}")

    async def upload(self, content: bytes, *, name: str = "dog.png", media_type: str | None = "image") -> Reply:
        """Upload a file."""
        form = aiohttp.FormData()
        form.add_field("file", BytesIO(content), filename=name)
        if media_type is not None:
            form.add_field("type", media_type)
        return await self.call("POST", "/media/upload", data=form)


def picture(image_format: str = "PNG") -> bytes:
    """A small image file."""
    file = BytesIO()
    Image.new("RGB", (32, 18), (200, 120, 40)).save(file, image_format)
    return file.getvalue()
