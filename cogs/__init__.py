"""What members and admins meet in Discord: one folder a feature, and the notifier that keeps messages up to date."""
