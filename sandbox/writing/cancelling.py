"""What follows an invoice: its cancellation, and reminders of it."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sandbox.account.errors import ApiError
from sandbox.account.query import Query
from sandbox.objects import blank
from sandbox.objects.values import BERLIN, Object, decimal_text, number_of, reference_of, text_of
from sandbox.writing import fields
from sandbox.writing.credit_notes import credit_note_for
from sandbox.writing.documents import OPEN, PAID, PARTLY_PAID, is_draft, refuse_corrected, status_of
from sandbox.writing.invoices import COPIED, check_charge, empty_invoice
from sandbox.writing.numbers import take_number
from sandbox.writing.positions import stored_sums
from sandbox.writing.sums import Sums, document_sums, sum_of
from sandbox.writing.unit_of_work import Answer, UnitOfWork, ref

_NOT_CANCELLED = "Partially Paid Invoices can not be deleted at the moment, book a credit invoice manually"
_TAXED = ("TaxRule", "1")
_WHOLE_RULE = {
    "additionalInformation": None,
    "name": "Umsatzsteuerpflichtige Umsätze",
    "description": "Umsatzsteuerpflichtige Umsätze",
    "code": "USTPFL_UMS_EINN",
    "countryClient": {"id": "1", "objectName": "StaticCountry"},
    "countryContactType": "DE",
}
_REMINDER_DAYS = 7
_CANCELLABLE = ("RE", "TR", "AR", "ER")


def cancel_invoice(work: UnitOfWork, resource: str, object_id: str, _body: Mapping[str, Any]) -> Answer:
    """``cancelInvoice``: a cancellation with the sums turned round; of a paid invoice a credit note instead.

    Raises:
        ApiError: the invoice is not there, a draft, cancelled already, or partly paid, which comes in a 200.
    """
    invoice = work.get(resource, object_id)
    if invoice.get("invoiceType") not in _CANCELLABLE or is_draft(invoice):
        raise fields.invalid("Only sent invoices can be cancelled")
    refuse_corrected(work, invoice)
    if status_of(invoice) == PAID:
        return 201, credit_note_for(work, invoice)
    if status_of(invoice) == PARTLY_PAID or sum_of(invoice, "paidAmount") != 0:
        raise ApiError(200 if work.quirks.errors_in_success else 422, _NOT_CANCELLED, code=390)
    return 201, _shown(work, _cancellation(work, invoice))


def _cancellation(work: UnitOfWork, invoice: Object) -> Object:
    number = take_number(work, "Invoice", "SR")
    sums = stored_sums(invoice)._replace(discount=sum_of(invoice, "sumDiscounts"))
    cancellation = {
        **empty_invoice(work),
        **{name: value for name, value in invoice.items() if name not in {"id", "create", "update"}},
        "invoiceNumber": number,
        "invoiceDate": work.stamp,
        "header": f"Stornorechnung Nr. {number} zur Rechnung Nr. {invoice.get('invoiceNumber')}",
        "status": PAID,
        "sendDate": None,
        "origin": ref(invoice),
        "invoiceType": "SR",
        "enshrined": work.stamp,
        "createUser": work.user,
        **document_sums(Sums(*(-amount for amount in sums))),
        "paidAmount": 0,
    }
    work.touch(invoice, status=PAID, paidAmount=0, payDate=None)
    for position in work.referring("InvoicePos", "invoice", invoice):
        turned = {name: _turned(value) for name, value in position.items() if name.startswith("sum")}
        quantity = {"quantity": _turned(position.get("quantity"))}
        work.put({**position, **turned, **quantity, **work.head("InvoicePos"), "invoice": ref(cancellation)})
    return work.put(blank.without_unset(cancellation))


def _shown(work: UnitOfWork, cancellation: Object) -> Object:
    """The answer: with properties, and with the customer and the usual tax rule as whole objects."""
    contact = reference_of(cancellation.get("contact"))
    whole = None if contact is None else (work.find(*contact) or cancellation["contact"])
    shown = {
        **cancellation,
        "additionalInformation": {"creditVoucher": False},
        "propertyUseNewDocServer": "1",
        "propertyIsEInvoice": None,
        "propertyUseNewCalculation": "1",
        "propertyIsBookkeepingV1": "1" if work.is_first_system else None,
        "contact": whole,
    }
    if reference_of(cancellation.get("taxRule")) == _TAXED:
        shown["taxRule"] = {**cancellation["taxRule"], **_WHOLE_RULE}
    return shown


def create_reminder(work: UnitOfWork, body: Mapping[str, Any], query: Query) -> Answer:
    """``Invoice/Factory/createInvoiceReminder``: a draft of the next reminder of an open invoice.

    Raises:
        ApiError: the invoice is not there, or nothing is open.
    """
    target = fields.reference(body, "invoice")
    if target is None and (named := query.reference("invoice")) is not None:
        target = {"objectName": named[0], "id": named[1]}
    if target is None:
        raise fields.invalid("invoice cannot be null")
    check_charge(work, body)
    invoice = work.get("Invoice", target["id"])
    if invoice.get("invoiceType") not in _CANCELLABLE or status_of(invoice) not in {OPEN["Invoice"], PARTLY_PAID}:
        raise fields.invalid("Only open invoices can be reminded of")
    earlier = [one for one in work.referring("Invoice", "origin", invoice) if one.get("invoiceType") == "MA"]
    level = max((int(number_of(one.get("dunningLevel")) or 0) for one in earlier), default=0) + 1
    still_open = sum_of(invoice) - sum_of(invoice, "paidAmount")
    title = "Zahlungserinnerung" if level == 1 else "Mahnung"
    copied = (*COPIED, "contactPerson")
    reminder = {
        **empty_invoice(work),
        **{name: invoice[name] for name in copied if name in invoice},
        "invoiceDate": _midnight(work, 0),
        "deliveryDate": invoice.get("deliveryDate"),
        "header": f"{title} zur Rechnung Nr. {invoice.get('invoiceNumber')}",
        "dunningLevel": str(level),
        "origin": ref(invoice),
        "invoiceType": "MA",
        "reminderTotal": decimal_text(still_open),
        "reminderDebit": decimal_text(still_open),
        "reminderDeadline": _midnight(work, _REMINDER_DAYS),
        **document_sums(stored_sums(invoice)),
    }
    return 201, work.put(blank.without_unset(reminder))


def _midnight(work: UnitOfWork, days: int) -> str:
    day = work.now.date() + timedelta(days=days)
    return datetime.combine(day, time(), BERLIN).isoformat(timespec="seconds")


def _turned(value: object) -> str:
    return decimal_text(-(number_of(text_of(value)) or Decimal(0)))
