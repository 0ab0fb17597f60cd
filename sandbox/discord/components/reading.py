"""What a reader finds in a component tree: text, buttons, menus, pictures and videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.discord.components.types import SELECTS, ComponentType, walk
from sandbox.discord.wire import Json


@dataclass(frozen=True, slots=True)
class Button:
    """A button as shown; link buttons have a `url`, all others a `custom_id`."""

    label: str
    style: int
    custom_id: str | None
    url: str | None
    disabled: bool
    emoji: str | None


@dataclass(frozen=True, slots=True)
class SelectMenu:
    """A menu as shown; `options` are its values, empty for menus of users, roles and channels."""

    kind: ComponentType
    custom_id: str
    placeholder: str
    options: tuple[str, ...]
    min_values: int
    max_values: int
    disabled: bool


@dataclass(frozen=True, slots=True)
class MediaReference:
    """A gallery item, thumbnail or file; `url` is what the bot wrote: a link, or `attachment://name`."""

    url: str
    attachment_id: int | None
    description: str | None
    spoiler: bool


def texts_of(components: Sequence[Json]) -> Iterator[str]:
    """Every text display, in reading order."""
    return (str(c["content"]) for c in walk(components) if c["type"] == ComponentType.TEXT_DISPLAY)


def buttons_of(components: Sequence[Json]) -> tuple[Button, ...]:
    return tuple(_button(c) for c in walk(components) if c["type"] == ComponentType.BUTTON)


def selects_of(components: Sequence[Json]) -> tuple[SelectMenu, ...]:
    return tuple(_select(c) for c in walk(components) if c["type"] in SELECTS)


def accent_colour_of(components: Sequence[Json]) -> int | None:
    """The colour of the first container that has one."""
    colours = [c.get("accent_color") for c in walk(components) if c["type"] == ComponentType.CONTAINER]
    return next((colour for colour in colours if colour is not None), None)


def media_holders(components: Sequence[Json]) -> Iterator[tuple[Json, str]]:
    """Every object that points to media, with the name of the field that does."""
    for component in walk(components):
        if component["type"] == ComponentType.MEDIA_GALLERY:
            yield from ((item, "media") for item in component["items"])
        elif component["type"] == ComponentType.THUMBNAIL:
            yield component, "media"
        elif component["type"] == ComponentType.FILE:
            yield component, "file"


def media_of(components: Sequence[Json]) -> tuple[MediaReference, ...]:
    return tuple(_media(holder, name) for holder, name in media_holders(components))


def _button(component: Json) -> Button:
    emoji = component.get("emoji") or {}
    return Button(
        label=component.get("label") or "",
        style=component["style"],
        custom_id=component.get("custom_id"),
        url=component.get("url"),
        disabled=bool(component.get("disabled")),
        emoji=emoji.get("name"),
    )


def _select(component: Json) -> SelectMenu:
    return SelectMenu(
        kind=ComponentType(component["type"]),
        custom_id=component["custom_id"],
        placeholder=component.get("placeholder") or "",
        options=tuple(option["value"] for option in component.get("options") or ()),
        min_values=_number(component, "min_values"),
        max_values=_number(component, "max_values"),
        disabled=bool(component.get("disabled")),
    )


def _number(component: Json, name: str) -> int:
    value = component.get(name)
    return 1 if value is None else int(value)


def _media(holder: Json, name: str) -> MediaReference:
    attachment_id = holder[name].get("attachment_id")
    return MediaReference(
        url=holder[name]["url"],
        attachment_id=None if attachment_id is None else int(attachment_id),
        description=holder.get("description"),
        spoiler=bool(holder.get("spoiler")),
    )
