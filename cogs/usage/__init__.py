"""`/usage`: who used what, as a table, a picture and a file for spreadsheets."""
