"""Every odd value in every field that is read: it is what it says, or nothing, or its object is set aside."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import msgspec
import polars as pl
import pytest
from spec.ledger.books import ACCOUNTS, KEY, ONLINE, TODAY, Json, credit_note, invoice, line, log, voucher
from unit.sevdesk.fakes import client, sevdesk

from features.contracts import validate_ledger
from features.ledger import Resource
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.words import records
from scoring.sources.sevdesk.words.fetched import Fetched

ABSENT: Final = "<absent>"
ODD: Sequence[Any] = (
    ABSENT, None, "", " ", "0", "abc", "true", True, False, [], [1], {}, {"a": 1}, {"id": None}, {"id": "0"},
    {"id": ""}, {"id": "x"}, {"id": True}, {"id": -5}, {"objectName": "Invoice"}, {"id": "5", "objectName": 5},
    {"id": "5"}, {"id": 5}, {"id": "5", "name": "embedded", "objectName": "Unknown"}, "NaN", "inf", "1e400", 10**30,
    -(10**30), "1,5", "1.234,56", "1 234.5", "0x10", "1_000", "+5", "5.", "٣", "-0", 0, 1, -1, 0.1, 5, "5", "1.5e3",
    "a\0b", "x" * 100_000, "half \ud83d", "0000-00-00", "0000-00-00 00:00:00", "-0001-11-30T00:00:00+00:53",
    "0001-01-01T00:00:00+00:53", "9999-12-31T23:59:59-05:00", "2026-02-30T00:00:00+01:00", "31.01.2026", "2026-1-31",
    "20260131", "2026-W05-6", 1769900000, "2026-01-31", "2026-01-31T00:00:00", "2026-01-31T00:00:00+01:00",
    "2026-01-30T23:00:00Z", "2026-01-30T22:59:59Z", "2026-01-31 12:00:00", "2026-01-31T00:00:00.5+01:00",
    "2026-01-31T00:00:00+14:00",
)  # fmt: skip
NOTHING: Final = object()
"""What cannot be read."""
_31, _30 = date(2026, 1, 31), date(2026, 1, 30)
DAYS = {
    "2026-01-31": _31, "2026-01-31T00:00:00": _31, "2026-01-31T00:00:00+01:00": _31, "2026-01-30T23:00:00Z": _31,
    "2026-01-30T22:59:59Z": _30, "2026-01-31 12:00:00": _31, "2026-01-31T00:00:00.5+01:00": _31,
    "2026-01-31T00:00:00+14:00": _30,
}  # fmt: skip
NUMBERS: dict[str, float] = {
    "0": 0,
    "-0": 0,
    "1": 1,
    "-1": -1,
    "0.1": 0.1,
    "5": 5,
    "1.5e3": 1_500,
    "1769900000": 1769900000,
}
NUMBERS["20260131"] = 20260131


def number(least: float, most: float, *, is_whole: bool = False, factor: int = 1) -> Callable[[Any], Any]:
    """Reads numbers within bounds, as texts or not."""

    def read(value: object) -> Any:  # noqa: ANN401  a number or nothing
        found = (
            NUMBERS.get(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        )
        if found is None or not least <= found <= most or (is_whole and found % 1):
            return NOTHING
        return round(found * factor) if factor > 1 or is_whole else found

    return read


def day(value: object) -> Any:  # noqa: ANN401  a day or nothing
    """Reads days in Berlin."""
    return DAYS.get(value, NOTHING) if isinstance(value, str) else NOTHING


def number_of_reference(value: object) -> Any:  # noqa: ANN401  an id or nothing
    """Reads references and embedded objects."""
    is_one = isinstance(value, dict) and value.get("id") in ("5", 5) and value.get("objectName", "") != 5
    return 5 if is_one else NOTHING


def no_code(_: object) -> Any:  # noqa: ANN401  as the others
    """Reads codes, of which none is among the values."""
    return NOTHING


MONEY = number(-1e9, 1e10, factor=100)
CODE = number(-(2**31), 2**31 - 1, is_whole=True)
DISCOUNT = {
    "discountTime": ("discount_days", number(-36_500, 36_500, is_whole=True)),
    "discount": ("discount_percent", number(0, 100)),
}
SUMS = {"sumNet": ("net_cents", MONEY), "sumGross": ("gross_cents", MONEY)}
FIELDS: dict[str, dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "Invoice": DISCOUNT | SUMS | {
        "invoiceType": ("type", no_code), "status": ("status", CODE), "contact": ("contact", number_of_reference),
        "origin": ("origin", number_of_reference), "invoiceDate": ("issued_on", day), "create": ("created_on", day),
        "payDate": ("paid_on", day), "sendDate": ("sent_on", day), "enshrined": ("locked_on", day),
        "timeToPay": ("term_days", number(-36_500, 36_500, is_whole=True)), "paidAmount": ("paid_cents", MONEY),
        "dunningLevel": ("level", number(0, 1_000, is_whole=True)),
    },
    "CreditNote": DISCOUNT | SUMS | {
        "status": ("status", CODE), "contact": ("contact", number_of_reference),
        "origin": ("origin", number_of_reference), "refSrcInvoice": ("invoice", number_of_reference),
        "creditNoteDate": ("issued_on", day), "create": ("created_on", day), "payDate": ("paid_on", day),
    },
    "Voucher": SUMS | {
        "status": ("status", CODE), "creditDebit": ("side", no_code), "voucherType": ("type", no_code),
        "supplier": ("supplier", number_of_reference), "voucherDate": ("issued_on", day),
        "paymentDeadline": ("due_on", day), "create": ("created_on", day), "payDate": ("paid_on", day),
        "paidAmount": ("paid_cents", MONEY),
    },
    "CheckAccount": {
        "type": ("kind", no_code), "status": ("status", CODE), "balance": ("balance_cents", MONEY),
        "lastSync": ("synced_on", day), "create": ("created_on", day),
    },
    "CheckAccountTransaction": {
        "checkAccount": ("account", number_of_reference), "amount": ("amount_cents", MONEY),
        "valueDate": ("value_on", day), "create": ("created_on", day),
        "sourceTransaction": ("source", number_of_reference), "targetTransaction": ("target", number_of_reference),
    },
    "CheckAccountTransactionLog": {
        "amountPaid": ("amount_cents", MONEY), "checkAccountTransaction": ("transaction", number_of_reference),
        "object": ("document", number_of_reference), "bookingDate": ("booked_on", day), "create": ("created_on", day),
    },
}  # fmt: skip
"""By resource and field: the column, and what it reads."""
TEXTS = {
    "Invoice": {"invoiceNumber", "headText", "footText", "currency"},
    "CreditNote": {"creditNoteNumber", "currency"},
    "Voucher": {"description", "supplierName", "currency"},
    "CheckAccount": {"name", "iban", "bic", "currency", "importType", "bankServer"},
    "CheckAccountTransaction": {
        "paymtPurpose", "payeePayerName", "payeePayerAcctNo", "entryText", "compareHash", "gvCode", "status",
        "deletedAt",
    },
    "CheckAccountTransactionLog": set[str](),
}  # fmt: skip
"""Fields that may hold anything: here it matters only that nothing breaks."""
FRAMES = {
    "Invoice": "invoices",
    "CreditNote": "credit_notes",
    "Voucher": "vouchers",
    "CheckAccount": "accounts",
    "CheckAccountTransaction": "transactions",
    "CheckAccountTransactionLog": "payment_log",
}
ITEMS: dict[str, Json] = {
    "Invoice": invoice(1, paidAmount=5),
    "CreditNote": credit_note(1),
    "Voucher": voucher(1),
    "CheckAccount": {**ONLINE, "id": "1"},
    "CheckAccountTransaction": line(1, "119"),
    "CheckAccountTransactionLog": log(1, "Invoice", 5, 5, 119),
}


async def read(resource: str, items: list[Json]) -> Fetched:
    """What is read of books with these objects; a ledger can be made of it."""
    usual = {"CheckAccount": ACCOUNTS, "CheckAccountTransaction": [line(5, "119")], "Invoice": [invoice(5)]}
    whole = {**usual, resource: [*usual.get(resource, []), *items]}
    fetched = await client(sevdesk(whole)).fetch(frozenset(Resource), fetched_on=TODAY)
    validate_ledger(build_ledger(fetched, fetched_on=TODAY, hash_key=KEY, payout_iban=None)[0])
    return fetched


@pytest.mark.parametrize("resource", FIELDS)
async def test_an_odd_value_is_read_as_it_stands_or_not_at_all(resource: str) -> None:
    """Never as something else, and never does it break the reading; what a fact needs is named."""
    cases = [(name, value) for name in FIELDS[resource] for value in ODD]
    items = [
        {
            key: inner
            for key, inner in (ITEMS[resource] | {"id": str(1_000 + at), name: value}).items()
            if inner is not ABSENT
        }
        for at, (name, value) in enumerate(cases)
    ]
    fetched = await read(resource, items)
    frame: pl.DataFrame = getattr(fetched, FRAMES[resource])
    rows = {row["id"]: row for row in frame.iter_rows(named=True)}
    aside = dict(fetched.set_aside.select("id", "field").rows())
    wrong = []
    for at, (name, value) in enumerate(cases, start=1_000):
        column, reads = FIELDS[resource][name]
        expected = reads(value)
        found = NOTHING if at in aside or rows[at][column] is None else rows[at][column]
        if found != expected or aside.get(at, name) != name:
            wrong.append((name, str(value)[:40], found, expected))
    assert wrong == []


@pytest.mark.parametrize("resource", TEXTS)
async def test_texts_and_marks_may_be_anything(resource: str) -> None:
    """Each object is read or named."""
    items = [
        ITEMS[resource] | {"id": str(1_000 + at), name: value}
        for at, (name, value) in enumerate((name, value) for name in sorted(TEXTS[resource]) for value in ODD)
    ]
    fetched = await read(resource, items)
    frame: pl.DataFrame = getattr(fetched, FRAMES[resource])
    found = {*frame["id"], *fetched.set_aside["id"]} - {5}
    assert {int(item["id"]) for item in items} <= found


def test_the_matrix_has_every_field_that_is_read() -> None:
    """But ids, which are refused elsewhere."""
    for resource, fields in FIELDS.items():
        record: type[Any] = getattr(records, resource)
        names = {field.encode_name for field in msgspec.structs.fields(record)} - {"id", ""}
        assert names == {*fields, *TEXTS[resource]}
