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
from bot.errors import ServerRuleBroken, TooManyAtOnce

IN_THE_MAKING: Final = (JobState.QUEUED, JobState.SUBMITTING, JobState.PROCESSING)
"""What counts as a video in the making. A job that PowerPost does not confirm blocks nobody, who could not help it."""

UNSPENT: Final = "Nothing was spent."
LATER: Final = "Try again in a few minutes, or without a picture."


@dataclass(frozen=True, slots=True)
class InTheMaking:
    """How many videos are in the making: the member's own, and all of the server's."""

    member: int
    server: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """How many pictures wait to be sent to PowerPost, and how many bytes they have together."""

    number: int
    size: int


def refusal(request: VideoRequest, options: GuildOptions) -> ServerRuleBroken | None:
    """The first rule that the request breaks, or None. How many videos are in the making is `too_many`'s part."""
    broken = next(filter(None, (check(request, options) for check in _CHECKS)), None)
    return None if broken is None else ServerRuleBroken(f"{broken} {UNSPENT}")


def too_many(now: InTheMaking, allowed: AtOnce) -> TooManyAtOnce | None:
    """A refusal when one more video than `now` would be more than `allowed`."""
    if allowed.member and now.member >= allowed.member:
        return TooManyAtOnce(f"You have {_videos(now.member)} in the making, {_limit(allowed.member)} {UNSPENT}")
    if allowed.server and now.server >= allowed.server:
        return TooManyAtOnce(f"This server has {_videos(now.server)} in the making, {_limit(allowed.server)} {UNSPENT}")
    return None


def too_many_pictures(server: Pictures, everyone: Pictures, size: int, allowed: PictureLimits) -> TooManyAtOnce | None:
    """A refusal when one more picture, of `size` bytes, would be more than may wait."""
    if _is_over(server, size, allowed.server, allowed.server_bytes):
        waiting = f"{server.number} picture{'' if server.number == 1 else 's'}"
        return TooManyAtOnce(
            f"This server has {waiting} waiting to be animated, and no more fit at once. {LATER} {UNSPENT}"
        )
    if _is_over(everyone, size, allowed.all, allowed.all_bytes):
        return TooManyAtOnce(f"The bot has as many pictures waiting to be animated as it can keep. {LATER} {UNSPENT}")
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
    return "The admins of this server do not let you make videos here." if is_blocked else None


def _channel(request: VideoRequest, options: GuildOptions) -> str | None:
    if not options.allowed_channels or options.allowed_channels & {request.channel_id, request.parent_channel_id}:
        return None
    return f"Videos are made in {_names(options, 'allowed_channels')} only."


def _role(request: VideoRequest, options: GuildOptions) -> str | None:
    held = request.role_ids | {RoleId(request.guild_id)}  # the id of @everyone is the server's
    if not options.allowed_roles or options.allowed_roles & held:
        return None
    return f"Videos are made for members with one of these roles only: {_names(options, 'allowed_roles')}."


def _model(request: VideoRequest, options: GuildOptions) -> str | None:
    model = request.spec.model
    if options.allows(model):
        return None
    return f"This server does not use {model.name}. {_on_offer(options)}"


def _duration(request: VideoRequest, options: GuildOptions) -> str | None:
    spec, longest = request.spec, options.longest_duration
    if longest is None or spec.duration <= longest:
        return None
    return f"Videos have at most {longest} seconds here, not {spec.duration}. {_shorter(spec, options)}"


def _sound(request: VideoRequest, options: GuildOptions) -> str | None:
    is_refused = request.spec.audio and not options.sound_allowed
    return "This server makes silent videos only. Leave the sound off." if is_refused else None


def _words(request: VideoRequest, options: GuildOptions) -> str | None:
    word = blocked_word_in(request.spec.prompt, options.blocked_words)
    return None if word is None else f"This server does not take prompts with the word “{word}”."


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
        return "An admin has to choose its models anew in `/settings`."
    return f"Its model is {names[0]}." if len(names) == 1 else f"Its models are {listed(names)}."


def _shorter(spec: VideoSpec, options: GuildOptions) -> str:
    if fitting := options.durations_of(spec.model):
        return f"{spec.model.name} can make {_or(fitting)}."
    return f"{spec.model.name} makes longer ones. {_on_offer(options)}"


def _or(durations: tuple[int, ...]) -> str:
    return " or ".join(str(duration) for duration in durations) + " seconds"


def _videos(count: int) -> str:
    return f"{count} video" if count == 1 else f"{count} videos"


def _limit(allowed: int) -> str:
    return f"and {allowed} at once {'is' if allowed == 1 else 'are'} allowed here. Wait for one to be ready."
