"""What becomes an invoice, a bill, a credit note, a cancellation or a reminder, and what does not."""

from datetime import date
from typing import Any

import pytest
from spec.ledger.books import credit_note, invoice, moment, read, voucher
from unit.sevdesk.fakes import ref

from features.ledger_versions import VERSIONS

FIRST = VERSIONS[1].frames


async def test_an_invoice() -> None:
    """A sent invoice is a fact of its day, due after its term, with a hash for its customer."""
    ledger, coverage = await read(Invoice=[invoice(1)])
    (row,) = ledger.invoices.select(FIRST["invoices"].names()).iter_rows(named=True)
    assert isinstance(row.pop("customer"), int)
    assert row == {
        "borrower": 0, "document": "invoice", "document_id": 1, "issued_on": date(2026, 1, 10),
        "due_on": date(2026, 1, 24), "is_due_assumed": False, "discount_days": None, "net_cents": 10_000,
        "gross_cents": 11_900, "recorded_on": date(2026, 1, 10),
    }  # fmt: skip
    assert (coverage.invoice_count, coverage.payment_source) == (1, "none")


@pytest.mark.parametrize(
    ("changes", "is_fact"),
    [
        ({"status": "100"}, False),  # draft
        ({"status": "50"}, False),  # deactivated template
        ({"status": "200"}, True),
        ({"status": "750"}, True),
        ({"status": "1000"}, True),
        ({"invoiceType": "TR"}, True),
        ({"invoiceType": "AR"}, True),
        ({"invoiceType": "ER"}, True),
        ({"invoiceType": "WKR", "status": "200"}, False),
        ({"invoiceType": "MA"}, False),
        ({"invoiceType": "SR", "status": "1000", "origin": ref("Invoice", 9)}, False),
        ({"status": "100", "invoiceDate": None, "contact": None, "sumNet": None, "sumGross": None}, False),
    ],
)
async def test_which_invoices_are_facts(changes: dict[str, Any], is_fact: bool) -> None:  # noqa: FBT001  a column
    """Sent invoices of the types RE, TR, AR and ER are facts; drafts, templates and notices are not."""
    ledger, _ = await read(Invoice=[invoice(1, **changes)])
    assert ledger.invoices.height == is_fact


@pytest.mark.parametrize(
    ("changes", "due_on", "is_assumed", "discount_days"),
    [
        ({"timeToPay": "0"}, date(2026, 1, 10), False, None),
        ({"timeToPay": None}, date(2026, 2, 9), True, None),
        ({"timeToPay": 30}, date(2026, 2, 9), False, None),
        ({"timeToPay": "-7"}, date(2026, 1, 10), False, None),  # nothing is due before it is issued
        ({"discountTime": "0", "discount": "2"}, date(2026, 1, 24), False, None),
        ({"discountTime": "7", "discount": "2"}, date(2026, 1, 24), False, 7),
        ({"invoiceDate": "2026-03-28T00:00:00+01:00", "timeToPay": "1"}, date(2026, 3, 29), False, None),
        ({"invoiceDate": "2026-03-30T00:00:00+02:00", "timeToPay": "0"}, date(2026, 3, 30), False, None),
        ({"invoiceDate": "2026-10-25T23:30:00+01:00", "timeToPay": "0"}, date(2026, 10, 25), False, None),
    ],
)
async def test_when_an_invoice_is_due(
    changes: dict[str, Any],
    due_on: date,
    is_assumed: bool,  # noqa: FBT001  a column
    discount_days: int | None,
) -> None:
    """The term counts in days from the literal date, over the change of the clock as well; without one it is 30."""
    ledger, _ = await read(Invoice=[invoice(1, **changes)])
    row = ledger.invoices.select(FIRST["invoices"].names()).row(0, named=True)
    assert (row["due_on"], row["is_due_assumed"], row["discount_days"]) == (due_on, is_assumed, discount_days)


async def test_a_bill() -> None:
    """An expense voucher is a bill of its supplier, due at its deadline, else 30 days after its date."""
    ledger, coverage = await read(Voucher=[voucher(5), voucher(6, paymentDeadline=None), voucher(7, status="50")])
    assert ledger.bills.select(FIRST["bills"].names()).drop("supplier").rows() == [
        (0, 5, date(2026, 1, 12), date(2026, 1, 26), False, 5_000, 5_950, date(2026, 1, 13)),
        (0, 6, date(2026, 1, 12), date(2026, 2, 11), True, 5_000, 5_950, date(2026, 1, 13)),
    ]
    assert (ledger.invoices.height, coverage.bill_count) == (0, 2)


@pytest.mark.parametrize(
    "changes", [{"voucherType": "RV"}, {"status": "50"}, {"creditDebit": None}, {"voucherType": None}]
)
async def test_which_vouchers_are_no_facts(changes: dict[str, Any]) -> None:
    """Templates, drafts and vouchers of no side are neither bills nor revenue."""
    ledger, _ = await read(Voucher=[voucher(5, **changes)])
    assert (ledger.bills.height, ledger.invoices.height) == (0, 0)


async def test_revenue_that_was_not_invoiced() -> None:
    """A revenue voucher stands among the invoices as a voucher."""
    ledger, _ = await read(Invoice=[invoice(5)], Voucher=[voucher(5, creditDebit="D", supplier=None)])
    assert ledger.invoices.select("document", "document_id", "gross_cents").rows() == [
        ("invoice", 5, 11_900),
        ("voucher", 5, 5_950),
    ]
    assert ledger.bills.is_empty()


async def test_the_same_party_has_the_same_hash() -> None:
    """A contact has one hash as customer and supplier; a supplier without contact is known by name; nobody is null."""
    vouchers = [
        voucher(1, supplier=ref("Contact", 77), supplierName="Ignored"),
        voucher(2, supplier=None, supplierName="Meyer  GmbH"),
        voucher(3, supplier=None, supplierName="meyer gmbh "),
        voucher(4, supplier=None, supplierName=" "),
        voucher(5, supplier=None),
    ]
    ledger, _ = await read(Invoice=[invoice(1), invoice(2, contact=None)], Voucher=vouchers)
    customer, nobody = ledger.invoices["customer"]
    first, second, third, blank, missing = ledger.bills["supplier"]
    assert customer == first != second == third
    assert (nobody, blank, missing) == (None, None, None)


@pytest.mark.parametrize(
    ("links", "invoice_id"),
    [
        ({}, None),
        ({"refSrcInvoice": ref("Invoice", 1)}, 1),
        ({"origin": ref("Invoice", 2)}, 2),
        ({"refSrcInvoice": ref("Invoice", 1), "origin": ref("Invoice", 2)}, 1),
        ({"origin": ref("Order", 3)}, None),
    ],
)
async def test_a_credit_note(links: dict[str, Any], invoice_id: int | None) -> None:
    """A sent credit note has positive amounts and the invoice that it corrects; a draft is none."""
    notes = [credit_note(4, sumGross="-19", **links), credit_note(5, status="100")]
    ledger, _ = await read(CreditNote=notes)
    assert ledger.credit_notes.drop("customer", "tax").rows() == [
        (0, 4, invoice_id, date(2026, 1, 20), 1_597, 1_900, date(2026, 1, 20))
    ]


async def test_a_cancellation() -> None:
    """The cancelled invoice stays a fact; its SR says when it was cancelled; neither is a payment or a settlement."""
    cancelled = invoice(1, status="1000")
    notice = invoice(
        2, invoiceType="SR", status="1000", origin=ref("Invoice", 1), sumGross="-119",
        invoiceDate="2026-01-15T20:17:21+01:00",
    )  # fmt: skip
    ledger, _ = await read(Invoice=[notice, cancelled, invoice(3, invoiceType="SR", status="1000")])
    assert ledger.invoices["document_id"].to_list() == [1]
    assert ledger.cancellations.rows() == [(0, 2, 1, date(2026, 1, 15), date(2026, 1, 10))]
    assert (ledger.payments.height, ledger.settlements.height) == (0, 0)


async def test_a_reminder() -> None:
    """A dunning document names its invoice and its level; a missing level is the first; without invoice it is none."""
    reminders = [
        invoice(2, invoiceType="MA", origin=ref("Invoice", 1), dunningLevel="2", invoiceDate=moment("02-20")),
        invoice(3, invoiceType="MA", origin=ref("Invoice", 1)),
        invoice(4, invoiceType="MA"),
    ]
    ledger, _ = await read(Invoice=[invoice(1), *reminders])
    assert ledger.invoices["document_id"].to_list() == [1]
    assert ledger.reminders.rows() == [
        (0, 2, 1, 2, date(2026, 2, 20), date(2026, 1, 10)),
        (0, 3, 1, 1, date(2026, 1, 10), date(2026, 1, 10)),
    ]


async def test_a_document_in_another_currency_counts_in_euro() -> None:
    """The euro value stands in the plain sums; that there was another currency is noted."""
    foreign = invoice(1, currency="USD", sumGross="108.3", sumGrossForeignCurrency="119")
    ledger, coverage = await read(Invoice=[foreign])
    assert ledger.invoices["gross_cents"].to_list() == [10_830]
    assert coverage.notes == ("foreign_currency",)
