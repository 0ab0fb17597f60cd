"""Every command of members and admins, with the services that it needs."""

from __future__ import annotations

from discord.ext import commands

from bot.app.accounts import PayingAccounts
from bot.app.resources import Resources
from bot.services.jobs.accept import Accept
from bot.services.jobs.affordability import AffordabilityCheck
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Meet
from cogs.credits.cog import CreditsCog
from cogs.history.cog import HistoryCog
from cogs.privacy.cog import PrivacyCog
from cogs.quota.cog import QuotaCog
from cogs.settings.cog import SettingsCog
from cogs.usage.cog import UsageCog
from cogs.video.cog import VideoCog
from cogs.workspace.cog import WorkspaceCog


class Commands:
    """`queued` wakes for every accepted request, `changed` for every changed setting."""

    def __init__(
        self, resources: Resources, accounts: PayingAccounts, *, meet: Meet, queued: Wakeup, changed: Wakeup
    ) -> None:
        stores = resources.stores
        account_of = accounts.all.account_of
        self._accept = Accept(
            jobs=stores.jobs,
            ledger=stores.ledger,
            meet=meet,
            account_of=account_of,
            options=stores.options,
            queue_wakeup=queued,
            bounds=resources.settings.bounds,
        )
        self._video = VideoCog(
            accept=self._accept,
            affordability=AffordabilityCheck(ledger=stores.ledger, quotas=stores.quotas, account_of=account_of),
            ledger=stores.ledger,
            read_image=resources.read_image,
            clock=resources.clock,
        )
        self.cogs: list[commands.Cog] = [
            self._video,
            CreditsCog(
                ledger=stores.ledger,
                jobs=stores.jobs,
                quotas=stores.quotas,
                own_accounts=accounts.workspaces,
                meet=meet,
            ),
            HistoryCog(jobs=stores.jobs),
            QuotaCog(quotas=stores.quotas, clock=resources.clock),
            UsageCog(ledger=stores.usage, cache=resources.settings.data_dir / "matplotlib", clock=resources.clock),
            WorkspaceCog(workspaces=accounts.workspaces),
            PrivacyCog(erasure=stores.erasure, forgets_servers_after=resources.settings.forget_guilds_after),
            SettingsCog(options=stores.options, changed=changed),
        ]

    def leave(self) -> None:
        """Accept no new request from now on; members are told that the bot is restarting."""
        self._accept.close()

    async def drain(self) -> None:
        """Let requests that are being accepted finish, and their members get an answer."""
        await self._video.drain()
