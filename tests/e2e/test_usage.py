"""`/usage` from a member's video to the admin's table, picture and file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from sandbox.discord import Member, Message, NotPossible, Permissions, Role
from tests.e2e.product import Product, open_product

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    async with open_product(tmp_path_factory.mktemp("usage")) as opened:
        await opened.start_bot()
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def painter(product: Product) -> Role:
    """The role of Mia, who has made the one video that there is."""
    role = product.guild.add_role("Painter")
    product.mia.roles.append(role)
    made = await product.video()
    assert made.message is not None
    await product.finished(made.message)
    await product.settled()
    return role


@pytest.fixture(scope="module")
def ada(product: Product) -> Member:
    return product.guild.add_member("Ada", permissions=Permissions.MANAGE_GUILD)


async def ask(product: Product, who: Member, **options: str | int) -> Message:
    """The answer of `/usage`, once it is there; pictures take a moment, the first one seconds."""
    use = await who.slash(product.channel, "usage", opened_by_admin=True, **options)
    answer = await use.first_response()
    assert answer.ephemeral
    message = answer.message
    assert message is not None
    return await product.discord.wait_for(lambda: message if message.text else None, timeout=30)


async def test_an_admin_sees_who_used_what(product: Product, ada: Member, painter: Role) -> None:
    message = await ask(product, ada)

    assert "The last 30 days: 1 video · 15 credits" in message.text
    assert f"{product.mia.mention} · 1 video · 15 credits" in message.text
    assert f"<@&{painter.id}> · 1 video · 15 credits" in message.text
    assert "Kling 3.0 Pro · 1 video" in message.text
    picture, sheet = message.attachments
    image = Image.open(io.BytesIO(picture.path.read_bytes()))
    assert (image.format, image.size) == ("PNG", (1080, 540))
    head, row = csv.reader(sheet.path.read_text().splitlines())
    assert dict(zip(head, row, strict=True)) | {"day": ""} == {
        "day": "",
        "member_id": str(product.mia.id),
        "model": "kling-3.0-pro",
        "requests": "1",
        "completed": "1",
        "failed": "0",
        "credits": "15",
    }


async def test_one_table_for_a_week(product: Product, ada: Member, painter: Role) -> None:
    message = await ask(product, ada, days=7, by="role")

    assert "The last 7 days" in message.text
    assert "By role" in message.text
    assert f"<@&{painter.id}> · 1 video · 15 credits" in message.text
    assert "By member" not in message.text


async def test_members_do_not_see_the_command_and_are_refused_if_they_do(product: Product) -> None:
    with pytest.raises(NotPossible):
        await product.mia.slash(product.channel, "usage")

    refused = await ask(product, product.mia)

    assert 'needs the permission "Manage Server"' in refused.text
    assert refused.attachments == ()
