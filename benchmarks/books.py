"""Books of any size: firms of the local sevdesk, thinned out or repeated until they have so many invoices.

A smaller firm keeps every n-th invoice and bill over the whole time, with the payments, credit notes and bank lines
that belong to them. A larger one is the firm several times over in the same four years: copies under new numbers, with
customers and suppliers of their own, on the same bank accounts, whose stated balance is that of their lines.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from sandbox.firms.personas import PERSONAS
from sandbox.objects.folder import read_folder, write_folder
from sandbox.server.app import create_app

Object = dict[str, Any]
Objects = dict[str, list[Object]]
"""Resource of sevdesk to its objects."""

BERLIN = ZoneInfo("Europe/Berlin")
FIRM = "healthy-agency"
GENERATION = 1_000_000_000
"""Distance between the numbers of copies."""
REPEATED = ("Invoice", "CreditNote", "Voucher", "CheckAccountTransaction", "CheckAccountTransactionLog", "Contact")
_REFERENCES = (
    *("object", "origin", "refSrcInvoice", "checkAccountTransaction", "sourceTransaction", "targetTransaction"),
    *("contact", "supplier"),
)


def today() -> date:
    """The day of the local sevdesk's books, in Berlin."""
    return datetime.now(tz=BERLIN).date()


def export(firm: str, folder: Path) -> Path:
    """Export a firm of the local sevdesk; the folder with its files."""
    (persona,) = (persona for persona in PERSONAS if persona.firm == firm)
    write_folder([persona.books(today())], folder)
    return folder / firm


def read(directory: Path) -> Objects:
    """The objects of an exported firm."""
    return {path.stem: json.loads(path.read_text())["objects"] for path in directory.glob("[A-Z]*.json")}


def token_of(directory: Path) -> str:
    """The token of an exported firm."""
    token: str = json.loads((directory / "firm.json").read_text())["token"]
    return token


def resize(directory: Path, invoices: int) -> dict[str, int]:
    """Rewrite an exported firm so that it has so many invoices, all else in proportion; objects by resource."""
    base = read(directory)
    sales = [item for item in base["Invoice"] if item["invoiceType"] == "RE"]
    generations, rest = divmod(invoices, len(sales))
    copies = [(generation, base) for generation in range(generations)]
    if rest:
        copies.append((generations, _thinned(base, sales, rest)))
    objects = {
        resource: [renumber(item, GENERATION * number) for number, some in copies for item in some.get(resource, [])]
        for resource in REPEATED
    }
    objects["CheckAccount"] = [_balanced(account, objects) for account in base["CheckAccount"]]
    for name in base:
        (directory / f"{name}.json").unlink()
    for name, items in objects.items():
        (directory / f"{name}.json").write_text(json.dumps({"objects": items}))
    return {name: len(items) for name, items in objects.items()}


def repeat(objects: list[Object], count: int) -> list[Object]:
    """``count`` objects: the given ones, then copies under new numbers that refer to one another's copies."""
    copies: list[Object] = []
    generation = 0
    while len(copies) < count:
        copies += [renumber(item, generation * GENERATION) for item in objects]
        generation += 1
    return copies[:count]


def renumber(item: Object, offset: int) -> Object:
    """The object with its own number and its references to documents, lines and parties moved by ``offset``."""
    copy = {**item, "id": str(int(item["id"]) + offset)}
    for key in _REFERENCES:
        if item.get(key) is not None:
            copy[key] = {**item[key], "id": str(int(item[key]["id"]) + offset)}
    return copy


def _thinned(base: Objects, sales: Sequence[Object], count: int) -> Objects:
    """The firm with ``count`` of its invoices, and what belongs to them."""
    share = count / len(sales)
    invoices = _every(sales, count)
    kept = {item["id"] for item in invoices}
    invoices += [item for item in base["Invoice"] if (item.get("origin") or {}).get("id") in kept]
    notes = [item for item in base["CreditNote"] if (item.get("refSrcInvoice") or {}).get("id") in kept]
    vouchers = _every(base["Voucher"], round(share * len(base["Voucher"])))
    documents = {(item["objectName"], item["id"]) for item in (*invoices, *notes, *vouchers)}
    log = base["CheckAccountTransactionLog"]
    kept_log = [entry for entry in log if (entry["object"]["objectName"], entry["object"]["id"]) in documents]
    booked, booked_kept = ({entry["checkAccountTransaction"]["id"] for entry in some} for some in (log, kept_log))
    lines = base["CheckAccountTransaction"]
    others = [line for line in lines if line["id"] not in booked]
    kept_lines = [line for line in lines if line["id"] in booked_kept] + _every(others, round(share * len(others)))
    return {
        "Invoice": invoices,
        "CreditNote": notes,
        "Voucher": vouchers,
        "CheckAccountTransaction": kept_lines,
        "CheckAccountTransactionLog": kept_log,
        "Contact": base["Contact"],
    }


def _every(objects: Sequence[Object], count: int) -> list[Object]:
    """So many of the objects, evenly spread."""
    return [objects[index * len(objects) // count] for index in range(count)]


def _balanced(account: Object, objects: Mapping[str, Sequence[Object]]) -> Object:
    """The account with the balance that its lines have today, where it is one that the bank feeds."""
    if account["type"] != "online" or account["balance"] is None:
        return account
    amounts = (
        Decimal(line["amount"])
        for line in objects["CheckAccountTransaction"]
        if line["checkAccount"]["id"] == account["id"]
        and line["deletedAt"] is None
        and date.fromisoformat(line["valueDate"][:10]) <= today()
    )
    return {**account, "balance": f"{sum(amounts, Decimal(0)).normalize():f}"}


@dataclass(frozen=True, slots=True)
class Replay(httpx.AsyncBaseTransport):
    """Answers as another transport did the first time: sevdesk without a network and without its own work."""

    inner: httpx.AsyncBaseTransport
    answers: dict[str, bytes]
    """Address to the body of its answer."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The kept answer, or a new one, which must be a good one."""
        address = str(request.url)
        if address not in self.answers:
            response = await self.inner.handle_async_request(request)
            body = await response.aread()
            if response.status_code != httpx.codes.OK:
                raise RuntimeError(f"{address} answered {response.status_code}")
            self.answers[address] = body
        return httpx.Response(httpx.codes.OK, content=self.answers[address])


def sevdesk(directory: Path) -> Replay:
    """The local sevdesk with this firm, in this process, its answers kept."""
    app = create_app(read_folder(directory), today=today)
    return Replay(httpx.ASGITransport(app=app), {})  # type: ignore[arg-type]  # litestar types scopes more narrowly
