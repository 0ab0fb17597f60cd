"""Alembic's entry: runs the steps on the connection and in the transaction that `storage/database/migrate.py` opened.

Today's tables are left out on purpose: a step says in full what it creates, names of constraints included.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
