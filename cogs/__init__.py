"""What members and admins meet in Discord: one folder per feature."""
