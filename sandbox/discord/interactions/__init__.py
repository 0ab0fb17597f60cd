"""Interactions: what a member's act becomes, and the bot's answers to it."""
