"""A server with its own PowerPost account, from the form to the books, with a PowerPost that can say no.

Every test ends by looking for the account's keys, which may stand nowhere.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from pydantic import SecretStr

from bot.domain.audit import AuditAction
from bot.domain.identifiers import GuildId
from bot.domain.job import Failure, JobState
from bot.keyring import new_key, open_keyring
from sandbox.discord import Permissions
from sandbox.powerpost import price
from tests.e2e.product import STARTING_CREDITS, VIDEO_WITHIN, Product
from tests.e2e.studio import OWN_CREDITS, Studio

KLING = price("kling-3.0-pro", 5)


@pytest.fixture
async def studio(product: Product) -> AsyncIterator[Studio]:
    """With the most talkative log that there is, and a backup made at the end."""
    product.settings["LOG_LEVEL"] = "DEBUG"
    await product.start_bot()
    studio = Studio(product)
    yield studio
    assert (await product.command("backup", str(product.folder / "backup.db")))[0] == 0
    studio.check_secrecy()


async def test_a_linked_servers_videos_are_paid_by_its_own_account(studio: Studio) -> None:
    said = await studio.link()
    answer = await studio.product.video()

    assert f"It has {OWN_CREDITS} credits." in said
    assert answer.message is not None
    await studio.product.finished(answer.message)
    assert (await studio.product.settled()).available == STARTING_CREDITS
    assert studio.account.balance == OWN_CREDITS - KLING
    assert (await studio.own_pool()).spent == KLING
    [generation] = studio.product.powerpost.generations
    assert generation.workspace_id == studio.account.workspace_id
    assert await studio.actions() == [(f"user:{studio.admin.id}", AuditAction.WORKSPACE_LINKED)]


async def test_the_balance_shown_is_powerposts_own(studio: Studio) -> None:
    await studio.link()
    studio.product.powerpost.ledger.grant(studio.account, 23)

    assert f"own PowerPost account has {OWN_CREDITS + 23} credits" in await studio.credits()
    shown = (await studio.said(await studio.use("show"))).text
    assert f"Balance: {OWN_CREDITS + 23} credits" in shown
    assert studio.account.workspace_id in shown
    assert studio.admin.mention in shown


async def test_a_job_in_flight_keeps_the_account_it_was_ordered_with(studio: Studio) -> None:
    await studio.link()
    studio.product.powerpost.production.hold()
    answer = await studio.product.video()
    await studio.product.until(lambda jobs: jobs[0].state is JobState.PROCESSING)

    assert "Unlinked" in await studio.unlink()
    assert await studio.kept_keys() == 1
    await studio.product.stop_bot()
    await studio.product.start_bot()
    studio.product.powerpost.production.release()

    assert answer.message is not None
    await studio.product.finished(answer.message)
    await studio.product.settled()
    assert studio.account.balance == OWN_CREDITS - KLING
    await studio.product.video()
    assert (await studio.product.settled()).spent == KLING
    assert [action for _, action in await studio.actions()] == [
        AuditAction.WORKSPACE_LINKED,
        AuditAction.WORKSPACE_UNLINKED,
    ]


async def test_unlinking_forgets_the_key_and_asks_about_one_link_alone(studio: Studio) -> None:
    await studio.link()
    question = await studio.said(await studio.use("unlink"))
    await studio.unlink()
    assert await studio.kept_keys() == 0
    await studio.link(workspace=studio.account.add_workspace())

    await (await studio.admin.press(question, "Unlink")).first_response()

    await studio.product.discord.wait_for(lambda: "no longer linked" in question.text)
    assert await studio.kept_keys() == 1


async def test_a_withdrawn_key_fails_what_is_queued_and_refuses_members_from_then_on(studio: Studio) -> None:
    await studio.link()
    studio.account.replace_key()

    answer = await studio.product.video()

    assert answer.message is not None
    await studio.product.says(answer.message, "was not accepted")
    await studio.product.says(answer.message, "an admin of this server")
    assert (await studio.last_job()).failure is Failure.KEY_REFUSED
    await _until_refused(studio)
    refused = await studio.product.video()
    assert refused.ephemeral
    assert refused.message is not None
    assert "An admin of this server must link the account again" in refused.message.text
    assert len(await studio.product.jobs()) == 1
    assert (await studio.own_pool()).reserved == 0
    assert "PowerPost stopped accepting its key" in (await studio.said(await studio.use("show"))).text
    assert "PowerPost stopped accepting its key" in await studio.credits()


async def test_the_admins_are_told_of_a_withdrawn_key_once(studio: Studio) -> None:
    await studio.link()
    studio.product.powerpost.production.hold()
    for _ in range(2):
        await studio.product.video()
    await studio.product.until(lambda jobs: all(job.state is JobState.PROCESSING for job in jobs))

    studio.account.replace_key()
    await _until_refused(studio)
    await studio.product.stop_bot()
    await studio.product.start_bot()
    looks = len(studio.product.powerpost.requests)
    await studio.product.powerpost.wait_for(lambda: len(studio.product.powerpost.requests) >= looks + 2, timeout=30)

    assert [action for _, action in await studio.actions()] == [
        AuditAction.WORKSPACE_LINKED,
        AuditAction.WORKSPACE_REFUSED,
    ]
    studio.keys.append(studio.account.replace_key())
    studio.product.powerpost.production.release()
    await studio.link()
    await studio.product.settled()
    assert studio.account.balance == OWN_CREDITS - 2 * KLING


async def test_keys_rotate_while_the_bot_runs(studio: Studio) -> None:
    old, new = new_key().get_secret_value(), new_key().get_secret_value()
    product = studio.product
    await product.stop_bot()
    product.settings["ENCRYPTION_KEYS"] = old
    await product.start_bot()
    await studio.link()
    await product.stop_bot()
    product.settings["ENCRYPTION_KEYS"] = f"{new},{old}"
    await product.start_bot()

    code, printed = await product.command("keys", "rotate")

    assert (code, "1 re-encrypted" in printed) == (0, True)
    await product.video()
    await product.settled()
    await product.stop_bot()
    product.settings["ENCRYPTION_KEYS"] = new
    await product.start_bot()
    await product.video()
    await product.settled()
    assert studio.account.balance == OWN_CREDITS - 2 * KLING
    assert old not in product.log
    assert new not in product.log


async def test_a_row_swapped_with_another_servers_is_refused(studio: Studio) -> None:
    """Somebody who can write into the database gives another server's sealed key to the server at hand."""
    await studio.link()
    await studio.product.stop_bot()
    keyring = open_keyring([], studio.product.folder / "data", may_make=False)
    others = keyring.seal(GuildId(666), SecretStr(studio.account.api_key))
    with closing(sqlite3.connect(studio.product.folder / "videobot.db")) as database, database:
        database.execute("UPDATE workspaces SET encrypted_key = ?", [others])
    await studio.product.start_bot()

    answer = await studio.product.video()

    assert answer.ephemeral
    assert answer.message is not None
    assert "cannot be read" in answer.message.text
    assert studio.product.orders == 0
    assert "cannot be read" in studio.product.log


async def test_an_admin_who_lost_the_right_can_use_neither_the_form_nor_the_button(studio: Studio) -> None:
    form = await studio.use("link")
    await studio.link()
    question = await studio.said(await studio.use("unlink"))
    studio.admin.extra_permissions = Permissions.NONE

    sent = await studio.admin.submit_modal(form, {"key": "pp_live_sk_other", "workspace": studio.account.workspace_id})
    pressed = await studio.admin.press(question, "Unlink")

    for use in (sent, pressed):
        answer = await use.first_response()
        assert answer.message is not None
        assert "Manage Server" in answer.message.text
    assert await studio.kept_keys() == 1


async def _until_refused(studio: Studio) -> None:
    async with asyncio.timeout(VIDEO_WITHIN):
        while AuditAction.WORKSPACE_REFUSED not in [action for _, action in await studio.actions()]:  # noqa: ASYNC110  the database is another process's: no event
            await asyncio.sleep(0.05)
