"""A firm calls its instalments transfers between own accounts: what it enters itself makes no loan disappear."""

import os
import tarfile
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from integration.cases.test_values_and_verdicts import decided

from sandbox.objects.books import Books
from sandbox.objects.folder import read_folder

SERVICE = "liquidity_debt_service_12m_cents_v2"
VARIABLE = "CASES_DIR"
FOLDER = os.environ.get(VARIABLE)
pytestmark = pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} names no folder of cases")
Lists = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def borrower(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """A firm that pays 25,000 euro a month on a loan."""
    folder = tmp_path_factory.mktemp("cases")
    with tarfile.open(Path(FOLDER or "") / "books" / "books.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    (books,) = (one for one in read_folder(folder) if one.firm.startswith("x51_"))
    return books


def _instalments(lists: Lists) -> list[dict[str, Any]]:
    return [line for line in lists["CheckAccountTransaction"] if line["amount"] == "-25000"]


def _entered(lists: Lists, iban: str | None) -> dict[str, Any]:
    """An account that somebody entered: no bank feeds it."""
    account = {**lists["CheckAccount"][0], "id": "90", "name": "Tagesgeld", "iban": iban, "lastSync": None}
    account |= {"balance": None, "defaultAccount": "0", "bankServer": None}
    lists["CheckAccount"].append(account)
    return account


def _under_the_lenders_number(lists: Lists) -> None:
    for line in _instalments(lists):
        line["payeePayerAcctNo"] = "DE89370400440532013000"
    _entered(lists, "DE89370400440532013000")


def _linked_with_deleted_lines(lists: Lists) -> None:
    _linked_with_posted_lines(lists)
    lists["CheckAccount"] = [account for account in lists["CheckAccount"] if account["id"] != "90"]
    for line in lists["CheckAccountTransaction"]:
        if int(line["id"]) >= 900_000:
            line |= {"deletedAt": line["create"], "checkAccount": {"id": "1", "objectName": "CheckAccount"}}


def _linked_with_posted_lines(lists: Lists) -> None:
    _entered(lists, None)
    for number, line in enumerate(_instalments(lists)):
        posted = {**line, "id": str(900_000 + number), "amount": line["amount"].lstrip("-"), "payeePayerName": None}
        posted["checkAccount"] = {"id": "90", "objectName": "CheckAccount"}
        line["targetTransaction"] = {"id": posted["id"], "objectName": "CheckAccountTransaction"}
        lists["CheckAccountTransaction"].append(posted)


ATTACKS = {
    "plain": lambda _: None,
    "number": _under_the_lenders_number,
    "linked": _linked_with_posted_lines,
    "deleted": _linked_with_deleted_lines,
}


async def test_what_a_firm_enters_makes_no_loan_disappear(borrower: Books, tmp_path: Path) -> None:
    """Read as transfers nothing is owed, read as payments it is: a person decides."""
    firms = {}
    for name, attack in ATTACKS.items():
        lists = deepcopy({resource: list(objects) for resource, objects in borrower.objects.items()})
        assert len(_instalments(lists)) >= 12
        attack(lists)
        firms[name] = replace(borrower, objects=lists, firm=name, token=f"{len(firms):032x}")
    answers = await decided(firms, list(firms), tmp_path)
    assert {answer["recommendation"] for answer in answers.values()} == {"refer"}
    plain = answers.pop("plain")
    assert plain["features"][SERVICE] == 300_000_00
    for name, answer in answers.items():
        assert answer["features"][SERVICE] == 0, name
        (reading,) = answer["readings"]
        assert (reading["name"], reading["max_amount"]) == ("transfers_as_payments", plain["offer"]["max_amount"]), name
    assert "READINGS_DIFFER" in {cause["code"] for cause in answers["number"]["causes"]}
    assert "READINGS_DIFFER" in {cause["code"] for cause in answers["deleted"]["causes"]}
