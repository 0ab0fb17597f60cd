"""`videobot invite`: the link that adds the bot to a server, with the fewest permissions it needs."""

from __future__ import annotations

import base64
import binascii

import click
from pydantic import SecretStr

from bot.cli.arguments import WholeNumber
from bot.settings import load_settings
from cogs.client.invitation import invitation


@click.command()
@click.option(
    "--client-id", type=WholeNumber(min=1), help="The application's id; taken from DISCORD_TOKEN if not given."
)
def command(client_id: int | None) -> None:
    """Print the link that adds the bot to a server.

    It asks only for the permissions that delivering videos needs.
    """
    token = load_settings().discord_token
    application = client_id or application_id(token)
    if application is None:
        wrong = "Set DISCORD_TOKEN" if token is None else "DISCORD_TOKEN is not a bot's token. Correct it"
        raise click.UsageError(f"{wrong}, or give --client-id (Developer Portal → General Information).")
    click.echo(invitation(application))


def application_id(token: SecretStr | None) -> int | None:
    """The id at the start of a bot token, in base64; None if there is none.

    https://docs.discord.com/developers/reference#authentication
    """
    first = (token.get_secret_value() if token else "").partition(".")[0]
    try:
        text = base64.b64decode(first + "=" * (-len(first) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return int(text) if text.isdigit() else None
