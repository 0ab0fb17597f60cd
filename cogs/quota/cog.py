"""`/quota set`, `/quota show` and `/quota clear`, for people who manage the server; thin glue around the rules."""

from __future__ import annotations

from typing import Final

from discord import app_commands, ui
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.clock import Clock
from bot.domain.actor import by_user
from bot.domain.identifiers import Credits, GuildId
from bot.domain.quota import LARGEST_QUOTA, Period, Rule
from bot.services.ports import Quotas
from cogs.interactions.admins import MANAGE_SERVER, require_manage_server
from cogs.interactions.answers import (
    Interaction,
    announce_private_answer,
    announce_update,
    give_announced_answer,
    text_view,
)
from cogs.quota.options import Chosen, parse_period, target_of, target_of_old_rule
from cogs.quota.text import cleared_text, set_text, show_page
from cogs.quota.views import COG_NAME, PageButton, page_view

PERIODS: Final = [Choice(name=f"a {period}", value=period.value) for period in Period]


@app_commands.default_permissions(MANAGE_SERVER)
class QuotaCog(
    commands.GroupCog, name=COG_NAME, group_name="quota", group_description="How many credits members may use."
):
    """The commands themselves. Each checks again that the member manages the server."""

    dynamic_items = (PageButton,)

    def __init__(self, *, quotas: Quotas, clock: Clock) -> None:
        self._quotas = quotas
        self._clock = clock

    @app_commands.command(name="set", description="Limit what each member may use in a day, a week or a month.")
    @app_commands.rename(amount="credits")
    @app_commands.describe(
        amount="How many credits each member may use; 0 means no videos",
        per="The period in which they may use them",
        target="A member or a role (default: every member of the server)",
    )
    @app_commands.choices(per=PERIODS)
    async def set_quota(
        self, interaction: Interaction, amount: Range[int, 0, LARGEST_QUOTA], per: str, target: Chosen | None = None
    ) -> None:
        place = require_manage_server(interaction)
        rule = Rule(target_of(target, place.guild_id), parse_period(per), Credits(amount))
        await announce_private_answer(interaction)
        before = await self._quotas.put(place.guild_id, rule, actor=by_user(place.user_id))
        await give_announced_answer(interaction, text_view(set_text(rule, before, self._clock.now())))

    @app_commands.command(name="show", description="See all quotas, who has used what, and when each resets.")
    async def show(self, interaction: Interaction) -> None:
        place = require_manage_server(interaction)
        await announce_private_answer(interaction)
        await give_announced_answer(interaction, await self._page(place.guild_id, 0))

    @app_commands.command(name="clear", description="Remove the quotas of a member, a role or everyone.")
    @app_commands.describe(
        target="A member or a role (default: the rules for everyone)",
        per="Only the quota for this period (default: all of them)",
    )
    @app_commands.choices(per=PERIODS)
    async def clear(self, interaction: Interaction, target: Chosen | None = None, per: str | None = None) -> None:
        place = require_manage_server(interaction)
        whose = target_of_old_rule(target, place.guild_id)
        period = None if per is None else parse_period(per)
        await announce_private_answer(interaction)
        removed = await self._quotas.clear(place.guild_id, whose, period, actor=by_user(place.user_id))
        await give_announced_answer(interaction, text_view(cleared_text(whose, removed)))

    async def turn_to(self, interaction: Interaction, number: int) -> None:
        """Replace the page of `/quota show` with another."""
        place = require_manage_server(interaction)
        await announce_update(interaction)
        await give_announced_answer(interaction, await self._page(place.guild_id, number))

    async def _page(self, guild_id: GuildId, number: int) -> ui.LayoutView:
        rules = await self._quotas.rules(guild_id)
        usage = await self._quotas.usage(guild_id) if rules else {}
        return page_view(show_page(rules, usage, self._clock.now(), number))
