"""Copies, drafts that were sent later, retentions, and claims that were sold."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from spec.ledger.books import TODAY, Json, credit_note, invoice, line, log, moment, read, voucher
from unit.sevdesk.fakes import ref

from scoring.sources.sevdesk.words.letters import Terms, terms_of


async def copies(**lists: list[Json]) -> tuple[list[int], tuple[str, ...]]:
    """Ids of the documents that are copies today, and the notes."""
    ledger, coverage = await read(**lists)
    stays = pl.col("is_duplicate") & (pl.col("duplicate_until").is_null() | (pl.col("duplicate_until") > TODAY))
    found = [frame.filter(stays)["document_id"] for frame in (ledger.invoices, ledger.bills)]
    return [number for series in found for number in series], coverage.notes


TWICE = {"invoiceNumber": "RE-0017"}


@pytest.mark.parametrize(
    ("changes", "expected", "notes"),
    [
        ({}, [2], ("invoices_twice",)),
        ({"invoiceNumber": " re - 0017"}, [2], ("invoices_twice",)),
        ({"invoiceNumber": "RE-17"}, [], ()),
        ({"invoiceDate": moment("02-10")}, [2], ("invoices_twice",)),
        ({"sumGross": "119.01"}, [], ("number_twice",)),
        ({"contact": ref("Contact", 78)}, [], ("number_twice",)),
        ({"status": "100"}, [], ()),
    ],
)
async def test_an_invoice_number_is_given_once(changes: Json, expected: list[int], notes: tuple[str, ...]) -> None:
    """The same number, customer and amount is a copy, whatever its day; another amount or customer only a note."""
    assert await copies(Invoice=[invoice(1, **TWICE), invoice(2, **TWICE, create=moment("01-11")) | changes]) == (
        expected,
        notes,
    )


async def test_the_first_recorded_counts() -> None:
    """Not the one with the lowest id, and ten times is once."""
    many = [invoice(number, **TWICE, create=moment("01-12")) for number in range(1, 10)]
    found, _ = await copies(Invoice=[*many, invoice(10, **TWICE)])
    assert found == list(range(1, 10))


async def test_what_was_cancelled_is_issued_again() -> None:
    """Neither a cancelled invoice nor its new issue under one number is a copy; a credit note over all cancels, too."""
    again = invoice(2, **TWICE, create=moment("01-11"))
    cancellation = invoice(9, invoiceType="SR", status="1000", origin=ref("Invoice", 1))
    assert await copies(Invoice=[invoice(1, **TWICE, status="1000"), again, cancellation]) == ([], ())
    credited = credit_note(7, sumGross="119", refSrcInvoice=ref("Invoice", 1))
    assert (await copies(Invoice=[invoice(1, **TWICE), again], CreditNote=[credited]))[0] == []
    partly = credit_note(7, sumGross="118", refSrcInvoice=ref("Invoice", 1))
    assert (await copies(Invoice=[invoice(1, **TWICE), again], CreditNote=[partly]))[0] == [2]


async def test_no_number_is_no_copy() -> None:
    """And a mere word is one on the same day alone."""
    assert await copies(Invoice=[invoice(1, invoiceNumber=None), invoice(2, invoiceNumber=None)]) == ([], ())
    words = [invoice(n, invoiceNumber="Rechnung", invoiceDate=moment(on)) for n, on in ((1, "01-10"), (2, "02-10"))]
    assert await copies(Invoice=words) == ([], ())
    assert (await copies(Invoice=[words[0], {**words[0], "id": "3"}]))[0] == [3]


def _monthly(number: str, months: int, **changes: object) -> list[Json]:
    return [
        voucher(n, description=number, voucherDate=moment(f"0{n}-01"), create=moment(f"0{n}-02"), **changes)
        for n in range(1, months + 1)
    ]


@pytest.mark.parametrize(
    ("vouchers", "expected"),
    [
        pytest.param(_monthly("4711", 2), [2], id="a number twice, entered with another day"),
        pytest.param(_monthly("Vertrag 4711", 3), [], id="the number of a contract, every month"),
        pytest.param(_monthly("Miete", 2), [], id="a rent without number"),
        pytest.param([voucher(1, description="Miete"), voucher(2, description="Miete")], [2], id="a rent twice a day"),
        pytest.param(
            [voucher(1, description="A1"), voucher(2, description="A1", sumGross="59.51")], [], id="two amounts"
        ),
        pytest.param(
            [voucher(1, description="A1"), voucher(2, description="A1", supplier=ref("Contact", 89))],
            [],
            id="two suppliers",
        ),
        pytest.param(
            [
                voucher(n, description="A1", supplier=None, supplierName=name)
                for n, name in ((1, "Bahn AG"), (2, " bahn  ag"))
            ],
            [2],
            id="one supplier by name",
        ),
        pytest.param([voucher(n, description="A1", supplier=None) for n in (1, 2)], [], id="nobody's bills"),
    ],
)
async def test_bills_twice(vouchers: list[Json], expected: list[int]) -> None:
    """To leave out a bill flatters, so that it needs more: contracts and customers have numbers as well."""
    found, notes = await copies(Voucher=vouchers)
    assert found == expected
    assert ("bills_twice" in notes) is bool(expected)


async def days_of_copies(**lists: list[Json]) -> dict[int, str | None]:
    """Copies by id, with the day from which each counts."""
    ledger, _ = await read(**lists)
    frames = (
        frame.select("document_id", "is_duplicate", "duplicate_until") for frame in (ledger.invoices, ledger.bills)
    )
    rows = pl.concat(frames).filter("is_duplicate").iter_rows()
    return {number: until and f"{until:%m-%d}" for number, _, until in rows}


async def test_what_comes_later_changes_nothing_that_was_known() -> None:
    """Until the other one is cancelled, or the number is that of a contract, a copy is one; then it counts."""
    lists = [invoice(1, **TWICE), invoice(2, **TWICE, create=moment("01-11"))]
    cancellation = invoice(9, invoiceType="SR", status="1000", origin=ref("Invoice", 1), create=moment("02-03"))
    assert await days_of_copies(Invoice=[*lists, cancellation]) == {2: "02-03"}
    notes = [
        credit_note(number, sumGross=part, refSrcInvoice=ref("Invoice", 1), create=moment(on))
        for number, part, on in ((7, "100", "02-04"), (8, "19", "02-05"))
    ]
    assert await days_of_copies(Invoice=lists, CreditNote=notes) == {2: "02-05"}
    assert await days_of_copies(Invoice=lists, CreditNote=notes[:1]) == {2: None}
    of_copy = {**cancellation, "origin": ref("Invoice", 2)}
    assert await days_of_copies(Invoice=[*lists, of_copy]) == {2: None}
    assert await days_of_copies(Voucher=_monthly("Vertrag 4711", 3)) == {2: "03-02"}
    assert await days_of_copies(Voucher=_monthly("Vertrag 4711", 2)) == {2: None}
    twice_a_day = {**_monthly("Vertrag 4711", 2)[1], "id": "5"}
    assert await days_of_copies(Voucher=[*_monthly("Vertrag 4711", 3), twice_a_day]) == {2: "03-02", 5: None}


async def test_a_draft_was_not_there_before_it_was_sent() -> None:
    """It is the copy where the other one was sent first."""
    lists = [invoice(1, **TWICE, sendDate=moment("01-15")), invoice(2, **TWICE, create=moment("01-11"))]
    assert await days_of_copies(Invoice=lists) == {1: None}


# When it was sent


@pytest.mark.parametrize(
    ("sent", "locked", "expected"),
    [
        ("03-20", "03-21", "03-20"),
        ("03-21", "03-20", "03-20"),
        (None, "03-20", "03-20"),
        ("03-20", None, "03-20"),
        (None, None, None),
    ],
)
async def test_the_earlier_of_sending_and_lock(sent: str | None, locked: str | None, expected: str | None) -> None:
    """Where neither tells, nothing is said."""
    days = {"sendDate": sent and moment(sent), "enshrined": locked and moment(locked)}
    ledger, _ = await read(Invoice=[invoice(1, **days)])
    assert ledger.invoices["sent_on"].to_list() == [expected and date.fromisoformat(f"2026-{expected}")]


async def test_sent_again() -> None:
    """What was recorded of an invoice proves that it was sent before: here a payment, a reminder and a credit note."""
    again = {"sendDate": moment("03-20")}
    ledger, _ = await read(
        Invoice=[
            *(invoice(number, **again) for number in (1, 2, 3, 4)),
            invoice(8, invoiceType="MA", origin=ref("Invoice", 2), create=moment("02-07")),
        ],
        CreditNote=[credit_note(7, refSrcInvoice=ref("Invoice", 3))],
        CheckAccountTransaction=[line(9, "50")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 50)],
    )
    assert ledger.invoices["sent_on"].to_list() == [
        date(2026, 2, 3),
        date(2026, 2, 7),
        date(2026, 1, 20),
        date(2026, 3, 20),
    ]


# What was sold

PAID_BY_FACTOR = {"payeePayerName": "Hanse Factoring GmbH", "paymtPurpose": "Ankauf Forderungen Abrechnung 4711"}


async def sold_days(**lists: list[Json]) -> dict[tuple[str, int], str]:
    """Sales by kind and id, with the day since when the books tell that they were sold."""
    ledger, _ = await read(**lists)
    sold = ledger.invoices.filter(pl.col("sold_on").is_not_null()).select("document", "document_id", "sold_on")
    return {(document, number): f"{day:%m-%d}" for document, number, day in sold.iter_rows()}


async def test_sold_over_the_account_of_a_factor() -> None:
    """Invoices, and income that is booked as vouchers; from the day on which booking and a pay-out were known."""
    lines = [
        line(9, "119", account=2),
        line(10, "59.5", account=2),
        line(11, "-100", "02-10", account=2, targetTransaction=ref("CheckAccountTransaction", 12)),
        line(12, "100", "02-10", **PAID_BY_FACTOR),
    ]
    entries = [log(4, "Invoice", 1, 9, 119), log(5, "Voucher", 2, 10, 59.5, create=moment("02-20"))]
    lists = {"Invoice": [invoice(1)], "Voucher": [voucher(2, creditDebit="D")]}
    sold = await sold_days(**lists, CheckAccountTransaction=lines, CheckAccountTransactionLog=entries)
    assert sold == {("invoice", 1): "02-11", ("voucher", 2): "02-20"}
    unpaid = {"CheckAccountTransaction": lines[:2], "CheckAccountTransactionLog": entries}
    assert await sold_days(**lists, **unpaid) == {}


async def test_sold_and_paid_by_the_factor_directly() -> None:
    """What it keeps back of an invoice is not the customer's debt; a customer's payment sells nothing."""
    lists = {
        "Invoice": [invoice(1, status="750", paidAmount=95), invoice(2, status="750", paidAmount=95)],
        "CheckAccountTransaction": [line(9, "95", **PAID_BY_FACTOR), line(10, "95")],
        "CheckAccountTransactionLog": [log(4, "Invoice", 1, 9, 95), log(5, "Invoice", 2, 10, 95)],
    }
    assert await sold_days(**lists) == {("invoice", 1): "02-03"}


async def test_sold_by_its_text() -> None:
    """Since it was recorded."""
    text = "Zahlung mit schuldbefreiender Wirkung nur an die Hanse Factoring GmbH"
    assert await sold_days(Invoice=[invoice(1, footText=text, create=moment("01-12"))]) == {("invoice", 1): "01-12"}


# What is kept back


def _terms(**said: Any) -> Terms:  # noqa: ANN401  as the fields are
    return Terms(**said)


FIVE = _terms(retained_basis_points=500)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abzüglich 5 % Sicherheitseinbehalt", FIVE),
        ("<p>Gew&auml;hrleistungseinbehalt:<br>5,00&nbsp;%</p>", FIVE),
        ("5 v.H. Einbehalt gemäß VOB/B", FIVE),
        ("Zahlbar mit 2 % Skonto. Sicherheitseinbehalt 5 Prozent der Bruttosumme.", FIVE),
        ("zzgl. 19 % MwSt., Sicherheitseinbehalt 2,5%", _terms(retained_basis_points=250)),
        (
            "Gewaehrleistungsrueckbehalt 5 % bis zum 31.12.2030",
            _terms(retained_basis_points=500, retained_until=date(2030, 12, 31)),
        ),
        ("Sicherheitseinbehalt 1.250,50 €", _terms(retained_cents=125_050)),
        ("Einbehalt EUR 500,00 bis 30. 2. 2027", _terms(retained_cents=50_000)),
        ("Es wird kein Sicherheitseinbehalt von 5 % vorgenommen", Terms()),
        ("Rechnung ohne Einbehalt, 5 % Rabatt", Terms()),
        ("Sicherheitseinbehalt 5 % wurde durch Bürgschaft abgelöst", Terms()),
        ("Ein Zurückbehaltungsrecht steht dem Kunden zu 5 % nicht zu", Terms()),
        ("Sicherheitseinbehalt nach Vereinbarung", Terms()),
        ("Vielen Dank für Ihren Auftrag. 5 % Rabatt.", Terms()),
        ("Zahlungen mit schuldbefreiender Wirkung nur an die Factor Bank", _terms(is_sold=True)),
        ("Die Forderung ist an die XY Factoring GmbH abgetreten.", _terms(is_sold=True)),
        ("Der Käufer tritt uns seine Forderungen aus dem Weiterverkauf ab; sie gelten als abgetreten.", Terms()),
        ("Beratung zu Factoring und Leasing", Terms()),
    ],
)
def test_what_texts_say(text: str, expected: Terms) -> None:
    """The first retention with a share or an amount; a discount, a tax or a denial is none."""
    assert terms_of(text) == expected


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("Einbehalt 10 %", 1_190),
        ("Einbehalt 10,01 %", 0),
        ("Einbehalt 11,90 €", 1_190),
        ("Gesamt 119,00 € abzüglich 5 % Einbehalt", 595),
        ("Einbehalt 11,91 €", 0),
        (None, 0),
    ],
)
async def test_at_most_a_tenth_is_kept_back(text: str | None, cents: int) -> None:
    """More is no retention."""
    ledger, _ = await read(Invoice=[invoice(1, headText=text)])
    assert ledger.invoices["retention_cents"].to_list() == [cents]


def _partly_paid(number: int, amount: str, on: str = "02-23") -> tuple[Json, Json, Json]:
    """An invoice that is due on 24 January, a line and its booking."""
    part = invoice(number, status="750", paidAmount=float(amount))
    return part, line(100 + number, amount, on), log(200 + number, "Invoice", number, 100 + number, float(amount))


@pytest.mark.parametrize(
    ("amounts", "on", "kept"),
    [
        (["113.05"] * 3, "02-23", [595] * 3),
        (["113.05"] * 2, "02-23", [0] * 2),
        (["113.05"] * 3, "02-24", [0] * 3),
        (["113.05", "113.05", "115"], "02-23", [0] * 3),
        (["107.10"] * 3, "02-23", [1_190] * 3),
        (["107.09"] * 3, "02-23", [0] * 3),
        (["117.81"] * 3, "02-23", [119] * 3),
        (["117.82"] * 3, "02-23", [0] * 3),
    ],
)
async def test_a_customer_who_keeps_back_the_same_share(amounts: list[str], on: str, kept: list[int]) -> None:
    """Of three invoices or more, between 1 and 10 percent, the rest within 30 days of the due day; release unknown."""
    parts = [_partly_paid(number, amount, on) for number, amount in enumerate(amounts, start=1)]
    ledger, _ = await read(
        Invoice=[part[0] for part in parts],
        CheckAccountTransaction=[part[1] for part in parts],
        CheckAccountTransactionLog=[part[2] for part in parts],
    )
    assert ledger.invoices["retention_cents"].to_list() == kept
    assert ledger.invoices["retained_until"].null_count() == len(kept)


async def test_a_pattern_is_known_from_its_third_invoice_on() -> None:
    """Not before; of what is left later it is known with the payment. A release takes back nothing."""
    days = ["02-03", "02-05", "02-04", "02-10"]
    parts = [_partly_paid(number, "113.05", "02-02") for number in range(1, 5)]
    entries = [{**part[2], "create": moment(day)} for part, day in zip(parts, days, strict=True)]
    release = line(150, "5.95", "03-20"), log(250, "Invoice", 1, 150, 5.95, create=moment("03-21"))
    lists = {
        "Invoice": [part[0] for part in parts],
        "CheckAccountTransaction": [*(part[1] for part in parts), release[0]],
    }
    ledger, _ = await read(**lists, CheckAccountTransactionLog=[*entries, release[1]])
    known = [date(2026, 2, 5), date(2026, 2, 5), date(2026, 2, 5), date(2026, 2, 10)]
    assert ledger.invoices["retained_since"].to_list() == known
    assert ledger.invoices["retention_cents"].to_list() == [595] * 4


async def test_a_discount_is_no_retention() -> None:
    """What is closed with the payment is left of no invoice."""
    parts = [_partly_paid(number, "116.62", "01-15") for number in range(1, 5)]
    offer = {"discount": "2", "discountTime": "10", "status": "1000"}
    ledger, _ = await read(
        Invoice=[part[0] | offer for part in parts],
        CheckAccountTransaction=[part[1] for part in parts],
        CheckAccountTransactionLog=[part[2] for part in parts],
    )
    assert ledger.invoices["retention_cents"].to_list() == [0] * 4


async def test_texts_go_no_further() -> None:
    """What an invoice says is in no frame that is kept."""
    ledger, coverage = await read(Invoice=[invoice(1, footText="Einbehalt 5 %, Kennwort Bergkristall")])
    assert ledger.invoices["retention_cents"].to_list() == [595]
    frames = ledger.frames().values()
    assert "Bergkristall" not in str(coverage) + "".join(frame.write_json() for frame in frames)


async def test_set_aside_amounts_in_the_coverage() -> None:
    """Without signs; unknown as soon as one cannot be read."""
    odd = {"invoiceDate": "soon"}
    _, coverage = await read(
        Invoice=[invoice(1, **odd)], CreditNote=[credit_note(7, creditNoteDate="", sumGross="-19")]
    )
    assert (coverage.set_aside_count, coverage.set_aside_cents) == (2, 13_800)
    assert [(one.kind, one.id, one.field, one.reason) for one in coverage.set_aside] == [
        ("credit_note", 7, "creditNoteDate", "missing"),
        ("sale", 1, "invoiceDate", "unreadable"),
    ]
    _, coverage = await read(Invoice=[invoice(number, **odd, sumGross=sum_) for number, sum_ in ((1, "119"), (2, "x"))])
    assert (coverage.set_aside_count, coverage.set_aside_cents) == (2, None)
    _, coverage = await read(Invoice=[invoice(number, **odd) for number in range(1, 30)])
    assert (coverage.set_aside_count, len(coverage.set_aside)) == (29, 20)
