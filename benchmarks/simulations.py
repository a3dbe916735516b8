"""Simulations, changes and offers of stored decisions, over HTTP from kept snapshots.

    python benchmarks/simulations.py            200 of each kind
    python benchmarks/simulations.py --quick    20 of each kind

The whole service in one process, with SQLite and the promoted model: request, key, decision, audit trail, snapshot,
work on a worker thread, answer. Kinds run in turn; those of the first features, and a collected invoice, derive values
that the decision did not record. The bound on simulations of a borrower is lifted. The firms are the
sandbox's healthy agency (approved) and its borderline retailer (referred).
"""

import asyncio
import base64
import logging
import os
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import Section, run, table
from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app as create_sandbox
from scoring.app import create_app
from scoring.base.secrets import EncryptionKey, Secret
from scoring.base.signing import new_signing_keys
from scoring.runtime.serving import load_serving
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key

FIRMS = ("healthy-agency", "borderline-retailer")
AIM = 15.0
"""Milliseconds, median of simulations."""
READ = ("changes", "offers")


def settings_in(folder: Path) -> Settings:
    """Settings with a database in a folder, and without a bound on simulations."""
    return Settings(
        data_dir=folder,
        database_url=Secret(f"sqlite:///{folder / 'scoring.sqlite'}"),
        sevdesk_url="http://sandbox/api/v1",
        is_sevdesk_sandbox=True,
        encryption_keys=(EncryptionKey(id="k", material=Secret(base64.b64encode(secrets.token_bytes(32)).decode())),),
        signing_keys=Secret(new_signing_keys(os.urandom)),
        simulations_per_hour=1_000_000,
    )


def asked_of(decision: dict[str, Any], invoice: int | None) -> dict[str, dict[str, Any]]:
    """A simulation of each kind."""
    feature = decision["contributions"][0]["feature"]
    kinds: dict[str, dict[str, Any]] = {
        "amount and term": {"amount": {"value": "15000.00", "currency": "EUR"}, "term_months": 18},
        "price": {"annual_rate_percent": "6.00"},
        "values of features": {"features": {feature: 0.0}},
        "the policy before": {"policy": "2"},
        "a policy of the first features": {"policy": "1"},
        "a model of the first features": {"model": "sme/2"},
    }
    return kinds if invoice is None else kinds | {"an invoice collected": {"collected_invoices": [invoice]}}


async def migrated(settings: Settings) -> None:
    """The tables of the database."""
    database = Database(settings.database_url)
    await database.migrate()
    await database.close()


async def measure_firm(firm: str, count: int) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds on the wall and of the processor of each request, by kind."""
    today = datetime.now(tz=UTC).date()
    books = next(persona for persona in PERSONAS if persona.firm == firm).books(today)
    sandbox = create_sandbox([books], today=lambda: today)
    iban = next(one["iban"] for one in books.objects["CheckAccount"] if one.get("iban"))
    unpaid = [one for one in books.objects["Invoice"] if (one["status"], one["invoiceType"]) == ("200", "RE")]
    newest = max(unpaid, key=lambda one: str(one["invoiceDate"]))["id"]
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        await migrated(settings)
        transport = httpx.ASGITransport(app=sandbox)  # type: ignore[arg-type]  # litestar types scopes more narrowly
        app = create_app(settings, load_serving(settings), transport=transport)
        database = Database(settings.database_url)
        async with (
            app.lifespan(),
            httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service", timeout=60) as http,  # type: ignore[arg-type]
        ):
            principal = Principal(id="", lender_id="bank", kind="system", name="bench", roles=frozenset(Role))
            key, _ = await add_key(database, principal, now=datetime.now(tz=UTC), randomness=os.urandom)
            http.headers["Authorization"] = f"Bearer {key}"
            answer = await http.post(
                "/v1/decisions",
                json={
                    "borrower_ref": firm,
                    "legal_form": "gmbh",
                    "product": "working_capital",
                    "amount": {"value": "12000.00", "currency": "EUR"},
                    "term_months": 12,
                    "payout_iban": iban,
                    "sevdesk_token": books.token,
                },
            )
            decision = answer.raise_for_status().json()
            path = f"/v1/decisions/{decision['decision_id']}"
            bodies = asked_of(decision, int(newest))
            found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in (*bodies, *READ)}
            for number in range(count + 3):
                for kind, times in found.items():
                    began, worked = time.perf_counter(), time.process_time()
                    if kind in READ:
                        answer = await http.get(f"{path}/{kind}")
                    else:
                        answer = await http.post(f"{path}/simulations", json=bodies[kind])
                    answer.raise_for_status()
                    if number >= 3:  # the first derivations of a plan build its expressions
                        spent = time.perf_counter() - began, time.process_time() - worked
                        times.append((spent[0] * 1e3, spent[1] * 1e3))
        await database.close()
    return found


def measure(is_quick: bool) -> Section:  # noqa: FBT001  as ``run`` calls it
    """All kinds on both firms."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    count = 20 if is_quick else 200
    figures = {firm: asyncio.run(measure_firm(firm, count)) for firm in FIRMS}
    rows = []
    for kind in figures[FIRMS[0]]:
        cells = [kind]
        for firm in FIRMS:
            walls, processor = zip(*figures[firm][kind], strict=True)
            cells += [f"{median(walls):.1f}", f"{min(walls):.1f}", f"{median(processor):.1f}"]
        rows.append(cells)
    every = [one for found in figures.values() for kind, times in found.items() if kind not in READ for one in times]
    wall, processor = (median(times) for times in zip(*every, strict=True))
    heads = ["ms", *(f"{firm}, {what}" for firm in FIRMS for what in ("median", "least", "processor"))]
    text = (
        f"Median of all simulations {wall:.1f} ms, of the processor {processor:.1f} ms (aim {AIM:.0f}); {count} of each"
        f" kind, over HTTP in one process, from a kept snapshot.\n\n{table(heads, rows)}"
    )
    return Section(
        name="simulations",
        title="Simulations, changes and offers",
        text=text,
        figures={"median": wall, "processor": processor, "milliseconds": figures},
    )


if __name__ == "__main__":
    raise SystemExit(run(__doc__, measure))
