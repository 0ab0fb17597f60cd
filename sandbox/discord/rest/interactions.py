"""Answering interactions, and using their tokens afterwards.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

from aiohttp import web

from sandbox.discord.errors import ApiError, Problem
from sandbox.discord.interactions import followups
from sandbox.discord.interactions.callbacks import acknowledge
from sandbox.discord.interactions.record import Answer, AnswerKind, CallbackType, Interaction
from sandbox.discord.messages.record import Message
from sandbox.discord.messages.showing import message_payload
from sandbox.discord.rest.exchange import answer, form_of, nothing, path_id, world_of
from sandbox.discord.wire import Json, truth

_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


def routes() -> list[web.RouteDef]:
    found = [
        web.post("/interactions/{interaction_id}/{interaction_token}/callback", create_response),
        web.post(_WEBHOOK, create_followup),
    ]
    for one in (f"{_WEBHOOK}/messages/@original", f"{_WEBHOOK}/messages/{{message_id}}"):
        found += [web.get(one, get_response), web.patch(one, edit_response), web.delete(one, delete_response)]
    return found


async def create_response(request: web.Request) -> web.Response:
    interaction = world_of(request).interactions.get(request.match_info["interaction_token"])
    if interaction is None or interaction.id != path_id(request, "interaction_id"):
        raise ApiError(Problem.UNKNOWN_INTERACTION)
    given = await acknowledge(world_of(request), interaction, form_of(request))
    if not truth(request.query.get("with_response")):
        return nothing()
    return answer(_callback_payload(request, given))


async def create_followup(request: web.Request) -> web.Response:
    """Without `wait=true` Discord answers 204, except to interactions' tokens, which always wait."""
    message = await followups.follow_up(world_of(request), _interaction(request), form_of(request))
    return answer(message_payload(world_of(request), message))


async def get_response(request: web.Request) -> web.Response:
    return answer(message_payload(world_of(request), _message(request)))


async def edit_response(request: web.Request) -> web.Response:
    message = await followups.edit(world_of(request), _message(request), form_of(request))
    return answer(message_payload(world_of(request), message))


async def delete_response(request: web.Request) -> web.Response:
    followups.delete(world_of(request), _message(request))
    return nothing()


def _interaction(request: web.Request) -> Interaction:
    return followups.by_token(world_of(request), path_id(request, "webhook_id"), request.match_info["webhook_token"])


def _message(request: web.Request) -> Message:
    name = request.match_info.get("message_id", followups.ORIGINAL)
    return followups.find(world_of(request), _interaction(request), name)


def _callback_payload(request: web.Request, given: Answer) -> Json:
    """https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback-interaction-callback-response-object"""
    interaction = given.interaction
    payload: Json = {"interaction": {"id": str(interaction.id), "type": int(interaction.kind)}}
    message = given.message
    if message is None:
        return payload
    payload["interaction"] |= {
        "response_message_id": str(message.id),
        "response_message_loading": message.loading,
        "response_message_ephemeral": given.ephemeral,
    }
    resource = _RESOURCES.get(given.kind)
    if resource is not None:
        shown = message_payload(world_of(request), message)
        payload["resource"] = {"type": int(resource), "message": shown}
    return payload


# The official description allows only types 4 and 7 here, so the message of a deferred answer has type 4.
_RESOURCES = {
    AnswerKind.MESSAGE: CallbackType.MESSAGE,
    AnswerKind.DEFERRED: CallbackType.MESSAGE,
    AnswerKind.UPDATE: CallbackType.UPDATE,
}
