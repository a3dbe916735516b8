"""What cash ahead carries, by hand: which instalments, which money counts, and when nothing is told."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from builders import Row, make_ledger, make_spine
from cash_books import AS_OF, line, month_back, regular

from features.ledger import Resource
from features.recognised import RecognisedViews
from features.spine import observed
from forecast.cash import Case, Kind, look_ahead, unspent
from forecast.facts import facts_of
from forecast.habits import HORIZON_DAYS
from forecast.largest_instalment import LargestInstalment, find_largest_instalment
from forecast.receipts import ONE

AT_MOST = 0.2


def found_in(rows: Mapping[str, list[Row]], *, days: int = 180, at_most: float = AT_MOST) -> LargestInstalment:
    """On the day of the regular books."""
    return find_largest_instalment(make_ledger(**rows), AS_OF, gap_probability_at_most=at_most, days=days)


def poor(rows: dict[str, list[Row]] | None = None, cents: int = 7_500_000, back: int = 12) -> dict[str, list[Row]]:
    """The regular firm, or another, whose owner drew so much once that cash is scarce."""
    rows = regular() if rows is None else rows
    rows["transactions"].append(line(month_back(back) + timedelta(14), -cents, "owner_drawing"))
    return rows


def paid_in(rows: dict[str, list[Row]], cents: int, category: str, days_ago: int = 7) -> dict[str, list[Row]]:
    """The same, with a sum on the account."""
    rows["transactions"].append(line(AS_OF - timedelta(days_ago), cents, category))
    return rows


def test_no_day_is_below_zero_with_more_than_the_bound() -> None:
    """With the instalment of a term just not, with one cent more it is; a shorter term carries no less."""
    rows = poor()
    found = found_in(rows)
    outlook = look_ahead(make_ledger(**rows), AS_OF, 1).outlook
    assert outlook is not None
    cash, dues = outlook.cases[Case.EXPECTED], [30, 61, 92, 122, 153]
    assert len(found.by_term_cents) == len(dues)
    assert list(found.by_term_cents) == sorted(found.by_term_cents, reverse=True)
    for term, cents in enumerate(found.by_term_cents, start=1):
        risks = [
            max(cash.below(at, each * sum(due <= day for due in dues[:term])) for at, day in enumerate(cash.days))
            for each in (cents, cents + 1)
        ]
        assert risks[0] <= AT_MOST * ONE < risks[1]


@pytest.mark.parametrize(
    ("days", "terms"),
    [(31, 1), (60, 1), (61, 2), (91, 2), (92, 3), (180, 5)],
)
def test_instalments_count_as_far_as_days_are_looked_at(days: int, terms: int) -> None:
    """From 30 June on they are due on 30 July, 30 August, 30 September, 30 October and 30 November."""
    found = found_in(regular(), days=days)
    assert len(found.by_term_cents) == terms
    assert found.of_term(60) == found.of_term(terms) == found.by_term_cents[-1]
    assert found.of_term(1) == found.by_term_cents[0]


def test_more_risk_and_fewer_days_carry_no_less() -> None:
    """The bound goes one way."""
    rows = poor()
    strict, mild, short = found_in(rows), found_in(rows, at_most=0.3), found_in(rows, days=92)
    assert (strict.of_term(12) or 0) < (mild.of_term(12) or 0)
    assert (strict.gap_probability or 0) >= (short.gap_probability or 0)


def test_accounts_that_are_overdrawn_carry_nothing() -> None:
    """An agreed overdraft is not in the books: a person asks for it."""
    found = found_in(poor(cents=14_500_000))
    assert found.level_cents < 0
    assert set(found.by_term_cents) == {0}
    assert found.gap_probability is not None
    assert found.gap_probability > 0.9


def test_a_level_that_the_bank_does_not_confirm_bounds_nothing() -> None:
    """And says why."""
    found = found_in(regular(is_confirmed=False))
    assert found == LargestInstalment(gap_probability_at_most=AT_MOST, days=180, cause="balance_level_unverified")
    assert found.of_term(12) is None


def test_without_bank_data_nothing_is_told() -> None:
    """The account is not in the books."""
    ledger = make_ledger(fetched=set(Resource) - {Resource.TRANSACTIONS}, **regular())
    found = find_largest_instalment(ledger, AS_OF, gap_probability_at_most=AT_MOST, days=180)
    assert (found.cause, found.by_term_cents, found.gap_probability) == ("not_fetched", (), None)


def test_three_invoices_tell_nothing() -> None:
    """Fewer than five payments of customers, of a firm that invoices."""
    rows = regular()
    rows["invoices"], rows["closings"] = rows["invoices"][-3:], rows["closings"][-6:]
    assert found_in(rows).cause == "too_few_documents"


@pytest.mark.parametrize(
    ("category", "costs_instalments"),
    [("loan_proceeds", True), ("owner_contribution", False), ("subsidy", False), ("insurance_benefit", False)],
)
def test_a_borrowed_sum_does_not_carry_the_next_loan(category: str, *, costs_instalments: bool) -> None:
    """60,000 a week before: the level shows them, and the instalment is the same to the cent; a loan must be repaid."""
    without, with_it = found_in(poor()), found_in(paid_in(poor(), 6_000_000, category))
    assert (without.of_term(12) or 0) > 0
    assert with_it.level_cents == without.level_cents + 6_000_000
    assert with_it.unspent_cents == 6_000_000
    if costs_instalments:
        assert (with_it.of_term(12) or 0) < (without.of_term(12) or 0)
    else:
        assert with_it.by_term_cents == without.by_term_cents
        assert with_it.gap_probability == without.gap_probability


def test_a_borrowed_sum_that_is_called_a_payment_counts_in_parts() -> None:
    """Trust flags look for it. Of 60,000, each of five instalments gets a fifth: it has to last for half a year."""
    without, with_it = found_in(poor()), found_in(paid_in(poor(), 6_000_000, "customer_receipt"))
    assert with_it.unspent_cents == 0
    gain = (with_it.of_term(12) or 0) - (without.of_term(12) or 0)
    assert 0 < gain < 6_000_000 // 5


def _unspent(*lines: tuple[int, int, str]) -> int:
    """Of lines with days ago, cents and category, on an account that held 10,000 before."""
    rows = regular()
    rows["transactions"] = [
        line(date(2024, 1, 5), 1, "customer_receipt"),
        *(line(AS_OF - timedelta(days), cents, category) for days, cents, category in lines),
    ]
    rows["invoices"], rows["bills"], rows["closings"] = [], [], []
    ledger = make_ledger(**rows)
    return unspent(facts_of(ledger, RecognisedViews(ledger, observed(make_spine((0, AS_OF)))), AS_OF))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(7, 500_000, "loan_proceeds")], 500_000),
        ([(0, 500_000, "loan_proceeds")], 500_000),
        ([(89, 500_000, "loan_proceeds")], 500_000),
        ([(90, 500_000, "loan_proceeds")], 0),  # the firm has lived with it for a quarter
        ([(7, 500_000, "loan_proceeds"), (5, -500_000, "supplier")], 0),  # spent
        ([(7, 500_000, "loan_proceeds"), (7, -500_000, "supplier")], 0),
        ([(7, 500_000, "loan_proceeds"), (5, -200_000, "supplier")], 300_000),
        # Spent, and earned anew: customers' money counts.
        ([(30, 500_000, "loan_proceeds"), (20, -500_000, "supplier"), (5, 400_000, "customer_receipt")], 0),
        # Two sums, the first of which was spent.
        (
            [(30, 500_000, "loan_proceeds"), (20, -500_000, "supplier"), (5, 400_000, "owner_contribution")],
            400_000,
        ),
        ([(9, 500_000, "loan_proceeds"), (5, 400_000, "owner_contribution")], 900_000),
        ([(9, 500_000, "loan_proceeds"), (5, 700_000, "customer_receipt")], 500_000),
        # One of two was spent, whichever.
        ([(20, 500_000, "loan_proceeds"), (10, 500_000, "owner_contribution"), (5, -500_000, "supplier")], 500_000),
        # Paid in before the wages: what counts is at most the level of the day before.
        ([(7, 500_000, "loan_proceeds"), (5, -300_000, "wages")], 200_000),
        ([(7, 500_000, "customer_receipt")], 0),
        ([(7, 500_000, "tax_refund")], 0),  # the firm's own money, back
        ([(7, -500_000, "loan_service")], 0),
    ],
)
def test_what_is_unspent_has_stayed_ever_since(lines: list[tuple[int, int, str]], expected: int) -> None:
    """The level has ever since been so much above that of the day before."""
    assert _unspent(*lines) == expected


def test_between_own_accounts_nothing_is_paid_in() -> None:
    """The other side may be on an account that is not read; a rule of its own looks at that."""
    rows = regular()
    before = found_in(rows)
    rows["transactions"] += [
        line(AS_OF - timedelta(3), 700_000, "transfer", transfer="link"),
        line(AS_OF - timedelta(2), -700_000, "transfer", transfer="link"),
        line(AS_OF - timedelta(1), 700_000, "transfer", transfer="link"),
    ]
    assert found_in(rows).unspent_cents == before.unspent_cents == 0


def test_drawings_that_were_paused_are_expected_by_their_mean() -> None:
    """2,000 a month until three months ago: 1,500 a month of the year, evenly, and not nothing."""
    rows = regular()
    before = look_ahead(make_ledger(**rows), AS_OF, 1).outlook
    rows["transactions"] += [line(month_back(back) + timedelta(14), -200_000, "owner_drawing") for back in range(4, 13)]
    after = look_ahead(make_ledger(**rows), AS_OF, 1).outlook
    assert before is not None
    assert after is not None
    other = [int(one.flows[Kind.OTHER].sum()) if Kind.OTHER in one.flows else 0 for one in (before, after)]
    assert other[0] - other[1] == pytest.approx(150_000 * 12 * HORIZON_DAYS // 365, rel=0.05)


def test_a_lean_season_within_half_a_year_is_seen() -> None:
    """Next to nothing is sold in September and October: seen in June, and not within two months."""
    lean = [100_000 if month_back(back).month in {9, 10} else 1_400_000 for back in range(36)]
    even = [sum(lean) // 36] * 36
    seasonal, steady = (
        {days: found_in(poor(regular(36, sales), cents=18_000_000, back=34), days=days) for days in (61, 180)}
        for sales in (lean, even)
    )
    assert seasonal[180].level_cents == pytest.approx(steady[180].level_cents, abs=100)
    near, far = ([found[days].of_term(12) or 0 for found in (seasonal, steady)] for days in (61, 180))
    assert near[0] == pytest.approx(near[1], rel=0.25)
    assert 0 < far[0] < far[1] * 2 // 3
