"""What every loop needs: waking up, bounded tasks, back-off, and a supervisor that restarts it."""
