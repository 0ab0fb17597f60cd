"""`/history`: a member's own last videos in a server."""
