"""Everything that is kept, in SQLite or PostgreSQL: jobs, credits, guilds; one set of SQLAlchemy Core statements."""
