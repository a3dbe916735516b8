"""Books with unreadable values that are kept outside of this repository, where there are any.

The folder is named by the variable CASES_DIR; ``books/books.tar.xz`` in it has one folder of books per firm.
"""

import json
import os
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from unit.sevdesk.fakes import client, sevdesk

from features.ledger import Ledger, Resource
from sandbox.objects.folder import read_folder
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.words.fetched import Fetched

CASES = os.environ.get("CASES_DIR")
END = date(2026, 11, 28)
"""The day on which the books end."""

pytestmark = pytest.mark.skipif(CASES is None, reason="CASES_DIR does not name a folder of cases")


def _ledger(fetched: Fetched, on: date) -> Ledger:
    return build_ledger(fetched, fetched_on=on, hash_key=b"k" * 16, payout_iban=None)[0]


@pytest.mark.parametrize(
    ("firm", "set_aside", "read_as_empty"),
    [
        ("base", [], 0),
        ("c23a_invoice_year_0001", [("Invoice", 1469, "invoiceDate", "out_of_range", "sale")], 0),
        (
            "c23c_bill_deadline_9999_and_php_zero",
            [("Voucher", number, "paymentDeadline", "out_of_range", "bill") for number in (1469, 1470)],
            0,
        ),
        ("c23e_ttp_odd", [], 1),
    ],
)
async def test_books_are_read_and_what_is_odd_is_named(
    tmp_path: Path, firm: str, set_aside: list[tuple[str, int, str, str, str]], read_as_empty: int
) -> None:
    """What the firm cannot mend does not keep it from a decision."""
    with tarfile.open(Path(CASES or "") / "books" / "books.tar.xz") as archive:
        members = [one for one in archive.getmembers() if Path(one.name).parts[:1] == (firm,)]
        archive.extractall(tmp_path, members, filter="data")
    (books,) = read_folder(tmp_path)
    app = create_app([books], today=lambda: END)
    async with HttpClient(httpx.ASGITransport(app=app)) as http:
        reading = SevdeskClient(http, "http://sandbox/api/v1", Secret(books.token))
        fetched = await reading.fetch(frozenset(Resource), fetched_on=END)
    assert fetched.set_aside.select("resource", "id", "field", "reason", "kind").rows() == set_aside
    assert fetched.read_as_empty == read_as_empty
    assert _ledger(fetched, END).invoices.height > 90


@pytest.mark.parametrize(
    ("case", "notes"),
    [("empty_string_date", ("read_as_empty",)), ("line_without_account", ("set_aside",))],
)
async def test_a_single_ledger_is_read_with_a_note(case: str, notes: tuple[str, ...]) -> None:
    """An empty day of payment, and a bank line without an account."""
    given: dict[str, Any] = json.loads((Path(CASES or "") / "books" / f"{case}.json").read_text())
    today = date.fromisoformat(given["today"])
    fetched = await client(sevdesk(given["sevdesk"])).fetch(frozenset(Resource), fetched_on=today)
    _ledger(fetched, today)
    assert fetched.notes == notes
