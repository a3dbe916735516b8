"""What an answer to a request for access costs with many observations: peak memory and time.

    python benchmarks/subject_access.py [--observations 500]

The healthy agency of the sandbox is monitored and observed once; that observation is stored so many times. Then
`scoring subject export` runs as a process of its own, on SQLite.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.simulations import migrated, settings_in
from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app as create_sandbox
from scoring.app import create_app
from scoring.base.identifiers import new_id
from scoring.base.secrets import Cipher
from scoring.runtime.serving import load_serving
from scoring.runtime.settings import Settings
from scoring.store import decisions, observations, tables
from scoring.store.borrowers import find_borrower
from scoring.store.database import Database
from scoring.store.observations import NewObservation
from scoring.store.principals import Principal, Role, add_key

FIRM = "healthy-agency"


async def fill(settings: Settings, count: int) -> None:
    """One borrower with so many observations."""
    today = datetime.now(tz=UTC).date()
    books = next(persona for persona in PERSONAS if persona.firm == FIRM).books(today)
    transport = httpx.ASGITransport(app=create_sandbox([books], today=lambda: today))  # type: ignore[arg-type]
    await migrated(settings)
    app = create_app(settings, load_serving(settings), transport=transport)
    store = Database(settings.database_url)
    service = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=service, base_url="http://service", timeout=60) as http:
        principal = Principal(id="", lender_id="bank", kind="system", name="bench", roles=frozenset(Role))
        key, _ = await add_key(store, principal, now=datetime.now(tz=UTC), randomness=os.urandom)
        http.headers["Authorization"] = f"Bearer {key}"

        async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = await http.post(path, json=body)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found

        connection = {"borrower_ref": FIRM, "sevdesk_token": books.token, "purposes": ["decision", "monitoring"]}
        connected = (await post("/v1/connections", connection))["connection_id"]
        asked = {"borrower_ref": FIRM, "legal_form": "gmbh", "product": "working_capital", "term_months": 12}
        asked |= {"amount": {"value": "12000.00", "currency": "EUR"}, "connection_id": connected}
        await post("/v1/decisions", asked)
        monitored = await post("/v1/monitoring", {"connection_id": connected})
        await http.post(f"{monitored['links']['self']}/observe")
        for _ in range(300):
            if (await http.get(monitored["links"]["observations"])).json()["items"]:
                break
            await asyncio.sleep(0.2)
    await store.write_at_once(lambda connection: repeat(connection, app.state.cipher, count - 1))
    await store.close()


def repeat(connection: Connection, cipher: Cipher, count: int) -> None:
    """Store the observation so many times more, each under an identifier of its own."""
    identifier = connection.execute(select(tables.observations.c.id)).scalar_one()
    found = observations.find(connection, identifier, lender_id="bank")
    borrower = found and find_borrower(connection, found.borrower_id, lender_id="bank", cipher=cipher)
    if found is None or borrower is None:
        raise LookupError(identifier)
    read = observations.read(connection, cipher, found)
    books = observations.books_of(connection, cipher, found)
    for _ in range(count):
        now = datetime.now(tz=UTC)
        made = new_id(observations.PREFIX, now, os.urandom)
        content, record = decisions.encode(msgspec.structs.replace(read.decision, decision_id=made))
        new = NewObservation(
            record=record,
            sealed=observations.seal_record(content, borrower, made, os.urandom),
            particulars=observations.seal_particulars(read.particulars, borrower, made, os.urandom),
            books=observations.seal_books(books, borrower, made, os.urandom),
            books_expire_at=now + timedelta(days=30),
            behind={},
        )
        observations.add(
            connection,
            new,
            borrower=borrower,
            subscription_id=found.subscription_id,
            decision_id=found.decision_id,
        )


def export(settings: Settings, folder: Path) -> tuple[float, float]:
    """Seconds and the most MiB of the command."""
    (key,) = settings.encryption_keys
    environ = os.environ | {
        "SCORING_DATABASE_URL": settings.database_url.reveal(),
        "SCORING_ENCRYPTION_KEYS": f"{key.id}:{key.material.reveal()}",
        "SCORING_SIGNING_KEYS": "" if settings.signing_keys is None else settings.signing_keys.reveal(),
        "SCORING_DATA_DIR": str(settings.data_dir),
    }
    options = ["--lender", "bank", "--identity-check", "in-person", "--out", str(folder / "out")]
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "scoring", "subject", "export", FIRM, *options], env=environ)
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        raise ChildProcessError(status)
    return time.perf_counter() - begun, used.ru_maxrss / 1024


def main() -> None:
    """Fill, export, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=500)
    count = parser.parse_args().observations
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = settings_in(folder)
        asyncio.run(fill(settings, count))
        seconds, peak = export(settings, folder)
        size = sum(one.stat().st_size for one in (folder / "out").rglob("*") if one.is_file()) / 1024**2
    print(f"{count} observations: {peak:.0f} MiB at the peak, {seconds:.1f} s, {size:.0f} MiB written")


if __name__ == "__main__":
    main()
