"""How carefully books are kept: literal tables, with the days on which a value changes."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from builders import (
    Row,
    feature_of,
    make_account,
    make_bill,
    make_cancellation,
    make_closing,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_position,
    make_reminder,
    make_spine,
    make_transaction,
)

from features.derive import derive, evidence
from features.ledger import Resource
from features.spine import spine_of

AS_OF = date(2026, 3, 31)
"""The last of a full month: twelve full months begin on 1 April 2025."""
FIRST = date(2025, 4, 1)
DAY = timedelta(days=1)


def invoices(count: int, **changes: object) -> list[Row]:
    """Invoices of one series, one a day from 1 May 2025 on, sent and locked on their day."""
    days = [date(2025, 5, 1) + place * DAY for place in range(count)]
    return [
        make_invoice(
            document_id=100 + place,
            issued_on=day,
            **{"sent_on": day, "locked_on": day, "series": 1, "number": 100 + place, "is_blank": True, **changes},
        )
        for place, day in enumerate(days)
    ]


def value(name: str, as_of: date = AS_OF, **frames: Sequence[Row]) -> float | str:
    """A feature of some facts."""
    return feature_of(f"{name}_v2", as_of, make_ledger(**frames))


def lines(count: int, first: date, **changes: object) -> list[Row]:
    """Bank lines of one day that are booked."""
    return [make_transaction(happened_on=first, **{"booking": "booked", **changes}) for _ in range(count)]


# ---- unbooked lines


@pytest.mark.parametrize(
    ("days_old", "share"), [(30, 0.0), (31, 0.5), (90, 0.5), (91, 0.0)], ids=["young", "first", "last", "old"]
)
def test_unbooked_lines_are_31_to_90_days_old(days_old: int, share: float) -> None:
    """A firm has thirty days to work on a line."""
    open_line = make_transaction(happened_on=AS_OF - days_old * DAY, booking="created", amount_cents=-1000_00)
    books = [*lines(10, AS_OF - 60 * DAY), open_line]
    found = value("trust_unbooked_share_31_90d", accounts=[make_account()], transactions=books)
    assert found == share


@pytest.mark.parametrize(
    ("day", "share"), [(AS_OF - 90 * DAY, 0.0), (AS_OF - 91 * DAY, 0.5), (FIRST, 0.5), (FIRST - DAY, 0.0)]
)
def test_older_unbooked_lines_are_of_twelve_full_months(day: date, share: float) -> None:
    """The amounts count, whichever way they go."""
    open_line = make_transaction(happened_on=day, booking="created", amount_cents=2000_00)
    books = [*lines(20, AS_OF - 200 * DAY), open_line]
    found = value("trust_unbooked_share_12m", accounts=[make_account()], transactions=books)
    assert found == share


@pytest.mark.parametrize(("booking", "share"), [("created", 0.0909), ("linked", 0.0), ("private", 0.0), (None, 0.0)])
def test_what_is_linked_or_private_was_worked_on(booking: str | None, share: float) -> None:
    """A state that is not known is no reproach."""
    books = [*lines(10, AS_OF - 60 * DAY), make_transaction(happened_on=AS_OF - 60 * DAY, booking=booking)]
    assert value("trust_unbooked_share_31_90d", accounts=[make_account()], transactions=books) == share


def test_transfers_and_copies_do_not_count() -> None:
    """Nobody has to book what moves between own accounts."""
    day = AS_OF - 60 * DAY
    others = [
        make_transaction(happened_on=day, booking="created", transfer="link"),
        make_transaction(happened_on=day, booking="created", is_duplicate=True),
        make_transaction(happened_on=day, booking="created", amount_cents=0),
    ]
    books = [*lines(10, day), *others]
    assert value("trust_unbooked_share_31_90d", accounts=[make_account()], transactions=books) == 0.0


def test_few_lines_say_nothing() -> None:
    """Nine lines are too few."""
    books = lines(9, AS_OF - 60 * DAY)
    found = value("trust_unbooked_share_31_90d", accounts=[make_account()], transactions=books)
    assert found == "too_few_documents"


# ---- locked invoices


@pytest.mark.parametrize(("locked_on", "share"), [(None, 0.8), (AS_OF, 1.0), (AS_OF + DAY, 0.8)])
def test_locked_on_the_day_itself(locked_on: date | None, share: float) -> None:
    """A lock of tomorrow is none today."""
    books = [*invoices(4), make_invoice(issued_on=date(2025, 6, 1), locked_on=locked_on)]
    assert value("trust_locked_share_12m", invoices=books) == share


def test_cancelled_invoices_need_no_lock() -> None:
    """And four invoices are too few."""
    books = [*invoices(4), unlocked := make_invoice(issued_on=date(2025, 6, 1), locked_on=None)]
    voided = [make_cancellation(unlocked, happened_on=date(2025, 6, 2))]
    assert value("trust_locked_share_12m", invoices=books, cancellations=voided) == "too_few_documents"
    assert value("trust_locked_share_12m", invoices=[*books, *invoices(5)[4:]], cancellations=voided) == 1.0


# ---- edits


def edited(edited_on: date | None) -> tuple[list[Row], Row]:
    """Nineteen invoices that were left alone, and one that was changed."""
    one = make_invoice(document_id=1, issued_on=date(2025, 7, 1), edited_on=edited_on)
    return [*invoices(19), one], one


EDIT = date(2025, 8, 20)


def test_a_change_without_a_reason_is_an_edit() -> None:
    """The invoice is the evidence."""
    books, one = edited(EDIT)
    ledger = make_ledger(invoices=books)
    rows = derive(ledger, spine_of(AS_OF), ["trust_edited_invoice_share_12m_v2"])
    assert rows.row() == {"trust_edited_invoice_share_12m_v2": 0.05}
    found = evidence(rows, rows.names)["trust_edited_invoice_share_12m_v2"]
    assert (found.invoices, found.total) == ((one["document_id"],), 1)


@pytest.mark.parametrize(("days_before", "share"), [(0, 0.0), (1, 0.0), (2, 0.05)])
@pytest.mark.parametrize("reason", ["closing", "reminder", "credit note"])
def test_payments_reminders_and_credit_notes_explain_a_change(reason: str, days_before: int, share: float) -> None:
    """Of the day itself or the one before."""
    books, one = edited(EDIT)
    day = EDIT - days_before * DAY
    frames = {
        "closing": {"closings": [make_closing(one, happened_on=day - 5 * DAY, recorded_on=day)]},
        "reminder": {"reminders": [make_reminder(one, happened_on=day)]},
        "credit note": {"credit_notes": [make_credit_note(one, issued_on=day)]},
    }[reason]
    assert value("trust_edited_invoice_share_12m", invoices=books, **frames) == share


def test_a_payment_that_only_the_document_tells_of_explains_every_change() -> None:
    """When somebody clicked on it is not known."""
    books, one = edited(EDIT)
    stated = make_closing(one, means="stated", happened_on=date(2025, 7, 10))
    assert value("trust_edited_invoice_share_12m", invoices=books, closings=[stated]) == 0.0


def test_earlier_edits_are_not_known() -> None:
    """The books keep the last change alone."""
    books, _ = edited(EDIT)
    spine = make_spine((0, AS_OF), is_reconstructed=True)
    rows = derive(make_ledger(invoices=books), spine, ["trust_edited_invoice_share_12m_v2"])
    assert rows.missing() == {"trust_edited_invoice_share_12m_v2": "not_reconstructable"}


# ---- numbers


def test_missing_numbers() -> None:
    """Twenty invoices and two numbers that nobody has."""
    books = [one for place, one in enumerate(invoices(22)) if place not in (5, 6)]
    assert value("trust_number_gap_share_12m", invoices=books) == 0.0909


def test_a_cancellation_takes_a_number() -> None:
    """It is a document of the same series, and the cancelled invoice keeps its own."""
    books = [one for place, one in enumerate(invoices(22)) if place not in (5, 6)]
    voided = [make_cancellation(books[0], happened_on=date(2025, 6, 1))]
    assert value("trust_number_gap_share_12m", invoices=books, cancellations=voided) == 0.0476


@pytest.mark.parametrize(("step", "share"), [(50, 0.7), (51, 0.0)])
def test_a_large_step_begins_another_series(step: int, share: float) -> None:
    """Such as that of a year, written next to the number."""
    later = make_invoice(issued_on=date(2025, 9, 1), series=1, number=119 + step)
    assert value("trust_number_gap_share_12m", invoices=[*invoices(20), later]) == share


def test_series_are_told_apart() -> None:
    """A year begins a new one, without a gap."""
    books = [*invoices(20), make_invoice(issued_on=date(2026, 1, 5), series=2, number=105)]
    assert value("trust_number_gap_share_12m", invoices=books) == 0.0


@pytest.mark.parametrize(("before", "share"), [(31, 0.0476), (32, 0.0)])
def test_numbers_are_compared_with_those_of_the_month_before(before: int, share: float) -> None:
    """Of still older documents only those are read that are still open."""
    older = make_invoice(issued_on=FIRST - before * DAY, series=1, number=98)
    assert value("trust_number_gap_share_12m", invoices=[*invoices(20), older]) == share


def test_a_copy_has_no_number_of_its_own() -> None:
    """Two documents of one number are no gap."""
    books = [*invoices(20), make_invoice(issued_on=date(2025, 6, 2), series=1, number=119)]
    assert value("trust_number_gap_share_12m", invoices=books) == 0.0


# ---- texts and documents


def test_positions_say_what_was_sold() -> None:
    """Where neither they nor the texts do, nothing does."""
    books = invoices(20)
    named = [make_position(one, item=7) for one in books[:15]]
    empty = [make_position(one, item=None) for one in books[15:]]
    described = make_invoice(issued_on=date(2025, 6, 1), is_blank=False)
    found = value("trust_wordless_invoice_share_12m", invoices=[*books, described], positions=[*named, *empty])
    assert found == 0.2381


def bills(**changes: object) -> list[Row]:
    """Nine bills in order over 100 euro net each, and one that differs."""
    good = {"is_blank": False, "has_scan": True}
    plain = [make_bill(issued_on=date(2025, 6, 1), **good) for _ in range(9)]
    return [*plain, make_bill(**({"issued_on": FIRST} | good | changes))]


def test_bills_without_number_or_document() -> None:
    """The first by count, the second by amount."""
    blank = bills(is_blank=True)
    assert value("trust_blank_bill_share_12m", bills=blank) == 0.1
    assert value("trust_missing_scan_share_12m", bills=blank) == 0.0
    assert value("trust_missing_scan_share_12m", bills=bills(has_scan=False, net_cents=900_00)) == 0.5


def test_a_bill_whose_document_cannot_be_read_is_neither_with_nor_without() -> None:
    """It is left out of both: an unreadable reference is no missing document."""
    lost = make_bill(issued_on=date(2025, 6, 1), is_blank=False, has_scan=False)
    unknown = make_bill(issued_on=date(2025, 6, 1), is_blank=False, has_scan=None, net_cents=9_000_00)
    assert value("trust_missing_scan_share_12m", bills=[*bills()[:9], lost, unknown]) == 0.1
    assert value("trust_missing_scan_share_12m", bills=[*bills(has_scan=None)[:9], *[unknown] * 10]) == 0.0
    assert value("trust_missing_scan_share_12m", bills=[unknown] * 10) == "undefined"


def test_bills_before_the_twelve_full_months_do_not_count() -> None:
    """Nine are too few."""
    found = bills(has_scan=False, issued_on=FIRST - DAY)
    assert value("trust_missing_scan_share_12m", bills=found) == "too_few_documents"


# ---- closed months


def closed(*open_months: int) -> list[Row]:
    """A booked line on the 15th of each month from October 2025 to March 2026; of some of them one that is not."""
    days = [date(2025, month, 15) for month in (10, 11, 12)] + [date(2026, month, 15) for month in (1, 2, 3)]
    return [
        make_transaction(happened_on=day, booking="created" if day.month in open_months else "booked") for day in days
    ]


@pytest.mark.parametrize(
    ("open_months", "age"), [((), 0), ((3,), 1), ((2, 3), 2), ((2,), 0), ((10, 11, 12, 1, 2, 3), 12)]
)
def test_the_last_closed_month(open_months: tuple[int, ...], age: int) -> None:
    """As full months since it."""
    lines_of = closed(*open_months)
    assert value("trust_closed_books_age_months", accounts=[make_account()], transactions=lines_of) == age


def test_an_unlocked_invoice_keeps_its_month_open() -> None:
    """Until it is locked, or cancelled."""
    one = make_invoice(issued_on=date(2026, 3, 2), locked_on=None)
    frames = {"accounts": [make_account()], "transactions": closed()}
    assert value("trust_closed_books_age_months", invoices=[one], **frames) == 1
    voided = [make_cancellation(one, happened_on=date(2026, 3, 3))]
    assert value("trust_closed_books_age_months", invoices=[one], cancellations=voided, **frames) == 0


def test_the_running_month_is_not_over() -> None:
    """Books of the middle of a month are closed by the month before."""
    frames = {"accounts": [make_account()], "transactions": [*closed(), *lines(1, date(2026, 4, 2), booking="created")]}
    assert value("trust_closed_books_age_months", AS_OF + 5 * DAY, **frames) == 0


# ---- recurring invoices


def test_recurring_revenue_is_net_of_all_sales() -> None:
    """Of sales, vouchers among them; at most all."""
    first = make_invoice(issued_on=date(2025, 4, 1), net_cents=300_00, is_recurring=True)
    other = make_invoice(issued_on=date(2026, 1, 1), net_cents=100_00, is_recurring=False)
    assert value("customers_recurring_share_12m", invoices=[first, other]) == 0.75
    credit = make_invoice(issued_on=date(2026, 1, 2), net_cents=-200_00, is_recurring=False)
    assert value("customers_recurring_share_12m", invoices=[first, other, credit]) == 1.0


def test_without_marks_nothing_is_known() -> None:
    """Books that were read without them have no such value."""
    ledger = make_ledger(invoices=invoices(20), fetched=frozenset(Resource) - {Resource.MARKS})
    assert feature_of("trust_locked_share_12m_v2", AS_OF, ledger) == "not_fetched"
