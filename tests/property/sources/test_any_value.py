"""Whatever stands in a field of a served object, the books are read."""

import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from spec.ledger.books import ACCOUNTS, KEY, ONLINE, TODAY, credit_note, invoice, line, log, voucher
from unit.sevdesk.fakes import client, sevdesk

from features.contracts import validate_ledger
from features.ledger import Ledger, Resource
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.words import records
from scoring.sources.sevdesk.words.fetched import Fetched

GOOD: dict[str, list[dict[str, Any]]] = {
    "CheckAccount": ACCOUNTS,
    "Invoice": [invoice(1)],
    "CreditNote": [credit_note(1)],
    "Voucher": [voucher(1)],
    "CheckAccountTransaction": [line(1, "119")],
    "CheckAccountTransactionLog": [log(1, "Invoice", 1, 1, 119)],
}
ITEMS: dict[str, dict[str, Any]] = {
    "CheckAccount": {**ONLINE, "id": "7", "currency": None},
    "Invoice": invoice(7, invoiceNumber="RE-7"),
    "CreditNote": credit_note(7),
    "Voucher": voucher(7),
    "CheckAccountTransaction": line(7, "119"),
    "CheckAccountTransactionLog": log(7, "Invoice", 1, 1, 119),
}
FIELDS = [
    (record.__name__, field.encode_name)
    for record in (
        records.CheckAccount, records.Invoice, records.CreditNote, records.Voucher, records.CheckAccountTransaction,
        records.CheckAccountTransactionLog,
    )
    for field in msgspec.structs.fields(record)
    if field.encode_name not in ("id", "")
]  # fmt: skip
"""All that is read of an object but its id."""
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
DAYS = st.tuples(st.integers(-1, 12_000), st.integers(0, 13), st.integers(0, 32), st.sampled_from(
    ["", "T00:00:00+01:00", "T23:59:59Z", " 00:00:00", "T00:00:00+00:53", "T99"]
)).map(lambda parts: f"{parts[0]:04}-{parts[1]:02}-{parts[2]:02}{parts[3]}")  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", " ", "0", "-1", "null", "nan", "inf", "1e400", "0000-00-00", "RE", "online", "EUR"])
    | TEXTS
    | DAYS
)
VALUES = st.recursive(
    SCALARS | st.fixed_dictionaries({"id": SCALARS, "objectName": SCALARS}),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def read(lists: dict[str, list[dict[str, Any]]]) -> tuple[Fetched, Ledger]:
    """What is read of books, and their ledger."""
    fetched = asyncio.run(client(sevdesk(lists)).fetch(frozenset(Resource), fetched_on=TODAY))
    return fetched, build_ledger(fetched, fetched_on=TODAY, hash_key=KEY, payout_iban=None)[0]


@given(st.lists(st.tuples(st.sampled_from(FIELDS), VALUES), min_size=20, max_size=60))
def test_no_value_keeps_books_from_being_read(odd: list[tuple[tuple[str, str], Any]]) -> None:
    """A ledger that keeps its contract is built, and what cannot be in it is named."""
    lists = {resource: list(objects) for resource, objects in GOOD.items()}
    for number, ((resource, field), value) in enumerate(odd, start=7):
        lists[resource].append(ITEMS[resource] | {"id": str(number), field: value})
    fetched, ledger = read(lists)
    validate_ledger(ledger)
    assert 1 not in fetched.set_aside["id"]
    assert 1 in ledger.invoices["document_id"]
    assert 1 in ledger.transactions["transaction_id"]
