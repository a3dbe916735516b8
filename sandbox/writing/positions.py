"""Positions of invoices and credit notes: as they are stored, and as the answer to a write shows them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.account.quirks import Quirks
from sandbox.objects import blank
from sandbox.objects.values import Object, decimal_text, field_of, number_of, text_of
from sandbox.writing import fields
from sandbox.writing.sums import Sums, cents, json_number, position_sums, sum_of, taxed, total
from sandbox.writing.unit_of_work import UnitOfWork, ref

_UNITS = {
    "1": ("Stk", "UNITY_PIECE", "C62"),
    "2": ("m²", "UNITY_SQUARE_METRE", "MTK"),
    "3": ("m", "UNITY_METRE", "MTR"),
    "4": ("kg", "UNITY_KILOGRAMME", "KGM"),
    "5": ("t", "UNITY_TONS", "TNE"),
    "6": ("lfm", "UNITY_RUNNING_METRE", "MTR"),
    "7": ("pauschal", "UNITY_FLAT_RATE", "C62"),
    "8": ("m³", "UNITY_CUBIC_METRE", "MTQ"),
    "9": ("Std", "UNITY_HOUR", "HUR"),
    "10": ("km", "UNITY_KILOMETRE", "KMT"),
    "12": ("%", "UNITY_PERCENT", "P1"),
    "13": ("Tag(e)", "UNITY_DAYS", "DAY"),
    "14": ("Liter", "UNITY_LITRE", "LTR"),
}
_HIGHEST_RATE = 100
_WHOLE = 100
"""Percent."""
_NUMBERS = ("quantity", "price", "priority", "positionNumber", "discount")
_ABSENT_IN_ANSWER = ("sevClient", "part")
_NEVER = "1970-01-01T01:00:01+01:00"


def saved_positions(work: UnitOfWork, body: Mapping[str, Any], document: Object) -> tuple[list[Object], Sums]:
    """The positions of an invoice or a credit note after a write, and what they come to together.

    Args:
        work: the write.
        body: what was sent: ``<document>PosSave`` and ``<document>PosDelete``.
        document: which.

    Raises:
        ApiError: none is left, one is deleted or changed that is not there, or makes no sense.
    """
    is_net = document["showNet"] == "1"
    there = remaining(work, body, document)
    # Positions that stay are added up as they are: prices do not change by themselves.
    sums = {object_id: stored_sums(position) for object_id, position in there.items()}
    for sent in fields.parts(body, f"{field_of(document['objectName'])}PosSave"):
        position, one = new_position(work, sent, document, is_net=is_net)
        position = in_place(position, sent, there)
        there[position["id"]], sums[position["id"]] = position, one
    if not there:
        raise fields.invalid("The given document must have at least one position")
    return list(there.values()), total(sums.values())


def remaining(work: UnitOfWork, body: Mapping[str, Any], document: Object) -> dict[str, Object]:
    """The positions of a document by id, without those that a write deletes.

    Raises:
        ApiError: one is deleted that is not there.
    """
    resource, field = document["objectName"], field_of(document["objectName"])
    there = {position["id"]: position for position in work.referring(f"{resource}Pos", field, document)}
    for gone in fields.parts(body, f"{field}PosDelete"):
        object_id = text_of(gone.get("id"))
        if object_id not in there:
            raise fields.invalid(f"{field}PosDelete: no position with the id {object_id}")
        work.remove(there.pop(object_id))
    return there


def in_place(position: Object, sent: Mapping[str, Any], there: Mapping[str, Object]) -> Object:
    """A position in place of the one whose id was sent with it; as a new one where none was.

    Raises:
        ApiError: there is none with that id.
    """
    object_id = fields.text(sent, "id")
    if object_id is None:
        return position
    if object_id not in there:
        raise fields.invalid(f"{field_of(position['objectName'])}Save: no position with the id {object_id}")
    return {**position, "id": object_id, "create": there[object_id].get("create")}


def stored_sums(item: Mapping[str, Any]) -> Sums:
    """What a stored position or document comes to."""
    net, tax, gross, discount = (sum_of(item, f"sum{name}") for name in ("Net", "Tax", "Gross", "Discount"))
    return Sums(net, tax, gross, discount)


def new_position(work: UnitOfWork, given: Mapping[str, Any], document: Object, *, is_net: bool) -> tuple[Object, Sums]:
    """A position as it was sent, and what it comes to.

    Args:
        work: the write.
        given: what was sent.
        document: the invoice or credit note.
        is_net: prices are without tax.

    Raises:
        ApiError: a field is missing or makes no sense.
    """
    kind = f"{document['objectName']}Pos"
    quantity = _required(given, "quantity")
    rate = _required(given, "taxRate")
    price = fields.amount(given, "price") or Decimal(0)
    if not 0 <= rate <= _HIGHEST_RATE:
        raise fields.invalid("taxRate must be between 0 and 100")
    unity = fields.reference(given, "unity")
    if unity is None:
        raise fields.invalid("unity cannot be null")
    is_percentage = (fields.flag(given, "isPercentage") or "1") == "1"
    discount = fields.amount(given, "discount") or Decimal(0)
    if is_percentage and abs(discount) > _WHOLE:
        raise fields.invalid("discount must not be more than 100 percent")
    whole = quantity * price
    reduction = cents(whole * discount / _WHOLE if is_percentage else discount)
    sums = taxed(whole - reduction, rate, is_net=is_net, discount=reduction)
    position = {
        **work.head(kind),
        field_of(document["objectName"]): ref(document),
        "sevClient": work.client,
        **blank.DOCUMENT_POSITION,
        "quantity": decimal_text(quantity),
        "price": decimal_text(price),
        "name": fields.text(given, "name"),
        "unity": unity,
        "positionNumber": fields.amount_text(given, "positionNumber") or "1000",
        "text": fields.text(given, "text"),
        "discount": decimal_text(discount),
        "isPercentage": "1" if is_percentage else "0",
        "taxRate": decimal_text(rate),
        **position_sums(sums, taxed(price, rate, is_net=is_net)),
    }
    if (part := fields.reference(given, "part")) is not None:
        position["part"] = part
    return position, sums


def as_answered(position: Object, document: Object, quirks: Quirks) -> Object:
    """The position of an invoice as the answer to saving it shows it: numbers, and the whole invoice in each."""
    shown = {name: value for name, value in position.items() if name not in _ABSENT_IN_ANSWER}
    for name, value in position.items():
        if name in _NUMBERS or name.startswith(("sum", "price")):
            shown[name] = json_number(number_of(value) or Decimal(0))
    if quirks.true_quantity and shown.get("quantity") == 1:
        shown["quantity"] = True
    return {
        **shown,
        "create": None,
        "update": None,
        "invoice": document,
        "unity": unit(position.get("unity") or {"id": "1", "objectName": "Unity"}),
        "isPercentage": position.get("isPercentage") == "1",
        "taxRate": f"{number_of(position.get('taxRate')) or 0:.2f}",
        "temporary": None,
        "createNextPart": False,
    }


def unit(reference: Object) -> Object:
    """The whole unit; one that the account made itself has no code."""
    name, code, electronic = _UNITS.get(reference["id"], (f"Einheit {reference['id']}", None, None))
    return {
        **reference,
        "additionalInformation": None,
        "create": None,
        "update": _NEVER,
        "name": name,
        "translationCode": code,
        "unitySystem": "general",
        "uneceTradeUnitCode": electronic,
    }


def _required(given: Mapping[str, Any], name: str) -> Decimal:
    found = fields.amount(given, name)
    if found is None:
        raise fields.invalid(f"{name} cannot be null")
    return found
