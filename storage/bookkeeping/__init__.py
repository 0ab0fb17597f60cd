"""The ledger from inside: writing entries, reading them all, proving them, exporting them."""
