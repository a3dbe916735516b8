"""What belongs to contacts as sevdesk objects: how they are reached, their accounts, fields that the firm added.

All of it is made up from the contact's name, so the same books have the same details. Addresses end in names that
nobody can register (RFC 2606); telephone numbers are from the ranges that the Bundesnetzagentur keeps for films.
"""

import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar

from sandbox.bookkeeping.history import Party
from sandbox.bookkeeping.identifiers import FIRST_CREDITOR, FIRST_DEBITOR, first_and_step
from sandbox.objects import blank
from sandbox.rendering.shapes import RenderContext, ref

T = TypeVar("T")

_PRIVATE, _WORK, _MOBILE, _INVOICING = 1, 2, 4, 8
"""Identifiers of the keys of communication ways."""
_WAYS = 4
"""How many ways lead to a contact at most."""
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", ".": ""})
_WORDS = re.compile(r"[a-z0-9]+")
_FORMS = frozenset({"gmbh", "kg", "ug", "haftungsbeschraenkt", "ag", "ohg", "ek", "eg", "co"})
_GROUPS = ("Stammkunde", "Neukunde", "Großkunde")
_GROUP = "Kundengruppe"


def communication_way_objects(context: RenderContext, customers: Collection[int | None]) -> list[dict[str, Any]]:
    """The objects of the resource CommunicationWay, newest first.

    Args:
        context: what the account's objects share.
        customers: indices of the parties that are customers.
    """
    known = list(_known(context))
    # By kind, then by contact: so they count through all branches of a firm as its contacts do.
    ways = [
        (party, way)
        for number in range(_WAYS)
        for index, party in known
        if (way := _way(party, number, is_customer=index in customers)) is not None
    ]
    objects = [
        {
            **blank.COMMUNICATION_WAY,
            **context.head("CommunicationWay", identifier, party.since, party.since),
            "contact": ref("Contact", party.contact_id or 0),
            "type": kind,
            "value": value,
            "key": ref("CommunicationWayKey", key),
            "main": "1" if is_main else "0",
            "sevClient": context.client,
        }
        for identifier, (party, (kind, value, key, is_main)) in _numbered(context, "CommunicationWay", ways)
    ]
    return objects[::-1]


def accounting_contact_objects(context: RenderContext, customers: Collection[int | None]) -> list[dict[str, Any]]:
    """The objects of the resource AccountingContact, newest first: customers are debtors, suppliers creditors."""
    debitor, creditor = FIRST_DEBITOR, FIRST_CREDITOR
    objects = []
    for identifier, (index, party) in _numbered(context, "AccountingContact", list(_known(context))):
        is_customer = index in customers
        objects.append(
            {
                **blank.ACCOUNTING_CONTACT,
                **context.head("AccountingContact", identifier, party.since, party.since),
                "contact": ref("Contact", party.contact_id or 0),
                "sevClient": context.client,
                "debitorNumber": str(debitor) if is_customer else None,
                "creditorNumber": None if is_customer else str(creditor),
            }
        )
        debitor, creditor = debitor + is_customer, creditor + (not is_customer)
    return objects[::-1]


def custom_field_setting_objects(context: RenderContext) -> list[dict[str, Any]]:
    """The objects of the resource ContactCustomFieldSetting: one field that the firm added."""
    opened = context.history.opened_on
    identifier, _ = first_and_step("ContactCustomFieldSetting", context.history.key)
    return [
        {
            **blank.CUSTOM_FIELD_SETTING,
            **context.head("ContactCustomFieldSetting", identifier, opened, opened),
            "sevClient": context.client,
            "name": _GROUP,
            "identifier": f"{zlib.crc32(f'{_GROUP} {identifier}'.encode()):08x}",
            "description": "Für Rundschreiben",
        }
    ]


def custom_field_objects(context: RenderContext, customers: Collection[int | None]) -> list[dict[str, Any]]:
    """The objects of the resource ContactCustomField, newest first: what customers have in that field."""
    (setting,) = custom_field_setting_objects(context)
    known = [party for index, party in _known(context) if index in customers]
    objects = [
        {
            **blank.CUSTOM_FIELD,
            **context.head("ContactCustomField", identifier, party.since, party.since),
            "sevClient": context.client,
            "contact": ref("Contact", party.contact_id or 0),
            "contactCustomFieldSetting": setting,
            "value": _GROUPS[_mix(party) % len(_GROUPS)],
        }
        for identifier, party in _numbered(context, "ContactCustomField", known)
    ]
    return objects[::-1]


def _known(context: RenderContext) -> Iterator[tuple[int, Party]]:
    """The parties that have a contact, with their indices, in the order of their contacts."""
    known = [(index, party) for index, party in enumerate(context.history.parties) if party.contact_id is not None]
    return iter(sorted(known, key=lambda one: one[1].contact_id or 0))


def _numbered(context: RenderContext, resource: str, items: Iterable[T]) -> Iterator[tuple[int, T]]:
    first, step = first_and_step(resource, context.history.key)
    return ((first + step * place, item) for place, item in enumerate(items))


def _way(party: Party, number: int, *, is_customer: bool) -> tuple[str, str, int, bool] | None:
    """Type, value, key, and whether it is the main one; none where the contact has no way of that number."""
    words = [word for word in _WORDS.findall(_own(party).lower().translate(_LETTERS)) if word not in _FORMS]
    mix = _mix(party)
    if party.is_person:
        ways = {
            0: ("EMAIL", f"{'.'.join(words)}@example.com", _PRIVATE, True),
            1: ("MOBILE", f"+49 171 39200 {mix % 100:02d}", _MOBILE, False),
        }
        return ways.get(number)
    domain = f"{'-'.join(words)}.example"
    of_customer = ("EMAIL", f"rechnung@{domain}", _INVOICING, False)
    of_supplier = ("WEB", f"https://www.{domain}", _WORK, False)
    ways = {
        0: ("EMAIL", f"info@{domain}", _WORK, True),
        1: ("PHONE", f"+49 30 23125 {mix % 1000:03d}", _WORK, False),
        **({2: of_customer} if is_customer else {3: of_supplier}),
    }
    return ways.get(number)


def _own(party: Party) -> str:
    """The name without that of the branch that it deals with."""
    return party.name.partition(",")[0]


def _mix(party: Party) -> int:
    return zlib.crc32(_own(party).encode())
