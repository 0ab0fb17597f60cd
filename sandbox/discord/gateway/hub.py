"""The gateway as a whole: who may identify, which sessions exist, and who gets an event."""

from __future__ import annotations

import secrets

from aiohttp import web

from sandbox.discord.events import Event, Intents
from sandbox.discord.gateway.compression import compressor
from sandbox.discord.gateway.connection import Connection
from sandbox.discord.gateway.protocol import (
    ALL_INTENTS,
    PRIVILEGED,
    CloseCode,
    CloseGateway,
    Opcode,
    Raw,
    SessionStarts,
)
from sandbox.discord.gateway.session import Session
from sandbox.discord.snowflakes import shard_of
from sandbox.discord.wire import Json
from sandbox.discord.world import World


class Gateway:
    """Set `shards` before the bot starts, to recommend more than one.

    New connections get `greeting` instead of HELLO, as from a broken gateway.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._connections: set[Connection] = set()
        self._sessions: dict[str, Session] = {}
        self.url = ""
        self.shards = 1
        self.starts = SessionStarts()
        self.greeting: Raw | None = None
        self.identified = 0
        self.resumed = 0
        world.listeners.append(self.dispatch)

    @property
    def connected(self) -> list[Session]:
        """The sessions with an open connection."""
        return [session for session in self._sessions.values() if session.connected]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`GET ws://…/gateway?v=10&encoding=json&compress=zlib-stream`."""
        try:
            compress = compressor(request.query.get("compress"))
        except ValueError as unknown:
            return web.Response(status=400, text=str(unknown))
        if request.query.get("encoding", "json") != "json":
            return web.Response(status=400, text="only the json encoding is supported here")
        socket = web.WebSocketResponse(max_msg_size=4096 * 4, timeout=1.0)
        await socket.prepare(request)
        connection = Connection(self, socket, compress)
        self._connections.add(connection)
        await connection.serve()
        return socket

    def dispatch(self, event: Event) -> None:
        for session in self._sessions.values():
            if session.wants(event):
                session.dispatch(event.name, event.payload)

    def identify(self, connection: Connection, identity: Json) -> None:
        """Open a session and send READY and its guilds. Raises CloseGateway for a wrong token, shard or intents.

        https://docs.discord.com/developers/events/gateway#identifying
        """
        shard_id, shard_count = identity.get("shard") or (0, 1)
        self._check_identity(identity, shard_id, shard_count)
        self.starts.take()
        for stale in [s for s in self._sessions.values() if not s.connected and s.shard_id == shard_id]:
            del self._sessions[stale.id]
        session = Session(secrets.token_hex(16), shard_id, shard_count, Intents(identity["intents"]), connection)
        self._sessions[session.id] = connection.session = session
        self._welcome(session)
        self.identified += 1
        self._world.changed()

    def resume(self, connection: Connection, claim: Json) -> None:
        """Continue a session where it stopped; if it is unknown, the bot must identify again.

        https://docs.discord.com/developers/events/gateway#resuming
        """
        if claim.get("token") != self._world.application.token:
            raise CloseGateway(CloseCode.AUTHENTICATION_FAILED)
        session, sequence = self._sessions.get(str(claim.get("session_id"))), claim.get("seq") or 0
        if session is None or not session.can_replay_from(sequence):
            connection.push({"op": int(Opcode.INVALID_SESSION), "d": False})
            return
        session.pipe = connection
        connection.session = session
        session.replay_from(sequence)
        session.dispatch("RESUMED", {"_trace": []})
        self.resumed += 1
        self._world.changed()

    def send(self, name: str, payload: object) -> None:
        """Send any payload, even one that Discord never would, to every connected session."""
        for session in self.connected:
            session.dispatch(name, payload)

    def send_raw(self, data: str | bytes, *, compressed: bool = True) -> None:
        """Send a frame that is not a gateway message, on every connection."""
        for connection in list(self._connections):
            connection.push_raw(Raw(data, compressed))

    def leave(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._world.changed()

    def request_reconnect(self) -> None:
        """Ask every connection to reconnect and resume (opcode 7)."""
        for connection in list(self._connections):
            connection.push({"op": int(Opcode.RECONNECT), "d": None})

    def invalidate_sessions(self, *, resumable: bool = False) -> None:
        """Tell every session that it is invalid (opcode 9), and forget it unless it is `resumable`."""
        for connection in list(self._connections):
            connection.push({"op": int(Opcode.INVALID_SESSION), "d": resumable})
        if not resumable:
            self._sessions.clear()

    def disconnect(self, code: CloseCode = CloseCode.UNKNOWN_ERROR) -> None:
        """Close every connection; the sessions can be resumed."""
        for connection in list(self._connections):
            connection.close(code)

    def _check_identity(self, identity: Json, shard_id: int, shard_count: int) -> None:
        if identity.get("token") != self._world.application.token:
            raise CloseGateway(CloseCode.AUTHENTICATION_FAILED)
        if not 0 <= shard_id < shard_count:
            raise CloseGateway(CloseCode.INVALID_SHARD)
        intents = identity.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= ALL_INTENTS:
            raise CloseGateway(CloseCode.INVALID_INTENTS)
        if intents & PRIVILEGED:
            raise CloseGateway(CloseCode.DISALLOWED_INTENTS)

    def _welcome(self, session: Session) -> None:
        application = self._world.application
        guilds = [
            g for g in self._world.guilds.values() if g.bot and shard_of(g.id, session.shard_count) == session.shard_id
        ]
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": application.bot.own_payload(),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": [session.shard_id, session.shard_count],
                "application": {"id": str(application.id), "flags": 0},
                "private_channels": [],
            },
        )
        if Intents.GUILDS in session.intents:
            for guild in guilds:
                session.dispatch("GUILD_CREATE", guild.gateway_payload() | {"unavailable": False})
