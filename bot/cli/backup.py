"""`videobot backup`: a proven copy of the database, while the bot works."""

from __future__ import annotations

from pathlib import Path

import click

from bot.clock import SystemClock
from bot.settings import load_settings
from storage.backup import back_up


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def command(path: Path, *, force: bool) -> None:
    """Copy the database to PATH while the bot works, and prove the copy.

    For SQLite; a PostgreSQL database is backed up with pg_dump. Keep the key file (DATA_DIR/secret.key) as well, and
    somewhere else: it decrypts what servers have linked. How to restore: docs/operations.md, "Backups".
    """
    copy = back_up(load_settings().database_url, path, replace=force, clock=SystemClock())
    size = f"{copy.size / 2**20:.1f} MiB"
    click.echo(f"Copied to {copy.path} ({size}): it is whole, and its books are sound ({copy.entries} entries).")
