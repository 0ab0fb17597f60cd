"""Every sentence of `/privacy`; `docs/admin-guide.md` says the same to admins."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.domain.erasure import Erased

_STORED: Final = """### What this bot stores about you
**For each of your videos:** who asked, where and when, your roles at the time, the prompt and options, the cost, the \
outcome, and PowerPost's ids and link. `/history` shows it to you.
**A picture you attach:** only until PowerPost has it or the video has failed.
**In the server's ledger:** your id with each amount of credits. These entries stay for good: they prove what was paid.
**In the server's audit trail:** what you changed as an admin.
Nothing else: the bot reads no messages and no member lists.

**At PowerPost:** prompts and pictures are sent there, and stay with the videos in the account that pays for this \
server.
**In Discord:** the bot's messages with your prompts and videos stay until you or a moderator delete them."""

ASK_AGAIN: Final = """### Erase your prompts and history in this server?
This erases your prompts, links, roles and failure messages for good, and `/history` starts empty. Ids and amounts \
stay in the ledger. Messages in Discord, videos at PowerPost, and the operator's copies of the database are not \
touched."""

NOTHING_TO_ERASE: Final = "There is nothing to erase: the bot has no prompts or history of yours in this server."


def stored_text(forgets_servers_after: timedelta) -> str:
    """What is stored, and for how long."""
    days = f"{forgets_servers_after.days} day{'' if forgets_servers_after.days == 1 else 's'}"
    return (
        f"{_STORED}\n\n**For how long:** until you erase it below, or until {days} after the bot is removed from this "
        "server. The operator's earlier copies of the database keep what you erase."
    )


def erased_text(erased: Erased) -> str:
    """Whether the erasure was done, and what stays."""
    if erased.under_way:
        videos, are, them = ("video", "is", "it") if erased.under_way == 1 else ("videos", "are", "them")
        return (
            f"{erased.under_way} {videos} of yours {are} still in progress, and the bot needs the prompt until then. "
            f"Please wait for {them} to finish, then try again. Nothing was erased."
        )
    if erased.videos == 0:
        return NOTHING_TO_ERASE
    count = "one video" if erased.videos == 1 else f"{erased.videos:,} videos"
    return f"### Erased\nThe prompts and history of {count} are gone. Ids and amounts stay in the server's ledger."
