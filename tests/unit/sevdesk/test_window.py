from datetime import date
from typing import Any

import httpx
import pytest
from unit.sevdesk.fakes import TODAY, client, page, ref

from features.derive import FetchPlan
from features.ledger import Resource
from scoring.sources.sevdesk.words.fetched import Fetched

SINCE = date(2021, 3, 1)
NOTHING_ELSE = {Resource.INVOICES, Resource.CREDIT_NOTES, Resource.VOUCHERS, Resource.TRANSACTIONS}


def _document(number: int, day: str, status: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "status": str(status),
        "invoiceType": "RE",
        "voucherType": "VOU",
        "creditDebit": "C",
        "invoiceDate": f"{day}T00:00:00+01:00",
        "creditNoteDate": f"{day}T00:00:00+01:00",
        "voucherDate": f"{day}T00:00:00+01:00",
        "create": f"{day}T10:00:00+01:00",
        "sumNet": "100",
        "sumGross": "119",
    }


def _line(number: int, day: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "checkAccount": ref("CheckAccount", 5),
        "amount": "10",
        "valueDate": f"{day}T00:00:00+01:00",
        "entryDate": f"{day}T00:00:00+01:00",
        "create": f"{day}T00:00:00+01:00",
    }


async def _fetch(lists: dict[str, list[dict[str, Any]]], since: date | None = SINCE) -> tuple[Fetched, list[str]]:
    """What is fetched of a sevdesk that ignores all filters, and what was asked for."""
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        query = [
            (name, value)
            for name, value in request.url.params.multi_items()
            if name not in {"limit", "offset", "countAll"}
        ]
        path = request.url.path.removeprefix("/api/v1/")
        asked.append(" ".join([path, *(f"{name}={value}" for name, value in sorted(query))]))
        found = lists.get(path, [])
        return page(found, len(found))

    fetched = await client(handle).fetch(frozenset(NOTHING_ELSE), fetched_on=TODAY, since=since)
    return fetched, sorted(asked)


async def test_the_window_is_in_the_queries() -> None:
    """Documents are asked for from a day before, and open ones up to a day after; bank lines from 92 days before."""
    _, asked = await _fetch({})
    day_before, day_after, lines = "1614466800", "1614639600", "1606604400"  # midnight of 28.2., 2.3. and 29.11.2020
    assert asked == [
        "CheckAccount",
        f"CheckAccountTransaction startDate={lines}",
        f"CreditNote endDate={day_after} status[]=200 status[]=750",
        f"CreditNote startDate={day_before}",
        f"Invoice endDate={day_after} status[]=200 status[]=750",
        f"Invoice startDate={day_before}",
        f"Voucher endDate={day_after} status[]=100 status[]=150 status[]=750",
        f"Voucher startDate={day_before}",
    ]


async def test_without_a_first_day_everything_is_asked_for_once() -> None:
    """No day, no filter."""
    fetched, asked = await _fetch({"Invoice": [_document(1, "1999-01-01", 1000)]}, since=None)
    assert asked == ["CheckAccount", "CheckAccountTransaction", "CreditNote", "Invoice", "Voucher"]
    assert fetched.invoices["id"].to_list() == [1]


@pytest.mark.parametrize(
    ("resource", "frame", "open_statuses", "settled"),
    [
        ("Invoice", "invoices", (200, 750), (50, 100, 1000)),
        ("CreditNote", "credit_notes", (200, 750), (100, 1000)),
        ("Voucher", "vouchers", (100, 150, 750), (50, 1000)),
    ],
)
async def test_filters_are_checked_on_our_side(
    resource: str, frame: str, open_statuses: tuple[int, ...], settled: tuple[int, ...]
) -> None:
    """Where sevdesk ignores the filters, settled documents before the first day are dropped, open ones stay, once."""
    statuses = (*open_statuses, *settled)
    old = [_document(number, "2021-02-28", status) for number, status in enumerate(statuses, start=1)]
    new = [_document(number, "2021-03-01", status) for number, status in enumerate(statuses, start=101)]
    fetched, _ = await _fetch({resource: old + new})
    kept = getattr(fetched, frame)
    assert [number for number in kept["id"].to_list() if number < 100] == list(range(1, len(open_statuses) + 1))
    assert [number for number in kept["id"].to_list() if number > 100] == [101 + n for n in range(len(statuses))]


async def test_bank_lines_are_cut_by_value_date() -> None:
    """A line of the day before the first day is dropped, whatever the list says."""
    fetched, _ = await _fetch({"CheckAccountTransaction": [_line(1, "2021-02-28"), _line(2, "2021-03-01")]})
    assert fetched.transactions["id"].to_list() == [2]


@pytest.mark.parametrize(
    ("as_of", "months", "since"),
    [
        (date(2026, 3, 31), 0, date(2026, 2, 1)),
        (date(2026, 3, 1), 14, date(2024, 12, 1)),
        (date(2026, 1, 31), 60, date(2020, 12, 1)),
        (date(2024, 2, 29), 12, date(2023, 1, 1)),
    ],
)
def test_a_plan_looks_back_full_months(as_of: date, months: int, since: date) -> None:
    """The first day is that of a month, one month more than the longest history, so that all its months are full."""
    assert FetchPlan(resources=frozenset(), history_months=months).since(as_of) == since
