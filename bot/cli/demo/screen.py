"""What the demo prints: Discord messages as people see them, live progress, and the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from rich.box import ROUNDED
from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bot.domain.actor import Actor, user_of
from bot.domain.ledger import LedgerEntry
from bot.terminal import shown
from sandbox.discord import Version


class Screen:
    """Prints to a terminal, or as plain lines if there is none. `names` maps mentioned ids to names."""

    def __init__(self, console: Console, names: Mapping[int, str]) -> None:
        self._console = console
        self._names = names

    def title(self, text: str) -> None:
        self._console.rule(Text(shown(text), "bold"))

    def say(self, text: str, style: str = "") -> None:
        self._console.print(Text(shown(text), style))

    def member_types(self, name: str, command: str) -> None:
        self._console.print(Text.assemble((f"{name}  ", "bold cyan"), shown(command)))

    def message(self, version: Version, *, note: str = "") -> None:
        """One state of one of the bot's messages."""
        colour = "white" if version.accent_colour is None else f"#{version.accent_colour:06x}"
        text = readable(version.text, self._names)
        files = "".join(
            f"\n▶ {attachment.filename} ({attachment.size / 2**20:.1f} MiB)" for attachment in version.attachments
        )
        title = "Videobot" + (f" ({note})" if note else "")
        self._console.print(
            Panel(text.append(files), title=title, title_align="left", border_style=colour, box=ROUNDED)
        )

    def progress(self) -> AbstractContextManager[Progress]:
        """A live line that shows what is going on, and for how long."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        return Progress(*columns, console=self._console, transient=True)

    def ledger(self, entries: Sequence[LedgerEntry], problems: Sequence[str]) -> None:
        """The server's ledger, and whether it adds up."""
        table = Table("entry", "credits", "job", "by", "available", "reserved", "spent", title="The server's ledger")
        for entry in entries:
            after = (entry.available_after, entry.reserved_after, entry.spent_after)
            table.add_row(entry.kind, str(entry.amount), entry.job_id or "", self._actor(entry.actor), *map(str, after))
        self._console.print(table)
        self.say("\n".join(problems) or "These entries match every balance and every job.", "bold")

    def _actor(self, actor: Actor) -> str:
        user_id = user_of(actor)
        return actor if user_id is None else self._names.get(user_id, actor)


def readable(text: str, names: Mapping[int, str]) -> Text:
    """Discord's markup as people see it: mentions by name, times in words, headings bold, small print dim."""
    text = re.sub(r"<@(\d+)>", lambda found: "@" + names.get(int(found[1]), "somebody"), text)
    text = re.sub(r"<t:(\d+):R>", lambda found: _relative(int(found[1])), text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\\([^\w\s])", r"\1", text)
    screen = Text()
    for line in text.splitlines():
        screen.append_text(_styled(shown(line))).append("\n")
    screen.rstrip()
    return screen


def _styled(line: str) -> Text:
    for prefix, style in (("### ", "bold"), ("-# ", "dim"), ("> ", "italic")):
        if line.startswith(prefix):
            return Text(line.removeprefix(prefix), style)
    return Text(line)


def _relative(timestamp: int) -> str:
    seconds = round((datetime.fromtimestamp(timestamp, UTC) - datetime.now(UTC)).total_seconds())
    amount, unit = next(
        (
            (abs(seconds) // size, unit)
            for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"))
            if abs(seconds) >= size
        ),
        (abs(seconds), "second"),
    )
    words = f"{amount} {unit}{'' if amount == 1 else 's'}"
    return f"in {words}" if seconds >= 0 else f"{words} ago"
