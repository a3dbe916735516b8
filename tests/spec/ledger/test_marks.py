"""Marks of documents and lines, from sevdesk's objects; null where the resource was not asked for."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from spec.ledger.books import ACCOUNTS, KEY, TODAY, Json, invoice, line, moment, voucher
from unit.sevdesk.fakes import client, ref, sevdesk

from features.ledger import Ledger, Resource
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.words.marks import Number, says_nothing, taken_apart, with_invoice_marks

MARKS_OF_INVOICES = ["series", "number", "locked_on", "edited_on", "is_blank", "is_recurring"]
MARKS_OF_BILLS = ["edited_on", "is_blank", "has_scan"]


async def read(resources: frozenset[Resource] = frozenset(Resource), **lists: list[Json]) -> Ledger:
    """The ledger of some objects."""
    fetched = await client(sevdesk({"CheckAccount": ACCOUNTS, **lists})).fetch(resources, fetched_on=TODAY)
    return build_ledger(fetched, fetched_on=TODAY, hash_key=KEY, payout_iban=None)[0]


async def marks_of_invoice(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """The marks of one invoice that was created, sent and locked on 10 January."""
    sent = {"sendDate": moment("01-10"), "enshrined": moment("01-10"), "update": moment("01-10")}
    ledger = await read(Invoice=[invoice(1, **(sent | changes))])
    return ledger.invoices.select(MARKS_OF_INVOICES).row(0, named=True)


@pytest.mark.parametrize(
    ("number", "series", "running"),
    [
        ("RE-1018", "RE-#", 1018),
        ("RE-0012", "RE-#", 12),
        ("RE-2026-0012", "RE-2026-#", 12),
        ("2026/17", "2026/#", 17),
        ("0012/2026", "#/2026", 12),
        ("12/26", "#/26", 12),
        ("RE-2026-11-7", "RE-2026-11-#", 7),
        ("RE-2025-3", "RE-2025-#", 3),  # another year is no year of issue, and still not the last group
        ("R1018a", "R#a", 1018),
        ("2026", "#", 2026),  # nothing else could be the number
        ("Musterfirma", None, None),
        ("", None, None),
        (None, None, None),
        ("RE-1234567890123456", None, None),  # no running number has sixteen digits
    ],
)
def test_a_number_is_its_series_and_its_running_part(
    number: str | None, series: str | None, running: int | None
) -> None:
    """The year of issue is no running part; a list of them is taken apart as each alone."""
    empty = {name: pl.Series([None], dtype=pl.String) for name in ("header", "head_text", "foot_text")}
    one = pl.DataFrame({"number": pl.Series([number], dtype=pl.String), "issued_on": [date(2026, 11, 5)], **empty})
    assert with_invoice_marks(one).select("series", "running").row(0) == (series, running)
    assert taken_apart(number, 2026) == Number(series, running)


@pytest.mark.parametrize(
    ("texts", "is_nothing"),
    [
        ((None, None, None), True),
        (("Rechnung Nr. RE-17", "<p>Sehr geehrte Damen und Herren,<br>vielen Dank für Ihren Auftrag.</p>", None), True),
        (
            (
                "Rechnung RE-17",
                "Sehr geehrte Frau Kraus,\nhiermit stelle ich Ihnen die folgenden Leistungen in Rechnung:",
                "Bitte überweisen Sie den Rechnungsbetrag bis zum 24.01.2026.<br>Mit freundlichen Grüßen<br>Jo Kern",
            ),
            True,
        ),
        (("Abschlagsrechnung Nr. RE-17", "", "&nbsp;"), True),
        (("Rechnung Nr. RE-17 Dachsanierung", None, None), False),
        (("Rechnung Nr. RE-17", "Sehr geehrte Damen und Herren, für die Wartung im Mai:", None), False),
        (("RE-17", None, "Sicherheitseinbehalt 5 %"), False),
        (("x" * 3000, None, None), False),
    ],
)
def test_templates_say_nothing(texts: tuple[str | None, ...], is_nothing: bool) -> None:  # noqa: FBT001  a table
    """Greetings, thanks and terms are on every invoice."""
    assert all(says_nothing(text, "RE-17") for text in texts if text) is is_nothing


async def test_an_invoice_that_was_sent_and_left_alone() -> None:
    """It is locked since its sending, and not edited since."""
    marks = await marks_of_invoice(invoiceNumber="RE-1018", header="Rechnung Nr. RE-1018")
    assert marks.pop("series") is not None
    assert marks == {
        "number": 1018,
        "locked_on": date(2026, 1, 10),
        "edited_on": None,
        "is_blank": True,
        "is_recurring": False,
    }


async def test_numbers_of_one_series_have_one_hash() -> None:
    """And those of another year another; nothing of the text is in it."""
    numbers = ["RE-2026-1", "RE-2026-2", "RE-2025-3"]
    books = [invoice(place, invoiceNumber=number) for place, number in enumerate(numbers, start=1)]
    ledger = await read(Invoice=books)
    first, second, other = ledger.invoices.sort("document_id")["series"]
    assert first == second != other
    assert ledger.invoices.sort("document_id")["number"].to_list() == [1, 2, 3]


@pytest.mark.parametrize(
    ("changes", "edited_on"),
    [
        ({"update": moment("01-11")}, date(2026, 1, 11)),
        ({"update": moment("01-11"), "sendDate": moment("01-11")}, None),  # it was sent again
        ({"update": moment("01-11"), "enshrined": moment("01-11")}, None),  # it was locked then
        ({"update": None}, None),
        ({"update": "soon"}, None),
    ],
)
async def test_sending_and_locking_are_no_edits(changes: Json, edited_on: date | None) -> None:
    """What was changed after the last of these was edited."""
    assert (await marks_of_invoice(**changes))["edited_on"] == edited_on


@pytest.mark.parametrize(
    ("changes", "is_recurring"),
    [
        ({}, False),
        ({"accountIntervall": "P0Y1M0W"}, True),
        ({"accountIntervall": ""}, False),
        ({"origin": ref("Invoice", 9)}, True),
        ({"origin": ref("Order", 9)}, False),  # an order of the template's number
        ({"origin": ref("Invoice", 8)}, False),
    ],
)
async def test_a_template_makes_recurring_invoices(changes: Json, is_recurring: bool) -> None:  # noqa: FBT001  a table
    """By the rhythm that it has, or by the template that it comes from."""
    template = invoice(9, invoiceType="WKR", status="100", accountIntervall="P0Y1M0W")
    ledger = await read(Invoice=[template, invoice(1, **changes)])
    assert ledger.invoices["is_recurring"].to_list() == [is_recurring]


async def test_an_invoice_that_was_unlocked_has_no_day_of_locking() -> None:
    """As one that never was."""
    assert (await marks_of_invoice(enshrined=None))["locked_on"] is None


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        (
            {"description": "4711", "document": ref("Document", 5), "update": moment("02-01")},
            (date(2026, 2, 1), False, True),
        ),
        ({"description": " ", "document": None, "update": moment("01-13")}, (date(2026, 1, 13), True, False)),
        ({}, (None, True, False)),
        ({"document": []}, (None, True, False)),
        ({"document": {"id": "0", "objectName": "Document"}}, (None, True, False)),
        # A reference that cannot be read is to something: whether it is a document cannot be told.
        ({"document": {"id": "x", "objectName": "Document"}}, (None, True, None)),
        ({"document": 7.5}, (None, True, None)),
    ],
)
async def test_bills(changes: Json, marks: tuple[date | None, bool, bool | None]) -> None:
    """With the day of the last change of any kind."""
    ledger = await read(Voucher=[voucher(1, **changes)])
    assert ledger.bills.select(MARKS_OF_BILLS).row(0) == marks


@pytest.mark.parametrize(
    ("status", "booking"),
    [
        ("100", "created"),
        ("200", "linked"),
        ("300", "private"),
        ("350", "booked"),
        ("400", "booked"),
        ("500", None),
        (None, None),
        ("soon", None),
    ],
)
async def test_states_of_lines(status: str | None, booking: str | None) -> None:
    """A state that is not known is null."""
    ledger = await read(CheckAccountTransaction=[line(1, "10", status=status)])
    assert ledger.transactions["booking"].to_list() == [booking]


async def test_without_the_resource_every_mark_is_null() -> None:
    """Nothing of them is decoded."""
    ledger = await read(
        frozenset(Resource) - {Resource.MARKS},
        Invoice=[invoice(1, invoiceNumber="RE-1", enshrined=moment("01-10"), update=moment("02-10"))],
        Voucher=[voucher(2, document=ref("Document", 5))],
        CheckAccountTransaction=[line(3, "10", status="400")],
    )
    for frame, marks in (
        (ledger.invoices, MARKS_OF_INVOICES),
        (ledger.bills, MARKS_OF_BILLS),
        (ledger.transactions, ["booking"]),
    ):
        assert frame.height == 1
        assert set(frame.select(marks).row(0)) == {None}
    assert Resource.MARKS not in ledger.fetched
