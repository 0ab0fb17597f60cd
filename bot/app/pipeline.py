"""The loops that move jobs: queue → PowerPost → checks → delivery, and the messages that follow them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord

from bot.app.accounts import PayingAccounts
from bot.app.resources import Resources
from bot.services.jobs.outcomes import Outcomes
from bot.services.jobs.poll import Poller
from bot.services.jobs.recover import recover
from bot.services.jobs.submit import Submitter
from bot.services.jobs.unconfirmed import Unconfirmed
from bot.services.jobs.upload import Uploader
from bot.services.loops.wakeup import Wakeup
from bot.services.messages.announce import Announcer
from bot.services.messages.deliver import Deliverer
from bot.services.messages.estimates import Estimates
from bot.services.messages.present import Presenter
from cogs.video.notifier import DiscordNotifier


class Pipeline:
    """One loop per stage of a job; `queued` wakes for new work."""

    def __init__(
        self, resources: Resources, accounts: PayingAccounts, *, client: discord.Client, queued: Wakeup
    ) -> None:
        clock, stores, settings = resources.clock, resources.stores, resources.settings
        jobs, alerts = stores.jobs, accounts.alerts
        looks, messages, deliveries, doubts = Wakeup(), Wakeup(), Wakeup(), Wakeup()
        self._estimates = Estimates(history=stores.history, clock=clock)
        notifier = DiscordNotifier(client=client, clock=clock, estimate=self._estimates.ready_at)
        presenter = Presenter(notifier=notifier, ledger=stores.ledger, clock=clock)
        self._jobs = jobs
        self._outcomes = Outcomes(jobs=jobs, log=resources.outcomes, alerts=alerts, clock=clock)
        self._submitter = Submitter(
            jobs=jobs,
            accounts=accounts.all,
            uploader=Uploader(jobs=jobs, accounts=accounts.all, alerts=alerts, clock=clock),
            outcomes=self._outcomes,
            alerts=alerts,
            spending=stores.spending,
            clock=clock,
            wakeup=queued,
            moved=(looks, messages, doubts),
        )
        self._unconfirmed = Unconfirmed(
            jobs=jobs,
            ledger=stores.ledger,
            observations=stores.observations,
            account=accounts.operator,
            waits=stores.waits,
            is_ours_alone=settings.powerpost_key_is_ours_alone,
            alerts=alerts,
            clock=clock,
            wakeup=doubts,
            moved=(messages,),
        )
        self._poller = Poller(
            jobs=jobs,
            accounts=accounts.all,
            alerts=alerts,
            waits=stores.waits,
            clock=clock,
            wakeup=looks,
            finished=(deliveries, messages),
        )
        self._announcer = Announcer(jobs=jobs, presenter=presenter, alerts=alerts, clock=clock, wakeup=messages)
        self._deliverer = Deliverer(
            jobs=jobs,
            accounts=accounts.all,
            presenter=presenter,
            notifier=notifier,
            options=stores.options,
            alerts=alerts,
            waits=stores.waits,
            clock=clock,
            wakeup=deliveries,
            videos=resources.videos,
        )

    async def recover(self) -> None:
        """Before anything else: settle what a process that died left unfinished. Raises `StorageError`."""
        await recover(self._jobs, self._outcomes)

    def loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What must be kept running."""
        return {
            "submit": self._submitter.run,
            "unconfirmed": self._unconfirmed.run,
            "poll": self._poller.run,
            "announce": self._announcer.run,
            "deliver": self._deliverer.run,
            "estimate": self._estimates.run,
        }

    def leave(self) -> None:
        """Start no new upload and no new order from now on."""
        self._submitter.leave()

    async def finish_orders(self) -> None:
        """Let the current order of each account finish, for up to 90 s."""
        await self._submitter.close()

    async def pause(self) -> None:
        """Stop current work, except orders: their outcome must still be stored."""
        self._submitter.pause()
        await self._close_but_orders()

    async def resume(self) -> None:
        """After `pause()`: once none of our orders is in progress, settle those that others left, and start again.

        Raises `StorageError`; then it may be called again.
        """
        await self._submitter.task_pool.idle()
        await self.recover()
        self._submitter.go_on()

    async def close(self) -> None:
        """Stop current work; the next start continues it."""
        await self._submitter.task_pool.close()
        await self._close_but_orders()

    async def _close_but_orders(self) -> None:
        for task_pool in (self._poller.task_pool, self._announcer.task_pool, self._deliverer.task_pool):
            await task_pool.close()
