"""Alembic's entry: runs the steps on the connection and in the transaction that `storage/database/migrate.py` opened.

The tables of today are kept out on purpose: a step says in full what it makes, names of constraints included.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
