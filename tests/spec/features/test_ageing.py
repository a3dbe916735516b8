"""Quality of receivables: ages, what rolls on, corrections, reminders, early and partial payments; literal books."""

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
)

from features.derive import derive, evidence
from features.spine import spine_of

YEAR_END = date(2024, 12, 31)
OLD = make_invoice(issued_on=date(2023, 1, 10), gross_cents=1_00)
"""Paid, and makes the books old enough."""
SETTLED = make_closing(OLD, happened_on=date(2023, 1, 10))


def _value(name: str, invoices: list[Row], closings: list[Row] | None = None, **frames: list[Row]) -> object:
    ledger = make_ledger(invoices=[OLD, *invoices], closings=[SETTLED, *(closings or [])], **frames)
    return feature_of(name, YEAR_END, ledger)


def _late(days: int, gross_cents: int = 100_00, **overrides: object) -> Row:
    """An invoice that is so many days past due at the end of 2024; before 0 it is not due."""
    due_on = YEAR_END - timedelta(days=days)
    return make_invoice(issued_on=due_on - timedelta(days=30), due_on=due_on, gross_cents=gross_cents, **overrides)


def _closed(document: Row, on: date = YEAR_END, **overrides: object) -> Row:
    return make_closing(document, happened_on=on, **overrides)


BANDS = (
    "receivables_overdue_1_30d_share_v2",
    "receivables_overdue_31_60d_share_v2",
    "receivables_overdue_61_90d_share_v2",
    "receivables_over_90d_share_v2",
)


@pytest.mark.parametrize(
    ("days", "band"),
    [(0, None), (1, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3), (400, 3)],
)
def test_every_age_is_in_one_band(days: int, band: int | None) -> None:
    """One in five is so old, the others are not due."""
    invoices = [_late(days), *(_late(-5) for _ in range(4))]
    assert [_value(name, invoices) for name in BANDS] == [0.2 if place == band else 0.0 for place in range(4)]
    assert {_value(name, invoices[:4]) for name in BANDS} == {"too_few_documents"}


def test_what_is_kept_back_is_in_no_band_and_in_the_total() -> None:
    """Of 1,000 a tenth is kept back; with four more of 100 that are not due, 900 of 1,400."""
    invoices = [_late(45, 1_000_00, retention_cents=100_00), *(_late(-5) for _ in range(4))]
    assert _value(BANDS[1], invoices) == 0.6429


@pytest.mark.parametrize(
    ("days", "closing", "expected"),
    [
        (30, None, "too_few_documents"),  # 30 days ago it was due on that day
        (31, None, 0.3333),
        (60, None, 0.3333),
        (61, None, "too_few_documents"),
        (45, {"happened_on": YEAR_END}, 0.0),
        (45, {"happened_on": YEAR_END - timedelta(days=29)}, 0.0),
        (45, {"happened_on": YEAR_END - timedelta(days=30)}, "too_few_documents"),  # it was not late 30 days ago
        (45, {"amount_cents": 98_00}, 0.3333),  # a part is no payment, but for a remainder
        (45, {"amount_cents": 99_00}, 0.0),
        (45, {"means": "clearing"}, 0.3333),
        (45, {"means": "short"}, 0.3333),
        (45, {"is_day_known": False}, "too_few_documents"),
    ],
)
def test_what_was_late_thirty_days_ago_rolls_on_or_is_paid(
    days: int, closing: dict[str, object] | None, expected: float | str
) -> None:
    """Two were paid today, and one in some way."""
    odd, others = _late(days), [_late(45) for _ in range(2)]
    closings = [_closed(other) for other in others]
    if closing is not None:
        closings.append(_closed(odd, **{"on" if key == "happened_on" else key: one for key, one in closing.items()}))
    assert _value("receivables_roll_share_30d_v2", [odd, *others], closings) == expected


@pytest.mark.parametrize(
    ("days", "gross_cents", "expected"),
    [(180, 100_00, 0.0), (181, 100_00, 0.25), (200, 400_00, 0.5714), (500, 900_00, 1.0)],
)
def test_what_is_half_a_year_past_due_is_measured_against_a_year_of_invoices(
    days: int, gross_cents: int, expected: float
) -> None:
    """300 were invoiced beside and paid; what was invoiced before the year is in no denominator."""
    others = [_late(300 - one) for one in range(3)]
    invoices = [_late(days, gross_cents), *others]
    assert _value("receivables_over_180d_share_12m_v2", invoices, [_closed(one) for one in others]) == expected


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({}, 20.0),
        ({"issued_on": date(2024, 1, 1)}, 10.0),
        ({"issued_on": date(2023, 12, 31)}, "too_few_documents"),
        ({"issued_on": date(2025, 1, 1)}, "too_few_documents"),
        ({"invoice_id": None}, "too_few_documents"),
        ({"invoice_id": 77}, "too_few_documents"),
    ],
)
def test_a_correction_follows_its_invoice_after_so_many_days(odd: dict[str, object], expected: float | str) -> None:
    """Two after 10 days, three after 20, the last of these otherwise."""
    invoices = [make_invoice(issued_on=date(2024, 3, 1)) for _ in range(4)]
    notes = [
        make_credit_note(invoice, issued_on=invoice["issued_on"] + timedelta(days=days))
        for invoice, days in zip(invoices, (10, 10, 20, 20), strict=True)
    ]
    last = make_invoice(issued_on=date(2023, 12, 30))
    note = make_credit_note(last, **{"issued_on": date(2024, 1, 19)} | odd)
    name = "receivables_correction_days_12m_v2"
    assert _value(name, [*invoices, last], credit_notes=[*notes, note]) == expected


def _reminded(*levels: int | None, of: int = 20, **overrides: object) -> dict[str, list[Row]]:
    """So many invoices, one reminded per level."""
    invoices = [make_invoice(issued_on=date(2024, 3, 1)) for _ in range(of)]
    reminders = [
        make_reminder(invoice, level=level, happened_on=date(2024, 5, 1), **overrides)
        for invoice, level in zip(invoices, levels, strict=False)
    ]
    return {"invoices": invoices, "reminders": reminders}


@pytest.mark.parametrize(
    ("levels", "share", "depth"),
    [
        ((1, 1, 1, 1, 1), 0.0, 1.0),
        ((1, 1, 1, 2, 3), 0.1, 1.6),
        ((None, 0, 1, 1, 2), 0.05, 1.2),  # without a level it is the first
        ((2, 2, 2, 2), 0.2, "too_few_documents"),
    ],
)
def test_reminders_count_from_the_second_level_on(
    levels: tuple[int | None, ...], share: float, depth: float | str
) -> None:
    """Whoever reminds punctually keeps good books; the second reminder tells of the customer."""
    books = _reminded(*levels)
    assert _value("receivables_dunned_firmly_share_12m_v2", **books) == share
    assert _value("receivables_dunning_depth_12m_v2", **books) == depth


def test_the_highest_of_several_reminders_counts_once() -> None:
    """Of those until today, and not of cancelled invoices."""
    books = _reminded(1, 1, 1, 1, 1)
    first, second = books["invoices"][:2]
    books["reminders"] += [
        make_reminder(first, level=3, happened_on=YEAR_END),
        make_reminder(first, level=2, happened_on=YEAR_END),
        make_reminder(second, level=3, happened_on=date(2025, 1, 1)),
    ]
    assert _value("receivables_dunned_firmly_share_12m_v2", **books) == 0.05
    assert _value("receivables_dunning_depth_12m_v2", **books) == 1.4
    cancelled = [make_cancellation(first, happened_on=YEAR_END)]
    assert _value("receivables_dunned_firmly_share_12m_v2", **books, cancellations=cancelled) == "too_few_documents"


@pytest.mark.parametrize(
    ("issued_on", "closing", "expected"),
    [
        (date(2024, 3, 1), {"happened_on": date(2024, 3, 11)}, 1.0),
        (date(2024, 3, 1), {"happened_on": date(2024, 3, 12)}, 0.9),
        (date(2024, 3, 1), {"means": "short"}, 0.9),
        (date(2024, 3, 1), {"amount_cents": 60_00}, 0.9),
        (date(2024, 3, 1), {"is_day_known": False}, "too_few_documents"),
        (date(2024, 12, 21), {"happened_on": YEAR_END}, 1.0),
        (date(2024, 12, 21), {"happened_on": date(2025, 1, 1)}, 0.9),
        (date(2024, 12, 22), {"happened_on": YEAR_END}, "too_few_documents"),  # tomorrow it can still be taken
        (date(2023, 12, 31), {"happened_on": date(2024, 1, 1)}, "too_few_documents"),
    ],
)
def test_an_offer_is_decided_when_its_period_is_over(
    issued_on: date, closing: dict[str, object], expected: float | str
) -> None:
    """Nine with a discount of ten days were paid on the last of these, and one otherwise."""
    offered = {"discount_days": 10, "gross_cents": 100_00}
    others = [make_invoice(issued_on=date(2024, 3, 1), **offered) for _ in range(9)]
    odd = make_invoice(issued_on=issued_on, **offered)
    closings = [_closed(one, on=date(2024, 3, 11)) for one in others]
    closings.append(make_closing(odd, **{"happened_on": issued_on} | closing))
    assert _value("receivables_paid_early_share_12m_v2", [*others, odd], closings) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("bank", 60_00)], 0.05),
        ([("bank", 99_00)], 0.0),  # a remainder
        ([("bank", 60_00), ("short", 40_00)], 0.05),  # closing it short does not hide it
        ([("short", 100_00)], 0.0),  # nothing was paid
        ([("clearing", 100_00), ("clearing", 100_00)], 0.0),  # booked off twice
        ([("bank", 60_00), ("bank", -60_00)], 0.0),
        ([("bank", 60_00), ("bank", 40_00)], 0.0),
    ],
)
def test_paid_in_part_is_neither_paid_nor_unpaid(parts: list[tuple[str, int]], expected: float) -> None:
    """One of twenty that fell due; the others were paid."""
    odd, others = _late(100), [_late(100) for _ in range(19)]
    closings = [_closed(one) for one in others]
    closings += [_closed(odd, means=means, amount_cents=cents) for means, cents in parts]
    assert _value("receivables_part_paid_share_12m_v2", [odd, *others], closings) == expected
    assert _value("receivables_part_paid_share_12m_v2", [odd, *others[:-1]], closings) == "too_few_documents"


def test_what_a_customer_keeps_back_is_no_part_that_lacks() -> None:
    """900 of 1,000 were paid, and a tenth is kept back; a cent more lacks, beyond the remainder of 5."""
    odd, others = _late(100, 1_000_00, retention_cents=100_00), [_late(100) for _ in range(19)]
    closings = [_closed(one) for one in others]
    name = "receivables_part_paid_share_12m_v2"
    assert _value(name, [odd, *others], [*closings, _closed(odd, amount_cents=895_00)]) == 0.0
    assert _value(name, [odd, *others], [*closings, _closed(odd, amount_cents=894_99)]) == 0.05


@pytest.mark.parametrize(
    ("late_cents", "days", "expected"),
    [
        (100_00, 61, 0.0),  # half is not more than half
        (100_01, 61, 0.2857),
        (100_01, 60, 0.0),
        (900_00, 61, 0.6667),
    ],
)
def test_cross_aged_is_whoever_owes_mostly_what_is_long_overdue(late_cents: int, days: int, expected: float) -> None:
    """A customer with 100 that is not due and something late, and five who owe 100 each that is not due."""
    others = [_late(-5, customer=customer) for customer in (2, 3, 4, 5, None)]
    invoices = [_late(days, late_cents), _late(-5), *others]
    assert _value("receivables_cross_aged_share_v2", invoices) == expected
    assert _value("receivables_cross_aged_share_v2", [*invoices[:2], *others[:3]]) == "too_few_documents"


def test_two_documents_without_a_customer_are_two_customers() -> None:
    """One of them is late, and only it is behind the value."""
    late = _late(61, 300_00, customer=None)
    others = [_late(-5, customer=customer) for customer in (1, 2, 3, None)]
    ledger = make_ledger(invoices=[late, *others])
    name = "receivables_cross_aged_share_v2"
    assert feature_of(name, YEAR_END, ledger) == 0.4286
    assert evidence(derive(ledger, spine_of(YEAR_END), [name]), [name])[name].invoices == (late["document_id"],)


def test_the_evidence_of_corrections_and_reminders_is_what_was_counted() -> None:
    """Credit notes, the latest first; invoices with a second reminder, the largest first."""
    first, second = (make_invoice(issued_on=date(2024, 3, 1), gross_cents=cents) for cents in (100_00, 200_00))
    notes = [make_credit_note(first, issued_on=date(2024, 4, day)) for day in (1, 20)]
    notes.append(make_credit_note(issued_on=date(2024, 4, 5)))
    reminders = [make_reminder(one, level=2, happened_on=date(2024, 5, 1)) for one in (first, second)]
    ledger = make_ledger(invoices=[first, second], credit_notes=notes, reminders=reminders)
    names = ["receivables_correction_days_12m_v2", "receivables_dunned_firmly_share_12m_v2"]
    corrections, dunned = evidence(derive(ledger, spine_of(YEAR_END), names), names).values()
    assert (corrections.credit_notes, corrections.total) == ((notes[1]["document_id"], notes[0]["document_id"]), 2)
    assert dunned.invoices == (second["document_id"], first["document_id"])
