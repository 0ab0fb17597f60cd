"""`videobot backup`: a verified copy of the database, made while the bot runs."""

from __future__ import annotations

from pathlib import Path

import click

from bot.clock import SystemClock
from bot.settings import load_settings
from storage.backup import back_up


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace an existing file.")
def command(path: Path, *, force: bool) -> None:
    """Copy the database to PATH while the bot runs, and verify the copy.

    For SQLite; use pg_dump for PostgreSQL. Back up the key file (DATA_DIR/secret.key) too, and keep it in a different
    place: it decrypts the keys of linked PowerPost accounts. How to restore: docs/operations.md, "Backups".
    """
    copy = back_up(load_settings().database_url, path, replace=force, clock=SystemClock())
    size = f"{copy.size / 2**20:.1f} MiB"
    click.echo(f"Copied to {copy.path} ({size}). The copy is intact and its ledger adds up ({copy.entries} entries).")
