"""What a log channel says of each action."""

from __future__ import annotations

import pytest

from bot.domain.actor import Actor
from bot.domain.audit import AuditAction, AuditEntry, Details
from bot.domain.identifiers import GuildId
from cogs.audit.text import HEADLINE_OF_ACTION, action_text
from cogs.wording import limits
from tests.cogs.factories import NOON


def an_entry(
    actor: str = "user:5", action: AuditAction = AuditAction.SETTING_CHANGED, details: Details | None = None
) -> AuditEntry:
    return AuditEntry(1, GuildId(100), Actor(actor), action, details or {}, NOON)


def test_every_action_has_a_headline() -> None:
    assert set(HEADLINE_OF_ACTION) == set(AuditAction)


def test_a_changed_setting_reads_as_a_short_report() -> None:
    entry = an_entry(details={"setting": "Allowed channels", "before": "everywhere", "after": "<#1>, <@&2> and <@3>"})

    assert action_text(entry) == (
        "**Setting changed** by <@5>\nSetting: Allowed channels\nBefore: everywhere\nAfter: <#1>, <@&2> and <@3>"
    )


@pytest.mark.parametrize(
    ("actor", "words"),
    [("operator", "by the bot's operator"), ("bot", "by the bot"), ("user:7", "by <@7>"), ("*x*", "by \\*x\\*")],
)
def test_whoever_did_it_is_named(actor: str, words: str) -> None:
    assert words in action_text(an_entry(actor))


def test_numbers_and_absences_are_said_in_words() -> None:
    entry = an_entry(action=AuditAction.QUOTA_SET, details={"credits": 1500, "before": None, "own_account": True})
    assert action_text(entry).splitlines()[1:] == ["Credits: 1,500", "Before: none", "Own account: yes"]


def test_nothing_in_a_reason_comes_alive_and_a_long_one_is_cut() -> None:
    entry = an_entry(
        "operator", AuditAction.CREDITS_GRANTED, {"reason": "@everyone **now** https://x.test <a:b:1>" + "x" * 9000}
    )

    text = action_text(entry)

    assert "@everyone" not in text
    assert "**now**" not in text
    assert "https://" not in text
    assert len(text) < limits.MESSAGE_CONTENT
