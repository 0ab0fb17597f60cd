"""Stored files behind signed links, streamed from disk; aiohttp handles ranges, HEAD and conditional requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sandbox.powerpost.ledger import Ledger
from sandbox.powerpost.production import Production
from sandbox.powerpost.records import GenerationStatus
from sandbox.powerpost.signing import LinkSigner


class StoredFile(web.FileResponse):
    """An answer that sends `file`; faults read the path."""

    def __init__(self, file: Path, *, content_type: str) -> None:
        super().__init__(file, headers={"Content-Type": content_type})
        self.file = file


class Storage:
    """Request handlers under `/storage`; forged and expired links get 403."""

    def __init__(self, *, ledger: Ledger, production: Production, signer: LinkSigner) -> None:
        self._ledger = ledger
        self._production = production
        self._signer = signer

    def routes(self) -> list[web.RouteDef]:
        """Videos and thumbnails."""
        return [
            web.get("/storage/videos/{media_id}.mp4", self.video),
            web.get("/storage/thumbs/{media_id}.jpg", self.thumbnail),
        ]

    async def video(self, request: web.Request) -> web.StreamResponse:
        """`GET /storage/videos/{media_id}.mp4`"""
        return self._file(request, self._production.video, "video/mp4")

    async def thumbnail(self, request: web.Request) -> web.StreamResponse:
        """`GET /storage/thumbs/{media_id}.jpg`"""
        return self._file(request, self._production.thumbnail, "image/jpeg")

    def _file(self, request: web.Request, place: Callable[[str], Path], content_type: str) -> web.StreamResponse:
        if not self._signer.accepts(request.path, request.query):
            return web.Response(status=403, text="This link has expired or is not valid.")
        generation = self._ledger.generation_of_media(request.match_info["media_id"])
        if generation is None or generation.status is not GenerationStatus.COMPLETED:
            return web.Response(status=404, text="No such file.")
        return StoredFile(place(generation.media_id), content_type=content_type)
