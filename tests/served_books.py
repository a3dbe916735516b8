"""Books of the local sevdesk, read as the service reads them, and transformations of what sevdesk's lists hold."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

import httpx

from features.derive import CATALOGUE, derive
from features.ledger import Ledger, Resource
from features.spine import spine_of
from sandbox.account.quirks import Quirks
from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from sandbox.objects.values import Object, day_of, decimal_text, number_of, reference_of
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits

TODAY = date(2026, 11, 20)
Lists: TypeAlias = dict[str, list[Object]]
"""Resource to its objects."""
Row: TypeAlias = dict[str, float | str | None]
"""Feature to its value, or to the cause for which it has none."""

_BY_NAME = {persona.firm: persona for persona in PERSONAS}


@cache
def books_of(firm: str) -> Books:
    """The books of a persona on ``TODAY``; they must not be changed."""
    return _BY_NAME[firm].books(TODAY)


def changed(books: Books, change: Callable[[Lists], Lists]) -> Books:
    """The books with a change made to a copy of their lists."""
    return replace(books, objects=change(deepcopy({name: list(objects) for name, objects in books.objects.items()})))


async def read(books: Books, on: date = TODAY, quirks: Quirks | None = None) -> Ledger:
    """The ledger of books served on a day, over HTTP, with every resource."""
    app = create_app([books], today=lambda: on, quirks=quirks)
    async with HttpClient(httpx.ASGITransport(app=app)) as http:
        limits = RequestLimits(log_requests=10_000)
        client = SevdeskClient(http, "http://sandbox/api/v1", Secret(books.token), limits=limits)
        fetched = await client.fetch(frozenset(Resource), fetched_on=on)
    ledger, _ = build_ledger(fetched, fetched_on=on, hash_key=b"k" * 32, payout_iban=None)
    return ledger


def row_of(ledger: Ledger, as_of: date, *, is_reconstructed: bool = False) -> Row:
    """Every feature of both catalogues on a day."""
    rows = derive(ledger, spine_of(as_of, is_reconstructed=is_reconstructed), tuple(CATALOGUE))
    return {**rows.row(), **rows.missing()}


def differences(one: Row, other: Row) -> dict[str, tuple[Any, Any]]:
    """The features in which two rows differ."""
    return {name: (value, other[name]) for name, value in one.items() if value != other[name]}


# ---- transformations of lists


def permuted(lists: Lists, seed: int) -> Lists:
    """The objects of every list in another order."""
    shuffle = random.Random(seed).shuffle  # noqa: S311  no secret
    for objects in lists.values():
        shuffle(objects)
    return lists


def renumbered(lists: Lists, *, seed: int | None = None) -> Lists:
    """Other ids for all objects, and for every reference to them.

    Args:
        lists: Of one account.
        seed: Of a random assignment; None keeps the order of the ids.
    """
    new = dict[tuple[str, str], str]()
    for resource, objects in lists.items():
        if resource in ("SevClient", "StaticCountry"):
            continue
        old = sorted((item["id"] for item in objects), key=int)
        ids = [str(7 * int(number) + 11) for number in old]
        if seed is not None:
            random.Random(seed).shuffle(ids)  # noqa: S311  no secret
        new |= {(resource, number): ids[place] for place, number in enumerate(old)}

    def renamed(value: Any) -> Any:  # noqa: ANN401  any JSON
        if isinstance(value, list):
            return [renamed(each) for each in value]
        if not isinstance(value, dict):
            return value
        inner = {name: renamed(each) for name, each in value.items()}
        key = (value.get("objectName"), value.get("id"))
        return {**inner, "id": new[key]} if key in new else inner

    return {resource: [renamed(item) for item in objects] for resource, objects in lists.items()}


_CUSTOMER = {"id": "3", "objectName": "Category"}


def with_other_customers(lists: Lists) -> Lists:
    """Other names for all customers, wherever a text has them."""
    new = dict[str, str]()
    for item in lists["Contact"]:
        if item["category"] == _CUSTOMER:
            whole = item["name"] or f"{item['surename']} {item['familyname']}"
            new[whole] = f"Zz{item['id']} Qx"
            if item["name"] is None:
                item["surename"], item["familyname"] = new[whole].split()
            else:
                item["name"] = new[whole]
    for resource in ("Invoice", "CreditNote", "Voucher", "CheckAccountTransaction"):
        for item in lists[resource]:
            for field, value in item.items():
                if isinstance(value, str):
                    for old, other in new.items():
                        if old in value:
                            item[field] = item[field].replace(old, other)
    return lists


_AMOUNTS = frozenset({"paidAmount", "amountPaid", "amount", "balance", "price", "priceNet", "priceTax", "priceGross"})


def times_ten(lists: Lists) -> Lists:
    """Every amount of money ten times as large."""
    for objects in lists.values():
        for item in objects:
            for field, value in item.items():
                if (field in _AMOUNTS or field.startswith("sum")) and (number := number_of(value)) is not None:
                    item[field] = _like(value, number * 10)
    return lists


def _like(value: object, number: Decimal) -> str | float:
    return decimal_text(number) if isinstance(value, str) else float(number)


def _parts(value: object) -> tuple[str | float, str | float]:
    """An amount in two parts of different size, to the cent."""
    whole = number_of(value) or Decimal(0)
    first = (whole * 3 / 10).quantize(Decimal("0.01"))
    return _like(value, first), _like(value, whole - first)


def _is_small(value: object) -> bool:
    number = number_of(value)
    return number is None or -1 < number < 1


def _ids_after(objects: Sequence[Object]) -> int:
    return max((int(item["id"]) for item in objects), default=0) + 1


def with_bookings_split(lists: Lists, seed: int) -> Lists:
    """Half of the bookings entered as two: over the same line, on the same document, at the same instant."""
    chance, log = random.Random(seed), lists["CheckAccountTransactionLog"]  # noqa: S311  no secret
    free, found = _ids_after(log), list[Object]()
    for item in log:
        if chance.random() < 0.5 and not _is_small(item["amountPaid"]):
            first, second = _parts(item["amountPaid"])
            found += [{**item, "amountPaid": first}, {**item, "amountPaid": second, "id": str(free)}]
            free += 1
        else:
            found.append(item)
    return {**lists, "CheckAccountTransactionLog": found}


def with_lines_split(lists: Lists, seed: int) -> Lists:
    """Half of the lines with one booking paid in two sums, of one day and one delivery; each is booked.

    Not so a line that another one equals in day and amount: of two copies both would have to be split alike.
    """
    chance = random.Random(seed)  # noqa: S311  no secret
    log, lines = lists["CheckAccountTransactionLog"], lists["CheckAccountTransaction"]
    equal = Counter((line["valueDate"][:10], line["amount"]) for line in lines)
    of_line = defaultdict[str, list[Object]](list)
    for entry in log:
        of_line[entry["checkAccountTransaction"]["id"]].append(entry)
    free, free_entry = _ids_after(lines), _ids_after(log)
    for line in list(lines):
        entries = of_line[line["id"]]
        if len(entries) != 1 or equal[line["valueDate"][:10], line["amount"]] > 1 or chance.random() < 0.5:
            continue
        (entry,) = entries
        euro = number_of(line["amount"])
        if euro != number_of(entry["amountPaid"]) or _is_small(line["amount"]) or line.get("deletedAt"):
            continue
        other, line["amount"] = {**line, "id": str(free)}, None
        line["amount"], other["amount"] = _parts(other["amount"])
        booked = {**entry, "id": str(free_entry), "checkAccountTransaction": {**entry["checkAccountTransaction"]}}
        booked["checkAccountTransaction"]["id"] = str(free)
        entry["amountPaid"], booked["amountPaid"] = _parts(entry["amountPaid"])
        lines.append(other)
        log.append(booked)
        free, free_entry = free + 1, free_entry + 1
    return lists


# ---- books of an earlier day

_DOCUMENTS = {"Invoice": "200", "CreditNote": "200", "Voucher": "100"}
"""Resource to the status of an open document."""
_SALES = frozenset({"RE", "TR", "AR", "ER"})


def cut_at(lists: Lists, day: date) -> Lists:
    """The books as sevdesk would have served them at the end of an earlier day.

    What was created later is not there; documents have the state that they had: sent or draft, open, paid in part, or
    settled; accounts were last synchronised by then, and what a feed states is the level of that day. A deleted line is
    gone on both days: sevdesk deletes in place.
    """

    def was_there(item: Object) -> bool:
        created = day_of(item.get("create"))
        return created is None or created <= day

    cut = {resource: [item for item in objects if was_there(item)] for resource, objects in lists.items()}
    lines = {item["id"] for item in cut["CheckAccountTransaction"]}
    cut["CheckAccountTransactionLog"] = [
        entry for entry in cut["CheckAccountTransactionLog"] if entry["checkAccountTransaction"]["id"] in lines
    ]
    for resource in _DOCUMENTS:
        _as_they_were(resource, lists, cut, day)
    _accounts_as_they_were(lists, cut, day)
    ids = {(resource, item["id"]) for resource in _DOCUMENTS for item in cut[resource]}
    cut["TagRelation"] = [item for item in cut["TagRelation"] if reference_of(item["object"]) in ids]
    return cut


def _bookings(lists: Mapping[str, Sequence[Object]], resource: str) -> dict[str, list[Object]]:
    found = defaultdict[str, list[Object]](list)
    for entry in lists["CheckAccountTransactionLog"]:
        kind, number = reference_of(entry["object"]) or ("", "")
        if kind == resource:
            found[number].append(entry)
    return found


def _corrections(cut: Lists) -> tuple[set[str], dict[str, Decimal]]:
    """Invoices that were cancelled, and what was credited on invoices."""
    cancelled = {item["origin"]["id"] for item in cut["Invoice"] if item["invoiceType"] == "SR"}
    credited = defaultdict[str, Decimal](Decimal)
    for note in cut["CreditNote"]:
        named = reference_of(note.get("refSrcInvoice")) or reference_of(note.get("origin"))
        if named is not None and int(note["status"]) >= 200:
            credited[named[1]] += abs(number_of(note["sumGross"]) or Decimal(0))
    return cancelled, credited


def _as_they_were(resource: str, lists: Lists, cut: Lists, day: date) -> None:
    ever, then = _bookings(lists, resource), _bookings(cut, resource)
    cancelled, credited = _corrections(cut)
    is_invoice = resource == "Invoice"
    for item in cut[resource]:
        number = item["id"]
        sent = [each for each in map(day_of, (item.get("sendDate"), item.get("enshrined"))) if each is not None]
        if int(item["status"]) >= 200 and sent and min(sent) > day:
            item |= {"status": "100", "sendDate": None, "enshrined": None}
            continue
        if (is_invoice and item["invoiceType"] not in _SALES) or item["status"] not in ("750", "1000"):
            continue
        paid_on = day_of(item.get("payDate"))
        if ever[number]:
            is_settled = len(then[number]) == len(ever[number])
        elif is_invoice and paid_on is None and number_of(item["paidAmount"]) == 0:
            # Nothing was paid: it was cancelled, or credited.
            is_settled = number in cancelled or credited[number] >= (number_of(item["sumGross"]) or 0)
        else:
            is_settled = paid_on is None or paid_on <= day
        if item["status"] == "1000" and not is_settled:
            item["status"] = "750" if then[number] else _DOCUMENTS[resource]
            item["payDate"] = None
        if not is_settled and "paidAmount" in item:
            sign = -1 if resource == "Voucher" and item["creditDebit"] == "C" else 1
            paid = sum((number_of(entry["amountPaid"]) or Decimal(0) for entry in then[number]), Decimal(0))
            item["paidAmount"] = float(sign * paid)
            if not then[number]:
                item["status"] = _DOCUMENTS[resource]


def _accounts_as_they_were(lists: Lists, cut: Lists, day: date) -> None:
    for account in cut["CheckAccount"]:
        synced = day_of(account.get("lastSync"))
        if synced is not None and synced > day:
            account["lastSync"] = f"{day.isoformat()}{account['lastSync'][10:]}"
        stated = number_of(account.get("balance"))
        # Only a feed keeps it current; it is the bank's, whatever lines the books have twice.
        if stated is not None and synced is not None:
            moved = _level(lists, account["id"], None) - _level(cut, account["id"], day)
            account["balance"] = decimal_text(stated - moved)


def _level(lists: Lists, account: str, day: date | None) -> Decimal:
    amounts = (
        number_of(line["amount"]) or Decimal(0)
        for line in lists["CheckAccountTransaction"]
        if line["checkAccount"]["id"] == account
        and not line.get("deletedAt")
        # A day that is not stated counts.
        and (day is None or (day_of(line["valueDate"]) or day) <= day)
    )
    return sum(amounts, Decimal(0))
