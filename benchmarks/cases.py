"""What it costs a decision to take its place in a case: with and without, in turn, in the same run.

    python benchmarks/cases.py [--decisions 100]

The whole service in one process, with the promoted model and the sandbox's healthy agency, on SQLite and on the
PostgreSQL of TEST_POSTGRES_URL. *Without* leaves out what versions before 0.7 did not do: the row of the case and that
of its first step. Ratios are what counts, on a busy machine all the more.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import httpx
import msgspec
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import table
from benchmarks.simulations import migrated, settings_in
from benchmarks.throughput import database
from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app as create_sandbox
from scoring.app import create_app
from scoring.base.secrets import Secret
from scoring.runtime.serving import load_serving
from scoring.store import decisions
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key

FIRM = "healthy-agency"
WARM = 5
"""Decisions of each kind that are not counted: the first ones build expressions and statements."""
Times = dict[bool, list[tuple[float, float, float]]]
"""By whether the decision is in a case: milliseconds of the processor, on the wall, and of the stage that records."""


async def measure(url: str | None, count: int) -> Times:
    """Decide in turn with and without a case."""
    today = datetime.now(tz=UTC).date()
    books = next(persona for persona in PERSONAS if persona.firm == FIRM).books(today)
    transport = httpx.ASGITransport(app=create_sandbox([books], today=lambda: today))  # type: ignore[arg-type]
    body = {
        "borrower_ref": FIRM,
        "legal_form": "gmbh",
        "product": "working_capital",
        "amount": {"value": "12000.00", "currency": "EUR"},
        "term_months": 12,
        "sevdesk_token": books.token,
    }
    found: Times = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        if url is not None:
            settings = msgspec.structs.replace(settings, database_url=Secret(url))
        await migrated(settings)
        app = create_app(settings, load_serving(settings), transport=transport)
        store = Database(settings.database_url)
        async with (
            app.lifespan(),
            httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service", timeout=60) as http,  # type: ignore[arg-type]
        ):
            principal = Principal(id="", lender_id="bank", kind="system", name="bench", roles=frozenset(Role))
            key, _ = await add_key(store, principal, now=datetime.now(tz=UTC), randomness=os.urandom)
            http.headers["Authorization"] = f"Bearer {key}"
            for number in range(2 * (count + WARM)):
                with_case = number % 2 == 0
                with ExitStack() as stack:
                    if not with_case:
                        stack.enter_context(patch.object(decisions.cases, "take_decision", lambda *_, **__: {}))
                    spent = await _decide(http, app, body)
                if number >= 2 * WARM:
                    found[with_case].append(spent)
        await store.close()
    return found


async def _decide(http: httpx.AsyncClient, app: Any, body: dict[str, Any]) -> tuple[float, float, float]:  # noqa: ANN401  an application
    recorded = _recorded(app)
    began, worked = time.perf_counter(), time.process_time()
    (await http.post("/v1/decisions", json=body)).raise_for_status()
    wall, processor = time.perf_counter() - began, time.process_time() - worked
    return processor * 1e3, wall * 1e3, (_recorded(app) - recorded) * 1e3


def _recorded(app: Any) -> float:  # noqa: ANN401  an application
    """Seconds that were spent recording so far, by the service's own metric."""
    samples = next(iter(app.state.metrics.stages.collect())).samples
    return sum(one.value for one in samples if one.name.endswith("_sum") and one.labels.get("stage") == "record")


def main() -> None:
    """Measure both databases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=100, help="of each kind")
    count = parser.parse_args().decisions
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rows = []
    with database() as url:
        for name, place in ({"SQLite": None} | ({"PostgreSQL": url} if url else {})).items():
            found = asyncio.run(measure(place, count))
            medians = {kind: [median(column) for column in zip(*times, strict=True)] for kind, times in found.items()}
            for kind, told in ((True, "with a case"), (False, "without")):
                rows.append([f"{name}, {told}", *(f"{value:.1f}" for value in medians[kind])])
            ratios = [one / other for one, other in zip(medians[True], medians[False], strict=True)]
            rows.append([f"{name}, ratio", *(f"{ratio:.2f}" for ratio in ratios)])
    print(f"Medians in milliseconds of {count} decisions of each kind.\n")
    print(table(("", "processor", "wall", "recording"), rows))


if __name__ == "__main__":
    main()
