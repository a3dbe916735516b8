"""The order of a list: newest document first, unless the query asks for another."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from sandbox.account.filters import DOCUMENT_DATES, dated
from sandbox.account.query import Query
from sandbox.objects.values import Object, day_of, moment_of, number_of, text_of

_Key: TypeAlias = Callable[[Object], Any]

_NUMBER_FLAGS = {
    "Invoice": ("orderByInvoiceNumber", "invoiceNumber"),
    "CreditNote": ("orderByCreditNoteNumber", "creditNoteNumber"),
    "Voucher": ("orderByVoucherNumber", "description"),
    "Contact": ("orderByCustomerNumber", "customerNumber"),
}
_DUE_DATES = {"Invoice": "invoiceDate", "CreditNote": "creditNoteDate"}
_FIELD_NAME = re.compile(r"\w{1,60}")
_NEVER = datetime.max.replace(tzinfo=UTC)


def newest_first(resource: str, objects: list[Object]) -> list[Object]:
    """Order documents and transactions by their date, descending; ties and resources without a date keep their order.

    Drafts without a date come first.
    """
    if resource not in DOCUMENT_DATES:
        return objects
    return sorted(objects, key=lambda item: dated(resource, item) or _NEVER, reverse=True)


def asked_order(resource: str, query: Query) -> tuple[_Key, bool] | None:
    """Return the sort key and whether it descends, None where the query asks for no order that is known.

    ``orderBy[0][field]=id`` is ignored, as by the real API.
    """
    if resource in _NUMBER_FLAGS:
        flag, field = _NUMBER_FLAGS[resource]
        if (direction := query.value(flag)) in {"ASC", "DESC"}:
            return _by_field(field), direction == "DESC"
    if resource in _DUE_DATES and query.is_true("orderByDueDate"):
        return _by_due_date(_DUE_DATES[resource]), False
    asked = query.value("orderBy[0][field]")
    if asked and asked != "id" and _FIELD_NAME.fullmatch(asked):
        return _by_field(asked), (query.value("orderBy[0][arrangement]") or "").lower() == "desc"
    return None


def _by_field(field: str) -> _Key:
    """Numbers before instants before texts before nulls, so that mixed fields have an order, too."""

    def key(item: Object) -> tuple[int, Any]:
        value = item.get(field)
        if (number := number_of(value)) is not None:
            return 0, number
        if (moment := moment_of(value)) is not None:
            return 1, moment
        return (3, "") if value is None else (2, text_of(value).casefold())

    return key


def _by_due_date(field: str) -> _Key:
    def key(item: Object) -> date:
        day, days = day_of(item.get(field)), number_of(item.get("timeToPay")) or Decimal(0)
        try:
            return date.max if day is None else day + timedelta(days=int(days))
        except OverflowError:
            return date.max

    return key
