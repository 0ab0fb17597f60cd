"""Discord's refusals: status, code, message, and for an invalid form the tree of errors.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from sandbox.discord.wire import Json


class Problem(Enum):
    """(HTTP status, JSON error code, message), in Discord's own words."""

    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    NOT_FOUND = (404, 0, "404: Not Found")
    UNKNOWN_APPLICATION = (404, 10002, "Unknown Application")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_USER = (404, 10013, "Unknown User")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_ENTITLEMENT = (404, 10070, "Unknown Entitlement")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    UNKNOWN_COMMAND = (404, 10063, "Unknown application command")
    TOO_MANY_OLD_EDITS = (429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")
    TOO_MANY_NEW_COMMANDS = (400, 30034, "Max number of daily application command creates has been reached (200)")
    ENTITY_TOO_LARGE = (413, 40005, "Request entity too large")
    ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    NOT_THE_AUTHOR = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    DIRECT_MESSAGES_CLOSED = (403, 50007, "Cannot send messages to this user")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    INVALID_WEBHOOK_TOKEN = (401, 50027, "Invalid Webhook Token")
    INVALID_RECIPIENTS = (400, 50033, "Invalid Recipient(s)")
    INVALID_FORM_BODY = (400, 50035, "Invalid Form Body")
    ARCHIVED_THREAD = (400, 50083, "Tried to perform an operation on an archived thread")
    INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
    ENTRY_POINT_REMOVED = (
        400,
        50240,
        "You cannot remove this app's Entry Point command in a bulk update operation.",
    )
    NO_MUTUAL_GUILDS = (403, 50278, "Cannot send messages to this user due to having no mutual guilds")

    @property
    def status(self) -> int:
        return int(self.value[0])

    @property
    def code(self) -> int:
        return int(self.value[1])

    @property
    def sentence(self) -> str:
        return str(self.value[2])


class ApiError(Exception):
    """A refusal on its way to the client; `extra` is merged into the body."""

    def __init__(self, problem: Problem, *, extra: Json | None = None) -> None:
        super().__init__(problem.sentence)
        self.problem = problem
        self.extra = extra or {}

    @property
    def body(self) -> Json:
        return {"message": self.problem.sentence, "code": self.problem.code, **self.extra}


class FormErrors:
    """Collects what is wrong with a form, each error at its path: the `errors` tree of code 50035.

    `at` gives a view of the same tree further down, so that a rule need not know where its object is.
    """

    def __init__(self) -> None:
        self._tree: Json = {}
        self._path: tuple[str, ...] = ()

    def at(self, *steps: str | int) -> FormErrors:
        view = FormErrors()
        view._tree, view._path = self._tree, (*self._path, *(str(step) for step in steps))
        return view

    def add(self, code: str, message: str) -> None:
        node: dict[str, Any] = self._tree
        for step in self._path:
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    @property
    def tree(self) -> Json:
        return self._tree

    def raise_if_any(self) -> None:
        if self._tree:
            raise ApiError(Problem.INVALID_FORM_BODY, extra={"errors": self._tree})


def malformed(path: tuple[str | int, ...], code: str, message: str) -> ApiError:
    """A form with a single error."""
    errors = FormErrors()
    errors.at(*path).add(code, message)
    return ApiError(Problem.INVALID_FORM_BODY, extra={"errors": errors.tree})
