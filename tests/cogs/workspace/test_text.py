"""What admins read about their server's own PowerPost account."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from bot.domain.identifiers import GuildId, LinkId, UserId
from bot.domain.workspace import Link
from bot.errors import (
    AccessForbidden,
    AnswerFacts,
    InsufficientScope,
    InvalidApiKey,
    NoAnswer,
    PowerPostError,
    PowerPostUnreachable,
    RateLimited,
    ServerFault,
    ValidationRefused,
)
from bot.services.accounts.linking import LinkStatus
from cogs.wording import limits
from cogs.wording.accounts import own_balance_text
from cogs.workspace.text import (
    NOT_LINKED,
    linked_text,
    parse_workspace_id,
    refused_text,
    status_text,
    unlink_question,
)
from tests.cogs.factories import NOON

WORKSPACE = "123e4567-e89b-12d3-a456-426614174000"
LINK = Link(LinkId(1), GuildId(100), WORKSPACE, b"sealed", UserId(300), NOON)


def test_a_link_is_confirmed_with_its_balance() -> None:
    said = linked_text(LinkStatus(LINK, 47))

    assert "It has 47 credits." in said
    assert "`videos:generate`" in said


REFUSALS: dict[type[PowerPostError], str] = {
    InvalidApiKey: "does not accept this key",
    InsufficientScope: "lacks a scope",
    AccessForbidden: "not for this workspace",
    ValidationRefused: "not for this workspace",
    RateLimited: "limits how often this key may be used",
    PowerPostUnreachable: "not available right now",
    NoAnswer: "not available right now",
    ServerFault: "not available right now",
}


@pytest.mark.parametrize("error", REFUSALS)
def test_every_refusal_says_what_to_do_and_that_nothing_was_stored(error: type[PowerPostError]) -> None:
    said = refused_text(error(AnswerFacts(message="lacks the required scope: *videos:read*")))

    assert REFUSALS[error] in said
    assert said.endswith("Nothing was stored or changed.")


def test_a_missing_scope_is_named_as_powerpost_names_it() -> None:
    assert "videos\\:read" in refused_text(InsufficientScope(AnswerFacts(message="scope: videos:read")))


def test_the_account_is_shown_with_who_linked_it_and_no_key() -> None:
    said = status_text(LinkStatus(LINK, 47))

    assert WORKSPACE in said
    assert "<@300>" in said
    assert "Balance: 47 credits" in said
    assert "sealed" not in said
    assert "sealed" not in repr(LINK)


def test_a_balance_that_cannot_be_asked_is_said() -> None:
    assert "not available right now" in status_text(LinkStatus(LINK, None))
    assert "not available right now" in own_balance_text(LinkStatus(LINK, None))


def test_a_refused_key_is_said_instead_of_a_balance() -> None:
    refused = LinkStatus(replace(LINK, refused_at=NOON), None)

    for said in (status_text(refused), own_balance_text(refused)):
        assert "PowerPost stopped accepting its key" in said
        assert "/workspace link" in said


def test_members_see_the_balance_of_the_servers_own_account() -> None:
    assert own_balance_text(LinkStatus(LINK, 1)) == "### This server's own PowerPost account has 1 credit"


def test_a_server_without_an_account_is_told_how_to_link_one() -> None:
    assert status_text(None) == NOT_LINKED


def test_the_question_names_what_is_unlinked() -> None:
    assert WORKSPACE in unlink_question(LINK)
    assert len(unlink_question(LINK)) < limits.DISPLAYED_TEXT


@pytest.mark.parametrize("typed", [WORKSPACE, f"  {WORKSPACE.upper()} ", WORKSPACE.replace("-", "")])
def test_a_workspace_id_is_taken_as_it_was_copied(typed: str) -> None:
    assert parse_workspace_id(typed) == UUID(WORKSPACE)


@pytest.mark.parametrize("typed", ["", "film club", f"{WORKSPACE}0", "../credits"])
def test_anything_else_is_no_workspace_id(typed: str) -> None:
    assert parse_workspace_id(typed) is None
