"""Reads the product's source: which functions commit, and which modules call or import what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PACKAGES = ("bot", "cogs", "storage")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product, by its path, except the demo, which is not part of a running bot."""
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            name = path.relative_to(PROJECT).as_posix()
            if not name.startswith("bot/cli/demo/"):
                yield name, ast.parse(path.read_text())


def committing_functions() -> set[str]:
    """Methods that open a writing transaction, such as `JobStore.move`."""
    return {
        f"{owner.name}.{method.name}"
        for _, module in modules()
        for owner in ast.walk(module)
        if isinstance(owner, ast.ClassDef)
        for method in owner.body
        if isinstance(method, ast.AsyncFunctionDef) and "writer" in _attributes_called(method)
    }


def callers(*names: str) -> set[str]:
    """Modules that call an attribute or a function of one of these names."""
    return {path for path, module in modules() if _names_called(module) & set(names)}


def importers(*names: str) -> set[str]:
    """Modules that import one of these, or something inside it."""
    return {path for path, module in modules() if any(_is_within(found, names) for found in _imported(module))}


def _attributes_called(tree: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.attr for function in calls if isinstance(function, ast.Attribute)}


def _names_called(tree: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return _attributes_called(tree) | {function.id for function in calls if isinstance(function, ast.Name)}


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module


def _is_within(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)
