import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from sandbox.bookkeeping.history import History
from sandbox.firms.persona import Persona, make_all
from sandbox.firms.personas import PERSONAS, personas
from sandbox.firms.situations import SITUATIONS
from sandbox.firms.wholesaler import WHOLESALER
from sandbox.objects.folder import read_folder, write_folder

TODAY = date(2026, 11, 20)
BY_NAME = {persona.firm: persona for persona in PERSONAS}


def _natures(history: History, nature: str) -> int:
    return sum(line.nature == nature for line in history.lines)


def test_the_promised_firms_are_there() -> None:
    """Each situation that the demonstration needs has a firm."""
    assert {
        "healthy-agency", "borderline-retailer", "failing-builder", "young-startup", "sole-trader", "revoked-token",
        "dormant", "unverified-balance", "file-import", "seasonal-retailer", "one-big-customer", "slow-payers",
        "growing-cash-poor", "overdrawn", "late-with-taxes", "mixed-purses", "window-dresser", "circular-money",
        "foreign-currency", "small-business", "system-1", "awkward-books",
    } <= set(BY_NAME)  # fmt: skip


def test_names_tokens_and_accounts_differ() -> None:
    """No two firms share what tells them apart."""
    for values in ([p.token for p in PERSONAS], [p.iban for p in PERSONAS], [p.key for p in PERSONAS]):
        assert len(set(values)) == len(PERSONAS)


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.firm)
def test_the_main_account_has_the_listed_iban(persona: Persona) -> None:
    """The payout account of an application can be found in the books."""
    ibans = [item["iban"] for item in persona.books(TODAY).objects["CheckAccount"] if item["type"] == "online"]
    assert persona.iban in ibans


@pytest.mark.parametrize("end_on", [date(2026, 8, 1), TODAY, date(2027, 2, 28)])
def test_healthy_and_failing_look_the_part_whenever_they_are_looked_at(end_on: date) -> None:
    """The failing firm has returned debits and reminder fees and is overdrawn; the healthy one is not."""
    healthy, failing = BY_NAME["healthy-agency"].history(end_on), BY_NAME["failing-builder"].history(end_on)
    assert _natures(healthy, "returned_debit") == 0
    assert _natures(healthy, "reminder_fee") == 0
    assert min(a.balance or 0 for a in healthy.accounts) >= 0
    assert _natures(failing, "returned_debit") >= 3
    assert _natures(failing, "reminder_fee") >= 3
    assert (failing.accounts[0].balance or 0) < 0
    assert failing.died_on is None


def test_special_books_are_special() -> None:
    """Dormant issues nothing, file-import has no feed, unverified has another balance, revoked is refused."""
    assert [i for i in BY_NAME["dormant"].history(TODAY).invoices if i.kind == "RE"] == []
    account = BY_NAME["file-import"].books(TODAY).objects["CheckAccount"][-1]
    assert (account["importType"], account["balance"], account["lastSync"]) == ("CSV", "0", None)
    unverified = BY_NAME["unverified-balance"].history(TODAY)
    lines = sum(line.amount for line in unverified.lines if line.account == 0 and not line.is_deleted)
    assert unverified.accounts[0].balance != lines
    assert BY_NAME["revoked-token"].books(TODAY).is_revoked


@pytest.mark.parametrize("persona", SITUATIONS, ids=lambda persona: persona.firm)
def test_a_folder_gives_the_same_books_back(persona: Persona, tmp_path: Path) -> None:
    """Export and reading lose nothing: objects, version, name and token."""
    books = persona.books(TODAY)
    write_folder([books], tmp_path)
    (read,) = read_folder(tmp_path)
    assert (read.firm, read.name, read.token, read.version) == (books.firm, books.name, books.token, books.version)
    assert {name: objects for name, objects in read.objects.items() if objects} == {
        name: objects for name, objects in books.objects.items() if objects
    }


def test_served_books_are_made_when_they_are_looked_into() -> None:
    """Who is there is known at once; what is in the books is simulated once, whoever asks first."""
    served = personas(TODAY)
    assert [(b.firm, b.token, b.version, b.is_revoked) for b in served] == [
        (p.firm, p.token, p.version, p.is_revoked) for p in PERSONAS
    ]
    books = served[3]
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(books.objects.__getitem__, ["Invoice"] * 4))
    assert all(objects is asked[0] for objects in asked)
    assert dict(books.objects) == dict(PERSONAS[3].books(TODAY).objects)
    with pytest.raises(KeyError):
        books.objects["Order"]


def test_books_can_be_made_before_anybody_asks() -> None:
    """Those of personas; other books, such as those of a folder, are left alone."""
    later, there = PERSONAS[6].later_books(TODAY), PERSONAS[3].books(TODAY)
    make_all([later, there])
    made = later.objects["CheckAccount"]
    make_all([later])
    assert later.objects["CheckAccount"] is made


def test_every_firm_is_in_the_guide() -> None:
    """The table of the guide names them all, in the order of the list."""
    guide = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text()
    assert re.findall(
        r"^\| `([a-z0-9-]+)` \|", guide.partition("## The firms")[2].partition("\n## ")[0], re.MULTILINE
    ) == [persona.firm for persona in (*PERSONAS, WHOLESALER)]
