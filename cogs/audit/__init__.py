"""The audit trail in a server's log channel."""
