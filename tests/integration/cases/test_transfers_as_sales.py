"""A firm invents invoices and books transfers between its own accounts on them: that is no money from customers."""

import os
import tarfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from integration.cases.test_values_and_verdicts import IBAN, decided

from sandbox.objects.books import Books
from sandbox.objects.folder import read_folder

VARIABLE = "CASES_DIR"
FOLDER = os.environ.get(VARIABLE)
pytestmark = pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} names no folder of cases")
SECOND_IBAN = "DE02120300000000202051"
SALES_TO_INFLOW = "trust_sales_inflow_ratio_12m_v2"
WITHOUT_INFLOW = "trust_paid_without_inflow_share_12m_v2"
SURPLUS = "liquidity_smoothed_surplus_12m_cents_v2"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def borrower(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """A firm with one account and nothing amiss."""
    folder = tmp_path_factory.mktemp("cases")
    with tarfile.open(Path(FOLDER or "") / "books" / "books.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    (books,) = (one for one in read_folder(folder) if one.firm.startswith("x00_"))
    return books


def _invented_on() -> Iterator[date]:
    for month in range(1, 11):
        yield from (date(2026, month, 5), date(2026, month, 19))


def _inventing(borrower: Books, firm: str, number_of_first: str | None) -> Books:
    """Two invented invoices a month of 23,800 euro, each paid from a second account, and the money goes back.

    Args:
        borrower: The firm without.
        firm: What it is called now.
        number_of_first: What the second account's lines name as the other account.
    """
    lists = deepcopy({resource: list(objects) for resource, objects in borrower.objects.items()})
    second = {**lists["CheckAccount"][0], "id": "2", "name": "Konto 2", "iban": SECOND_IBAN, "balance": "50000"}
    lists["CheckAccount"].append(second)
    lines, log = lists["CheckAccountTransaction"], lists["CheckAccountTransactionLog"]
    invoice, entry, line = lists["Invoice"][0], log[0], lines[0]
    opening = {**line, "id": "910000", "checkAccount": _ref("CheckAccount", "2"), "amount": "50000"}
    lines.append({**opening, "paymtPurpose": "Übertrag", "payeePayerName": "Bestand"})
    for count, day in enumerate(_invented_on()):
        on, back = _midnight(day), _midnight(day + timedelta(days=2))
        first = 900_000 + 10 * count
        for number, (amount, account, at) in enumerate(
            [("23800", "1", on), ("-23800", "2", on), ("-23800", "1", back), ("23800", "2", back)], start=first
        ):
            days = dict.fromkeys(("valueDate", "entryDate"), at)
            created = dict.fromkeys(("create", "update"), at.replace("T00", "T06"))
            parties = {"payeePayerName": None, "payeePayerAcctNo": number_of_first if account == "2" else None}
            of = {"id": str(number), "amount": amount, "checkAccount": _ref("CheckAccount", account)}
            lines.append({**line, **days, **created, **parties, **of, "paymtPurpose": f"RE-{first}"})
        dated = dict.fromkeys(("invoiceDate", "deliveryDate", "create", "update", "sendDate", "enshrined"), on)
        money = {"sumNet": "20000", "sumTax": "3800", "sumGross": "23800", "paidAmount": 23800.0, "payDate": on}
        money |= {"sumNetAccounting": "20000", "sumTaxAccounting": "3800", "sumGrossAccounting": "23800"}
        named = {"id": str(first + 5), "invoiceNumber": f"RE-{first}", "status": "1000"}
        lists["Invoice"].append({**invoice, **dated, **money, **named, "header": f"Rechnung Nr. RE-{first}"})
        booked = {"id": str(first + 6), "create": on.replace("T00", "T08"), "bookingDate": on, "amountPaid": 23800.0}
        booked["checkAccountTransaction"] = _ref("CheckAccountTransaction", str(first))
        log.append({**entry, **booked, "object": _ref("Invoice", str(first + 5))})
    return replace(borrower, objects=lists, firm=firm, token=f"{len(firm):032x}")


def _midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Berlin")).isoformat()


def _ref(name: str, number: str) -> Json:
    return {"id": number, "objectName": name}


async def test_transfers_that_are_booked_on_invented_invoices(borrower: Books, tmp_path: Path) -> None:
    """By their amounts they are probable, so a person decides; where one side names the other account, certain."""
    firms = {
        "plain": borrower,
        "unnamed": _inventing(borrower, "unnamed", None),
        "named by one side": _inventing(borrower, "named by one side", IBAN),
    }
    answers = await decided(firms, list(firms), tmp_path)
    plain = answers.pop("plain")
    assert plain["recommendation"] == "approve"
    assert plain["features"][SALES_TO_INFLOW] == 1.0
    for name, answer in answers.items():
        assert answer["recommendation"] == "refer", name
        assert answer["features"][SALES_TO_INFLOW] == pytest.approx(1.83, abs=0.01), name
        assert answer["features"][SURPLUS] == plain["features"][SURPLUS], name
        assert answer["features"][WITHOUT_INFLOW] > plain["features"][WITHOUT_INFLOW] == 0.0, name
    (reading,) = answers["unnamed"]["readings"]
    assert reading["name"] == "transfers_as_payments"
    assert not answers["named by one side"]["readings"]
