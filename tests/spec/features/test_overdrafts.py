"""Which accounts live below zero, how far and since when: levels by day with their boundary days."""

from datetime import date, timedelta
from typing import Any

import pytest
from builders import Row, make_account, make_ledger, make_level, make_transaction

from features.ledger import Ledger, Resource
from features.overdrafts import Overdraft, overdrafts
from features.spine import ONLINE_BORROWER, spine_of
from forecast.facilities import FacilityCause, FacilityKind, FacilityState, facilities

AS_OF = date(2026, 11, 23)


def line(days_ago: int, cents: int, number: int, **further: Any) -> Row:  # noqa: ANN401
    """A bank line of account 1; positive is money in."""
    day = AS_OF - timedelta(days=days_ago)
    return make_transaction(transaction_id=number, happened_on=day, amount_cents=cents, **further)


def ledger(level: int, *moves: tuple[int, int], state: str = "verified", ago: int = 0, **further: Any) -> Ledger:  # noqa: ANN401
    """One account with a level some days ago, and lines by days ago."""
    lines = [line(days, cents, number, **further) for number, (days, cents) in enumerate(moves, start=1)]
    known = make_level(level_cents=level, state=state, happened_on=AS_OF - timedelta(days=ago))
    return make_ledger(transactions=lines, levels=[known], accounts=[make_account()])


def found(books: Ledger) -> list[Overdraft]:
    """Its overdrafts."""
    return overdrafts(books, ONLINE_BORROWER, AS_OF)


def test_days_below_zero_and_how_far() -> None:
    """From 40 to 20 days ago the account was 500 euro below zero, at its worst 700."""
    books = ledger(1_000_00, (200, 1_000_00), (40, -1_500_00), (30, -200_00), (25, 200_00), (20, 1_500_00))
    assert found(books) == [
        Overdraft(
            days=20,
            first_on=AS_OF - timedelta(days=40),
            last_on=AS_OF - timedelta(days=21),
            deepest_cents=700_00,
            drawn_cents=0,
            is_in_use=True,
        )
    ]


@pytest.mark.parametrize(("days", "is_line"), [(9, False), (10, True)])
def test_a_slip_is_no_line(days: int, is_line: bool) -> None:  # noqa: FBT001  a column of the table
    """Ten days of a year make one."""
    assert bool(found(ledger(100_00, (300, 100_00), (50, -150_00), (50 - days, 150_00)))) is is_line


@pytest.mark.parametrize(("last", "is_in_use"), [(89, True), (90, False)])
def test_what_was_used_within_90_days_is_in_use(last: int, is_in_use: bool) -> None:  # noqa: FBT001  a column of the table
    """The last day that ended below zero counts."""
    (one,) = found(ledger(100_00, (300, 100_00), (last + 20, -150_00), (last - 1, 150_00)))
    assert (one.last_on, one.is_in_use) == (AS_OF - timedelta(days=last), is_in_use)


@pytest.mark.parametrize(("ago", "days"), [(364, 365), (365, 365), (374, 365), (363, 364)])
def test_a_year_is_looked_at(ago: int, days: int) -> None:
    """Before the first line nothing is known, and what is older than a year does not count."""
    (one,) = found(ledger(-100_00, (ago, -100_00)))
    assert (one.days, one.first_on) == (days, AS_OF - timedelta(days=days - 1))


def test_what_came_after_the_level_counts_on_top() -> None:
    """A level of five days ago, and a line of yesterday."""
    (one,) = found(ledger(-300_00, (100, -300_00), (1, -50_00), ago=5))
    assert (one.drawn_cents, one.deepest_cents, one.days) == (350_00, 350_00, 101)


@pytest.mark.parametrize(("state", "count"), [("verified", 1), ("stale", 1), ("unverified", 0), ("unused", 0)])
def test_only_the_bank_tells_a_level(state: str, count: int) -> None:
    """Of others the firm says what they are."""
    assert len(found(ledger(-300_00, (100, -300_00), state=state))) == count


@pytest.mark.parametrize(
    ("transfer", "cents", "count"), [("card", 400_00, 0), ("link", 400_00, 1), ("card", -400_00, 1)]
)
def test_a_credit_card_is_no_overdraft(transfer: str, cents: int, count: int) -> None:
    """It is known by what comes in from a bank account to settle it; what goes out to a card says nothing."""
    lines = [line(100, -500_00, 1), line(70, cents, 2, transfer=transfer), line(60, -50_00, 3)]
    level = make_level(level_cents=cents - 550_00, happened_on=AS_OF)
    assert len(found(make_ledger(transactions=lines, levels=[level], accounts=[make_account()]))) == count


def test_copies_and_lines_of_other_accounts_do_not_count() -> None:
    """Nor those of other borrowers, or that were not recorded yet."""
    lines = [line(100, -50_00, 1), line(60, -400_00, 2, is_duplicate=True), line(60, -400_00, 3, borrower=7)]
    lines += [line(60, -400_00, 4, account_id=2), line(60, -400_00, 5, recorded_on=AS_OF + timedelta(days=1))]
    books = make_ledger(
        transactions=lines,
        levels=[make_level(level_cents=-50_00, happened_on=AS_OF)],
        accounts=[make_account(), make_account(account_id=2)],
    )
    assert [(one.deepest_cents, one.days) for one in found(books)] == [(50_00, 101)]


def test_an_overdraft_is_a_position_and_no_new_facility() -> None:
    """It has no instalments, its line is not told, and it is listed beside loans."""
    books = ledger(-300_00, (200, 100_00), (80, -400_00))
    (borrowings,) = facilities(books, spine_of(AS_OF))
    assert borrowings is not None
    (one,) = borrowings.facilities
    assert (one.kind, one.state, one.cause) == (
        FacilityKind.OVERDRAFT,
        FacilityState.RUNNING,
        FacilityCause.LINE_NOT_TOLD,
    )
    assert (one.payments, one.remaining_cents, one.used_at_most_cents) == (81, 300_00, 300_00)
    assert (borrowings.funder_count, borrowings.new_count, sum(borrowings.high)) == (1, 0, 0)


def test_without_levels_nothing_is_said_of_overdrafts() -> None:
    """Lines alone say how a level moved, and not where it was."""
    books = ledger(-300_00, (200, 100_00), (80, -400_00))
    unread = Ledger(**books.frames(), fetched=books.fetched - {Resource.BALANCES})
    (borrowings,) = facilities(unread, spine_of(AS_OF))
    assert borrowings is not None
    assert borrowings.facilities == ()
