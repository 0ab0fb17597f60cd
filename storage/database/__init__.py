"""The database itself: connections, transactions, column types, and bringing the schema up to date."""
