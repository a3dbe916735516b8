"""What is known of an invoice only afterwards: by hand, on a history of a few invoices."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from benchmarks.hindsight import Hindsight
from benchmarks.receivables import Row

DUE = date(2012, 6, 1)


def _row(delay: int, customer: str = "one", *, is_electronic: bool = False, is_disputed: bool = False) -> Row:
    return Row(
        customer=customer,
        number="1",
        issued_on=DUE - timedelta(days=30),
        due_on=DUE,
        settled_on=DUE + timedelta(days=delay),
        cents=1000,
        is_electronic=is_electronic,
        is_disputed=is_disputed,
    )


def _comes(rows: Sequence[Row], past_due: int, days: int) -> tuple[bool, ...]:
    return Hindsight(rows).comes(0, past_due, days)


@pytest.mark.parametrize(
    ("past_due", "days", "comes"),
    [
        (-10, 18, False),  # by 8 days after the due day one of three
        (-10, 19, True),  # by 9 days after it two
        (4, 4, False),  # of the two that took longer, none
        (4, 5, True),  # one, which is half
        (20, 1, True),  # none took longer: it comes any day
    ],
)
def test_an_invoice_comes_as_most_others_that_took_longer(past_due: int, days: int, comes: bool) -> None:  # noqa: FBT001
    """Others of its customer came 4, 9 and 20 days after the due day; itself and other customers do not count."""
    rows = [_row(-9), _row(4), _row(9), _row(20), _row(-9, "other"), _row(-9, "other")]
    assert _comes(rows, past_due, days)[0] is comes


def test_others_are_moved_to_what_is_known_of_the_invoice() -> None:
    """Billed electronically 6 days earlier, disputed 14 later, exactly: with both known, all others say the day."""
    rows = [
        _row(base + 14 * is_disputed - 6 * is_electronic, name, is_electronic=is_electronic, is_disputed=is_disputed)
        for name, base in (("one", 0), ("two", 30))
        for is_electronic, is_disputed in ((True, True), (False, False), (True, False), (False, True), (False, False))
    ]
    # The first came 8 days after the due day, others of its customer 0, -6, 14 and 0 days after it.
    known = [[_comes(rows, -30, 30 + day)[at] for day in (-1, 1, 7, 9)] for at in range(3)]
    assert known[0] == [False, True, True, True]
    assert known[2] == [False, False, False, True]


def test_causes_are_told_apart() -> None:
    """What a year seems to do is nothing once it is known how the invoice was billed."""
    rows = [
        Row(
            customer="one",
            number=str(month),
            issued_on=date(2012, 1, 1) + timedelta(days=30 * month),
            due_on=date(2012, 2, 1) + timedelta(days=30 * month),
            settled_on=date(2012, 2, 1) + timedelta(days=30 * month + 14 * (month % 3 == 0) - 6 * (month > 5)),
            cents=1000,
            is_electronic=month > 5,
            is_disputed=month % 3 == 0,
        )
        for month in range(12)
    ]
    year, billed, disputed = Hindsight(rows).causes()
    assert float(year[1]) < -5
    assert year[2] in ("0.0", "-0.0")
    assert (billed[2], billed[3]) == ("-6.0", "0.500")
    assert (disputed[2], disputed[3]) == ("14.0", "0.333")
