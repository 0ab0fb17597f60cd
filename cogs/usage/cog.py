"""`/usage`: who used what in this server, for people who manage it, shown to nobody else."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Final

import discord
from discord import app_commands, ui
from discord.app_commands import Choice
from discord.ext import commands

from bot.clock import Clock
from bot.domain.usage import DAYS_ON_OFFER, USUAL_DAYS, DayRange, Grouping, Usage
from bot.errors import InvalidRequest
from bot.services.ports import UsageLedger
from cogs.interactions.admins import MANAGE_SERVER, require_manage_server
from cogs.interactions.answers import Interaction, announce_private_answer, give_announced_answer
from cogs.usage.chart import draw
from cogs.usage.text import NAMES, alt_text, usage_csv, usage_text

DAYS: Final = [Choice(name=f"the last {days} days", value=days) for days in DAYS_ON_OFFER]
GROUPINGS: Final = [Choice(name=f"by {grouping}", value=grouping.value) for grouping in Grouping]
MOST_ROWS: Final = 50_000
"""Rows of the file: about 3 MB, which every server accepts."""

PICTURE, SHEET = "usage.png", "usage.csv"


class UsageCog(commands.Cog):
    """The command itself. One picture is drawn at a time: it keeps a whole processor busy.

    `cache` is a folder for files that the drawing keeps.
    """

    def __init__(self, *, ledger: UsageLedger, cache: Path, clock: Clock) -> None:
        self._ledger = ledger
        self._cache = cache
        self._clock = clock
        self._drawing = asyncio.Lock()

    @app_commands.command(name="usage", description="See who used what: a table, a picture and a file.")
    @app_commands.default_permissions(MANAGE_SERVER)
    @app_commands.describe(
        days=f"How many days to look back (default: {USUAL_DAYS})",
        by="Show one table in full (default: the top of each)",
    )
    @app_commands.choices(days=DAYS)
    @app_commands.choices(by=GROUPINGS)
    async def show(self, interaction: Interaction, days: int = USUAL_DAYS, by: str | None = None) -> None:
        place = require_manage_server(interaction)
        grouping = _parse(days, by)
        await announce_private_answer(interaction)
        span = DayRange.until(self._clock.now(), days)
        usage = await self._ledger.usage(place.guild_id, span)
        lines = await self._ledger.lines(place.guild_id, span, MOST_ROWS + 1)
        sheet = await asyncio.to_thread(usage_csv, lines[:MOST_ROWS])
        async with self._drawing:
            picture = await asyncio.to_thread(draw, usage, NAMES, cache=self._cache)
        said = usage_text(usage, grouping, is_cut=len(lines) > MOST_ROWS)
        files = [discord.File(BytesIO(picture), PICTURE), discord.File(BytesIO(sheet.encode()), SHEET)]
        await give_announced_answer(interaction, _view(usage, said), files)


def _parse(days: int, by: str | None) -> Grouping | None:
    """The choices that Discord offers; anything else did not come from its client.

    Raises `InvalidRequest`.
    """
    if days not in DAYS_ON_OFFER or (by is not None and by not in list(Grouping)):
        raise InvalidRequest("Please choose one of the days and tables that the command offers. Nothing was spent.")
    return None if by is None else Grouping(by)


def _view(usage: Usage, said: str) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(said))
    view.add_item(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{PICTURE}", description=alt_text(usage))))
    view.add_item(ui.File(f"attachment://{SHEET}"))
    return view
