"""A price from outside that nobody expected: told to the operator, and nobody else's price."""

from __future__ import annotations

import asyncio
import json

from sandbox.powerpost.faults import Answer
from tests.e2e.product import Product

FREE = {"video_generation_id": "0c9b2a52-0000-4000-8000-000000000001", "status": "processing", "credits_used": 0}


async def test_a_video_that_cost_nothing_alerts_the_operator_and_makes_no_price(running: Product) -> None:
    running.powerpost.faults.add("POST /videos/generate", Answer(200, FREE))

    await running.video()

    async with asyncio.timeout(20):
        while "odd_price" not in running.log:  # noqa: ASYNC110  the log is another process's: no event
            await asyncio.sleep(0.05)
    assert "kling-3.0-pro, 5 seconds, silent, on your account: 0 credits, where 15 were expected" in running.log
    code, said = await running.command("prices", "list", "--json")
    kling = json.loads(said)[0]
    assert (code, kling["credits"], kling["source"], kling["not_believed"]) == (0, 15, "estimate", 0)
