"""Final invoices over the whole order: the other reading of what sevdesk's description says of them."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sandbox.objects.books import LazyObjects
from sandbox.objects.values import Object, decimal_text, number_of, reference_of

_PARTS, _FINAL = frozenset({"TR", "AR"}), "ER"
_SUMS = tuple(f"sum{kind}{currency}" for currency in ("", "Accounting") for kind in ("Net", "Tax", "Gross"))


def over_whole_orders(invoices: Sequence[Object] | LazyObjects) -> Sequence[Object] | LazyObjects:
    """The invoices; the sums of final ones include the advance and partial invoices of the same order."""
    if isinstance(invoices, LazyObjects) and _FINAL not in invoices.column("invoiceType"):
        return invoices
    listed = list(invoices)
    parts: dict[object, list[Object]] = defaultdict(list)
    for item in listed:
        if item.get("invoiceType") in _PARTS:
            parts[reference_of(item.get("origin"))].append(item)
    return [
        item | {field: _total(field, [item, *parts[reference_of(item.get("origin"))]]) for field in _SUMS}
        if item.get("invoiceType") == _FINAL
        else item
        for item in listed
    ]


def _total(field: str, items: list[Object]) -> str:
    return decimal_text(sum((number_of(item.get(field)) or Decimal(0) for item in items), Decimal(0)))
