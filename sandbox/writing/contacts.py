"""Contacts and their addresses: entered and changed."""

from collections.abc import Mapping
from typing import Any

from sandbox.objects import blank
from sandbox.objects.values import Object
from sandbox.writing import fields
from sandbox.writing.fields import Reader
from sandbox.writing.numbers import number_is_free
from sandbox.writing.unit_of_work import Answer, UnitOfWork, ref

_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("name", "surename", "familyname", "titel", "name2", "description"), fields.text),
    **dict.fromkeys(("academicTitle", "gender", "birthday", "vatNumber", "bankAccount", "bankNumber"), fields.text),
    **dict.fromkeys(("customerNumber", "status", "taxNumber", "taxOffice", "buyerReference", "taxType"), fields.text),
    **dict.fromkeys(("defaultCashbackTime", "defaultCashbackPercent", "defaultTimeToPay"), fields.amount_text),
    "defaultDiscountAmount": fields.amount_text,
    **dict.fromkeys(("exemptVat", "governmentAgency", "defaultShowVat", "defaultDiscountPercentage"), fields.flag),
    **dict.fromkeys(("category", "parent"), fields.reference),
}
_NEVER_NULL = ("status", "category", "exemptVat", "governmentAgency", "defaultShowVat", "defaultDiscountPercentage")
_ACTIVE = "1000"
_STATUSES = ("100", "500", _ACTIVE)
_ADDRESS: Mapping[str, Reader] = {
    **dict.fromkeys(("street", "zip", "city", "name"), fields.text),
    **dict.fromkeys(("country", "category"), fields.reference),
}


def create_contact(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``POST Contact``: an organisation by its ``name``, a person by ``surename`` and ``familyname``.

    Raises:
        ApiError: name or category is missing, the number is in use, or a field makes no sense.
    """
    new = {**blank.CONTACT, **work.head("Contact"), "sevClient": work.client}
    return 201, _saved(work, {**new, **fields.taken(body, _READERS, _NEVER_NULL)})


def change_contact(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT Contact/{id}``: the fields that were sent change.

    Raises:
        ApiError: as above, or it is not there.
    """
    old = work.get("Contact", object_id)
    return 200, _saved(work, {**old, **fields.taken(body, _READERS, _NEVER_NULL), "update": work.stamp})


def create_address(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``POST ContactAddress``.

    Raises:
        ApiError: the contact is missing, or a field makes no sense.
    """
    contact = fields.reference(body, "contact")
    if contact is None or contact["objectName"] != "Contact":
        raise fields.invalid("contact cannot be null")
    work.must_exist(contact)
    address = {
        **work.head("ContactAddress"),
        "contact": contact,
        **dict.fromkeys(("street", "zip", "city", "country", "category", "name")),
        "sevClient": work.client,
        **fields.taken(body, _ADDRESS),
    }
    return 201, work.put(blank.without_unset(address))


def change_address(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT ContactAddress/{id}``: the fields that were sent change; answers 201, as described.

    Raises:
        ApiError: it is not there, or a field makes no sense.
    """
    address = {**work.get("ContactAddress", object_id), **fields.taken(body, _ADDRESS)}
    return 201, work.touch(blank.without_unset(address))


def whole_address(work: UnitOfWork, object_id: str) -> Answer:
    """``GET ContactAddress/{id}``: not in a list, and with the whole contact."""
    address = work.get("ContactAddress", object_id)
    contact = work.find("Contact", address["contact"]["id"])
    return 200, {**address, "contact": contact or ref(address["contact"])}


def _saved(work: UnitOfWork, contact: Object) -> Object:
    if not contact.get("name") and not contact.get("familyname"):
        raise fields.invalid("name or familyname is required")
    if contact.get("category") is None:
        raise fields.invalid("category cannot be null")
    if contact.get("status", _ACTIVE) not in _STATUSES:
        raise fields.invalid(f"status must be one of {', '.join(_STATUSES)}")
    number = contact.get("customerNumber")
    if number and work.quirks.customer_numbers == "unique" and not number_is_free(work, number, contact["id"]):
        raise fields.invalid(f"The customer number {number} is already in use")
    if (parent := contact.get("parent")) is not None and not work.get("Contact", parent["id"]).get("name"):
        raise fields.invalid("parent must be an organisation")
    return work.put(blank.without_unset(contact))
