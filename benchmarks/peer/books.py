"""sevdesk's JSON to dated facts, as one would write it with json and pandas: the peer's decoding and its ledger.

The rules are those of docs/design.md, as far as the shared features need them. Frames have the columns of
``features.ledger``; days are numpy days, amounts whole cents. Names, texts and IBANs are left out, as in ours, but
nothing is hashed, and nothing is checked: a broken answer shows as a KeyError.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd

Objects = dict[str, list[dict[str, Any]]]
Frames = dict[str, pd.DataFrame]

INVOICE, VOUCHER, CREDIT_NOTE = 0, 1, 2
"""Kinds of documents: numbers, because pandas joins on them several times faster than on texts."""
PAID = 1000
_SALES = ["RE", "TR", "AR", "ER"]
_ASSUMED_TERM_DAYS = 30
_GARNISHMENT = re.compile(r"(?<!lohn)(?<!gehalts)pf(?:ä|ae)ndung(?!sfrei)|vollstreckung|gerichtsvollzieher")
_RETURNED = re.compile(
    r"r(?:ue|ü|u)ck-?\s?last|r(?:ue|ü|u)ck-?\s?buchung|\bretour(?!\w*\s(?:bestell|ware))|mangels\s(?:konto)?deckung"
)
_REMINDER_FEE = re.compile(
    r"mahn(?:geb(?:ü|ue)hr|kosten|spesen|pauschale|ung)|\binkasso(?!\w*versicherung)|s(?:ä|ae)umnis|verzugs(?:zins|pau)"
)


def decode(answers: Mapping[str, bytes]) -> tuple[Objects, dict[int, int]]:
    """Objects by resource (``Reminder`` for the reminders among invoices), and the balance of each account in cents.

    What two pages show counts once.
    """
    by_id: dict[str, dict[str, Any]] = {}
    levels = {}
    for address, body in answers.items():
        parts = urlsplit(address)
        path = parts.path.removeprefix("/api/v1/").split("/")
        content = json.loads(body)["objects"]
        if path[-1] == "getBalanceAtDate":
            levels[int(path[1])] = round(float(content) * 100)
        else:
            resource = "Reminder" if "invoiceType" in parse_qs(parts.query) else path[0]
            by_id.setdefault(resource, {}).update((item["id"], item) for item in content)
    return {resource: list(found.values()) for resource, found in by_id.items()}, levels


def frames(objects: Objects, levels: Mapping[int, int], today: date) -> Frames:
    """The facts of one firm, in the frames that ``peer.features`` reads."""
    invoices, notes = _invoices(objects["Invoice"]), _credit_notes(objects.get("CreditNote", []))
    vouchers = _vouchers(objects.get("Voucher", []))
    revenue, expenses = vouchers[vouchers["side"] == "D"], vouchers[vouchers["side"] == "C"]
    cancellations = invoices[(invoices["type"] == "SR") & (invoices["status"] >= 200) & (invoices["origin"] != 0)]
    cancellations = cancellations[["origin", "issued_on", "recorded_on"]]
    cancellations.columns = ["invoice_id", "happened_on", "recorded_on"]
    sent = invoices[invoices["type"].isin(_SALES) & (invoices["status"] >= 200)]
    accounts, lines = _accounts(objects["CheckAccount"]), _lines(objects.get("CheckAccountTransaction", []))
    payables = _payables(sent, revenue, expenses, notes)
    bookings = _bookings(objects.get("CheckAccountTransactionLog", []), payables, lines, accounts)
    balanced = payables.join(bookings.groupby("payable", sort=False).agg(_BOOKED), how="left")
    cash = lines[lines["account_id"].isin(accounts.loc[accounts["kind"] != "offline", "account_id"])]
    return {
        "invoices": pd.concat([sent, revenue], ignore_index=True),
        "bills": expenses,
        "credit_notes": notes,
        "cancellations": cancellations,
        "payments": _payments(bookings, balanced, today),
        "settlements": _settlements(bookings, balanced, notes, cancellations, today),
        "balances": _balances(accounts, cash, levels, today),
        "transactions": cash[~cash["is_deleted"]],
    }


_BOOKED = {"amount_cents": "sum", "happened_on": "last", "recorded_on": "last"}


def _days(values: Sequence[str | None]) -> np.ndarray:
    """The date part of timestamps."""
    return np.array([None if value is None else value[:10] for value in values], dtype="datetime64[D]").astype(
        "datetime64[s]"
    )


def _cents(values: Sequence[float | str | None]) -> np.ndarray:
    return np.rint(np.array([value or 0 for value in values], dtype=np.float64) * 100).astype(np.int64)


def _integers(values: Sequence[str | int | None]) -> np.ndarray:
    return np.array([value or 0 for value in values], dtype=np.int64)


def _id(reference: Mapping[str, Any] | None) -> int:
    return int(reference["id"]) if reference else 0


def _document(objects: Sequence[Mapping[str, Any]], issued: str) -> dict[str, Any]:
    """Columns that all documents have."""
    return {
        "document_id": _integers([item["id"] for item in objects]),
        "status": _integers([item["status"] for item in objects]),
        "issued_on": _days([item[issued] for item in objects]),
        "recorded_on": _days([item["create"] for item in objects]),
        "paid_on": _days([item["payDate"] for item in objects]),
        "net_cents": _cents([item["sumNet"] for item in objects]),
        "gross_cents": _cents([item["sumGross"] for item in objects]),
    }


def _invoices(objects: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    terms = [item["timeToPay"] for item in objects]
    frame = pd.DataFrame(
        {
            **_document(objects, "invoiceDate"),
            "document": INVOICE,
            "type": [item["invoiceType"] for item in objects],
            "customer": [_id(item.get("contact")) for item in objects],
            "origin": [_id(item.get("origin")) for item in objects],
            "term_days": [_ASSUMED_TERM_DAYS if term is None else int(term) for term in terms],
            "discount_days": _integers([item["discountTime"] for item in objects]),
            "discount_percent": [float(item["discount"] or 0) for item in objects],
            "stated_cents": _cents([item["paidAmount"] for item in objects]),
        }
    )
    frame["due_on"] = frame["issued_on"] + pd.to_timedelta(frame["term_days"], unit="D")
    return frame


def _vouchers(objects: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            **_document(objects, "voucherDate"),
            "document": VOUCHER,
            "type": [item["voucherType"] for item in objects],
            "side": [item["creditDebit"] for item in objects],
            "customer": [_id(item.get("supplier")) for item in objects],
            "due_on": _days([item["paymentDeadline"] for item in objects]),
            "stated_cents": _cents([item["paidAmount"] for item in objects]),
        }
    )
    frame["is_due_assumed"] = frame["due_on"].isna()
    frame["due_on"] = frame["due_on"].fillna(frame["issued_on"] + pd.Timedelta(days=_ASSUMED_TERM_DAYS))
    return frame[(frame["type"] == "VOU") & (frame["status"] >= 100)]


def _credit_notes(objects: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            **_document(objects, "creditNoteDate"),
            "document": CREDIT_NOTE,
            "invoice_id": [
                _id(item.get("refSrcInvoice"))
                or (_id(item["origin"]) if (item.get("origin") or {}).get("objectName") == "Invoice" else 0)
                for item in objects
            ],
            "discount_days": _integers([item["discountTime"] for item in objects]),
            "discount_percent": [float(item["discount"] or 0) for item in objects],
        }
    )
    frame[["net_cents", "gross_cents"]] = frame[["net_cents", "gross_cents"]].abs()
    is_paid = (frame["status"] == PAID) & frame["paid_on"].notna()
    frame["stated_cents"] = frame["gross_cents"].where(is_paid, 0)
    return frame[frame["status"] >= 200]


def _accounts(objects: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    kinds = [item["type"] for item in objects]
    is_fed = [
        item["type"] == "online" and item["importType"] is None and item["lastSync"] is not None for item in objects
    ]
    return pd.DataFrame(
        {
            "account_id": _integers([item["id"] for item in objects]),
            "kind": kinds,
            "is_fed": is_fed,
            "stated_cents": _cents([item["balance"] for item in objects]),
        }
    )


def _lines(objects: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    keys = ("paymtPurpose", "payeePayerName", "entryText")
    frame = pd.DataFrame(
        {
            "transaction_id": _integers([item["id"] for item in objects]),
            "account_id": [_id(item["checkAccount"]) for item in objects],
            "amount_cents": _cents([item["amount"] for item in objects]),
            "happened_on": _days([item["valueDate"] for item in objects]),
            "recorded_on": _days([item["create"] for item in objects]),
            "is_deleted": [item["deletedAt"] is not None for item in objects],
            "source": [_id(item.get("sourceTransaction")) for item in objects],
            "target": [_id(item.get("targetTransaction")) for item in objects],
        }
    )
    live = frame[~frame["is_deleted"]]
    named = np.union1d(live["source"], live["target"])
    frame["is_internal"] = (frame["source"] != 0) | (frame["target"] != 0) | frame["transaction_id"].isin(named)
    texts = [" | ".join(item[key] for key in keys if item[key]).lower() for item in objects]
    frame["nature"] = [_nature(text, cents) for text, cents in zip(texts, frame["amount_cents"], strict=True)]
    return frame


def _nature(text: str, cents: int) -> str:
    if cents < 0 and _GARNISHMENT.search(text):
        return "garnishment"
    if _RETURNED.search(text):
        return "returned_debit"
    if cents < 0 and _REMINDER_FEE.search(text):
        return "reminder_fee"
    return "other"


def _payables(sent: pd.DataFrame, revenue: pd.DataFrame, expenses: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """All documents that can be paid: ``sign`` is that of a log amount that reduces what is open."""
    parts = [
        some.assign(resource=resource, sign=sign)
        for some, resource, sign in (
            (sent, "Invoice", 1),
            (revenue, "Voucher", 1),
            (expenses, "Voucher", -1),
            (notes, "CreditNote", -1),
        )
    ]
    payables = pd.concat(parts, ignore_index=True)
    millionths = (payables["discount_percent"].fillna(0) * 10_000).round().astype(np.int64)
    offer = -((-payables["gross_cents"] * millionths) // 1_000_000)
    payables["offer_cents"] = offer.where(payables["discount_days"] > 0, 0)
    payables.index.name = "payable"
    columns = ["document", "document_id", "resource", "sign", "status", "gross_cents", "stated_cents", "paid_on"]
    return payables[[*columns, "offer_cents"]]


def _bookings(
    log: Sequence[Mapping[str, Any]], payables: pd.DataFrame, lines: pd.DataFrame, accounts: pd.DataFrame
) -> pd.DataFrame:
    """Entries of the payment log on these documents, with the kind of account that they went over."""
    entries = pd.DataFrame(
        {
            "id": _integers([entry["id"] for entry in log]),
            "resource": [entry["object"]["objectName"] for entry in log],
            "document_id": [_id(entry["object"]) for entry in log],
            "transaction_id": [_id(entry["checkAccountTransaction"]) for entry in log],
            "logged_cents": _cents([entry["amountPaid"] for entry in log]),
            "booked_on": _days([entry["bookingDate"] for entry in log]),
            "recorded_on": _days([entry["create"] for entry in log]),
        }
    )
    kinds = lines[~lines["is_deleted"]].merge(accounts[["account_id", "kind"]], on="account_id")
    documents = payables.reset_index()[["payable", "resource", "document", "document_id", "sign"]]
    found = entries.merge(documents, on=["resource", "document_id"])
    found = found.merge(kinds[["transaction_id", "kind", "happened_on"]], on="transaction_id", how="left")
    found["happened_on"] = found["happened_on"].fillna(found["booked_on"])
    found["amount_cents"] = found["logged_cents"] * found["sign"]
    return found.sort_values(["happened_on", "recorded_on", "id"])


def _payments(bookings: pd.DataFrame, balanced: pd.DataFrame, today: date) -> pd.DataFrame:
    """Money that came or went: from the log, else from what a document says of itself."""
    columns = ["document", "document_id", "amount_cents", "happened_on", "recorded_on"]
    stated = balanced[balanced["amount_cents"].isna() & (balanced["stated_cents"] != 0)]
    day = stated["paid_on"].fillna(pd.Timestamp(today))
    stated = stated.assign(amount_cents=stated["stated_cents"], happened_on=day, recorded_on=day)
    return pd.concat([bookings.loc[bookings["kind"] != "offline", columns], stated[columns]], ignore_index=True)


def _settlements(
    bookings: pd.DataFrame, balanced: pd.DataFrame, notes: pd.DataFrame, cancellations: pd.DataFrame, today: date
) -> pd.DataFrame:
    """What closed documents other than money: write-offs, and the residue of whatever is settled."""
    credited = notes[notes["invoice_id"] != 0].groupby("invoice_id")["gross_cents"].sum()
    settled = balanced[balanced["status"] == PAID]
    is_invoice = settled["document"] == INVOICE
    corrected = settled["document_id"].map(credited).where(is_invoice)
    paid = settled["amount_cents"].fillna(settled["stated_cents"])
    residue = settled["gross_cents"] - paid - corrected.fillna(0)
    is_cancelled = is_invoice & settled["document_id"].isin(cancellations["invoice_id"])
    counts = ~is_cancelled & ((residue > 0) | ((residue < 0) & corrected.isna()))
    is_discount = (residue > 0) & (residue <= settled["offer_cents"])
    last_resort = settled["paid_on"].fillna(pd.Timestamp(today))
    columns = ["document", "document_id", "amount_cents", "cause", "happened_on", "recorded_on"]
    residues = settled.assign(
        amount_cents=residue.astype(np.int64),
        cause=np.where(is_discount, "discount", "other"),
        happened_on=settled["happened_on"].fillna(last_resort),
        recorded_on=settled["recorded_on"].fillna(last_resort),
    ).loc[counts, columns]
    written_off = bookings[bookings["kind"] == "offline"].assign(cause="write_off")
    return pd.concat([written_off[columns], residues], ignore_index=True)


def _balances(accounts: pd.DataFrame, cash: pd.DataFrame, levels: Mapping[int, int], today: date) -> pd.DataFrame:
    """The level of each account before its first line."""
    live = cash[~cash["is_deleted"]]
    moved = live[live["happened_on"] <= pd.Timestamp(today)].groupby("account_id")["amount_cents"].sum()
    first = live.groupby("account_id")["happened_on"].min()
    known = accounts[accounts["account_id"].isin(levels)]
    level = known["account_id"].map(levels)
    before = known["account_id"].map(first).fillna(pd.Timestamp(today) + pd.Timedelta(days=1)) - pd.Timedelta(days=1)
    return pd.DataFrame(
        {
            "account_id": known["account_id"],
            "level_cents": level - known["account_id"].map(moved).fillna(0).astype(np.int64),
            "is_level_verified": known["is_fed"] & (known["stated_cents"] == level),
            "happened_on": before,
        }
    )
