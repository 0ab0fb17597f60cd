"""Whether a server's own rules allow a request: facts in, None or a refusal out, in words that name what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.domain.blocked_words import blocked_word_in
from bot.domain.identifiers import RoleId
from bot.domain.job import JobState
from bot.domain.option_kinds import listed
from bot.domain.options import AtOnce, GuildOptions, PictureLimits, find_option
from bot.domain.request import VideoRequest, VideoSpec
from bot.errors import NOTHING_SPENT, ServerRuleBroken, TooManyAtOnce

IN_PROGRESS: Final = (JobState.QUEUED, JobState.SUBMITTING, JobState.PROCESSING)
"""What counts as in progress. Unconfirmed jobs do not count; the member cannot do anything about them."""

LATER: Final = "Try again in a few minutes, or without a picture."


@dataclass(frozen=True, slots=True)
class InProgress:
    """How many videos are in progress: the member's own, and the whole server's."""

    member: int
    server: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """How many pictures wait to be sent to PowerPost, and their bytes together."""

    number: int
    size: int


def refusal(request: VideoRequest, options: GuildOptions) -> ServerRuleBroken | None:
    """The first rule that the request breaks, or None. `too_many` checks how many videos are in progress."""
    broken = next(filter(None, (check(request, options) for check in _CHECKS)), None)
    return None if broken is None else ServerRuleBroken(f"{broken} {NOTHING_SPENT}")


def too_many(now: InProgress, allowed: AtOnce) -> TooManyAtOnce | None:
    """A refusal when one more video than `now` would exceed `allowed`."""
    if allowed.member and now.member >= allowed.member:
        return TooManyAtOnce(f"You have {_videos(now.member)} in progress, {_limit(allowed.member)}")
    if allowed.server and now.server >= allowed.server:
        return TooManyAtOnce(f"This server has {_videos(now.server)} in progress, {_limit(allowed.server)}")
    return None


def too_many_pictures(server: Pictures, everyone: Pictures, size: int, allowed: PictureLimits) -> TooManyAtOnce | None:
    """A refusal when one more picture, of `size` bytes, would exceed what may wait."""
    if _is_over(server, size, allowed.server, allowed.server_bytes):
        waiting = f"{server.number} picture{'' if server.number == 1 else 's'}"
        return TooManyAtOnce(
            f"This server has {waiting} waiting, and there is no room for more right now. {LATER} {NOTHING_SPENT}"
        )
    if _is_over(everyone, size, allowed.all, allowed.all_bytes):
        return TooManyAtOnce(f"The bot has no room for more waiting pictures right now. {LATER} {NOTHING_SPENT}")
    return None


def needs_agreement(price: int, options: GuildOptions, agreed: int | None) -> bool:
    """Whether the member has to agree to this price first; `agreed` is the price agreed to, if there was a question."""
    is_asked = 0 < options.confirm_from <= price
    return is_asked and (agreed is None or agreed < price)


def _is_over(waiting: Pictures, size: int, most: int | None, most_bytes: int | None) -> bool:
    return (most is not None and waiting.number >= most) or (
        most_bytes is not None and waiting.size + size > most_bytes
    )


def _member(request: VideoRequest, options: GuildOptions) -> str | None:
    is_blocked = request.requester_id in options.blocked_members
    return "The admins of this server have blocked you from making videos." if is_blocked else None


def _channel(request: VideoRequest, options: GuildOptions) -> str | None:
    if not options.allowed_channels or options.allowed_channels & {request.channel_id, request.parent_channel_id}:
        return None
    return f"You can make videos only in {_names(options, 'allowed_channels')}."


def _role(request: VideoRequest, options: GuildOptions) -> str | None:
    held = request.role_ids | {RoleId(request.guild_id)}  # the id of @everyone is the server's
    if not options.allowed_roles or options.allowed_roles & held:
        return None
    return f"You need one of these roles to make videos: {_names(options, 'allowed_roles')}."


def _model(request: VideoRequest, options: GuildOptions) -> str | None:
    model = request.spec.model
    if options.allows(model):
        return None
    return f"This server does not use {model.name}. {_on_offer(options)}"


def _duration(request: VideoRequest, options: GuildOptions) -> str | None:
    spec, longest = request.spec, options.longest_duration
    if longest is None or spec.duration <= longest:
        return None
    return f"Videos can be up to {longest} seconds here, not {spec.duration}. {_shorter(spec, options)}"


def _sound(request: VideoRequest, options: GuildOptions) -> str | None:
    is_refused = request.spec.audio and not options.sound_allowed
    return "This server allows only silent videos. Leave the sound off." if is_refused else None


def _words(request: VideoRequest, options: GuildOptions) -> str | None:
    word = blocked_word_in(request.spec.prompt, options.blocked_words)
    return None if word is None else f'This server does not allow the word "{word}" in prompts.'


_CHECKS: tuple[Callable[[VideoRequest, GuildOptions], str | None], ...] = (
    _member,
    _channel,
    _role,
    _model,
    _duration,
    _sound,
    _words,
)


def _names(options: GuildOptions, name: str) -> str:
    return find_option(name).kind.in_words(getattr(options, name))


def _on_offer(options: GuildOptions) -> str:
    names = [model.name for model in options.models]
    if not names:
        return "An admin has to choose its models again in `/settings`."
    return f"Its model is {names[0]}." if len(names) == 1 else f"Its models are {listed(names)}."


def _shorter(spec: VideoSpec, options: GuildOptions) -> str:
    if fitting := options.durations_of(spec.model):
        return f"{spec.model.name} can make {_or(fitting)}."
    return f"{spec.model.name} only makes longer ones. {_on_offer(options)}"


def _or(durations: tuple[int, ...]) -> str:
    return " or ".join(str(duration) for duration in durations) + " seconds"


def _videos(count: int) -> str:
    return f"{count} video" if count == 1 else f"{count} videos"


def _limit(allowed: int) -> str:
    are = "is" if allowed == 1 else "are"
    return f"and {allowed} at once {are} allowed here. Wait until one is ready. {NOTHING_SPENT}"
