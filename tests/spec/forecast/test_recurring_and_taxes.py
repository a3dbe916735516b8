"""Bank days, rhythms of payments, and how value added tax is paid: literal tables."""

from datetime import date, timedelta

import numpy as np
import pytest
from builders import Row, make_invoice, make_ledger, make_spine
from cash_books import AS_OF, line, month_back, regular

from features.recognised import RecognisedViews
from features.spine import observed
from forecast.days import Integers, bank_day_from, bank_day_in, day_in, days_ahead, month_number, third_last_bank_day
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


STEADY = Pattern(level_cents=1_190_000, season=(UNIT,) * 12)


def _vat_ahead(rows: dict[str, list[Row]], days: int) -> dict[date, int]:
    known = facts(rows)
    return _flow(expected_vat(vat_of(known), known, STEADY, days_ahead(AS_OF, days)))


def _flow(flow: Integers) -> dict[date, int]:
    return {AS_OF + timedelta(at + 1): cents for at, cents in enumerate(flow.tolist()) if cents}


def _unpaid(months: int) -> dict[str, list[Row]]:
    """The regular firm, that did not pay 1,520 of value added tax in the latest months."""
    rows = regular(24)
    rows["transactions"] = [
        row
        for row in rows["transactions"]
        if row["category"] != "vat" or month_number(AS_OF) - month_number(row["happened_on"]) >= months
    ]
    return rows


@pytest.mark.parametrize(("months", "tomorrow"), [(0, 0), (1, 152_000), (2, 304_000), (3, 456_000), (12, 1_824_000)])
def test_tax_that_was_not_paid_is_overdue_at_once(months: int, tomorrow: int) -> None:
    """Who leaves it unpaid owes it tomorrow, and what falls due from then on in full."""
    found = _vat_ahead(_unpaid(months), 40)
    assert found == ({date(2026, 7, 1): -tomorrow} if tomorrow else {}) | {date(2026, 7, 10): -152_000}


def test_what_was_paid_later_is_not_overdue() -> None:
    """April's payment came with May's: nothing is owed; half of it, and the other half is."""
    rows = regular(24)
    rows["transactions"] = [
        row for row in rows["transactions"] if row["category"] != "vat" or row["happened_on"] != date(2026, 4, 10)
    ]
    for late, tomorrow in ((152_000, 0), (76_000, 76_000)):
        paid = line(date(2026, 5, 15), -late, "vat")
        found = _vat_ahead({**rows, "transactions": [*rows["transactions"], paid]}, 20)
        assert found.get(date(2026, 7, 1), 0) == -tomorrow
    # In the running month, too.
    paid = line(date(2026, 6, 15), -152_000, "vat")
    assert date(2026, 7, 1) not in _vat_ahead({**rows, "transactions": [*rows["transactions"], paid]}, 20)


@pytest.mark.parametrize("share", [70, 90, 110])
def test_bills_that_are_not_in_the_books_are_no_arrears(share: int) -> None:
    """Who pays each time a little less than documents say is expected to go on like that."""
    rows = regular(24)
    for row in rows["transactions"]:
        if row["category"] == "vat":
            row["amount_cents"] = row["amount_cents"] * share // 100
    assert _vat_ahead(rows, 20) == {date(2026, 7, 10): pytest.approx(-1_520 * share, abs=2)}


@pytest.mark.parametrize(
    ("cents", "category", "tomorrow"),
    [
        (-1, "vat", 151_999),
        (100, "tax_refund", 152_000),
        (-100_000, "vat", 52_000),
        (-110_000, "vat", 0),  # two thirds and more: bills that are not in the books may explain the rest
        (-152_000, "other_tax", 0),  # the bank says no more than the tax office
    ],
)
def test_a_token_pays_nothing_of_what_falls_due_this_month(cents: int, category: str, tomorrow: int) -> None:
    """Nor does a refund, which may be of another tax."""
    rows = _unpaid(1)
    rows["transactions"].append(line(date(2026, 6, 12), cents, category))
    assert _vat_ahead(rows, 9).get(date(2026, 7, 1), 0) == -tomorrow


def test_a_token_each_month_is_no_payment() -> None:
    """A cent in each of seven months, and the tax in none of them: seven months are overdue."""
    rows = _unpaid(7)
    rows["transactions"] += [line(month_back(back) + timedelta(9), -1, "vat") for back in range(7)]
    assert _vat_ahead(rows, 20) == {date(2026, 7, 1): -7 * 152_000 + 7, date(2026, 7, 10): -152_000}


def test_who_stopped_paying_long_ago_owes_a_year() -> None:
    """Too few payments to tell how, and enough to tell that tax is paid from here."""
    found = _vat_ahead(_unpaid(14), 20)
    assert found == {date(2026, 7, 1): -13 * 152_000, date(2026, 7, 10): -152_000}


@pytest.mark.parametrize(
    ("on", "cents", "category", "overdue"),
    [
        (date(2026, 3, 10), 15_000, "other_tax", 0),  # vehicle tax
        (date(2024, 9, 10), 15_000, "other_tax", 0),  # the same, before the twelve months
        (date(2024, 9, 10), 101_000, "other_tax", 0),
        (date(2024, 9, 10), 101_400, "other_tax", 12 * 152_000),  # two thirds of a month's tax
        (date(2024, 9, 10), 1, "vat", 12 * 152_000),  # called by its name
        (date(2026, 3, 10), 101_400, "income_tax", 0),
    ],
)
def test_another_tax_does_not_show_that_value_added_tax_is_paid_from_here(
    on: date, cents: int, category: str, overdue: int
) -> None:
    """A firm whose books hold no payment of value added tax, and one line of some tax; June's is expected anyway."""
    rows = _unpaid(99)
    rows["transactions"].append(line(on, -cents, category))
    assert _vat_ahead(rows, 9) == {date(2026, 7, 1): -152_000 - overdue}


def test_refunds_do_not_show_that_value_added_tax_is_paid_from_here() -> None:
    """Three of them: they may be of any tax."""
    rows = _unpaid(99)
    rows["transactions"] += [line(month_back(back) + timedelta(9), 500, "tax_refund") for back in (2, 4, 6)]
    assert _vat_ahead(rows, 9)[date(2026, 7, 1)] == pytest.approx(-152_000, rel=0.01)


def _income_tax(*paid: tuple[date, int]) -> dict[date, int]:
    rows = regular(24)
    rows["transactions"] += [line(day, -cents, "income_tax") for day, cents in paid]
    return _flow(expected_other_taxes(facts(rows), days_ahead(AS_OF, 180)))


_DUE = (date(2025, 9, 10), date(2025, 12, 10), date(2026, 3, 10), date(2026, 6, 10))


@pytest.mark.parametrize(
    "tokens", [(), (date(2026, 5, 4),), (date(2026, 4, 4), date(2026, 5, 4)), (date(2026, 5, 4), date(2026, 6, 4))]
)
def test_a_token_changes_no_other_tax(tokens: tuple[date, ...]) -> None:
    """Four quarters of 10,000, and a cent now and then: 10,000 a quarter."""
    found = _income_tax(*((day, 1_000_000) for day in _DUE), *((day, 1) for day in tokens))
    assert {day: cents // 1_000 for day, cents in found.items()} == {
        date(2026, 9, 10): -1_000,
        date(2026, 12, 10): -1_000,
    }


@pytest.mark.parametrize(("paid", "left"), [(0, 1_000_000), (1, 999_999), (700_000, 0)])
def test_a_token_does_not_pay_an_instalment(paid: int, left: int) -> None:
    """On 5 June, before the instalment is due."""
    as_of = date(2026, 6, 5)
    rows = regular(24)
    rows["transactions"] += [line(day, -1_000_000, "income_tax") for day in _DUE[:3]]
    rows["transactions"] += [line(date(2026, 6, 3), -paid, "income_tax")] if paid else []
    ledger = make_ledger(**rows)
    known = facts_of(ledger, RecognisedViews(ledger, observed(make_spine((0, as_of)))), as_of)
    assert -int(expected_other_taxes(known, days_ahead(as_of, 10)).sum()) == left


def test_an_instalment_that_was_not_paid_may_have_been_lowered() -> None:
    """June's is left out: none is late, and the next ones are expected as before."""
    found = _income_tax(*((day, 1_000_000) for day in _DUE[:3]))
    assert found == {date(2026, 9, 10): -1_000_000, date(2026, 12, 10): -1_000_000}


@pytest.mark.parametrize("on", [date(2026, 5, 4), date(2026, 3, 20), date(2026, 5, 30)])
def test_a_back_payment_is_spread_over_a_year(on: date) -> None:
    """Quarters of 1,000, and 20,000 for an earlier year once: it is no new quarter's sum."""
    found = _income_tax((date(2025, 6, 10), 100_000), *((day, 100_000) for day in _DUE), (on, 2_000_000))
    a_day = -2_000_000 // 365
    assert found[date(2026, 8, 3)] == pytest.approx(a_day, abs=1)
    assert found[date(2026, 9, 10)] == pytest.approx(a_day - 100_000, abs=1)
    assert sum(found.values()) == pytest.approx(-200_000 + 180 * a_day, abs=200)


def test_who_always_pays_late_pays_the_same() -> None:
    """A month after each due day: all four are instalments, and nothing is paid beside."""
    late = [date(day.year + day.month // 12, day.month % 12 + 1, 8) for day in _DUE[:3]]
    found = _income_tax((date(2025, 7, 8), 100_000), *((day, 100_000) for day in late))
    assert found == {date(2026, 9, 10): -100_000, date(2026, 12, 10): -100_000}


def _wages(as_of: date, *days: date) -> list[tuple[int, int]]:
    """What comes back, and the months from the one of the day on in which it is expected."""
    rows = regular(24)
    rows["transactions"] = [row for row in rows["transactions"] if row["category"] != "wages"]
    rows["transactions"] += [line(day, -200_000, "wages", counterparty_account=33) for day in days]
    ledger = make_ledger(**rows)
    seen = facts_of(ledger, RecognisedViews(ledger, observed(make_spine((0, as_of)))), as_of)
    ahead = days_ahead(as_of, 100)
    (payment,) = [one for one in recurring_of(seen) if one.kind == "wages"]
    flow = expected(payment, ahead)
    days_due = [as_of + timedelta(int(at) + 1) for at in np.flatnonzero(flow)]
    return [(month_number(day) - month_number(as_of), int(-flow[(day - as_of).days - 1])) for day in days_due]


@pytest.mark.parametrize(
    ("as_of", "days"),
    [
        # 31 May 2026 is a Sunday: May's wages come on 1 June.
        (date(2026, 7, 15), [(1, 31), (2, 27), (3, 31), (4, 30), (6, 1), (6, 30)]),
        (date(2026, 8, 15), [(1, 30), (2, 27), (3, 31), (4, 30), (6, 1), (6, 30), (7, 31)]),
        (date(2026, 9, 15), [(2, 27), (3, 31), (4, 30), (6, 1), (6, 30), (7, 31), (8, 31)]),
        # And they are May's on 15 June, too: June's are still to come.
        (date(2026, 6, 15), [(1, 30), (2, 27), (3, 31), (4, 30), (6, 1)]),
    ],
)
def test_wages_that_a_weekend_moves_into_the_next_month_are_of_the_month_before(
    as_of: date, days: list[tuple[int, int]]
) -> None:
    """2,000 a month, whenever it is looked at."""
    found = _wages(as_of, *(date(2026, month, day) for month, day in days))
    assert found == [(0, 200_000), (1, 200_000), (2, 200_000)]


def test_a_rent_of_the_first_that_is_paid_a_day_before_is_of_that_month() -> None:
    """July's was paid on 30 June: August's is next, with the same amount."""
    days = [(1, 2), (2, 2), (3, 2), (4, 1), (5, 4), (6, 1), (6, 30)]
    found = _wages(date(2026, 7, 15), *(date(2026, month, day) for month, day in days))
    assert found == [(1, 200_000), (2, 200_000), (3, 200_000)]


@pytest.mark.parametrize("back", [1, 2, 3])
def test_a_month_that_is_paid_with_the_next_one_raises_no_months_sum(back: int) -> None:
    """In the middle of a month: left out once, and paid twice in the month after."""
    backs = [number for number in range(1, 9) if number != back + 1]
    days = [month_back(number) + timedelta(14) for number in [*backs, back]]
    assert {cents for _, cents in _wages(AS_OF, *days)} == {200_000}


@pytest.mark.parametrize("back", [2, 3])
def test_a_month_that_is_left_out_lowers_no_months_sum(back: int) -> None:
    """To pay once from elsewhere buys nothing."""
    days = [month_back(number) + timedelta(14) for number in range(1, 9) if number != back]
    assert {cents for _, cents in _wages(AS_OF, *days)} == {200_000}


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
