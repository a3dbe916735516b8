"""Laws of facilities, whatever the bank lines are."""

from datetime import date, timedelta
from typing import Any

import polars as pl
from builders import make_ledger, make_level, make_transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from features.overdrafts import FEWEST_DAYS, overdrafts
from features.spine import ONLINE_BORROWER, SPINE, spine_of
from forecast.debt_service import MONTHS
from forecast.facilities import FacilityState, facilities, highest_year_cents

AS_OF = date(2026, 11, 20)
CATEGORIES = ("loan_service", "lease", "loan_proceeds", "factoring_payout", "factoring_fee", "returned_debit", "other")
FUNDERS = (None, "promotional/kfw", "bank/dkb", "online/iwoca", "car/bmw", "lessor/grenke", "advance/paypal")


@st.composite
def bank_lines(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Regular instalments of some lenders, pay-outs, and anything else, in any order."""
    found: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 4))):
        first, step = draw(st.integers(0, 900)), draw(st.sampled_from((1, 7, 30, 91)))
        cents, category = draw(st.integers(1, 500_000)), draw(st.sampled_from(("loan_service", "lease")))
        funder = draw(st.sampled_from(FUNDERS))
        days = [first + step * n for n in range(draw(st.integers(1, 14)))]
        found += [_line(day, -cents, category, funder, number) for day in days]
        if draw(st.booleans()):
            found.append(_line(max(0, first - 20), draw(st.integers(1, 20_000_000)), "loan_proceeds", funder, number))
    for _ in range(draw(st.integers(0, 6))):
        cents = draw(st.integers(-5_000_000, 5_000_000).filter(bool))
        found.append(
            _line(
                draw(st.integers(0, 1_000)), cents, draw(st.sampled_from(CATEGORIES)), draw(st.sampled_from(FUNDERS)), 9
            )
        )
    numbered = [row | {"transaction_id": number} for number, row in enumerate(found, start=1)]
    return draw(st.permutations(numbered))


def _line(day: int, cents: int, category: str, funder: str | None, account: int) -> dict[str, Any]:
    happened = AS_OF - timedelta(days=1_000 - min(day, 1_050))
    return make_transaction(
        amount_cents=cents, category=category, funder=funder, counterparty_account=account, happened_on=happened
    )


@settings(max_examples=60, deadline=None)
@given(bank_lines())
def test_numbers_make_sense(lines: list[dict[str, Any]]) -> None:
    """Nothing is negative, bounds are in order, what ended costs nothing, and every line that is named is there."""
    (found,) = facilities(make_ledger(transactions=lines), spine_of(AS_OF))
    assert found is not None
    identifiers = {row["transaction_id"] for row in lines}
    for months in (found.low, found.expected, found.high):
        assert len(months) == MONTHS
        assert min(months) >= 0
    for one in found.facilities:
        ends = [day for day in (one.ends_earliest, one.ends_expected, one.ends_latest) if day is not None]
        assert ends == sorted(ends)
        owed = (one.remaining_low_cents, one.remaining_cents, one.remaining_high_cents)
        known = [cents for cents in owed if cents is not None]
        assert len(known) in (0, 3)
        assert known == sorted(known)
        assert set(one.lines) <= identifiers
        assert (one.instalment_cents is None) == (one.rhythm is None)
        assert one.first_on <= one.last_on <= AS_OF
    if all(one.state is FacilityState.ENDED for one in found.facilities):
        assert sum(found.high) == 0


@settings(max_examples=60, deadline=None)
@given(
    level=st.integers(-10_000, 10_000),
    level_ago=st.integers(0, 30),
    moves=st.lists(st.tuples(st.integers(0, 420), st.integers(-5_000, 5_000)), min_size=1, max_size=30),
)
def test_an_overdraft_is_what_counting_day_by_day_finds(
    level: int, level_ago: int, moves: list[tuple[int, int]]
) -> None:
    """Each day's end is the level with all lines in between undone or done, one by one."""
    lines = [
        make_transaction(transaction_id=number, amount_cents=cents, happened_on=AS_OF - timedelta(days=ago))
        for number, (ago, cents) in enumerate(moves, start=1)
    ]
    known = make_level(level_cents=level, happened_on=AS_OF - timedelta(days=level_ago))
    found = overdrafts(make_ledger(transactions=lines, levels=[known]), ONLINE_BORROWER, AS_OF)
    ends = {}
    for ago in range(min(365, max(ago for ago, _ in moves) + 1)):
        undone = sum(cents for day, cents in moves if level_ago <= day < ago)
        done = sum(cents for day, cents in moves if ago <= day < level_ago)
        ends[ago] = level - undone + done
    below = {ago: cents for ago, cents in ends.items() if cents < 0}
    if len(below) < FEWEST_DAYS:
        assert found == []
    else:
        (one,) = found
        assert (one.days, one.deepest_cents) == (len(below), -min(below.values()))
        assert (one.last_on, one.first_on) == (AS_OF - timedelta(days=min(below)), AS_OF - timedelta(days=max(below)))
        assert one.drawn_cents == max(0, -ends[0])


@settings(max_examples=40, deadline=None)
@given(bank_lines(), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_other_borrowers_change_nothing(lines: list[dict[str, Any]], random: Any) -> None:  # noqa: ANN401
    """Nor does it matter who else is asked for."""
    alone = facilities(make_ledger(transactions=lines), spine_of(AS_OF))
    other = [row | {"borrower": ONLINE_BORROWER + 1, "amount_cents": row["amount_cents"] * 2} for row in lines]
    both = [*lines, *other]
    random.shuffle(both)
    spine = pl.DataFrame([(ONLINE_BORROWER + 1, AS_OF, False), (ONLINE_BORROWER, AS_OF, False)], SPINE, orient="row")
    assert facilities(make_ledger(transactions=both), spine)[1:] == alone


@settings(max_examples=40, deadline=None)
@given(bank_lines(), st.integers(1, 900))
def test_the_past_does_not_know_what_came_later(lines: list[dict[str, Any]], days: int) -> None:
    """An earlier day sees what was visible then, and nothing else."""
    earlier = AS_OF - timedelta(days=days)
    visible = [row for row in lines if row["happened_on"] <= earlier]
    assert facilities(make_ledger(transactions=lines), spine_of(earlier)) == facilities(
        make_ledger(transactions=visible), spine_of(earlier)
    )


@given(st.lists(st.integers(0, 10**9), min_size=MONTHS, max_size=MONTHS), st.integers(1, 120))
def test_a_longer_term_never_has_a_cheaper_dearest_year(months: list[int], term: int) -> None:
    """It has all years of the shorter one."""
    assert highest_year_cents(months, term) <= highest_year_cents(months, term + 1)
