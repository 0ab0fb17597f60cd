"""The steps that bring a database from any earlier version to this one; `storage/database/migrate.py` runs them.

A new step is a file `versions/NNNN_what_it_does.py` whose `down_revision` is the number before. It adds rather than
changes, never imports `storage.tables` (which speaks of today, not of that day), and has no way back: the copy that is
made before it runs is the way back.
"""
