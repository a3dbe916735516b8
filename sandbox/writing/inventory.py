"""Parts: what a firm sells, with prices and stock."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.objects import blank
from sandbox.objects.values import Object, decimal_text, number_of
from sandbox.writing import fields
from sandbox.writing.fields import Reader
from sandbox.writing.sums import json_number, sum_of, taxed
from sandbox.writing.unit_of_work import Answer, UnitOfWork

_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("name", "partNumber", "text", "status", "internalComment"), fields.text),
    **dict.fromkeys(("stock", "price", "priceNet", "priceGross", "pricePurchase", "taxRate"), fields.amount_text),
    **dict.fromkeys(("category", "unity"), fields.reference),
    "stockEnabled": fields.flag,
}
_REQUIRED = ("name", "partNumber", "stock", "unity", "taxRate")
_NEVER_NULL = (*_REQUIRED, "stockEnabled", "status")
_STATUSES = ("50", "100")
_RATES = frozenset({Decimal(0), Decimal(7), Decimal(19)})
_HIGHEST_RATE = 100


def create_part(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``POST Part``; of net and gross price the one that was not sent is worked out.

    Raises:
        ApiError: name, number, stock, unit or rate is missing, or a field makes no sense.
    """
    given = fields.taken(body, _READERS, _NEVER_NULL)
    for name in _REQUIRED:
        if not given.get(name):
            raise fields.invalid(f"{name} cannot be null")
    empty = {**blank.PART, **work.head("Part"), "sevClient": work.client}
    return 201, work.put(_checked(work, {**empty, **given}, given))


def change_part(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT Part/{id}``: the fields that were sent change, and the prices that follow from them.

    Raises:
        ApiError: it is not there, or a field makes no sense.
    """
    old = work.get("Part", object_id)
    given = fields.taken(body, _READERS, _NEVER_NULL)
    for name in ("name", "partNumber"):
        if name in given and not given[name]:
            raise fields.invalid(f"{name} cannot be null")
    return 200, work.put(_checked(work, {**old, **given, "update": work.stamp}, given))


def stock_of(work: UnitOfWork, object_id: str) -> Answer:
    """``GET Part/{id}/getStock``: a number.

    Raises:
        ApiError: it is not there.
    """
    return 200, json_number(sum_of(work.get("Part", object_id), "stock"))


def _checked(work: UnitOfWork, part: Object, given: Mapping[str, Any]) -> Object:
    rate = number_of(part["taxRate"]) or Decimal(0)
    if not 0 <= rate <= _HIGHEST_RATE:
        raise fields.invalid("taxRate must be between 0 and 100")
    if not work.is_first_system and rate not in _RATES:
        raise fields.invalid(f"taxRate {decimal_text(rate)} is not allowed, allowed are: 0, 7, 19")
    if part["status"] not in _STATUSES:
        raise fields.invalid(f"status must be one of {', '.join(_STATUSES)}")
    work.must_exist(part.get("category"))
    return blank.without_unset({**part, **_prices(part, given, rate)})


def _prices(part: Object, given: Mapping[str, Any], rate: Decimal) -> Object:
    """Net and gross price: from the one that was sent, ``priceGross`` before the others."""
    for name in ("priceGross", "priceNet", "price"):
        if given.get(name) is not None:
            break
    else:
        name = "priceNet" if "taxRate" in given else ""
    if not name or part.get(name) is None:
        return {}
    sums = taxed(number_of(part[name]) or Decimal(0), rate, is_net=name != "priceGross")
    net = decimal_text(sums.net)
    return {"price": net, "priceNet": net, "priceGross": decimal_text(sums.gross)}
