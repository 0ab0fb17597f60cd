"""Credit packs bought in Discord."""
