"""What belongs to contacts: how they are reached, their accounts, and fields that the firm added."""

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.account.errors import ApiError, bad_request
from sandbox.account.query import Query
from sandbox.objects import blank
from sandbox.objects.values import Object, reference_of, text_of
from sandbox.writing import fields
from sandbox.writing.fields import Reader
from sandbox.writing.unit_of_work import Answer, UnitOfWork

_SETTING = "ContactCustomFieldSetting"
_FIELD = "ContactCustomField"
_TYPES = ("EMAIL", "PHONE", "WEB", "MOBILE")
_WAY: Mapping[str, Reader] = {
    **dict.fromkeys(("contact", "key"), fields.reference),
    **dict.fromkeys(("type", "value"), fields.text),
    "main": fields.flag,
}
_ACCOUNTING: Mapping[str, Reader] = {
    "contact": fields.reference,
    **dict.fromkeys(("debitorNumber", "creditorNumber"), fields.text),
}
_FIELD_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("contact", "contactCustomFieldSetting"), fields.reference),
    "value": fields.text,
}
_SETTING_READERS: Mapping[str, Reader] = dict.fromkeys(("name", "description"), fields.text)


def create_way(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``POST CommunicationWay``.

    Raises:
        ApiError: contact, type, value or key is missing, not there, or makes no sense.
    """
    return 201, _saved_way(work, {**_new(work, blank.COMMUNICATION_WAY, "CommunicationWay"), **_way(body)})


def change_way(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT CommunicationWay/{id}``: the fields that were sent change.

    Raises:
        ApiError: as above, or it is not there.
    """
    old = work.get("CommunicationWay", object_id)
    return 200, _saved_way(work, {**old, **_way(body), "update": work.stamp})


def one_way(work: UnitOfWork, object_id: str) -> Answer:
    """``GET CommunicationWay/{id}``: not in a list.

    Raises:
        ApiError: it is not there.
    """
    return 200, work.get("CommunicationWay", object_id)


def create_accounting_contact(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``POST AccountingContact``.

    Raises:
        ApiError: the contact is missing or not there, or a field makes no sense.
    """
    new = {**_new(work, blank.ACCOUNTING_CONTACT, "AccountingContact"), **fields.taken(body, _ACCOUNTING)}
    return 201, _saved_of_contact(work, new)


def change_accounting_contact(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT AccountingContact/{id}``: the fields that were sent change.

    Raises:
        ApiError: as above, or it is not there.
    """
    old = work.get("AccountingContact", object_id)
    return 200, _saved_of_contact(work, {**old, **fields.taken(body, _ACCOUNTING, ("contact",)), "update": work.stamp})


def create_custom_field(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``POST ContactCustomField``: what a contact has in a field; answers 200, as described.

    Raises:
        ApiError: contact, setting or value is missing, not there, or makes no sense.
    """
    return 200, _saved_field(work, {**_new(work, blank.CUSTOM_FIELD, _FIELD), **fields.taken(body, _FIELD_READERS)})


def change_custom_field(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT ContactCustomField/{id}``: the fields that were sent change.

    Raises:
        ApiError: as above, or it is not there.
    """
    old = work.get(_FIELD, object_id)
    given = fields.taken(body, _FIELD_READERS, tuple(_FIELD_READERS))
    return 200, _saved_field(work, {**old, **given, "update": work.stamp})


def create_setting(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``POST ContactCustomFieldSetting``: a field for all contacts; answers 200, as described.

    Raises:
        ApiError: the name is missing or makes no sense.
    """
    new = {**_new(work, blank.CUSTOM_FIELD_SETTING, _SETTING), "identifier": uuid.uuid4().hex[:8]}
    return 200, _saved_setting(work, {**new, **fields.taken(body, _SETTING_READERS)})


def change_setting(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT ContactCustomFieldSetting/{id}``: changes in all contacts that have the field.

    Raises:
        ApiError: as above, or it is not there.
    """
    old = work.get(_SETTING, object_id)
    setting = _saved_setting(work, {**old, **fields.taken(body, _SETTING_READERS, ("name",)), "update": work.stamp})
    for field in work.referring(_FIELD, "contactCustomFieldSetting", setting):
        work.put({**field, "contactCustomFieldSetting": setting})
    return 200, setting


def count_references(work: UnitOfWork, object_id: str) -> Answer:
    """``GET ContactCustomFieldSetting/{id}/getReferenceCount``: how many contacts have the field.

    Raises:
        ApiError: it is not there.
    """
    setting = work.get(_SETTING, object_id)
    return 200, len(work.referring(_FIELD, "contactCustomFieldSetting", setting))


def contacts_by_field(work: UnitOfWork, query: Query) -> Answer:
    """``GET Contact/Factory/findContactsByCustomFieldValue``: who has a value in a field.

    Raises:
        ApiError: the value, or what says which field, is missing.
    """
    value, name = query.value("value"), query.value("customFieldName")
    setting = query.reference("customFieldSetting", is_half_enough=True)
    if not value or not (name or setting):
        raise bad_request("value and customFieldName are required")
    found = []
    for field in work.all(_FIELD):
        of = field["contactCustomFieldSetting"]
        is_field = text_of(of.get("id")) == setting[1] if setting else of.get("name") == name
        contact = reference_of(field.get("contact"))
        if is_field and field.get("value") == value and contact is not None:
            found.append(work.find(*contact))
    return 200, [contact for contact in found if contact is not None]


def _new(work: UnitOfWork, empty: blank.Blank, kind: str) -> Object:
    return {**empty, **work.head(kind), "sevClient": work.client}


def _way(body: Mapping[str, Any]) -> Object:
    return fields.taken(body, _WAY, ("main", "contact"))


def _saved_way(work: UnitOfWork, way: Object) -> Object:
    if way["type"] not in _TYPES:
        raise fields.invalid(f"type must be one of {', '.join(_TYPES)}")
    _required(way, "value", "key")
    _check_kind(way["key"], "key", "CommunicationWayKey")
    work.must_exist(way["key"])
    return _saved_of_contact(work, way)


def _saved_of_contact(work: UnitOfWork, item: Object) -> Object:
    _required(item, "contact")
    _check_kind(item["contact"], "contact", "Contact")
    work.must_exist(item["contact"])
    return work.put(item)


def _saved_field(work: UnitOfWork, field: Object) -> Object:
    _required(field, "contactCustomFieldSetting", "value")
    target = field["contactCustomFieldSetting"]
    _check_kind(target, "contactCustomFieldSetting", _SETTING)
    return _saved_of_contact(work, {**field, "contactCustomFieldSetting": work.get(_SETTING, target["id"])})


def _saved_setting(work: UnitOfWork, setting: Object) -> Object:
    _required(setting, "name")
    return work.put(setting)


def _required(item: Object, *names: str) -> None:
    for name in names:
        if not item.get(name):
            raise fields.invalid(f"{name} cannot be null")


def _check_kind(reference: Object, name: str, kind: str) -> None:
    if reference["objectName"] != kind:
        raise ApiError(422, f"{name} expected {kind}. {reference['objectName']} given")
