"""What opens the accounts appears nowhere: not in the log at its most talkative, not in a database, copy or export."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.settings import Settings
from sandbox.powerpost.faults import Answer, AnswerAfter, HtmlPage, ResetBefore
from tests.e2e.delivery.place import DOWNLOAD, PATCH, POST, Place
from tests.e2e.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="package")


def _canaries(product: Product) -> dict[str, bytes]:
    """Each secret, in the shapes in which one slips out."""
    names = {
        "Discord token": product.discord.token,
        "PowerPost key": product.account.api_key,
        "encryption key": product.settings["ENCRYPTION_KEYS"],
    }
    found = {}
    for name, secret in names.items():
        found[name] = secret.encode()
        found[f"{name} in base64"] = base64.b64encode(secret.encode()).rstrip(b"=")
        found[f"{name} in a URL"] = quote(secret, safe="").encode()
    return found


def _leaks(product: Product, places: dict[str, bytes]) -> list[str]:
    secrets = _canaries(product)
    return [
        f"{secret} in {where}" for where, text in places.items() for secret, word in secrets.items() if word in text
    ]


async def _an_evening_of_failures(place: Place) -> None:
    powerpost, discord = place.product.powerpost, place.product.discord
    for fault in (Answer(401, {"error": {"code": "INVALID_API_KEY", "message": "no"}}), HtmlPage(403), ResetBefore()):
        powerpost.faults.add("POST /videos/generate", fault)
        await (await place.mia.slash(place.channel, "video", prompt="Unlucky")).first_response()
    powerpost.faults.add("POST /videos/generate", AnswerAfter())
    await (await place.mia.slash(place.channel, "video", prompt="Unclear")).first_response()
    await place.found(lambda job: job.state.value == "unconfirmed" and job.spec.prompt == "Unclear")
    powerpost.faults.add(DOWNLOAD, Answer(403, "expired"))
    discord.faults.answer(*PATCH, status=401, message="401: Unauthorized")
    discord.faults.reset(*POST)
    await place.being_made()
    place.finish()
    await place.found(lambda job: job.delivery is not None)


async def test_no_secret_is_left_anywhere_after_an_evening_of_failures(place: Place) -> None:
    product = place.product
    await _an_evening_of_failures(place)
    copy = product.folder / "copy.db"
    commands = [
        ("backup", str(copy)),
        ("credits", "show", str(place.guild.id), "--json"),
        ("ledger", "export"),
        ("jobs", "list", "--json"),
        ("doctor",),
    ]
    outputs = await asyncio.gather(*[product.command(*command) for command in commands])
    said = {command[0]: output.encode() for command, (_, output) in zip(commands, outputs, strict=True)}
    files = await asyncio.to_thread(_files, product.folder)

    assert copy.name in files
    assert any(name.endswith("-wal") for name in files)
    assert _leaks(product, said | files) == []
    assert _leaks(product, {"a search that finds": product.account.api_key.encode()}) != []


async def test_a_login_that_fails_does_not_tell_with_what(place: Place) -> None:
    product = place.product
    before = dict(product.settings)
    try:
        product.settings["DATABASE_URL"] = f"sqlite+aiosqlite:///{product.folder}/other/videobot.db"
        product.settings["DATA_DIR"] = f"{product.folder}/other"
        product.settings["DISCORD_TOKEN"] = "canary-of-a-wrong-token"
        _, refused = await product.command("run")
        product.settings["POWERPOST_WORKSPACE_ID"] = "canary-no-uuid"
        product.settings["ENCRYPTION_KEYS"] = "canary-no-key"
        _, invalid = await product.command("run")
    finally:
        product.settings.update(before)

    assert "DISCORD_TOKEN" in refused or "Discord" in refused
    assert "POWERPOST_WORKSPACE_ID" in invalid
    assert "canary" not in refused
    assert "canary" not in invalid


async def test_settings_keep_their_secrets_in_every_representation(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in place.product.settings.items():
        monkeypatch.setenv(name, value)
    settings = Settings()

    shown = "".join(
        [repr(settings), str(settings), f"{settings!s}", settings.model_dump_json(), str(settings.model_dump())]
    )

    assert _leaks(place.product, {"a representation": shown.encode()}) == []


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
