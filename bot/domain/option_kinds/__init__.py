"""The kinds of value that a server's options have: how each is typed, stored, checked and put into words.

Panels, the command line and the database need nothing more about an option's value. Text comes from people (the
command line, a modal, a menu), JSON from the database; both give the same values.
"""

from bot.domain.option_kinds.base import Kind, Stored, listed
from bot.domain.option_kinds.choices import OneOf, SomeOf, written
from bot.domain.option_kinds.ids import Ids, OneChannel
from bot.domain.option_kinds.typed import Number, Words

__all__ = ["Ids", "Kind", "Number", "OneChannel", "OneOf", "SomeOf", "Stored", "Words", "listed", "written"]
