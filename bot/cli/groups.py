"""Command groups with aliases, so that `list` and `show` both work everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


class Aliases(click.Group):
    """`aliases` maps each alias to the command's own name; help mentions them at the end."""

    def __init__(self, *arguments: Any, aliases: Mapping[str, str], **options: Any) -> None:  # noqa: ANN401  click's own
        super().__init__(*arguments, **options)
        self.aliases = aliases

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, self.aliases.get(cmd_name, cmd_name))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        for other, own in self.aliases.items():
            formatter.write_paragraph()
            formatter.write_text(f"`{other}` is another name for `{own}`.")
