"""Checks of single fields. Each reports in Discord's words at the field's path.

The codes are those that the API gives in `errors`:
https://docs.discord.com/developers/reference#error-messages
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from sandbox.discord.errors import FormErrors
from sandbox.discord.wire import Json

MEDIA_URL_MAX = 2048


def text(form: Json, name: str, errors: FormErrors, *, low: int = 0, high: int, required: bool = False) -> str | None:
    """A string of `low` to `high` characters; missing and null are the same, and an error if `required`."""
    value = form.get(name)
    at = errors.at(name)
    if value is None:
        if required:
            at.add("BASE_TYPE_REQUIRED", "This field is required")
        return None
    if not isinstance(value, str):
        at.add("STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string.")
        return None
    if len(value) > high:
        at.add("BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
    if len(value) < low:
        at.add("BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
    return value


def number(form: Json, name: str, errors: FormErrors, *, low: int, high: int) -> None:
    """An integer between `low` and `high`, or no value."""
    value = form.get(name)
    if value is None:
        return
    at = errors.at(name)
    if not isinstance(value, int) or isinstance(value, bool):
        at.add("NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
    elif not low <= value <= high:
        at.add("NUMBER_TYPE_MAX", f"int value should be between {low} and {high}.")


def items(form: Json, name: str, errors: FormErrors, *, low: int = 0, high: int) -> list[Json]:
    """A list of `low` to `high` objects; anything else in it is reported and skipped."""
    value = form.get(name)
    value = [] if value is None else value
    at = errors.at(name)
    if not isinstance(value, list):
        at.add("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return []
    if not low <= len(value) <= high:
        at.add("BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            at.at(index).add("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
    return [item for item in value if isinstance(item, dict)]


def one_of(form: Json, name: str, errors: FormErrors, allowed: Collection[int]) -> bool:
    """Whether `name` holds one of the allowed numbers."""
    if form.get(name) in allowed:
        return True
    choices = ", ".join(str(int(choice)) for choice in sorted(allowed))
    errors.at(name).add("BASE_TYPE_CHOICES", f'Value of field "{name}" must be one of ({choices}).')
    return False


def url(value: object, errors: FormErrors, *, schemes: Collection[str], high: int) -> None:
    """An absolute link of at most `high` characters."""
    if not isinstance(value, str) or not value:
        errors.add("BASE_TYPE_REQUIRED", "This field is required")
        return
    if len(value) > high:
        errors.add("BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        names = ", ".join(sorted(repr(scheme) for scheme in schemes))
        errors.add(
            "URL_TYPE_INVALID_SCHEME", f'Scheme "{parts.scheme}" is not supported. Scheme must be one of ({names}).'
        )
    elif not parts.netloc:
        errors.add("URL_TYPE_INVALID_URL", "Not a well formed URL.")
