"""What the services need from outside, as small protocols: the database, PowerPost, and where members look.

What fits a port says so ("Fits `bot.services.ports.Jobs`.") and does not repeat what the port promises; it need not
import this module. `tests/test_promises.py` holds the two together.

Orders and answers are the wire's own records (`bot.powerpost.models`): they are plain data, and a second set would only
have to be kept equal. Services name nothing else of `bot/powerpost/`; a contract in `pyproject.toml` says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, Unpack

from bot.domain.actor import Actor
from bot.domain.audit import AuditAction, Details
from bot.domain.evidence import Observation
from bot.domain.guild_facts import GuildFacts
from bot.domain.guild_names import GuildNames, KnownGuild
from bot.domain.identifiers import (
    ChannelId,
    Credits,
    GuildId,
    InteractionId,
    JobId,
    LinkId,
    MessageId,
    RoleId,
    UserId,
)
from bot.domain.job import Job, JobChanges, JobState
from bot.domain.ledger import Balance
from bot.domain.options import NO_LIMIT, AtOnce, Edit, GuildOptions, Option
from bot.domain.outcome import Outcome
from bot.domain.pricing import Price, PriceKey
from bot.domain.purchase import Purchase, PurchasePage
from bot.domain.quota import Allowance, Period, Rule, Target, Usage
from bot.domain.request import SourceImage, VideoRequest
from bot.domain.spending import SpendingStatus
from bot.domain.usage import DayRange, UsageLine
from bot.domain.usage import Usage as UsedInSpan
from bot.powerpost.models import Accepted, GenerateOrder, Generation, Uploaded


class Jobs(Protocol):
    """The durable record of every job. Each method is one transaction; all raise `StorageError`."""

    async def accept(self, request: VideoRequest, held: Credits, at_once: AtOnce = NO_LIMIT) -> Job:
        """Record a queued job, its picture and its hold of `held` credits, all or nothing.

        For an interaction that already has a job, nothing changes and that job is returned as it is now.

        Raises `SpendingStopped` while the operator has stopped all spending, `TooManyAtOnce` when as many videos as
        `at_once` allows are in progress, `QuotaExceeded` when a rule of the guild leaves the requester too little,
        `InsufficientCredits` when the guild cannot afford it, and `AccountUnusable` when its own account was changed at
        this moment.
        """

    async def check_free_place(self, request: VideoRequest, at_once: AtOnce, picture_size: int) -> None:
        """Refuse early what `accept` would refuse, for a request with a picture of this many bytes, not yet fetched.

        Raises `SpendingStopped` and `TooManyAtOnce`.
        """

    async def move(self, job_id: JobId, start: JobState, end: JobState, **changes: Unpack[JobChanges]) -> Job | None:
        """Move a job and write the move's ledger entry; None, with nothing changed, when it was no longer in `start`.

        Also None, instead of `submitting`, while all spending is stopped. None is never success: the caller asks where
        the job is now, or leaves it to whoever moved it.

        Raises `GenerationTaken` when another job has the generation that `changes` name, and `ValueError` for a move
        that the table of `domain/job.py` does not allow.
        """

    async def note(self, job_id: JobId, **changes: Unpack[JobChanges]) -> Job | None:
        """Record facts about a job without moving it; None when there is no such job."""

    async def get(self, job_id: JobId) -> Job | None:
        """The job, or None."""

    async def in_states(self, *states: JobState) -> Sequence[Job]:
        """All jobs in these states, oldest first."""

    async def unshown(self, now: datetime) -> Sequence[Job]:
        """Jobs, oldest first, whose message does not show their state at `now`; never completed or delivering ones."""

    async def mark_trouble(self, link_id: LinkId | None, until: datetime | None) -> None:
        """Note on an account's queued jobs how long they wait for PowerPost (None: no longer).

        Messages for which that is news become unshown.
        """

    async def source_image(self, job_id: JobId) -> SourceImage | None:
        """The picture that is kept for a job until it is uploaded."""

    async def image_uploaded(self, job_id: JobId, media_id: str) -> Job | None:
        """Record where PowerPost keeps the picture, and drop our copy; None when there is no such job."""

    async def latest_of(self, guild_id: GuildId, user_id: UserId, limit: int) -> Sequence[Job]:
        """A member's own latest jobs in a guild, newest first, without erased ones."""


class OutcomeLog(Protocol):
    """Remembers the outcomes of orders until the database does. All raise `OSError`."""

    async def read(self) -> Sequence[Outcome]:
        """What earlier processes kept but never stored, oldest first; called once, at start."""

    async def keep(self, outcome: Outcome) -> None:
        """Remember an outcome: it survives a power cut once this has returned."""

    async def remove(self, job_id: JobId) -> None:
        """Forget the job's outcome: the database has it now."""


class Ledger(Protocol):
    """Balances and prices. All raise `StorageError`."""

    async def balance(self, guild_id: GuildId) -> Balance:
        """The sums of a guild's granted credits; zeros for a guild that was never heard of."""

    async def learned_prices(self, link_id: LinkId | None = None) -> Mapping[PriceKey, Price]:
        """The expected price of each combination that this payer (None: the operator) was charged for or has set."""


class Quotas(Protocol):
    """A guild's rules for what its members may use. All raise `StorageError`."""

    async def put(self, guild_id: GuildId, rule: Rule, *, actor: Actor) -> Rule | None:
        """Store a rule, with an audit entry, even for an unknown guild; returns the rule that it replaces, if any."""

    async def clear(
        self, guild_id: GuildId, target: Target, period: Period | None = None, *, actor: Actor
    ) -> Sequence[Rule]:
        """Remove a target's rule for a period, or all its rules, with audit entries; returns the removed rules."""

    async def rules(self, guild_id: GuildId) -> Sequence[Rule]:
        """All rules: for everyone, then for roles, then for members, each from the shortest period to the longest."""

    async def allowances(self, guild_id: GuildId, user_id: UserId, role_ids: frozenset[RoleId]) -> Sequence[Allowance]:
        """What the rules leave a member with these roles, from the shortest period to the longest, if any."""

    async def usage(self, guild_id: GuildId) -> Mapping[UserId, Usage]:
        """What each member has used in the current windows; members who used nothing are missing."""


class Options(Protocol):
    """What the admins of a guild have set. All raise `StorageError`."""

    async def of(self, guild_id: GuildId) -> GuildOptions:
        """The guild's options; the defaults for a guild that has set none.

        What is stored and cannot be read is a `StorageError`, never a default: a rule must not vanish unnoticed.
        """

    async def change(self, guild_id: GuildId, option: Option, edit: Edit, *, actor: Actor) -> GuildOptions:
        """Set an option to what `edit` makes of its value, with an audit entry; returns the options after that.

        Changes of a guild are made one after the other, so that none undoes another made at the same time.

        Raises `InvalidSetting`, with nothing changed.
        """


class Audit(Protocol):
    """Records who changed what in a guild, forever, and tells the guild's log channel if it has one."""

    async def record(self, guild_id: GuildId, actor: Actor, what: AuditAction, details: Details) -> None:
        """Record one action. Raises `StorageError`."""


class Observations(Protocol):
    """The operator's PowerPost balance over time, and the orders that can have changed it. All raise `StorageError`."""

    async def remember(self, observations: Iterable[Observation]) -> None:
        """Store these, in their order."""

    async def all(self) -> Sequence[Observation]:
        """The newest few thousand, in the order they were made."""

    async def orders_since(self, moment: datetime) -> Sequence[Job]:
        """Every job on the operator's account whose order can have changed the balance after `moment`."""


class Spending(Protocol):
    """The operator's switch that stops all spending. All raise `StorageError`; nobody spends then."""

    async def stop(self, *, actor: Actor, reason: str) -> SpendingStatus:
        """From now on, no process on this database accepts a request or lets a job become `submitting`.

        The status counts the orders that left before, some of which may be on their way at this moment.
        """

    async def start(self, *, actor: Actor, reason: str) -> SpendingStatus:
        """Allow requests and orders again; returns the status after that."""

    async def status(self) -> SpendingStatus:
        """The current position of the switch."""

    async def is_stopped(self) -> bool:
        """Whether orders must wait."""


class UsageLedger(Protocol):
    """Who used what in a guild. All raise `StorageError`."""

    async def usage(self, guild_id: GuildId, span: DayRange) -> UsedInSpan:
        """All sums of a guild, as of one moment."""

    async def lines(self, guild_id: GuildId, span: DayRange, limit: int) -> Sequence[UsageLine]:
        """One sum per day, member and model, newest day first, at most `limit`."""


class Grants(Protocol):
    """Credits that the operator gives to servers. All raise `StorageError`."""

    async def balance(self, guild_id: GuildId) -> Balance:
        """The sums of a guild's granted credits; zeros for a guild that was never heard of."""

    async def grant(
        self,
        guild_id: GuildId,
        amount: Credits,
        *,
        actor: Actor,
        reason: str,
        interaction_id: InteractionId | None = None,
    ) -> Balance:
        """Give a guild credits, even before the bot has joined it; returns the balance after that.

        An interaction that did this already changes nothing.

        Raises `ValueError` for an amount that is not between 1 and `LARGEST_AMOUNT` of `domain/ledger.py`.
        """

    async def revoke(
        self,
        guild_id: GuildId,
        amount: Credits,
        *,
        actor: Actor,
        reason: str,
        interaction_id: InteractionId | None = None,
    ) -> Balance:
        """Take credits back from a guild; returns the balance after that.

        An interaction that did this already changes nothing.

        Raises `NothingLeftToRevoke` when fewer are available, and `ValueError` as `grant` does.
        """


class Names(Protocol):
    """Names of servers and channels. All raise `StorageError`."""

    async def keep(self, guild_id: GuildId, names: GuildNames) -> None:
        """Store the names, cut to what Discord allows. Writes only what is new."""

    async def of(self, guild_ids: Collection[GuildId]) -> Mapping[GuildId, GuildNames]:
        """The names of these guilds, as far as known."""

    async def known(self) -> Sequence[KnownGuild]:
        """Every guild that the bot has heard of, with its name."""


class GuildList(Protocol):
    """Every guild that the bot has heard of. All raise `StorageError`."""

    async def all(self) -> Sequence[GuildFacts]:
        """What is known of each, in the order of their ids."""


class Purchases(Protocol):
    """Credit packs bought in Discord. Both raise `DiscordError`."""

    async def page(self, after: int) -> PurchasePage:
        """The next purchases after this id, as many as one request returns."""

    async def consume(self, purchase: Purchase) -> None:
        """Mark a purchase as used: its buyer may then buy the same again."""


class PurchaseLedger(Protocol):
    """Turns purchases into credits. All raise `StorageError`."""

    async def credit(self, purchase: Purchase, guild_id: GuildId, amount: Credits) -> bool:
        """Grant a purchase's credits to a guild, once; False, with nothing changed, when that was already done."""

    async def place(self) -> int:
        """The id of the last purchase that was looked at; 0 at first."""

    async def keep_place(self, last: int) -> None:
        """Remember the id of the last purchase that was looked at."""


Meet = Callable[[GuildId], Awaitable[None]]
"""Records that the bot is in a guild, with its starting credits if it is new; quick and harmless if it is not.

A command can arrive before Discord announces its guild, so every command calls this first.
"""


class Account(Protocol):
    """One PowerPost account: a key, a workspace, and the budget of requests that all jobs of the key share.

    Calls raise the `PowerPostError` that says what is certain; none waits for the budget itself.
    """

    async def turn_to_order(self) -> None:
        """Return when the budget allows an order; orders come before status checks."""

    def wait_for_look(self) -> timedelta:
        """How long until the budget allows a status check; zero or less means now."""

    def take_look(self) -> None:
        """Use up the slot for a status check."""

    async def generate(self, order: GenerateOrder) -> Accepted:
        """Order a video: costs credits, and is never sent twice."""

    async def generation(self, generation_id: str) -> Generation:
        """The video's progress, with a fresh link once it is done."""

    async def credits(self) -> int:
        """The account's balance, in credits."""

    async def upload_image(self, data: bytes, filename: str, content_type: str) -> Uploaded:
        """Upload a picture to PowerPost, to animate it."""

    async def download(self, url: str, target: Path) -> None:
        """Write a finished video to `target`. Raises `DownloadFailed`; then `target` does not exist."""


class Accounts(Protocol):
    """The PowerPost accounts in use."""

    def of(self, link_id: LinkId | None) -> Account:
        """The account of a link, or the operator's for None."""


class Notifier(Protocol):
    """Where members look. All methods raise a `DiscordError`."""

    async def edit(self, job: Job, *, balance: Balance) -> None:
        """Make the job's message show its current state."""

    async def edit_with_file(self, job: Job, video: Path, *, balance: Balance) -> None:
        """Make the job's message show the finished video, attached.

        Raises `FileTooLarge` when Discord does not accept the file here.
        """

    async def post(self, job: Job, video: Path | None, *, balance: Balance) -> tuple[ChannelId, MessageId]:
        """Show the job in a new message in its channel."""

    async def send_direct(self, job: Job, video: Path | None, *, balance: Balance) -> tuple[ChannelId, MessageId]:
        """Show the job to its requester only, by direct message."""

    async def remove(self, job: Job) -> None:
        """Delete the job's message, because another one now shows the job."""

    async def find_answer(self, job: Job) -> MessageId | None:
        """The message that answered the job's command, if the process died before storing its id."""

    async def mention_requester(self, job: Job) -> None:
        """Tell the requester that the video is ready: an edit notifies nobody."""

    async def tell_directly(self, job: Job) -> None:
        """Tell the requester by direct message that the video is ready, and where."""
