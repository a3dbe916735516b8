"""Saving invoices: a draft from what was sent, its positions and sums."""

from collections.abc import Mapping
from typing import Any

from sandbox.objects import blank
from sandbox.objects.values import Object, day_of
from sandbox.writing import fields
from sandbox.writing.documents import DEACTIVATED, DRAFT, named_draft, properties
from sandbox.writing.fields import Reader
from sandbox.writing.positions import as_answered, saved_positions
from sandbox.writing.sums import document_sums
from sandbox.writing.tax import check_electronic, check_rates, taxed_by_rule
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
    **dict.fromkeys(("reminderCharge", "reminderDebit", "reminderTotal"), fields.amount_text),
    "reminderDeadline": fields.date_text,
    **dict.fromkeys(("invoiceDate", "deliveryDate", "deliveryDateUntil"), fields.date_text),
    **dict.fromkeys(("accountStartDate", "accountEndDate", "accountNextInvoice"), fields.date_text),
    **dict.fromkeys(("smallSettlement", "showNet"), fields.flag),
    **dict.fromkeys(("contact", "contactPerson", *blank.REFERENCES["Invoice"]), fields.reference),
}
_NEVER_NULL = ("discount", "taxRate", "showNet", "smallSettlement", "invoiceType", "contactPerson", "reminderCharge")


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
    invoice = taxed_by_rule(work, invoice)
    positions, sums = saved_positions(work, body, invoice)
    check_rates(work, invoice, positions)
    shown = properties(work, invoice, given)
    if shown["propertyIsEInvoice"] == "1":
        check_electronic(work, invoice)
    invoice = work.put(blank.without_unset({**invoice, **document_sums(sums)}))
    for position in positions:
        work.put(position)
    answered = {**invoice, **shown}
    answered_positions = [as_answered(position, answered, work.quirks) for position in positions]
    return 201, {"invoice": answered, "invoicePos": answered_positions, "vatdrop": "not relevant"}


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
    for name in ("contact", "paymentMethod", "origin"):
        work.must_exist(invoice.get(name))
    check_charge(work, invoice)
    _check_dates(work, invoice)


def check_charge(work: UnitOfWork, reminder: Mapping[str, Any]) -> None:
    """System 2.0 has no reminder charges.

    Raises:
        ApiError: one is asked for.
    """
    if not work.is_first_system and (fields.amount(reminder, "reminderCharge") or 0) > 0:
        raise fields.invalid("reminderCharge must not be greater than 0")


def _check_dates(work: UnitOfWork, invoice: Object) -> None:
    """What is invoiced is delivered on the same day or later; a final invoice is not older than its parts."""
    dated_on, delivered_on = day_of(invoice["invoiceDate"]), day_of(invoice["deliveryDate"])
    if dated_on is not None and delivered_on is not None and delivered_on < dated_on:
        raise fields.invalid(f"The invoiceDate ({dated_on}) must be before the deliveryDate ({delivered_on}).")
    if invoice["invoiceType"] != "ER" or invoice.get("origin") is None or dated_on is None:
        return
    for part in work.referring("Invoice", "origin", invoice["origin"]):
        parted_on = day_of(part.get("invoiceDate"))
        if part.get("invoiceType") in {"AR", "TR"} and parted_on is not None and dated_on < parted_on:
            raise fields.invalid(f"The invoiceDate ({dated_on}) must not be before that of a part ({parted_on}).")


def empty_invoice(work: UnitOfWork) -> Object:
    """A new draft with every field of an invoice."""
    return {**blank.INVOICE, **work.head("Invoice"), **work.signature}
