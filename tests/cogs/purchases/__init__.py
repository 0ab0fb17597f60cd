"""Credit packs that are bought in Discord."""
