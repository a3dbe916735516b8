"""Documents on their way to the customer: sent, enshrined, printed, taken back to a draft."""

import base64
from collections.abc import Mapping
from typing import Any

from sandbox.account.errors import ApiError
from sandbox.account.query import Query
from sandbox.objects.values import Object, text_of
from sandbox.writing import fields
from sandbox.writing.booking import is_booked, reopened
from sandbox.writing.documents import DEACTIVATED, DRAFT, OPEN, PAID, PARTLY_PAID, number_field, status_of
from sandbox.writing.numbers import take_number
from sandbox.writing.paper import one_page
from sandbox.writing.sums import sum_of
from sandbox.writing.unit_of_work import Answer, UnitOfWork

_SEND_TYPES = ("VPR", "VP", "VM", "VPDF")
_ADDRESS = ("addressName", "addressStreet", "addressZip", "addressCity")
_NO_E_INVOICE = "Could not generate ZUGFeRD Invoice since there are validations errors"


def send_by(work: UnitOfWork, resource: str, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``sendBy``: the document gets its number, is open and enshrined.

    Raises:
        ApiError: it is not there, or cannot be sent.
    """
    send_type = fields.text(body, "sendType")
    if send_type not in _SEND_TYPES:
        raise fields.invalid(f"sendType must be one of {', '.join(_SEND_TYPES)}")
    document = work.get(resource, object_id)
    if fields.flag(body, "sendDraft") == "1":
        return 200, work.touch(document, sendType=send_type)
    return 200, sent(work, document, send_type)


def sent(work: UnitOfWork, document: Object, send_type: str) -> Object:
    """Send a document: a draft becomes open and gets a number, any other only another date of sending."""
    resource = document["objectName"]
    if status_of(document) != DRAFT[resource]:
        return work.touch(document, sendDate=work.stamp, sendType=send_type)
    if document.get("contact") is None:
        raise fields.invalid("contact cannot be null")
    if sum_of(document) < 0 and document.get("invoiceType") != "SR":
        raise fields.invalid("The sum of the document must not be negative", code=7100)
    _check_e_invoice(work, document)
    number = number_field(resource)
    kind = document.get("invoiceType") or "CN"
    numbered = {number: document.get(number) or take_number(work, resource, kind)}
    status = OPEN[resource]
    return work.touch(
        document, **numbered, status=status, sendDate=work.stamp, sendType=send_type, enshrined=work.stamp
    )


def enshrine(work: UnitOfWork, resource: str, object_id: str, _body: Mapping[str, Any]) -> Answer:
    """``enshrine``: fixed for good.

    Raises:
        ApiError: it is not there, a draft, or enshrined already.
    """
    item = work.get(resource, object_id)
    first = {**OPEN, "CheckAccountTransaction": "200"}[resource]
    if not _reached(item, first):
        raise fields.invalid(f"{resource} can only be enshrined in status {first} or higher")
    if item.get("enshrined") is not None:
        raise fields.invalid(f"{resource} is already enshrined")
    work.touch(item, enshrined=work.stamp)
    return 200, None


def reset_to_draft(work: UnitOfWork, resource: str, object_id: str, _body: Mapping[str, Any]) -> Answer:
    """``resetToDraft``: an open document becomes a draft, which keeps its number; a paid voucher does, too.

    Whatever was booked on it is taken off.

    Raises:
        ApiError: it is not there, no open one, or enshrined, where that is for good.
    """
    document = work.get(resource, object_id)
    takes_off = {OPEN[resource], PARTLY_PAID, PAID} if resource == "Voucher" else {OPEN[resource]}
    # A booking of the wrong sign leaves a document open.
    if status_of(document) in takes_off and is_booked(work, document):
        document = reopened(work, document)
    if status_of(document) != OPEN[resource] or document.get("invoiceType") in {"WKR", "SR"}:
        raise fields.invalid(f"{resource} can only be reset to draft in status {OPEN[resource]}. Use resetToOpen first")
    is_fixed = resource == "Voucher" or not work.quirks.resets_enshrined
    if is_fixed and document.get("enshrined") is not None:
        raise fields.invalid(f"{resource} is enshrined")
    return 200, work.touch(document, status=DRAFT[resource], enshrined=None, sendDate=None)


def change_status(work: UnitOfWork, resource: str, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``changeStatus`` of system 1.0: any status, just so.

    Raises:
        ApiError: it is not there, or no such status.
    """
    document = work.get(resource, object_id)
    status = fields.text(body, "value")
    if status not in {DEACTIVATED, *DRAFT.values(), *OPEN.values(), PARTLY_PAID, PAID}:
        raise fields.invalid("value must be a status")
    return 200, work.touch(document, status=status)


def print_document(work: UnitOfWork, resource: str, object_id: str, query: Query) -> Answer:
    """``getPdf``: a small PDF of the document; a draft is sent by it, unless that is prevented.

    Raises:
        ApiError: it is not there, or cannot be printed.
    """
    document = work.get(resource, object_id)
    if status_of(document) == DRAFT[resource]:
        if work.quirks.pdf_sends_drafts and not _prevents(query):
            document = sent(work, document, "VPDF")
        elif _is_electronic(work, document):
            raise ApiError(503, "Invoice number is required")
    number = text_of(document.get(number_field(resource)))
    content = one_page([f"{resource} {number}", text_of(document.get("header")), f"EUR {document.get('sumGross')}"])
    return 200, {
        "filename": f"{number}.pdf",
        "mimetype": "application/pdf",
        "base64Encoded": True,
        "content": base64.b64encode(content).decode(),
    }


def _prevents(query: Query) -> bool:
    """``True`` is how clients in Python write it; a draft that was sent by mistake could not be taken back."""
    return (query.value("preventSendBy") or "").lower() in {"true", "1"}


def _is_electronic(work: UnitOfWork, document: Object) -> bool:
    found = work.find(f"{document['objectName']}Property", document["id"])
    return found is not None and found["propertyIsEInvoice"] == "1"


def _check_e_invoice(work: UnitOfWork, document: Object) -> None:
    if not _is_electronic(work, document):
        return
    if missing := [f"document_{name}" for name in _ADDRESS if not document.get(name)]:
        raise ApiError(400, _NO_E_INVOICE, code=830, data={"missing information": missing})


def _reached(item: Object, status: str) -> bool:
    given = status_of(item)
    return given.isdigit() and int(given) >= int(status)
