"""Column types that return what was stored, on SQLite and PostgreSQL alike: UTC times, 64-bit ids, words, text."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, Text
from sqlalchemy.types import TypeDecorator

LONGEST_WORD = 32


def generated_id() -> BigInteger:
    """The type of a key that the database generates.

    SQLite generates keys only for a column declared INTEGER, which has 64 bits there anyway.
    """
    return BigInteger().with_variant(Integer(), "sqlite")


def word(words: type[StrEnum], *, checked: bool = False) -> Enum:
    """A column of an enum's values, stored as text.

    `checked` adds a CHECK constraint, for the few sets that money depends on. Other sets can grow without a migration.
    """
    return Enum(
        words,
        name=f"{words.__name__.lower()}_known",
        native_enum=False,
        create_constraint=checked,
        length=LONGEST_WORD,
        values_callable=lambda members: [member.value for member in members],
    )


class UtcTime(TypeDecorator[datetime]):
    """An aware time, to the microsecond, returned in UTC.

    PostgreSQL stores `timestamptz`; SQLite, which has no type for times, text that sorts like the times.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PlainText(TypeDecorator[str]):
    """Text from strangers.

    PostgreSQL refuses the character NUL, and neither database takes half of a surrogate pair. JSON can contain both;
    the first is dropped, the second becomes a question mark.
    """

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace("\0", "").encode(errors="replace").decode()
