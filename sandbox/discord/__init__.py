"""A local Discord: REST v10 and the gateway over a real socket, enforcing the real rules.

    async with DiscordSandbox() as discord:
        guild = discord.add_guild("Film club")
        channel = guild.add_channel("videos")
        mia = guild.add_member("Mia")
        ...                                              # start a bot with discord.token at discord.api_base
        await discord.wait_until_ready()
        use = await mia.slash(channel, "video", prompt="A lighthouse in a storm")
        answer = await use.first_response()
        await mia.press(answer.message, "Again")

Written only from Discord's public documentation: https://docs.discord.com/developers
"""

from sandbox.clock import MovableClock
from sandbox.discord.channels import Channel, DirectChannel, TextChannel, Thread
from sandbox.discord.client.errors import NotPossible
from sandbox.discord.commands.registry import CommandType
from sandbox.discord.components.reading import Button, SelectMenu
from sandbox.discord.components.rules import check_components
from sandbox.discord.entitlements import Entitlement
from sandbox.discord.errors import FormErrors
from sandbox.discord.events import Event
from sandbox.discord.faults import EdgeAnswer, Fault
from sandbox.discord.files import Attachment, Upload
from sandbox.discord.gateway.protocol import Raw
from sandbox.discord.guilds import Guild, Role
from sandbox.discord.interactions.modal import Modal, ModalField
from sandbox.discord.interactions.record import Answer, AnswerKind, Choice, Interaction
from sandbox.discord.limits import Limits
from sandbox.discord.members import Member
from sandbox.discord.messages.flags import MessageFlags
from sandbox.discord.messages.record import Media, Message, Version
from sandbox.discord.people import Notification, NotificationReason, User
from sandbox.discord.permissions import Permissions
from sandbox.discord.requests import RecordedRequest, SentFile
from sandbox.discord.sandbox import DiscordSandbox

__all__ = [
    "Answer",
    "AnswerKind",
    "Attachment",
    "Button",
    "Channel",
    "Choice",
    "CommandType",
    "DirectChannel",
    "DiscordSandbox",
    "EdgeAnswer",
    "Entitlement",
    "Event",
    "Fault",
    "FormErrors",
    "Guild",
    "Interaction",
    "Limits",
    "Media",
    "Member",
    "Message",
    "MessageFlags",
    "Modal",
    "ModalField",
    "MovableClock",
    "NotPossible",
    "Notification",
    "NotificationReason",
    "Permissions",
    "Raw",
    "RecordedRequest",
    "Role",
    "SelectMenu",
    "SentFile",
    "TextChannel",
    "Thread",
    "Upload",
    "User",
    "Version",
    "check_components",
]
