"""The firm ``awkward-books`` shows every document that programs misread: each of these is found in what is served."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books

TODAY = date(2026, 11, 20)
Object = dict[str, Any]


@pytest.fixture(scope="module")
def books() -> Books:
    """What is served of it."""
    (persona,) = (persona for persona in PERSONAS if persona.firm == "awkward-books")
    return persona.books(TODAY)


def _id(item: Object, field: str) -> str | None:
    reference = item.get(field)
    return None if reference is None else reference["id"]


def _is_part_paid(item: Object) -> bool:
    return 0 < item["paidAmount"] < float(item["sumGross"]) and item["payDate"] is None


def _is_on_time(item: Object) -> bool:
    return item["payDate"] is None or item["payDate"][:10] >= item["invoiceDate"][:10]


INVOICES: dict[str, Callable[[Object], bool]] = {
    "partly paid, status 750": lambda i: i["status"] == "750" and _is_part_paid(i),
    "partly paid before that status existed, still 200": lambda i: i["status"] == "200" and _is_part_paid(i),
    "cancelled: 1000 with nothing paid and no day": lambda i: (
        (i["invoiceType"], i["status"], i["paidAmount"], i["payDate"]) == ("RE", "1000", 0, None)
    ),
    "its cancellation, with a time of day and sums below 0": lambda i: (
        i["invoiceType"] == "SR" and i["sumGross"].startswith("-") and i["origin"]["objectName"] == "Invoice"
    ),
    "third reminder": lambda i: i["invoiceType"] == "MA" and i["dunningLevel"] == "3" and i["reminderDebit"] != "0",
    "recurring template": lambda i: i["invoiceType"] == "WKR" and i["accountNextInvoice"] is not None,
    "deactivated template, status 50": lambda i: i["status"] == "50" and i["invoiceType"] == "WKR",
    "draft without number and customer": lambda i: (
        (i["status"], i["invoiceNumber"], i["contact"]) == ("100", None, None)
    ),
    "advance invoice of an order, paid": lambda i: (i["invoiceType"], i["status"]) == ("AR", "1000"),
    "partial invoice of an order, paid": lambda i: (
        (i["invoiceType"], i["status"], i["origin"]["objectName"]) == ("TR", "1000", "Order")
        if i["invoiceType"] == "TR"
        else False
    ),
    "final invoice of an order, for what is left": lambda i: (i["invoiceType"], i["sumNet"]) == ("ER", "4000"),
    "in francs": lambda i: (
        i["currency"] == "CHF" and i["sumGrossForeignCurrency"] == "1000" and i["sumGross"] == "1060"
    ),
    "paid before it was issued": lambda i: not _is_on_time(i),
    "paid by hand": lambda i: i["paidAmount"] == 357 and i["status"] == "1000",
    "without days to pay": lambda i: i["timeToPay"] is None and i["status"] == "200",
    "HTML in a text": lambda i: i["headText"] is not None and "<br>" in i["headText"],
    "of system 1.0": lambda i: i["taxType"] == "default" and "taxRule" not in i,
    "of system 2.0": lambda i: i["taxType"] is None and "taxRule" in i,
}
CREDIT_NOTES: dict[str, Callable[[Object], bool]] = {
    "refunded": lambda c: c["status"] == "1000" and c["payDate"] is not None and c["payDate"] > c["creditNoteDate"],
    "refunded before it was written": lambda c: c["payDate"] is not None and c["payDate"] < c["creditNoteDate"],
    "open": lambda c: c["status"] == "200" and c["payDate"] is None,
    "in francs": lambda c: (c["currency"], c["sumGrossForeignCurrency"], c["sumGross"]) == ("CHF", "100", "106"),
}
VOUCHERS: dict[str, Callable[[Object], bool]] = {
    "bill as draft, 50": lambda v: (v["creditDebit"], v["status"]) == ("C", "50"),
    "bill to pay, 100": lambda v: (v["creditDebit"], v["status"], v["paidAmount"]) == ("C", "100", 0),
    "bill whose payment is ordered, 150": lambda v: (v["status"], v["paidAmount"], v["payDate"]) == ("150", 0, None),
    "bill partly paid, 750": lambda v: (v["status"], v["paidAmount"], v["sumGross"]) == ("750", 87.49, "95"),
    "bill paid, 1000": lambda v: (v["creditDebit"], v["status"], v["paidAmount"]) == ("C", "1000", 833),
    "bill overpaid: capped, the accounts know more": lambda v: (
        (v["sumGross"], v["paidAmount"], v["sumGrossAccounting"]) == ("80", 80, "87.49")
    ),
    "bill on which money came in": lambda v: v["paidAmount"] == -15 and v["status"] == "100",
    "revenue, open": lambda v: (v["creditDebit"], v["status"]) == ("D", "100"),
    "revenue, paid": lambda v: (v["creditDebit"], v["status"]) == ("D", "1000"),
    "recurring template": lambda v: v["voucherType"] == "RV",
    "HTML in a description": lambda v: "<b>" in v["description"],
}
LINES: dict[str, Callable[[Object], bool]] = {
    "soft-deleted": lambda x: x["deletedAt"] is not None,
    "transfer that names where it goes": lambda x: "targetTransaction" in x and x["amount"] == "-400",
    "transfer that names where it came from": lambda x: "sourceTransaction" in x and x["amount"] == "400",
    "private": lambda x: x["status"] == "300",
    "booked": lambda x: x["status"] == "400",
    "not booked": lambda x: x["status"] == "100" and x["deletedAt"] is None,
}
CASES = {"Invoice": INVOICES, "CreditNote": CREDIT_NOTES, "Voucher": VOUCHERS, "CheckAccountTransaction": LINES}
SHOWN = [(resource, what) for resource, kinds in CASES.items() for what in kinds]


@pytest.mark.parametrize(("resource", "what"), SHOWN, ids=" ".join)
def test_it_is_there(books: Books, resource: str, what: str) -> None:
    """At least one object of the books is of that kind."""
    assert any(CASES[resource][what](item) for item in books.objects[resource])


def test_a_write_off_is_booked_on_a_clearing_account(books: Books) -> None:
    """The invoice is 1000 and paid in full, but its only line is one of an offline account."""
    accounts = {a["id"]: a["type"] for a in books.objects["CheckAccount"]}
    lines = {x["id"]: accounts[x["checkAccount"]["id"]] for x in books.objects["CheckAccountTransaction"]}
    kinds: dict[str, set[str]] = {}
    for entry in books.objects["CheckAccountTransactionLog"]:
        if entry["object"]["objectName"] == "Invoice":
            kinds.setdefault(entry["object"]["id"], set()).add(lines[entry["checkAccountTransaction"]["id"]])
    invoices = {i["id"]: i for i in books.objects["Invoice"]}
    written_off = [invoices[document] for document, kind in kinds.items() if kind == {"offline"}]
    assert any(i["status"] == "1000" and i["paidAmount"] == 1785 for i in written_off)


def test_discount_and_charge_show_in_the_log_only(books: Books) -> None:
    """Both invoices say that they are paid in full; the log has 2 % less on one, 5 euro more on the other."""
    paid: dict[str, float] = {}
    for entry in books.objects["CheckAccountTransactionLog"]:
        document = entry["object"]["id"]
        paid[document] = round(paid.get(document, 0) + entry["amountPaid"], 2)
    full = {i["id"]: float(i["sumGross"]) for i in books.objects["Invoice"] if i["paidAmount"] == float(i["sumGross"])}
    differences = {(full[document], round(paid[document] - full[document], 2)) for document in full if document in paid}
    assert {(952.0, -19.04), (476.0, 5.0)} <= differences


def test_one_line_can_pay_two_invoices(books: Books) -> None:
    """The amounts of its two log entries add up to the line."""
    amounts = {x["id"]: float(x["amount"]) for x in books.objects["CheckAccountTransaction"]}
    shares: dict[str, list[float]] = {}
    for entry in books.objects["CheckAccountTransactionLog"]:
        shares.setdefault(entry["checkAccountTransaction"]["id"], []).append(entry["amountPaid"])
    (both,) = [line for line, parts in shares.items() if len(parts) == 2]
    assert (sorted(shares[both]), amounts[both]) == ([476, 714], 1190.0)


def test_the_parts_of_an_order_name_it(books: Books) -> None:
    """Advance, partial and final invoice have the same order as their origin; together they are its price, once."""
    parts = [i for i in books.objects["Invoice"] if i["invoiceType"] in {"AR", "TR", "ER"}]
    assert {(i["origin"]["objectName"], i["origin"]["id"]) for i in parts} == {("Order", _id(parts[0], "origin"))}
    assert sum(float(i["sumNet"]) for i in parts) == 10_000


def test_books_that_open_later_lack_the_oldest_exhibit() -> None:
    """A partial payment from before June 2024 cannot be in books that open after it."""
    (persona,) = (persona for persona in PERSONAS if persona.firm == "awkward-books")
    later = persona.books(date(2029, 1, 31))
    assert not any(i["status"] == "200" and _is_part_paid(i) for i in later.objects["Invoice"])
    assert any(i["status"] == "750" for i in later.objects["Invoice"])
