"""`/workspace`: a server's own PowerPost account, linked, shown and unlinked by its admins."""
