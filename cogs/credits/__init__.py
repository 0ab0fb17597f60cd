"""`/credits`: what the server may still spend, and what videos cost."""
