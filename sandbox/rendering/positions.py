"""Positions of invoices, credit notes and vouchers as sevdesk objects: one for each document."""

from typing import Any

from sandbox.bookkeeping.history import CreditNote, Invoice, Voucher
from sandbox.bookkeeping.identifiers import POSITION_DISTANCE
from sandbox.objects import blank
from sandbox.rendering.shapes import RenderContext, money, ref

_PIECE = 1
"""Identifier of the unit "piece"."""


def _position(document: Invoice | CreditNote) -> dict[str, Any]:
    """What the positions of invoices and credit notes share; the price is in the currency of the document."""
    net, tax, gross = document.net, document.tax, document.gross
    foreign_net, foreign_tax, foreign_gross = document.foreign
    price = net if document.currency == "EUR" else foreign_net
    return {
        **blank.DOCUMENT_POSITION,
        "price": money(price),
        "name": "Leistung laut Auftrag",
        "unity": ref("Unity", _PIECE),
        "taxRate": str(document.rate),
        "sumNet": money(net),
        "sumGross": money(gross),
        "sumTax": money(tax),
        "sumNetAccounting": money(net),
        "sumTaxAccounting": money(tax),
        "sumGrossAccounting": money(gross),
        "priceNet": money(net),
        "priceGross": money(gross),
        "priceTax": money(tax),
        "sumNetForeignCurrency": money(foreign_net),
        "sumTaxForeignCurrency": money(foreign_tax),
        "sumGrossForeignCurrency": money(foreign_gross),
    }


def invoice_position(context: RenderContext, invoice: Invoice) -> dict[str, Any]:
    """The position of an invoice."""
    return {
        **context.head("InvoicePos", POSITION_DISTANCE["Invoice"] + invoice.id, invoice.recorded, invoice.recorded),
        "invoice": ref("Invoice", invoice.id),
        "sevClient": context.client,
        **_position(invoice),
    }


def credit_note_position(context: RenderContext, note: CreditNote) -> dict[str, Any]:
    """The position of a credit note."""
    return {
        **context.head("CreditNotePos", POSITION_DISTANCE["CreditNote"] + note.id, note.recorded, note.recorded),
        "creditNote": ref("CreditNote", note.id),
        "sevClient": context.client,
        **_position(note),
    }


def voucher_position(context: RenderContext, voucher: Voucher) -> dict[str, Any]:
    """The position of a voucher."""
    item = {
        **blank.VOUCHER_POSITION,
        **context.head("VoucherPos", POSITION_DISTANCE["Voucher"] + voucher.id, voucher.recorded, voucher.recorded),
        "sevClient": context.client,
        "voucher": ref("Voucher", voucher.id),
        "taxRate": str(voucher.rate),
        "sumNet": money(voucher.net),
        "sumTax": money(voucher.tax),
        "sumGross": money(voucher.gross),
        "sumNetAccounting": money(voucher.net),
        "sumTaxAccounting": money(voucher.tax),
        "sumGrossAccounting": money(voucher.gross),
        **_booking_account(context, voucher),
    }
    return blank.without_unset(item)


_ACCOUNTS = {"charges": 4285, "goods": 4290, "services": 4291, "advertising": 4292, "telephone": 4293}
_TYPES = {"charges": 26, "goods": 27, "services": 28, "advertising": 29, "telephone": 30}
_REVENUE, _REVENUE_TYPE = 4000, 3
"""Identifiers of booking accounts in system 2.0 and 1.0; ``sandbox.writing.guidance`` has their numbers."""


def _booking_account(context: RenderContext, voucher: Voucher) -> dict[str, Any]:
    """The booking account; system 1.0 has one of its own kind."""
    is_expense = voucher.side == "C"
    if context.is_old(voucher):
        return {"accountingType": ref("AccountingType", _TYPES[voucher.cost] if is_expense else _REVENUE_TYPE)}
    return {"accountDatev": ref("AccountDatev", _ACCOUNTS[voucher.cost] if is_expense else _REVENUE)}
