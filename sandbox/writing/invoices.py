"""Saving invoices: a draft from what was sent, its positions and sums."""

from collections.abc import Mapping
from typing import Any

from sandbox.objects import blank
from sandbox.objects.values import Object
from sandbox.writing import fields
from sandbox.writing.documents import DEACTIVATED, DRAFT, check_tax, named_draft, properties
from sandbox.writing.fields import Reader
from sandbox.writing.positions import as_answered, saved_positions
from sandbox.writing.sums import document_sums
from sandbox.writing.unit_of_work import Answer, UnitOfWork

KINDS = ("RE", "WKR", "SR", "MA", "TR", "AR", "ER")
"""Types of invoices."""

COPIED = (
    *("contact", "address", "addressName", "addressStreet", "addressZip", "addressCity", "addressCountry"),
    *("currency", "taxRate", "taxText", "taxType", "taxRule", "showNet", "smallSettlement"),
)
"""What a reminder or a credit note has from its invoice."""

_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("header", "headText", "footText", "taxText", "taxType", "currency", "address"), fields.text),
    **dict.fromkeys(("addressName", "addressStreet", "addressZip", "addressCity", "addressGender"), fields.text),
    **dict.fromkeys(("addressName2", "addressParentName", "addressParentName2"), fields.text),
    **dict.fromkeys(("invoiceType", "customerInternalNote", "accountIntervall", "invoiceNumber"), fields.text),
    **dict.fromkeys(("timeToPay", "discountTime", "discount", "taxRate", "dunningLevel"), fields.amount_text),
    **dict.fromkeys(("invoiceDate", "deliveryDate", "deliveryDateUntil"), fields.date_text),
    **dict.fromkeys(("accountStartDate", "accountEndDate", "accountNextInvoice"), fields.date_text),
    **dict.fromkeys(("smallSettlement", "showNet"), fields.flag),
    **dict.fromkeys(("contact", "contactPerson", *blank.REFERENCES["Invoice"]), fields.reference),
}
_NEVER_NULL = ("discount", "taxRate", "showNet", "smallSettlement", "invoiceType", "contactPerson")


def save_invoice(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``Invoice/Factory/saveInvoice``: a new draft without a number, or a draft changed.

    Raises:
        ApiError: something is missing or makes no sense, or the invoice is no draft.
    """
    given = fields.part(body, "invoice")
    old = named_draft(work, "Invoice", given)
    status = fields.text(given, "status") or DRAFT["Invoice"]
    if status != DRAFT["Invoice"] and not (status == DEACTIVATED and given.get("invoiceType") == "WKR"):
        raise fields.invalid("New invoices must be created with status 100")
    read = fields.taken(given, _READERS, _NEVER_NULL)
    invoice = {**empty_invoice(work), **(old or {}), **read, "status": status, "update": work.stamp}
    _check(work, invoice)
    positions, sums = saved_positions(work, body, invoice)
    invoice = work.put(blank.without_unset({**invoice, **document_sums(sums)}))
    for position in positions:
        work.put(position)
    answered = {**invoice, **properties(work, invoice, given)}
    shown = [as_answered(position, answered, work.quirks) for position in positions]
    return 201, {"invoice": answered, "invoicePos": shown, "vatdrop": "not relevant"}


def _check(work: UnitOfWork, invoice: Object) -> None:
    """What every invoice must have."""
    if not invoice["currency"]:
        raise fields.invalid("Currency is required.")
    if invoice["currency"] != "EUR":
        raise fields.invalid("Only invoices in EUR can be written here: there is no exchange rate.")
    if invoice["invoiceType"] not in KINDS:
        raise fields.invalid(f"invoiceType must be one of {', '.join(KINDS)}")
    if invoice["invoiceDate"] is None:
        raise fields.invalid("invoiceDate cannot be null")
    check_tax(work, invoice)
    for name in ("contact", "paymentMethod", "origin"):
        work.must_exist(invoice.get(name))


def empty_invoice(work: UnitOfWork) -> Object:
    """A new draft with every field of an invoice."""
    return {**blank.INVOICE, **work.head("Invoice"), **work.signature}
