import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sandbox.bookkeeping.history import History
from sandbox.firms.persona import Persona
from sandbox.firms.simulation import simulate_firm
from sandbox.firms.situations import SITUATIONS
from sandbox.objects.books import RESOURCES, Books
from sandbox.rendering.render import books_of

ROOT = Path(__file__).parents[3]
END_DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
FIRMS = st.integers(0, 10_000)
DIGEST = """
import hashlib, sys, msgspec
from datetime import date
from sandbox.firms.simulation import simulate_firm
from sandbox.rendering.render import books_of
_, history = simulate_firm(int(sys.argv[1]), int(sys.argv[2]), date.fromisoformat(sys.argv[3]))
books = books_of(history, firm="f", name="F", token="0" * 32)
print(hashlib.sha256(msgspec.json.encode(books.objects)).hexdigest())
"""


def _books(history: History) -> Books:
    return books_of(history, firm="f", name="F", token="0" * 32)


def _digest(seed: int, number: int, end_on: date) -> str:
    _, history = simulate_firm(seed, number, end_on)
    return hashlib.sha256(msgspec.json.encode(_books(history).objects)).hexdigest()


@given(number=FIRMS, end_on=END_DAYS)
def test_the_same_seed_and_end_give_the_same_bytes(number: int, end_on: date) -> None:
    """Simulated twice in one process."""
    assert _digest(1, number, end_on) == _digest(1, number, end_on)


def test_a_fresh_process_gives_the_same_bytes() -> None:
    """Nothing depends on the process: no hash seed, no order of sets."""
    arguments = [sys.executable, "-c", DIGEST, "4", "17", "2026-11-20"]
    other = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=ROOT)
    assert other.stdout.strip() == _digest(4, 17, date(2026, 11, 20))


@given(number=FIRMS, end_on=END_DAYS)
def test_nothing_happens_or_is_recorded_after_the_end(number: int, end_on: date) -> None:
    """Whatever day of the week the books end on."""
    _, history = simulate_firm(2, number, end_on)
    _assert_nothing_later(history, end_on)


@given(persona=st.sampled_from(SITUATIONS), end_on=END_DAYS)
def test_nothing_is_later_than_the_end_in_special_firms_either(persona: Persona, end_on: date) -> None:
    """What the firms do that others do not ends with the books, too."""
    _assert_nothing_later(persona.history(end_on), end_on)


def _assert_nothing_later(history: History, end_on: date) -> None:
    last = end_on.toordinal()
    for document in (*history.invoices, *history.vouchers, *history.credit_notes):
        assert document.issued <= last
        assert document.recorded <= last
        assert document.last_booking[1] <= last
    assert all(line.day <= line.recorded <= last for line in history.lines)
    assert all(max(b.line.recorded, b.document.recorded) <= b.recorded <= last for b in history.bookings)


@given(number=FIRMS, end_on=END_DAYS)
def test_books_are_consistent(number: int, end_on: date) -> None:
    """Identifiers are unique, references lead somewhere, and cancelled invoices have no money on them."""
    _, history = simulate_firm(3, number, end_on)
    _assert_consistent(_books(history).objects)


@given(persona=st.sampled_from(SITUATIONS), end_on=END_DAYS)
def test_books_of_special_firms_are_consistent(persona: Persona, end_on: date) -> None:
    """The same holds for every firm that does what others do not."""
    _assert_consistent(persona.books(end_on).objects)


def _assert_consistent(objects: Mapping[str, Any]) -> None:
    assert set(objects) == set(RESOURCES)
    ids = {name: {item["id"] for item in items} for name, items in objects.items()}
    assert all(len(ids[name]) == len(items) for name, items in objects.items())
    for entry in objects["CheckAccountTransactionLog"]:
        assert entry["checkAccountTransaction"]["id"] in ids["CheckAccountTransaction"]
        assert entry["object"]["id"] in ids[entry["object"]["objectName"]]
    cancelled = {item["origin"]["id"] for item in objects["Invoice"] if item["invoiceType"] == "SR"}
    for item in objects["Invoice"]:
        assert item["contact"] is None or item["contact"]["id"] in ids["Contact"]
        if item["id"] in cancelled:
            assert (item["status"], item["paidAmount"], item["payDate"]) == ("1000", 0, None)
        if item["invoiceType"] == "RE":
            assert 0 <= item["paidAmount"] <= float(item["sumGross"])
    numbers = Counter(item["invoiceNumber"] for item in objects["Invoice"] if item["invoiceNumber"])
    assert all(count == 1 for count in numbers.values())


@given(number=FIRMS, end_on=END_DAYS)
def test_a_bank_fed_balance_is_the_sum_of_its_lines(number: int, end_on: date) -> None:
    """Unless the opening balance never reached the books."""
    traits, history = simulate_firm(5, number, end_on)
    if traits.bank != "feed":
        return
    for index, account in enumerate(history.accounts):
        if account.kind == "online":
            lines = [line for line in history.lines if line.account == index and not line.is_deleted]
            assert account.balance == sum(line.amount for line in lines)
