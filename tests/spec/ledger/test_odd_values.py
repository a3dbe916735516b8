"""What becomes of values that cannot be read: read as empty where no fact needs them, else the object is set aside."""

from datetime import date, timedelta
from typing import Any

import pytest
from spec.ledger.books import ACCOUNTS, KEY, ONLINE, TODAY, Json, credit_note, invoice, line, log, moment, voucher
from unit.sevdesk.fakes import client, ref, sevdesk

from features.ledger import Ledger, Resource
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.words.fetched import Fetched

GOOD: dict[str, list[Json]] = {
    "CheckAccount": ACCOUNTS,
    "Invoice": [invoice(1)],
    "CreditNote": [credit_note(1)],
    "Voucher": [voucher(1)],
    "CheckAccountTransaction": [line(1, "119")],
    "CheckAccountTransactionLog": [log(1, "Invoice", 1, 1, 119)],
}
"""Books without anything odd."""
ODD: dict[str, Json] = {
    "Invoice": invoice(7),
    "CreditNote": credit_note(7),
    "Voucher": voucher(7),
    "CheckAccount": {**ONLINE, "id": "7"},
    "CheckAccountTransaction": line(7, "119"),
    "CheckAccountTransactionLog": log(7, "Invoice", 1, 1, 119),
}
"""The object that a value is changed of."""
ABSENT = object()


async def read(lists: dict[str, list[Json]]) -> tuple[Fetched, Ledger]:
    """What is read of books, and their ledger."""
    fetched = await client(sevdesk(lists)).fetch(frozenset(Resource), fetched_on=TODAY)
    ledger, _ = build_ledger(fetched, fetched_on=TODAY, hash_key=KEY, payout_iban=None)
    return fetched, ledger


async def read_with(resource: str, *items: Json) -> tuple[Fetched, Ledger]:
    """The same of good books with these objects besides."""
    return await read(GOOD | {resource: [*GOOD[resource], *items]})


def changed(item: Json, **changes: Any) -> Json:  # noqa: ANN401  any JSON
    """An object with other values, or without them."""
    return {name: value for name, value in (item | changes).items() if value is not ABSENT}


def assert_same_facts(one: Ledger, other: Ledger) -> None:
    """Both ledgers hold the same, but for what was set aside, and numbers."""
    frames, numbers = other.frames(), ("series", "number")
    for name, frame in one.frames().items():
        if name != "set_aside":
            assert frame.drop(numbers, strict=False).equals(frames[name].drop(numbers, strict=False))


@pytest.mark.parametrize(
    ("resource", "field", "value", "kind", "reason"),
    [
        # Days: an empty text and a day of zeros are none.
        ("Invoice", "invoiceDate", None, "sale", "missing"),
        ("Invoice", "invoiceDate", ABSENT, "sale", "missing"),
        ("Invoice", "invoiceDate", "", "sale", "missing"),
        ("Invoice", "invoiceDate", "0000-00-00 00:00:00", "sale", "missing"),
        ("Invoice", "invoiceDate", "31.12.2026", "sale", "unreadable"),
        ("Invoice", "invoiceDate", "2026-02-30T00:00:00+01:00", "sale", "unreadable"),
        ("Invoice", "invoiceDate", 1_767_999_600, "sale", "unreadable"),
        ("Invoice", "invoiceDate", True, "sale", "unreadable"),
        ("Invoice", "invoiceDate", "0001-01-01T00:00:00+00:53", "sale", "out_of_range"),
        ("Invoice", "invoiceDate", "1969-12-31T00:00:00+01:00", "sale", "out_of_range"),
        ("Invoice", "invoiceDate", "2200-01-01T00:00:00+01:00", "sale", "out_of_range"),
        ("Invoice", "create", None, "sale", "missing"),
        ("Invoice", "create", "-0001-11-30T00:00:00+00:53", "sale", "out_of_range"),
        ("Voucher", "voucherDate", "", "bill", "missing"),
        ("Voucher", "create", [], "bill", "missing"),
        ("CreditNote", "creditNoteDate", "9999-12-31T00:00:00+01:00", "credit_note", "out_of_range"),
        ("CheckAccountTransaction", "valueDate", "2026-W01-1", "bank_line", "unreadable"),
        ("CheckAccountTransaction", "valueDate", "0001-01-01T00:00:00+00:53", "bank_line", "out_of_range"),
        ("CheckAccountTransaction", "valueDate", "9999-12-31T23:59:59-05:00", "bank_line", "out_of_range"),
        ("CheckAccountTransaction", "deletedAt", True, "bank_line", "unreadable"),
        ("CheckAccountTransaction", "create", "", "bank_line", "missing"),
        ("CheckAccountTransactionLog", "create", "gestern", "log_entry", "unreadable"),
        ("CheckAccount", "create", "", "account", "missing"),
        # A day until which something has to be paid may be missing, but is not guessed where it is stated.
        ("Voucher", "paymentDeadline", "9999-12-31T00:00:00+01:00", "bill", "out_of_range"),
        ("Voucher", "paymentDeadline", "-0001-11-30T00:00:00+00:53", "bill", "out_of_range"),
        ("Voucher", "paymentDeadline", "bald", "bill", "unreadable"),
        ("Invoice", "timeToPay", "bald", "sale", "unreadable"),
        ("Invoice", "timeToPay", "36501", "sale", "out_of_range"),
        # Amounts.
        ("Invoice", "sumGross", None, "sale", "missing"),
        ("Invoice", "sumNet", "", "sale", "missing"),
        ("Invoice", "sumNet", "1,50", "sale", "unreadable"),
        ("Invoice", "sumNet", {"id": "1"}, "sale", "unreadable"),
        ("Invoice", "sumNet", "Infinity", "sale", "out_of_range"),
        ("Invoice", "sumNet", "10000000000", "sale", "out_of_range"),
        ("Invoice", "sumNet", 10**400, "sale", "out_of_range"),
        ("Invoice", "paidAmount", "viel", "sale", "unreadable"),
        ("Voucher", "sumNet", False, "bill", "missing"),
        ("Voucher", "paidAmount", [1], "bill", "unreadable"),
        ("CreditNote", "sumGross", "1.000,00", "credit_note", "unreadable"),
        ("CheckAccountTransaction", "amount", None, "bank_line", "missing"),
        ("CheckAccountTransaction", "amount", "1,50", "bank_line", "unreadable"),
        ("CheckAccountTransactionLog", "amountPaid", "", "log_entry", "missing"),
        # What kind of thing it is.
        ("Invoice", "status", "offen", "sale", "unreadable"),
        ("Invoice", "status", None, "sale", "missing"),
        ("Invoice", "status", 10**20, "sale", "out_of_range"),
        ("Invoice", "invoiceType", None, "unknown", "missing"),
        ("Invoice", "invoiceType", ["RE"], "unknown", "unreadable"),
        ("Invoice", "invoiceType", "XY", "unknown", "unreadable"),  # none that sevdesk is known to have
        ("Invoice", "invoiceType", "re", "unknown", "unreadable"),
        ("Voucher", "creditDebit", "X", "unknown", "unreadable"),
        ("Voucher", "voucherType", "VOUCHER", "unknown", "unreadable"),
        ("Voucher", "creditDebit", ABSENT, "unknown", "missing"),
        ("Voucher", "voucherType", {}, "unknown", "missing"),
        ("Voucher", "status", "bezahlt", "bill", "unreadable"),
        ("CreditNote", "status", "", "credit_note", "missing"),
        ("CheckAccount", "type", "crypto", "account", "unreadable"),
        ("CheckAccount", "importType", True, "account", "unreadable"),  # else its lines would be its bank's
        ("CheckAccount", "currency", {"id": "1"}, "account", "unreadable"),
        ("CheckAccount", "type", None, "account", "missing"),
        # Whose it is.
        ("CheckAccountTransaction", "checkAccount", ABSENT, "bank_line", "missing"),
        ("CheckAccountTransaction", "checkAccount", None, "bank_line", "missing"),
        ("CheckAccountTransaction", "checkAccount", "", "bank_line", "missing"),
        ("CheckAccountTransaction", "checkAccount", {"id": None}, "bank_line", "missing"),
        ("CheckAccountTransaction", "checkAccount", {"id": "0"}, "bank_line", "missing"),
        ("CheckAccountTransaction", "checkAccount", {"id": "-5"}, "bank_line", "out_of_range"),
        ("CheckAccountTransaction", "checkAccount", {"id": "Giro"}, "bank_line", "unreadable"),
        # An unreadable link may be one between own accounts, or to a clearing account.
        ("CheckAccountTransaction", "targetTransaction", {"id": "x"}, "bank_line", "unreadable"),
        ("CheckAccountTransactionLog", "checkAccountTransaction", 5, "log_entry", "unreadable"),
        ("CheckAccountTransactionLog", "object", {"id": "x", "objectName": "Invoice"}, "log_entry", "unreadable"),
    ],
)
async def test_what_cannot_be_a_fact_is_set_aside(
    resource: str,
    field: str,
    value: Any,  # noqa: ANN401  any JSON
    kind: str,
    reason: str,
) -> None:
    """It is named with field and reason, and all else is read as if it were not there."""
    fetched, ledger = await read_with(resource, changed(ODD[resource], **{field: value}))
    assert fetched.set_aside.select("resource", "id", "field", "reason", "kind").rows() == [
        (resource, 7, field, reason, kind)
    ]
    assert fetched.notes == ("set_aside",)
    assert ledger.set_aside.select("kind", "document_id", "field", "reason").rows() == [(kind, 7, field, reason)]
    assert_same_facts(ledger, (await read(GOOD))[1])


@pytest.mark.parametrize(
    ("resource", "field", "value", "count"),
    [
        ("Invoice", "payDate", "", 1),
        ("Invoice", "payDate", "0000-00-00", 1),
        ("Invoice", "payDate", "0", 1),
        ("Invoice", "payDate", "0001-01-01T00:00:00+00:53", 1),
        ("Invoice", "payDate", 5, 1),
        ("Invoice", "discount", "viel", 1),
        ("Invoice", "discount", "101", 1),
        ("Invoice", "discountTime", "", 1),
        ("Invoice", "currency", {"id": "1"}, 1),
        ("Invoice", "origin", "", 1),
        ("Invoice", "origin", False, 1),
        ("Invoice", "dunningLevel", "", 1),
        ("Invoice", "paidAmount", "", 1),
        ("Invoice", "invoiceNumber", ["RE-7"], 1),
        ("Invoice", "invoiceNumber", 17, 0),  # a number is as good a text
        ("Voucher", "payDate", "31.12.2026", 1),
        ("Voucher", "description", False, 1),
        ("CreditNote", "payDate", "", 1),
        ("CreditNote", "refSrcInvoice", [], 1),
        ("CheckAccountTransaction", "sourceTransaction", "", 1),
        ("CheckAccountTransaction", "targetTransaction", [], 1),
        ("CheckAccountTransaction", "status", "", 1),
        ("CheckAccountTransaction", "entryText", {"de": "Lastschrift"}, 1),
        ("CheckAccountTransaction", "payeePayerAcctNo", {}, 1),
        ("CheckAccountTransactionLog", "bookingDate", "", 1),  # the bank line has the day
        ("CheckAccount", "balance", "", 1),
        ("CheckAccount", "currency", "", 0),
        ("CheckAccount", "iban", False, 1),
    ],
)
async def test_what_no_fact_needs_is_read_as_empty(
    resource: str,
    field: str,
    value: Any,  # noqa: ANN401  any JSON
    count: int,
) -> None:
    """The object is read as if the value were not stated; each such value is counted, and a note says so."""
    odd, plain = changed(ODD[resource], **{field: value}), changed(ODD[resource], **{field: None})
    fetched, ledger = await read_with(resource, odd)
    assert fetched.set_aside.is_empty()
    assert fetched.read_as_empty == count
    assert fetched.notes == (("read_as_empty",) if count else ())
    assert_same_facts(ledger, (await read_with(resource, plain))[1])


@pytest.mark.parametrize(
    ("resource", "field"),
    [("Invoice", "timeToPay"), ("Voucher", "paymentDeadline"), ("Invoice", "contact"), ("Voucher", "supplier")],
)
async def test_a_term_or_a_party_that_is_empty_is_not_stated(resource: str, field: str) -> None:
    """An empty deadline is none: 30 days are assumed; without a party nobody is named."""
    fetched, ledger = await read_with(resource, changed(ODD[resource], **{field: ""}))
    assert (fetched.set_aside.height, fetched.read_as_empty) == (0, 1)
    assert_same_facts(ledger, (await read_with(resource, changed(ODD[resource], **{field: None})))[1])


@pytest.mark.parametrize("value", ["", " ", "0", "0000-00-00 00:00:00", None])
async def test_a_mark_that_is_empty_is_none(value: str | None) -> None:
    """An empty day of the last synchronisation does not make a bank feed, nor an empty kind an import."""
    accounts = [{**ONLINE, "id": "7", "lastSync": value}, {**ONLINE, "id": "8", "importType": value}]
    _, ledger = await read_with("CheckAccount", *accounts)
    assert ledger.accounts["provenance"].to_list()[-2:] == ["none", "bank_feed"]


@pytest.mark.parametrize("value", ["", "0", "0000-00-00 00:00:00"])
async def test_an_empty_day_of_deletion_deletes_nothing(value: str) -> None:
    """The line is a fact."""
    _, ledger = await read_with("CheckAccountTransaction", line(7, "5", deletedAt=value))
    assert ledger.transactions["transaction_id"].to_list() == [1, 7]


@pytest.mark.parametrize(
    ("resource", "item"),
    [
        ("Invoice", invoice(7, status="100", invoiceDate="", sumNet="viel", create="0001-01-01")),
        ("Invoice", invoice(7, invoiceType="WKR", invoiceDate="", timeToPay="bald")),
        ("Invoice", invoice(7, invoiceType="XY", status="100")),
        ("Invoice", invoice(7, invoiceType="SR", status="1000", invoiceDate="")),  # cancels nothing
        ("Voucher", voucher(7, status="50", voucherDate="9999-12-31", paymentDeadline="bald")),
        ("Voucher", voucher(7, voucherType="RV", sumGross="")),
        ("CreditNote", credit_note(7, status="100", creditNoteDate="")),
        ("CheckAccountTransaction", line(7, "5", account=2, valueDate="")),  # of a clearing account
        ("CheckAccountTransaction", line(7, "viel", deletedAt=moment("02-01"))),
        ("CheckAccountTransactionLog", log(7, "Invoice", 99, 1, 5, create="")),
        ("CheckAccountTransactionLog", changed(log(7, "Invoice", 1, 1, 5, create=""), object=ABSENT)),
    ],
)
async def test_what_is_no_fact_may_be_as_odd_as_it_likes(resource: str, item: Json) -> None:
    """Drafts, templates, lines of clearing accounts: nothing is set aside or counted."""
    fetched, ledger = await read_with(resource, item)
    assert (fetched.set_aside.height, fetched.read_as_empty, fetched.notes) == (0, 0, ())
    assert_same_facts(ledger, (await read(GOOD))[1])


async def test_a_cancellation_or_a_reminder_whose_invoice_cannot_be_read_is_set_aside() -> None:
    """It cancels or reminds of something; without an origin it would be no fact."""
    odd = {"id": "x", "objectName": "Invoice"}
    rows = [invoice(7, invoiceType="SR", status="1000", origin=odd), invoice(8, invoiceType="MA", origin=odd)]
    fetched, _ = await read_with("Invoice", *rows, invoice(9, invoiceType="MA", origin=ref("Invoice", 1), create=""))
    assert fetched.set_aside.select("id", "field", "reason", "kind").rows() == [
        (7, "origin", "unreadable", "cancellation"),
        (8, "origin", "unreadable", "reminder"),
        (9, "create", "missing", "reminder"),
    ]


async def test_what_is_set_aside_keeps_what_could_be_read_of_it() -> None:
    """Amounts in cents as sevdesk signs them, the contact, and days."""
    fetched, _ = await read(
        GOOD
        | {
            "Invoice": [invoice(7, create=""), invoice(8, sumGross="?", timeToPay=None)],
            "Voucher": [voucher(7, sumNet="")],
            "CheckAccountTransaction": [line(7, "-12.5", create="")],
            "CheckAccount": [*ACCOUNTS, {**ONLINE, "id": "7", "type": ""}],
            "CheckAccountTransactionLog": [],
        }
    )
    on = {day: date(2026, *map(int, day.split("-"))) for day in ("01-01", "01-10", "01-12", "01-13", "01-24", "01-26")}
    columns = ("resource", "id", "gross_cents", "net_cents", "contact", "issued_on", "due_on", "created_on")
    assert fetched.set_aside.select(columns).rows() == [
        ("CheckAccount", 7, None, None, None, None, None, on["01-01"]),
        ("CheckAccountTransaction", 7, -1_250, None, None, date(2026, 2, 1), None, None),
        ("Invoice", 7, 11_900, 10_000, 77, on["01-10"], on["01-24"], None),
        ("Invoice", 8, None, 10_000, 77, on["01-10"], None, on["01-10"]),
        ("Voucher", 7, 5_950, None, 88, on["01-12"], on["01-26"], on["01-13"]),
    ]


async def test_a_line_of_an_account_that_is_set_aside_is_not_named_besides() -> None:
    """The account is named, and its lines go with it."""
    fetched, ledger = await read(
        GOOD
        | {
            "CheckAccount": [*ACCOUNTS, {**ONLINE, "id": "7", "create": ""}],
            "CheckAccountTransaction": [line(1, "119"), line(7, "5", account=7, valueDate="")],
        }
    )
    assert fetched.set_aside.select("resource", "id").rows() == [("CheckAccount", 7)]
    assert ledger.transactions["transaction_id"].to_list() == [1]


async def test_an_entry_of_the_log_needs_a_day_where_its_line_has_none() -> None:
    """The day of the bank line is enough; where the line is not known, the entry has to say so itself."""
    fetched, _ = await read_with(
        "CheckAccountTransactionLog",
        log(7, "Invoice", 1, 1, 5, bookingDate=""),
        log(8, "Invoice", 1, 99, 5, bookingDate=""),
        changed(log(9, "Invoice", 1, 1, 5, bookingDate=None), checkAccountTransaction=ABSENT),
    )
    assert fetched.set_aside.select("id", "field", "reason").rows() == [
        (8, "bookingDate", "missing"),
        (9, "bookingDate", "missing"),
    ]


async def test_the_first_day_that_a_fact_can_have() -> None:
    """The one before is set aside."""
    days = {1: "1970-01-01", 2: "1969-12-31"}
    rows = [invoice(number, invoiceDate=f"{day}T00:00:00+01:00") for number, day in days.items()]
    fetched, ledger = await read({"CheckAccount": ACCOUNTS, "Invoice": rows})
    assert ledger.invoices["issued_on"].to_list() == [date(1970, 1, 1)]
    assert fetched.set_aside.select("id", "field", "reason").rows() == [(2, "invoiceDate", "out_of_range")]


@pytest.mark.parametrize(
    ("resource", "field", "last", "kind", "changes"),
    [
        # Read on 31 March 2026: sales may be dated a year ahead, other documents a month, bank lines a week.
        ("Invoice", "invoiceDate", date(2027, 4, 1), "sale", {}),
        ("Voucher", "voucherDate", date(2027, 4, 1), "sale", {"creditDebit": "D"}),
        ("Voucher", "voucherDate", date(2026, 5, 1), "bill", {}),
        ("CreditNote", "creditNoteDate", date(2026, 5, 1), "credit_note", {}),
        (
            "Invoice",
            "invoiceDate",
            date(2026, 5, 1),
            "cancellation",
            {"invoiceType": "SR", "origin": ref("Invoice", 1)},
        ),
        ("CheckAccountTransaction", "valueDate", date(2026, 4, 7), "bank_line", {}),
    ],
)
async def test_what_is_dated_far_ahead_is_set_aside(
    resource: str, field: str, last: date, kind: str, changes: Json
) -> None:
    """It would not be there on the day of the decision; it is read by the day of its entry then."""
    just, late = (
        changed(ODD[resource], **changes, id=str(number), **{field: day.isoformat()})
        for number, day in ((8, last), (9, last + timedelta(days=1)))
    )
    fetched, ledger = await read_with(resource, just, late)
    columns = ("id", "field", "reason", "kind", "issued_on", "due_on")
    assert fetched.set_aside.select(columns).rows() == [(9, field, "out_of_range", kind, None, None)]
    assert ledger.set_aside["recorded_on"].to_list() == [date.fromisoformat(late["create"][:10])]


async def test_a_document_that_is_due_later_than_any_fact_is_set_aside() -> None:
    """The year 9999 as a deadline is a slip."""
    fetched, _ = await read_with("Voucher", voucher(7, paymentDeadline="2200-01-01T00:00:00+01:00"))
    assert fetched.set_aside.select("id", "field", "reason").rows() == [(7, "paymentDeadline", "out_of_range")]


@pytest.mark.parametrize(
    ("resource", "item", "cents"),
    [
        ("Invoice", invoice(7, create=""), 119_00),
        ("Invoice", invoice(7, sumNet="viel"), None),  # half of an amount is none
        ("Voucher", voucher(7, sumGross=""), None),
        ("Voucher", voucher(7, voucherType="XY"), 59_50),
        ("CheckAccountTransaction", line(7, "-5", valueDate=""), 5_00),
        ("CheckAccount", {**ONLINE, "id": "7", "type": ""}, None),
        ("Invoice", invoice(7, invoiceType="MA", origin=ref("Invoice", 1), create=""), 0),
    ],
)
async def test_the_amount_of_what_was_set_aside(resource: str, item: Json, cents: int | None) -> None:
    """Null as soon as one is not known; a reminder has none."""
    lists = GOOD | {resource: [*GOOD[resource], item]}
    fetched = await client(sevdesk(lists)).fetch(frozenset(Resource), fetched_on=TODAY)
    _, coverage = build_ledger(fetched, fetched_on=TODAY, hash_key=KEY, payout_iban=None)
    assert (coverage.set_aside_count, coverage.set_aside_cents) == (1, cents)


async def test_a_line_that_was_set_aside_keeps_what_it_is_about() -> None:
    """A garnishment is one also where its day cannot be read."""
    text = "Pfaendungs- und Einziehungsverfuegung Az 12/34"
    odd = line(7, "-900", valueDate="0001-01-01", paymtPurpose=text, payeePayerName="Finanzamt Koeln")
    _, ledger = await read_with("CheckAccountTransaction", odd)
    assert ledger.set_aside.select("document_id", "category").rows() == [(7, "garnishment")]
