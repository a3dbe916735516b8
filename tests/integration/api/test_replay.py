"""Making decisions again, exporting what they were made from, and ending its retention."""

import hashlib
import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from postgres import ON_SQLITE
from service import Service, a_serving, application, late_firm, purge_snapshots, running
from signing import SIGNER
from sqlalchemy import Executable, select, text, update

from features.derive import CATALOGUE_VERSION, derive
from features.ledger import LEDGER_VERSION, SCHEMAS, Ledger, Resource
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.decision import SCHEMA, Decision
from scoring.decisions.records import NewerRecordError
from scoring.runtime.serving import combine, newest_policy_file
from scoring.store import snapshots, tables
from scoring.store.database import Database
from scoring.store.decisions import RecordChangedError, encode
from scoring.store.principals import Role
from scoring.store.snapshots import Snapshot, SnapshotError, SnapshotGoneError
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.evaluate import evaluate
from scoring.usecases.export import Exported, ExportError, write_dataset
from scoring.usecases.replay import Difference, UnknownDecisionError, load_recorded_input, replay


async def decided(service: Service, **changes: Any) -> str:  # noqa: ANN401  fields of an application
    """Identifier of a new decision."""
    answer = await service.post("/v1/decisions", application(**changes))
    identifier: str = answer.json()["decision_id"]
    return identifier


async def recorded(service: Service, identifier: str) -> tuple[Decision, Snapshot]:
    """A decision and its snapshot, as a fresh process reads them."""
    database = Database(service.settings.database_url)
    try:
        cipher = Cipher(service.settings.encryption_keys, os.urandom)
        return await load_recorded_input(database, cipher, SIGNER, identifier)
    finally:
        await database.close()


async def change(service: Service, statement: Executable) -> None:
    """Tamper with the database."""
    database = Database(service.settings.database_url)
    try:
        async with database.write() as connection:
            await connection.execute(statement)
    finally:
        await database.close()


async def damage(service: Service, identifier: str) -> None:
    """Another legal form in the stored record of a decision, digest and columns left as they are."""
    table = tables.decisions
    database = Database(service.settings.database_url)
    async with database.read() as connection:
        content = (await connection.execute(select(table.c.record).where(table.c.id == identifier))).scalar_one()
    await database.close()
    changed = content.replace(b'"gmbh"', b'"ug"')
    assert changed != content
    await change(service, update(table).where(table.c.id == identifier).values(record=changed))


NAMED = {"applicant": {"name": "Jan Kunz"}, "legal_form": "freiberufler", "starts_business": False}
"""Of whom the account is not, and who has a business."""


@pytest.mark.parametrize("changes", [{}, {"as_of": "2026-06-30"}, NAMED])
async def test_a_replay_agrees_exactly(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Every value, point, rule and text, from the stored snapshot alone; what the account said is in the record."""
    async with running(tmp_path) as service:
        identifier = await decided(service, **changes)
        decision, snapshot = await recorded(service, identifier)
    report = replay(decision, snapshot, a_serving())
    assert (report.differences, report.agrees) == ((), True)
    assert report.features == report.recorded_features == CATALOGUE_VERSION


async def test_without_its_snapshot_a_decision_is_made_again_from_its_row(tmp_path: Path) -> None:
    """Score, points, reasons and verdict still follow from what is recorded, and a changed value shows."""
    async with running(tmp_path) as service:
        decision, snapshot = await recorded(service, await decided(service))
    report = replay(decision, None, a_serving())
    assert (report.made_from, report.differences, report.agrees) == ("row", (), True)
    assert replay(decision, snapshot, a_serving()).made_from == "snapshot"
    changed = msgspec.structs.replace(decision, row={**decision.row, "receivables_overdue_share": 0.9})
    assert "assessment.score" in {found.field for found in replay(changed, None, a_serving()).differences}


@ON_SQLITE
async def test_a_replay_with_another_model_says_what_differs(tmp_path: Path) -> None:
    """Field by field."""
    async with running(tmp_path) as service:
        decision, snapshot = await recorded(service, await decided(service))
    other = a_serving()
    table = type(other.table)(schema=1, kind="additive_steps", base=561.0, features=other.table.features)
    report = replay(decision, snapshot, combine(other.card, table, newest_policy_file().read_bytes()))
    assert not report.agrees
    assert Difference(field="assessment.base", recorded=560.0, replayed=561.0) in report.differences


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verdict", "approve"),
        ("recommendation", "nonsense"),
        ("score", 1.5),
        ("score", None),
        ("as_of", date(2020, 1, 1)),
        ("created_at", "2020-01-01T00:00:00.000Z"),
    ],
)
async def test_a_decision_with_a_column_that_was_changed_beside_its_record_is_damaged(
    tmp_path: Path, name: str, value: str | float | date | None
) -> None:
    """Lists are filtered by columns, so one that says something else than the record must not pass for it."""
    async with running(tmp_path) as service:
        identifier, other = await decided(service), await decided(service)
        assert (await service.get(f"/v1/decisions/{identifier}")).status_code == 200
        await change(service, update(tables.decisions).where(tables.decisions.c.id == identifier).values({name: value}))
        answer = await service.get(f"/v1/decisions/{identifier}")
        receipt = await service.get(f"/v1/decisions/{identifier}/receipt")
        listed = (await service.get("/v1/decisions")).json()
        with pytest.raises(RecordChangedError, match=f"something else in the column {name} than in its record"):
            await recorded(service, identifier)
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/stored-data-damaged")
    assert receipt.status_code == 500
    assert ([item["decision_id"] for item in listed["items"]], listed["damaged"]) == ([other], [identifier])


async def test_a_filter_by_a_verdict_names_what_was_given_that_verdict(tmp_path: Path) -> None:
    """The decision is not shown under a verdict that nobody made."""
    async with running(tmp_path) as service:
        identifier = await decided(service)
        await change(service, update(tables.decisions).values(verdict="approve"))
        listed = (await service.get("/v1/decisions", verdict="approve")).json()
    assert listed == {"items": [], "next_cursor": None, "damaged": [identifier]}


@ON_SQLITE
async def test_a_date_that_is_none_is_told(tmp_path: Path) -> None:
    """SQLite takes any text for a date."""
    async with running(tmp_path) as service:
        identifier = await decided(service)
        await change(service, text("UPDATE decisions SET as_of = 'no date'"))
        listed = (await service.get("/v1/decisions")).json()
    assert listed["damaged"] == [identifier]


async def test_a_record_that_was_changed_is_refused(tmp_path: Path) -> None:
    """By replay, and by the interface with a problem of its own."""
    async with running(tmp_path) as service:
        identifier = await decided(service)
        await damage(service, identifier)
        with pytest.raises(RecordChangedError):
            await recorded(service, identifier)
        answer = await service.get(f"/v1/decisions/{identifier}")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/stored-data-damaged")
    assert identifier in answer.json()["detail"]


@pytest.mark.parametrize("content", [b"not JSON", b"{}"])
async def test_a_record_that_is_no_decision_is_refused(tmp_path: Path, content: bytes) -> None:
    """Also where its digest was made to fit."""
    async with running(tmp_path) as service:
        identifier = await decided(service)
        digest = hashlib.sha256(content).hexdigest()
        await change(service, update(tables.decisions).values(record=content, sha256=digest))
        answer = await service.get(f"/v1/decisions/{identifier}")
        listed = (await service.get("/v1/decisions")).json()
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/stored-data-damaged")
    assert listed == {"items": [], "next_cursor": None, "damaged": [identifier]}


async def newer(service: Service, identifier: str) -> None:
    """The record as a later version might have stored it."""
    table = tables.decisions
    database = Database(service.settings.database_url)
    async with database.read() as connection:
        content = (await connection.execute(select(table.c.record).where(table.c.id == identifier))).scalar_one()
    await database.close()
    content = content.replace(f'"schema":{SCHEMA}'.encode(), f'"schema":{SCHEMA + 1}'.encode())
    digest = hashlib.sha256(content).hexdigest()
    await change(service, update(table).where(table.c.id == identifier).values(record=content, sha256=digest))


async def test_a_record_of_a_newer_version_is_told_apart(tmp_path: Path) -> None:
    """It is neither damaged nor guessed at, and hides no other."""
    async with running(tmp_path) as service:
        first, second = await decided(service), await decided(service)
        await newer(service, first)
        answers = [await service.get(f"/v1/decisions/{first}{path}") for path in ("", "/report")]
        listed = (await service.get("/v1/decisions")).json()
        with pytest.raises(NewerRecordError, match=first):
            await recorded(service, first)
    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/newer-record")
        assert f"record schema {SCHEMA + 1}" in answer.json()["detail"]
        assert "retry-after" in answer.headers
    assert [item["decision_id"] for item in listed["items"]] == [second]
    assert (listed["newer"], "damaged" in listed) == ([first], False)


async def test_a_damaged_record_does_not_hide_the_others(tmp_path: Path) -> None:
    """The list names it and goes on; pages are as long as before, the damaged one included."""
    async with running(tmp_path) as service:
        made = []
        for _ in range(4):
            made.append(await decided(service))
            service.clock.advance(seconds=1)
        await damage(service, made[2])
        whole = (await service.get("/v1/decisions")).json()
        first = (await service.get("/v1/decisions", limit="2")).json()
        second = (await service.get("/v1/decisions", limit="2", cursor=first["next_cursor"])).json()
    assert [item["decision_id"] for item in whole["items"]] == [made[3], made[1], made[0]]
    assert whole["damaged"] == [made[2]]
    assert [item["decision_id"] for item in first["items"]] == [made[3]]
    assert (first["damaged"], first["next_cursor"]) == ([made[2]], made[2])
    assert [item["decision_id"] for item in second["items"]] == [made[1], made[0]]
    assert "damaged" not in second


async def test_a_snapshot_that_was_changed_or_swapped_is_refused(tmp_path: Path) -> None:
    """Encryption binds it to its decision."""
    async with running(tmp_path) as service:
        first, second = await decided(service), await decided(service, borrower_ref="b")
        of_first = select(tables.snapshots.c.sealed).where(tables.snapshots.c.decision_id == first)
        await change(service, update(tables.snapshots).values(sealed=of_first.scalar_subquery()))
        assert (await recorded(service, first))[0].decision_id == first
        with pytest.raises(DecryptionError):
            await recorded(service, second)


async def test_a_snapshot_of_other_content_is_refused(tmp_path: Path) -> None:
    """Also by somebody who has the key: the decision has its digest."""
    async with running(tmp_path) as service:
        decision, snapshot = await recorded(service, await decided(service))
    content = snapshots.encode(msgspec.structs.replace(snapshot, fetched_on=date(2026, 9, 30)))
    with pytest.raises(SnapshotError, match="digest does not match"):
        snapshots.decode(content, sha256=decision.snapshot_sha256)


async def test_an_unknown_decision_is_told(tmp_path: Path) -> None:
    """There is nothing to make again."""
    async with running(tmp_path) as service:
        with pytest.raises(UnknownDecisionError):
            await recorded(service, "dec_1")


async def test_retention_ends_for_the_snapshot_and_not_for_the_decision(tmp_path: Path) -> None:
    """On the day that was set, not before."""
    async with running(tmp_path, snapshot_days=30) as service:
        identifier = await decided(service)
        database = Database(service.settings.database_url)
        service.clock.advance(days=30, seconds=-1)
        assert await purge_snapshots(database, service.clock()) == 0
        service.clock.advance(seconds=1)
        assert await purge_snapshots(database, service.clock()) == 1
        await database.close()
        with pytest.raises(SnapshotGoneError):
            await recorded(service, identifier)
        assert (await service.get(f"/v1/decisions/{identifier}")).status_code == 200


async def test_snapshots_become_a_dataset_from_which_the_same_values_follow(tmp_path: Path) -> None:
    """One borrower per decision; one call derives all of them, each as it was derived online."""
    async with running(tmp_path / "data") as service:
        seen = [
            await recorded(service, await decided(service, borrower_ref="a")),
            await recorded(service, await decided(service, borrower_ref="b", as_of="2026-06-30")),
        ]
    assert write_dataset(tmp_path / "out", seen) == Exported(written=2, with_loan=0, left_out={})
    frames = {name: pl.read_parquet(tmp_path / "out" / "ledger" / f"{name}.parquet") for name in SCHEMAS}
    assert {name: frame.schema for name, frame in frames.items()} == SCHEMAS
    ledger = Ledger(**frames, fetched=frozenset(Resource))
    rows = derive(ledger, pl.read_parquet(tmp_path / "out" / "spine.parquet"), a_serving().features)
    assert [rows.row(index) for index in range(2)] == [decision.row for decision, _ in seen]
    assert pl.read_parquet(tmp_path / "out" / "repayments.parquet").height == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert (manifest["schema"], manifest["ledger"]) == (2, LEDGER_VERSION)
    assert pl.read_parquet(tmp_path / "out" / "decisions.parquet").rows() == [
        (number, decision.as_of, decision.decision_id) for number, (decision, _) in enumerate(seen)
    ]
    with pytest.raises(ExportError, match="not empty"):
        write_dataset(tmp_path / "out", seen)
    with pytest.raises(ExportError, match="no snapshots"):
        write_dataset(tmp_path / "empty", [])


async def test_a_firm_has_one_number_in_every_export_of_its_lender(tmp_path: Path) -> None:
    """However many decisions it has, and whatever was decided meanwhile."""
    exports = []
    async with running(tmp_path / "data") as service:
        database = Database(service.settings.database_url)
        other = await service.key(*Role, lender="other")
        for refs in (("a", "b", "a"), ("c", "a")):
            for ref in refs:
                await decided(service, borrower_ref=ref)
                service.clock.advance(seconds=1)
                await service.post("/v1/decisions", application(borrower_ref=ref), key=other)
            exports.append(await snapshots.list_kept(database, lender_id="bank"))
        of_all = await snapshots.list_kept(database, lender_id=None)
        seen = [await recorded(service, identifier) for identifier in exports[1]]
        await database.close()
    first, second = exports
    assert list(first.values()) == [0, 1, 0]
    assert list(second.values()) == [0, 1, 0, 2, 0]
    assert first.items() <= second.items()
    assert len(set(of_all.values())) == 6
    write_dataset(tmp_path / "out", seen, firms=second)
    segments = pl.read_parquet(tmp_path / "out" / "segments.parquet")
    assert segments.rows() == [(number, "gmbh", None, None) for number in range(segments.height)]
    assert pl.read_parquet(tmp_path / "out" / "firms.parquet").rows() == list(enumerate(second.values()))
    assert json.loads((tmp_path / "out" / "manifest.json").read_bytes())["firms"] == 3


async def test_books_that_training_would_refuse_are_left_out_by_name(tmp_path: Path) -> None:
    """One absurd document must not make the dataset of all others useless."""
    async with running(tmp_path / "data") as service:
        seen = [await recorded(service, await decided(service, borrower_ref=ref)) for ref in ("a", "b")]
    decision, snapshot = seen[0]
    absurd = snapshot.ledger.invoices.with_columns(pl.date(9999, 12, 31).alias("due_on"))
    broken = msgspec.structs.replace(snapshot, ledger=replace(snapshot.ledger, invoices=absurd))
    exported = write_dataset(tmp_path / "out", [(decision, broken), seen[1]])
    problem = f"frame 'invoices' breaks the rule 'due_on|max' in {absurd.height} rows"
    assert exported == Exported(written=1, with_loan=0, left_out={decision.decision_id: problem})
    known = pl.read_parquet(tmp_path / "out" / "decisions.parquet")
    assert known.select("borrower", "decision_id").rows() == [(0, seen[1][0].decision_id)]
    with pytest.raises(ExportError, match=r"no snapshot is usable: frame 'invoices' breaks the rule 'due_on\|max'"):
        write_dataset(tmp_path / "none", [(decision, broken)])


async def test_a_decision_with_identifiers_that_are_texts_replays(tmp_path: Path) -> None:
    """The snapshot says which integer of its ledger is which text at the source, the record has the texts."""
    async with running(tmp_path, books=[late_firm()]) as service:
        decision, snapshot = await recorded(service, await decided(service))
    named = msgspec.structs.replace(snapshot, source_ids=tuple(f"doc-{number}" for number in range(10_000)))
    content = snapshots.encode(named)
    made = msgspec.structs.replace(
        decision,
        snapshot_sha256=hashlib.sha256(content).hexdigest(),
        assessment=evaluate(
            named.ledger,
            decision.terms,
            decision.circumstances,
            a_serving(),
            StageTimer(),
            source_ids=named.source_ids,
        ).assessment,
    )
    _, stored = encode(made)
    documents = {document.id for reason in stored.assessment.reasons for document in reason.evidence.documents}
    assert documents == {"doc-9000", "doc-9001"}
    assert replay(stored, snapshots.decode(content, sha256=stored.snapshot_sha256), a_serving()).differences == ()
    fields = {one.field.rpartition(".")[2] for one in replay(stored, snapshot, a_serving()).differences}
    assert fields == {"id"}
