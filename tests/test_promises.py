"""Promises stand once, at the port: whatever says that it fits one names it in full and has its methods."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

ROOT = Path(__file__).parent.parent
EMPTY = inspect.Parameter.empty
PACKAGES = ("bot", "cogs", "storage")
FITS = re.compile(r"Fits (`[\w.]+`(?:(?:, | and )`[\w.]+`)*)")
POINTER = "See the port."


@dataclass(frozen=True, slots=True)
class Promise:
    """A class, the ports that its docstring says it fits, and the docstrings of its own methods."""

    name: str
    ports: tuple[str, ...]
    docs: dict[str, str]


def classes() -> Iterator[Promise]:
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                said = " ".join((ast.get_docstring(node) or "").split())
                ports = [port for names in FITS.findall(said) for port in re.findall(r"`([\w.]+)`", names)]
                yield Promise(f"{module}.{node.name}", tuple(ports), dict(docs_of(node)))


def docs_of(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for method in node.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
            yield method.name, ast.get_docstring(method) or ""


CLASSES = list(classes())
FITTING = [promise for promise in CLASSES if promise.ports]
PROMISES = [(promise.name, port) for promise in FITTING for port in promise.ports]


def resolved(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def methods(port: type) -> dict[str, Any]:
    own = {
        name: member
        for base in reversed(port.__mro__)
        if base not in (object, Protocol)
        for name, member in vars(base).items()
    }
    return {
        name: member
        for name, member in own.items()
        if inspect.isfunction(member) and (name == "__call__" or name[0] != "_")
    }


def test_ports_are_promised_in_every_package() -> None:
    assert {name.partition(".")[0] for name, _ in PROMISES} == set(PACKAGES)
    assert len(PROMISES) >= 40


@pytest.mark.parametrize(("name", "port_name"), PROMISES, ids=[f"{name} fits {port}" for name, port in PROMISES])
def test_what_fits_a_port_has_its_methods(name: str, port_name: str) -> None:
    port, promised = resolved(port_name), resolved(name)
    assert getattr(port, "_is_protocol", False), f"{port_name} is not a port"
    assert methods(port)
    for method_name, method in methods(port).items():
        own = getattr(promised, method_name)
        assert inspect.iscoroutinefunction(own) == inspect.iscoroutinefunction(method), method_name
        assert_takes_at_least(inspect.signature(own), inspect.signature(method), f"{name}.{method_name}")


def test_every_port_is_fitted() -> None:
    """But for those of `cogs`: most of them are the feature's own cog, as its buttons know it."""
    outside_cogs = [promise.name for promise in CLASSES if not promise.name.startswith("cogs.")]
    ports = {name for name in outside_cogs if is_port(name)}
    fitted = {base.__module__ + "." + base.__name__ for _, port in PROMISES for base in resolved(port).__mro__}
    assert len(ports) >= 25
    assert ports - fitted == set()


def is_port(name: str) -> bool:
    return bool(getattr(resolved(name), "_is_protocol", False))


def test_a_promise_is_not_repeated_and_is_found_where_it_is_pointed_to() -> None:
    wrong = [fault for promise in CLASSES for fault in misplaced(promise)]
    assert wrong == []


def misplaced(promise: Promise) -> Iterator[str]:
    promised = {name for port in promise.ports for name in methods(resolved(port))}
    for name, said in promise.docs.items():
        points = said.startswith(POINTER)
        if points and name not in promised:
            yield f"{promise.name}.{name}: no port that the class names has this method"
        if said and not points and name in promised:
            yield f"{promise.name}.{name}: its promise stands at the port; write {POINTER!r} and what is special here"


def assert_takes_at_least(own: inspect.Signature, port: inspect.Signature, where: str) -> None:
    """Every parameter of the port by the same name and kind; what is added has a default."""
    for name, parameter in port.parameters.items():
        assert name in own.parameters, f"{where} lacks {name}"
        assert own.parameters[name].kind is parameter.kind, f"{where}: {name}"
        assert own.parameters[name].default is not EMPTY or parameter.default is EMPTY, f"{where}: {name}"
    added = [own.parameters[name] for name in own.parameters if name not in port.parameters]
    assert all(parameter.default is not EMPTY for parameter in added), f"{where} asks for more"


def test_a_promise_that_is_not_kept_is_noticed() -> None:
    class Port(Protocol):
        async def move(self, job_id: str, *, end: str) -> None: ...

    class Store:
        async def move(self, job_id: str, end: str) -> None: ...

    with pytest.raises(AssertionError, match="end"):
        assert_takes_at_least(inspect.signature(Store.move), inspect.signature(Port.move), "Store.move")


def test_a_pointer_to_nowhere_and_a_repeated_promise_are_noticed() -> None:
    docs = {"read": "What earlier processes kept.", "keep": "See the port. On the disk.", "size": "See the port."}
    store = Promise("a.Store", ("bot.services.ports.OutcomeLog",), docs)
    assert [fault.partition(":")[0] for fault in misplaced(store)] == ["a.Store.read", "a.Store.size"]
