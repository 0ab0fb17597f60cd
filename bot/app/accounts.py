"""Who pays: the operator's PowerPost account, watched, and those that servers linked; and who hears when one fails."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

import discord

from bot.app.resources import Resources
from bot.domain.alert import odd_price
from bot.errors import PowerPostError, PowerPostRefusal
from bot.services.accounts.guild_accounts import GuildAccounts
from bot.services.accounts.linking import Workspaces
from bot.services.accounts.watched import WatchedAccount
from bot.services.ports import Audit
from bot.settings import require_for_run

_log = logging.getLogger(__name__)


class PayingAccounts:
    """`operator` is the operator's own, `all` finds the account of any job, `workspaces` links those of servers."""

    def __init__(self, resources: Resources, *, audit: Audit) -> None:
        settings, links = resources.settings, resources.stores.workspaces
        self._channel, self.alerts = resources.alert_channel, resources.alerts
        resources.stores.jobs.tell_odd_charges(lambda charge: self.alerts.raise_alert(odd_price(charge)))
        _, key, workspace = require_for_run(settings)
        self.operator = WatchedAccount(
            resources.open_account(key, str(workspace)),
            alerts=self.alerts,
            clock=resources.clock,
            low_balance=settings.low_balance_credits,
        )
        vault, open_account = resources.keyring, resources.open_account
        self.all = GuildAccounts(
            operator=self.operator,
            links=links,
            vault=vault,
            open_account=open_account,
            audit=audit,
            clock=resources.clock,
        )
        self.workspaces = Workspaces(
            links=links, accounts=self.all, vault=vault, open_account=open_account, audit=audit
        )

    def loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What must be kept running."""
        return {"accounts": self.all.run, "forget_keys": self.all.forget_keys}

    def telling(self, client: discord.Client) -> dict[str, Callable[[], Awaitable[None]]]:
        """What alerts the operator, even without the database."""
        return {} if self._channel is None else {"alert": partial(self._channel.run, client)}

    async def say_balance(self) -> None:
        """Log at start whether the operator's key works; the bot serves meanwhile, and members get clear refusals."""
        try:
            balance = await self.operator.credits()
        except PowerPostRefusal as error:
            _log.error("PowerPost refuses POWERPOST_API_KEY: %s", error, extra={"action": "check_key"})
        except PowerPostError as error:
            _log.warning("PowerPost does not answer: %s", error, extra={"action": "check_key"})
        else:
            _log.info("PowerPost account ready", extra={"action": "check_key", "credits": balance})
