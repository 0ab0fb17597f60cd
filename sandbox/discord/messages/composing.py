"""From a request's form to the message's next version, checked by Discord's rules.

https://docs.discord.com/developers/resources/message#create-message
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

from sandbox.discord.channels import Channel
from sandbox.discord.components import fields, reading
from sandbox.discord.components.rules import check_components
from sandbox.discord.components.showing import numbered, with_attachments
from sandbox.discord.errors import ApiError, FormErrors, Problem
from sandbox.discord.form import Form
from sandbox.discord.messages import attaching, mentions
from sandbox.discord.messages.flags import IN_EDITS, MessageFlags
from sandbox.discord.messages.record import Version
from sandbox.discord.wire import Json
from sandbox.discord.world import World

CONTENT_MAX = 2000
EMBEDS_MAX = 10
EMBED_CHARACTERS_MAX = 6000
_NOT_BESIDE_COMPONENTS_V2 = ("content", "embeds", "poll", "sticker_ids")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a form is for: its channel, the version it changes, the flags it may set, and its path in the body."""

    channel: Channel
    previous: Version | None = None
    allowed_flags: MessageFlags = IN_EDITS
    from_interaction: bool = False
    path: tuple[str, ...] = ()


async def compose(world: World, form: Form, setting: Setting) -> Version:
    """The message's next version.

    Raises 40005 for a file over the limit, 50035 for an invalid form, 50006 for an empty message.
    """
    payload = form.payload
    attaching.check_sizes(form, setting.channel)
    errors = FormErrors()
    at = errors.at(*setting.path)
    flags = _flags(payload, setting, at)
    _check_fields(payload, at, components_v2=MessageFlags.IS_COMPONENTS_V2 in flags)
    errors.raise_if_any()
    version = _next_version(world, payload, setting, flags)
    _check_together(version, payload, at)
    planned = attaching.plan(world, form, setting.previous, at)
    with_attachments(version.components, planned.find, lambda link: _report_missing(link, at))
    errors.raise_if_any()
    attachments = await attaching.adopt(world, setting.channel, planned)
    return _not_empty(replace(version, attachments=attachments), payload)


def _flags(payload: Json, setting: Setting, errors: FormErrors) -> MessageFlags:
    """The message's flags with the form's applied. Ephemeral and Components V2 cannot be unset."""
    before = MessageFlags.NONE if setting.previous is None else setting.previous.flags & ~MessageFlags.LOADING
    given = payload.get("flags")
    if given is None:
        return before
    if not isinstance(given, int):
        errors.at("flags").add("NUMBER_TYPE_COERCE", f'Value "{given}" is not int.')
        return before
    return (before & ~MessageFlags.SUPPRESS_EMBEDS) | (MessageFlags(given) & setting.allowed_flags)


def _check_fields(payload: Json, errors: FormErrors, *, components_v2: bool) -> None:
    fields.text(payload, "content", errors, high=CONTENT_MAX)
    _check_embeds(fields.items(payload, "embeds", errors, high=EMBEDS_MAX), errors.at("embeds"))
    check_components(payload, errors, components_v2=components_v2)
    mentions.check_allowed_mentions(payload, errors)
    fields.items(payload, "attachments", errors, high=10)


def _check_embeds(embeds: list[Json], errors: FormErrors) -> None:
    for index, embed in enumerate(embeds):
        at = errors.at(index)
        fields.text(embed, "title", at, high=256)
        fields.text(embed, "description", at, high=4096)
        for number, field in enumerate(fields.items(embed, "fields", at, high=25)):
            fields.text(field, "name", at.at("fields", number), low=1, high=256, required=True)
            fields.text(field, "value", at.at("fields", number), low=1, high=1024, required=True)
    if sum(_embed_size(embed) for embed in embeds) > EMBED_CHARACTERS_MAX:
        message = f"Embed size exceeds maximum size of {EMBED_CHARACTERS_MAX}"
        errors.add("MAX_EMBED_SIZE_EXCEEDED", message)


def _embed_size(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description"), (embed.get("footer") or {}).get("text")]
    texts += [(embed.get("author") or {}).get("name")]
    texts += [field.get(name) for field in embed.get("fields") or () for name in ("name", "value")]
    return sum(len(text) for text in texts if isinstance(text, str))


def _next_version(world: World, payload: Json, setting: Setting, flags: MessageFlags) -> Version:
    before = setting.previous or Version(at=world.clock.now())
    version = replace(
        before,
        at=world.clock.now(),
        content=payload.get("content", before.content) or "",
        embeds=tuple(payload.get("embeds", before.embeds) or ()),
        components=numbered(payload.get("components", copy.deepcopy(before.components)) or ()),
        flags=flags,
    )
    written = "\n".join([version.content, *reading.texts_of(version.components)])
    allowed = payload.get("allowed_mentions")
    return replace(version, mentions=mentions.resolve(written, allowed, from_interaction=setting.from_interaction))


def _check_together(version: Version, payload: Json, errors: FormErrors) -> None:
    """With Components V2 the message may have nothing else; an edit that converts it must null the rest."""
    if MessageFlags.IS_COMPONENTS_V2 not in version.flags:
        return
    left = {"content": version.content, "embeds": version.embeds}
    for name in _NOT_BESIDE_COMPONENTS_V2:
        if left.get(name, payload.get(name)):
            message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            errors.at(name).add("MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)


def _report_missing(link: str, errors: FormErrors) -> None:
    message = f"The referenced attachment was not found: {link}"
    errors.at("components").add("UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", message)


def _not_empty(version: Version, payload: Json) -> Version:
    """Raises 50006 for a message that shows nothing; a Components V2 message shows only its components."""
    legacy = (
        version.content or version.embeds or version.attachments or payload.get("poll") or payload.get("sticker_ids")
    )
    if version.components or (legacy and MessageFlags.IS_COMPONENTS_V2 not in version.flags):
        return version
    raise ApiError(Problem.EMPTY_MESSAGE)
