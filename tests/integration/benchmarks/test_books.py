from pathlib import Path

import pytest

from benchmarks import books


@pytest.mark.parametrize("invoices", [50, 2_000])
def test_a_resized_firm_keeps_its_proportions(tmp_path: Path, invoices: int) -> None:
    """Brought to another number of invoices, a firm has bills, lines, log and credit notes in proportion."""
    directory = books.export(books.FIRM, tmp_path)
    before = {name: len(items) for name, items in books.read(directory).items()}
    sales = sum(item["invoiceType"] == "RE" for item in books.read(directory)["Invoice"])
    books.resize(directory, invoices)
    after = books.read(directory)
    assert sum(item["invoiceType"] == "RE" for item in after["Invoice"]) == invoices
    for name in ("Voucher", "CheckAccountTransaction", "CheckAccountTransactionLog"):
        assert len(after[name]) == pytest.approx(before[name] * invoices / sales, rel=0.1)


@pytest.mark.parametrize("invoices", [50, 2_000])
def test_a_resized_firm_is_whole(tmp_path: Path, invoices: int) -> None:
    """Numbers stay unique, and what the payment log names, documents and bank lines, is there."""
    directory = books.export(books.FIRM, tmp_path)
    books.resize(directory, invoices)
    objects = books.read(directory)
    numbers = {name: {item["id"] for item in items} for name, items in objects.items()}
    assert all(len(numbers[name]) == len(items) for name, items in objects.items())
    for entry in objects["CheckAccountTransactionLog"]:
        assert entry["object"]["id"] in numbers[entry["object"]["objectName"]]
        assert entry["checkAccountTransaction"]["id"] in numbers["CheckAccountTransaction"]
