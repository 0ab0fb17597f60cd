"""The contracts in pyproject.toml hold, and each of them bites: what it forbids is tried, and is reported."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import grimp
import pytest
from importlinter import Contract
from importlinter.application.use_cases import read_user_options
from importlinter.configuration import configure
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract

configure()
OPTIONS: Final = read_user_options(str(Path(__file__).parent.parent / "pyproject.toml"))
CONTRACTS: Final[dict[str, dict[str, Any]]] = {contract["name"]: contract for contract in OPTIONS.contracts_options}
TYPES: Final[dict[str, type[Contract]]] = {
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
    "protected": ProtectedContract,
}

WRONG_IMPORTS: Final[dict[str, list[str]]] = {
    "Imports go downwards only": [
        "bot.domain.job -> storage.jobs",
        "storage.jobs -> bot.powerpost.client",
        "bot.powerpost.client -> storage.jobs",
        "bot.services.jobs.submit -> cogs.video.text",
        "cogs.video.cog -> bot.app.running",
        "bot.app.running -> bot.cli.doctor",
        "bot.cli.doctor -> tests.clocks",
    ],
    "Every module of bot stands in a layer": [
        "bot.errors -> bot.settings",
        "bot.log -> bot.health",
        "bot.powerpost.client -> bot.services.alerts",
        "bot.terminal -> bot.log",
    ],
    "Services: jobs on top, loops below": [
        "bot.services.accounts.linked -> bot.services.jobs.submit",
        "bot.services.messages.deliver -> bot.services.accounts.linked",
        "bot.services.loops.retries -> bot.services.messages.deliver",
        "bot.services.ports -> bot.services.loops.wakeup",
    ],
    "Storage: the door, the nouns, the bookkeeping, the tables, the database": [
        "storage.jobs -> storage.stores",
        "storage.quotas -> storage.jobs",
        "storage.guilds -> storage.quotas",
        "storage.bookkeeping.entries -> storage.guilds",
        "storage.database.engine -> storage.tables",
        "storage.migrations.env -> storage.tables",
    ],
    "Features know nothing of each other": ["cogs.credits.cog -> cogs.video.text"],
    "Features stand on what serves them all": [
        "cogs.interactions.answers -> cogs.credits.text",
        "cogs.wording.words -> cogs.interactions.answers",
        "cogs.client.client -> cogs.video.cog",
    ],
    "Cogs know neither the database nor PowerPost": [
        "cogs.credits.cog -> storage.ledger",
        "cogs.video.cog -> bot.powerpost.client",
        "cogs.video.cog -> sqlalchemy",
    ],
    "The rules of the product need no library": [
        "bot.domain.job -> pydantic",
        "bot.domain.job -> bot.services.ports",
    ],
    "Services know ports, not libraries": [
        "bot.services.alerts -> discord",
        "bot.services.jobs.submit -> storage.jobs",
        "bot.services.jobs.upload -> bot.web.fetch",
    ],
    "Services name the wire's records, bot.powerpost.models, and nothing else of PowerPost": [
        "bot.services.jobs.submit -> bot.powerpost.client",
        "bot.services.ports -> bot.powerpost.wiretypes",
        "bot.health -> bot.powerpost.models",
    ],
    "One door to the database: storage.stores": [
        "bot.cli.credits -> storage.ledger",
        "bot.cli.doctor -> storage.database.engine",
        "bot.app.pipeline -> storage.tables",
        "bot.health -> storage.stores",
        "bot.services.alerts -> storage.stores",
        "bot.cli.jobs -> storage.process_lock",
    ],
    "The sandbox is written from the vendors' documentation alone": [
        "sandbox.clock -> bot.clock",
        "sandbox.discord.sandbox -> discord",
    ],
    "Only tests and the demonstration use the sandbox": ["bot.app.running -> sandbox.powerpost"],
    "The sandbox is entered by its faces: sandbox.discord, sandbox.powerpost, sandbox.powerpost.faults": [
        "bot.cli.demo.stage -> sandbox.clock",
        "tests.cogs.conftest -> sandbox.discord.world",
        "tests.e2e.product -> sandbox.powerpost.orders",
    ],
}


@pytest.fixture(scope="module")
def built() -> grimp.ImportGraph:
    return grimp.build_graph(*OPTIONS.session_options["root_packages"], include_external_packages=True, cache_dir=None)


@pytest.fixture
def graph(built: grimp.ImportGraph) -> grimp.ImportGraph:
    """A copy of its own: contracts take out of it what they ignore."""
    return deepcopy(built)


def is_kept(name: str, graph: grimp.ImportGraph) -> bool:
    contract = TYPES[CONTRACTS[name]["type"]](
        name=name, session_options=OPTIONS.session_options, contract_options=CONTRACTS[name]
    )
    return contract.check(graph, verbose=False).kept


def test_every_contract_is_tried() -> None:
    assert set(WRONG_IMPORTS) == set(CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_holds(name: str, graph: grimp.ImportGraph) -> None:
    assert is_kept(name, graph)


@pytest.mark.parametrize(
    ("name", "wrong"), [(name, wrong) for name, imports in WRONG_IMPORTS.items() for wrong in imports]
)
def test_a_wrong_import_is_reported(name: str, wrong: str, graph: grimp.ImportGraph) -> None:
    importer, imported = wrong.split(" -> ")
    assert {importer, imported} <= graph.modules, "a module of this name is no longer there"
    assert imported not in graph.find_modules_directly_imported_by(importer)
    graph.add_import(importer=importer, imported=imported)
    assert not is_kept(name, graph)


@pytest.mark.parametrize(
    ("name", "new"), [(name, f"{room}.new") for name in CONTRACTS for room in CONTRACTS[name].get("containers", ())]
)
def test_a_new_module_must_be_given_a_layer(name: str, new: str, graph: grimp.ImportGraph) -> None:
    graph.add_module(new)
    assert not is_kept(name, graph)
