"""Whatever goes wrong in a button or a form, the member reads a sentence."""

from __future__ import annotations

import ast
from pathlib import Path

import cogs

HANDLERS = {"callback", "on_submit"}


def test_every_button_and_form_answers_its_errors() -> None:
    sources = Path(cogs.__file__).parent.rglob("*.py")
    handlers = [
        node
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.AsyncFunctionDef) and node.name in HANDLERS
    ]

    assert len(handlers) >= 7
    for handler in handlers:
        (whole,) = handler.body
        assert isinstance(whole, ast.AsyncWith)
        assert ast.unparse(whole.items[0]) == "answering_errors(interaction)"
