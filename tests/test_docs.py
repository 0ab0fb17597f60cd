"""The documentation names everything that there is, and nothing that there is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.cli.main import COMMANDS

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()
COGS = [path.parent for path in sorted((PROJECT / "cogs").glob("*/cog.py")) if "app_commands" in path.read_text()]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command_of_the_command_line(command: str) -> None:
    assert f"`videobot {command}`" in README


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    named = set(re.findall(r"`videobot ([a-z]+)", README))

    assert named <= set(COMMANDS)


@pytest.mark.parametrize("cog", COGS, ids=lambda path: path.name)
def test_the_readme_names_every_command_in_discord(cog: Path) -> None:
    if cog.name == "operator":
        assert "/operator" in (PROJECT / "docs/operations.md").read_text()
    else:
        assert f"`/{cog.name}" in README


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in (PROJECT / "docs").glob("*.md"))]
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = PROJECT / page
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_readme_gives_the_two_commands_that_do_all_the_setting_up() -> None:
    assert 'pip install -e ".[demo]" && python -m bot demo' in README
    assert 'pip install -e ".[test]" && pytest' in README


def test_ci_calls_the_readmes_test_command() -> None:
    last_line = (PROJECT / ".ci/run").read_text().splitlines()[-1]

    assert last_line == 'pip install -e ".[test]" && pytest'
