"""The big firm read by the client over real HTTP, and decided on: smaller, and in ``make test-deep`` as it is."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import polars as pl
import pytest
import uvicorn

from demo.__main__ import Case, ask, sandbox_firms
from demo.stack import running
from features.ledger import Resource
from sandbox.firms.wholesaler import WHOLESALER, Wholesaler
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits

TODAY = date(2026, 11, 20)
IS_DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
FIRM = WHOLESALER if IS_DEEP else replace(WHOLESALER, branches=3)
"""6,000 invoices, or 200,000."""


@asynccontextmanager
async def _serving(firm: Wholesaler) -> AsyncIterator[str]:
    """The firm over a real connection."""
    app = create_app([firm.books(TODAY)], today=lambda: TODAY)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/v1"
    finally:
        server.should_exit = True
        await task


async def test_the_client_reads_the_whole_firm() -> None:
    """As many objects as the books hold, and a ledger with the same sums, over real HTTP."""
    limits = RequestLimits(deadline_seconds=300 if IS_DEEP else 30)
    async with _serving(FIRM) as url, HttpClient() as http:
        client = SevdeskClient(http, url, Secret(FIRM.token), limits=limits)
        fetched = await client.fetch(frozenset(Resource), fetched_on=TODAY)
    ledger, _ = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 32, payout_iban=FIRM.iban)

    one, branches = FIRM.history(TODAY), FIRM.branches
    reminders = [invoice for invoice in one.invoices if invoice.kind == "MA"]
    lines = [line for line in one.lines if not line.is_deleted]
    listed = [invoice for invoice in one.invoices if invoice.kind not in {"MA", "WKR"}]
    assert fetched.invoices.height == branches * len(listed)
    assert fetched.reminders.height == branches * len(reminders)
    assert fetched.credit_notes.height == branches * len(one.credit_notes)
    assert fetched.vouchers.height == branches * len(one.vouchers)
    assert fetched.transactions.height == branches * len(lines)
    assert fetched.payment_log is not None
    assert fetched.payment_log.height == branches * len(one.bookings)

    balance = branches * (one.accounts[0].balance or 0)
    assert list(fetched.levels.values()) == [balance]
    sales = [invoice for invoice in one.invoices if invoice.kind == "RE" and not invoice.is_draft]
    bills = [voucher for voucher in one.vouchers if voucher.kind == "VOU" and not voucher.is_draft]
    assert ledger.invoices.height == branches * len(sales)
    assert ledger.invoices["gross_cents"].sum() == branches * sum(invoice.gross for invoice in sales)
    assert ledger.invoices["net_cents"].sum() == branches * sum(invoice.net for invoice in sales)
    assert ledger.bills["gross_cents"].sum() == branches * sum(voucher.gross for voucher in bills)
    of_invoices = ledger.payments.filter(pl.col("document") == "invoice", pl.col("source") == "bank")
    assert of_invoices["amount_cents"].sum() == branches * sum(
        invoice.booked for invoice in sales if invoice.has_booking
    )
    assert ledger.transactions["amount_cents"].sum() == balance
    assert ledger.reminders.height == branches * len(reminders)
    assert ledger.cancellations.height == branches * sum(invoice.is_cancelled for invoice in sales)


@pytest.mark.skipif(not IS_DEEP, reason="200,000 invoices are read in make test-deep")
def test_the_firm_is_decided_on(tmp_path: Path) -> None:
    """Service and local sevdesk as processes: 200,000 invoices within the deadline of 30 seconds for reading."""
    firm = sandbox_firms()[WHOLESALER.firm]
    with running(tmp_path) as stack:
        headers = {"Authorization": f"Bearer {stack.api_key}"}
        with httpx.Client(base_url=stack.service_url, headers=headers, timeout=120) as service:
            answer, _ = ask(service, Case(title="", firm=WHOLESALER.firm, amount="50000.00"), firm)
    assert answer.status_code == 201
    assert answer.json()["verdict"] in {"approve", "refer", "decline"}
