"""The component tree as Discord returns it: ids numbered, defaults filled in, media resolved to links.

https://docs.discord.com/developers/components/reference
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence

from sandbox.discord.components.reading import media_holders
from sandbox.discord.components.types import SELECTS, ComponentType, walk
from sandbox.discord.wire import Json

_DEFAULTS: dict[ComponentType, Json] = {
    ComponentType.CONTAINER: {"accent_color": None, "spoiler": False},
    ComponentType.SEPARATOR: {"spacing": 1, "divider": True},
    ComponentType.BUTTON: {"disabled": False},
    **{kind: {"min_values": 1, "max_values": 1, "disabled": False} for kind in SELECTS},
}


def numbered(components: Sequence[Json]) -> tuple[Json, ...]:
    """A copy in which every component has an id: its own, or the lowest free number."""
    tree = copy.deepcopy(list(components))
    everything = list(walk(tree))
    taken = {component["id"] for component in everything if component.get("id")}
    free = (number for number in range(1, len(everything) + len(taken) + 1) if number not in taken)
    for component in everything:
        _without_nulls(component)
        component.setdefault("id", next(free))
    return tuple(tree)


def shown(components: Sequence[Json], resolve: Callable[[Json], Json]) -> list[Json]:
    """A copy with defaults filled in and each media object replaced by what `resolve` returns for it."""
    tree = copy.deepcopy(list(components))
    for component in walk(tree):
        for name, value in _DEFAULTS.get(component["type"], {}).items():
            component.setdefault(name, value)
    for holder, name in media_holders(tree):
        holder.setdefault("description", None)
        holder["spoiler"] = bool(holder.get("spoiler"))
        holder[name] = resolve(holder[name])
    return tree


def with_attachments(
    components: Iterable[Json], find: Callable[[str], int | None], missing: Callable[[str], None]
) -> None:
    """Add the attachment's id to each `attachment://name`, in place; report names that `find` does not know."""
    for holder, name in media_holders(list(components)):
        link = holder[name]["url"]
        if not link.startswith("attachment://"):
            continue
        attachment_id = find(link.removeprefix("attachment://"))
        if attachment_id is None:
            missing(link)
        else:
            holder[name]["attachment_id"] = str(attachment_id)


def _without_nulls(component: Json) -> None:
    for name in [name for name, value in component.items() if value is None]:
        del component[name]
    if component.get("id") == 0:
        del component["id"]
