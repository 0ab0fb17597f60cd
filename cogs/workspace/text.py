"""Every sentence of `/workspace`: records and errors in, words out. No part of a key is ever among them."""

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

NOT_STORED: Final = "Nothing was stored, and nothing has changed."

NO_WORKSPACE_ID: Final = (
    "That is no workspace id: it should look like `123e4567-e89b-12d3-a456-426614174000`. You find it in PowerPost's "
    f"settings, beside the workspace's name. {NOT_STORED}"
)

NOT_LINKED: Final = (
    "This server has no PowerPost account of its own: its videos are paid with the credits that the bot's operator "
    "grants. `/workspace link` links an account."
)

ALREADY_UNLINKED: Final = "That account is not linked any more. `/workspace show` tells what is."

UNLINKED: Final = (
    "### Unlinked\nVideos asked for from now on are paid with the credits that the bot's operator grants. Those under "
    "way end on the account that they were ordered with; after the last of them its key is deleted here. To be safe, "
    "delete the key in PowerPost's settings once they are done."
)

_CANNOT_BE_ASKED: Final = f"PowerPost cannot be asked at the moment. Please try again in a few minutes. {NOT_STORED}"


def parse_workspace_id(text: str) -> UUID | None:
    """The id as it was copied, spaces around it forgiven; None when it is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def linked_text(status: LinkStatus) -> str:
    """The confirmation of a link."""
    balance = "" if status.credits is None else f" It has {credits_in_words(status.credits)}."
    return (
        f"### This server now uses its own PowerPost account\nKey and workspace were accepted.{balance} "
        "Videos asked for from now on are ordered with it; those under way end on the account that they were ordered "
        "with. The server's quotas apply as before.\n"
        f"-# The key is stored encrypted and shown to nobody. It needs the scopes {SCOPES}; whether it has the last "
        "two shows with the first video and the first picture."
    )


def refused_text(error: PowerPostError) -> str:
    """Why an account could not be linked, and what to do."""
    if isinstance(error, InvalidApiKey):
        return (
            "PowerPost does not accept this key. Copy it anew from PowerPost's settings, or make a new one there; it "
            f"begins with `pp_live_sk_`. {NOT_STORED}"
        )
    if isinstance(error, InsufficientScope):
        said = harmless(str(error), MESSAGE_SHOWN)
        return (
            f"The key lacks a permission. PowerPost says: “{said}”. Make a key with the scopes {SCOPES}. {NOT_STORED}"
        )
    if isinstance(error, AccessForbidden | ValidationRefused):
        return (
            "The key works, but not for this workspace: it belongs to another account, or it does not exist. Copy the "
            f"id of a workspace of the key's own account. {NOT_STORED}"
        )
    if isinstance(error, RateLimited):
        return f"PowerPost asks for patience with this key. Please try again in a minute. {NOT_STORED}"
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
        f"### Unlink this server's PowerPost account?\nWorkspace `{link.workspace_id}`. Videos asked for from then on "
        "are paid with the credits that the bot's operator grants. Those under way end as they were ordered."
    )
