"""Lists that an account has without anybody having entered them: payment methods, its user, its number sequences."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.objects.values import Object, reference_of, text_of

STANDING = ("PaymentMethod", "SevUser", "SevSequence", "ContactAddress", "Category", "CommunicationWayKey")
"""Resources that are served in addition to the books and are not part of an exported folder."""

_FIRST_NUMBER = 1000
_NUMBER = re.compile(r"(.*?)([0-9]{1,15})")
_ON_ACCOUNT = "Bitte überweisen Sie den Rechnungsbetrag bis zum [%ZAHLUNGSZIEL%] auf das unten angegebene Konto."
_PAYMENT_METHODS = (
    ("21919", "SEPA Überweisung", _ON_ACCOUNT, "58"),
    ("21920", "SEPA Lastschrift", "Der Betrag wird von Ihrem Konto eingezogen.", "59"),
    ("21921", "Bargeld", "Die Zahlung erfolgte per Barzahlung.", "10"),
    ("21922", "Schuldenausgleich zwischen beiden Parteien", _ON_ACCOUNT, "97"),
    ("21923", "Scheck", _ON_ACCOUNT, "20"),
    ("114251", "Online-Zahlung (z.B. PayPal)", "Die Zahlung erfolgt online.", "68"),
)
_CATEGORIES = (
    ("2", "Contact", "Lieferant", "CATEGORY_SUPPLIER"),
    ("3", "Contact", "Kunde", "CATEGORY_CUSTOMER"),
    ("4", "Contact", "Partner", "CATEGORY_PARTNER"),
    ("28", "Contact", "Interessent", "CATEGORY_PROSPECTIVE_CUSTOMER"),
    ("43", "ContactAddress", "Arbeit", "CATEGORY_WORK"),
    ("44", "ContactAddress", "Privat", "CATEGORY_PRIVATE"),
    ("47", "ContactAddress", "Rechnungsadresse", "CATEGORY_INVOICE_ADDRESS"),
    ("48", "ContactAddress", "Lieferadresse", "CATEGORY_DELIVERY_ADDRESS"),
    ("49", "ContactAddress", "Abholadresse", "CATEGORY_PICKUP_ADDRESS"),
    ("1", "Part", "Allgemein", "CATEGORY_GENERAL"),
)
_WAY_KEYS = (
    ("1", "Privat", "COMM_WAY_KEY_PRIVATE"),
    ("2", "Arbeit", "COMM_WAY_KEY_WORK"),
    ("3", "Fax", "COMM_WAY_KEY_FAX"),
    ("4", "Mobil", "COMM_WAY_KEY_MOBILE"),
    ("5", " ", "COMM_WAY_KEY_EMPTY"),
    ("6", "Autobox", "COMM_WAY_KEY_AUTOBOX"),
    ("7", "Newsletter", "COMM_WAY_KEY_NEWSLETTER"),
    ("8", "Rechnungsadresse", "COMM_WAY_KEY_INVOICE_ADDRESS"),
)
_OPENED = "2020-10-26T18:57:14+01:00"
_SEQUENCES = (
    ("Invoice", "RE", "invoiceNumber", "RE-"),
    ("Invoice", "MA", "invoiceNumber", "MA-"),
    ("CreditNote", "CN", "creditNoteNumber", "GU-"),
)


def standing(resource: str, column: Callable[[str, str], Sequence[Any]]) -> list[Object]:
    """Return the objects of such a resource as they are before anything is written.

    Args:
        resource: which; any other has none.
        column: the values of a field of all objects of a resource, newest first.
    """
    match resource:
        case "PaymentMethod":
            return [_payment_method(*fields) for fields in _PAYMENT_METHODS]
        case "SevUser":
            return [_user(column)]
        case "SevSequence":
            return [_sequence(index, *fields, column=column) for index, fields in enumerate(_SEQUENCES)]
        case "Category":
            return [_category(*fields) for fields in _CATEGORIES]
        case "CommunicationWayKey":
            return [_way_key(*fields) for fields in _WAY_KEYS]
        case _:
            return []


def _payment_method(object_id: str, name: str, text: str, electronic: str) -> Object:
    return {
        "id": object_id,
        "objectName": "PaymentMethod",
        "additionalInformation": None,
        "create": _OPENED,
        "update": _OPENED,
        "name": name,
        "text": text,
        "electronicInvoiceId": electronic,
        "translationCode": f"PAYMENT_METHOD_{electronic}",
    }


def _category(object_id: str, object_type: str, name: str, code: str) -> Object:
    return {
        "id": object_id,
        "objectName": "Category",
        "additionalInformation": None,
        "create": None,
        "update": _OPENED,
        "name": name,
        "objectType": object_type,
        "priority": "100",
        "code": None,
        "color": None,
        "postingAccount": None,
        "type": None,
        "translationCode": code,
    }


def _way_key(object_id: str, name: str, code: str) -> Object:
    return {
        "id": object_id,
        "objectName": "CommunicationWayKey",
        "additionalInformation": None,
        "create": _OPENED,
        "update": _OPENED,
        "name": name,
        "translationCode": code,
    }


def _owner(field: str, column: Callable[[str, str], Sequence[Any]]) -> str:
    """Id of the client or user that the objects name."""
    for resource in ("Invoice", "Voucher", "CreditNote", "Contact", "CheckAccount"):
        for value in column(resource, field)[:1]:
            if (reference := reference_of(value)) is not None:
                return reference[1]
    return "1"


def _user(column: Callable[[str, str], Sequence[Any]]) -> Object:
    return {
        "id": _owner("createUser", column),
        "objectName": "SevUser",
        "additionalInformation": None,
        "create": _OPENED,
        "update": _OPENED,
        "username": "buchhaltung@example.com",
        "email": "buchhaltung@example.com",
        "firstName": "Erika",
        "lastName": "Muster",
        "fullname": "Erika Muster",
        "role": "ROLE_ADMINISTRATOR",
        "status": "100",
        "languageCode": "de_DE",
        "sevClient": {"id": _owner("sevClient", column), "objectName": "SevClient"},
    }


def _sequence(
    index: int, resource: str, kind: str, field: str, prefix: str, *, column: Callable[[str, str], Sequence[Any]]
) -> Object:
    """A sequence that goes on where the numbers of the books end, in the form of the newest."""
    kinds = column(resource, "invoiceType") if resource == "Invoice" else None
    numbers = [
        found.groups()
        for position, value in enumerate(column(resource, field))
        if (kinds is None or (kinds[position] == "MA") is (kind == "MA"))
        and (found := _NUMBER.fullmatch(text_of(value))) is not None
    ]
    following = str(_FIRST_NUMBER)
    if numbers:
        prefix = numbers[0][0]
        width = len(numbers[0][1]) if numbers[0][1].startswith("0") else 0
        following = str(max(int(digits) for start, digits in numbers if start == prefix) + 1).zfill(width)
    return {
        "id": str(13_449_780 + index),
        "objectName": "SevSequence",
        "forObject": resource,
        "format": f"{prefix}%NUMBER",
        "nextSequence": following,
        "type": kind,
    }
