"""The steps that upgrade a database from any earlier version to this one; `storage/database/migrate.py` runs them.

A new step is a file `versions/NNNN_what_it_does.py` whose `down_revision` is the previous number. It adds rather than
changes, and never imports `storage.tables`, which describes today's schema, not that day's. There is no downgrade: the
copy made before the upgrade is the way back.
"""
