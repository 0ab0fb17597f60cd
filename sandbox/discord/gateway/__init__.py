"""The gateway, which tells the bot what happens.

https://docs.discord.com/developers/events/gateway
"""
