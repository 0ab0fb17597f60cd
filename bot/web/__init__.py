"""Fetching from the web: which addresses are allowed, bounded downloads, and source images."""
