"""Saving invoices: a draft from what was sent, its positions and sums."""

from collections.abc import Mapping
from typing import Any

from sandbox import blank
from sandbox.errors import ApiError
from sandbox.values import Object, text_of
from sandbox.writing import fields
from sandbox.writing.desk import Answer, Desk
from sandbox.writing.documents import DEACTIVATED, DRAFT, is_draft
from sandbox.writing.fields import Reader
from sandbox.writing.positions import as_answered, new_position
from sandbox.writing.sums import Sums, document_sums, sum_of, total

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
    **dict.fromkeys(("invoiceDate", "deliveryDate", "deliveryDateUntil"), fields.date_text),
    **dict.fromkeys(("accountStartDate", "accountEndDate", "accountNextInvoice"), fields.date_text),
    **dict.fromkeys(("smallSettlement", "showNet"), fields.flag),
    **dict.fromkeys(("contact", "contactPerson", *blank.REFERENCES["Invoice"]), fields.reference),
}
_NEVER_NULL = ("discount", "taxRate", "showNet", "smallSettlement", "invoiceType", "contactPerson")


def use_reset() -> ApiError:
    """Only drafts change."""
    return ApiError(400, "Use resetToDraft first", code=90400)


def save_invoice(desk: Desk, body: Mapping[str, Any]) -> Answer:
    """``Invoice/Factory/saveInvoice``: a new draft without a number, or a draft changed.

    Raises:
        ApiError: something is missing or makes no sense, or the invoice is no draft.
    """
    given = fields.part(body, "invoice")
    old = _old(desk, given)
    status = fields.text(given, "status") or DRAFT["Invoice"]
    if status != DRAFT["Invoice"] and not (status == DEACTIVATED and given.get("invoiceType") == "WKR"):
        raise fields.invalid("New invoices must be created with status 100")
    read = fields.taken(given, _READERS, _NEVER_NULL)
    invoice = {**empty_invoice(desk), **(old or {}), **read, "status": status, "update": desk.stamp}
    _check(desk, invoice)
    kept = [] if old is None else desk.referring("InvoicePos", "invoice", old)
    positions, sums = saved_positions(desk, body, "invoice", invoice, kept)
    invoice = desk.put(blank.without_unset({**invoice, **document_sums(sums)}))
    for position in positions:
        desk.put(position)
    answered = {**invoice, **properties(desk, invoice, given)}
    shown = [as_answered(position, answered, desk.quirks) for position in positions]
    return 201, {"invoice": answered, "invoicePos": shown, "vatdrop": "not relevant"}


def saved_positions(
    desk: Desk, body: Mapping[str, Any], name: str, document: Object, kept: list[Object]
) -> tuple[list[Object], Sums]:
    """The positions of a document after a write, and what they come to together.

    Args:
        desk: the write.
        body: what was sent: ``<name>PosSave`` and ``<name>PosDelete``.
        name: ``invoice`` or ``creditNote``.
        document: which.
        kept: the positions so far.

    Raises:
        ApiError: none is left, one is deleted or changed that is not there, or makes no sense.
    """
    is_net = document["showNet"] == "1"
    there = {position["id"]: position for position in kept}
    for gone in fields.parts(body, f"{name}PosDelete"):
        object_id = text_of(gone.get("id"))
        if there.pop(object_id, None) is None:
            raise fields.invalid(f"{name}PosDelete: no position with the id {object_id}")
        desk.remove({"id": object_id, "objectName": f"{document['objectName']}Pos"})
    # Positions that stay are added up as they are: prices do not change by themselves.
    sums = {object_id: stored_sums(position) for object_id, position in there.items()}
    for sent in fields.parts(body, f"{name}PosSave"):
        position, one = new_position(desk, sent, document, is_net=is_net)
        if (known := fields.text(sent, "id")) is not None:
            if known not in there:
                raise fields.invalid(f"{name}PosSave: no position with the id {known}")
            position |= {"id": known, "create": there[known].get("create")}
        there[position["id"]], sums[position["id"]] = position, one
    if not there:
        raise fields.invalid("The given document must have at least one position")
    return list(there.values()), total(sums.values())


def stored_sums(position: Mapping[str, Any]) -> Sums:
    """What a stored position or document comes to."""
    net, tax, gross, discount = (sum_of(position, f"sum{name}") for name in ("Net", "Tax", "Gross", "Discount"))
    return Sums(net, tax, gross, discount)


def properties(desk: Desk, document: Object, given: Mapping[str, Any]) -> Object:
    """What only the answer to a write shows; it is remembered, because sending depends on it."""
    resource = f"{document['objectName']}Property"
    old = desk.find(resource, document["id"]) or {"propertyIsEInvoice": None}
    value = fields.flag(given, "propertyIsEInvoice") if "propertyIsEInvoice" in given else old["propertyIsEInvoice"]
    shown = {"propertyIsEInvoice": value}
    desk.put({"id": document["id"], **shown}, resource)
    return shown


def _old(desk: Desk, given: Mapping[str, Any]) -> Object | None:
    object_id = fields.text(given, "id")
    if object_id is None:
        return None
    old = desk.get("Invoice", object_id)
    if not is_draft(old):
        raise use_reset()
    return old


def _check(desk: Desk, invoice: Object) -> None:
    """What every invoice must have."""
    if not invoice["currency"]:
        raise fields.invalid("Currency is required.")
    if invoice["currency"] != "EUR":
        raise fields.invalid("Only invoices in EUR can be written here: there is no exchange rate.")
    if invoice["invoiceType"] not in KINDS:
        raise fields.invalid(f"invoiceType must be one of {', '.join(KINDS)}")
    if invoice["invoiceDate"] is None:
        raise fields.invalid("invoiceDate cannot be null")
    check_tax(desk, invoice)
    for name in ("contact", "paymentMethod", "origin"):
        desk.must_exist(invoice.get(name))


def check_tax(desk: Desk, document: Object) -> None:
    """System 2.0 wants a tax rule, 1.0 a tax type."""
    if desk.is_first_system:
        if not document.get("taxType"):
            raise fields.invalid("Could not find taxType")
    elif document.get("taxRule") is None:
        raise fields.invalid("taxRule cannot be null")


def empty_invoice(desk: Desk) -> Object:
    """A new draft with every field of an invoice."""
    return {**blank.INVOICE, **desk.head("Invoice"), **desk.signature}
