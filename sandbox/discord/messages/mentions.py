"""Whom a text mentions, and whom of them the bot allows to be notified. Pure.

https://docs.discord.com/developers/resources/message#allowed-mentions-object
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.discord.errors import FormErrors
from sandbox.discord.wire import Json

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)")
_KINDS = frozenset({"users", "roles", "everyone"})
_LISTED_MAX = 100


@dataclass(frozen=True, slots=True)
class Mentions:
    """Ids in order of appearance; `everyone` for @everyone and @here alike."""

    users: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False
    replied_user: bool = True


def check_allowed_mentions(form: Json, errors: FormErrors) -> None:
    """Only known kinds, at most 100 ids each, and no kind that is both parsed and listed."""
    allowed = form.get("allowed_mentions")
    if not isinstance(allowed, dict):
        return
    at = errors.at("allowed_mentions")
    parse = set(allowed.get("parse") or ())
    if not parse <= _KINDS:
        message = f"Value must be one of {sorted(_KINDS)}."
        at.at("parse").add("BASE_TYPE_CHOICES", message)
    for kind in ("users", "roles"):
        listed = allowed.get(kind) or ()
        if len(listed) > _LISTED_MAX:
            at.at(kind).add("BASE_TYPE_BAD_LENGTH", f"Must be between 0 and {_LISTED_MAX} in length.")
        if listed and kind in parse:
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            at.at("parse").add("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)


def resolve(text: str, allowed: Json | None, *, from_interaction: bool) -> Mentions:
    """The mentions of `text` that may notify.

    Without `allowed_mentions`, a regular message notifies everyone it mentions, an interaction's answer only users.
    """
    rules = allowed if allowed is not None else _default(from_interaction=from_interaction)
    parse = set(rules.get("parse") or ())
    return Mentions(
        users=_allowed(_USER, text, everything="users" in parse, listed=rules.get("users")),
        roles=_allowed(_ROLE, text, everything="roles" in parse, listed=rules.get("roles")),
        everyone="everyone" in parse and _EVERYONE.search(text) is not None,
        replied_user=bool(rules.get("replied_user", allowed is None)),
    )


def _default(*, from_interaction: bool) -> Json:
    return {"parse": ["users"] if from_interaction else ["users", "roles", "everyone"]}


def _allowed(pattern: re.Pattern[str], text: str, *, everything: bool, listed: list[str] | None) -> tuple[int, ...]:
    named = dict.fromkeys(int(found) for found in pattern.findall(text))
    permitted = {int(one) for one in listed or ()}
    return tuple(one for one in named if everything or one in permitted)
