"""Every sentence of `/workspace`: records and errors in, words out. They never contain any part of a key."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from bot.domain.workspace import Link
from bot.errors import (
    AccessForbidden,
    InsufficientScope,
    InvalidApiKey,
    PowerPostError,
    RateLimited,
    ValidationRefused,
)
from bot.services.accounts.linking import LinkStatus
from cogs.wording.accounts import condition_in_words
from cogs.wording.markup import harmless
from cogs.wording.words import credits_in_words, mention, relative

MESSAGE_SHOWN: Final = 200
"""Characters of PowerPost's own explanation, escapes included."""

SCOPES: Final = "`account:read`, `videos:read`, `videos:generate` and `media:write`"

NOT_STORED: Final = "Nothing was stored or changed."

NO_WORKSPACE_ID: Final = (
    "That is not a workspace id. It looks like `123e4567-e89b-12d3-a456-426614174000`; you find it in PowerPost's "
    f"settings, next to the workspace's name. {NOT_STORED}"
)

NOT_LINKED: Final = (
    "This server has no PowerPost account of its own. The bot's operator grants the credits for its videos. "
    "`/workspace link` links an account."
)

ALREADY_UNLINKED: Final = "That account is no longer linked. `/workspace show` shows what is."

UNLINKED: Final = (
    "### Unlinked\nNew videos are paid for with the credits that the bot's operator grants. Videos in progress "
    "finish on the account they were ordered with; after the last one, its key is deleted here. To be safe, delete the "
    "key in PowerPost's settings once they are done."
)

_CANNOT_BE_ASKED: Final = f"PowerPost is not available right now. Please try again in a few minutes. {NOT_STORED}"


def parse_workspace_id(text: str) -> UUID | None:
    """The id as it was copied, ignoring spaces around it; None if it is not one."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def linked_text(status: LinkStatus) -> str:
    """The confirmation of a link."""
    balance = "" if status.credits is None else f" It has {credits_in_words(status.credits)}."
    return (
        f"### This server now uses its own PowerPost account\nPowerPost accepted the key and the workspace.{balance} "
        "New videos use this account; videos in progress finish on the account they were ordered with. "
        "The server's quotas still apply.\n"
        f"-# The key is stored encrypted and shown to nobody. It needs the scopes {SCOPES}; the first video and the "
        "first picture will show whether it has the last two."
    )


def refused_text(error: PowerPostError) -> str:
    """Why an account could not be linked, and what to do."""
    if isinstance(error, InvalidApiKey):
        return (
            "PowerPost does not accept this key. Copy it again from PowerPost's settings or make a new one there; it "
            f"starts with `pp_live_sk_`. {NOT_STORED}"
        )
    if isinstance(error, InsufficientScope):
        said = harmless(str(error), MESSAGE_SHOWN)
        return f'The key lacks a scope. PowerPost says: "{said}". Make a key with the scopes {SCOPES}. {NOT_STORED}'
    if isinstance(error, AccessForbidden | ValidationRefused):
        return (
            "The key works, but not for this workspace: it belongs to another account or does not exist. Copy the id "
            f"of a workspace of the key's own account. {NOT_STORED}"
        )
    if isinstance(error, RateLimited):
        return f"PowerPost limits how often this key may be used. Please try again in a minute. {NOT_STORED}"
    return _CANNOT_BE_ASKED


def status_text(status: LinkStatus | None) -> str:
    """What `/workspace show` says."""
    if status is None:
        return NOT_LINKED
    link = status.link
    return "\n".join(
        [
            "### This server uses its own PowerPost account",
            f"Workspace: `{link.workspace_id}`",
            f"Linked by {mention(link.linked_by)} {relative(link.linked_at)}",
            condition_in_words(status),
            "-# The key is stored encrypted and shown to nobody.",
        ]
    )


def unlink_question(link: Link) -> str:
    """What an admin agrees to."""
    return (
        f"### Unlink this server's PowerPost account?\nWorkspace `{link.workspace_id}`. New videos will be paid for "
        "with the credits that the bot's operator grants. Videos in progress finish on this account."
    )
