"""What invoices, credit notes and vouchers have in common: statuses, names of fields, and what a write checks."""

from collections.abc import Mapping
from typing import Any

from sandbox.account.errors import ApiError
from sandbox.objects.values import Object, field_of, text_of
from sandbox.writing import fields
from sandbox.writing.unit_of_work import UnitOfWork

DRAFT: Mapping[str, str] = {"Invoice": "100", "CreditNote": "100", "Voucher": "50"}
"""Status of a draft."""

OPEN: Mapping[str, str] = {"Invoice": "200", "CreditNote": "200", "Voucher": "100"}
"""Status of what is to be paid."""

PARTLY_PAID, PAID = "750", "1000"
"""Statuses for partially paid and for settled documents."""

DEACTIVATED = "50"
"""Status of a template that makes no invoices any more; it can be changed as a draft can."""


def status_of(document: Object) -> str:
    """The status of a document, always as text."""
    return text_of(document.get("status"))


def is_draft(document: Object) -> bool:
    """Whether a document can still be changed and deleted."""
    status, resource = status_of(document), document["objectName"]
    return status == DRAFT[resource] or (resource == "Invoice" and status == DEACTIVATED)


def number_field(resource: str) -> str:
    """Name of the field with the number of an invoice or a credit note: ``creditNoteNumber``."""
    return f"{field_of(resource)}Number"


def draft(work: UnitOfWork, resource: str, object_id: str) -> Object:
    """A copy of a document that can still be changed.

    Raises:
        ApiError: it is not there, or no draft.
    """
    document = work.get(resource, object_id)
    if not is_draft(document):
        raise ApiError(400, "Use resetToDraft first", code=90400)
    return document


def named_draft(work: UnitOfWork, resource: str, given: Mapping[str, Any]) -> Object | None:
    """The draft that a body names by its id; none where it is to be a new document.

    Raises:
        ApiError: it is not there, or no draft.
    """
    object_id = fields.text(given, "id")
    return None if object_id is None else draft(work, resource, object_id)


def refuse_corrected(work: UnitOfWork, invoice: Object) -> None:
    """What was taken back stays so.

    Raises:
        ApiError: the invoice is cancelled, or has a credit note.
    """
    if any(other.get("invoiceType") == "SR" for other in work.referring("Invoice", "origin", invoice)):
        raise ApiError(422, "invoice already canceled", code=421)
    if any(work.referring("CreditNote", field, invoice) for field in ("refSrcInvoice", "origin")):
        raise ApiError(422, "CreditNote exists", code=170)


def properties(work: UnitOfWork, document: Object, given: Mapping[str, Any]) -> Object:
    """What only the answer to a write shows; it is remembered, because sending depends on it."""
    resource = f"{document['objectName']}Property"
    old = work.find(resource, document["id"]) or {"propertyIsEInvoice": None}
    value = fields.flag(given, "propertyIsEInvoice") if "propertyIsEInvoice" in given else old["propertyIsEInvoice"]
    shown = {"propertyIsEInvoice": value}
    work.put({"id": document["id"], **shown}, resource)
    return shown
