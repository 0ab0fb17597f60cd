"""Everything that is stored, in SQLite or PostgreSQL, with one set of SQLAlchemy Core statements."""
