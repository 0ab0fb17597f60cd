"""The arithmetic of the books: whatever happens in whatever order, a wallet's sums agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from bot.domain.identifiers import Credits
from bot.domain.ledger import Balance, Effect, EntryKind, effect

AMOUNTS = st.integers(min_value=0, max_value=10**12)


class GuildLife(RuleBasedStateMachine):
    """A guild whose operator and members do whatever comes to their minds."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.balance = Balance()
        self.open_holds = 0
        self.charged = 0

    @rule(amount=AMOUNTS)
    def grant(self, amount: int) -> None:
        self._write(EntryKind.GRANT, amount)

    @precondition(lambda self: self.balance.available > 0)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        self._write(EntryKind.REVOKE, data.draw(st.integers(0, self.balance.available)))

    @precondition(lambda self: self.balance.available > 0)
    @rule(data=st.data(), target=held)
    def reserve(self, data: st.DataObject) -> int:
        amount = data.draw(st.integers(0, self.balance.available))
        self._write(EntryKind.RESERVE, amount)
        self.open_holds += amount
        return amount

    @rule(hold=consumes(held), charged=st.integers(0, 10**6))
    def settle(self, hold: int, charged: int) -> None:
        self._write(EntryKind.SETTLE, charged, held=hold)
        self.open_holds -= hold
        self.charged += charged

    @rule(hold=consumes(held))
    def release(self, hold: int) -> None:
        self._write(EntryKind.RELEASE, hold, held=hold)
        self.open_holds -= hold

    @rule(amount=st.integers(-(10**6), 10**6))
    def adjust(self, amount: int) -> None:
        self._write(EntryKind.ADJUST, amount)

    @invariant()
    def sums_agree(self) -> None:
        assert self.balance.is_sound
        assert (self.balance.reserved, self.balance.spent) == (self.open_holds, self.charged)

    def _write(self, kind: EntryKind, amount: int, held: int = 0) -> None:
        self.balance = effect(kind, amount, held=held).on(self.balance)


GuildLife.TestCase.settings = settings(max_examples=25, deadline=None)
TestGuildLife = GuildLife.TestCase


@given(st.sampled_from(EntryKind), AMOUNTS, AMOUNTS)
def test_every_effect_keeps_the_two_sides_equal(kind: EntryKind, amount: int, held: int) -> None:
    change = effect(kind, amount, held=held)
    assert change.available + change.reserved + change.spent == change.granted - change.revoked


@given(AMOUNTS, AMOUNTS)
def test_settling_frees_the_hold_and_spends_what_was_charged(hold: int, charged: int) -> None:
    assert effect(EntryKind.SETTLE, charged, held=hold) == Effect(
        available=hold - charged, reserved=-hold, spent=charged
    )


@given(AMOUNTS)
def test_releasing_undoes_reserving(hold: int) -> None:
    start = Balance(available=Credits(hold), granted=Credits(hold))
    reserved = effect(EntryKind.RESERVE, hold).on(start)
    assert effect(EntryKind.RELEASE, hold, held=hold).on(reserved) == start


@pytest.mark.parametrize("kind", [kind for kind in EntryKind if kind is not EntryKind.ADJUST])
def test_negative_amounts_make_no_sense(kind: EntryKind) -> None:
    with pytest.raises(ValueError, match=f"{kind} of -1 credits"):
        effect(kind, -1)


def test_adjusting_may_take_away() -> None:
    assert effect(EntryKind.ADJUST, -5) == Effect(available=-5, granted=-5)


@pytest.mark.parametrize(
    "balance",
    [
        Balance(available=Credits(1)),
        Balance(available=Credits(5), reserved=Credits(-5)),
        Balance(available=Credits(5), spent=Credits(-5)),
    ],
)
def test_a_balance_that_does_not_add_up_is_unsound(balance: Balance) -> None:
    assert not balance.is_sound
