"""Saving credit notes: of their own, or for an invoice."""

from collections.abc import Mapping
from typing import Any

from sandbox.account.errors import ApiError
from sandbox.objects import blank
from sandbox.objects.values import Object, day_of, number_of
from sandbox.writing import fields
from sandbox.writing.documents import DRAFT, OPEN, draft, named_draft, properties
from sandbox.writing.fields import Reader
from sandbox.writing.invoices import COPIED
from sandbox.writing.numbers import take_number
from sandbox.writing.positions import saved_positions, stored_sums
from sandbox.writing.sums import document_sums, sum_of
from sandbox.writing.tax import check_rates, taxed_by_rule
from sandbox.writing.unit_of_work import Answer, UnitOfWork, ref

_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("creditNoteNumber", "header", "headText", "footText", "taxText", "taxType"), fields.text),
    **dict.fromkeys(("currency", "address", "addressName", "addressStreet", "addressZip"), fields.text),
    **dict.fromkeys(("addressCity", "addressGender", "addressName2", "customerInternalNote"), fields.text),
    **dict.fromkeys(("bookingCategory", "vatNumber", "taxNumber"), fields.text),
    **dict.fromkeys(("timeToPay", "discountTime", "discount", "taxRate"), fields.amount_text),
    **dict.fromkeys(("creditNoteDate", "deliveryDate", "deliveryDateUntil"), fields.date_text),
    **dict.fromkeys(("smallSettlement", "showNet"), fields.flag),
    **dict.fromkeys(("contact", "contactPerson", *blank.REFERENCES["CreditNote"]), fields.reference),
}
_NEVER_NULL = ("discount", "taxRate", "showNet", "smallSettlement", "contactPerson")
_CATEGORIES = ("PROVISION", "ROYALTY_ASSIGNED", "ROYALTY_UNASSIGNED", "UNDERACHIEVEMENT")
_CATEGORIES_OF_1 = (*_CATEGORIES, "ACCOUNTING_TYPE")
_PARTS = frozenset({"AR", "TR"})


def save_credit_note(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``CreditNote/Factory/saveCreditNote``: a new draft, or a draft changed.

    Raises:
        ApiError: something is missing or makes no sense, the note is no draft, or exceeds its invoice.
    """
    given = fields.part(body, "creditNote")
    old = named_draft(work, "CreditNote", given)
    if fields.text(given, "status") not in {None, DRAFT["CreditNote"]}:
        raise fields.invalid("New credit notes must be created with status 100")
    note = {**_empty(work), **(old or {}), **fields.taken(given, _READERS, _NEVER_NULL), "update": work.stamp}
    _check(work, note)
    note = taxed_by_rule(work, note)
    positions, sums = saved_positions(work, body, note)
    check_rates(work, note, positions)
    note = blank.without_unset({**note, **document_sums(sums)})
    _check_against_invoice(work, note, positions)
    work.put(note)
    for position in positions:
        work.put(position)
    return 201, {"creditNote": {**note, **properties(work, note, given)}, "creditNotePos": positions}


def change_credit_note(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT CreditNote/{id}``: fields of a draft change, its positions and sums do not.

    Raises:
        ApiError: it is not there, no draft, or a field makes no sense.
    """
    old = draft(work, "CreditNote", object_id)
    note = {**_empty(work), **old, **fields.taken(body, _READERS, _NEVER_NULL)}
    _check(work, note)
    note = taxed_by_rule(work, note)
    check_rates(work, note, work.referring("CreditNotePos", "creditNote", note))
    return 200, work.touch(blank.without_unset(note))


def credit_note_for(work: UnitOfWork, invoice: Object) -> Object:
    """An open credit note over the whole of an invoice.

    Raises:
        ApiError: the invoice is over a part of an order, where such have no credit notes.
    """
    _refuse_part(work, invoice)
    copied = (*COPIED, "deliveryDate", "deliveryDateUntil")
    number = take_number(work, "CreditNote", "CN")
    note = {
        **_empty(work),
        **{name: invoice[name] for name in copied if name in invoice},
        "creditNoteNumber": number,
        "creditNoteDate": work.stamp,
        "header": f"Gutschrift Nr. {number} zur Rechnung Nr. {invoice.get('invoiceNumber')}",
        "status": OPEN["CreditNote"],
        "bookingCategory": "UNDERACHIEVEMENT",
        "refSrcInvoice": ref(invoice),
        "enshrined": work.stamp,
        **document_sums(stored_sums(invoice)),
    }
    for position in work.referring("InvoicePos", "invoice", invoice):
        copy = {name: value for name, value in position.items() if name != "invoice"}
        work.put({**copy, **work.head("CreditNotePos"), "creditNote": ref(note)})
    return work.put(blank.without_unset(note))


def _check(work: UnitOfWork, note: Object) -> None:
    if not note["currency"]:
        raise fields.invalid("Currency is required.")
    if note["currency"] != "EUR":
        raise fields.invalid("Only credit notes in EUR can be written here: there is no exchange rate.")
    if note["creditNoteDate"] is None:
        raise fields.invalid("creditNoteDate cannot be null")
    if note["deliveryDate"] is None:
        raise fields.invalid("deliveryDate cannot be null", code=460)
    categories = _CATEGORIES_OF_1 if work.is_first_system else _CATEGORIES
    if note["bookingCategory"] not in categories:
        raise fields.invalid(f"bookingCategory must be one of {', '.join(categories)}")
    for name in ("contact", "paymentMethod", "refSrcInvoice"):
        work.must_exist(note.get(name))


def _check_against_invoice(work: UnitOfWork, note: Object, positions: list[Object]) -> None:
    """A credit note for an invoice has its tax rates, and all of them together do not exceed it."""
    source = note.get("refSrcInvoice")
    if source is None:
        if note["bookingCategory"] == "UNDERACHIEVEMENT":
            raise fields.invalid("refSrcInvoice cannot be null with the bookingCategory UNDERACHIEVEMENT")
        return
    invoice = work.get("Invoice", source["id"])
    _refuse_part(work, invoice)
    _check_delivery(work, note, invoice)
    rates = {number_of(position.get("taxRate")) for position in work.referring("InvoicePos", "invoice", invoice)}
    for position in positions:
        rate = position.get("taxRate")
        if rates and number_of(rate) not in rates:
            raise fields.invalid(f"Different taxRate than origin document: {rate}", code=456)
    others = work.referring("CreditNote", "refSrcInvoice", invoice)
    credited = sum(sum_of(other) for other in others if other["id"] != note["id"])
    if sum_of(note) + credited > sum_of(invoice):
        raise ApiError(422, "The sum of the credit notes exceeds the invoice", code=455)


def _refuse_part(work: UnitOfWork, invoice: Object) -> None:
    """System 2.0 has no credit notes for advance and partial invoices."""
    if not work.is_first_system and invoice.get("invoiceType") in _PARTS:
        raise fields.invalid(f"A credit note for an invoice of type {invoice['invoiceType']} is not possible")


def _check_delivery(work: UnitOfWork, note: Object, invoice: Object) -> None:
    """In system 2.0 both have an end of the delivery or neither, and that of the note is not the earlier one."""
    if work.is_first_system:
        return
    until, of_invoice = day_of(note.get("deliveryDateUntil")), day_of(invoice.get("deliveryDateUntil"))
    if (until is None) is not (of_invoice is None):
        wanted = "cannot be null" if until is None else "must be null"
        raise fields.invalid(f"deliveryDateUntil {wanted}, as that of the invoice")
    if until is not None and of_invoice is not None and until < of_invoice:
        raise fields.invalid(f"deliveryDateUntil ({until}) must not be before that of the invoice ({of_invoice})")


def _empty(work: UnitOfWork) -> Object:
    """A new draft with every field of a credit note."""
    return {**blank.CREDIT_NOTE, **work.head("CreditNote"), **work.signature}
