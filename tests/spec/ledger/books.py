"""sevdesk's objects with what matters to a test, and the ledger that client and builder make of them."""

from datetime import date, timedelta
from typing import Any

from unit.sevdesk.fakes import client, ref, sevdesk

from features.ledger import Ledger, Resource
from scoring.decisions.decision import Coverage
from scoring.sources.sevdesk.ledger.ledger import build_ledger

TODAY = date(2026, 3, 31)
KEY = b"0123456789abcdef"
Json = dict[str, Any]


def moment(day: str) -> str:
    """A day in 2026 as ``MM-DD``, as sevdesk writes a local midnight."""
    summer = "03-29" < day < "10-25"
    return f"2026-{day}T00:00:00+0{2 if summer else 1}:00"


def _next(day: str) -> str:
    """The day after one of 2026, as ``MM-DD``."""
    return (date.fromisoformat(f"2026-{day}") + timedelta(days=1)).isoformat()[5:]


def invoice(number: int, **changes: object) -> Json:
    """An open invoice over 100.00 net, 119.00 gross of 10 January, due on the 24th."""
    return {
        "id": str(number), "objectName": "Invoice", "invoiceType": "RE", "status": "200",
        "contact": ref("Contact", 77), "invoiceDate": moment("01-10"), "create": moment("01-10"), "timeToPay": "14",
        "discountTime": None, "discount": "0", "payDate": None, "currency": "EUR", "sumNet": "100", "sumTax": "19",
        "sumGross": "119", "paidAmount": 0, "dunningLevel": None, **changes,
    }  # fmt: skip


def voucher(number: int, **changes: object) -> Json:
    """An unpaid bill over 50.00 net, 59.50 gross of 12 January, due on the 26th."""
    return {
        "id": str(number), "objectName": "Voucher", "voucherType": "VOU", "creditDebit": "C", "status": "100",
        "supplier": ref("Contact", 88), "supplierName": None, "voucherDate": moment("01-12"),
        "create": moment("01-13"), "paymentDeadline": moment("01-26"), "payDate": None, "currency": "EUR",
        "sumNet": "50", "sumGross": "59.5", "paidAmount": 0, **changes,
    }  # fmt: skip


def credit_note(number: int, **changes: object) -> Json:
    """A credit note over 19.00 gross of 20 January."""
    return {
        "id": str(number), "objectName": "CreditNote", "status": "200", "contact": ref("Contact", 77),
        "creditNoteDate": moment("01-20"), "create": moment("01-20"), "payDate": None, "currency": "EUR",
        "sumNet": "15.97", "sumGross": "19", "discountTime": "0", "discount": "0", **changes,
    }  # fmt: skip


ONLINE: Json = {
    "id": "1", "objectName": "CheckAccount", "type": "online", "importType": None, "create": moment("01-01"),
    "lastSync": moment("03-31"), "balance": "0", "iban": "DE02 1203 0000 0000 2020 51",
}  # fmt: skip
OFFLINE: Json = {**ONLINE, "id": "2", "type": "offline", "lastSync": None, "iban": None}
REGISTER: Json = {**ONLINE, "id": "3", "type": "register", "lastSync": None, "iban": None}
ACCOUNTS = [ONLINE, OFFLINE, REGISTER]


def line(number: int, amount: str, day: str = "02-01", account: int = 1, **changes: object) -> Json:
    """A line of an account; it was read from the bank the day after."""
    return {
        "id": str(number), "objectName": "CheckAccountTransaction", "checkAccount": ref("CheckAccount", account),
        "amount": amount, "valueDate": moment(day), "entryDate": moment(day), "create": moment(_next(day)),
        "paymtPurpose": "Rechnung", "payeePayerName": "Kunde GmbH", "payeePayerAcctNo": None, "entryText": None,
        "deletedAt": None, **changes,
    }  # fmt: skip


def log(number: int, kind: str, document: int, transaction: int, amount: float, **changes: object) -> Json:
    """An entry of the payment log, booked on 3 February."""
    return {
        "id": str(number), "objectName": "CheckAccountTransactionLog",
        "checkAccountTransaction": ref("CheckAccountTransaction", transaction), "object": ref(kind, document),
        "fromStatus": "100", "toStatus": "400", "amountPaid": amount, "bookingDate": moment("02-03"),
        "create": moment("02-03"), **changes,
    }  # fmt: skip


async def read(
    resources: frozenset[Resource] = frozenset(Resource), iban: str | None = None, **lists: list[Json]
) -> tuple[Ledger, Coverage]:
    """Ledger and coverage of books with these lists."""
    fetched = await client(sevdesk({"CheckAccount": ACCOUNTS, **lists})).fetch(resources, fetched_on=TODAY)
    return build_ledger(fetched, fetched_on=TODAY, hash_key=KEY, payout_iban=iban)
