"""What a firm sells, and how it marks its documents, as sevdesk objects."""

from typing import Any

from sandbox.bookkeeping.identifiers import first_and_step
from sandbox.objects import blank
from sandbox.rendering.shapes import RenderContext, money, ref

_PIECE, _HOUR, _KILOMETRE = 1, 9, 10
"""Identifiers of units."""
_PARTS = (
    ("1000", "Leistung laut Auftrag", _PIECE, 0),
    ("1001", "Arbeitsstunde", _HOUR, 8_500),
    ("1002", "Anfahrt", _KILOMETRE, 60),
)
"""Number, name, unit, net price in cents."""
_RATE, _GENERAL = 19, 1
_TAG = "Freigabe Geschäftsführung"
_LARGE = 100_000
"""Bills from so many cents on need it."""


def part_objects(context: RenderContext) -> list[dict[str, Any]]:
    """The objects of the resource Part, newest first."""
    first, step = first_and_step("Part", context.history.key)
    opened, rate = context.history.opened_on, 0 if context.history.is_small_business else _RATE
    objects = [
        {
            **blank.PART,
            **context.head("Part", first + step * place, opened, opened),
            "name": name,
            "partNumber": number,
            "category": ref("Category", _GENERAL),
            "unity": ref("Unity", unity),
            "price": money(net),
            "priceNet": money(net),
            "priceGross": money(net + (net * rate + 50) // 100),
            "sevClient": context.client,
            "pricePurchase": "0",
            "taxRate": str(rate),
        }
        for place, (number, name, unity, net) in enumerate(_PARTS)
    ]
    return objects[::-1]


def tag_objects(context: RenderContext) -> list[dict[str, Any]]:
    """The objects of the resource Tag."""
    identifier, _ = first_and_step("Tag", context.history.key)
    opened = context.history.opened_on
    head = context.head("Tag", identifier, opened, opened)
    del head["update"]
    return [{**blank.TAG, **head, "name": _TAG, "sevClient": context.client}]


def tag_relation_objects(context: RenderContext) -> list[dict[str, Any]]:
    """The objects of the resource TagRelation, newest first: large bills have the tag."""
    (tag,) = tag_objects(context)
    first, step = first_and_step("TagRelation", context.history.key)
    large = [voucher for voucher in context.history.vouchers if voucher.side == "C" and voucher.gross >= _LARGE]
    objects = []
    for place, voucher in enumerate(sorted(large, key=lambda one: one.id)):
        head = context.head("TagRelation", first + step * place, voucher.recorded, voucher.recorded)
        del head["update"]
        relation = {"tag": ref("Tag", int(tag["id"])), "object": ref("Voucher", voucher.id)}
        objects.append({**blank.TAG_RELATION, **head, **relation, "sevClient": context.client})
    return objects[::-1]
