"""What Discord was seen to refuse for its size: remembered for a while, and then forgotten for good."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.domain.identifiers import GuildId
from bot.services.messages.upload_limits import REMEMBERED_FOR, UploadLimits
from tests.clocks import MovableClock


async def test_servers_that_never_send_again_are_forgotten(tmp_path: Path, clock: MovableClock) -> None:
    limits, video = UploadLimits(clock), tmp_path / "clip.mp4"
    video.write_bytes(b"a clip")
    for number in range(1000):
        await limits.refused(GuildId(number), video)
    assert not await limits.may_take(GuildId(1), video)

    clock.move(REMEMBERED_FOR + timedelta(seconds=1))
    await limits.refused(GuildId(2000), video)

    assert len(limits._refusals) == 1
