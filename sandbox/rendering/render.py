"""Gives a history the form that sevdesk serves: its keys, its JSON types, its dates, its quirks."""

from sandbox.bookkeeping.history import History, Line
from sandbox.objects.books import Books
from sandbox.rendering.contact_details import (
    accounting_contact_objects,
    communication_way_objects,
    custom_field_objects,
    custom_field_setting_objects,
)
from sandbox.rendering.documents import credit_note_object, invoice_object, voucher_object
from sandbox.rendering.masters import (
    account_object,
    booking_object,
    client_object,
    contact_object,
    country_objects,
    line_object,
)
from sandbox.rendering.parts_and_tags import part_objects, tag_objects, tag_relation_objects
from sandbox.rendering.positions import credit_note_position, invoice_position, voucher_position
from sandbox.rendering.shapes import RenderContext


def books_of(history: History, *, firm: str, name: str, token: str, is_revoked: bool = False) -> Books:
    """The books of a simulated firm, newest document first.

    Args:
        history: what happened.
        firm: short name of the firm.
        name: its full name.
        token: what the Authorization header has to say.
        is_revoked: every call with that token is refused.
    """
    context = RenderContext(history)
    invoices = sorted(history.invoices, key=lambda i: (i.issued, i.id), reverse=True)
    vouchers = sorted(history.vouchers, key=lambda v: (v.issued, v.id), reverse=True)
    notes = sorted(history.credit_notes, key=lambda c: (c.issued, c.id), reverse=True)
    lines = sorted(history.lines, key=lambda x: (x.day, x.id), reverse=True)
    bookings = sorted(history.bookings, key=lambda b: b.id, reverse=True)
    sources: dict[int, Line] = {
        line.target.id: line for line in lines if line.target is not None and line.is_named_as_source
    }
    targets = {line.target.id for line in lines if line.target is not None}
    customers = {invoice.customer for invoice in invoices}
    contacts = [
        contact_object(context, party, is_supplier=index not in customers)
        for index, party in enumerate(history.parties)
        if party.contact_id is not None
    ]
    return Books(
        firm=firm,
        name=name,
        token=token,
        is_revoked=is_revoked,
        objects={
            "Invoice": [invoice_object(context, invoice) for invoice in invoices],
            "InvoicePos": [invoice_position(context, invoice) for invoice in invoices],
            "CreditNote": [credit_note_object(context, note) for note in notes],
            "CreditNotePos": [credit_note_position(context, note) for note in notes],
            "Voucher": [voucher_object(context, voucher) for voucher in vouchers],
            "VoucherPos": [voucher_position(context, voucher) for voucher in vouchers],
            "Contact": contacts[::-1],
            "CommunicationWay": communication_way_objects(context, customers),
            "AccountingContact": accounting_contact_objects(context, customers),
            "ContactCustomField": custom_field_objects(context, customers),
            "ContactCustomFieldSetting": custom_field_setting_objects(context),
            "CheckAccount": [account_object(context, a, i) for i, a in enumerate(history.accounts)][::-1],
            "CheckAccountTransaction": [
                line_object(context, line, sources.get(line.id), is_target=line.id in targets) for line in lines
            ],
            "CheckAccountTransactionLog": [booking_object(context, booking) for booking in bookings],
            "Part": part_objects(context),
            "Tag": tag_objects(context),
            "TagRelation": tag_relation_objects(context),
            "SevClient": [client_object(context, name)],
            "StaticCountry": country_objects(),
        },
    )
