"""What a server's admins may set: each option declared once, as a field of `GuildOptions`.

Panels, validation, the command line, storage and the table in the documentation all come from `OPTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final

from bot.domain.catalogue import DEFAULT_MODEL, MODELS, VideoModel
from bot.domain.identifiers import ChannelId, RoleId, UserId
from bot.domain.option_kinds import Ids, Kind, Number, OneChannel, OneOf, SomeOf, Words
from bot.errors import InvalidSetting

MODEL_NAMES: Final = {model.id: model.name for model in MODELS}
DURATIONS: Final[dict[int | None, str]] = {None: "no limit"} | {
    seconds: f"{seconds} seconds" for seconds in sorted({each for model in MODELS for each in model.durations})
}


class CompletionMention(StrEnum):
    """How members learn that their video is ready; the values are stored."""

    HERE = "here"
    DIRECT = "direct"
    OFF = "off"


MENTIONS: Final = {
    CompletionMention.HERE: "a mention in the channel",
    CompletionMention.DIRECT: "a direct message",
    CompletionMention.OFF: "no message",
}


Edit = Callable[[Any], Any]
"""Makes an option's new value from the current one."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name in `GuildOptions`, the kind of its values, its default, and its words for admins."""

    name: str
    kind: Kind[Any]
    default: Any
    label: str
    help: str


def _about(kind: Kind[Any], label: str, help_: str) -> Mapping[str, Any]:
    return {"kind": kind, "label": label, "help": help_}


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """How many pictures may wait to be sent to PowerPost, and how many bytes together; None means any number."""

    server: int | None = None
    server_bytes: int | None = None
    all: int | None = None
    all_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class AtOnce:
    """How many videos may be in progress at once, and how many pictures may wait; 0 videos means any number."""

    member: int = 0
    server: int = 0
    pictures: PictureLimits = PictureLimits()

    def within(self, other: AtOnce) -> AtOnce:
        """The stricter of the two, limit by limit; the picture limits are `other`'s."""
        return AtOnce(_stricter(self.member, other.member), _stricter(self.server, other.server), other.pictures)


def _stricter(first: int, second: int) -> int:
    return min(first, second) if first and second else first or second


NO_PICTURE_LIMIT: Final = PictureLimits()
NO_LIMIT: Final = AtOnce()


@dataclass(frozen=True, slots=True)
class GuildOptions:
    """The rules that a server's admins have set, or their defaults."""

    allowed_channels: frozenset[ChannelId] = field(
        default=frozenset(),
        metadata=_about(
            Ids("channel", "<#{}>", empty="everywhere"),
            "Allowed channels",
            "Where videos may be made. A channel includes its threads; none chosen means everywhere.",
        ),
    )
    allowed_roles: frozenset[RoleId] = field(
        default=frozenset(),
        metadata=_about(
            Ids("role", "<@&{}>", empty="everyone"),
            "Allowed roles",
            "Who may make videos: members with at least one of these roles; none chosen means everyone.",
        ),
    )
    blocked_members: frozenset[UserId] = field(
        default=frozenset(),
        metadata=_about(
            Ids("member", "<@{}>", empty="nobody"),
            "Blocked members",
            "Members who may not make videos, whatever their roles.",
        ),
    )
    default_model: str = field(
        default=DEFAULT_MODEL.id,
        metadata=_about(
            OneOf(MODEL_NAMES), "Default model", "The model that makes a video when the member chooses none."
        ),
    )
    allowed_models: frozenset[str] = field(
        default=frozenset(),
        metadata=_about(
            SomeOf(MODEL_NAMES, empty="all models"),
            "Allowed models",
            "The models that members may choose; none chosen means all of them.",
        ),
    )
    longest_duration: int | None = field(
        default=None,
        metadata=_about(OneOf(DURATIONS), "Longest duration", "The most seconds that a video may have."),
    )
    sound_allowed: bool = field(
        default=True,
        metadata=_about(
            OneOf({True: "allowed", False: "not allowed"}), "Sound", "Whether videos may be made with sound."
        ),
    )
    confirm_from: int = field(
        default=0,
        metadata=_about(
            Number(1_000_000, empty="never", unit="credits"),
            "Ask before spending",
            "From this many credits, members see the price and are asked before a video is ordered; 0 never asks.",
        ),
    )
    jobs_per_member: int = field(
        default=0,
        metadata=_about(
            Number(1_000, empty="no limit"),
            "Videos at once, per member",
            "How many videos one member may have in progress at the same time; 0 sets no limit.",
        ),
    )
    jobs_per_server: int = field(
        default=0,
        metadata=_about(
            Number(1_000, empty="no limit"),
            "Videos at once, in all",
            "How many videos the whole server may have in progress at the same time; 0 sets no limit.",
        ),
    )
    blocked_words: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            Words(empty="none"),
            "Blocked words",
            "Words that no prompt may contain: whole words, whatever their case and accents.",
        ),
    )
    log_channel: ChannelId | None = field(
        default=None,
        metadata=_about(
            OneChannel(empty="none"),
            "Log channel",
            "Where the bot reports every change of credits, quotas and settings, and who made it.",
        ),
    )
    completion_mention: CompletionMention = field(
        default=CompletionMention.HERE,
        metadata=_about(OneOf(MENTIONS), "When a video is ready", "How the member who asked for it is told."),
    )

    @property
    def at_once(self) -> AtOnce:
        return AtOnce(self.jobs_per_member, self.jobs_per_server)

    @property
    def models(self) -> tuple[VideoModel, ...]:
        """The models that can make a video under these rules, in the catalogue's order."""
        return tuple(model for model in MODELS if self.allows(model) and self.durations_of(model))

    @property
    def model_by_default(self) -> VideoModel:
        """The default model if these rules allow it, else the first that they do."""
        on_offer = {model.id: model for model in self.models}
        return on_offer.get(self.default_model) or next(iter(on_offer.values()), DEFAULT_MODEL)

    def allows(self, model: VideoModel) -> bool:
        return not self.allowed_models or model.id in self.allowed_models

    def durations_of(self, model: VideoModel) -> tuple[int, ...]:
        """The model's durations, in seconds, that are short enough."""
        longest = self.longest_duration
        return tuple(duration for duration in model.durations if longest is None or duration <= longest)


OPTIONS: Final = tuple(Option(name=each.name, default=each.default, **each.metadata) for each in fields(GuildOptions))


def find_option(name: str) -> Option:
    """The option with this name. Raises `InvalidSetting` when there is none."""
    for option in OPTIONS:
        if option.name == name:
            return option
    names = ", ".join(option.name for option in OPTIONS)
    raise InvalidSetting(f'There is no setting called "{name[:50]}". The settings are {names}. Nothing was changed.')


def changed(options: GuildOptions, option: Option, value: Any) -> GuildOptions:  # noqa: ANN401  its kind made it
    """The options with one of them set to a value of its kind.

    Raises `InvalidSetting` when that would leave no video that can be made.
    """
    after = replace(options, **{option.name: value})
    if not after.models:
        raise InvalidSetting(
            "With this, no video could be made at all: none of the allowed models makes videos that short. "
            "Nothing was changed."
        )
    return after
