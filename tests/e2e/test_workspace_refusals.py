"""Accounts that are not linked, and people who may not link any: said in words, with nothing stored.

One bot serves all of them, since a refusal leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from sandbox.discord import AnswerKind
from sandbox.powerpost import ALL_SCOPES, Scope
from sandbox.powerpost.faults import Answer as FaultyAnswer
from tests.e2e.product import open_product
from tests.e2e.studio import Studio

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with open_product(tmp_path_factory.mktemp("workspaces")) as product:
        await product.start_bot()
        studio = Studio(product)
        yield studio
        studio.check_secrecy()


async def test_the_form_asks_for_key_and_workspace_and_the_command_for_nothing(studio: Studio) -> None:
    form = await studio.use("link")

    assert form.kind is AnswerKind.MODAL
    assert form.modal is not None
    assert [(field.custom_id, field.required) for field in form.modal.fields] == [("key", True), ("workspace", True)]


async def test_a_bad_key_is_named_and_not_stored(studio: Studio) -> None:
    said = await studio.link(key="pp_live_sk_not_a_real_key")

    await _expect_not_linked(studio, said, "does not accept this key")


@pytest.mark.parametrize("key", ["pp live sk", "schlüssel", "\u202epp_live_sk"])
async def test_a_key_that_no_header_may_carry_is_a_bad_key(studio: Studio, key: str) -> None:
    said = await studio.link(key=key)

    await _expect_not_linked(studio, said, "does not accept this key")


async def test_another_accounts_workspace_is_named_and_not_stored(studio: Studio) -> None:
    said = await studio.link(workspace=studio.product.account.workspace_id)

    await _expect_not_linked(studio, said, "not for this workspace")


async def test_a_workspace_that_is_nowhere_and_one_that_is_none_are_named(studio: Studio) -> None:
    await _expect_not_linked(studio, await studio.link(workspace=str(uuid4())), "not for this workspace")
    await _expect_not_linked(studio, await studio.link(workspace="../account/credits"), "not a workspace id")


@pytest.mark.parametrize("missing", [Scope.ACCOUNT_READ, Scope.VIDEOS_READ])
async def test_a_missing_scope_is_named_and_not_stored(studio: Studio, missing: Scope) -> None:
    studio.account.scopes = ALL_SCOPES - {missing}

    said = await studio.link()

    studio.account.scopes = ALL_SCOPES
    await _expect_not_linked(studio, said, missing.replace(":", "\\:"))


async def test_a_powerpost_that_is_down_stores_nothing(studio: Studio) -> None:
    for _ in range(3):
        studio.product.powerpost.faults.add("GET /account/credits", FaultyAnswer(500))

    said = await studio.link()

    await _expect_not_linked(studio, said, "not available right now")


@pytest.mark.parametrize("command", ["link", "show", "unlink"])
async def test_a_member_without_rights_is_refused_though_discord_lets_them(studio: Studio, command: str) -> None:
    answer = await studio.use(command, by=studio.product.mia)

    assert answer.kind is AnswerKind.MESSAGE
    assert answer.ephemeral
    assert answer.message is not None
    assert "Manage Server" in answer.message.text


async def _expect_not_linked(studio: Studio, said: str, words: str) -> None:
    assert words in said
    assert "Nothing was stored" in said
    assert await studio.kept_keys() == 0
    assert await studio.actions() == []
