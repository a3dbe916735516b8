"""Invoices, credit notes and vouchers as sevdesk objects."""

from datetime import date
from typing import Any

from sandbox.bookkeeping.history import SALES, CreditNote, Invoice, Voucher
from sandbox.life.abroad import MARKETS
from sandbox.objects import blank
from sandbox.rendering.shapes import RenderContext, midnight, moment, money, number, ref

PARTIAL_STATUS_SINCE = date(2024, 6, 13).toordinal()
"""Status 750 exists since that day; older partial payments left the status at 200."""
_TITLES = {"TR": "Teilrechnung", "AR": "Abschlagsrechnung", "ER": "Schlussrechnung"}


def invoice_status(invoice: Invoice) -> int:
    """50 deactivated, 100 draft, 200 open, 750 partially paid, 1000 settled."""
    if invoice.is_draft or invoice.is_deactivated:
        return 50 if invoice.is_deactivated else 100
    if invoice.kind == "SR" or invoice.is_cancelled:
        return 1000
    if invoice.kind == "MA":
        return 200
    if invoice.is_closed:
        return 1000
    if invoice.booked + invoice.written_off > 0 and invoice.last_booking[1] >= PARTIAL_STATUS_SINCE:
        return 750
    return 200


def invoice_paid(invoice: Invoice) -> int:
    """``paidAmount`` in cents: never above the total, 0 for what was cancelled or only reminds."""
    if invoice.kind not in SALES or invoice.is_cancelled:
        return 0
    if invoice.is_closed:
        return invoice.gross - invoice.credited
    return invoice.booked + invoice.written_off


def paid_on(document: Invoice | Voucher) -> int | None:
    """Day of ``payDate``: of the last booking, or the one entered by hand; None while not settled."""
    if not document.is_closed:
        return None
    if document.has_booking:
        return document.last_booking[0]
    return document.paid_by_hand_on


def _opt_day(day: int | None) -> str | None:
    return None if day is None else midnight(day)


def _sums(document: Invoice | CreditNote) -> dict[str, Any]:
    """In euro, in the currency of the document where that is another one, and in euro as the accounts have it."""
    net, tax, gross = document.foreign
    return {
        "sumNet": money(document.net),
        "sumTax": money(document.tax),
        "sumGross": money(document.gross),
        "sumNetForeignCurrency": money(net),
        "sumTaxForeignCurrency": money(tax),
        "sumGrossForeignCurrency": money(gross),
        "sumNetAccounting": money(document.net),
        "sumTaxAccounting": money(document.tax),
        "sumGrossAccounting": money(document.gross),
    }


def _tax_text(invoice: Invoice) -> str:
    if (market := MARKETS.get(invoice.currency)) is not None:
        return market.tax_text
    return f"Umsatzsteuer {invoice.rate}%" if invoice.rate else "Gemäß § 19 UStG"


def _country(context: RenderContext, document: Invoice | CreditNote) -> dict[str, str]:
    market = MARKETS.get(document.currency)
    return context.country if market is None else ref("StaticCountry", market.country)


def _header(invoice: Invoice) -> str:
    origin = invoice.origin.number if invoice.origin else ""
    match invoice.kind:
        case "SR":
            return f"Stornorechnung Nr. {invoice.number} zur Rechnung Nr. {origin}"
        case "MA":
            return f"{'Zahlungserinnerung' if invoice.level == 1 else 'Mahnung'} zur Rechnung Nr. {origin}"
        case _:
            title = _TITLES.get(invoice.kind, "Rechnung")
            return title if invoice.number is None else f"{title} Nr. {invoice.number}"


def _foot(invoice: Invoice) -> str | None:
    if invoice.retained_percent:
        return f"<p>Sicherheitseinbehalt {invoice.retained_percent} % bis zum Ablauf der Gewährleistung.</p>"
    return None if invoice.id % 3 else "<p>Mit freundlichen Grüßen</p>"


def invoice_object(context: RenderContext, invoice: Invoice) -> dict[str, Any]:
    """One object of the resource Invoice."""
    is_sent = not invoice.is_draft
    party = None if invoice.customer is None else context.party(invoice.customer)
    street, code, city = context.address(invoice.customer or 0)
    is_reminder = invoice.kind == "MA"
    is_template = invoice.kind == "WKR"
    settled_on = paid_on(invoice) if invoice.kind in SALES and not invoice.is_cancelled else None
    dated = moment(invoice.issued, invoice.id) if invoice.kind == "SR" else midnight(invoice.issued)
    item = {
        **blank.INVOICE,
        **context.head("Invoice", invoice.id, invoice.recorded, invoice.updated),
        "invoiceNumber": invoice.number,
        "contact": None if party is None else ref("Contact", party.contact_id or 0),
        "sevClient": context.client,
        "invoiceDate": dated,
        "header": _header(invoice),
        "headText": "<p>Sehr geehrte Damen und Herren,<br>vielen Dank für Ihren Auftrag.</p>" if is_sent else None,
        "footText": _foot(invoice),
        "timeToPay": None if invoice.term is None else str(invoice.term),
        "discountTime": str(invoice.discount_days) if invoice.discount_days else None,
        "discount": str(invoice.discount_percent),
        "addressName": party.name if party and is_sent else None,
        "addressStreet": street if party and is_sent else None,
        "addressZip": code if party and is_sent else None,
        "addressCity": city if party and is_sent else None,
        "addressCountry": _country(context, invoice),
        "payDate": _opt_day(settled_on),
        "createUser": context.user,
        "deliveryDate": midnight(invoice.issued),
        "status": str(invoice_status(invoice)),
        "smallSettlement": "1" if context.history.is_small_business else "0",
        "contactPerson": context.user,
        "taxText": _tax_text(invoice),
        "dunningLevel": str(invoice.level) if is_reminder else None,
        "paymentMethod": None if invoice.is_draft else ref("PaymentMethod", 21_919),
        "sendDate": moment(invoice.recorded, invoice.id + 2) if is_sent and invoice.kind != "SR" else None,
        "origin": _origin(invoice),
        "invoiceType": invoice.kind,
        "accountIntervall": "P0Y1M0W" if is_template or invoice.is_recurring else None,
        "accountNextInvoice": midnight(context.history.end_on + 14) if is_template else None,
        "reminderTotal": money(invoice.gross) if is_reminder else None,
        "reminderDebit": money(invoice.gross) if is_reminder else None,
        "reminderDeadline": midnight(invoice.issued + 7) if is_reminder else None,
        "accountStartDate": midnight(invoice.issued) if is_template else None,
        "address": f"{party.name}\n{street}\n{code} {city}" if party else None,
        "currency": invoice.currency,
        **_sums(invoice),
        "paidAmount": number(invoice_paid(invoice)),
        "enshrined": moment(invoice.recorded, invoice.id + 3) if is_sent and context.history.is_locked else None,
        "sendType": "VPDF" if is_sent else "0",
        "deliveryDateUntil": None if invoice.id % 4 else midnight(invoice.issued + 29),
        **context.tax(invoice),
    }
    return blank.without_unset(item)


def _origin(invoice: Invoice) -> dict[str, str] | None:
    if invoice.origin is not None:
        return ref("Invoice", invoice.origin.id)
    return None if invoice.order is None else ref("Order", invoice.order)


def credit_note_object(context: RenderContext, note: CreditNote) -> dict[str, Any]:
    """One object of the resource CreditNote; it has no ``paidAmount``."""
    party = context.party(note.customer)
    street, code, city = context.address(note.customer)
    updated = max(note.recorded, note.last_booking[1])
    settled_on = (note.last_booking[0] if note.has_booking else note.offset_on) if note.is_closed else None
    invoice = note.invoice
    origin = None if invoice is None else ref("Invoice", invoice.id)
    item = {
        **blank.CREDIT_NOTE,
        **context.head("CreditNote", note.id, note.recorded, updated),
        "creditNoteNumber": note.number,
        "contact": ref("Contact", party.contact_id or 0),
        "creditNoteDate": moment(note.issued, note.id),
        "header": f"Gutschrift Nr. {note.number}" + (f" zur Rechnung Nr. {invoice.number}" if invoice else ""),
        "addressName": party.name,
        "addressStreet": street,
        "addressZip": code,
        "addressCity": city,
        "addressCountry": _country(context, note),
        "payDate": _opt_day(settled_on),
        "createUser": context.user,
        "sevClient": context.client,
        "deliveryDate": midnight(note.issued),
        "status": "100" if note.is_draft else ("1000" if note.is_closed else ("750" if note.booked else "200")),
        "smallSettlement": "1" if context.history.is_small_business else "0",
        "contactPerson": context.user,
        "sendDate": moment(note.recorded, note.id + 2),
        "origin": origin,
        "address": f"{party.name}\n{street}\n{code} {city}",
        "currency": note.currency,
        **_sums(note),
        "enshrined": moment(note.recorded, note.id + 3),
        "sendType": "VPDF",
        "bookingCategory": "UNDERACHIEVEMENT",
        "refSrcInvoice": None if note.is_linked_by_origin else origin,
        **context.tax(note),
    }
    return blank.without_unset(item)


def voucher_status(voucher: Voucher) -> int:
    """50 draft, 100 open, 150 payment ordered, 750 partially paid, 1000 paid."""
    if voucher.is_draft:
        return 50
    if voucher.is_closed:
        return 1000
    if voucher.is_transferred:
        return 150
    return 750 if voucher.booked > 0 else 100


def voucher_object(context: RenderContext, voucher: Voucher) -> dict[str, Any]:
    """One object of the resource Voucher."""
    party = context.party(voucher.supplier)
    updated = max(voucher.recorded, voucher.last_booking[1])
    paid = min(voucher.booked, voucher.gross) if voucher.booked > 0 else voucher.booked
    item = {
        **blank.VOUCHER,
        **context.head("Voucher", voucher.id, voucher.recorded, updated),
        "sevClient": context.client,
        "createUser": context.user,
        "voucherDate": midnight(voucher.issued),
        "supplier": None if party.contact_id is None else ref("Contact", party.contact_id),
        "supplierName": None if party.contact_id is not None else party.name,
        "description": voucher.number,
        "document": ref("Document", 300_000_000 + voucher.id % 1_000_000) if voucher.has_scan else None,
        "payDate": _opt_day(paid_on(voucher)),
        "status": str(voucher_status(voucher)),
        "sumNet": money(voucher.net),
        "sumTax": money(voucher.tax),
        "sumGross": money(voucher.gross),
        "sumNetAccounting": money(voucher.net),
        "sumTaxAccounting": money(voucher.tax),
        "sumGrossAccounting": money(voucher.gross if voucher.accounted is None else voucher.accounted),
        "paidAmount": number(paid),
        "creditDebit": voucher.side,
        "voucherType": voucher.kind,
        "recurringIntervall": "P0Y1M0W" if voucher.kind == "RV" else None,
        "recurringInterval": "P0Y1M0W" if voucher.kind == "RV" else None,
        "recurringStartDate": midnight(voucher.issued) if voucher.kind == "RV" else None,
        "recurringNextVoucher": midnight(context.history.end_on + 14) if voucher.kind == "RV" else None,
        "paymentDeadline": _opt_day(voucher.deadline),
        "supplierNameAtSave": party.name,
        "deliveryDate": midnight(voucher.issued),
        **context.tax(voucher),
    }
    return blank.without_unset(item)
