"""Serving attachments, as Discord's CDN does.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from sandbox.discord.rest.exchange import world_of


def routes() -> list[web.RouteDef]:
    return [
        web.get("/attachments/{channel_id}/{attachment_id}/{filename}", get_attachment),
        web.get("/ephemeral-attachments/{channel_id}/{attachment_id}/{filename}", get_attachment),
    ]


async def get_attachment(request: web.Request) -> web.StreamResponse:
    """The bytes, with ranges for video players; 404 if the signature is not valid or has expired."""
    world = world_of(request)
    await asyncio.sleep(world.limits.attachment_delay.total_seconds())
    files = world.files
    parts = request.match_info
    if not (parts["channel_id"].isdigit() and parts["attachment_id"].isdigit()):
        raise web.HTTPNotFound
    attachment = files.find(int(parts["channel_id"]), int(parts["attachment_id"]))
    if attachment is None or not files.may_fetch(attachment, request.query):
        return web.Response(status=404, text="This content is no longer available.")
    kind = attachment.content_type or "application/octet-stream"
    return web.FileResponse(attachment.path, headers={"Content-Type": kind})
