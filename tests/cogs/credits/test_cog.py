"""`/credits` as a member meets it."""

from __future__ import annotations

from tests.cogs.running import Scene


async def test_the_balance_and_the_prices_are_shown_to_who_asks_alone(scene: Scene) -> None:
    await scene.grant(100)

    answer = await (await scene.mia.slash(scene.channel, "credits")).first_response()
    message = answer.message
    assert message is not None
    await scene.discord.wait_for(lambda: not message.loading)

    assert message.ephemeral
    assert "This server has 100 credits available" in message.text
    assert "Kling 3.0 Pro: 5 seconds about 15" in message.text
