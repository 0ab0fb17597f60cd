"""Local stand-ins for the services that the product talks to, written from the vendors' documentation.

They serve real sockets and import nothing from the bot, so a test that passes has really used the network.
"""
