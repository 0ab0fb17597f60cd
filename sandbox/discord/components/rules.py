"""Which component trees a message may have.

https://docs.discord.com/developers/components/reference
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sandbox.discord.components import fields
from sandbox.discord.components.interactive import check_button, check_select
from sandbox.discord.components.types import (
    IN_ACTION_ROW,
    IN_CONTAINER,
    IN_SECTION,
    LEGACY_TOP_LEVEL,
    SECTION_ACCESSORIES,
    SELECTS,
    TOP_LEVEL,
    ComponentType,
    walk,
)
from sandbox.discord.errors import FormErrors
from sandbox.discord.wire import Json

COMPONENTS_MAX = 40
DISPLAY_CHARACTERS_MAX = 4000
LEGACY_ROWS_MAX = 5
BUTTONS_IN_ROW_MAX = 5
_COLOUR_MAX = 0xFFFFFF
_MEDIA_SCHEMES = frozenset({"http", "https", "attachment"})


def check_components(form: Json, errors: FormErrors, *, components_v2: bool) -> None:
    """Report everything wrong with `form["components"]`; `components_v2` is whether the message has the flag."""
    allowed, high = (TOP_LEVEL, COMPONENTS_MAX) if components_v2 else (LEGACY_TOP_LEVEL, LEGACY_ROWS_MAX)
    components = fields.items(form, "components", errors, high=high)
    at = errors.at("components")
    for index, component in enumerate(components):
        check_component(component, at.at(index), allowed)
    _check_whole(components, at, components_v2=components_v2)


def check_component(component: Json, errors: FormErrors, allowed: Collection[ComponentType]) -> None:
    """One component and everything in it, at a place where only `allowed` types may be."""
    if not fields.one_of(component, "type", errors, allowed):
        return
    fields.number(component, "id", errors, low=0, high=2**31 - 1)
    check = _CHECKS.get(ComponentType(component["type"]))
    if check is not None:
        check(component, errors)


def _check_whole(components: Sequence[Json], errors: FormErrors, *, components_v2: bool) -> None:
    everything = list(walk(components))
    if components_v2 and len(everything) > COMPONENTS_MAX:
        errors.add("COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"The maximum number of components is {COMPONENTS_MAX}")
    shown = sum(len(str(c.get("content", ""))) for c in everything if c.get("type") == ComponentType.TEXT_DISPLAY)
    if shown > DISPLAY_CHARACTERS_MAX:
        message = f"The total length of displayable text must be {DISPLAY_CHARACTERS_MAX} or fewer."
        errors.add("COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    _check_unique(everything, "custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", errors)
    _check_unique(everything, "id", "COMPONENT_ID_DUPLICATED", errors)


def _check_unique(components: Sequence[Json], name: str, code: str, errors: FormErrors) -> None:
    values = [component[name] for component in components if component.get(name)]
    if len(set(values)) != len(values):
        errors.add(code, f"Component {name.replace('_', ' ')} cannot be duplicated")


def _check_action_row(row: Json, errors: FormErrors) -> None:
    children = fields.items(row, "components", errors, low=1, high=BUTTONS_IN_ROW_MAX)
    at = errors.at("components")
    for index, child in enumerate(children):
        check_component(child, at.at(index), IN_ACTION_ROW)
    has_select = any(child.get("type") in SELECTS for child in children)
    if has_select and len(children) > 1:
        at.add("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")


def _check_section(section: Json, errors: FormErrors) -> None:
    _check_children(section, errors, IN_SECTION, high=3)
    accessory = section.get("accessory")
    if isinstance(accessory, dict):
        check_component(accessory, errors.at("accessory"), SECTION_ACCESSORIES)
    else:
        errors.at("accessory").add("BASE_TYPE_REQUIRED", "This field is required")


def _check_container(container: Json, errors: FormErrors) -> None:
    _check_children(container, errors, IN_CONTAINER, high=COMPONENTS_MAX)
    fields.number(container, "accent_color", errors, low=0, high=_COLOUR_MAX)


def _check_children(holder: Json, errors: FormErrors, allowed: Collection[ComponentType], *, high: int) -> None:
    for index, child in enumerate(fields.items(holder, "components", errors, low=1, high=high)):
        check_component(child, errors.at("components", index), allowed)


def _check_text_display(display: Json, errors: FormErrors) -> None:
    content = fields.text(display, "content", errors, low=1, high=DISPLAY_CHARACTERS_MAX, required=True)
    if content is not None and content and not content.strip():
        errors.at("content").add("BASE_TYPE_REQUIRED", "This field is required")


def _check_gallery(gallery: Json, errors: FormErrors) -> None:
    for index, item in enumerate(fields.items(gallery, "items", errors, low=1, high=10)):
        _check_media(item, errors.at("items", index), "media", _MEDIA_SCHEMES)


def _check_thumbnail(thumbnail: Json, errors: FormErrors) -> None:
    _check_media(thumbnail, errors, "media", _MEDIA_SCHEMES)


def _check_file(file: Json, errors: FormErrors) -> None:
    _check_media(file, errors, "file", frozenset({"attachment"}))


def _check_media(holder: Json, errors: FormErrors, name: str, schemes: Collection[str]) -> None:
    fields.text(holder, "description", errors, low=1, high=1024)
    media = holder.get(name)
    link = media.get("url") if isinstance(media, dict) else None
    fields.url(link, errors.at(name, "url"), schemes=schemes, high=fields.MEDIA_URL_MAX)


def _check_separator(separator: Json, errors: FormErrors) -> None:
    if separator.get("spacing") is not None:
        fields.one_of(separator, "spacing", errors, (1, 2))


_CHECKS: dict[ComponentType, Callable[[Json, FormErrors], None]] = {
    ComponentType.ACTION_ROW: _check_action_row,
    ComponentType.BUTTON: check_button,
    ComponentType.SECTION: _check_section,
    ComponentType.TEXT_DISPLAY: _check_text_display,
    ComponentType.THUMBNAIL: _check_thumbnail,
    ComponentType.MEDIA_GALLERY: _check_gallery,
    ComponentType.FILE: _check_file,
    ComponentType.SEPARATOR: _check_separator,
    ComponentType.CONTAINER: _check_container,
    **dict.fromkeys(SELECTS, check_select),
}
