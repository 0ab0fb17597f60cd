"""Everything that is kept: jobs, credits and guilds, in SQLite or PostgreSQL, by one set of SQLAlchemy Core statements."""
