"""Receivables, catalogue 2: what closed a document, remainders, retentions, losses and credit; literal books."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from builders import (
    Row,
    feature_of,
    make_cancellation,
    make_closing,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_reminder,
    make_transaction,
)

from features.ledger import Resource

YEAR_END = date(2024, 12, 31)
DUE_ON = date(2024, 6, 1)


def _due(due_on: date = DUE_ON, gross_cents: int = 100_00, **overrides: object) -> Row:
    return make_invoice(issued_on=due_on - timedelta(days=45), due_on=due_on, gross_cents=gross_cents, **overrides)


def _closed(document: Row, on: date = DUE_ON, **overrides: object) -> Row:
    return make_closing(document, happened_on=on, **overrides)


def _ten_with(
    first: Row, *closings: Row, name: str = "receivables_on_time_share_12m_v2", **frames: list[Row]
) -> object:
    """The value for one invoice with its closings among nine of 100 euro each that were paid on their due date."""
    others = [_due() for _ in range(9)]
    ledger = make_ledger(
        invoices=[first, *others], closings=[*closings, *(_closed(other) for other in others)], **frames
    )
    return feature_of(name, YEAR_END, ledger)


@pytest.mark.parametrize(
    ("gross_cents", "open_cents", "is_paid"),
    [
        (1_000_00, 5_00, True),
        (1_000_00, 5_01, False),  # above 5 euro
        (500_00, 5_00, True),
        (499_99, 4_99, True),
        (499_99, 5_00, False),  # 1 % is 4.99, rounded down
        (100_00, 1_00, True),
        (100_00, 1_01, False),  # above 1 %
        (99, 1, False),  # of less than a euro not even a cent
    ],
)
def test_a_remainder_of_five_euro_and_one_percent_keeps_nothing_open(
    gross_cents: int, open_cents: int, *, is_paid: bool
) -> None:
    """Paid but for the remainder on the due date: on time and nothing open; a cent more and it is late to this day."""
    invoice = _due(gross_cents=gross_cents)
    closing = _closed(invoice, amount_cents=gross_cents - open_cents)
    late = gross_cents / (gross_cents + 900_00)
    assert _ten_with(invoice, closing) == round(1.0 if is_paid else 1 - late, 4)
    delay = _ten_with(invoice, closing, name="receivables_weighted_delay_days_12m_v2")
    assert delay == (0.0 if is_paid else pytest.approx(late * 213, abs=0.05))
    current = _due(YEAR_END, gross_cents)
    ledger = make_ledger(invoices=[current], closings=[_closed(current, amount_cents=gross_cents - open_cents)])
    assert feature_of("receivables_eligible_cents_v2", YEAR_END, ledger) == (0 if is_paid else open_cents)


def test_the_day_on_which_only_a_remainder_was_left_is_the_paid_day() -> None:
    """A cent that comes 100 days later makes nobody a late payer."""
    invoice = _due()
    closings = [
        _closed(invoice, amount_cents=99_99),
        _closed(invoice, on=DUE_ON + timedelta(days=100), amount_cents=1),
    ]
    assert _ten_with(invoice, *closings) == 1.0
    assert _ten_with(invoice, *closings, name="receivables_weighted_delay_days_12m_v2") == 0.0


RELEASED_ON = date(2024, 12, 20)


@pytest.mark.parametrize(
    ("as_of", "overdue", "eligible"),
    [
        (RELEASED_ON - timedelta(days=1), 0.0, 400_00),  # open, but neither late nor to be lent against
        (RELEASED_ON, 0.0, 450_00),  # due on this day
        (RELEASED_ON + timedelta(days=1), 0.1111, 450_00),  # 50 of 450
        (RELEASED_ON + timedelta(days=60), 1.0, 450_00),  # the others are 50 days past due
        (RELEASED_ON + timedelta(days=61), 1.0, 400_00),
    ],
)
def test_a_retention_is_due_on_its_release(as_of: date, overdue: float, eligible: int) -> None:
    """Of 500 a tenth is kept back; the rest was paid in June. Four other invoices over 100 are due on December 31st."""
    kept = _due(gross_cents=500_00, retention_cents=50_00, retained_until=RELEASED_ON)
    others = [_due(YEAR_END, customer=2) for _ in range(4)]
    ledger = make_ledger(invoices=[kept, *others], closings=[_closed(kept, amount_cents=450_00)])
    assert feature_of("receivables_overdue_share_v2", as_of, ledger) == overdue
    assert feature_of("receivables_eligible_cents_v2", as_of, ledger) == eligible


@pytest.mark.parametrize(
    ("paid_cents", "expected"),
    [(450_00, 1.0), (445_00, 1.0), (444_99, 0.6429)],
)
def test_a_retention_that_is_kept_back_is_not_late(paid_cents: int, expected: float) -> None:
    """450 of 500 are due; they may lack the remainder of 5, and no more."""
    kept = _due(gross_cents=500_00, retention_cents=50_00)
    assert _ten_with(kept, _closed(kept, amount_cents=paid_cents)) == expected


def test_a_retention_is_at_most_a_tenth() -> None:
    """Half of an invoice is no retention, whatever its text says: what is above a tenth is late."""
    kept = _due(gross_cents=500_00, retention_cents=250_00)
    assert _ten_with(kept, _closed(kept, amount_cents=250_00)) == 0.6429
    assert _ten_with(kept, _closed(kept, amount_cents=450_00)) == 1.0


def test_nothing_of_a_retention_without_a_day_is_ever_late_or_eligible() -> None:
    """Nobody knows when it is released."""
    kept = [_due(date(2024, 1, 1), 500_00, retention_cents=50_00) for _ in range(5)]
    ledger = make_ledger(invoices=kept, closings=[_closed(one, amount_cents=450_00) for one in kept])
    assert feature_of("receivables_over_60d_share_v2", YEAR_END, ledger) == 0.0
    assert feature_of("receivables_eligible_cents_v2", YEAR_END, ledger) == 0


def test_what_is_late_of_an_invoice_with_a_retention_is_what_could_be_asked_for() -> None:
    """Nothing was paid: 450 of 500 are late, 50 are not yet due; with four more of 100, 450 of 900."""
    kept = _due(gross_cents=500_00, retention_cents=50_00)
    ledger = make_ledger(invoices=[kept, *(_due(date(2025, 1, 1)) for _ in range(4))])
    assert feature_of("receivables_overdue_share_v2", YEAR_END, ledger) == 0.5


@pytest.mark.parametrize("means", ["clearing", "short"])
def test_what_was_booked_off_was_not_paid_on_time(means: str) -> None:
    """Booked off on its due date, an invoice is lost: it counts with its days until today, and never as on time."""
    lost = _due()
    assert _ten_with(lost, _closed(lost, means=means)) == 0.9
    name = "receivables_weighted_delay_days_12m_v2"
    assert _ten_with(lost, _closed(lost, means=means), name=name) == 21.3  # 213 days, a tenth of the amount


def test_only_the_lost_part_of_an_invoice_is_as_late_as_if_it_were_open() -> None:
    """59 of 100 paid 10 days late, 41 closed short: (59 * 10 + 41 * 213) / 1000."""
    lost, paid_on = _due(), DUE_ON + timedelta(days=10)
    closings = [_closed(lost, paid_on, amount_cents=59_00), _closed(lost, paid_on, amount_cents=41_00, means="short")]
    assert _ten_with(lost, *closings, name="receivables_weighted_delay_days_12m_v2") == 9.3


@pytest.mark.parametrize(("lost_cents", "expected"), [(1_00, 1.0), (1_01, 0.9)])
def test_an_immaterial_loss_is_on_time(lost_cents: int, expected: float) -> None:
    """Up to 1 % of 100 euro."""
    lost = _due()
    closings = [_closed(lost, amount_cents=100_00 - lost_cents), _closed(lost, amount_cents=lost_cents, means="short")]
    assert _ten_with(lost, *closings) == expected


@pytest.mark.parametrize("means", ["bank", "manual", "register", "provider", "stated", "set_off", "discount"])
def test_other_means_close_a_document_without_a_loss(means: str) -> None:
    """Whether money was seen is another feature's matter."""
    invoice = _due()
    assert _ten_with(invoice, _closed(invoice, means=means)) == 1.0
    assert _ten_with(invoice, _closed(invoice, means=means), name="receivables_loss_share_12m_v2") == 0.0


def test_a_document_whose_closing_has_no_day_is_left_out() -> None:
    """Its delay is unknown: neither late nor on time, and too few are left of ten."""
    late, unknown = _due(), _due()
    closings = [_closed(late, DUE_ON + timedelta(days=10)), _closed(unknown, YEAR_END, is_day_known=False)]
    others = [_due() for _ in range(9)]
    closings += [_closed(other) for other in others]
    ledger = make_ledger(invoices=[late, unknown, *others], closings=closings)
    assert feature_of("receivables_on_time_share_12m_v2", YEAR_END, ledger) == 0.9
    assert feature_of("receivables_weighted_delay_days_12m_v2", YEAR_END, ledger) == 1.0
    assert _ten_with(unknown, closings[1]) == "too_few_documents"


def test_the_median_delay_of_a_month_knows_losses_and_leaves_out_unknown_days() -> None:
    """One invoice due each month, each a day later than the last; a lost one has its days until today."""
    invoices = [_due(date(2024, month, 1)) for month in range(1, 13)]
    closings = [_closed(one, date(2024, month, month)) for month, one in enumerate(invoices, start=1)]
    ledger = make_ledger(invoices=invoices, closings=closings)
    assert feature_of("receivables_delay_trend_days_12m_v2", YEAR_END, ledger) == 1.0
    lost = [closing | {"means": "short"} for closing in closings]
    ledger = make_ledger(invoices=invoices, closings=lost)
    # 365 days in January, 30 in December: they fall by a month's days each month.
    assert feature_of("receivables_delay_trend_days_12m_v2", YEAR_END, ledger) == -30.5
    unknown = [closing | {"is_day_known": False} for closing in closings]
    ledger = make_ledger(invoices=invoices, closings=unknown)
    assert feature_of("receivables_delay_trend_days_12m_v2", YEAR_END, ledger) == "too_few_documents"


def _year(**overrides: object) -> list[Row]:
    return [make_invoice(issued_on=date(2024, month, 10), gross_cents=100_00, **overrides) for month in range(1, 13)]


def test_the_discount_on_a_copy_dilutes_nothing() -> None:
    """Copies do not count, and neither does what closed them."""
    invoice = make_invoice(issued_on=date(2024, 1, 10))
    copy = make_invoice(issued_on=date(2024, 1, 10), is_duplicate=True)
    discount = make_closing(copy, means="discount", amount_cents=2_00, happened_on=date(2024, 2, 1))
    ledger = make_ledger(invoices=[invoice, copy], closings=[discount])
    assert feature_of("receivables_dilution_share_12m_v2", date(2024, 12, 31), ledger) == 0.0


def test_dilution_is_credit_notes_discounts_and_losses() -> None:
    """60 credited, 6 discount, 54 lost of 1,200; what lies outside the year, and what was paid, is not."""
    invoices = _year()
    ledger = make_ledger(
        invoices=invoices,
        credit_notes=[make_credit_note(gross_cents=60_00, issued_on=date(2024, 1, 1))],
        closings=[
            _closed(invoices[1], amount_cents=6_00, means="discount"),
            _closed(invoices[2], amount_cents=50_00, means="clearing"),
            _closed(invoices[3], amount_cents=4_00, means="short", on=YEAR_END),
            _closed(invoices[4], amount_cents=9_00, means="short", on=date(2023, 12, 31)),
            _closed(invoices[5]),
            make_closing(document_id=5, amount_cents=9_00, means="short", happened_on=DUE_ON),  # of no sale
        ],
    )
    assert feature_of("receivables_dilution_share_12m_v2", YEAR_END, ledger) == 0.1
    assert feature_of("receivables_loss_share_12m_v2", YEAR_END, ledger) == 0.045


def test_a_loss_that_was_taken_back_is_none() -> None:
    """And losses on earlier sales are at most what was invoiced since."""
    invoices = _year()
    closings = [_closed(invoices[0], amount_cents=50_00, means="clearing")]
    closings.append(_closed(invoices[0], amount_cents=-50_00, means="clearing"))
    ledger = make_ledger(invoices=invoices, closings=closings)
    assert feature_of("receivables_loss_share_12m_v2", YEAR_END, ledger) == 0.0
    old = make_invoice(issued_on=date(2023, 5, 1), gross_cents=9_000_00)
    ledger = make_ledger(invoices=[*invoices, old], closings=[_closed(old, means="clearing")])
    assert feature_of("receivables_loss_share_12m_v2", YEAR_END, ledger) == 1.0


@pytest.mark.parametrize(
    ("means", "on", "is_day_known", "share"),
    [
        ("clearing", date(2025, 1, 9), True, 0.25),  # in the running month, the day before
        ("short", date(2025, 1, 10), True, 0.25),
        ("short", date(2025, 1, 11), True, 0.0),  # tomorrow
        ("clearing", date(2024, 1, 1), True, 0.25),
        ("clearing", date(2023, 12, 31), True, 0.0),  # before the twelve months
        ("short", date(2025, 1, 10), False, 0.25),  # on a day that is not known: on that of its invoice
    ],
)
def test_what_was_written_off_just_now_is_not_hidden(means: str, on: date, *, is_day_known: bool, share: float) -> None:
    """Three of twelve invoices."""
    invoices = _year()
    closings = [_closed(one, on=on, means=means, is_day_known=is_day_known) for one in invoices[:3]]
    ledger = make_ledger(invoices=invoices, closings=closings)
    assert feature_of("receivables_loss_share_12m_v2", date(2025, 1, 10), ledger) == share
    dilution = feature_of("receivables_dilution_share_12m_v2", date(2025, 1, 10), ledger)
    assert dilution == (share if on.year == 2024 or not is_day_known else 0.0)


def test_a_loss_without_a_day_is_as_old_as_its_invoice() -> None:
    """One of long ago that was closed on some day is not of this year."""
    old = make_invoice(issued_on=date(2023, 5, 1), gross_cents=9_000_00)
    lost = _closed(old, on=YEAR_END, means="short", is_day_known=False)
    ledger = make_ledger(invoices=[*_year(), old], closings=[lost])
    assert feature_of("receivables_loss_share_12m_v2", YEAR_END, ledger) == 0.0


def _eligible(invoices: list[Row], *, fetched: Iterable[Resource] = Resource, **frames: list[Row]) -> object:
    ledger = make_ledger(invoices=invoices, **frames, fetched=fetched)
    return feature_of("receivables_eligible_cents_v2", YEAR_END, ledger)


def _open(gross_cents: int = 100_00, **overrides: object) -> Row:
    return _due(date(2025, 1, 10), gross_cents, **overrides)


def test_credit_notes_are_netted_with_their_customer() -> None:
    """A note of 30 for customer 1 that names no invoice takes 30 of the 100 they owe, and none of customer 2."""
    invoices = [_open(), _open(customer=2)]
    note = make_credit_note(gross_cents=30_00, customer=1)
    assert _eligible(invoices, credit_notes=[note]) == 170_00
    assert _eligible(invoices, credit_notes=[note | {"gross_cents": 500_00}]) == 100_00
    assert _eligible(invoices, credit_notes=[note | {"customer": 3}]) == 200_00


def test_a_note_on_an_invoice_reduces_it_and_what_is_beyond_it_other_invoices_of_the_customer() -> None:
    """A note of 130 on an invoice of 100 leaves 70 of the other one."""
    invoices = [_open(), _open()]
    assert _eligible(invoices, credit_notes=[make_credit_note(invoices[0], gross_cents=60_00)]) == 140_00
    assert _eligible(invoices, credit_notes=[make_credit_note(invoices[0], gross_cents=130_00)]) == 70_00


def test_a_note_on_an_invoice_that_is_not_seen_is_owed_to_its_customer() -> None:
    """Older than what was read, a draft, or cancelled: naming it must not make the credit vanish."""
    note = make_credit_note(invoice_id=999_999, gross_cents=30_00)
    assert _eligible([_open()], credit_notes=[note]) == 70_00
    till = _open(document="voucher", document_id=7)  # vouchers have numbers of their own
    assert _eligible([till], credit_notes=[note | {"invoice_id": 7}]) == 70_00


def test_a_note_that_takes_back_a_copy_takes_nothing_from_the_original() -> None:
    """An invoice entered twice by mistake and corrected by a note is worth what it was."""
    invoice = _open()
    copy = _open(is_duplicate=True)
    assert _eligible([invoice, copy]) == 100_00
    assert _eligible([invoice, copy], credit_notes=[make_credit_note(copy, gross_cents=100_00)]) == 100_00


def test_what_was_paid_beyond_an_invoice_is_owed_to_its_customer() -> None:
    """Also where the invoice is closed, which makes a fee of it; of this customer alone."""
    paid = make_invoice(gross_cents=100_00, customer=1, issued_on=date(2024, 11, 1))
    closings = [
        make_closing(paid, means="bank", amount_cents=130_00, happened_on=date(2024, 11, 5)),
        make_closing(paid, means="fee", amount_cents=-30_00, happened_on=date(2024, 11, 5)),
    ]
    assert _eligible([paid, _open(), _open(customer=2)], closings=closings) == 170_00
    assert _eligible([paid, _open(customer=2)], closings=closings) == 100_00


def test_what_was_paid_on_a_cancelled_invoice_is_owed_to_its_customer() -> None:
    """What was booked off was no money, and what the bank took back is not owed any more."""
    gone = make_invoice(gross_cents=100_00, customer=1, issued_on=date(2024, 11, 1))
    cancelled = {"cancellations": [make_cancellation(gone, happened_on=date(2024, 12, 1))]}

    def paid(means: str, cents: int) -> Row:
        return make_closing(gone, means=means, amount_cents=cents, happened_on=date(2024, 11, 5))

    assert _eligible([gone, _open()], **cancelled, closings=[paid("bank", 40_00), paid("clearing", 60_00)]) == 60_00
    assert _eligible([gone, _open()], **cancelled, closings=[paid("bank", 40_00), paid("bank", -40_00)]) == 100_00
    assert _eligible([gone, _open(customer=2)], **cancelled, closings=[paid("bank", 40_00)]) == 100_00


def test_a_copy_counts_from_the_day_on_which_it_is_none() -> None:
    """And so does the note that takes it back."""
    copy = _open(is_duplicate=True, duplicate_until=YEAR_END)
    later = copy | {"duplicate_until": YEAR_END + timedelta(days=1)}
    assert (_eligible([copy]), _eligible([later])) == (100_00, 0)
    note = make_credit_note(copy, gross_cents=40_00)
    assert (_eligible([copy], credit_notes=[note]), _eligible([later, _open()], credit_notes=[note])) == (60_00, 100_00)


def test_a_retention_is_none_before_it_is_known() -> None:
    """Until then all of it is due."""
    kept = [_open(retention_cents=10_00, retained_since=YEAR_END + timedelta(days=days)) for days in (0, 1)]
    assert [_eligible([one]) for one in kept] == [90_00, 100_00]


@pytest.mark.parametrize(
    ("means", "fetched", "expected"),
    [
        *((means, Resource, 100_00) for means in ("bank", "register", "provider", "set_off")),
        ("manual", Resource, 70_00),
        ("stated", Resource, 70_00),
        ("clearing", Resource, 70_00),
        ("short", Resource, 70_00),
        ("stated", set(Resource) - {Resource.PAYMENT_LOG}, 100_00),
    ],
)
def test_a_note_that_was_paid_out_is_no_credit(means: str, fetched: set[Resource], expected: int) -> None:
    """Saying so, or booking it off, pays nobody; without the log there is nothing but what the note says."""
    note = make_credit_note(gross_cents=30_00, customer=1)
    closing = make_closing(note, document="credit_note", means=means)
    assert _eligible([_open()], credit_notes=[note], closings=[closing], fetched=fetched) == expected


def test_paying_out_one_note_does_not_pay_another() -> None:
    """60 paid out on a note of 30 leave the other note of 30 owed; so does the payout of a note that was used up."""
    notes = [make_credit_note(gross_cents=30_00, customer=1) for _ in range(2)]
    closing = make_closing(notes[0], document="credit_note", amount_cents=60_00)
    assert _eligible([_open()], credit_notes=notes, closings=[closing]) == 70_00
    used = _open(30_00)
    linked = make_credit_note(used, gross_cents=30_00)
    paid = make_closing(linked, document="credit_note", amount_cents=30_00)
    assert _eligible([_open(), used], credit_notes=[linked, notes[1]], closings=[paid]) == 70_00


def test_an_overpayment_is_credit_until_its_note_is_paid_out() -> None:
    """An invoice of 100 that was paid and then credited: the customer gets 100 back, or owes so much less."""
    paid, other = _due(), _open()
    note = make_credit_note(paid, gross_cents=100_00)
    closing = _closed(paid)
    assert _eligible([paid, other], credit_notes=[note], closings=[closing]) == 0
    out = make_closing(note, document="credit_note", happened_on=YEAR_END)
    assert _eligible([paid, other], credit_notes=[note], closings=[closing, out]) == 100_00
    twice = [closing, _closed(paid, amount_cents=40_00)]
    assert _eligible([paid, other], closings=twice) == 60_00
    fee = _closed(paid, amount_cents=-40_00, means="fee")
    assert _eligible([paid, other], closings=[*twice, fee]) == 60_00, "whatever the books call it"


@pytest.mark.parametrize(("means", "expected"), [(None, 70_00), ("bank", 100_00), ("stated", 70_00)])
def test_a_negative_invoice_is_credit_until_it_is_paid_out(means: str | None, expected: int) -> None:
    """Minus 30 for customer 1."""
    negative = _open(-30_00)
    closings = [] if means is None else [make_closing(negative, means=means)]
    assert _eligible([_open(), negative], closings=closings) == expected


def test_a_note_that_names_nobody_may_be_owed_to_anybody() -> None:
    """It is deducted from the sum, which does not fall below 0; an overpaid till receipt is not."""
    invoices = [_open(), _open(customer=2)]
    note = make_credit_note(gross_cents=30_00, customer=None)
    assert _eligible(invoices, credit_notes=[note]) == 170_00
    assert _eligible(invoices, credit_notes=[note | {"gross_cents": 900_00}]) == 0
    till = _due(document="voucher", customer=None)
    assert _eligible([*invoices, till], closings=[_closed(till, amount_cents=150_00)]) == 200_00


def test_credit_does_not_cure_a_cross_aged_customer() -> None:
    """51 late of 101: nothing counts, with or without credit. 50 of 100: what is current counts, less the credit."""
    late_on = date(2024, 10, 31)
    note = make_credit_note(gross_cents=20_00, customer=1)
    assert _eligible([_due(late_on, 51_00), _open(50_00)], credit_notes=[note]) == 0
    assert _eligible([_due(late_on, 50_00), _open(50_00)], credit_notes=[note]) == 30_00


def test_sold_receivables_are_open_and_not_eligible() -> None:
    """The factor has them, since the day on which the books tell that."""
    invoices = [_open(), _open(sold_on=YEAR_END)]
    assert _eligible(invoices) == 100_00
    assert _eligible([_open(), _open(sold_on=YEAR_END + timedelta(days=1))]) == 200_00
    first = make_invoice(issued_on=date(2024, 1, 1))
    september = [_due(date(2024, 10, 15)), _due(date(2024, 10, 15), sold_on=YEAR_END)]
    ledger = make_ledger(invoices=[first, *september, *_year()[-3:]], closings=[_closed(first)])
    assert feature_of("receivables_dso_days_3m_v2", YEAR_END, ledger) == 153.3  # 500 open of 300 sold, times 92


@pytest.mark.parametrize(
    ("term", "days_ago", "eligible"),
    [(89, 149, 100_00), (89, 150, 0), (90, 150, 100_00), (90, 151, 0), (30_000, 150, 100_00), (30_000, 151, 0)],
)
def test_a_term_counts_as_ninety_days_at_most(term: int, days_ago: int, eligible: int) -> None:
    """A claim of 151 days ago is 61 days past due at the least, whatever its invoice states."""
    issued_on = YEAR_END - timedelta(days=days_ago)
    claim = make_invoice(issued_on=issued_on, due_on=issued_on + timedelta(days=term), gross_cents=100_00)
    assert _eligible([claim]) == eligible


def test_an_invoice_counts_from_the_day_it_was_sent() -> None:
    """A draft of last year, sent on the 10th of December."""
    draft = _open(sent_on=date(2024, 12, 10), recorded_on=date(2024, 1, 1))
    ledger = make_ledger(invoices=[draft])
    assert feature_of("receivables_eligible_cents_v2", date(2024, 12, 9), ledger) == 0
    assert feature_of("receivables_eligible_cents_v2", date(2024, 12, 10), ledger) == 100_00


def test_a_voucher_with_a_deadline_before_its_date_was_due_at_once() -> None:
    """Dated the 10th of December, due on the 1st of January of that year: 21 days past due, not 365."""
    slip = make_invoice(document="voucher", issued_on=date(2024, 12, 10), due_on=date(2024, 1, 1), gross_cents=100_00)
    assert _eligible([slip]) == 100_00


def test_closings_are_read_and_payments_are_not() -> None:
    """What was closed is of version 2; so is the count of days back, and the day is the closing's."""
    invoices = _year()
    closings = [_closed(invoice, date(2024, 12, 1)) for invoice in invoices[:10]]
    ledger = make_ledger(invoices=invoices, closings=closings)
    assert feature_of("receivables_countback_dso_days_v2", YEAR_END, ledger) == 61.0
    assert feature_of("receivables_dso_days_3m_v2", YEAR_END, ledger) == 61.3


def test_dunned_share_leaves_out_copies() -> None:
    """One of twenty was dunned; copies count neither way."""
    invoices = [make_invoice(issued_on=date(2024, 5, 1)) for _ in range(20)]
    copies = [make_invoice(issued_on=date(2024, 5, 1), is_duplicate=True) for _ in range(5)]
    reminders = [make_reminder(one, happened_on=YEAR_END) for one in (invoices[0], copies[0])]
    ledger = make_ledger(invoices=[*invoices, *copies], reminders=reminders, transactions=[make_transaction()])
    assert feature_of("receivables_dunned_share_12m_v2", YEAR_END, ledger) == 0.05


def test_what_was_paid_out_twice_of_a_negative_invoice_is_open() -> None:
    """The customer owes it, and it is overdue as any other."""
    day = date(2024, 10, 1)
    negative = make_invoice(document_id=1, issued_on=day, net_cents=-100_00)
    others = [make_invoice(document_id=10 + number, issued_on=YEAR_END - timedelta(days=5)) for number in range(5)]
    outs = [make_closing(negative, amount_cents=-119_00, happened_on=day)]
    once = make_ledger(invoices=[negative, *others], closings=outs)
    twice = make_ledger(invoices=[negative, *others], closings=outs * 2)
    assert feature_of("receivables_overdue_share_v2", YEAR_END, once) == 0.0
    assert feature_of("receivables_overdue_share_v2", YEAR_END, twice) == 0.1667
