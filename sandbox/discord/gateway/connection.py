"""One websocket of the bot: HELLO, IDENTIFY or RESUME, heartbeats, and the events of its session."""

from __future__ import annotations

import asyncio
import json
from typing import Protocol

from aiohttp import WSMsgType, web

from sandbox.discord.gateway.compression import Compress
from sandbox.discord.gateway.protocol import HEARTBEAT_MILLISECONDS, CloseCode, CloseGateway, Opcode, Raw
from sandbox.discord.gateway.session import Session
from sandbox.discord.wire import Json

_SILENCE_MAX = 2 * HEARTBEAT_MILLISECONDS / 1000
_IGNORED = frozenset({Opcode.PRESENCE_UPDATE, Opcode.VOICE_STATE_UPDATE, Opcode.REQUEST_GUILD_MEMBERS})


class Hub(Protocol):
    """What a connection needs from the gateway that it belongs to."""

    greeting: Raw | None

    def identify(self, connection: Connection, identity: Json) -> None: ...
    def resume(self, connection: Connection, claim: Json) -> None: ...
    def leave(self, connection: Connection) -> None: ...


class Connection:
    """Reads what the bot sends. What it is sent goes through a queue, so nobody waits for the network."""

    def __init__(self, gateway: Hub, socket: web.WebSocketResponse, compress: Compress | None) -> None:
        self._gateway = gateway
        self._socket = socket
        self._compress = compress
        self._outbox: asyncio.Queue[Json | CloseCode | Raw] = asyncio.Queue()
        self.session: Session | None = None

    async def serve(self) -> None:
        """Run until either side closes."""
        if self._gateway.greeting is None:
            self.push({"op": int(Opcode.HELLO), "d": {"heartbeat_interval": HEARTBEAT_MILLISECONDS}})
        else:
            self.push_raw(self._gateway.greeting)
        writer = asyncio.create_task(self._write())
        try:
            await self._read()
        except CloseGateway as closing:
            self.close(closing.code)
            await writer
        finally:
            self._leave()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    def push(self, message: Json) -> None:
        self._outbox.put_nowait(message)

    def push_raw(self, frame: Raw) -> None:
        self._outbox.put_nowait(frame)

    def close(self, code: CloseCode) -> None:
        """Close once everything queued has been sent."""
        self._outbox.put_nowait(code)

    async def _write(self) -> None:
        while True:
            message = await self._outbox.get()
            if isinstance(message, CloseCode):
                await self._socket.close(code=message)
                return
            frame = message if isinstance(message, Raw) else Raw(json.dumps(message, separators=(",", ":")))
            try:
                await self._send(frame)
            except ConnectionError:
                return

    async def _send(self, frame: Raw) -> None:
        if isinstance(frame.data, bytes):
            await self._socket.send_bytes(frame.data)
        elif self._compress is None or not frame.compressed:
            await self._socket.send_str(frame.data)
        else:
            await self._socket.send_bytes(self._compress(frame.data))

    async def _read(self) -> None:
        while True:
            try:
                received = await self._socket.receive(timeout=_SILENCE_MAX)
            except TimeoutError:
                raise CloseGateway(CloseCode.SESSION_TIMED_OUT) from None
            if received.type is not WSMsgType.TEXT:
                return
            self._handle(_decode(received.data))

    def _handle(self, message: Json) -> None:
        operation = message.get("op")
        if operation == Opcode.HEARTBEAT:
            self.push({"op": int(Opcode.HEARTBEAT_ACK)})
        elif operation == Opcode.IDENTIFY:
            self._require_anonymous()
            self._gateway.identify(self, message["d"])
        elif operation == Opcode.RESUME:
            self._require_anonymous()
            self._gateway.resume(self, message["d"])
        elif self.session is None:
            raise CloseGateway(CloseCode.NOT_AUTHENTICATED)
        elif operation not in _IGNORED:
            raise CloseGateway(CloseCode.UNKNOWN_OPCODE)

    def _require_anonymous(self) -> None:
        if self.session is not None:
            raise CloseGateway(CloseCode.ALREADY_AUTHENTICATED)

    def _leave(self) -> None:
        if self.session is not None and self.session.pipe is self:
            self.session.pipe = None
        self._gateway.leave(self)


def _decode(text: str) -> Json:
    try:
        message = json.loads(text)
    except ValueError:
        raise CloseGateway(CloseCode.DECODE_ERROR) from None
    if not isinstance(message, dict):
        raise CloseGateway(CloseCode.DECODE_ERROR)
    return message
