"""The audit trail in a log channel."""
