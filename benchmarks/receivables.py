"""A public receivables history, scored through the folder route, and checked by an independent computation.

    python benchmarks/receivables.py CSV            convert, serve, score over HTTP as of 2013-09-30, compare
    python benchmarks/receivables.py CSV --out DIR  only convert to a folder of books

CSV is the accounts-receivable sample published by IBM ("Late Payment Histories"): one line per invoice with
customerID, InvoiceDate, DueDate, InvoiceAmount, SettledDate. Euro is assumed; an invoice is recorded on its own
date and its payment on the settlement date; there is no bank data. The independent computation uses the standard
library alone.
"""

import argparse
import calendar
import csv
import json
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from demo.stack import running

AS_OF = date(2013, 9, 30)
AT_LEAST = 5
"""Fewer features in common prove too little."""
BERLIN = ZoneInfo("Europe/Berlin")
TOKEN = "0123456789abcdef" * 2
"""Of the local sevdesk only; it opens nothing else."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the CSV."""

    customer: str
    number: str
    issued_on: date
    due_on: date
    settled_on: date
    cents: int
    is_electronic: bool
    """Billed electronically, not on paper."""
    is_disputed: bool


def read(path: Path) -> list[Row]:
    """All lines, in the order of the file."""

    def day(text: str) -> date:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007  a calendar day, no instant

    with path.open(newline="") as file:
        return [
            Row(
                line["customerID"],
                line["invoiceNumber"],
                day(line["InvoiceDate"]),
                day(line["DueDate"]),
                day(line["SettledDate"]),
                round(float(line["InvoiceAmount"]) * 100),
                line["PaperlessBill"] == "Electronic",
                line["Disputed"] == "Yes",
            )
            for line in csv.DictReader(file)
        ]


def convert(rows: list[Row], out: Path) -> None:
    """Write the rows as one firm's books in sevdesk's shape: ``out/receivables/<Resource>.json``."""
    firm = out / "receivables"
    firm.mkdir(parents=True, exist_ok=True)
    customers = {name: 1000 + index for index, name in enumerate(sorted({row.customer for row in rows}))}
    objects = {
        "Contact": [_contact(identifier, name) for name, identifier in customers.items()],
        "Invoice": [_invoice(index, row, customers[row.customer]) for index, row in enumerate(rows)],
    }
    for resource, items in objects.items():
        (firm / f"{resource}.json").write_text(json.dumps({"objects": items}))
    (firm / "firm.json").write_text(
        json.dumps({"token": TOKEN, "name": "Public receivables history", "bookkeepingSystemVersion": "2.0"})
    )


def _stamp(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).isoformat()


def _reference(identifier: int, name: str) -> dict[str, str]:
    return {"id": str(identifier), "objectName": name}


def _amount(cents: int) -> str:
    """A number as sevdesk writes it: trailing zeros dropped."""
    text = f"{cents // 100}.{cents % 100:02d}".rstrip("0")
    return text.rstrip(".")


def _contact(identifier: int, name: str) -> dict[str, Any]:
    return {
        **_reference(identifier, "Contact"),
        "create": _stamp(date(2012, 1, 1)),
        "update": _stamp(date(2012, 1, 1)),
        "name": name,
        "status": "1000",
        "customerNumber": str(identifier),
        "surename": None,
        "familyname": None,
        "category": _reference(3, "Category"),
        "sevClient": _reference(1, "SevClient"),
    }


def _invoice(index: int, row: Row, customer: int) -> dict[str, Any]:
    amount = _amount(row.cents)
    return {
        **_reference(500_000 + index, "Invoice"),
        "additionalInformation": None,
        "invoiceNumber": row.number,
        "contact": _reference(customer, "Contact"),
        "create": _stamp(row.issued_on),
        "update": _stamp(row.settled_on),
        "sevClient": _reference(1, "SevClient"),
        "invoiceDate": _stamp(row.issued_on),
        "header": f"Rechnung {row.number}",
        "headText": None,
        "footText": None,
        "timeToPay": str((row.due_on - row.issued_on).days),
        "discountTime": None,
        "discount": "0",
        "addressCountry": _reference(1, "StaticCountry"),
        "payDate": _stamp(row.settled_on),
        "deliveryDate": _stamp(row.issued_on),
        "deliveryDateUntil": None,
        "status": "1000",
        "smallSettlement": "0",
        "taxRate": "0",
        "taxText": "0%",
        "dunningLevel": None,
        "taxType": None,
        "sendDate": _stamp(row.issued_on),
        "invoiceType": "RE",
        "accountIntervall": None,
        "reminderCharge": "0",
        "currency": "EUR",
        "sumNet": amount,
        "sumTax": "0",
        "sumGross": amount,
        "sumDiscounts": "0",
        "sumNetForeignCurrency": "0",
        "sumTaxForeignCurrency": "0",
        "sumGrossForeignCurrency": "0",
        "sumNetAccounting": amount,
        "sumTaxAccounting": "0",
        "sumGrossAccounting": amount,
        "paidAmount": row.cents / 100,
        "showNet": "1",
        "enshrined": _stamp(row.issued_on),
        "sendType": "VPDF",
        "taxRule": _reference(1, "TaxRule"),
    }


def independent(rows: list[Row]) -> dict[str, float]:
    """Features from the CSV alone: plain loops, written from the definitions, sharing nothing with the product."""
    known = [row for row in rows if row.issued_on <= AS_OF]
    is_open = [row for row in known if row.settled_on > AS_OF]
    open_cents = sum(row.cents for row in is_open)
    months: defaultdict[tuple[int, int], int] = defaultdict(int)
    for row in known:
        months[row.issued_on.year, row.issued_on.month] += row.cents
    year = [months[month] for month in _months_back(AS_OF, 12)]
    quarter, quarter_before = _months_back(AS_OF, 3), _months_back(date(2012, 9, 30), 3)
    drop = sum(months[month] for month in quarter) / sum(months[month] for month in quarter_before) - 1
    return {
        "receivables_overdue_share": sum(row.cents for row in is_open if row.due_on < AS_OF) / open_cents,
        "receivables_over_60d_share": sum(r.cents for r in is_open if r.due_on < AS_OF - timedelta(60)) / open_cents,
        "receivables_countback_dso_days": _count_back(open_cents, months),
        "receivables_eligible_cents": float(sum(r.cents for r in is_open if r.due_on >= AS_OF - timedelta(60))),
        "revenue_net_12m_cents": float(sum(year)),
        "revenue_log_12m": math.log(1 + sum(year) / 100),
        "revenue_trend_12m": _theil_sen(year[::-1]),
        "revenue_drop_3m": drop,
        "trust_history_months": float(len({(r.issued_on.year, r.issued_on.month) for r in known})),
        "trust_paid_without_inflow_share_12m": 1.0,  # no bank lines at all, but paid invoices
        "trust_assumed_due_share_12m": 0.0,  # every line of the CSV has a due date
    }


def _months_back(until: date, count: int) -> list[tuple[int, int]]:
    """The month of ``until`` and those before it, latest first."""
    last = until.year * 12 + until.month - 1
    return [(month // 12, month % 12 + 1) for month in range(last, last - count, -1)]


def _count_back(open_cents: int, months: dict[tuple[int, int], int]) -> float:
    """Whole months whose sales the open amount covers, by their days, and the part of the next."""
    left, days = open_cents, 0.0
    for year, month in _months_back(AS_OF, 12):
        sales, length = months[year, month], calendar.monthrange(year, month)[1]
        if left < sales:
            return days + left / sales * length
        left, days = left - sales, days + length
    return days


def _middle(values: Iterable[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _theil_sen(series: list[int]) -> float:
    """Median slope between all pairs of months, per median month."""
    slopes = ((series[j] - series[i]) / (j - i) for j in range(len(series)) for i in range(j))
    return _middle(slopes) / _middle(series)


def score(books: Path) -> dict[str, Any]:
    """The decision of the running service on the converted books, over HTTP."""
    with tempfile.TemporaryDirectory() as data, running(Path(data), books=books) as stack:
        answer = httpx.post(
            f"{stack.service_url}/v1/decisions",
            headers={"Authorization": f"Bearer {stack.api_key}"},
            json={
                "borrower_ref": "public-receivables",
                "legal_form": "gmbh",
                "product": "working_capital",
                "amount": {"value": "10000.00", "currency": "EUR"},
                "term_months": 12,
                "purpose": "working capital",
                "language": "en",
                "as_of": AS_OF.isoformat(),
                "sevdesk_token": TOKEN,
            },
            timeout=60,
        )
        answer.raise_for_status()
        decision: dict[str, Any] = answer.json()
        return decision


def main() -> int:
    """Convert, score, compare; 0 when every checked feature agrees."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path, help="the published CSV file")
    parser.add_argument("--out", type=Path, help="only convert, into this folder")
    arguments = parser.parse_args()
    rows = read(arguments.csv)
    if arguments.out:
        convert(rows, arguments.out)
        print(f"{len(rows)} invoices written to {arguments.out}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        convert(rows, Path(folder))
        decision = score(Path(folder))
    print(json.dumps(decision, indent=1))
    return compare(rows, decision["features"])


def compare(rows: list[Row], served: dict[str, float | None]) -> int:
    """Print served and independent values side by side; 1 when one differs by more than the served rounding."""
    opened = [row for row in rows if row.issued_on <= AS_OF < row.settled_on]
    print(f"\nopen on {AS_OF}: {len(opened)}, overdue: {sum(row.due_on < AS_OF for row in opened)}")
    # The service says them in the catalogue of its policy and model.
    values = {f"{name}_v2": value for name, value in independent(rows).items()}
    checked = {name: value for name, value in values.items() if name in served}
    wrong = int(len(checked) < AT_LEAST)
    for name, expected in checked.items():
        value = served[name]
        agrees = value is not None and abs(value - expected) <= 5.1e-5 * max(1.0, abs(expected))
        wrong += not agrees
        print(f"{name:40s} served {value!s:>14} independent {expected:>16.6f} {'ok' if agrees else 'DIFFERS'}")
    print(f"{len(checked)} of the served features were computed independently, at least {AT_LEAST} are asked for")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
