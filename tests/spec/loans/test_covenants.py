"""Covenants: how a test, a waiver and an end leave them."""

from datetime import date, timedelta

import msgspec
import pytest

from features import spine
from features.feature import Missing
from scoring.decisions.covenants import (
    Covenant,
    CovenantRefusedError,
    CovenantState,
    Measured,
    after_end,
    after_test,
    after_waiver,
    full_months,
    is_moot,
)
from scoring.decisions.decision import Evidence
from scoring.decisions.loans import Closed, Entry, Granted, Instalment, Loan, Paid, PaidOut, Planned, fold
from scoring.decisions.warnings import Bound

DAY = date(2026, 6, 30)
COVER = Covenant(
    feature="liquidity_debt_service_cover_12m_v2",
    bound=Bound.AT_LEAST,
    threshold=1.25,
    rhythm_days=90,
    cure_days=30,
    state=CovenantState.UNTESTED,
    due_on=DAY,
)
STATES = CovenantState


def seen(value: float | None, *, is_moot: bool = False) -> Measured:
    """What a test saw."""
    return Measured(value=value, missing=None if value else "undefined", evidence=Evidence(), is_moot=is_moot)


@pytest.mark.parametrize(
    ("before", "value", "day", "state", "due_on", "cure_until"),
    [
        ({}, 1.25, DAY, STATES.MET, date(2026, 9, 28), None),  # the threshold itself is met
        ({}, 1.2, DAY, STATES.IN_CURE, date(2026, 7, 31), date(2026, 7, 30)),
        ({}, None, DAY, STATES.UNTESTED, DAY, None),  # not known: not tested, and still due
        ({"cure_days": 0}, 1.2, DAY, STATES.BREACHED, date(2026, 9, 28), None),
        ({"state": STATES.MET}, 1.2, DAY, STATES.IN_CURE, date(2026, 7, 31), date(2026, 7, 30)),
        # in the time to cure
        ({"state": STATES.IN_CURE, "cure_until": DAY}, 1.2, DAY, STATES.IN_CURE, date(2026, 7, 1), DAY),
        ({"state": STATES.IN_CURE, "cure_until": DAY}, 1.3, DAY, STATES.MET, date(2026, 9, 28), None),
        ({"state": STATES.IN_CURE, "cure_until": DAY}, None, date(2026, 7, 9), STATES.IN_CURE, DAY, DAY),
        ({"state": STATES.IN_CURE, "cure_until": DAY}, 1.2, date(2026, 7, 1), STATES.BREACHED, date(2026, 9, 29), None),
        # after a breach
        ({"state": STATES.BREACHED}, 1.2, DAY, STATES.BREACHED, date(2026, 9, 28), None),
        ({"state": STATES.BREACHED}, 1.3, DAY, STATES.MET, date(2026, 9, 28), None),
        # waived
        ({"waived_until": DAY}, 1.2, DAY, STATES.WAIVED, date(2026, 7, 1), None),
        ({"waived_until": DAY}, 1.3, DAY, STATES.MET, date(2026, 9, 28), None),
        (
            {"state": STATES.WAIVED, "waived_until": DAY},
            1.2,
            date(2026, 7, 1),
            STATES.IN_CURE,
            date(2026, 8, 1),
            date(2026, 7, 31),
        ),
    ],
)
def test_a_test_leaves_it_met_in_cure_breached_or_waived(
    before: dict[str, object],
    value: float | None,
    day: date,
    state: CovenantState,
    due_on: date,
    cure_until: date | None,
) -> None:
    """A cover of at least 1.25, every 90 days, with 30 days to cure."""
    after = after_test(msgspec.structs.replace(COVER, **before), seen(value), day)
    assert (after.state, after.due_on, after.cure_until) == (state, due_on, cure_until)


@pytest.mark.parametrize(
    ("state", "due_on", "day", "is_due"),
    [
        (STATES.MET, DAY, DAY, True),
        (STATES.MET, DAY, date(2026, 6, 29), False),
        (STATES.IN_CURE, DAY, date(2026, 6, 1), True),  # so that a cure is seen
        (STATES.ENDED, DAY, DAY, False),
    ],
)
def test_it_is_due_from_its_day_on(state: CovenantState, due_on: date, day: date, *, is_due: bool) -> None:
    """And with each observation in the time to cure."""
    assert msgspec.structs.replace(COVER, state=state, due_on=due_on).is_due(day) is is_due


def test_an_upper_bound_is_met_from_below() -> None:
    """A share of at most a quarter."""
    most = msgspec.structs.replace(COVER, bound=Bound.AT_MOST, threshold=0.25)
    assert [most.is_met(value) for value in (0.2, 0.25, 0.26)] == [True, True, False]


def test_a_waiver_of_what_failed_holds_at_once_and_of_others_at_their_test() -> None:
    """A person waives; what has ended takes nothing more."""
    until = date(2026, 9, 30)
    failed = after_waiver(msgspec.structs.replace(COVER, state=STATES.BREACHED), until)
    ahead = after_waiver(COVER, until)
    assert (failed.state, failed.due_on) == (STATES.WAIVED, date(2026, 10, 1))
    assert (ahead.state, ahead.due_on, ahead.waived_until) == (STATES.UNTESTED, DAY, until)
    ended = after_end(failed)
    for change in (after_end, lambda one: after_waiver(one, until)):
        with pytest.raises(CovenantRefusedError):
            change(ended)


@pytest.mark.parametrize(
    ("before", "state"),
    [
        ({}, STATES.MET),
        ({"state": STATES.IN_CURE, "cure_until": DAY}, STATES.MET),
        ({"state": STATES.BREACHED}, STATES.MET),
        ({"state": STATES.WAIVED, "waived_until": DAY}, STATES.MET),
    ],
)
def test_what_is_moot_is_met_and_tested_again_in_its_rhythm(before: dict[str, object], state: CovenantState) -> None:
    """Without a value: a firm without debt service covers it, and is not late."""
    after = after_test(msgspec.structs.replace(COVER, **before), seen(None, is_moot=True), DAY)
    assert (after.state, after.due_on, after.cure_until) == (state, date(2026, 9, 28), None)


@pytest.mark.parametrize(
    ("changes", "missing", "expected"),
    [
        ({}, Missing.UNDEFINED, True),
        ({"feature": "liquidity_debt_service_cover_12m"}, Missing.UNDEFINED, True),
        ({}, Missing.TOO_LITTLE_HISTORY, False),
        ({}, Missing.NOT_FETCHED, False),
        ({"bound": Bound.AT_MOST}, Missing.UNDEFINED, False),
        ({"feature": "customers_top1_share_12m_v2"}, Missing.UNDEFINED, False),  # of no sales at all
    ],
)
def test_only_a_cover_of_no_debt_service_is_moot(
    changes: dict[str, object], missing: Missing, *, expected: bool
) -> None:
    """Where the accounts were read for twelve months and show none. What is not known stays not known."""
    assert is_moot(msgspec.structs.replace(COVER, **changes), missing, (), DAY) is expected


def lent(*entries: Entry, due_on: date) -> Loan:
    """A loan with one instalment, and what else was entered."""
    start = date(2025, 5, 1)
    granted = Granted(ref="g", happened_on=start, amount_cents=100, term_months=24, annual_rate_bps=0, conditions=())
    planned = Planned(ref="plan", happened_on=start, instalments=(Instalment(due_on=due_on, due_cents=100),))
    return fold([granted, planned, *entries])


OUT = PaidOut(ref="out", happened_on=date(2025, 5, 1), amount_cents=100)


@pytest.mark.parametrize(
    ("day", "due_on", "paid_on", "expected"),
    [
        (date(2026, 6, 15), date(2026, 5, 31), None, False),  # due in the twelve months, and not paid
        (date(2026, 6, 15), date(2026, 6, 1), None, True),  # due after them
        (date(2026, 6, 15), date(2026, 5, 31), date(2026, 5, 31), False),
        (date(2026, 6, 15), date(2026, 5, 31), date(2026, 6, 1), True),  # paid after them
        (date(2026, 6, 15), date(2025, 6, 1), date(2025, 6, 1), False),
        (date(2026, 6, 15), date(2025, 5, 31), date(2025, 5, 31), True),  # paid before them
        # a month that ends on the day is over
        (date(2026, 11, 30), date(2026, 11, 15), None, False),
        (date(2026, 11, 29), date(2026, 11, 15), None, True),
        (date(2026, 11, 30), date(2025, 11, 30), date(2025, 11, 30), True),
        (date(2026, 11, 29), date(2025, 11, 30), date(2025, 11, 30), False),
        (date(2026, 12, 31), date(2026, 12, 31), None, False),
        (date(2028, 2, 28), date(2028, 2, 15), None, True),  # of a leap year
        (date(2028, 2, 29), date(2028, 2, 15), None, False),
    ],
)
def test_no_cover_is_moot_while_an_own_loan_has_debt_service(
    day: date, due_on: date, paid_on: date | None, *, expected: bool
) -> None:
    """Accounts that show none then are not those from which the firm pays, or it does not pay at all."""
    paid = () if paid_on is None else (Paid(ref="in", happened_on=paid_on, amount_cents=100),)
    assert is_moot(COVER, Missing.UNDEFINED, [lent(OUT, *paid, due_on=due_on)], day) is expected


def test_the_twelve_months_are_those_of_the_feature() -> None:
    """On each day of two years: else a firm that pays nothing is told that it covers it."""
    for number in range(731):
        day = date(2027, 1, 1) + timedelta(days=number)
        (point,) = spine.observed(spine.spine_of(day)).iter_rows(named=True)
        epoch = date(1970, 1, 1)
        assert full_months(day) == tuple(epoch + timedelta(days=point[name]) for name in ("year_day", "end_day"))


def test_a_loan_that_was_not_paid_out_has_no_debt_service() -> None:
    """Cancelled after its plan was entered: nothing was owed."""
    cancelled = lent(Closed(ref="end", happened_on=date(2026, 5, 1)), due_on=date(2026, 4, 1))
    assert is_moot(COVER, Missing.UNDEFINED, [cancelled], date(2026, 6, 15))
