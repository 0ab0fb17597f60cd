"""The endpoints under `/api/v1`, as PowerPost documents them: https://powerpost.ai/docs/api."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from aiohttp import web

from sandbox.clock import Clock
from sandbox.powerpost import answers
from sandbox.powerpost.access import Access
from sandbox.powerpost.accounts import Scope
from sandbox.powerpost.catalogue import price
from sandbox.powerpost.errors import NotFound, ValidationRefused
from sandbox.powerpost.images import mime_type, read_form
from sandbox.powerpost.ledger import Ledger
from sandbox.powerpost.orders import read_order
from sandbox.powerpost.production import Production
from sandbox.powerpost.records import Upload

API_PREFIX = "/api/v1"


class Api:
    """Request handlers. They raise refusals, which the middleware turns into error answers."""

    def __init__(
        self,
        *,
        access: Access,
        ledger: Ledger,
        production: Production,
        clock: Clock,
        uploads: Path,
        link: Callable[[str], str],
    ) -> None:
        self._access = access
        self._ledger = ledger
        self._production = production
        self._clock = clock
        self._uploads = uploads
        self._link = link

    def routes(self) -> list[web.RouteDef]:
        """The four endpoints that the product needs."""
        return [
            web.get(f"{API_PREFIX}/account/credits", self.credits),
            web.post(f"{API_PREFIX}/media/upload", self.upload),
            web.post(f"{API_PREFIX}/videos/generate", self.generate),
            web.get(f"{API_PREFIX}/videos/generations/{{id}}", self.generation),
        ]

    async def credits(self, request: web.Request) -> web.Response:
        """`GET /account/credits`"""
        account = self._access.enter(request, Scope.ACCOUNT_READ)
        return web.json_response({"balance": account.balance})

    async def upload(self, request: web.Request) -> web.Response:
        """`POST /media/upload`"""
        account, workspace_id = self._access.enter_workspace(request, Scope.MEDIA_WRITE)
        form = await read_form(request)
        if form.media_type != "image":
            raise ValidationRefused("type must be image: this stand-in keeps no uploaded videos")
        mime = await asyncio.to_thread(mime_type, form.content)
        media_id = str(uuid4())
        file = self._uploads / media_id
        await asyncio.to_thread(file.write_bytes, form.content)
        upload = Upload(
            media_id=media_id,
            account_id=account.id,
            workspace_id=workspace_id,
            file_name=form.file_name,
            file_size=len(form.content),
            mime_type=mime,
            uploaded_at=self._clock.now(),
            file=file,
        )
        self._ledger.keep(upload)
        return web.json_response(answers.upload_kept(upload))

    async def generate(self, request: web.Request) -> web.Response:
        """`POST /videos/generate`"""
        account, workspace_id = self._access.enter_workspace(request, Scope.VIDEOS_GENERATE)
        order = read_order(await _json_body(request))
        if order.source_image is not None:
            self._require_upload(order.source_image, workspace_id)
        cost = price(order.model, order.duration, has_audio=order.has_audio)
        generation = self._ledger.place_order(account, workspace_id, order, cost=cost)
        self._production.take(generation)
        return web.json_response(answers.order_placed(generation, balance=account.balance))

    async def generation(self, request: web.Request) -> web.Response:
        """`GET /videos/generations/{id}`"""
        _, workspace_id = self._access.enter_workspace(request, Scope.VIDEOS_READ)
        self._production.advance()
        generation = self._ledger.generation(request.match_info["id"].lower())
        if generation is None or generation.workspace_id != workspace_id:
            raise NotFound("Video generation not found")
        return web.json_response(answers.generation_status(generation, link=self._link))

    def _require_upload(self, media_id: str, workspace_id: str) -> None:
        upload = self._ledger.upload(media_id)
        if upload is None or upload.workspace_id != workspace_id:
            raise ValidationRefused("source_image not found in this workspace")


async def _json_body(request: web.Request) -> object:
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise ValidationRefused("Request body must be valid JSON") from error
