"""Numbers of documents and customers: given out without being reserved, used up when a document is sent."""

from collections.abc import Mapping

from sandbox.account.errors import ApiError, bad_request
from sandbox.account.query import Query
from sandbox.objects.values import Object, text_of
from sandbox.writing.unit_of_work import Answer, UnitOfWork

_FIRST_CUSTOMER = 1000
_GIVEN_OUT, _ONLY = "CustomerNumberGivenOut", "1"  # kept like an object, and served by nobody


def sequence_of(work: UnitOfWork, query: Query) -> Answer:
    """``SevSequence/Factory/getByType``: the number that the next document would get."""
    resource, kind = query.value("objectType"), query.value("type")
    if not resource or not kind:
        raise bad_request("objectType and type are required.")
    found = _sequence(work, resource, kind)
    if not work.quirks.reserved_numbers:
        return 200, found
    # Another guess: whoever asks owns the number.
    work.put(_moved(found))
    return 200, found


def take_number(work: UnitOfWork, resource: str, kind: str) -> str:
    """The next number of a document, which no other will get."""
    sequence = _sequence(work, resource, kind)
    work.put(_moved(sequence))
    parts: Mapping[str, str] = {
        "%NUMBER": sequence["nextSequence"],
        "%YYYY": f"{work.now:%Y}",
        "%YY": f"{work.now:%y}",
        "%MM": f"{work.now:%m}",
        "%DD": f"{work.now:%d}",
    }
    number: str = sequence["format"]
    for token, value in parts.items():
        number = number.replace(token, value)
    return number


def next_customer_number(work: UnitOfWork) -> Answer:
    """``Contact/Factory/getNextCustomerNumber``: one more than the highest, and than any that was asked for."""
    given = [text_of(contact.get("customerNumber")) for contact in work.all("Contact")]
    numbers = [int(number) for number in given if number.isascii() and number.isdigit() and len(number) <= 15]
    following = max(numbers, default=_FIRST_CUSTOMER - 1) + 1
    if work.quirks.reserved_numbers:
        last = work.find(_GIVEN_OUT, _ONLY)
        following = max(following, 0 if last is None else last["number"] + 1)
        work.put({"id": _ONLY, "objectName": _GIVEN_OUT, "number": following})
    return 200, str(following)


def is_available(work: UnitOfWork, query: Query) -> Answer:
    """``Contact/Mapper/checkCustomerNumberAvailability``; without the number asked for it breaks."""
    number = query.value("customerNumber")
    if not number:
        raise ApiError(500, "customerNumber is required")
    return 200, number_is_free(work, number)


def number_is_free(work: UnitOfWork, number: str, owner: str | None = None) -> bool:
    """Whether no other contact has a customer number."""
    return all(
        text_of(contact.get("customerNumber")) != number or contact["id"] == owner for contact in work.all("Contact")
    )


def _sequence(work: UnitOfWork, resource: str, kind: str) -> Object:
    # Cancellations, partial, advance and final invoices go on in the sequence of invoices.
    wanted = "RE" if resource == "Invoice" and kind != "MA" else kind
    for sequence in work.all("SevSequence"):
        if (sequence["forObject"], sequence["type"]) == (resource, wanted):
            return work.get("SevSequence", sequence["id"])
    raise bad_request(f"No sequence for {resource} of type {kind} was found")


def _moved(sequence: Object) -> Object:
    number = sequence["nextSequence"]
    return {**sequence, "nextSequence": str(int(number) + 1).zfill(len(number))}
