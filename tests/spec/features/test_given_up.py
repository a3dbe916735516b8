"""What a firm gives up of its claims, and what it can be lent on its debtors; literal books."""

import tracemalloc
from datetime import date, timedelta
from typing import Any

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
from features.ledger import Ledger, Resource
from features.recognised import put_right
from features.spine import spine_of

YEAR_END = date(2024, 12, 31)
ISSUED = date(2024, 3, 1)
GIVEN_UP = "receivables_given_up_share_12m_v2"
KNOWN = "receivables_known_eligible_cents_v2"
OLD = make_invoice(issued_on=date(2023, 6, 1), customer=9)
"""Makes the history of sales long enough; nothing of the twelve months."""


def _sale(gross_euro: float, day: date = ISSUED, **overrides: Any) -> Row:  # noqa: ANN401  any field
    return make_invoice(issued_on=day, gross_cents=round(gross_euro * 100), **overrides)


def _given_up(**facts: list[Row]) -> float | str:
    """Beside 900 of good sales."""
    facts["invoices"] = [OLD, _sale(900, customer=2), *facts["invoices"]]
    return feature_of(GIVEN_UP, YEAR_END, make_ledger(**facts, accounts=[make_account()]))


BAD = _sale(100)
LOST = make_closing(BAD, means="clearing", happened_on=date(2024, 9, 1))


@pytest.mark.parametrize(
    ("day", "recorded", "expected"),
    [
        (date(2024, 3, 15), date(2024, 3, 15), 0.0),  # the due day
        (date(2024, 3, 16), date(2024, 3, 16), 0.1111),
        (date(2024, 3, 2), date(2024, 3, 16), 0.1111),  # dated back: what counts is when it was entered
        (date(2024, 3, 2), date(2025, 1, 1), 0.0),  # not known yet: the invoice is open
    ],
)
def test_a_late_cancellation_is_as_good_as_a_loss(day: date, recorded: date, expected: float) -> None:
    """100 of 900 that are left; written off they were 100 of 1,000."""
    back = make_cancellation(BAD, happened_on=day, recorded_on=recorded)
    assert _given_up(invoices=[BAD], cancellations=[back]) == expected
    assert _given_up(invoices=[BAD], closings=[LOST]) == 0.1


@pytest.mark.parametrize(("days", "expected"), [(30, 0.0), (31, 0.1111)])
def test_a_cancellation_is_late_after_thirty_days_however_long_the_term(days: int, expected: float) -> None:
    """Of an invoice with a term of 90 days."""
    slow = _sale(100, due_on=ISSUED + timedelta(days=90))
    back = make_cancellation(slow, happened_on=ISSUED + timedelta(days=days))
    assert _given_up(invoices=[slow], cancellations=[back]) == expected


@pytest.mark.parametrize(
    ("paid", "means", "expected"),
    [
        (100, "bank", 0.0),
        (60, "bank", 0.0444),
        (100, "register", 0.0),
        (100, "provider", 0.0),
        (100, "clearing", 0.1111),
    ],
)
def test_what_was_paid_before_is_no_loss(paid: int, means: str, expected: float) -> None:
    """The customer took it back: the firm owes the money. What was booked off over a clearing account was not paid."""
    back = make_cancellation(BAD, happened_on=date(2024, 6, 1))
    came = make_closing(BAD, amount_cents=paid * 100, means=means, happened_on=date(2024, 4, 1))
    assert _given_up(invoices=[BAD], cancellations=[back], closings=[came]) == expected


@pytest.mark.parametrize(
    ("afresh", "is_paid", "expected"),
    [
        (_sale(110, date(2024, 6, 1)), True, 0.0),
        (_sale(110, date(2024, 6, 1)), False, 0.099),
        (_sale(111, date(2024, 6, 1)), True, 0.0989),  # another amount
        (_sale(100, date(2024, 7, 1)), True, 0.0),
        (_sale(100, date(2024, 7, 2)), True, 0.1),  # a month later: another job
        (_sale(100, date(2024, 6, 1), customer=3), True, 0.1),
    ],
)
def test_a_cancellation_is_put_right_by_a_like_invoice_that_was_paid(
    afresh: Row,
    is_paid: bool,  # noqa: FBT001  a column of the table
    expected: float,
) -> None:
    """A new invoice alone would only put off the day on which it is overdue."""
    back = make_cancellation(BAD, happened_on=date(2024, 6, 1))
    paid = [make_closing(afresh, happened_on=date(2024, 8, 1))] if is_paid else []
    assert _given_up(invoices=[BAD, afresh], cancellations=[back], closings=paid) == expected


def test_a_paid_invoice_puts_right_one_cancellation() -> None:
    """Two of 100 were cancelled: one invoice of 100 that was paid makes good one of them, a second one both."""
    other = _sale(100)
    back = [make_cancellation(one, happened_on=date(2024, 6, 1)) for one in (BAD, other)]
    afresh = [_sale(100, date(2024, 6, 3)), _sale(95, date(2024, 6, 3))]
    paid = [make_closing(one, happened_on=date(2024, 8, 1)) for one in afresh]
    assert _given_up(invoices=[BAD, other, *afresh[:1]], cancellations=back, closings=paid[:1]) == 0.1
    assert _given_up(invoices=[BAD, other, *afresh], cancellations=back, closings=paid) == 0.0


def test_what_was_paid_before_uses_up_no_invoice() -> None:
    """The first one was paid and cancelled: nothing was given up, and the new invoice makes good the second."""
    other, afresh = _sale(100), _sale(100, date(2024, 6, 3))
    back = [make_cancellation(one, happened_on=date(2024, 6, 1)) for one in (BAD, other)]
    paid = [make_closing(one, happened_on=date(2024, 8, 1)) for one in (BAD, afresh)]
    assert _given_up(invoices=[BAD, other, afresh], cancellations=back, closings=paid) == 0.0


@pytest.mark.parametrize(
    ("taken_back", "paid", "expected"),
    [
        ([(100, 1_000, 1)], [], []),
        ([(100, 1_000, 1)], [(70, 1_000)], [1]),
        ([(100, 1_000, 1)], [(69, 1_000)], []),
        ([(100, 1_000, 1)], [(130, 1_100)], [1]),
        ([(100, 1_000, 1)], [(131, 1_000)], []),
        ([(100, 1_000, 1)], [(100, 1_101)], []),
        ([(100, 1_000, 1)], [(100, 899), (100, 900)], [1]),
        ([(100, 1_000, 1), (100, 900, 2)], [(100, 920), (100, 1_000)], [1, 2]),  # each with the nearest
        ([(100, 1_000, 1), (140, 1_000, 2)], [(110, 1_000), (120, 1_000)], [1, 2]),
        ([(100, 1_000, 1), (145, 1_000, 2)], [(110, 1_000), (120, 1_000)], [1, 2]),  # the earliest first
        ([(100, 1_000, 1), (141, 1_000, 2)], [(110, 1_000)], [1]),
    ],
)
def test_each_paid_invoice_pairs_once_with_what_is_nearest(
    taken_back: list[tuple[int, int, int]], paid: list[tuple[int, int]], expected: list[int]
) -> None:
    """Days and cents of one customer."""
    assert put_right(taken_back, paid) == expected


def test_many_sales_to_one_contact_are_paired_in_little_memory() -> None:
    """40,000 counter sales and 4,000 cancellations are 160 million pairs, which are never all looked at."""
    days, count = 360, 40_000
    paid = [(number * days // count, 4_990 + number % 7) for number in range(count)]
    taken_back = [(number * days // 4_000, 4_990, number) for number in range(4_000)]
    tracemalloc.start()
    try:
        assert len(put_right(taken_back, paid)) == 4_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4_000_000


@pytest.mark.parametrize(
    ("due", "day", "expected"),
    [
        (ISSUED, date(2024, 3, 2), 0.0),
        (ISSUED, date(2024, 3, 15), 0.0),
        (ISSUED, date(2024, 3, 16), 0.1111),
        (date(2024, 3, 20), date(2024, 3, 20), 0.0),
        (date(2024, 3, 20), date(2024, 3, 21), 0.1111),
    ],
)
def test_an_invoice_that_is_due_at_once_is_taken_back_in_time_for_two_weeks(
    due: date, day: date, expected: float
) -> None:
    """Paid in advance, or at once: the next day is no sign that it is bad."""
    prepaid = _sale(100, due_on=due)
    back = make_cancellation(prepaid, happened_on=day)
    assert _given_up(invoices=[prepaid], cancellations=[back]) == expected
    noted = make_credit_note(prepaid, issued_on=day, gross_cents=100_00)
    assert _given_up(invoices=[prepaid], credit_notes=[noted]) == (0.1 if expected else 0.0)


@pytest.mark.parametrize(("is_paid", "expected"), [(True, 0.0), (False, 0.0833)])
def test_a_negative_invoice_is_put_right_by_a_like_invoice_that_was_paid(is_paid: bool, expected: float) -> None:  # noqa: FBT001  a column
    """A wrong invoice, a negative one that is set off three months later, and the right one: 1,200 invoiced gross."""
    negative = make_invoice(issued_on=date(2024, 6, 1), net_cents=-84_03, gross_cents=-100_00)
    right, more = _sale(100, date(2024, 6, 2)), _sale(200, customer=2)
    off = [make_closing(one, means="set_off", happened_on=date(2024, 6, 1)) for one in (BAD, negative)]
    came = [make_closing(right, happened_on=date(2024, 7, 1))] if is_paid else []
    assert _given_up(invoices=[BAD, negative, right, more], closings=[*off, *came]) == expected


@pytest.mark.parametrize(
    ("day", "recorded", "against", "expected"),
    [
        (date(2024, 3, 15), date(2024, 3, 15), 100, 0.0),
        (date(2024, 3, 16), date(2024, 3, 16), 100, 0.1),
        (date(2024, 3, 15), date(2024, 3, 16), 100, 0.1),  # dated back
        (date(2024, 3, 15), date(2024, 3, 15), 60, 0.04),  # 40 of it are set off against nothing that is seen
    ],
)
def test_a_negative_invoice_that_is_set_off_in_time_gives_up_nothing(
    day: date, recorded: date, against: int, expected: float
) -> None:
    """It takes back the invoice against which it was set off, by the due day: of 1,000 invoiced gross."""
    negative = make_invoice(issued_on=day, net_cents=-84_03, gross_cents=-100_00, recorded_on=recorded)
    off = [
        make_closing(one, amount_cents=sign * against * 100, means="set_off", happened_on=recorded)
        for one, sign in ((BAD, 1), (negative, -1))
    ]
    assert _given_up(invoices=[BAD, negative, _sale(100, customer=2)], closings=off) == expected


def test_a_new_invoice_does_not_hide_that_an_old_one_was_set_off() -> None:
    """Two of 100 are set off by negative ones of one day: as one of them was bad, neither was taken back in time."""
    fresh = _sale(100, date(2024, 9, 1))
    negatives = [
        make_invoice(issued_on=date(2024, 9, 1), net_cents=-84_03, gross_cents=-100_00, customer=1) for _ in range(2)
    ]
    off = [make_closing(one, means="set_off", happened_on=date(2024, 9, 1)) for one in (BAD, fresh, *negatives)]
    found = _given_up(invoices=[BAD, fresh, *negatives, _sale(100, customer=2)], closings=off)
    assert found == 0.2


def test_a_paid_invoice_puts_right_a_cancellation_or_a_negative_invoice() -> None:
    """Not both: 1,100 invoiced gross, 100 of them again taken back."""
    other = _sale(100)
    negative = make_invoice(issued_on=date(2024, 6, 1), net_cents=-84_03, gross_cents=-100_00)
    back = make_cancellation(BAD, happened_on=date(2024, 6, 1))
    right = _sale(100, date(2024, 6, 2))
    came = make_closing(right, happened_on=date(2024, 7, 1))
    found = _given_up(invoices=[BAD, other, negative, right], cancellations=[back], closings=[came])
    assert found == 0.1


@pytest.mark.parametrize(
    ("means", "expected"),
    [(None, 0.1111), ("set_off", 0.1111), ("clearing", 0.1111), ("bank", 0.0), ("register", 0.0)],
)
def test_a_negative_invoice_is_a_loss_unless_money_went_to_the_customer(means: str | None, expected: float) -> None:
    """1,000 sold, and 100 taken back by another name."""
    negative = make_invoice(issued_on=date(2024, 9, 1), net_cents=-84_03, gross_cents=-100_00)
    paid = [] if means is None else [make_closing(negative, means=means, happened_on=date(2024, 9, 2))]
    assert _given_up(invoices=[BAD, negative], closings=paid) == expected


@pytest.mark.parametrize(
    ("day", "received", "paid_out", "expected"),
    [
        (date(2024, 3, 15), 0, 0, 0.0),  # by the due day
        (date(2024, 3, 16), 0, 0, 0.05),
        (date(2024, 3, 16), 100, 0, 0.0),  # on an invoice that was paid
        (date(2024, 3, 16), 70, 0, 0.03),
        (date(2024, 3, 16), 0, 30, 0.02),  # 30 went to the customer
    ],
)
def test_a_late_credit_note_on_an_unpaid_invoice_is_a_loss(
    day: date, received: int, paid_out: int, expected: float
) -> None:
    """Of 50; what was paid before, or was paid out, is none."""
    note = make_credit_note(BAD, issued_on=day, gross_cents=50_00)
    closings = [
        make_closing(BAD, amount_cents=received * 100, happened_on=date(2024, 3, 10)),
        make_closing(note, document="credit_note", amount_cents=paid_out * 100, happened_on=date(2024, 4, 1)),
    ]
    assert _given_up(invoices=[BAD], credit_notes=[note], closings=closings) == expected


def test_a_credit_note_that_names_no_invoice_is_a_loss_unless_it_was_paid_out() -> None:
    """Set off against a bad invoice it would hide it."""
    note = make_credit_note(issued_on=date(2024, 3, 2), gross_cents=50_00)
    off = make_closing(note, document="credit_note", amount_cents=50_00, means="set_off", happened_on=date(2024, 9, 1))
    assert _given_up(invoices=[BAD], credit_notes=[note], closings=[off]) == 0.05
    assert _given_up(invoices=[BAD], credit_notes=[note], closings=[off | {"means": "bank"}]) == 0.0


@pytest.mark.parametrize(("day", "expected"), [(date(2023, 12, 31), 0.0), (date(2024, 1, 1), 0.1111)])
def test_what_was_given_up_before_the_year_does_not_count(day: date, expected: float) -> None:
    """And what was given up since its end does."""
    before = _sale(100, date(2023, 10, 1))
    back = make_cancellation(before, happened_on=day)
    assert _given_up(invoices=[before], cancellations=[back]) == expected
    ledger = make_ledger(
        invoices=[OLD, before, _sale(900)], cancellations=[make_cancellation(before, happened_on=date(2025, 1, 9))]
    )
    assert feature_of(GIVEN_UP, date(2025, 1, 10), ledger) == 0.1111


def test_all_that_was_given_up_is_shown() -> None:
    """The cancelled invoice, the negative one, and the credit note, beside what was written off."""
    lost, void, noted = _sale(100), _sale(200), _sale(300)
    negative = make_invoice(issued_on=date(2024, 9, 1), net_cents=-84_03, gross_cents=-400_00)
    note = make_credit_note(noted, issued_on=date(2024, 9, 1), gross_cents=300_00)
    ledger = make_ledger(
        invoices=[OLD, lost, void, noted, negative, _sale(9_000)],
        credit_notes=[note],
        cancellations=[make_cancellation(void, happened_on=date(2024, 9, 1))],
        closings=[make_closing(lost, means="short", happened_on=date(2024, 9, 1))],
    )
    rows = derive(ledger, spine_of(YEAR_END), [GIVEN_UP])
    assert rows.row()[GIVEN_UP] == 0.1111  # 1,000 of 9,000
    found = evidence(rows, [GIVEN_UP])[GIVEN_UP]
    assert found.invoices == (negative["document_id"], void["document_id"], lost["document_id"])
    assert found.credit_notes == (note["document_id"],)


PAID = _sale(500, date(2024, 6, 1))
CAME = make_closing(PAID, happened_on=date(2024, 7, 1))


def _known(*open_sales: Row, closings: tuple[Row, ...] = (CAME,), **facts: Any) -> float | str:  # noqa: ANN401
    ledger = make_ledger(invoices=[PAID, *open_sales], closings=closings, accounts=[make_account()], **facts)
    return feature_of(KNOWN, YEAR_END, ledger)


@pytest.mark.parametrize(
    ("sale", "expected"),
    [
        (_sale(400, date(2024, 12, 1)), 400_00),
        (_sale(625, date(2024, 12, 1)), 625_00),
        (_sale(626, date(2024, 12, 1)), 625_00),  # at most what the customer has paid, and a quarter of it
        (_sale(400, date(2024, 12, 1), customer=2), 0),  # a name that never paid
        (_sale(400, date(2024, 12, 1), customer=None), 0),
        (_sale(400, date(2024, 10, 1), due_on=date(2024, 12, 30), recorded_on=YEAR_END), 400_00),
        (_sale(400, date(2024, 9, 30), due_on=date(2024, 12, 29), recorded_on=YEAR_END), 0),  # not credible
        (_sale(400, date(2024, 10, 1), due_on=date(2024, 10, 31)), 0),  # 61 days past due
    ],
)
def test_only_debtors_that_paid_before_can_be_lent_on(sale: Row, expected: int) -> None:
    """Customer 1 paid 500 over the bank."""
    assert _known(sale) == expected


@pytest.mark.parametrize(("gross_euro", "expected"), [(100, 500_00), (101, 500_00), (50, 450_00)])
def test_a_quarter_of_what_known_payers_owe_may_be_owed_by_new_ones(gross_euro: int, expected: int) -> None:
    """Beside 400 of a known payer: whoever grows has new customers, and whoever invents some gains no more."""
    new = _sale(gross_euro, date(2024, 12, 1), customer=2)
    assert _known(_sale(400, date(2024, 12, 1)), new) == expected


@pytest.mark.parametrize(
    ("day", "means", "expected"),
    [
        (date(2023, 1, 2), "bank", 400_00),
        (date(2023, 1, 1), "bank", 0),  # two years ago
        (date(2024, 7, 1), "provider", 400_00),
        (date(2024, 7, 1), "manual", 0),
        (date(2024, 7, 1), "register", 0),
        (date(2024, 7, 1), "stated", 0),
    ],
)
def test_payments_must_have_come_through_the_bank_within_two_years(day: date, means: str, expected: int) -> None:
    """What somebody entered proves nothing."""
    paid = _sale(500, date(2022, 12, 1))
    ledger: Ledger = make_ledger(
        invoices=[paid, _sale(400, date(2024, 12, 1))],
        closings=[make_closing(paid, means=means, happened_on=day)],
        accounts=[make_account()],
    )
    assert feature_of(KNOWN, YEAR_END, ledger) == expected


@pytest.mark.parametrize(("is_any_fed", "expected"), [(False, 400_00), (True, 0)])
def test_lines_that_were_entered_count_where_the_bank_delivers_nothing(is_any_fed: bool, expected: int) -> None:  # noqa: FBT001  a column of the table
    """How much these may weigh is up to the policy."""
    came = make_transaction(happened_on=date(2024, 7, 1), amount_cents=500_00, is_fed=False)
    other = make_transaction(happened_on=date(2024, 7, 1), is_fed=is_any_fed)
    paid = CAME | {"means": "manual", "transaction_id": came["transaction_id"]}
    assert _known(_sale(400, date(2024, 12, 1)), closings=(paid,), transactions=[came, other]) == expected


def test_without_the_log_documents_tell_what_was_paid() -> None:
    """Bank data of natural persons may be left out."""
    ledger = make_ledger(
        fetched=[
            one for one in Resource if one not in {Resource.PAYMENT_LOG, Resource.TRANSACTIONS, Resource.ACCOUNTS}
        ],
        invoices=[PAID, _sale(400, date(2024, 12, 1))],
        closings=[CAME | {"means": "stated"}],
    )
    assert feature_of(KNOWN, YEAR_END, ledger) == 400_00


def test_what_the_firm_owes_a_known_payer_is_deducted() -> None:
    """A credit note that names no invoice, of the customer or of nobody."""
    note = make_credit_note(issued_on=date(2024, 12, 2), gross_cents=100_00)
    sale = _sale(400, date(2024, 12, 1))
    assert _known(sale, credit_notes=[note]) == 300_00
    assert _known(sale, credit_notes=[note | {"customer": None}]) == 300_00
