"""Numbers of documents and customers: told without being reserved, used up when a document is sent."""

from collections.abc import Mapping

from sandbox.account.errors import ApiError, bad_request
from sandbox.account.query import Query
from sandbox.objects.values import Object, text_of
from sandbox.writing.desk import Answer, Desk

_FIRST_CUSTOMER = 1000
_TOLD, _ONLY = "ToldCustomerNumber", "1"  # kept like an object, and served by nobody


def sequence_of(desk: Desk, query: Query) -> Answer:
    """``SevSequence/Factory/getByType``: the number that the next document would get."""
    resource, kind = query.value("objectType"), query.value("type")
    if not resource or not kind:
        raise bad_request("objectType and type are required.")
    found = _sequence(desk, resource, kind)
    if not desk.quirks.reserved_numbers:
        return 200, found
    # Another guess: whoever asks owns the number.
    desk.put(_moved(found))
    return 200, found


def take_number(desk: Desk, resource: str, kind: str) -> str:
    """The next number of a document, which no other will get."""
    sequence = _sequence(desk, resource, kind)
    desk.put(_moved(sequence))
    parts: Mapping[str, str] = {
        "%NUMBER": sequence["nextSequence"],
        "%YYYY": f"{desk.now:%Y}",
        "%YY": f"{desk.now:%y}",
        "%MM": f"{desk.now:%m}",
        "%DD": f"{desk.now:%d}",
    }
    number: str = sequence["format"]
    for token, value in parts.items():
        number = number.replace(token, value)
    return number


def next_customer_number(desk: Desk) -> Answer:
    """``Contact/Factory/getNextCustomerNumber``: one more than the highest, and than any that was asked for."""
    given = [text_of(contact.get("customerNumber")) for contact in desk.all("Contact")]
    numbers = [int(number) for number in given if number.isascii() and number.isdigit() and len(number) <= 15]
    following = max(numbers, default=_FIRST_CUSTOMER - 1) + 1
    if desk.quirks.reserved_numbers:
        told = desk.find(_TOLD, _ONLY)
        following = max(following, 0 if told is None else told["number"] + 1)
        desk.put({"id": _ONLY, "objectName": _TOLD, "number": following})
    return 200, str(following)


def is_available(desk: Desk, query: Query) -> Answer:
    """``Contact/Mapper/checkCustomerNumberAvailability``; without the number asked for it breaks."""
    number = query.value("customerNumber")
    if not number:
        raise ApiError(500, "customerNumber is required")
    return 200, number_is_free(desk, number)


def number_is_free(desk: Desk, number: str, owner: str | None = None) -> bool:
    """Whether no other contact has a customer number."""
    return all(
        text_of(contact.get("customerNumber")) != number or contact["id"] == owner for contact in desk.all("Contact")
    )


def _sequence(desk: Desk, resource: str, kind: str) -> Object:
    # Cancellations, partial, advance and final invoices go on in the sequence of invoices.
    wanted = "RE" if resource == "Invoice" and kind != "MA" else kind
    for sequence in desk.all("SevSequence"):
        if (sequence["forObject"], sequence["type"]) == (resource, wanted):
            return desk.get("SevSequence", sequence["id"])
    raise bad_request(f"No sequence for {resource} of type {kind} was found")


def _moved(sequence: Object) -> Object:
    number = sequence["nextSequence"]
    return {**sequence, "nextSequence": str(int(number) + 1).zfill(len(number))}
