"""What every interaction needs: where it came from, how it is answered, and what becomes of errors."""
