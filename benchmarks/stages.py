"""Own time of one decision by stage and size of the books, against the same decision in the usual tools.

    python benchmarks/stages.py            100, 1,000, 10,000 and 50,000 invoices
    python benchmarks/stages.py --quick    100 and 1,000

Ours runs the functions of `scoring/usecases/making.py`, on the real model and policy, from sevdesk's answers in
memory to a row in SQLite. The peer (benchmarks/peer/) does the same with json, pandas, a pickled scikit-learn pipeline,
SHAP and sqlite3. First its features must equal ours. It scores by sme/2, the last model that reads nothing but them.
It leaves out: every other feature, rules, offer, evidence, typical values, hashing of parties, checks of what was read,
the snapshot, and encryption.
"""

import asyncio
import base64
import hashlib
import json
import logging
import os
import secrets
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import structlog

# As in the service, see scoring/__main__.py.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("POLARS_NO_PARTITION", "1")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.peer import books as peer_books
from benchmarks.peer import features as peer_features
from benchmarks.peer.score import Scorer, load
from benchmarks.results import Section, Stopwatch, interleaved, number, run, spread, table
from features.derive import derive
from features.spine import spine_of
from models.points import PointsTable
from scoring.app import create_app
from scoring.base.identifiers import new_id
from scoring.base.secrets import Cipher, EncryptionKey, Secret
from scoring.base.signing import new_signing_keys
from scoring.runtime.runtime import signer_of
from scoring.runtime.serving import Serving, load_serving, registry_of
from scoring.runtime.settings import Settings
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.words.fetched import Fetched
from scoring.store import decisions, snapshots
from scoring.store.audit import Action, Who, a_mark
from scoring.store.borrowers import Borrower, borrower_of, seal_particulars
from scoring.store.database import Database
from scoring.store.decisions import NewDecision, SealedSnapshot, StoredDecision
from scoring.store.principals import Principal, Role, add_key
from scoring.store.snapshots import Snapshot
from scoring.store.statements import Signer
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.evaluate import evaluate

LENDER = "bank"
REF = "firm"
OF_PEER = ("sme", "2")
"""The last model that reads nothing but the features that the peer derives."""
SEVDESK = "http://sandbox/api/v1"
REPETITIONS = {100: 60, 1_000: 40, 10_000: 7, 50_000: 3}
OURS = {
    "decode": "decoding and typing JSON",
    "ledger": "ledger",
    "derive": "features",
    "score": "score with contributions",
    "decide": "decision with evidence",
    "snapshot": "snapshot: packed, digested, encrypted",
    "store": "decision and snapshot stored, SQLite",
}
PEER = {
    "decode": "json.loads",
    "ledger": "pandas: typed frames, payments, settlements",
    "derive": "pandas: the shared features",
    "score": "scikit-learn: prepared, predict_proba",
    "decide": "SHAP, main reasons",
    "store": "score and reasons stored, sqlite3",
}


def settings_in(folder: Path) -> Settings:
    """Settings with a database in a folder."""
    return Settings(
        data_dir=folder,
        database_url=Secret(f"sqlite:///{folder / 'scoring.sqlite'}"),
        sevdesk_url=SEVDESK,
        is_sevdesk_sandbox=True,
        encryption_keys=(EncryptionKey(id="k", material=Secret(base64.b64encode(secrets.token_bytes(32)).decode())),),
        signing_keys=Secret(new_signing_keys(os.urandom)),
        fetch_deadline_seconds=300.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One firm, and what a process has ready when an application comes in."""

    loop: asyncio.AbstractEventLoop
    client: SevdeskClient
    serving: Serving
    database: Database
    cipher: Cipher
    signer: Signer
    borrower: Borrower
    made: StoredDecision
    """A decision of the service on this firm: what is stored again under new numbers."""
    answers: dict[str, bytes]
    today: date


async def prepare(directory: Path, folder: Path, serving: Serving) -> tuple[Any, ...]:
    """Let the service decide once, over HTTP, and take what it is made of."""
    settings, replay = settings_in(folder), books.sevdesk(directory)
    app = create_app(settings, serving, transport=replay)
    database = Database(settings.database_url)
    cipher, signer = Cipher(settings.encryption_keys, os.urandom), signer_of(settings, os.urandom)
    principal = Principal(id="", lender_id=LENDER, kind="system", name="bench", roles=frozenset(Role))
    now = datetime.now(tz=UTC)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service", timeout=300) as http,  # type: ignore[arg-type]
    ):
        key, _ = await add_key(database, principal, now=now, randomness=os.urandom)
        answer = await http.post(
            "/v1/decisions",
            headers={"Authorization": f"Bearer {key}"},
            json={
                "borrower_ref": REF,
                "legal_form": "gmbh",
                "product": "working_capital",
                "amount": {"value": "25000.00", "currency": "EUR"},
                "term_months": 12,
                "sevdesk_token": books.token_of(directory),
            },
        )
    answer.raise_for_status()
    made = await decisions.find_decision(database, signer, lender_id=LENDER, decision_id=answer.json()["decision_id"])
    borrower = await database.write_at_once(
        lambda connection: borrower_of(
            connection, lender_id=LENDER, ref=REF, cipher=cipher, now=now, randomness=os.urandom
        )
    )
    client = SevdeskClient(
        HttpClient(replay),
        SEVDESK,
        Secret(books.token_of(directory)),
        limits=RequestLimits(deadline_seconds=300.0),
    )
    return client, database, cipher, signer, borrower, made, replay.answers


def fetch(bench: Bench) -> Fetched:
    """The books as the service reads them: the same addresses, so that only answers that it used are kept."""
    plan = bench.serving.plan
    reading = bench.client.fetch(plan.resources, fetched_on=bench.today, since=plan.since(bench.today))
    return bench.loop.run_until_complete(reading)


def ours(bench: Bench) -> dict[str, float]:
    """One decision of ours, in milliseconds by stage."""
    fetched = fetch(bench)
    laps = {"decode": 1e3 * fetched.parse_seconds}
    watch = Stopwatch()
    ledger, coverage = build_ledger(
        fetched, fetched_on=bench.today, hash_key=bench.borrower.subkey("ledger"), payout_iban=None
    )
    watch.lap("ledger")
    decision = bench.made.decision
    timer = StageTimer()
    evaluate(ledger, decision.terms, decision.circumstances, bench.serving, timer)
    laps |= {stage: 1e3 * timer.seconds(stage) for stage in ("derive", "score", "decide")}
    watch.lap("evaluate")
    identifier = new_id("dec", datetime.now(tz=UTC), os.urandom)
    snapshot = snapshots.encode(
        Snapshot(ledger=ledger, coverage=coverage, fetched_on=bench.today, features=bench.serving.features)
    )
    sha256 = hashlib.sha256(snapshot).hexdigest()
    sealed = bench.cipher.seal(snapshot, lender_id=LENDER, purpose=snapshots.snapshot_purpose(identifier))
    watch.lap("snapshot")
    content, canonical = decisions.encode(
        msgspec.structs.replace(decision, decision_id=identifier, snapshot_sha256=sha256)
    )
    bench.loop.run_until_complete(
        decisions.record(
            bench.database,
            bench.signer,
            NewDecision(
                stored=msgspec.structs.replace(bench.made, decision=canonical),
                content=content,
                snapshot=SealedSnapshot(
                    sealed=sealed, sha256=sha256, expires_at=datetime.now(tz=UTC) + timedelta(days=730)
                ),
                particulars=seal_particulars(bench.made.particulars, bench.borrower, identifier, os.urandom),
            ),
            borrower=bench.borrower,
            reservation=None,
            mark=a_mark(Who(lender_id=LENDER), Action.DECISION_MADE, now=datetime.now(tz=UTC), randomness=os.urandom),
        )
    )
    watch.lap("store")
    laps |= {stage: watch.laps[stage] for stage in ("ledger", "snapshot", "store")}
    return {stage: laps[stage] for stage in OURS}


def peer(bench: Bench, scorer: Scorer, names: list[str], store: sqlite3.Connection) -> dict[str, float]:
    """One decision of the peer, in milliseconds by stage."""
    watch = Stopwatch()
    objects, levels = peer_books.decode(bench.answers)
    watch.lap("decode")
    frames = peer_books.frames(objects, levels, bench.today)
    watch.lap("ledger")
    row = peer_features.derive(frames, bench.today)
    watch.lap("derive")
    prepared = scorer.prepare(row[names])
    probability = scorer.predict(prepared)
    watch.lap("score")
    reasons = scorer.explain(prepared, names)
    told = [*reasons[:4], *reasons[:-3:-1]]
    watch.lap("decide")
    record = json.dumps({"pd": probability, "features": row.iloc[0].to_dict(), "reasons": told})
    with store:
        store.execute("INSERT INTO decisions (made_at, record) VALUES (?, ?)", (str(datetime.now(tz=UTC)), record))
    watch.lap("store")
    return watch.laps


def agree(bench: Bench) -> None:
    """Make sure that the peer's features equal ours to the last declared decimal.

    Raises:
        AssertionError: One differs; it would not be the same decision.
    """
    fetched = fetch(bench)
    ledger, _ = build_ledger(fetched, fetched_on=bench.today, hash_key=b"0" * 32, payout_iban=None)
    expected = derive(ledger, spine_of(bench.today), peer_features.SHARED).row()
    objects, levels = peer_books.decode(bench.answers)
    found = peer_features.derive(peer_books.frames(objects, levels, bench.today), bench.today).iloc[0]
    differing = peer_features.differences(expected, found.to_dict())
    if differing:
        raise AssertionError(f"the peer derives other values than ours: {differing}")


def compare(invoices: int, serving: Serving, scored: PointsTable, repetitions: int) -> dict[str, Any]:
    """Both contestants on books of one size."""
    with tempfile.TemporaryDirectory() as name, asyncio.Runner() as runner:
        folder = Path(name)
        directory = books.export(books.FIRM, folder / "books")
        counts = books.resize(directory, invoices)
        client, database, cipher, signer, borrower, made, answers = runner.run(prepare(directory, folder, serving))
        bench = Bench(
            loop=runner.get_loop(),
            client=client,
            serving=serving,
            database=database,
            cipher=cipher,
            signer=signer,
            borrower=borrower,
            made=made,
            answers=answers,
            today=books.today(),
        )
        agree(bench)
        scorer = load(scored, folder, "linear")
        with closing(sqlite3.connect(folder / "peer.sqlite")) as store:
            store.execute("PRAGMA journal_mode = WAL")
            store.execute("CREATE TABLE decisions (id INTEGER PRIMARY KEY, made_at TEXT, record TEXT)")
            runs: dict[str, Callable[[], dict[str, float]]] = {
                "ours": lambda: ours(bench),
                "peer": lambda: peer(bench, scorer, list(scored.names), store),
            }
            found = interleaved(runs, repetitions, f"{invoices:,} invoices")
        runner.run(database.close())
    sums = {who: [sum(stages) for stages in zip(*found[who].values(), strict=True)] for who in found}
    return {
        "objects": counts,
        "bytes": sum(map(len, answers.values())),
        "repetitions": repetitions,
        "stages": {who: {stage: spread(values) for stage, values in found[who].items()} for who in found},
        "whole": {who: spread(values) for who, values in sums.items()},
    }


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """All sizes, the smallest first."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = {100: 5, 1_000: 3} if is_quick else REPETITIONS
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        serving, scored = load_serving(settings), registry_of(settings).load(*OF_PEER).table
    figures = {str(size): compare(size, serving, scored, repetitions) for size, repetitions in sizes.items()}
    return Section(name="stages", title="Own time by size of the books", text=section(figures), figures=figures)


def section(figures: dict[str, Any]) -> str:
    """The whole decision, then its stages."""
    whole = []
    for size, found in figures.items():
        counts, mine, theirs = found["objects"], found["whole"]["ours"], found["whole"]["peer"]
        whole.append(
            [
                f"{int(size):,}",
                f"{counts['Voucher']:,}",
                f"{counts['CheckAccountTransaction']:,}",
                f"{counts['CheckAccountTransactionLog']:,}",
                f"{found['bytes'] / 2**20:.1f}",
                *(number(mine[share]) for share in ("min", "p50", "p95")),
                *(number(theirs[share]) for share in ("min", "p50", "p95")),
                f"{theirs['p50'] / mine['p50']:.1f}",
                str(found["repetitions"]),
            ]
        )
    header = (
        *("invoices", "bills", "bank lines", "log entries", "MB of JSON"),
        *("ours ms, least", "median", "p95", "peer ms, least", "median", "p95", "peer to ours", "runs"),
    )
    stages = []
    for stage, label in OURS.items():
        cells = [label, PEER.get(stage, "-")]
        for found in figures.values():
            mine, theirs = found["stages"]["ours"][stage], found["stages"]["peer"].get(stage)
            cells += [number(mine["p50"]), number(theirs["p50"]) if theirs else "-"]
        stages.append(cells)
    by_size = [f"{who}, {int(size):,}" for size in figures for who in ("ours", "peer")]
    return f"""One decision from sevdesk's answers in memory to the row in SQLite. The peer is json, pandas, a pickled
scikit-learn pipeline, SHAP's LinearExplainer and sqlite3. Its {len(peer_features.SHARED)} features were found equal to
ours on each of these firms first, and it scores by {"/".join(OF_PEER)}. It leaves out every other feature, rules and
offer, evidence, hashing of parties, checks of what was read, the snapshot and encryption.

{table(header, whole)}

Medians by stage, milliseconds:

{table(("ours", "the peer's", *by_size), stages)}"""


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
