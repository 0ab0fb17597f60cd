"""The gateway: how the bot hears what happens.

https://docs.discord.com/developers/events/gateway
"""
