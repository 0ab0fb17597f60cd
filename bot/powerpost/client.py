"""The calls that the bot makes to PowerPost, for one key and workspace.

An order for a video is sent once and never again: it costs money, and no idempotency key is documented. Reads are
tried three times, since they are free; an upload is tried once more if it certainly did not arrive. A 429 is raised at
once, and from then on `pacing` knows how long to wait.

https://powerpost.ai/docs/api/generate-videos
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import aiohttp
from pydantic import SecretStr

from bot.clock import Clock
from bot.errors import NoAnswer, NotFound, PowerPostError, PowerPostUnreachable, RateLimited, ServerFault
from bot.powerpost import protocol
from bot.powerpost.limits import read_rate_limit
from bot.powerpost.models import Accepted, GenerateOrder, Generation, Uploaded
from bot.powerpost.pacing import Pacing, Ticket
from bot.powerpost.protocol import Answer, Endpoint, Request, Value
from bot.powerpost.transport import Transport

SENDING_TIMEOUT = timedelta(seconds=90)
READING_TIMEOUT = timedelta(seconds=30)
READ_TRIES = 3
UPLOAD_TRIES = 2
FIRST_BACKOFF = timedelta(milliseconds=500)
LONGEST_BACKOFF = timedelta(seconds=8)
NO_GENERATION: Final = "00000000-0000-0000-0000-000000000000"
WORTH_READING_AGAIN = (PowerPostUnreachable, NoAnswer, ServerFault)

logger = logging.getLogger(__name__)


class PowerPostClient:
    """PowerPost, as one key and workspace see it.

    The session is the caller's (see `transport.open_session`) and may be shared by clients of many keys; `pacing`
    belongs to the key, so clients of the same key share one. Every method raises the `PowerPostError` that fits. Before
    sending, ask `pacing.wait` for the endpoint: only retried reads wait here.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        base_url: str,
        api_key: SecretStr | str,
        workspace_id: str,
        clock: Clock,
        pacing: Pacing | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Raises `InvalidApiKey` or `AccessForbidden` for a key or workspace id that no header may carry."""
        key = api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key
        self._access = protocol.Access(key, workspace_id)
        self._transport = Transport(session=session, base_url=base_url, clock=clock)
        self._clock = clock
        self._jitter = jitter
        self.pacing = pacing or Pacing()

    async def generate(self, order: GenerateOrder) -> Accepted:
        """Order one video, which spends credits. Sent once: on a `PowerPostUnclear` it may have been ordered."""
        return await self._call(protocol.order_video(self._access, order), timeout=SENDING_TIMEOUT, tries=1)

    async def generation(self, generation_id: str) -> Generation:
        """The status of a generation, with fresh links once it is completed."""
        request = protocol.ask_generation(self._access, generation_id)
        return await self._call(request, timeout=READING_TIMEOUT, tries=READ_TRIES)

    async def upload_image(self, data: bytes, *, filename: str, content_type: str) -> Uploaded:
        """Store an image (JPEG, PNG or WebP, up to 10 MB) to start a video from. Free."""
        request = protocol.upload_image(self._access, data, filename=filename, content_type=content_type)
        return await self._call(request, timeout=SENDING_TIMEOUT, tries=UPLOAD_TRIES)

    async def credits(self) -> int:
        """The balance of the account behind the key, in credits."""
        request = protocol.ask_credits(self._access)
        return (await self._call(request, timeout=READING_TIMEOUT, tries=READ_TRIES)).balance

    async def _call(self, request: Request[Value], *, timeout: timedelta, tries: int) -> Value:
        for failed in range(tries - 1):
            try:
                return await self._send(request, timeout)
            except PowerPostError as error:
                pause = self._pause(request, error, failed)
                if pause is None:
                    raise
            await self._clock.sleep(pause)
        return await self._send(request, timeout)

    async def _send(self, request: Request[Value], timeout: timedelta) -> Value:
        """One request on the wire, counted by the pacing and logged."""
        started = self._clock.monotonic()
        ticket = self.pacing.sent(request.endpoint)
        answer: Answer | None = None
        error: PowerPostError | None = None
        try:
            answer = await self._transport.send(request, read_timeout=timeout)
            return protocol.decipher(request, answer)
        except PowerPostError as failure:
            error = failure
            raise
        finally:
            self._note_limits(ticket, answer, error)
            self._log(request, answer, error, seconds=self._clock.monotonic() - started)

    def _pause(self, request: Request[Value], error: PowerPostError, failed: int) -> timedelta | None:
        """How long to wait before the next try, with jitter and within the limits; None to give up."""
        is_read = request.method == "GET"
        if not isinstance(error, WORTH_READING_AGAIN if is_read else PowerPostUnreachable):
            return None
        backoff = min(FIRST_BACKOFF * 2**failed, LONGEST_BACKOFF) * (0.5 + 0.5 * self._jitter())
        asked = error.facts.retry_after or timedelta()
        pause = max(backoff, asked, self.pacing.wait(request.endpoint, self._clock.monotonic()))
        return pause if pause <= LONGEST_BACKOFF else None

    def _note_limits(self, ticket: Ticket, answer: Answer | None, error: PowerPostError | None) -> None:
        now = self._clock.monotonic()
        if answer is None:
            self.pacing.answered(ticket, now)
            return
        said = read_rate_limit(answer.headers, received_at=answer.received_at)
        if isinstance(error, RateLimited):
            self.pacing.refused(ticket, now, said, error.facts.retry_after)
        else:
            self.pacing.answered(ticket, now, said)

    def _log(
        self, request: Request[Value], answer: Answer | None, error: PowerPostError | None, *, seconds: float
    ) -> None:
        level = logging.DEBUG if request.endpoint is Endpoint.GENERATION and error is None else logging.INFO
        facts = {
            "action": "powerpost_call",
            "endpoint": str(request.endpoint),
            "status": answer.status if answer else None,
            "request_id": protocol.request_id(answer) if answer else None,
            "seconds": round(seconds, 3),
            "error": type(error).__name__ if error else None,
        }
        logger.log(level, "Call to PowerPost", extra=facts)


async def prove_access(client: PowerPostClient) -> int:
    """The balance of the account, in credits, once its key, workspace and right to read videos are proven.

    Raises the `PowerPostError` that says what is wrong. Whether the key may order and upload
    shows with the first order: nothing free needs those scopes.
    """
    balance = await client.credits()
    await prove_workspace(client)
    return balance


async def prove_workspace(client: PowerPostClient) -> None:
    """Ask for a generation that does not exist: "not found" means that key, workspace and scope are right.

    Raises the `PowerPostError` that says what is wrong.
    """
    try:
        await client.generation(NO_GENERATION)
    except NotFound:
        return
