"""What invoices, credit notes and vouchers have in common: their statuses and the names of their fields."""

from collections.abc import Mapping

from sandbox.values import Object, text_of

DRAFT: Mapping[str, str] = {"Invoice": "100", "CreditNote": "100", "Voucher": "50"}
"""Status of a draft."""

OPEN: Mapping[str, str] = {"Invoice": "200", "CreditNote": "200", "Voucher": "100"}
"""Status of what is to be paid."""

PARTLY_PAID, PAID = "750", "1000"
"""Statuses of what was paid in part, and of what is settled in whatever way."""

DEACTIVATED = "50"
"""Status of a template that makes no invoices any more; it can be changed as a draft can."""


def status_of(document: Object) -> str:
    """The status of a document, a text whatever the books have."""
    return text_of(document.get("status"))


def is_draft(document: Object) -> bool:
    """Whether a document can still be changed and deleted."""
    status, resource = status_of(document), document["objectName"]
    return status == DRAFT[resource] or (resource == "Invoice" and status == DEACTIVATED)


def field_of(resource: str) -> str:
    """Name of the field that refers to a resource: ``creditNote``."""
    return resource[0].lower() + resource[1:]


def number_field(resource: str) -> str:
    """Name of the field with the number of an invoice or a credit note: ``creditNoteNumber``."""
    return f"{field_of(resource)}Number"
