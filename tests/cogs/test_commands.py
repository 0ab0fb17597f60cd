"""All commands at once: what must hold for each of them, whoever adds the next."""

from __future__ import annotations

from typing import Any

from cogs.client.client import VideobotClient
from cogs.wording import limits
from tests.cogs.running import Scene

GUILD_CONTEXT, GUILD_INSTALL = 0, 0


def _definitions(client: VideobotClient) -> list[dict[str, Any]]:
    return [command.to_dict(client.tree) for command in client.tree.get_commands()]


def _leaves(definition: dict[str, Any]) -> list[dict[str, Any]]:
    """The definition and, if it is a group, all its subcommands and options."""
    below = [leaf for option in definition.get("options", []) for leaf in _leaves(option)]
    return [definition, *below]


def _characters(definition: dict[str, Any]) -> int:
    own = len(definition.get("name", "")) + len(definition.get("description", ""))
    choices = sum(len(choice["name"]) + len(str(choice["value"])) for choice in definition.get("choices") or [])
    return own + choices + sum(_characters(option) for option in definition.get("options", []))


async def test_every_command_respects_discords_limits_and_belongs_to_servers_alone(scene: Scene) -> None:
    definitions = _definitions(scene.client)

    assert {definition["name"] for definition in definitions} >= {"video", "credits", "history"}
    names = [(definition["type"], definition["name"]) for definition in definitions]
    assert len(names) == len(set(names))
    for definition in definitions:
        assert definition["contexts"] == [GUILD_CONTEXT]
        assert definition["integration_types"] == [GUILD_INSTALL]
        assert _characters(definition) <= limits.COMMAND_TOTAL
        for leaf in _leaves(definition):
            assert 5 <= len(leaf.get("description", "a message command")) <= limits.COMMAND_DESCRIPTION
            assert leaf.get("description") != "…", f"{leaf['name']} has no help text"
            assert len(leaf.get("options", [])) <= limits.COMMAND_OPTIONS
            assert len(leaf.get("choices") or []) <= limits.COMMAND_CHOICES
