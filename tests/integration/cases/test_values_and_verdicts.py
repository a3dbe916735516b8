"""Books on which version 0.3.0 said something wrong: the values and verdicts that are right, end to end."""

import os
import tarfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from service import Clock, application, running, settings_in

from sandbox.objects.books import Books
from sandbox.objects.folder import read_folder
from sandbox.server.app import create_app
from scoring.runtime.serving import load_serving

VARIABLE = "CASES_DIR"
FOLDER = os.environ.get(VARIABLE)
pytestmark = pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} names no folder of cases")
TODAY = date(2026, 11, 28)
IBAN = "DE09430609670001008001"

BASE = {
    "liquidity_minimum_balance_months_90d_v2": 108.0,
    "liquidity_overdraft_days_90d_v2": 0.0,
    "liquidity_inflow_outflow_ratio_90d_v2": 4.0,
    "trust_sales_inflow_ratio_12m_v2": 1.0,
    "trust_paid_without_inflow_share_12m_v2": 0.0,
}
RIGHT: Mapping[str, Mapping[str, float]] = {
    "base": BASE,
    "c17": BASE,
    "c17b": BASE,
    "x00": BASE,
    "x80": BASE,
    "x60": BASE | {"trust_paid_without_inflow_share_12m_v2": 0.6667, "trust_sales_inflow_ratio_12m_v2": 3.0},
    "x61": BASE | {"trust_paid_without_inflow_share_12m_v2": 0.6667, "trust_sales_inflow_ratio_12m_v2": 3.0},
    "x50": {"liquidity_debt_service_12m_cents_v2": 300_000_00.0},
    "x51": {"liquidity_debt_service_12m_cents_v2": 300_000_00.0},
    "c03": {"revenue_net_12m_cents_v2": 128_000_00.0, "receivables_loss_share_12m_v2": 0.0},
    "c14": {"trust_sales_inflow_ratio_12m_v2": 1.0},
    "c30": {"revenue_net_12m_cents_v2": 58_000_00.0},
    "x90": {"receivables_loss_share_12m_v2": 0.3103, "trust_paid_without_inflow_share_12m_v2": 0.3103},
    "x91": {"receivables_loss_share_12m_v2": 0.2059},
    "y0": {"trust_history_months_v2": 3.0},
    "y1": {"trust_history_months_v2": 3.0},
    "y2": {"trust_history_months_v2": 3.0},
}
"""Values of the row of a decision."""
VERDICTS = {
    "x00": "approve",
    "x80": "approve",
    **dict.fromkeys(["x50", "x51", "x60", "x61", "x90", "x91", "y0", "y1", "y2"], "refer"),
}
LIMITS = {"x00": "40400.00", "x80": "40400.00", "x50": "39400.00", "x51": "39400.00"}
SET_ASIDE = {"c23a": 1, "c23c": 2, "c23e": 0}


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Books]:
    """The books by the first word of their folder."""
    folder = tmp_path_factory.mktemp("cases")
    with tarfile.open(Path(FOLDER or "") / "books" / "books.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return {books.firm.split("_")[0]: books for books in read_folder(folder)}


async def decided(firms: Mapping[str, Books], names: list[str], folder: Path) -> dict[str, Any]:
    """The answers to an application of each firm, as the cases ask it."""
    clock = Clock()
    clock.now = datetime(TODAY.year, TODAY.month, TODAY.day, 11, tzinfo=UTC)
    sandbox = create_app([firms[name] for name in names], today=lambda: TODAY)
    answers = {}
    async with running(
        folder,
        transport=httpx.ASGITransport(app=sandbox),  # type: ignore[arg-type]  # litestar types scopes more narrowly
        serving=load_serving(settings_in(folder)),
        clock=clock,
        fetch_deadline_seconds=60,
    ) as service:
        for name in names:
            asked = application(
                sevdesk_token=firms[name].token,
                borrower_ref=name,
                payout_iban=IBAN,
                amount={"value": "40000.00", "currency": "EUR"},
            )
            answer = await service.post("/v1/decisions", asked)
            assert answer.status_code == 201, (name, answer.text)
            answers[name] = answer.json()
    return answers


async def test_values_verdicts_and_what_was_set_aside(firms: dict[str, Books], tmp_path: Path) -> None:
    """All at once, because a service takes longer to start than to decide."""
    names = sorted(RIGHT.keys() | SET_ASIDE.keys())
    answers = await decided(firms, names, tmp_path)
    for name, values in RIGHT.items():
        row = answers[name]["features"]
        assert {feature: row[feature] for feature in values} == values, name
    assert {name: answers[name]["recommendation"] for name in VERDICTS} == VERDICTS
    assert {name: answers[name]["offer"]["max_amount"]["value"] for name in LIMITS} == LIMITS
    assert {name: answers[name]["data"]["set_aside_count"] for name in SET_ASIDE} == SET_ASIDE
    assert {name: answers[name]["score"] for name in ("y0", "y1", "y2")} == dict.fromkeys(("y0", "y1", "y2"))
    # Without its fault an honest firm is the firm without the fault.
    assert answers["x80"]["score"] == answers["x00"]["score"]
    assert answers["c17"]["score"] == answers["c17b"]["score"] == answers["base"]["score"]
    assert answers["x50"]["score"] == answers["x51"]["score"]
