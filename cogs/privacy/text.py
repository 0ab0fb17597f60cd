"""Every sentence of `/privacy`; `docs/admin-guide.md` says the same to admins."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.domain.erasure import Erased

_STORED: Final = """### What this bot stores about you
**For each of your videos:** who asked, where and when, your roles then, the prompt and the options, what it cost, \
what became of it, and PowerPost's ids and link for it. `/history` shows it to you.
**A picture that you attach:** only until PowerPost has it, or the video has failed.
**In the server's books:** your id with each amount of credits. These entries stay for good: they prove what was paid.
**In the server's audit trail:** what you have changed as an admin.
Nothing else: the bot reads no messages and no member lists.

**At PowerPost:** prompts, pictures and videos are sent there to make the video, and are kept in the account that pays \
for this server.
**In Discord:** the bot's messages with your prompts and videos stay until you or a moderator delete them."""

ASK_AGAIN: Final = """### Erase your prompts and history in this server?
Prompts, links, roles and explanations of failures are erased here for good, and `/history` starts anew. Ids and \
amounts stay in the books. Messages in Discord, videos at PowerPost, and copies of the database that the bot's \
operator has made are not touched."""

NOTHING_TO_ERASE: Final = "There is nothing to erase: the bot keeps no prompts and no history of yours in this server."


def stored_text(forgets_servers_after: timedelta) -> str:
    """What is stored, and for how long."""
    days = f"{forgets_servers_after.days} day{'' if forgets_servers_after.days == 1 else 's'}"
    return (
        f"{_STORED}\n\n**For how long:** until you erase it below, or until {days} after the bot was removed from this "
        "server. What you erase stays in copies of the database that the operator made before."
    )


def erased_text(erased: Erased) -> str:
    """What became of the request to erase."""
    if erased.under_way:
        videos, are, them = ("video", "is", "it") if erased.under_way == 1 else ("videos", "are", "them")
        return (
            f"{erased.under_way} {videos} of yours {are} still on the way, and the bot needs the prompt until the end. "
            f"Nothing was erased. Please wait for {them}, then try again."
        )
    if erased.videos == 0:
        return NOTHING_TO_ERASE
    count = "one video" if erased.videos == 1 else f"{erased.videos:,} videos"
    return f"### Erased\nPrompts and history of {count} are gone. Ids and amounts stay in the server's books."
