"""Laws of cash ahead: what can never change a bit, and what can only go one way."""

import random
from datetime import date, timedelta

import numpy as np
from builders import Row, make_bill, make_invoice, make_ledger
from cash_books import AS_OF, line, regular
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.cash import Case, band_of, largest_instalments, look_ahead, paid_by
from forecast.days import days_ahead
from forecast.facts import Documents
from forecast.habits import HORIZON_DAYS
from forecast.receipts import ONE
from forecast.trade import UNIT, Pattern, later, paid_curve
from forecast.width import noise, reach, widths

FEW = settings(max_examples=max(3, settings().max_examples // 20))  # an example looks ahead twice
_LINE = st.tuples(
    st.integers(1, 400),  # days ago
    st.integers(-400_000, 400_000).filter(bool),
    st.sampled_from(
        ["supplier", "software", "insurance", "owner_drawing", "vat", "lease", "other", "customer_receipt"]
    ),
    st.integers(1, 4),  # counterparty
)


@st.composite
def _firm(draw: st.DrawFn) -> dict[str, list[Row]]:
    """A regular firm with lines that nobody expected, and open documents."""
    rows = regular(months=draw(st.integers(6, 20)), sales=draw(st.lists(st.integers(1_000, 3_000_000), min_size=1)))
    for days, cents, category, party in draw(st.lists(_LINE, max_size=25)):
        rows["transactions"].append(line(AS_OF - timedelta(days), cents, category, counterparty_account=party))
    for cents, days in draw(st.lists(st.tuples(st.integers(100, 900_000), st.integers(0, 90)), max_size=6)):
        rows["invoices"].append(make_invoice(issued_on=AS_OF - timedelta(days), net_cents=cents, gross_cents=cents))
        rows["bills"].append(make_bill(issued_on=AS_OF - timedelta(days), net_cents=cents, gross_cents=cents))
    return rows


@FEW
@given(rows=_firm(), seed=st.integers(0, 99))
def test_neither_the_order_of_rows_nor_other_borrowers_change_a_bit(rows: dict[str, list[Row]], seed: int) -> None:
    """Facts in any order, with those of another firm and of later days between them."""
    alone = look_ahead(make_ledger(**rows), AS_OF, 24)
    later_line = line(AS_OF + timedelta(1), -700_000, "supplier")
    mixed = {
        name: [*some, *({**row, "borrower": 5} for row in some), *([later_line] if name == "transactions" else [])]
        for name, some in rows.items()
    }
    for some in mixed.values():
        random.Random(seed).shuffle(some)  # noqa: S311  it makes examples
    other = look_ahead(make_ledger(**mixed), AS_OF, 24)
    assert (alone.cause, alone.outlook is None) == (other.cause, other.outlook is None)
    if alone.outlook is not None and other.outlook is not None:
        assert alone.outlook.level_cents == other.outlook.level_cents
        for case in Case:
            assert band_of(alone.outlook.cases[case]) == band_of(other.outlook.cases[case])
        assert {kind: flow.tolist() for kind, flow in alone.outlook.flows.items()} == {
            kind: flow.tolist() for kind, flow in other.outlook.flows.items()
        }


@FEW
@given(rows=_firm(), cents=st.integers(1, 500_000), bound=st.integers(0, ONE // 2))
def test_bands_are_ordered_and_the_largest_instalment_is_the_largest(
    rows: dict[str, list[Row]], cents: int, bound: int
) -> None:
    """Each row ends at 1; low is at most the median; an instalment lowers all; one cent more breaks the bound."""
    answer = look_ahead(make_ledger(**rows), AS_OF, 24)
    if answer.outlook is None:
        return
    cash = answer.outlook.cases[Case.EXPECTED]
    for row in cash.up_to:
        assert int(row[-1]) == ONE
        assert (np.diff(row) >= 0).all()
    dues = list(range(31, 700, 30))
    without, with_it = band_of(cash), band_of(cash, paid_by(cash, [(day, cents) for day in dues]))
    assert all(
        low <= middle <= high for low, middle, high in zip(without.low, without.median, without.high, strict=True)
    )
    assert all(one <= other for one, other in zip(with_it.median, without.median, strict=True))
    *some, largest = largest_instalments(cash, dues, bound)
    assert sorted([*some, largest], reverse=True) == [*some, largest]
    if largest:
        risks = [
            max(band_of(cash, paid_by(cash, [(day, one) for day in dues])).below_zero) for one in (largest, largest + 1)
        ]
        assert risks[0] <= bound < risks[1]


@given(width=st.integers(1, 10**9), step=st.integers(1, 10**7))
def test_noise_is_symmetric_and_adds_up_to_one(width: int, step: int) -> None:
    """Whatever the grid, as long as it has cells enough and not millions."""
    step = max(step, reach(width) // 2_000 + 1)
    (found,) = noise([width], step)
    assert int(found.sum()) == ONE
    assert (found >= 0).all()
    assert found.tolist() == found[::-1].tolist()


@given(scale=st.integers(1, 10**9))
def test_the_longer_the_wider(scale: int) -> None:
    """Never narrower on a later day."""
    found = widths(scale, range(1, 1_826))
    assert found == sorted(found)


@given(
    level=st.integers(0, 10**9),
    delays=st.lists(st.integers(-1, 200), min_size=1, max_size=40),
    entered_after=st.integers(0, 60),
)
def test_no_more_is_paid_than_arises(level: int, delays: list[int], entered_after: int) -> None:
    """A curve rises to 1 at most; what is paid on days ahead is no more than what arose up to then."""
    count = len(delays)
    whole = np.full(count, 1_000, dtype=np.int64)
    documents = Documents(
        age=np.full(count, 300, dtype=np.int64),
        month=whole,
        cents=whole,
        tax_cents=whole,
        past_due=np.full(count, 286, dtype=np.int64),
        open_cents=np.where(np.array(delays) < 0, whole, 0),
        paid_after=np.array(delays, dtype=np.int64),
        party=whole,
        number=whole,
    )
    curve = paid_curve(documents)
    assert (np.diff(curve, prepend=0) >= 0).all()
    assert int(curve[-1]) <= UNIT
    ahead = days_ahead(date(2026, 6, 30), HORIZON_DAYS)
    pattern = Pattern(level_cents=level, season=(UNIT,) * 12)
    paid = later(pattern, curve, ahead, entered_after)
    arose = int(pattern.by_day(ahead).sum() + pattern.unseen(ahead, entered_after).sum())
    assert (paid >= 0).all()
    assert int(paid.sum()) <= arose
