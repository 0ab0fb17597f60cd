"""Inside the ledger: writing its entries, reading, verifying and exporting them."""
