"""What each list leaves out by default and which filters it honours; any other parameter is silently ignored."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

from sandbox.account.query import Query, is_true
from sandbox.account.quirks import Quirks
from sandbox.objects.values import (
    BERLIN,
    Object,
    Reference,
    day_of,
    field_of,
    moment_of,
    moment_of_unix,
    number_of,
    reference_of,
    text_of,
)

Keep: TypeAlias = Callable[[Object], bool]
"""Whether an object stays in the list."""

Filter: TypeAlias = Callable[[Sequence[str], date], Keep | None]
"""From the parameter's values and today to what is kept; None where the value means nothing and is ignored."""

DOCUMENT_DATES: Mapping[str, str] = MappingProxyType(
    {
        "Invoice": "invoiceDate",
        "CreditNote": "creditNoteDate",
        "Voucher": "voucherDate",
        "CheckAccountTransaction": "entryDate",
    }
)
"""The date by which a list is cut and ordered."""

_EVERYWHERE = ("limit", "offset", "countAll", "embed", "depth", "showAll", "showMa", "showWkr")
_ELSEWHERE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"Invoice": ("onlyDunned", "tags"), "CreditNote": ("tags",), "Voucher": ("tags",)}
)
"""Filters that need other objects than those of the list."""
_OPEN_STATUSES = frozenset({"200", "750"})
_UNPAID_VOUCHER_STATUSES = frozenset({"100", "150", "750"})


def hidden_by_default(resource: str, query: Query, quirks: Quirks) -> Keep | None:
    """Return what remains of a list without being asked for more, None where everything remains."""
    if resource == "CheckAccountTransaction" and quirks.hides_deleted_lines:
        return lambda line: line.get("deletedAt") is None
    if resource == "Contact" and quirks.hides_persons and not query.is_true("depth"):
        return lambda contact: bool(contact.get("name"))
    if resource == "Invoice" and quirks.hides_special_invoices:
        return _without_special_invoices(query)
    return None


def unknown_filters(resource: str, query: Query) -> list[str]:
    """Return the parameters that a list does not know, which it usually ignores."""
    known = {*_FILTERS.get(resource, {}), *references_of(resource), *_EVERYWHERE, *_ELSEWHERE.get(resource, ())}
    return [name for name in dict.fromkeys(query.names) if name not in known and not name.startswith("orderBy")]


def filters_of(resource: str, query: Query, today: date) -> list[Keep]:
    """Return the conditions that the query puts on a list."""
    conditions = []
    for name, make in _FILTERS.get(resource, {}).items():
        if (values := query.values(name)) and (keep := make(values, today)):
            conditions.append(keep)
    return conditions


def references_of(resource: str) -> Mapping[str, str]:
    """Return which nested filters a list knows: parameter to the object's field."""
    return _REFERENCES.get(resource, {})


def dated(resource: str, item: Object) -> datetime | None:
    """Return the instant that orders an object in its list, None for resources without a date."""
    field = DOCUMENT_DATES.get(resource)
    if field is None:
        return None
    return moment_of(item.get(field) or item.get("valueDate"))


def is_dunned(invoice: Object) -> bool:
    """Tell an invoice that has a level of dunning, as reminders have; others are known by their reminders only."""
    return (number_of(invoice.get("dunningLevel")) or 0) > 0


def reminded_of(invoice: Object) -> Reference | None:
    """Return which invoice a reminder is about, None for what is no reminder."""
    return reference_of(invoice.get("origin")) if invoice.get("invoiceType") == "MA" else None


def is_partially_paid(document: Object) -> bool:
    """Tell a partial payment: status 750, or 200 with money in (how invoices from before June 2024 look)."""
    paid = number_of(document.get("paidAmount")) or Decimal(0)
    status = text_of(document.get("status"))
    return status == "750" or (status == "200" and paid > 0)


def _without_special_invoices(query: Query) -> Keep | None:
    if query.is_true("showAll") or query.values("invoiceType"):
        return None
    hidden = {kind for kind, switch in (("MA", "showMa"), ("WKR", "showWkr")) if not query.values(switch)}
    return lambda invoice: invoice.get("invoiceType") not in hidden


def _equal(field: str) -> Filter:
    def make(values: Sequence[str], _today: date) -> Keep:
        wanted = frozenset(values)
        return lambda item: text_of(item.get(field)) in wanted

    return make


def _equal_any(*fields: str) -> Filter:
    def make(values: Sequence[str], _today: date) -> Keep:
        wanted = frozenset(values)
        return lambda item: any(text_of(item.get(field)) in wanted for field in fields)

    return make


def _like(*fields: str) -> Filter:
    def make(values: Sequence[str], _today: date) -> Keep:
        part = values[-1].casefold()
        return lambda item: any(part in text_of(item.get(field)).casefold() for field in fields)

    return make


def _starts_with(field: str) -> Filter:
    def make(values: Sequence[str], _today: date) -> Keep:
        start = values[-1].casefold()
        return lambda item: text_of(item.get(field)).casefold().startswith(start)

    return make


def _flag(keep: Keep) -> Filter:
    def make(values: Sequence[str], _today: date) -> Keep | None:
        return keep if is_true(values[-1]) else None

    return make


def _compared(field: str, compare: Callable[[datetime, datetime], bool], *, takes_iso: bool = False) -> Filter:
    """Cut by time; both ends are inclusive, an object without the date is left out."""

    def make(values: Sequence[str], _today: date) -> Keep | None:
        bound = moment_of_unix(values[-1]) or (moment_of(values[-1]) if takes_iso else None)
        if bound is None:
            return None

        def keep(item: Object) -> bool:
            moment = moment_of(item.get(field) or (item.get("valueDate") if field == "entryDate" else None))
            return moment is not None and compare(moment, bound)

        return keep

    return make


def _on_day(field: str) -> Filter:
    def make(values: Sequence[str], _today: date) -> Keep | None:
        moment = moment_of_unix(values[-1])
        if moment is None:
            return None
        day = moment.astimezone(BERLIN).date()
        return lambda item: day_of(item.get(field)) == day

    return make


def _date_part(field: str, part: str) -> Filter:
    def make(values: Sequence[str], _today: date) -> Keep:
        wanted = values[-1].lstrip("0")
        return lambda item: (day := day_of(item.get(field))) is not None and str(getattr(day, part)) == wanted

    return make


def _amount(compare: Callable[[Decimal, Decimal], bool]) -> Filter:
    def make(values: Sequence[str], _today: date) -> Keep | None:
        bound = number_of(values[-1])
        if bound is None:
            return None
        # A negative bound turns around: it is about sums below zero.
        return lambda item: (
            (total := number_of(item.get("sumGross"))) is not None
            and (compare(total, bound) if bound >= 0 else compare(-total, -bound))
        )

    return make


def _delinquent(*, is_wanted: bool) -> Filter:
    def make(values: Sequence[str], today: date) -> Keep | None:
        return (lambda item: _is_delinquent(item, today) is is_wanted) if is_true(values[-1]) else None

    return make


def _is_delinquent(document: Object, today: date) -> bool:
    """Tell an open document whose due date has passed: date plus ``timeToPay`` days, or ``paymentDeadline``."""
    status = text_of(document.get("status"))
    if "voucherDate" in document:
        due = day_of(document.get("paymentDeadline"))
        return status in _UNPAID_VOUCHER_STATUSES and due is not None and due < today
    dated_on = day_of(document.get("invoiceDate") or document.get("creditNoteDate"))
    days = number_of(document.get("timeToPay")) or Decimal(0)
    return status in _OPEN_STATUSES and dated_on is not None and (today - dated_on).days > days


_CHANGED: dict[str, Filter] = {
    "createAfter": _compared("create", operator.ge),
    "createBefore": _compared("create", operator.le),
    "updateAfter": _compared("update", operator.ge),
    "updateBefore": _compared("update", operator.le),
}


def _document(resource: str) -> dict[str, Filter]:
    """Return the filters that invoices and credit notes share."""
    date_field, number_field = DOCUMENT_DATES[resource], f"{field_of(resource)}Number"
    return {
        number_field: _equal(number_field),
        "status": _equal("status"),
        "startDate": _compared(date_field, operator.ge),
        "endDate": _compared(date_field, operator.le),
        "day": _on_day(date_field),
        "delinquent": _delinquent(is_wanted=True),
        "notdelinquent": _delinquent(is_wanted=False),
        "partiallyPaid": _flag(is_partially_paid),
        "customerInternalNote": _equal("customerInternalNote"),
        "headerStartsWith": _starts_with("header"),
        "headerOrNumber": _like("header", number_field),
    }


_FILTERS: dict[str, dict[str, Filter]] = {
    "Invoice": {
        **_document("Invoice"),
        **_CHANGED,
        "invoiceType": _equal("invoiceType"),
        "sendType": _equal("sendType"),
    },
    "CreditNote": {
        **_document("CreditNote"),
        "onlyEnshrined": _flag(lambda note: note.get("enshrined") is not None),
        "startAmount": _amount(operator.ge),
        "endAmount": _amount(operator.le),
    },
    "Voucher": {
        **_CHANGED,
        "status": _equal("status"),
        "creditDebit": _equal("creditDebit"),
        "voucherType": _equal("voucherType"),
        "descriptionLike": _like("description"),
        "supplierName": _like("supplierName"),
        "startDate": _compared("voucherDate", operator.ge),
        "endDate": _compared("voucherDate", operator.le),
        "startPayDate": _compared("payDate", operator.ge),
        "endPayDate": _compared("payDate", operator.le),
        "year": _date_part("voucherDate", "year"),
        "month": _date_part("voucherDate", "month"),
        "startAmount": _amount(operator.gt),
        "endAmount": _amount(operator.lt),
        "delinquent": _delinquent(is_wanted=True),
        "hasDocument": _flag(lambda voucher: voucher.get("document") is not None),
        "noRv": _flag(lambda voucher: voucher.get("voucherType") != "RV"),
    },
    "Contact": {
        **_CHANGED,
        "customerNumber": _equal("customerNumber"),
        "name": _equal_any("name", "surename", "familyname"),
    },
    "CheckAccountTransaction": {
        "status": _equal("status"),
        "startDate": _compared("entryDate", operator.ge, takes_iso=True),
        "endDate": _compared("entryDate", operator.le, takes_iso=True),
        "paymtPurpose": _like("paymtPurpose"),
        "payeePayerName": _like("payeePayerName"),
        "isBooked": _flag(lambda line: text_of(line.get("status")) in {"350", "400"}),
        "onlyCredit": _flag(lambda line: (number_of(line.get("amount")) or 0) > 0),
        "onlyDebit": _flag(lambda line: (number_of(line.get("amount")) or 0) < 0),
    },
    "InvoicePos": {"id": _equal("id")},
    "CommunicationWay": {"type": _equal("type"), "main": _equal("main")},
    "Category": {"objectType": _equal("objectType")},
    "Part": {"partNumber": _equal("partNumber"), "name": _equal("name")},
    "Tag": {"id": _equal("id"), "name": _equal("name")},
}

_DOCUMENT_REFERENCES = {field: field for field in ("contact", "origin", "paymentMethod", "costCentre")}
_REFERENCES: dict[str, dict[str, str]] = {
    "Invoice": _DOCUMENT_REFERENCES,
    "CreditNote": _DOCUMENT_REFERENCES,
    "Voucher": {"contact": "supplier", "origin": "origin", "costCentre": "costCentre"},
    "Contact": {"category": "category", "parent": "parent"},
    **{detail: {"contact": "contact"} for detail in ("ContactAddress", "CommunicationWay", "AccountingContact")},
    "CheckAccountTransaction": {"checkAccount": "checkAccount"},
    "CheckAccountTransactionLog": {"checkAccountTransaction": "checkAccountTransaction"},
    "InvoicePos": {"invoice": "invoice", "part": "part"},
    "CreditNotePos": {"creditNote": "creditNote"},
    "VoucherPos": {"voucher": "voucher"},
}
