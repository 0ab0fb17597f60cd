"""Plays the scenes: the member types, the bot answers, the clips are saved in a folder, the ledger is shown."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from bot.cli.demo.scenes import Ending, Scene
from bot.cli.demo.screen import Screen
from bot.cli.demo.stage import Stage, opened_stage
from bot.clock import SystemClock
from bot.domain.identifiers import GuildId
from bot.terminal import shown
from sandbox.discord import Answer, Message, Version
from storage.stores import current_stores

ANSWERED_WITHIN = 5.0
ENDED_WITHIN = 60.0


async def play(scenes: Sequence[Scene], output: Path) -> bool:
    """Play every scene; True if each ended as it should and the ledger adds up.

    Raises `TimeoutError` if the bot does not answer or a video does not arrive.
    """
    console = Console()
    console.print("Starting a local Discord, a local PowerPost and the bot…")
    output = await asyncio.to_thread(_made_folder, output)
    async with opened_stage() as stage:
        names = {stage.member.id: stage.member.name, stage.discord.bot.id: stage.discord.bot.name}
        screen = Screen(console, names)
        endings = [await _play_scene(number, scene, stage, screen, output) for number, scene in enumerate(scenes, 1)]
        screen.title("The ledger")
        sound = await _show_ledger(stage, screen)
    console.print(f"\nThe videos are in {shown(output)}", markup=False)
    return all(endings) and sound


async def _play_scene(number: int, scene: Scene, stage: Stage, screen: Screen, output: Path) -> bool:
    screen.title(scene.title)
    screen.member_types(stage.member.name, _typed(scene))
    use = await stage.member.slash(stage.channel, "video", opened_by_admin=False, prompt=scene.prompt, **scene.options)
    answer = await use.first_response(timeout=ANSWERED_WITHIN)
    if answer.message is None or answer.ephemeral:
        return _show_refusal(scene, answer, screen)
    await _watch(answer.message, stage, screen)
    return await _take_video(answer.message, scene, screen, output / f"{number}-{_slug(scene.prompt)}.mp4")


def _made_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def _show_refusal(scene: Scene, answer: Answer, screen: Screen) -> bool:
    if answer.message is not None:
        screen.message(answer.message.now, note="only the member sees this")
    return scene.ending is Ending.REFUSAL


async def _watch(message: Message, stage: Stage, screen: Screen) -> None:
    """Print each state of the message until it is final: it has the video, or says why there is none."""
    shown, looks_before = 0, _looks(stage)
    with screen.progress() as progress:
        task = progress.add_task("")
        while not shown or not _is_final(message, stage):
            versions = await stage.discord.wait_for(partial(_news, message, shown), timeout=ENDED_WITHIN)
            for version in versions:
                screen.message(version, note="the same message, edited" if shown else "")
                shown += 1
            looks = _looks(stage) - looks_before
            progress.update(task, description=f"PowerPost is working; the bot has checked {looks} times so far")


def _looks(stage: Stage) -> int:
    return sum(request.route.startswith("GET /videos/generations") for request in stage.powerpost.requests)


def _news(message: Message, shown: int) -> list[Version]:
    return message.versions[shown:]


def _is_final(message: Message, stage: Stage) -> bool:
    """It has a video, or says that the generation failed."""
    failed = any(generation.refunded for generation in stage.powerpost.generations)
    return bool(message.media) or (failed and "not charged" in message.text)


async def _take_video(message: Message, scene: Scene, screen: Screen, target: Path) -> bool:
    path = message.media[0].path if message.media else None
    if path is None:
        return scene.ending is Ending.REFUSAL
    await asyncio.to_thread(shutil.copyfile, path, target)
    screen.say(f"Saved as {target}", "green")
    return scene.ending is Ending.VIDEO


async def _show_ledger(stage: Stage, screen: Screen) -> bool:
    """Show the ledger once the last video is settled."""
    async with current_stores(stage.environment["DATABASE_URL"], SystemClock()) as stores:
        ledger = stores.ledger
        guild_id = GuildId(stage.guild.id)
        async with asyncio.timeout(ANSWERED_WITHIN):
            while (await ledger.balance(guild_id)).reserved:  # noqa: ASYNC110  another process settles; no event tells
                await asyncio.sleep(0.1)
        problems = [*await ledger.verify(), *stage.powerpost.ledger.discrepancies()]
        screen.ledger(await ledger.entries(guild_id), problems)
    return not problems


def _typed(scene: Scene) -> str:
    values = {name: getattr(value, "filename", value) for name, value in scene.options.items()}
    return f"/video prompt:{scene.prompt}" + "".join(f" {name}:{value}" for name, value in values.items())


def _slug(prompt: str) -> str:
    words = "".join(character if character.isalnum() else " " for character in prompt).split()
    return "-".join(words[:5]).lower() or "video"
