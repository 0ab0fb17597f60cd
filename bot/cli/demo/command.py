"""The command itself: its options, and the scenes they choose."""

from __future__ import annotations

import asyncio
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from bot.domain.catalogue import MODELS, Size
from bot.errors import VideobotError


class DemoFailed(VideobotError):
    """The demo failed."""


@click.command()
@click.option("--prompt", help="Make your own video from this description.")
@click.option("--model", type=click.Choice([model.id for model in MODELS]), help="The model to use.")
@click.option("--duration", type=int, help="In seconds; must be one that the model offers.")
@click.option("--size", type=click.Choice([size.value for size in Size]), help="Landscape or portrait.")
@click.option("--audio", is_flag=True, help="With sound.")
@click.option(
    "--image", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A JPEG, PNG or WebP to animate."
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-videos"),
    show_default=True,
    help="Folder for the finished videos.",
)
def command(
    *,
    prompt: str | None,
    model: str | None,
    duration: int | None,
    size: str | None,
    audio: bool,
    image: Path | None,
    output: Path,
) -> None:
    """Try everything on this machine, without an account.

    This starts a local stand-in for Discord, one for PowerPost, and the bot, just as `videobot run` does. A member asks
    for a video from a description, one from a picture, and one that no model can make; you see what they see. With
    --prompt or any other option, the member asks for your own video instead.
    """
    if find_spec("av") is None:
        raise click.ClickException(
            'The demo renders real videos and needs an extra package: pip install "videobot[demo]"'
        )
    from bot.cli.demo.play import play  # noqa: PLC0415  the sandbox needs that extra package
    from bot.cli.demo.scenes import OptionValue, own_scene, story  # noqa: PLC0415
    from sandbox.discord import NotPossible  # noqa: PLC0415

    options: dict[str, OptionValue | None] = {
        "model": model,
        "duration": duration,
        "size": size,
        "audio": audio or None,
    }
    chosen = {name: value for name, value in options.items() if value is not None}
    is_own = prompt is not None or image is not None or bool(chosen)
    scenes = [own_scene(prompt, image, chosen)] if is_own else story()
    try:
        sys.exit(0 if asyncio.run(play(scenes, output)) else 1)
    except NotPossible as error:
        raise DemoFailed(f"Discord would not let a member send this: {error}") from None
    except TimeoutError as error:
        raise DemoFailed(f"The demo got stuck: {error}") from None
