"""The documentation names everything that exists, and nothing that does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import pytest

from bot.cli.main import COMMANDS
from bot.domain.alert import AlertKind
from bot.settings import Settings

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text("utf-8")
OPERATIONS = (PROJECT / "docs/operations.md").read_text("utf-8")
RELIABILITY = (PROJECT / "docs/reliability.md").read_text("utf-8")
COGS = [path.parent for path in sorted((PROJECT / "cogs").glob("*/cog.py")) if "app_commands" in path.read_text()]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *(f"docs/{page.name}" for page in PROJECT.glob("docs/*.md"))]
ROOMS = ("bot", "cogs", "storage", "sandbox")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command_of_the_command_line(command: str) -> None:
    assert f"`videobot {command}`" in README


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_call_that_does_not_exist(page: str) -> None:
    """Calls stand in code, on one line or over two; an option belongs to its command."""
    calls = [call.split() for call in _calls((PROJECT / page).read_text("utf-8"))]

    assert [" ".join(call) for call in calls if not _exists(call)] == []


def test_a_call_that_does_not_exist_is_found() -> None:
    assert not _exists(["videobot", "prices", "guess"])
    assert not _exists(["videobot", "run", "--now"])
    assert _exists(["videobot", "jobs", "list", "--state", "queued"])


@pytest.mark.parametrize("cog", COGS, ids=lambda path: path.name)
def test_the_readme_names_every_command_in_discord(cog: Path) -> None:
    if cog.name == "operator":
        assert "`/operator" in OPERATIONS
    else:
        assert f"`/{cog.name}" in README


def test_operations_explains_every_alert_and_no_other() -> None:
    section = OPERATIONS.partition("### Alerts")[2].partition("\n#")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)

    explained = [kind for cell in first_cells for kind in re.findall(r"`(\w+)`", cell)]
    assert sorted(explained) == sorted(AlertKind)


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md", "docs/reliability.md", "CHANGELOG.md"])
def test_every_setting_that_a_page_names_exists(page: str) -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)\b[^`]*`", (PROJECT / page).read_text("utf-8")))

    ours = {name.upper() for name in Settings.model_fields}
    assert named - ours <= {"HTTPS_PROXY", "DISCORD_TOKN"}


def test_every_action_of_the_log_that_operations_names_is_written() -> None:
    named = {*re.findall(r"`action=(\w+)`", OPERATIONS), *_first_cells_of("### Discord refuses")}

    assert len(named) > 8
    assert sorted(action for action in named if f'"{action}"' not in _source()) == []


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = PROJECT / page
    links = re.findall(r"\]\((?!https?://)([^)]+)\)", path.read_text("utf-8"))

    assert [link for link in links if not _leads_somewhere(path, link)] == []


@pytest.mark.parametrize("page", ["docs/reliability.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`((?:[\w.*-]+/)+[\w.*-]*|\w+\.(?:py|toml|lock))`", (PROJECT / page).read_text("utf-8"))

    assert named
    assert [name for name in named if not _is_there(name)] == []


def test_every_promise_names_the_test_that_holds_it() -> None:
    rows = RELIABILITY.partition("## Promises")[2].partition("\n## ")[0].splitlines()
    promises = [row for row in rows if row.startswith("| ") and not row.startswith(("| Promise", "| ---"))]

    assert len(promises) > 10
    assert [row for row in promises if not re.search(r"`tests/[\w/]+\.py`|the same", row)] == []


@pytest.mark.parametrize("page", PAGES)
def test_pages_have_straight_quotes(page: str) -> None:
    assert re.findall("[\u2018\u2019\u201c\u201d]", (PROJECT / page).read_text("utf-8")) == []


def test_the_readme_gives_the_two_commands_that_do_all_the_setting_up() -> None:
    assert 'pip install -e ".[demo]" && python -m bot demo' in README
    assert 'pip install -e ".[test]" && pytest' in README


def test_ci_calls_the_readmes_test_command() -> None:
    last_line = (PROJECT / ".ci/run").read_text("utf-8").splitlines()[-1]

    assert last_line == 'pip install -e ".[test]" && pytest'


def _calls(page: str) -> Iterator[str]:
    """What stands after `videobot` in code, up to the end of the code or a comment."""
    inline = re.findall(r"`(videobot [^`]+)`", page)
    blocks = re.findall(r"^ {3,}(videobot [^#\n]+)", page, re.MULTILINE)
    yield from (call for call in (*inline, *blocks) if "…" not in call)


def _exists(call: list[str]) -> bool:
    command, *rest = call[1:]
    if command not in COMMANDS:
        return False
    found = import_module(f"bot.cli.{command}").command
    if isinstance(found, click.Group) and rest:
        found = found.commands.get(rest.pop(0).partition("|")[0])
    if found is None:
        return False
    options = {name for parameter in found.params for name in parameter.opts}
    return {word.partition("=")[0] for word in rest if word.startswith("--")} <= options | {"--help"}


def _first_cells_of(heading: str) -> list[str]:
    section = OPERATIONS.partition(heading)[2].partition("\n#")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell) if name != "action"]


@cache
def _source() -> str:
    paths = (path for room in ROOMS for path in (PROJECT / room).rglob("*.py"))
    return "".join(path.read_text("utf-8") for path in paths)


def _leads_somewhere(page: Path, link: str) -> bool:
    file, _, heading = link.partition("#")
    target = page.parent / file if file else page
    return target.exists() and (not heading or heading in _headings(target))


def _headings(page: Path) -> set[str]:
    """As GitHub names them in links."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def _is_there(name: str) -> bool:
    """A path from the top; or a file's name by itself, wherever in the project's own rooms."""
    if "/" in name or (PROJECT / name).exists():
        return any(PROJECT.glob(name.rstrip("/")))
    return any(any((PROJECT / room).rglob(name)) for room in (*ROOMS, "tests"))
