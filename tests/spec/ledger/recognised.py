"""Made-up accounts and lines, and what version 2 of the ledger says of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from unit.sevdesk.fakes import client, ref, sevdesk

from features.ledger import Ledger, Resource
from scoring.decisions.decision import Coverage
from scoring.sources.bank_lines.recognition import NOT_TOLD, Called
from scoring.sources.sevdesk.ledger.ledger import build_ledger

TODAY = date(2026, 11, 20)
GIRO, SAVINGS = "DE02120300000000202051", "DE09430609670001008001"
Json = dict[str, Any]


def at(day: date, clock: str = "00:00:00") -> str:
    """A moment in Berlin as sevdesk writes it."""
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return moment.isoformat(timespec="seconds")


def account(number: int, iban: str | None = GIRO, **changes: object) -> Json:
    """An account that its bank feeds, and fed this morning."""
    return {
        "id": str(number), "objectName": "CheckAccount", "create": at(date(2025, 1, 2)), "name": f"Konto {number}",
        "type": "online", "importType": None, "status": "100", "bankServer": "FINAPI", "currency": "EUR",
        "iban": iban, "bic": None, "balance": "0", "lastSync": at(TODAY, "06:00:00"), **changes,
    }  # fmt: skip


def by_hand(number: int, iban: str | None = GIRO, **changes: object) -> Json:
    """An account into which statements are imported."""
    return account(number, iban, **{"importType": "CSV", "bankServer": None, "lastSync": None, **changes})


def line(number: int, amount: str, day: date, home: int = 1, **changes: object) -> Json:
    """A line that the bank delivered the morning after, of a named party."""
    return {
        "id": str(number), "objectName": "CheckAccountTransaction", "checkAccount": ref("CheckAccount", home),
        "amount": amount, "valueDate": at(day), "entryDate": at(day),
        "create": at(day + timedelta(days=1), f"06:{number // 60 % 60:02d}:{number % 60:02d}"),
        "paymtPurpose": f"RE {number}", "payeePayerName": "Kunde GmbH", "payeePayerAcctNo": "DE12500105170648489890",
        "entryText": None, "compareHash": None, "gvCode": None, "deletedAt": None, **changes,
    }  # fmt: skip


def unnamed(number: int, amount: str, day: date, home: int = 1, **changes: object) -> Json:
    """A line that names no party."""
    nobody = {"payeePayerName": None, "payeePayerAcctNo": None, "paymtPurpose": "Umbuchung"}
    return line(number, amount, day, home, **{**nobody, **changes})


async def read(
    accounts: Sequence[Json],
    lines: Sequence[Json],
    *,
    levels: Mapping[int, str] | None = None,
    iban: str | None = None,
    called: Called = NOT_TOLD,
    resources: frozenset[Resource] = frozenset(Resource),
    **lists: Sequence[Json],
) -> tuple[Ledger, Coverage]:
    """Ledger and coverage of these books today; without levels an account has what its lines add up to."""
    inner = sevdesk({"CheckAccount": list(accounts), "CheckAccountTransaction": list(lines), **lists})

    def handle(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("getBalanceAtDate"):
            return inner(request)
        number = request.url.path.split("/")[-2]
        cents = sum(round(float(each["amount"]) * 100) for each in lines if each["checkAccount"]["id"] == number)
        return httpx.Response(200, json={"objects": (levels or {}).get(int(number), f"{cents / 100:.2f}")})

    fetched = await client(handle).fetch(resources, fetched_on=TODAY)
    return build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=iban, called=called)


def of_lines(ledger: Ledger, column: str) -> dict[int, Any]:
    """One column of the transactions, by line."""
    return dict(ledger.transactions.select("transaction_id", column).rows())
