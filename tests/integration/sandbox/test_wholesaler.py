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
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.words.token import Token

TODAY = date(2026, 11, 20)
IS_DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
FIRM = (
    WHOLESALER
    if IS_DEEP
    else replace(WHOLESALER, traits=replace(WHOLESALER.traits, invoices_per_month=150, sales=54_000, customers=300))
)
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
    drawn = FIRM.drawn(TODAY)
    limits = RequestLimits(deadline_seconds=300 if IS_DEEP else 30)
    async with _serving(FIRM) as url, httpx.AsyncClient() as http:
        client = SevdeskClient(http, url, Token(FIRM.token), limits=limits)
        fetched = await client.fetch(frozenset(Resource), fetched_on=TODAY)
    ledger, _ = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 32, payout_iban=FIRM.iban)

    is_reminder, is_sale = pl.col("kind") == "MA", (pl.col("kind") == "RE") & ~pl.col("is_draft")
    lines = drawn.lines.filter(~pl.col("is_deleted"))
    assert fetched.invoices.height == drawn.invoices.filter(~is_reminder, pl.col("kind") != "WKR").height
    assert fetched.reminders.height == drawn.invoices.filter(is_reminder).height
    assert fetched.credit_notes.height == drawn.credit_notes.height
    assert fetched.vouchers.height == drawn.vouchers.height
    assert fetched.transactions.height == lines.height
    assert fetched.payment_log is not None
    assert fetched.payment_log.height == drawn.bookings.height
    assert list(fetched.levels.values()) == [drawn.accounts[0].balance]

    sales = drawn.invoices.filter(is_sale)
    bills = drawn.vouchers.filter(pl.col("kind") == "VOU", ~pl.col("is_draft"))
    assert ledger.invoices.height == sales.height == round(FIRM.traits.months * FIRM.traits.invoices_per_month)
    assert ledger.invoices["gross_cents"].sum() == sales["gross"].sum()
    assert ledger.invoices["net_cents"].sum() == sales["net"].sum()
    assert ledger.bills["gross_cents"].sum() == bills["gross"].sum()
    of_invoices = ledger.payments.filter(pl.col("document") == "invoice")
    assert of_invoices["amount_cents"].sum() == sales["booked"].sum()
    main = lines.filter(pl.col("account") == 0)
    assert ledger.transactions["amount_cents"].sum() == main["amount"].sum() == drawn.accounts[0].balance
    assert ledger.reminders.height == drawn.invoices.filter(is_reminder).height
    assert ledger.cancellations.height == sales.filter("is_cancelled").height


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
