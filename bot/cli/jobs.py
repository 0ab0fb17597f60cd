"""`videobot jobs`: list and show jobs, cancel them, and settle orders that PowerPost never confirmed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from uuid import UUID

import click

from bot.cli.arguments import ServerId, WholeNumber, json_option
from bot.cli.database import with_stores
from bot.cli.job_words import Names, facts_of, in_detail, in_lines, written_off
from bot.clock import SystemClock
from bot.domain.identifiers import Credits, GuildId, JobId
from bot.domain.job import Job, JobState
from bot.domain.ledger import WriteOff
from bot.errors import ResolutionRefused, SettingsError
from bot.powerpost.client import PowerPostClient
from bot.powerpost.models import Generation
from bot.powerpost.transport import open_session
from bot.services.jobs.cancel import Cancel
from bot.services.jobs.resolve import LookUp, Resolve
from bot.settings import Settings, load_settings
from bot.terminal import shown
from storage.stores import Stores


def _known_form(_context: click.Context, _parameter: click.Parameter, job_id: str) -> str:
    """Refuse what can never be an id: databases reject some texts with errors of their own."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,32}", job_id):
        raise ResolutionRefused(f"There is no job {shown(job_id[:40])}.")
    return job_id


job_argument = click.argument("job_id", metavar="ID", callback=_known_form)


@click.group()
def command() -> None:
    """List, show, resolve and cancel jobs. The bot may keep running."""


@command.command("list")
@click.option("--unconfirmed", is_flag=True, help="Only orders that PowerPost has not confirmed.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in JobState]),
    help="Only this state; repeatable.",
)
@click.option("--guild", "--server", "guild_id", type=ServerId(), help="Only this server.")
@click.option("--limit", type=WholeNumber(1, 10_000), default=50, show_default=True, help="How many at most.")
@json_option
def list_jobs(*, unconfirmed: bool, states: tuple[str, ...], guild_id: int | None, limit: int, as_json: bool) -> None:
    """List the newest jobs, and the credits that were written off."""
    wanted = [JobState(state) for state in states] + [JobState.UNCONFIRMED] * unconfirmed
    guild = None if guild_id is None else GuildId(guild_id)

    async def read(stores: Stores) -> tuple[list[Job], list[WriteOff], Names]:
        found = list(await stores.job_lists.newest(states=wanted, guild_id=guild, limit=limit))
        return found, list(await stores.job_lists.write_offs()), await _names(stores, found)

    jobs, losses, names = with_stores(read)
    if as_json:
        click.echo(json.dumps([facts_of(job, names) for job in jobs], indent=2))
    else:
        click.echo("\n".join([*in_lines(jobs, names, SystemClock().now()), *written_off(losses)]))


@command.command()
@job_argument
@json_option
def show(job_id: str, *, as_json: bool) -> None:
    """Show everything about one job, including its prompt."""

    async def read(stores: Stores) -> tuple[Job | None, Names]:
        found = await stores.jobs.get(JobId(job_id))
        return found, await _names(stores, [] if found is None else [found])

    job, names = with_stores(read)
    if job is None:
        raise ResolutionRefused(f"There is no job {job_id}.")
    click.echo(json.dumps(facts_of(job, names, in_full=True), indent=2) if as_json else in_detail(job, names))


@command.command()
@job_argument
@click.option("--generation", type=click.UUID, help="The id of its video at PowerPost: the job continues with it.")
@click.option("--credits", "charged", type=int, help="What PowerPost charged for it; the estimate if not given.")
@click.option(
    "--not-charged", is_flag=True, help="PowerPost did not accept the order: the server gets its credits back."
)
@click.option("--unchecked", is_flag=True, help="Do not ask PowerPost whether it knows the generation.")
def resolve(job_id: str, *, generation: UUID | None, charged: int | None, not_charged: bool, unchecked: bool) -> None:
    """Settle an order that PowerPost never confirmed, after a look at PowerPost's dashboard."""
    if (generation is None) is not not_charged:
        raise click.UsageError("Give either --generation or --not-charged.")
    if charged is not None and generation is None:
        raise click.UsageError("--credits is the price of a video: use it with --generation.")
    settings = load_settings()

    async def settle(stores: Stores) -> Job:
        resolving = Resolve(jobs=stores.jobs, clock=SystemClock())
        if generation is None:
            return await resolving.not_charged(JobId(job_id))
        price = None if charged is None else Credits(charged)
        return await resolving.attach(JobId(job_id), generation, None if unchecked else _look_up(settings), price)

    job = with_stores(settle)
    if job.state is JobState.FAILED:
        click.echo(f"Job {job.id} has ended; {job.credits_held:,} credits were returned to server {job.guild_id}.")
    else:
        known = "" if job.credits_used is None else f" It costs {job.credits_used:,} credits."
        click.echo(
            f"Job {job.id} continues with generation {job.generation_id}; the bot will deliver the video.{known}"
        )


@command.command()
@job_argument
def cancel(job_id: str) -> None:
    """Cancel a queued job before it is ordered."""
    cancelled = with_stores(lambda stores: Cancel(jobs=stores.jobs).cancel(JobId(job_id)))
    if cancelled is None:
        raise ResolutionRefused(f"Job {job_id} is not queued: only jobs that were not ordered yet can be cancelled.")
    held = cancelled.credits_held
    click.echo(f"Job {job_id} was cancelled; {held:,} credits were returned to server {cancelled.guild_id}.")


async def _names(stores: Stores, jobs: Sequence[Job]) -> Names:
    return await stores.names.of({job.guild_id for job in jobs})


def _look_up(settings: Settings) -> LookUp:
    """Ask PowerPost with the operator's key, in the operator's workspace."""
    key, workspace = settings.powerpost_api_key, settings.powerpost_workspace_id
    if key is None or workspace is None:
        raise SettingsError(["POWERPOST_API_KEY and POWERPOST_WORKSPACE_ID are needed to look the video up."])

    async def look_up(generation_id: str) -> Generation:
        base_url = str(settings.powerpost_base_url)
        async with open_session() as session:
            client = PowerPostClient(
                session=session, base_url=base_url, api_key=key, workspace_id=str(workspace), clock=SystemClock()
            )
            return await client.generation(generation_id)

    return look_up
