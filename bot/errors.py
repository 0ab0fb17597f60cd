"""Every error of the product, in one tree; a library's errors are translated into it once, at the boundary.

VideobotError
├── SettingsError                  the operator's settings cannot be used (one line per wrong variable)
├── RequestRefused                 a member's request breaks a rule; nothing was spent or sent
│   ├── InvalidRequest             prompt, model, duration, size or audio
│   ├── ImageRefused               the attached picture cannot be used
│   ├── InsufficientCredits        the server has fewer credits than the video costs
│   ├── QuotaExceeded              a rule of the server leaves the member fewer credits than the video costs
│   ├── SpendingStopped            the operator has stopped all spending; nothing was changed
│   ├── NothingLeftToRevoke        the server has fewer credits available than the operator wants to take back
│   ├── RuleRefused                an admin's rule makes no sense; nothing was changed
│   ├── AccountUnusable            the server's own PowerPost account is refused, or has just been changed
│   ├── ServerRuleBroken           a rule that the admins of the server have set
│   │   └── TooManyAtOnce          the limit of videos in progress, or of waiting pictures, is reached
│   ├── ConfirmationNeeded         the server wants the member to agree to the price first
│   ├── InvalidSetting             an admin's value that a setting does not take; nothing was changed
│   └── PlaceRefused               the bot may not answer here, or the command does not belong here
├── SecretUnreadable               a linked key cannot be decrypted, or is another server's
├── DiscordLoginFailed             Discord does not let the bot in: only the operator can fix that
├── MetricsUnavailable             METRICS_ADDR cannot be used: taken by another program, or not on this machine
├── StorageError
│   ├── DatabaseUnavailable        the database does not answer or accepts no writes: nothing is spent
│   │   └── DatabaseMissing        no database where it should be, or a different one
│   ├── DatabaseInUse              another process is using the database, and only one may
│   ├── DatabaseTooNew             written by a newer version of the bot
│   ├── DatabaseTooOld             not brought up to date yet; only `run` does that
│   ├── GenerationTaken            another job already has this PowerPost generation
│   └── BackupRefused              the database cannot be copied there, or the copy is bad
├── ResolutionRefused              an operator's settlement of an order does not fit its job; nothing was changed
├── PowerPostError                 carries status, code, message, request id and retry time
│   ├── PowerPostRefusal           sure: a documented 4xx was answered, nothing was ordered
│   │   ├── ValidationRefused      400 VALIDATION_ERROR
│   │   ├── InvalidApiKey          401 INVALID_API_KEY
│   │   ├── AccountEmpty           402 INSUFFICIENT_CREDITS
│   │   ├── AccessForbidden        403 FORBIDDEN
│   │   ├── InsufficientScope      403 INSUFFICIENT_SCOPE
│   │   ├── NotFound               404 NOT_FOUND
│   │   ├── UploadTooLarge         413 FILE_TOO_LARGE
│   │   ├── StorageQuotaExceeded   413 STORAGE_QUOTA_EXCEEDED
│   │   └── RateLimited            429 RATE_LIMIT_EXCEEDED
│   ├── PowerPostUnreachable       sure: the request never left (refused, DNS, TLS)
│   └── PowerPostUnclear           unsure: the request may have been carried out
│       ├── NoAnswer               timeout, or a reset after the request went out
│       ├── ServerFault            5xx
│       └── UnreadableAnswer       a success that cannot be read
├── DownloadFailed                 a finished video could not be downloaded
│   ├── LinkExpired                its signed link is no longer accepted
│   ├── VideoTooLarge              more bytes than the caller takes
│   └── DiskFull                   no disk space to keep it until it is sent
├── FetchFailed                    a file could not be read from the web; the caller says what that means
│   ├── FetchForbidden             the bot does not read from this address
│   │   └── HostNotPublic          the host is allowed, but resolves to a private address here
│   ├── FetchTooLarge              it is larger than allowed
│   └── FetchBroken                the connection failed or broke: worth trying again
└── DiscordError                   Discord did not accept what we sent
    ├── MessageGone                the message no longer exists or cannot be edited
    │   └── AnsweredAlready        the interaction has already been answered
    ├── ChannelClosed              the channel is gone, hidden, archived, or the bot was removed
    │   └── PermissionMissing      the bot sees the channel, but may not do this there
    ├── FileTooLarge               over the upload limit of this place (40005)
    ├── DirectMessageRefused       the member takes no direct messages
    ├── DiscordRejected            Discord calls the request malformed: our bug
    └── DiscordUnavailable         a rate limit or 5xx: worth trying again
        └── DiscordUnreachable     no network, or an answer that is not Discord's own
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.quota import Allowance


NOTHING_SPENT = "Nothing was spent."
"""How every refusal ends that comes before anything is spent."""


class VideobotError(Exception):
    """The root of everything that the product raises on purpose."""


class SettingsError(VideobotError):
    """The operator's settings cannot be used.

    `problems` has one readable line per wrong variable.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RequestRefused(VideobotError):
    """A member's request breaks a rule. `str(error)` is a sentence for that member; nothing was spent or sent."""


class InvalidRequest(RequestRefused):
    """The prompt, model, duration, size or audio option is not on offer."""


class ImageRefused(RequestRefused):
    """The attached picture cannot be used: wrong place, type, size or content."""


class PlaceRefused(RequestRefused):
    """The command does not belong here, or the bot lacks a permission that delivery needs."""


class ServerRuleBroken(RequestRefused):
    """The request breaks a rule that the server's admins have set; the sentence names what is allowed."""


class TooManyAtOnce(ServerRuleBroken):
    """The member or the server already has as many videos in progress, or pictures waiting, as allowed."""


class ConfirmationNeeded(RequestRefused):
    """At this price, the server wants the member to agree first. `credits` is the price."""

    def __init__(self, *, credits: int, is_exact: bool) -> None:  # noqa: A002  the word for it everywhere
        about = "" if is_exact else "about "
        super().__init__(
            f"This video costs {about}{credits:,} credits, and this server wants you to agree to that first. "
            f"Use `/video`, which asks you. {NOTHING_SPENT}"
        )
        self.credits = credits
        self.is_exact = is_exact


class InvalidSetting(RequestRefused):
    """An admin gave a setting a value that it does not take. Nothing was changed."""


class InsufficientCredits(RequestRefused):
    """The server has fewer credits than the video costs (both in credits)."""

    def __init__(self, *, needed: int, available: int) -> None:
        super().__init__(
            f"This video costs about {needed:,} credits, and this server has {max(available, 0):,} left. "
            f"An admin of this server can ask the bot's operator for more. {NOTHING_SPENT}"
        )
        self.needed = needed
        self.available = available


class AccountUnusable(RequestRefused):
    """The server's own PowerPost account cannot take orders: its key is refused, or has just been changed."""


class SecretUnreadable(VideobotError):
    """A stored secret cannot be read: no encryption key fits, it was changed, or it belongs to another server."""


class QuotaExceeded(RequestRefused):
    """A rule of the server leaves the member fewer credits than the video costs.

    `allowance` is what the rule leaves, and when it resets. The sentence here has no markup; `cogs/wording/quotas.py`
    makes what a member reads in Discord from the same facts.
    """

    def __init__(self, *, needed: int, allowance: Allowance) -> None:
        rule = allowance.rule
        super().__init__(
            f"This video costs about {needed:,} credits. The quota of {rule.credits:,} credits a {rule.period} leaves "
            f"{allowance.left:,} until {allowance.resets_at:%Y-%m-%d %H:%M} UTC. {NOTHING_SPENT}"
        )
        self.needed = needed
        self.allowance = allowance


class RuleRefused(RequestRefused):
    """An admin's rule could never apply; nothing was changed."""


class SpendingStopped(RequestRefused):
    """The operator has stopped all spending, for every server."""

    def __init__(self) -> None:
        super().__init__(f"The bot's operator has paused videos. Please try again later. {NOTHING_SPENT}")


class NothingLeftToRevoke(RequestRefused):
    """The guild has fewer credits available than the operator wants to take back; nothing was changed."""


class DiscordLoginFailed(VideobotError):
    """Discord does not let the bot in. `str(error)` tells the operator what to do."""


class MetricsUnavailable(VideobotError):
    """Monitoring cannot listen on METRICS_ADDR. `str(error)` tells the operator why, and what to do."""


class StorageError(VideobotError):
    """The database cannot be used as it is."""


class DatabaseUnavailable(StorageError):
    """The database does not answer, or accepts no writes. `str(error)` tells the operator why."""


class DatabaseMissing(DatabaseUnavailable):
    """There is no database where it should be, or a different one. `str(error)` tells the operator what to do."""


class DatabaseInUse(StorageError):
    """Another process is using the database. `holder` says which, as far as it is known."""

    def __init__(self, holder: str, *, waited: timedelta = timedelta(0)) -> None:
        still = f" It was still there after {waited.total_seconds():.0f} s." if waited else ""
        super().__init__(
            f"Another bot is using this database: {holder}.{still} Only one may, so that nothing is ordered twice. "
            "Stop the other bot first; `videobot doctor` shows whether it is gone. "
            "`videobot run --wait` starts as soon as it is."
        )
        self.holder = holder


class DatabaseTooNew(StorageError):
    """The database was written by a newer version of the bot, which this one must not touch."""


class DatabaseTooOld(StorageError):
    """The database was written by an older version of the bot; `run` brings it up to date, other commands do not."""


class GenerationTaken(StorageError):
    """Another job already has this PowerPost generation: one video belongs to one job."""


class BackupRefused(StorageError):
    """The database cannot be copied there, or the copy is bad. `str(error)` tells the operator why."""


class ResolutionRefused(VideobotError):
    """An operator's settlement of an order does not fit its job. `str(error)` says why; nothing was changed."""


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What is known about the answer behind a `PowerPostError`.

    `status` is None when no HTTP answer came; `request_id` is PowerPost's `X-Request-Id`, which its support asks for.
    """

    status: int | None = None
    code: str | None = None
    message: str = ""
    request_id: str | None = None
    retry_after: timedelta | None = None


class PowerPostError(VideobotError):
    """A call to PowerPost did not succeed; the facts of the answer are attributes."""

    def __init__(self, facts: AnswerFacts) -> None:
        super().__init__(facts.message or facts.code or type(self).__name__)
        self.facts = facts


class PowerPostRefusal(PowerPostError):
    """Sure: PowerPost answered with a 4xx that could be read, so nothing was ordered."""


class ValidationRefused(PowerPostRefusal):
    """400: a field was refused."""


class InvalidApiKey(PowerPostRefusal):
    """401: the key is wrong or was withdrawn."""


class AccountEmpty(PowerPostRefusal):
    """402: the PowerPost account behind the key has too few credits."""


class AccessForbidden(PowerPostRefusal):
    """403: the workspace does not belong to the key's owner."""


class InsufficientScope(PowerPostRefusal):
    """403: the key lacks a scope; the message names it."""


class NotFound(PowerPostRefusal):
    """404: PowerPost has no such generation."""


class UploadTooLarge(PowerPostRefusal):
    """413: the image is over PowerPost's limit."""


class StorageQuotaExceeded(PowerPostRefusal):
    """413: the account's media storage is full."""


class RateLimited(PowerPostRefusal):
    """429: too many requests; `facts.retry_after` says how long to wait."""


class PowerPostUnreachable(PowerPostError):
    """Sure: no connection came about (refused, DNS, TLS, connect timeout), so nothing was ordered."""


class PowerPostUnclear(PowerPostError):
    """Unsure: the request went out and may have been carried out."""


class NoAnswer(PowerPostUnclear):
    """The connection broke or timed out before an answer was complete."""


class ServerFault(PowerPostUnclear):
    """PowerPost answered 5xx, or a status that its documentation does not know."""


class UnreadableAnswer(PowerPostUnclear):
    """PowerPost answered success with a body that cannot be read."""


class DownloadFailed(VideobotError):
    """A finished video could not be downloaded; asking for the generation again gives a fresh link."""


class LinkExpired(DownloadFailed):
    """The signed link is no longer accepted."""


class VideoTooLarge(DownloadFailed):
    """The video has more bytes than the caller takes; its link still works."""


class DiskFull(DownloadFailed):
    """There is no disk space to keep the video until it is sent."""


class FetchFailed(VideobotError):
    """A file could not be read from the web. `status` is the HTTP status of the answer, if one came."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class FetchForbidden(FetchFailed):
    """The bot does not read from this address, from one that it redirects to, or from what it resolves to."""


class HostNotPublic(FetchForbidden):
    """The host may be asked, but this machine's resolver (a VPN, a filter) leads to a private address."""


class FetchTooLarge(FetchFailed):
    """The file is larger than allowed."""


class FetchBroken(FetchFailed):
    """No connection, or one that broke or went silent: worth trying again."""


class DiscordError(VideobotError):
    """Discord did not accept what we sent."""


class MessageGone(DiscordError):
    """The message no longer exists, or can no longer be edited."""


class AnsweredAlready(MessageGone):
    """The interaction has an answer already: it was delivered twice, and another handler was first."""


class ChannelClosed(DiscordError):
    """The channel is gone, hidden from the bot or archived, or the bot was removed from the server."""


class PermissionMissing(ChannelClosed):
    """The bot may not do this in the channel: write, or just attach a file."""


class FileTooLarge(DiscordError):
    """The file is over the upload limit that Discord applies in this place."""


class DirectMessageRefused(DiscordError):
    """The member takes no direct messages from the bot."""


class DiscordRejected(DiscordError):
    """Discord calls the request malformed; trying again is useless."""


class DiscordUnavailable(DiscordError):
    """Discord cannot be reached, fails, or asks for patience: worth trying again."""


class DiscordUnreachable(DiscordUnavailable):
    """No answer, or one from something in front of Discord: it says nothing about what was asked for."""
