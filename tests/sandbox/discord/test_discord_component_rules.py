"""Component trees that Discord refuses, and the path that its answer names."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.discord.components.modal_rules import check_modal
from sandbox.discord.components.rules import check_components
from sandbox.discord.errors import FormErrors

Json = dict[str, Any]
TEXT: Json = {"type": 10, "content": "hello"}


def button(number: int = 0, **fields: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": f"go-{number}"} | fields


def link(url: str) -> Json:
    return {"type": 2, "style": 5, "label": "Open", "url": url}


def row(*children: Json) -> Json:
    return {"type": 1, "components": list(children)}


def container(*children: Json, **fields: Any) -> Json:
    return {"type": 17, "components": list(children)} | fields


def gallery(*urls: str) -> Json:
    return {"type": 12, "items": [{"media": {"url": url}} for url in urls]}


def menu(**fields: Any) -> Json:
    return {"type": 3, "custom_id": "menu", "options": [{"label": "A", "value": "a"}]} | fields


def errors_of(*components: Json, components_v2: bool = True) -> list[str]:
    """Every error as `path: CODE`."""
    errors = FormErrors()
    check_components({"components": list(components)}, errors, components_v2=components_v2)
    return list(_flat(errors.tree))


def _flat(tree: Json, path: str = "") -> list[str]:
    found = [f"{path}: {error['code']}" for error in tree.get("_errors", ())]
    for step, below in tree.items():
        if step != "_errors":
            found += _flat(below, f"{path}.{step}".lstrip("."))
    return found


GOOD: Json = container(
    TEXT,
    {"type": 9, "components": [TEXT], "accessory": {"type": 11, "media": {"url": "https://example.com/a.png"}}},
    {"type": 14, "spacing": 2},
    gallery("attachment://clip.mp4", "https://example.com/v.mp4?" + "x" * 2000),
    row(button(1), link("https://example.com")),
    row(menu()),
    accent_color=0xFFFFFF,
)


def test_complete_layout_is_accepted() -> None:
    assert errors_of(GOOD, TEXT, row(button(2))) == []
    assert errors_of(row(button()), components_v2=False) == []


@pytest.mark.parametrize(
    ("component", "fault"),
    [
        ({"type": 10, "content": ""}, "components.0.content: BASE_TYPE_BAD_LENGTH"),
        ({"type": 10, "content": " \n"}, "components.0.content: BASE_TYPE_REQUIRED"),
        ({"type": 10}, "components.0.content: BASE_TYPE_REQUIRED"),
        ({"type": 99}, "components.0.type: BASE_TYPE_CHOICES"),
        (button(), "components.0.type: BASE_TYPE_CHOICES"),
        (container(), "components.0.components: BASE_TYPE_BAD_LENGTH"),
        (container(container(TEXT)), "components.0.components.0.type: BASE_TYPE_CHOICES"),
        (container(TEXT, accent_color=2**24), "components.0.accent_color: NUMBER_TYPE_MAX"),
        (row(button(label="x" * 81)), "components.0.components.0.label: BASE_TYPE_MAX_LENGTH"),
        (row(button(custom_id="")), "components.0.components.0.custom_id: BASE_TYPE_BAD_LENGTH"),
        (row(button(custom_id="x" * 101)), "components.0.components.0.custom_id: BASE_TYPE_MAX_LENGTH"),
        (row(button(label="")), "components.0.components.0: BUTTON_COMPONENT_INVALID"),
        (row(button(style=7)), "components.0.components.0.style: BASE_TYPE_CHOICES"),
        (row(link("https://example.com/" + "x" * 493)), "components.0.components.0.url: BASE_TYPE_MAX_LENGTH"),
        (row(link("ftp://example.com")), "components.0.components.0.url: URL_TYPE_INVALID_SCHEME"),
        (row(link("https://e.com") | {"custom_id": "x"}),
         "components.0.components.0.custom_id: BUTTON_COMPONENT_CUSTOM_ID_INVALID"),
        (row(*(button(n) for n in range(6))), "components.0.components: BASE_TYPE_BAD_LENGTH"),
        (row(menu(), button()), "components.0.components: COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        (row(menu(max_values=2)), "components.0.components.0.max_values: NUMBER_TYPE_MAX"),
        (row(TEXT), "components.0.components.0.type: BASE_TYPE_CHOICES"),
        (gallery(), "components.0.items: BASE_TYPE_BAD_LENGTH"),
        (gallery(*["https://example.com/v.mp4"] * 11), "components.0.items: BASE_TYPE_BAD_LENGTH"),
        (gallery("https://example.com/" + "x" * 2029), "components.0.items.0.media.url: BASE_TYPE_MAX_LENGTH"),
        ({"type": 13, "file": {"url": "https://e.com/a"}}, "components.0.file.url: URL_TYPE_INVALID_SCHEME"),
        ({"type": 9, "components": [TEXT]}, "components.0.accessory: BASE_TYPE_REQUIRED"),
    ],
)  # fmt: skip
def test_refusal_of_a_component_names_its_path(component: Json, fault: str) -> None:
    assert errors_of(component) == [fault]


@pytest.mark.parametrize(
    ("components", "fault"),
    [
        ([TEXT] * 41, "components: COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
        ([container(*[TEXT] * 20), container(*[TEXT] * 19)], "components: COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
        ([{"type": 10, "content": "x" * 2001}] * 2, "components: COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
        ([row(button(1)), row(button(1))], "components: COMPONENT_CUSTOM_ID_DUPLICATED"),
        ([TEXT | {"id": 4}, TEXT | {"id": 4}], "components: COMPONENT_ID_DUPLICATED"),
    ],
)
def test_tree_as_a_whole_is_refused(components: list[Json], fault: str) -> None:
    assert fault in errors_of(*components)


def test_old_layout_allows_only_rows() -> None:
    assert errors_of(TEXT, components_v2=False) == ["components.0.type: BASE_TYPE_CHOICES"]
    assert errors_of(*[row(button(n)) for n in range(6)], components_v2=False) == ["components: BASE_TYPE_BAD_LENGTH"]


def modal_errors(**fields: Any) -> list[str]:
    errors = FormErrors()
    check_modal({"title": "T", "custom_id": "m", "components": [labelled()]} | fields, errors)
    return _flat(errors.tree)


def labelled(**fields: Any) -> Json:
    return {"type": 18, "label": "Prompt", "component": {"type": 4, "custom_id": "p", "style": 2} | fields}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"title": "x" * 46}, "title: BASE_TYPE_MAX_LENGTH"),
        ({"components": []}, "components: BASE_TYPE_BAD_LENGTH"),
        ({"components": [labelled(), labelled()]}, "components: COMPONENT_CUSTOM_ID_DUPLICATED"),
        ({"components": [labelled(value="x" * 4001)]}, "components.0.component.value: BASE_TYPE_MAX_LENGTH"),
        ({"components": [labelled(max_length=3, value="four")]}, "components.0.component.value: BASE_TYPE_MAX_LENGTH"),
        ({"components": [labelled(type=2)]}, "components.0.component.type: BASE_TYPE_CHOICES"),
        ({"components": [labelled() | {"label": "x" * 46}]}, "components.0.label: BASE_TYPE_MAX_LENGTH"),
    ],
)
def test_refusal_of_a_modal_names_the_path(fields: Json, fault: str) -> None:
    assert modal_errors() == []
    assert modal_errors(**fields) == [fault]
