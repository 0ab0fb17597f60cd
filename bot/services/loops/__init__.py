"""What every loop needs: a wakeup, bounded tasks, back-off, and a supervisor that restarts it."""
