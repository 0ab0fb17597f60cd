"""Keys, scopes and workspaces."""

from __future__ import annotations

import pytest

from sandbox.powerpost import ALL_SCOPES, Scope

from .customer import Customer, picture


async def test_credits_need_a_key_and_no_workspace(customer: Customer) -> None:
    reply = await customer.call("GET", "/account/credits", headers={"x-api-key": customer.account.api_key})

    assert (reply.status, reply.json) == (200, {"balance": 100})


async def test_key_may_come_as_bearer_token(customer: Customer) -> None:
    bearer = {"Authorization": f"Bearer {customer.account.api_key}"}

    assert (await customer.call("GET", "/account/credits", headers=bearer)).status == 200


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "pp_live_sk_wrong"}, {"Authorization": "Basic abc"}])
async def test_key_missing_or_unknown_is_refused(customer: Customer, headers: dict[str, str]) -> None:
    reply = await customer.call("GET", "/account/credits", headers=headers)

    assert (reply.status, reply.code) == (401, "INVALID_API_KEY")


async def test_replaced_key_is_refused(customer: Customer) -> None:
    customer.account.replace_key()

    assert (await customer.credits()).status == 401


async def test_workspace_missing_is_a_bad_request(customer: Customer) -> None:
    del customer.headers["X-Workspace-Id"]

    reply = await customer.order()

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert "X-Workspace-Id" in reply.message


async def test_workspace_of_another_account_is_forbidden(customer: Customer, stranger: Customer) -> None:
    customer.headers["X-Workspace-Id"] = stranger.account.workspace_id

    reply = await customer.order()

    assert (reply.status, reply.code) == (403, "FORBIDDEN")
    assert stranger.account.balance == customer.account.balance == 100


async def test_workspaces_of_an_account_share_one_balance(customer: Customer) -> None:
    await customer.order()
    customer.headers["X-Workspace-Id"] = customer.account.add_workspace()

    assert (await customer.order()).json["remaining_credits"] == 70


@pytest.mark.parametrize("scope", list(Scope))
async def test_scope_missing_is_named(customer: Customer, scope: Scope) -> None:
    customer.account.scopes = ALL_SCOPES - {scope}

    replies = {
        Scope.ACCOUNT_READ: await customer.credits(),
        Scope.VIDEOS_GENERATE: await customer.order(),
        Scope.VIDEOS_READ: await customer.call("GET", "/videos/generations/x"),
        Scope.MEDIA_WRITE: await customer.upload(picture()),
    }

    assert (replies[scope].status, replies[scope].code) == (403, "INSUFFICIENT_SCOPE")
    assert scope in replies[scope].message
    assert all(reply.status != 403 for other, reply in replies.items() if other is not scope)


async def test_unknown_address_gets_the_error_envelope(customer: Customer) -> None:
    reply = await customer.call("GET", "/videos/nothing/here")

    assert (reply.status, reply.code) == (404, "NOT_FOUND")
