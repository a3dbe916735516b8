"""Books of the local sevdesk as they would be after a change that a decision names, as sevdesk would serve them.

It knows nothing of ledgers: what the service works out on a ledger is checked against what it reads over HTTP.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from served_books import Lists, changed

from sandbox.objects.books import Books
from sandbox.objects.values import Object, decimal_text, number_of
from scoring.base.identifiers import BERLIN

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}")
_SIGN = re.compile("mahn|rücklast|inkasso|rückgabe", re.IGNORECASE)
_LOG = "CheckAccountTransactionLog"
_LINES = "CheckAccountTransaction"


def after(books: Books, steps: Sequence[Mapping[str, Any]], today: date) -> Books:
    """The books after the steps of a change, as the service answers them; terms are none of the books.

    Args:
        books: of a firm that ends on ``today``.
        steps: of the answer.
        today: the day of the decision.
    """

    def change(lists: Lists) -> Lists:
        for step in steps:
            match step["kind"]:
                case "collect" | "pay":
                    for document in step["documents"]:
                        _pay(lists, document, today, sign=1 if step["kind"] == "collect" else -1)
                case "link_bank":
                    _link(lists, today)
                case "wait":
                    lists = _later(lists, date.fromisoformat(step["until"]) - today)
        return lists

    return changed(books, change)


def _pay(lists: Lists, document: Mapping[str, Any], today: date, *, sign: int) -> None:
    """A line that the bank delivered this morning, booked in full on the document."""
    resource = {"invoice": "Invoice", "voucher": "Voucher"}[document["kind"]]
    paid = next(item for item in lists[resource] if item["id"] == str(document["id"]))
    amount = sign * Decimal(document["amount"]["value"])
    account = max(
        (one for one in lists["CheckAccount"] if one["lastSync"] is not None and one["importType"] is None),
        key=lambda one: sum(line["checkAccount"]["id"] == one["id"] for line in lists[_LINES]),
    )
    before = _last_line(lists, paid, resource)
    midnight, morning = (f"{today}T{clock}{_offset(today)}" for clock in ("00:00:00", "06:10:00"))
    line = {
        **before,
        "id": _next_id(lists[_LINES]),
        "create": morning,
        "update": morning,
        "valueDate": midnight,
        "entryDate": midnight,
        "amount": decimal_text(amount),
        "checkAccount": {"id": account["id"], "objectName": "CheckAccount"},
        "status": "400",
        "deletedAt": None,
    }
    lists[_LINES].append(line)
    lists[_LOG].append(
        {
            **lists[_LOG][-1],
            "id": _next_id(lists[_LOG]),
            "create": morning,
            "checkAccountTransaction": {"id": line["id"], "objectName": _LINES},
            "amountPaid": float(amount),
            "bookingDate": midnight,
            "object": {"id": paid["id"], "objectName": resource},
        }
    )
    paid |= {"status": "1000", "payDate": midnight, "paidAmount": float(number_of(paid["sumGross"]) or 0)}
    account["balance"] = decimal_text((number_of(account["balance"]) or Decimal(0)) + amount)
    account["lastSync"] = f"{today}T07:00:00{_offset(today)}"


def _last_line(lists: Lists, paid: Object, resource: str) -> Object:
    """The line of the party's last payment, whose account it pays from again."""
    party = _party(paid)
    theirs = {item["id"] for item in lists[resource] if _party(item) == party}
    of_theirs = {
        entry["checkAccountTransaction"]["id"]
        for entry in lists[_LOG]
        if entry["object"]["objectName"] == resource and entry["object"]["id"] in theirs
    }
    direction = -1 if paid.get("creditDebit") == "C" else 1
    known = [
        line for line in lists[_LINES] if line["id"] in of_theirs and direction * (number_of(line["amount"]) or 0) > 0
    ]
    return max(known, key=lambda line: (line["valueDate"], line["id"]))


def _party(document: Object) -> object:
    named = document.get("contact") or document.get("supplier")
    return named["id"] if named else document.get("supplierName")


def _link(lists: Lists, today: date) -> None:
    """The bank delivers the account, and confirms its level."""
    for account in lists["CheckAccount"]:
        if account["type"] == "online" and account["importType"] is not None:
            amounts = [
                number_of(line["amount"]) or Decimal(0)
                for line in lists[_LINES]
                if line["checkAccount"]["id"] == account["id"] and not line.get("deletedAt")
            ]
            account |= {"importType": None, "lastSync": f"{today}T07:00:00{_offset(today)}"}
            account["balance"] = decimal_text(sum(amounts, Decimal(0)))


def _later(lists: Lists, by: timedelta) -> Lists:
    """Everything so many days later, but the lines that speak against the firm."""
    return {
        name: [item if name == _LINES and _is_sign(item) else _moved(item, by) for item in items]
        for name, items in lists.items()
    }


def _is_sign(line: Object) -> bool:
    said = " ".join(str(line.get(name) or "") for name in ("paymtPurpose", "entryText"))
    return _SIGN.search(said) is not None


def _moved(value: Any, by: timedelta) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        return {name: _moved(each, by) for name, each in value.items()}
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        local = datetime.fromisoformat(value).astimezone(BERLIN).replace(tzinfo=None) + by
        return local.replace(tzinfo=BERLIN).isoformat()
    return value


def _offset(day: date) -> str:
    return datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN).isoformat()[-6:]


def _next_id(items: Sequence[Object]) -> str:
    return str(max(int(item["id"]) for item in items) + 1)
