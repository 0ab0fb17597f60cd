"""Local stand-ins for the services that the product talks to, written from the vendors' documentation.

They serve real sockets and import nothing of the bot, so what passes against them has passed over a wire.
"""
