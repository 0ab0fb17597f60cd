"""`/privacy`: what is stored about a member, and erasing it."""
