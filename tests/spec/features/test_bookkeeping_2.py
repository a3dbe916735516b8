"""Bookkeeping, catalogue 2: what lines show of payments, and signs in documents; literal books."""

from datetime import date, timedelta
from math import log10

import pytest
from builders import (
    Row,
    feature_of,
    make_account,
    make_cancellation,
    make_closing,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_transaction,
)

from features.derive import derive, evidence
from features.ledger import Ledger
from features.recognised import COLLECTIVE, NO_SALES
from features.spine import spine_of

AS_OF = date(2024, 12, 31)
MIDYEAR = date(2024, 6, 1)
FIRST_OF_12M, BEFORE_12M = date(2024, 1, 1), date(2023, 12, 31)
OLD_SALE = make_invoice(issued_on=date(2022, 1, 1), customer=99)
"""Makes the history of sales long enough."""


def _line(euro: float, category: str = "customer_receipt", day: date = MIDYEAR, **overrides: object) -> Row:
    return make_transaction(happened_on=day, amount_cents=round(euro * 100), category=category, **overrides)


def _sale(euro: float, day: date = MIDYEAR, **overrides: object) -> Row:
    cents = round(euro * 100)
    return make_invoice(**{"issued_on": day, "net_cents": cents, "gross_cents": cents, **overrides})


def _closing(sale: Row, euro: float, line: Row | None, means: str = "bank", **overrides: object) -> Row:
    happened_on = MIDYEAR if line is None else line["happened_on"]
    number = None if line is None else line["transaction_id"]
    cents = round(euro * 100)
    return make_closing(
        sale,
        **{"amount_cents": cents, "transaction_id": number, "means": means, "happened_on": happened_on, **overrides},
    )


def _behind(name: str, ledger: Ledger, day: date = AS_OF) -> tuple[int, ...]:
    found = evidence(derive(ledger, spine_of(day), [name]), [name])[name]
    return (*found.invoices, *found.credit_notes, *found.transactions)


AGE = "trust_bank_line_age_days_v2"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (_line(1, day=AS_OF), 0),
        (_line(-1, day=AS_OF - timedelta(days=1)), 1),
        (_line(1, day=AS_OF + timedelta(days=1)), 30),  # not seen yet
        (_line(1, day=AS_OF, recorded_on=AS_OF + timedelta(days=1)), 30),
        (_line(1, day=AS_OF, is_fed=False), 30),
        (_line(1, day=AS_OF, account_id=2), 30),  # a till
        (_line(1, day=AS_OF, transfer="link"), 0),
    ],
)
def test_the_newest_line_of_the_bank_is_so_many_days_old(line: Row, expected: int) -> None:
    """What somebody entered is not news from the bank."""
    till = make_account(account_id=2, kind="register", provenance="none", feed="none")
    old = _line(1, day=AS_OF - timedelta(days=30))
    assert feature_of(AGE, AS_OF, make_ledger(accounts=[make_account(), till], transactions=[old, line])) == expected
    assert feature_of(AGE, AS_OF, make_ledger(transactions=[old | {"is_fed": False}])) == "undefined"


MATCH = "trust_bank_match_share_12m_v2"


def _match(*payments: tuple[Row | None, float, str], **frames: list[Row]) -> float | str:
    """The share for payments of one sale, of which four are over 25 each by lines of 25."""
    sale, four = _sale(10_000), [_line(25) for _ in range(4)]
    closings = [_closing(sale, 25, line) for line in four]
    closings += [_closing(sale, euro, line, means) for line, euro, means in payments]
    lines = [*four, *{line["transaction_id"]: line for line, _, _ in payments if line is not None}.values()]
    ledger = make_ledger(invoices=[sale], closings=closings, transactions=[*lines, *frames.get("more", [])])
    return feature_of(MATCH, AS_OF, ledger)


SMALL, LARGE, BACK, OWN = _line(60), _line(500), _line(-40), _line(100, transfer="own_name")
ENTERED, LOAN, DEPOSIT = _line(100, is_fed=False), _line(100, "loan_proceeds"), _line(100, "cash_deposit")


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([(LARGE, 100, "bank")], 1.0),
        ([(SMALL, 100, "bank")], 0.8),  # 60 came in for the 100 that were booked
        ([(SMALL, 50, "bank"), (SMALL, 50, "bank")], 0.8),  # in two parts, too
        ([(LARGE, 100, "manual")], 0.5),
        ([(ENTERED, 100, "bank")], 0.5),
        ([(OWN, 100, "bank")], 0.5),
        ([(LOAN, 100, "bank")], 0.5),  # it pays for no sale
        ([(DEPOSIT, 100, "bank")], 1.0),
        ([(None, 100, "stated")], 0.5),
        ([(None, 100, "clearing")], 0.5),
        ([(None, 100, "provider")], 1.0),
        ([(None, 100, "register"), (LARGE, 100, "bank")], 1.0),  # cash has no line
        ([(LARGE, 100, "bank"), (BACK, -40, "bank")], 1.0),  # 60 stayed
        ([(SMALL, 100, "bank"), (BACK, -40, "bank")], 0.75),  # 120 of 160
        ([(None, 60, "stated"), (BACK, -40, "bank")], 0.5),  # 60 of 120
        ([(BACK, 40, "bank")], 0.7143),  # 40 went out: nobody paid with it
        ([(None, 50, "stated"), (BACK, -100, "bank")], 1.0),  # 50 were paid, and lines show 60
        ([(None, 100, "register")], "too_few_documents"),
        ([(None, 100, "discount")], "too_few_documents"),
    ],
)
def test_payments_are_matched_by_what_came_in_over_their_lines(
    payments: list[tuple[Row | None, float, str]], expected: float | str
) -> None:
    """100 euro in four parts are."""
    assert _match(*payments) == expected


def test_matches_are_of_twelve_full_months_and_the_days_since() -> None:
    """On the 15th of January the year begins with the January before."""
    as_of = date(2025, 1, 15)
    sale = _sale(10_000)
    seen = [(_line(25, day=day), "bank") for day in (FIRST_OF_12M, MIDYEAR, as_of)]
    stated = [(_line(25, day=day), "stated") for day in (BEFORE_12M, FIRST_OF_12M, as_of)]
    seen.append((_line(25, day=BEFORE_12M), "bank"))
    closings = [_closing(sale, 25, line, means) for line, means in [*seen, *stated]]
    ledger = make_ledger(invoices=[sale], closings=closings, transactions=[line for line, _ in seen])
    assert feature_of(MATCH, as_of, ledger) == 0.6


UNEXPLAINED = "trust_unexplained_inflow_share_12m_v2"


@pytest.mark.parametrize(
    ("line", "booked", "expected"),
    [
        (_line(100), 100, 0.0),
        (_line(100), 120, 0.0),
        (_line(100), 40, 0.3),
        (_line(100), None, 0.5),
        (_line(100), -10, 0.5),
        (_line(100, "other"), None, 0.5),
        (_line(100, day=FIRST_OF_12M), None, 0.5),
        (_line(100, day=BEFORE_12M), None, 0.0),
        (_line(100, is_fed=False), None, 0.0),
        (_line(100, transfer="amount"), None, 0.0),
        (_line(-100), None, 0.0),
        *((_line(100, category), None, 0.0) for category in (*COLLECTIVE, *NO_SALES)),
    ],
)
def test_unexplained_is_customers_money_that_is_booked_on_no_sale(
    line: Row, booked: float | None, expected: float
) -> None:
    """Of 200 euro, 100 are explained."""
    sale, known = _sale(10_000), _line(100)
    closings = [_closing(sale, 100, known), *([] if booked is None else [_closing(sale, booked, line)])]
    ledger = make_ledger(invoices=[sale], closings=closings, transactions=[known, line])
    assert feature_of(UNEXPLAINED, AS_OF, ledger) == expected
    assert _behind(UNEXPLAINED, ledger) == ((line["transaction_id"],) if expected else ())


def test_a_cancelled_invoice_explains_no_money() -> None:
    """Neither does what was booked after the day of observation."""
    sale, line = _sale(100), _line(100)
    paid, cancelled = _closing(sale, 100, line), make_cancellation(sale, happened_on=date(2024, 7, 1))
    assert feature_of(UNEXPLAINED, AS_OF, make_ledger(invoices=[sale], closings=[paid], transactions=[line])) == 0.0
    gone = make_ledger(invoices=[sale], closings=[paid], transactions=[line], cancellations=[cancelled])
    assert feature_of(UNEXPLAINED, AS_OF, gone) == 1.0
    later = paid | {"recorded_on": date(2025, 1, 1)}
    assert feature_of(UNEXPLAINED, AS_OF, make_ledger(invoices=[sale], closings=[later], transactions=[line])) == 1.0
    assert feature_of(UNEXPLAINED, AS_OF, make_ledger(invoices=[sale])) == "undefined"


ROUND = "trust_round_amount_share_12m_v2"


@pytest.mark.parametrize(
    ("sale", "expected"),
    [
        (_sale(100), 0.05),
        (_sale(100.01), 0.0),
        (_sale(100, gross_cents=119_50), 0.0),  # gross amounts, not net
        (_sale(99.50, gross_cents=119_00), 0.05),
        (_sale(0), 0.0),
        (_sale(-100), 0.0),
    ],
)
def test_round_are_gross_amounts_in_whole_euro(sale: Row, expected: float) -> None:
    """One of twenty invoices; vouchers, copies and other years do not count."""
    others = [_sale(100, document="voucher"), _sale(100, is_duplicate=True), _sale(100, BEFORE_12M)]
    broken = [_sale(10.5) for _ in range(19)]
    assert feature_of(ROUND, AS_OF, make_ledger(invoices=[sale, *broken, *others])) == expected
    assert feature_of(ROUND, AS_OF, make_ledger(invoices=[*broken, *others])) == "too_few_documents"


BENFORD = "trust_benford_deviation_24m_v2"


def _digits(smallest: int, *amounts: tuple[int, int]) -> Ledger:
    """One invoice over so many cents, and amounts as often as it says."""
    cents = [smallest, *(amount for amount, times in amounts for _ in range(times))]
    return make_ledger(invoices=[_sale(1, net_cents=amount) for amount in cents])


def test_first_digits_are_compared_with_benfords_law() -> None:
    """500 invoices that all begin with 1: 1 - log10(2) too many, and all others are missing."""
    ledger = _digits(1_00, (1_000_00, 499))
    assert feature_of(BENFORD, AS_OF, ledger) == round(2 * (1 - log10(2)) / 9, 4)
    times = [round(500 * log10(1 + 1 / digit)) for digit in range(1, 10)]
    natural = _digits(1_00, *((digit * 1_000_50, count) for digit, count in enumerate(times, start=1)))
    assert feature_of(BENFORD, AS_OF, natural) == 0.0009  # the rest is rounding


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        (_digits(1_00, (1_000_00, 498)), "too_few_documents"),
        (_digits(1_00, (999_99, 499)), "too_few_documents"),  # of one size
        (_digits(-1_00, (1_00, 1), (1_000_00, 498)), "too_few_documents"),  # below 0 counts nowhere
    ],
)
def test_first_digits_need_many_invoices_of_many_sizes(ledger: Ledger, expected: str) -> None:
    """Noise has no law."""
    assert feature_of(BENFORD, AS_OF, ledger) == expected


@pytest.mark.parametrize(
    ("day", "is_enough"),
    [(date(2023, 1, 1), True), (date(2022, 12, 31), False), (date(2024, 12, 31), True)],
)
def test_first_digits_are_of_24_full_months(day: date, *, is_enough: bool) -> None:
    """The 500th invoice."""
    rows = [_sale(1), *(_sale(1_000) for _ in range(498)), _sale(1_000, day)]
    assert (feature_of(BENFORD, AS_OF, make_ledger(invoices=rows)) != "too_few_documents") is is_enough


PEAK = "trust_credit_after_peak_share_12m_v2"


def _note(euro: int, day: date) -> Row:
    return make_credit_note(issued_on=day, net_cents=euro * 100, gross_cents=euro * 100)


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ([(date(2024, 4, 1), 100)], 0.1),
        ([(date(2024, 3, 31), 100)], 0.0),  # in the month itself
        ([(date(2024, 5, 30), 100)], 0.1),  # the 60th day
        ([(date(2024, 5, 31), 100)], 0.0),
        ([(date(2024, 4, 1), 700), (date(2024, 5, 1), 700)], 1.0),
    ],
)
def test_credit_notes_are_those_of_sixty_days_after_the_strongest_month(
    notes: list[tuple[date, int]], expected: float
) -> None:
    """March had 1,000 euro, gross."""
    sales = [_sale(600, date(2024, 3, 1)), _sale(400, date(2024, 3, 31)), _sale(999, MIDYEAR), _sale(5_000, BEFORE_12M)]
    made = [_note(euro, day) for day, euro in notes]
    ledger = make_ledger(invoices=[OLD_SALE, *sales], credit_notes=made)
    assert feature_of(PEAK, AS_OF, ledger) == expected
    assert len(_behind(PEAK, ledger)) == (len(notes) if expected else 0)


def test_of_two_strongest_months_the_later_one_counts() -> None:
    """And nothing where nothing was sold, or for less than half a year."""
    sales = [_sale(1_000, date(2024, 3, 1)), _sale(1_000, date(2024, 5, 1))]
    notes = [_note(100, date(2024, 4, 15)), _note(300, date(2024, 6, 15))]
    assert feature_of(PEAK, AS_OF, make_ledger(invoices=[OLD_SALE, *sales], credit_notes=notes)) == 0.3
    assert feature_of(PEAK, AS_OF, make_ledger(invoices=[OLD_SALE], credit_notes=notes)) == "undefined"
    young = make_ledger(invoices=[_sale(1_000, date(2024, 7, 2))], credit_notes=notes)
    assert feature_of(PEAK, AS_OF, young) == "too_little_history"


REPEATED = "trust_repeated_invoice_share_12m_v2"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (_sale(100), 0.05),
        (_sale(100, MIDYEAR + timedelta(days=3)), 0.05),
        (_sale(100, MIDYEAR - timedelta(days=3)), 0.05),
        (_sale(100, MIDYEAR + timedelta(days=4)), 0.0),
        (_sale(100.01), 0.0),
        (_sale(100, customer=2), 0.0),
        (_sale(100, customer=None), 0.0),
        (_sale(100, document="voucher"), "too_few_documents"),
        (_sale(100, is_duplicate=True), "too_few_documents"),  # a copy under the same number is none at all
    ],
)
def test_repeated_are_invoices_to_one_customer_over_one_amount_within_three_days(
    second: Row, expected: float | str
) -> None:
    """The second of two; 18 others are each to a customer of their own, and two of them to nobody."""
    others = [_sale(100, customer=100 + number) for number in range(16)] + [_sale(100, customer=None) for _ in range(2)]
    ledger = make_ledger(invoices=[_sale(100), second, *others])
    found = feature_of(REPEATED, AS_OF, ledger)
    assert found == (expected if isinstance(expected, str) else pytest.approx(expected, abs=0.0001))
    assert len(_behind(REPEATED, ledger)) == (0 if expected == 0 or isinstance(expected, str) else 1)


def test_of_a_row_of_equal_invoices_all_but_the_first_are_repeated() -> None:
    """Each at most three days after the one before; the first may lie before the year."""
    days = [BEFORE_12M + timedelta(days=3 * number) for number in range(5)]
    others = [_sale(50, customer=100 + number) for number in range(16)]
    ledger = make_ledger(invoices=[*(_sale(100, day) for day in days), *others])
    assert feature_of(REPEATED, AS_OF, ledger) == 0.3333
    negative = [_sale(-100, MIDYEAR) for _ in range(2)]
    assert feature_of(REPEATED, AS_OF, make_ledger(invoices=[*negative, *others, _sale(1), _sale(2)])) == 0.0


NEW = "trust_new_customer_share_30d_v2"
FIRST_OF_30, BEFORE_30 = date(2024, 12, 2), date(2024, 12, 1)


@pytest.mark.parametrize(
    ("sales", "expected"),
    [
        ([(FIRST_OF_30, 100, 1)], 0.25),
        ([(BEFORE_30, 1, 1), (FIRST_OF_30, 100, 1)], 0.0),
        ([(AS_OF, 200, 1), (AS_OF, -100, 1)], 0.25),
        ([(AS_OF, -100, 1)], 0.0),
        ([(AS_OF, 100, None)], 0.0),
        ([(BEFORE_30, 900, 1)], 0.0),
    ],
)
def test_new_customers_have_their_first_sale_in_thirty_days(
    sales: list[tuple[date, int, int | None]], expected: float
) -> None:
    """A known customer bought for 300."""
    rows = [_sale(euro, day, customer=customer) for day, euro, customer in sales]
    ledger = make_ledger(invoices=[OLD_SALE, _sale(300, AS_OF, customer=99), *rows])
    assert feature_of(NEW, AS_OF, ledger) == expected
    assert (len(_behind(NEW, ledger)) > 0) is (expected > 0 or sales[0][1:] == (-100, 1))


def test_new_customers_need_sales_and_a_history() -> None:
    """Of a young firm everybody is new."""
    assert feature_of(NEW, AS_OF, make_ledger(invoices=[OLD_SALE])) == "undefined"
    young = [_sale(100, date(2024, 7, 2)), _sale(100, AS_OF, customer=2)]
    assert feature_of(NEW, AS_OF, make_ledger(invoices=young)) == "too_little_history"
