"""The command `videobot`. Whatever goes wrong ends in a sentence and an exit code.

Exit codes: 0 done, 1 could not be done, 2 wrong usage or settings.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from io import StringIO

import click

from bot import __version__
from bot.cli.terminal import accept_every_character

LONGEST_LINE = 900

COMMANDS = {
    "run": "Start the bot.",
    "demo": "Try everything on this machine: no account, no settings.",
    "doctor": "Check settings, Discord, PowerPost, the database and the machine.",
    "invite": "Print the link that adds the bot to a server.",
    "credits": "Grant, revoke and show a server's credits.",
    "keys": "Create and change the keys that encrypt linked accounts.",
    "ledger": "Check and export the ledger.",
    "guilds": "List the servers, their credits and their jobs.",
    "prices": "List, set and forget what videos are expected to cost.",
    "spending": "Stop and start all spending at once.",
    "jobs": "List, show, resolve and cancel jobs.",
    "backup": "Copy the database while the bot runs, and verify the copy.",
    "quotas": "List, set and clear what a server's members may use.",
    "settings": "Show and change what a server's admins have set.",
    "health": "Ask the running bot whether it is well.",
}


class LazyCommands(click.Group):
    """Imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"bot.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101  every module of this package offers one
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="videobot")
def videobot() -> None:
    """A self-hosted Discord bot for AI video.

    New here? `videobot demo` shows everything without an account. Settings come from the environment or a .env file
    (see .env.example); `videobot doctor` checks them, and `videobot run` starts the bot.
    """


def main() -> None:
    """The entry point of the process."""
    from bot.errors import SettingsError, VideobotError  # noqa: PLC0415  not needed for help
    from bot.terminal import shown, shown_lines  # noqa: PLC0415  the same

    accept_every_character()
    try:
        videobot(standalone_mode=False)
    except click.ClickException as error:
        said = StringIO()
        _in_words(error).show(file=said)
        click.echo(_shortened(shown_lines(said.getvalue().rstrip("\n").expandtabs(4))), err=True)
        sys.exit(error.exit_code)
    except click.Abort:  # at a confirmation: Ctrl-C, or no terminal
        click.echo("\nNothing was changed.", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except SettingsError as error:
        click.echo("These settings need attention:", err=True)
        for problem in error.problems:
            click.echo(_shortened(f"  {shown(problem)}"), err=True)
        sys.exit(2)
    except (VideobotError, OSError) as error:  # OSError: a read-only folder, a port in use
        click.echo(_shortened(f"Error: {shown_lines(_said(error))}"), err=True)
        sys.exit(1)


def _in_words(error: click.ClickException) -> click.ClickException:
    """Click mistakes a negative number for an option; people mean a number."""
    if not isinstance(error, click.NoSuchOption) or not re.fullmatch(r"-[0-9.]", error.option_name):
        return error
    given = next((word for word in sys.argv[1:] if re.fullmatch(r"-[0-9.]+", word)), error.option_name)
    return click.UsageError(f"{given} is negative. Amounts, ids and seconds cannot be below zero.", error.ctx)


def _said(error: Exception) -> str:
    """What the operating system says, without its number."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    where = f" ({error.filename!r})" if error.filename else ""
    return f"{error.strerror}{where}."


def _shortened(text: str) -> str:
    """So that a long pasted argument does not push the sentence off the screen."""
    return "\n".join(_short_line(line) for line in text.split("\n"))


def _short_line(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE * 2 // 3]} … {line[-LONGEST_LINE // 3 :]}"
