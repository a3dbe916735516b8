"""Bank days, rhythms of payments, and how value added tax is paid: literal tables."""

from datetime import date, timedelta

import numpy as np
import pytest
from builders import Row, make_invoice, make_ledger, make_spine
from cash_books import AS_OF, line, month_back, regular

from features.recognised import RecognisedViews
from features.spine import observed
from forecast.days import bank_day_from, bank_day_in, day_in, days_ahead, month_number, third_last_bank_day
from forecast.debt_service import MONTHS
from forecast.expected import expected_of
from forecast.facilities import Borrowings
from forecast.facts import Facts, facts_of
from forecast.recurring import expected, recurring_of
from forecast.taxes import expected_other_taxes, expected_vat, vat_of
from forecast.trade import UNIT, Pattern


def facts(rows: dict[str, list[Row]]) -> Facts:
    """What is visible on the day of the regular books."""
    ledger = make_ledger(**rows)
    return facts_of(ledger, RecognisedViews(ledger, observed(make_spine((0, AS_OF)))), AS_OF)


@pytest.mark.parametrize(
    ("day", "expected_day"),
    [
        (date(2026, 7, 10), date(2026, 7, 10)),
        (date(2026, 10, 10), date(2026, 10, 12)),  # a Saturday
        (date(2026, 4, 3), date(2026, 4, 7)),  # Good Friday, then Easter Monday
        (date(2026, 12, 25), date(2026, 12, 28)),
        (date(2027, 1, 1), date(2027, 1, 4)),
    ],
)
def test_what_is_due_on_no_bank_day_is_due_on_the_next(day: date, expected_day: date) -> None:
    """§ 193 BGB, § 108 AO."""
    assert bank_day_from(day) == expected_day


@pytest.mark.parametrize(
    ("year", "month", "expected_day"),
    [
        (2026, 6, date(2026, 6, 26)),
        (2026, 5, date(2026, 5, 27)),
        (2026, 12, date(2026, 12, 29)),
        (2027, 2, date(2027, 2, 24)),
        (2027, 3, date(2027, 3, 25)),  # before it the 30th and 31st: the 26th is Good Friday, the 29th Easter Monday
    ],
)
def test_contributions_are_due_on_the_third_last_bank_day(year: int, month: int, expected_day: date) -> None:
    """§ 23(1) SGB IV."""
    assert third_last_bank_day(12 * year + month - 1) == expected_day


def test_the_end_of_a_month_stays_in_it() -> None:
    """28 February 2027 is a Sunday: wages go on the 26th, not in March."""
    assert bank_day_in(12 * 2027 + 1, 31) == date(2027, 2, 26)
    assert bank_day_in(12 * 2026 + 9, 3) == date(2026, 10, 5)
    assert day_in(12 * 2028 + 1, 31) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("backs", "rhythm"),
    [
        ([0, 1, 2, 3], 1),
        ([1, 2, 3], 1),
        ([1, 2, 4], 1),
        ([1, 2], 0),
        ([2, 3, 4], 0),  # nothing in this month and the last: it has ended
        ([0, 3, 6], 3),
        ([2, 5, 8], 3),
        ([5, 8, 11], 0),  # one is left out by now
        ([0, 3, 7], 0),
        ([1, 13], 12),
        ([2, 13], 12),  # a month early
        ([14, 26], 0),
        ([4], 0),
    ],
)
def test_rhythms(backs: list[int], rhythm: int) -> None:
    """By how many months ago it was paid."""
    rows = regular()
    rows["transactions"] += [
        line(month_back(back) + timedelta(10), -30_000, "insurance", counterparty_account=77) for back in backs
    ]
    found = [one.rhythm for one in recurring_of(facts(rows)) if one.kind == "running_costs"]
    assert found == ([rhythm] if rhythm else [])


def test_a_payment_each_quarter_goes_on_each_quarter() -> None:
    """Paid on 11 April, January and October: next on 11 July, a Saturday, then 12 October, which is a Monday."""
    rows = regular()
    rows["transactions"] += [
        line(month_back(back) + timedelta(10), -30_000, "insurance", counterparty_account=77) for back in (2, 5, 8)
    ]
    ahead = days_ahead(AS_OF, 180)
    (payment,) = [one for one in recurring_of(facts(rows)) if one.kind == "running_costs"]
    flow = expected(payment, ahead)
    assert {AS_OF + timedelta(at + 1): cents for at, cents in enumerate(flow.tolist()) if cents} == {
        date(2026, 7, 13): -30_000,
        date(2026, 10, 12): -30_000,
    }


def test_drawings_come_back_by_their_median_and_the_rest_beside() -> None:
    """Five months of 1,000 and one of 9,000: 1,000 come back, and 8,000 of the year are paid on no day."""
    rows = regular()
    rows["transactions"] += [
        line(month_back(back) + timedelta(4), -(900_000 if back == 3 else 100_000), "owner_drawing")
        for back in range(1, 7)
    ]
    (payment,) = [one for one in recurring_of(facts(rows)) if one.kind == "drawings"]
    assert (payment.cents, payment.beside_cents) == (100_000, 800_000)


def _taxed(rhythm: int, lag: int, *, is_cash_based: bool) -> dict[str, list[Row]]:
    """Sales that differ from month to month, paid later, with a tax that is paid in one way."""
    rows = regular(24, sales=(1_190_000,))
    amounts = [1_000_000 + 170_000 * (back * 7 % 11) for back in range(24)]
    rows["transactions"] = [row for row in rows["transactions"] if row["category"] not in {"vat", "customer_receipt"}]
    bills = {row["document_id"] for row in rows["bills"]}
    rows["closings"] = [row for row in rows["closings"] if row["document_id"] in bills]
    rows["invoices"], due = [], [-38_000] * 40
    for back, net in enumerate(amounts):
        issued = month_back(back) + timedelta(4)
        gross = net * 119 // 100
        invoice = make_invoice(issued_on=issued, due_on=issued + timedelta(14), net_cents=net, gross_cents=gross)
        rows["invoices"].append(invoice)
        paid_on = issued + timedelta(15 + 20 * (back % 4))
        if paid_on <= AS_OF:
            came = line(paid_on, gross, "customer_receipt")
            rows["transactions"].append(came)
            closing = {**rows["closings"][0], "document": "invoice", "document_id": invoice["document_id"]}
            closing |= {"amount_cents": gross, "transaction_id": came["transaction_id"]}
            rows["closings"].append({**closing, "happened_on": paid_on, "recorded_on": paid_on})
        at = month_number(AS_OF) - month_number(paid_on if is_cash_based else issued)
        if at >= 0:
            due[at] += gross - net
    for back in range(20):
        month = month_number(AS_OF) - back
        if (month - lag + 1) % rhythm == 0:
            owed = sum(due[back + lag : back + lag + rhythm])
            paid_on = bank_day_in(month, 10)
            rows["transactions"].append(line(paid_on, -owed, "vat" if owed > 0 else "tax_refund"))
    return rows


@pytest.mark.parametrize("rhythm", [1, 3])
@pytest.mark.parametrize("lag", [1, 2])
@pytest.mark.parametrize("is_cash_based", [False, True])
def test_how_tax_is_paid_is_seen_from_payments(rhythm: int, lag: int, *, is_cash_based: bool) -> None:
    """By month or quarter, with an extension or without, when invoiced or when paid: all eight, to the cent."""
    found = vat_of(facts(_taxed(rhythm, lag, is_cash_based=is_cash_based)))
    assert (found.rhythm, found.lag, found.is_cash_based) == (rhythm, lag, is_cash_based)
    assert found.ratio == pytest.approx(UNIT, rel=0.01)


def test_who_never_paid_is_expected_to_pay_in_time() -> None:
    """No payment of tax: by the law, monthly, on the tenth, in full; what this month left out comes first."""
    rows = regular()
    rows["transactions"] = [row for row in rows["transactions"] if row["category"] != "vat"]
    known = facts(rows)
    found = vat_of(known)
    assert (found.rhythm, found.lag, found.is_cash_based, found.ratio) == (1, 1, False, UNIT)
    flow = expected_vat(found, known, Pattern(level_cents=1_190_000, season=(UNIT,) * 12), days_ahead(AS_OF, 60))
    assert {AS_OF + timedelta(at + 1): cents for at, cents in enumerate(flow.tolist()) if cents} == {
        date(2026, 7, 1): -152_000,
        date(2026, 7, 10): -152_000,
        date(2026, 8, 10): -152_000,
    }


def test_income_tax_is_due_in_its_months_alone() -> None:
    """Paid in March and June: expected in September and December, the mean of both."""
    rows = regular()
    rows["transactions"] += [
        line(date(2026, 3, 10), -300_000, "income_tax"),
        line(date(2026, 6, 10), -320_000, "income_tax"),
    ]
    flow = expected_other_taxes(facts(rows), days_ahead(AS_OF, 180))
    assert {AS_OF + timedelta(at + 1): cents for at, cents in enumerate(flow.tolist()) if cents} == {
        date(2026, 9, 10): -310_000,
        date(2026, 12, 10): -310_000,
    }


def test_an_instalment_of_the_last_day_is_not_lost_in_a_short_month() -> None:
    """Paid on the 31st, looked at on 30 June: the next one is due tomorrow at the latest, and then on 31 July."""
    rows = regular()
    rows["transactions"] += [
        line(day, -50_000, "loan_service") for day in (date(2026, 1, 31), date(2026, 3, 31), date(2026, 5, 31))
    ]
    due = (50_000,) * MONTHS
    owing = Borrowings(facilities=(), expected=due, low=due, high=due, new_count=0, funder_count=1)
    flow = expected_of(facts(rows), days_ahead(AS_OF, 62), owing).facilities
    assert {AS_OF + timedelta(int(at) + 1): int(flow[at]) for at in np.flatnonzero(flow)} == {
        date(2026, 7, 1): -50_000,
        date(2026, 7, 31): -50_000,
        date(2026, 8, 31): -50_000,
    }
