"""A sevdesk that is written to: its answers have the keys of recorded ones, and its faults come before or after."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
import msgspec
from unit.sevdesk.fakes import BASE, TOKEN, StillTime

from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.rate_limiter import TokenStates
from scoring.sources.sevdesk.writing.sender import Account
from scoring.sources.sevdesk.writing.writer import SevdeskWriter

GUIDE = {
    "accountDatevId": 4285,
    "accountNumber": "6855",
    "accountName": "Nebenkosten des Geldverkehrs",
    "description": "",
    "allowedTaxRules": [
        {
            "name": "VORST_ABZUGSF_AUFW",
            "description": "Vorsteuerabziehbare Aufwendungen",
            "id": 9,
            "taxRates": ["ZERO"],
        },
        {"name": "X", "description": "Innergemeinschaftliche Erwerbe", "id": 8, "taxRates": ["SEVEN", "NINETEEN"]},
    ],
    "allowedReceiptTypes": ["EXPENSE"],
}
REVENUE = GUIDE | {"accountDatevId": 4000, "accountNumber": "4400", "allowedReceiptTypes": ["REVENUE"]}
UPLOADED = {
    "pages": 1,
    "mimeType": "image/jpg",
    "originMimeType": "application/pdf",
    "filename": "d97ad10ac85bdb2d863c4fa9af354997.pdf",
    "contentHash": "46620b3e7575523b425c72f4ffc21c023c2c084b660c8297ad3a5936bbe19716",
    "content": [],
    "isEInvoice": False,
}
SAVE, UPLOAD, CONTACT = "POST Voucher/Factory/saveVoucher", "POST Voucher/Factory/uploadTempFile", "POST Contact"


def ref(identifier: Any, name: str) -> dict[str, str]:  # noqa: ANN401  a number or its text
    """A reference as sevdesk answers it."""
    return {"id": str(identifier), "objectName": name}


def number(euro: float) -> str:
    """A sum as sevdesk answers it: text without trailing zeros."""
    return f"{euro:.2f}".rstrip("0").rstrip(".")


@dataclass(kw_only=True)
class Fault:
    """What is answered instead, and whether it was written all the same."""

    answer: httpx.Response | Exception
    happens: bool = False
    times: int = 1


@dataclass(kw_only=True)
class FakeBooks:
    """One account. Reads find what was written; every call is remembered."""

    version: str = "2.0"
    contacts: list[dict[str, Any]] = field(default_factory=list)
    vouchers: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    """By method and path, such as ``POST Contact``."""
    changes: dict[str, Any] = field(default_factory=dict)
    """What a voucher shows other than was asked; None takes a field away."""
    calls: list[str] = field(default_factory=list)
    sent: list[tuple[str, Any]] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as behind a transport."""
        self.requests.append(request)
        path = request.url.path.removeprefix("/api/v1/")
        return self.answer(request.method, path, request.url.query.decode(), request.content)

    @property
    def writes(self) -> list[str]:
        """The calls that were no GET."""
        return [call for call in self.calls if not call.startswith("GET")]

    def answer(self, method: str, path: str, query: str, body: bytes) -> httpx.Response:
        """Answer one call.

        Raises:
            Exception: The fault in force is one.
        """
        call = f"{method} {path}"
        self.calls.append(call)
        fault = self.faults.get(call)
        if fault is None or fault.times == 0:
            return self._served(method, path, {name: values[0] for name, values in parse_qs(query).items()}, body)
        fault.times -= 1
        if fault.happens:
            self._served(method, path, {}, body)
        if isinstance(fault.answer, Exception):
            raise fault.answer
        return httpx.Response(fault.answer.status_code, headers=fault.answer.headers, content=fault.answer.content)

    def _served(self, method: str, path: str, query: dict[str, str], body: bytes) -> httpx.Response:
        parts = path.split("/")
        return self._read(parts, query) if method == "GET" else self._written(parts, body)

    def _read(self, path: list[str], query: dict[str, str]) -> httpx.Response:
        match path:
            case ["Tools", _]:
                answer = _one({"version": self.version})
            case ["Contact", "Factory", _]:
                answer = _one("1338")
            case ["ReceiptGuidance", _]:
                known = [one for one in (GUIDE, REVENUE) if one["accountNumber"] == query["accountNumber"]]
                answer = _one(known) if known else _error(422, "The account you requested could not be found.")
            case [kind]:
                objects = self._listed(kind)
                answer = httpx.Response(200, json={"objects": objects, "total": str(len(objects))})
            case _:
                kind, number = path
                known = [one for one in self._listed(kind) if one["id"] == number]
                answer = _one(known) if known else _error(404, f"No Model_{kind} with the id {number} was found", 151)
        return answer

    def _listed(self, kind: str) -> list[dict[str, Any]]:
        """Whole, as where sevdesk does not know the filter."""
        return {"Contact": self.contacts, "Voucher": self.vouchers}[kind]

    def _written(self, path: list[str], body: bytes) -> httpx.Response:
        match path:
            case ["Contact"]:
                answer = self._contact(msgspec.json.decode(body), len(self.contacts) + 77)
            case [_, _, "uploadTempFile"]:
                self.sent.append((UPLOAD, body))
                answer = _one(UPLOADED, 201)
            case _:
                answer = self._voucher(msgspec.json.decode(body))
        return answer

    def _contact(self, given: dict[str, Any], identifier: int) -> httpx.Response:
        self.sent.append((CONTACT, given))
        contact = ref(identifier, "Contact") | {
            "name": given["name"],
            "customerNumber": given["customerNumber"],
            "status": str(given["status"]),
            "category": ref(given["category"]["id"], "Category"),
        }
        self.contacts.append(contact)
        return _one(contact, 201)

    def _voucher(self, given: dict[str, Any]) -> httpx.Response:
        self.sent.append((SAVE, given))
        asked, positions = given["voucher"], given["voucherPosSave"]
        total = number(sum(position["sumNet"] for position in positions))
        voucher = {
            **ref(156270656 + len(self.vouchers), "Voucher"),
            "additionalInformation": None,
            "voucherDate": "2026-09-29T00:00:00+02:00",
            "supplierName": None,
            "supplier": ref(asked["supplier"]["id"], "Contact"),
            "document": ref(300881699, "Document"),
            "description": asked["description"],
            "payDate": None,
            "status": str(asked["status"]),
            "currency": asked["currency"],
            "sumNet": total,
            "sumTax": "0",
            "sumGross": total,
            "paidAmount": 0,
            "taxType": asked.get("taxType"),
            "creditDebit": asked["creditDebit"],
            "voucherType": asked["voucherType"],
            **self.changes,
        }
        self.vouchers.append({name: value for name, value in voucher.items() if value is not None})
        return _one({"voucher": voucher, "voucherPos": [], "vatdrop": "not relevant"}, 201)

    def writer(self, *, time: StillTime | None = None, limits: RequestLimits | None = None) -> SevdeskWriter:
        """A writer of this account, whose time passes by sleeping only."""
        timing = (time or StillTime()).timing()
        return SevdeskWriter(
            Account(
                http=HttpClient(httpx.MockTransport(self)),
                base_url=BASE,
                token=Secret(TOKEN),
                limits=limits or RequestLimits(),
                timing=timing,
                token_states=TokenStates(timing.clock, 4),
            )
        )


def _one(objects: Any, status: int = 200) -> httpx.Response:  # noqa: ANN401  any JSON
    return httpx.Response(status, json={"objects": objects})


def _error(status: int, message: str, code: int | None = None) -> httpx.Response:
    return httpx.Response(status, json={"objects": None, "error": {"message": message, "code": code}})
