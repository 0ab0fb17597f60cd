"""The database itself: connections, transactions, column types, and upgrading the schema."""
