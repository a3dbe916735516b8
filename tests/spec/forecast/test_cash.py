"""Cash ahead of a regular firm by hand: what is expected on which day, and when nothing can be said."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest
from builders import Row, make_ledger
from cash_books import AS_OF, line, month_back, regular

from features.feature import Missing
from features.ledger import BANK_DATA, Resource
from forecast.cash import Answer, Case, Cash, Kind, Outlook, band_of, largest_instalments, look_ahead, paid_by
from forecast.receipts import ONE


def ahead_of(rows: Mapping[str, list[Row]], term_months: int = 12) -> Answer:
    """Cash ahead on the day of the regular books."""
    return look_ahead(make_ledger(**rows), AS_OF, term_months)


def told(rows: Mapping[str, list[Row]], term_months: int = 12) -> Outlook:
    """The same, where there is an answer."""
    found = ahead_of(rows, term_months).outlook
    assert found is not None
    return found


def paid_on(found: Outlook, kind: Kind, until: date) -> dict[date, int]:
    """Days and cents of a kind, up to a day."""
    flow = found.flows[kind].tolist()
    return {
        AS_OF + timedelta(at + 1): cents for at, cents in enumerate(flow) if cents and AS_OF + timedelta(at) < until
    }


def test_what_comes_back_goes_on_its_day() -> None:
    """Rent on the 3rd or the next bank day, wages on the last bank day, tax on the 10th or the next bank day."""
    found = told(regular())
    until = date(2026, 10, 31)
    assert paid_on(found, Kind.RENT, until) == {
        date(2026, 7, 3): -50_000,
        date(2026, 8, 3): -50_000,
        date(2026, 9, 3): -50_000,
        date(2026, 10, 5): -50_000,
    }
    assert list(paid_on(found, Kind.WAGES, until).values()) == [-200_000] * 4
    assert list(paid_on(found, Kind.VAT, until)) == [
        date(2026, 7, 10),
        date(2026, 8, 10),
        date(2026, 9, 10),
        date(2026, 10, 12),
    ]
    assert set(paid_on(found, Kind.VAT, until).values()) == {-152_000}


def test_what_is_sold_from_now_on_is_paid_as_it_used_to_be() -> None:
    """The whole of a month's sales comes within a month and a half, never more than is invoiced."""
    sales = told(regular()).flows[Kind.NEW_SALES]
    assert sales[:19].sum() == 0
    half = int(sales[:180].sum())
    assert 1_190_000 * 5 < half < 1_190_000 * 6


def test_the_band_is_around_the_level_and_the_flows() -> None:
    """A firm that earns more than it spends: the median rises by what is left each month, within the band."""
    found = told(regular())
    band = band_of(found.cases[Case.EXPECTED])
    assert found.level_cents is not None
    assert all(low < middle < high for low, middle, high in zip(band.low, band.median, band.high, strict=True))
    left = 1_190_000 - 238_000 - 200_000 - 50_000 - 152_000
    moved = band.median[149] - band.median[29]
    assert 2 * left < moved < 4.2 * left
    widths = [high - low for low, high in zip(band.low, band.high, strict=True)]
    assert widths[0] < widths[29] < widths[89] < widths[179]


def test_stress_costs_what_it_says() -> None:
    """A fifth less of sales, tax and half of it of bills; late payment moves receipts and loses none for good."""
    cases = told(regular()).cases
    expected, less, late, both = (band_of(cases[case]).median for case in Case)
    assert expected[89] > less[89] > both[89]
    assert expected[89] > late[89] > both[89]
    assert expected[179] - less[179] < 1_190_000 * 6 // 5


def test_the_instalment_is_taken_off_from_its_day_on() -> None:
    """Nothing changes before the first is due; then each quantile falls by what was paid."""
    cash = told(regular()).cases[Case.EXPECTED]
    dues = [(31, 40_000), (62, 40_000)]
    without, with_it = band_of(cash), band_of(cash, paid_by(cash, dues))
    assert with_it.median[:30] == without.median[:30]
    assert with_it.low[30] == without.low[30] - 40_000
    assert with_it.high[61] == without.high[61] - 80_000
    assert all(one >= other for one, other in zip(with_it.below_zero, without.below_zero, strict=True))


def test_the_term_goes_on_by_month_for_five_years_at_most() -> None:
    """180 days, then the last days of months; a longer term ends after 60 months."""
    assert told(regular(), 3).cases[Case.EXPECTED].days == tuple(range(1, 181))
    days = told(regular(), 12).cases[Case.EXPECTED].days
    assert [AS_OF + timedelta(day) for day in days[180:]] == [
        *(date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)),
        *(date(2027, 4, 30), date(2027, 5, 31), date(2027, 6, 30)),
    ]
    longest = told(regular(), 200).cases[Case.EXPECTED].days
    assert AS_OF + timedelta(longest[-1]) == date(2031, 6, 30)


def test_a_level_that_the_bank_does_not_confirm_leaves_changes() -> None:
    """No level, the cause beside, and a median that begins at nothing."""
    answer = ahead_of(regular(is_confirmed=False))
    assert answer.cause is Missing.BALANCE_LEVEL_UNVERIFIED
    assert answer.outlook is not None
    assert answer.outlook.level_cents is None
    confirmed = told(regular())
    assert confirmed.level_cents is not None
    changes, levels = (band_of(one.cases[Case.EXPECTED]).median for one in (answer.outlook, confirmed))
    assert {level - change for change, level in zip(changes, levels, strict=True)} == {confirmed.level_cents}


@pytest.mark.parametrize("missing", [*sorted(BANK_DATA - {Resource.PAYMENT_LOG}), Resource.INVOICES, Resource.VOUCHERS])
def test_without_bank_or_documents_nothing_is_said(missing: Resource) -> None:
    """Whatever of them was not read."""
    ledger = make_ledger(fetched=set(Resource) - {missing}, **regular())
    assert look_ahead(ledger, AS_OF, 12) == Answer(outlook=None, cause=Missing.NOT_FETCHED)


def test_an_empty_ledger_has_too_little_history() -> None:
    """No line at all."""
    assert ahead_of({}).cause is Missing.TOO_LITTLE_HISTORY


@pytest.mark.parametrize(("months", "cause"), [(5, Missing.TOO_LITTLE_HISTORY), (6, None)])
def test_four_full_months_of_lines_are_needed(months: int, cause: Missing | None) -> None:
    """Beside that of the first line, which is not full, and the running one, although it ends on the day."""
    rows = regular(months)
    first = month_back(months - 1)
    # With five payments seen, so that documents are not what is missing.
    assert min(row["happened_on"] for row in rows["transactions"]) == first + timedelta(2)
    assert ahead_of(rows).cause is cause


def test_three_invoices_are_too_few() -> None:
    """A firm that invoices, and whose customers paid three times."""
    rows = regular()
    rows["invoices"], rows["closings"] = rows["invoices"][-3:], rows["closings"][-6:]
    answer = ahead_of(rows)
    assert (answer.outlook, answer.cause) == (None, Missing.TOO_FEW_DOCUMENTS)


def test_a_shop_without_invoices_is_foreseen_from_its_bank() -> None:
    """No invoice, but takings on the bank account: they go on beside."""
    rows = regular()
    rows["invoices"] = []
    found = told(rows)
    assert Kind.NEW_SALES not in found.flows
    assert int(found.flows[Kind.COUNTER_SALES][:180].sum()) == pytest.approx(1_190_000 * 180 / 30.4, rel=0.05)


def test_money_that_the_bank_never_saw_is_not_expected() -> None:
    """Invoices as large again that the books have as paid, without a line: sales count by what the bank saw."""
    honest = told(regular())
    rows = regular()
    for invoice in [*rows["invoices"]]:
        shown = {**invoice, "document_id": invoice["document_id"] + 50_000, "customer": 9}
        rows["invoices"].append(shown)
        paid = next(row for row in rows["closings"] if row["document_id"] == invoice["document_id"])
        stated = {**paid, "document_id": shown["document_id"], "transaction_id": None, "means": "stated"}
        rows["closings"].append(stated)
    shown_off = told(rows)
    came = [int(one.flows[Kind.NEW_SALES][:180].sum()) for one in (honest, shown_off)]
    assert came[1] == pytest.approx(came[0], rel=0.02)


def test_a_firm_that_sells_its_receivables_goes_on_selling() -> None:
    """All invoices sold to a factor, who pays for them: what is sold from now on is paid as it used to be."""
    usual = told(regular())
    rows = regular()
    rows["invoices"] = [{**row, "sold_on": row["issued_on"]} for row in rows["invoices"]]
    paid = [row for row in rows["transactions"] if row["category"] == "customer_receipt"]
    for row in paid:
        row["category"] = "factoring_payout"
    found = ahead_of(rows)
    # A firm whose customers pay the factor has no habits of customers: the bank alone tells.
    assert found.outlook is not None
    came = [int(one.flows[Kind.NEW_SALES][:180].sum()) for one in (usual, found.outlook)]
    assert came[1] == came[0]


def test_what_nobody_counts_on_is_not_expected() -> None:
    """A loan paid out and owners' money: once, and not again."""
    usual = told(regular())
    rows = regular()
    rows["transactions"] += [
        line(month_back(3) + timedelta(14), 5_000_000, "owner_contribution"),
        line(month_back(2) + timedelta(14), 2_000_000, "subsidy"),
    ]
    moved = told(rows)
    assert {kind: flow.tolist() for kind, flow in moved.flows.items() if kind is not Kind.DRAWINGS} == {
        kind: flow.tolist() for kind, flow in usual.flows.items() if kind is not Kind.DRAWINGS
    }


@pytest.mark.parametrize(
    ("bound", "dues", "expected"),
    [
        (ONE // 4, [1], 101),
        (ONE // 4, [1, 2], 100),
        (ONE // 2, [2], 301),
        (ONE // 4, [3], 0),
        (0, [1], 1),
    ],
)
def test_the_largest_instalment_by_hand(bound: int, dues: list[int], expected: int) -> None:
    """Two days: 0 to 400 cents evenly on the first, 100 to 500 on the second; the bound holds on each."""
    even = np.array([ONE // 4, ONE // 2, ONE * 3 // 4, ONE], dtype=np.int64)
    cash = Cash(
        days=(1, 2),
        start_cents=np.array([50, 150]),
        step_cents=np.array([100, 100]),
        up_to=(even, even),
    )
    assert largest_instalments(cash, dues, bound)[-1] == expected
