"""Opens PowerPost accounts, the operator's and those that servers link; all with the same key share one budget."""

from __future__ import annotations

import hashlib
from weakref import WeakValueDictionary

import aiohttp
from pydantic import SecretStr

from bot.clock import Clock
from bot.powerpost.account import PowerPostAccount
from bot.powerpost.client import PowerPostClient
from bot.powerpost.pacing import Pacing
from bot.web.fetch import Fetcher


class AccountOpener:
    """An `OpenAccount` of `guild_accounts.py`. The session and the fetcher are the caller's to close."""

    def __init__(self, *, session: aiohttp.ClientSession, fetcher: Fetcher, base_url: str, clock: Clock) -> None:
        self._session = session
        self._fetcher = fetcher
        self._base_url = base_url
        self._clock = clock
        self._pacings: WeakValueDictionary[bytes, Pacing] = WeakValueDictionary()

    def __call__(self, api_key: SecretStr, workspace_id: str) -> PowerPostAccount:
        """The account behind a key, without asking PowerPost whether it exists.

        Raises `InvalidApiKey` or `AccessForbidden` for a key or workspace id that does not fit into a header.
        """
        client = PowerPostClient(
            session=self._session,
            base_url=self._base_url,
            api_key=api_key,
            workspace_id=workspace_id,
            clock=self._clock,
            pacing=self._pacing(api_key),
        )
        return PowerPostAccount(client=client, fetcher=self._fetcher, clock=self._clock)

    def _pacing(self, api_key: SecretStr) -> Pacing:
        digest = hashlib.sha256(api_key.get_secret_value().encode(errors="replace")).digest()
        return self._pacings.setdefault(digest, Pacing())
