"""Saving credit notes: of their own, or for an invoice."""

from collections.abc import Mapping
from typing import Any

from sandbox.account.errors import ApiError
from sandbox.objects import blank
from sandbox.objects.values import Object, number_of
from sandbox.writing import fields
from sandbox.writing.desk import Answer, Desk, ref
from sandbox.writing.documents import DRAFT, OPEN, check_tax, draft, named_draft, properties
from sandbox.writing.fields import Reader
from sandbox.writing.invoices import COPIED
from sandbox.writing.numbers import take_number
from sandbox.writing.positions import saved_positions, stored_sums
from sandbox.writing.sums import document_sums, sum_of

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
_CATEGORIES = ("PROVISION", "ROYALTY_ASSIGNED", "ROYALTY_UNASSIGNED", "UNDERACHIEVEMENT", "ACCOUNTING_TYPE")


def save_credit_note(desk: Desk, body: Mapping[str, Any]) -> Answer:
    """``CreditNote/Factory/saveCreditNote``: a new draft, or a draft changed.

    Raises:
        ApiError: something is missing or makes no sense, the note is no draft, or exceeds its invoice.
    """
    given = fields.part(body, "creditNote")
    old = named_draft(desk, "CreditNote", given)
    if fields.text(given, "status") not in {None, DRAFT["CreditNote"]}:
        raise fields.invalid("New credit notes must be created with status 100")
    note = {**_empty(desk), **(old or {}), **fields.taken(given, _READERS, _NEVER_NULL), "update": desk.stamp}
    _check(desk, note)
    positions, sums = saved_positions(desk, body, note)
    note = blank.without_unset({**note, **document_sums(sums)})
    _check_against_invoice(desk, note, positions)
    desk.put(note)
    for position in positions:
        desk.put(position)
    return 201, {"creditNote": {**note, **properties(desk, note, given)}, "creditNotePos": positions}


def change_credit_note(desk: Desk, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT CreditNote/{id}``: fields of a draft change, its positions and sums do not.

    Raises:
        ApiError: it is not there, no draft, or a field makes no sense.
    """
    old = draft(desk, "CreditNote", object_id)
    note = {**_empty(desk), **old, **fields.taken(body, _READERS, _NEVER_NULL)}
    _check(desk, note)
    return 200, desk.touch(blank.without_unset(note))


def credit_note_for(desk: Desk, invoice: Object) -> Object:
    """An open credit note over the whole of an invoice."""
    copied = (*COPIED, "deliveryDate")
    number = take_number(desk, "CreditNote", "CN")
    note = {
        **_empty(desk),
        **{name: invoice[name] for name in copied if name in invoice},
        "creditNoteNumber": number,
        "creditNoteDate": desk.stamp,
        "header": f"Gutschrift Nr. {number} zur Rechnung Nr. {invoice.get('invoiceNumber')}",
        "status": OPEN["CreditNote"],
        "bookingCategory": "UNDERACHIEVEMENT",
        "refSrcInvoice": ref(invoice),
        "enshrined": desk.stamp,
        **document_sums(stored_sums(invoice)),
    }
    for position in desk.referring("InvoicePos", "invoice", invoice):
        copy = {name: value for name, value in position.items() if name != "invoice"}
        desk.put({**copy, **desk.head("CreditNotePos"), "creditNote": ref(note)})
    return desk.put(blank.without_unset(note))


def _check(desk: Desk, note: Object) -> None:
    if not note["currency"]:
        raise fields.invalid("Currency is required.")
    if note["currency"] != "EUR":
        raise fields.invalid("Only credit notes in EUR can be written here: there is no exchange rate.")
    if note["creditNoteDate"] is None:
        raise fields.invalid("creditNoteDate cannot be null")
    if note["deliveryDate"] is None:
        raise fields.invalid("deliveryDate cannot be null", code=460)
    if note["bookingCategory"] not in _CATEGORIES:
        raise fields.invalid(f"bookingCategory must be one of {', '.join(_CATEGORIES)}")
    check_tax(desk, note)
    for name in ("contact", "paymentMethod", "refSrcInvoice"):
        desk.must_exist(note.get(name))


def _check_against_invoice(desk: Desk, note: Object, positions: list[Object]) -> None:
    """A credit note for an invoice has its tax rates, and all of them together do not exceed it."""
    source = note.get("refSrcInvoice")
    if source is None:
        if note["bookingCategory"] == "UNDERACHIEVEMENT":
            raise fields.invalid("refSrcInvoice cannot be null with the bookingCategory UNDERACHIEVEMENT")
        return
    invoice = desk.get("Invoice", source["id"])
    rates = {number_of(position.get("taxRate")) for position in desk.referring("InvoicePos", "invoice", invoice)}
    for position in positions:
        rate = position.get("taxRate")
        if rates and number_of(rate) not in rates:
            raise fields.invalid(f"Different taxRate than origin document: {rate}", code=456)
    others = desk.referring("CreditNote", "refSrcInvoice", invoice)
    credited = sum(sum_of(other) for other in others if other["id"] != note["id"])
    if sum_of(note) + credited > sum_of(invoice):
        raise ApiError(422, "The sum of the credit notes exceeds the invoice", code=455)


def _empty(desk: Desk) -> Object:
    """A new draft with every field of a credit note."""
    return {**blank.CREDIT_NOTE, **desk.head("CreditNote"), **desk.signature}
