"""The link that adds the bot: its own id, and as few permissions as possible."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.conftest import SetVariables, Videobot

VIEW_CHANNEL, SEND_MESSAGES, EMBED_LINKS, ATTACH_FILES = 1 << 10, 1 << 11, 1 << 14, 1 << 15
READ_MESSAGE_HISTORY, SEND_MESSAGES_IN_THREADS = 1 << 16, 1 << 38
"""https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags"""


def test_the_link_asks_for_exactly_what_showing_videos_needs(videobot: Videobot) -> None:
    outcome = videobot("invite", "--client-id", "1234567890")

    assert outcome.code == 0
    link = urlsplit(outcome.out.strip())
    query = parse_qs(link.query)
    needed = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_MESSAGE_HISTORY | SEND_MESSAGES_IN_THREADS
    assert (link.scheme, link.hostname, link.path) == ("https", "discord.com", "/oauth2/authorize")
    assert query["client_id"] == ["1234567890"]
    assert query["permissions"] == [str(needed)]
    assert set(query["scope"][0].split()) == {"bot", "applications.commands"}


def test_the_token_tells_whose_link_it_is(videobot: Videobot, variables: SetVariables) -> None:
    variables(DISCORD_TOKEN="MTIzNDU2Nzg5MA.abc.secret")

    outcome = videobot("invite")

    assert "client_id=1234567890&" in outcome.out
    assert "secret" not in outcome.out


@pytest.mark.parametrize("token", ["", "no-token", "bm90IGEgbnVtYmVy.abc.def", "MTI.é"])
def test_without_an_id_the_call_says_where_to_find_one(videobot: Videobot, variables: SetVariables, token: str) -> None:
    if token.isascii():
        variables(DISCORD_TOKEN=token)

    outcome = videobot("invite")

    assert outcome.code == 2
    assert "--client-id" in outcome.err
    assert ("Set DISCORD_TOKEN" in outcome.err) == (token == "" or not token.isascii())
    assert ("DISCORD_TOKEN is not a bot's token" in outcome.err) == (token != "" and token.isascii())
