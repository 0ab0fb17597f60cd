"""What PowerPost and Discord may do wrong with one request, one trouble per story; "after": it took effect first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.powerpost.faults import (
    Answer,
    AnswerAfter,
    CutOff,
    Fault,
    HangAfter,
    HtmlPage,
    ResetAfter,
    ResetBefore,
    TooManyRequests,
    TruncatedJson,
)
from tests.e2e.product import Product

ORDER = "POST /videos/generate"
LOOK = "GET /videos/generations/{id}"
UPLOAD = "POST /media/upload"
DOWNLOAD = "GET /storage/videos/{media_id}.mp4"
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
MESSAGE = "/channels/{channel_id}/messages/{message_id}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A readable name, and what to ask of the sandboxes before the story begins."""

    name: str
    plan: Callable[[Product], object]

    def __str__(self) -> str:
        return self.name


def _powerpost(name: str, route: str, fault: Fault, times: int | None = 1) -> Trouble:
    return Trouble(name, lambda product: product.powerpost.faults.add(route, fault, times=times))


NO_TROUBLE = Trouble("no trouble", lambda _: None)

TROUBLES = (
    _powerpost("order reset before", ORDER, ResetBefore()),
    _powerpost("order reset after", ORDER, ResetAfter()),
    _powerpost("order never answered", ORDER, HangAfter()),
    _powerpost("order 500 before", ORDER, Answer(500)),
    _powerpost("order 500 after", ORDER, AnswerAfter()),
    _powerpost("order answered by half a JSON", ORDER, TruncatedJson()),
    _powerpost("order answered by a page of HTML", ORDER, HtmlPage(200)),
    _powerpost("order told to come again", ORDER, TooManyRequests()),
    _powerpost("order refused by a gateway", ORDER, HtmlPage(403)),
    Trouble("generation fails", lambda product: product.powerpost.production.fail_next()),
    _powerpost("upload reset after", UPLOAD, ResetAfter()),
    _powerpost("upload 500", UPLOAD, Answer(500)),
    _powerpost("look reset", LOOK, ResetAfter()),
    _powerpost("look answered by half a JSON", LOOK, TruncatedJson()),
    _powerpost("download cut off", DOWNLOAD, CutOff(500)),
    _powerpost("download never succeeds", DOWNLOAD, Answer(500), times=None),
    _powerpost("link expired", DOWNLOAD, Answer(403)),
    Trouble("answer lost", lambda product: product.discord.faults.reset("POST", CALLBACK)),
    Trouble("answer's answer lost", lambda product: product.discord.faults.reset("POST", CALLBACK, carried_out=True)),
    Trouble("edit's answer lost", lambda product: product.discord.faults.reset("PATCH", MESSAGE, carried_out=True)),
    Trouble("edits fail", lambda product: product.discord.faults.answer("PATCH", MESSAGE, status=500, times=2)),
)
