"""A model in the shadow scores what is decided, and changes nothing: no answer, no record, nobody who waits."""

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from postgres import ON_SQLITE
from service import Service, application, retain, running, settings_in
from sqlalchemy import select

from scoring.runtime.serving import load_serving
from scoring.store.database import Database
from scoring.store.shadow_scores import ShadowScore, list_scores
from scoring.store.tables import shadow_scores
from scoring.usecases.replay import load_record
from scoring.usecases.shadow import WAITING

TIMED = ("timing_ms", "decision_id", "created_at", "links", "case_id", "receipt")


async def scores_of(service: Service) -> list[ShadowScore]:
    """What the shadow has stored, once it has done what waits."""
    await service.app.state.shadow.drain()
    database = Database(service.settings.database_url)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = await database.read_at_once(
        lambda connection: list(list_scores(connection, model="sme/3", lender_id=None, since=since))
    )
    await database.close()
    return found


async def rows_of(service: Service) -> int:
    """All rows of the table."""
    database = Database(service.settings.database_url)
    found = await database.read_at_once(lambda connection: len(connection.execute(select(shadow_scores)).all()))
    await database.close()
    return found


async def decided(service: Service, ref: str = "firm-1") -> dict[str, Any]:
    """A decision."""
    answer = await service.post("/v1/decisions", application(borrower_ref=ref))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def a_request(service: Service, kind: str) -> str:
    """A recorded request of the first firm; its identifier."""
    body = {"borrower_ref": "firm-1", "kind": kind, "received_on": "2026-09-15", "identity_check": "in_person"}
    found: str = (await service.post("/v1/subject-requests", body)).json()["subject_request_id"]
    return found


async def complete(service: Service, request_id: str) -> dict[str, Any]:
    """Carry it out."""
    answer = await service.post(f"/v1/subject-requests/{request_id}/completion", None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def without(decision: dict[str, Any]) -> dict[str, Any]:
    """What must be the same of two decisions on the same books."""
    return {name: value for name, value in decision.items() if name not in TIMED}


async def test_it_scores_beside_and_leaves_answer_and_record_as_they_are(tmp_path: Path) -> None:
    """The same decision with and without it; its own score is the one of a simulation, under the same policy."""
    serving = load_serving(settings_in(tmp_path))
    async with running(tmp_path, serving=serving) as service:
        alone = await decided(service)
        assert service.app.state.shadow is None
    async with running(tmp_path, serving=serving, shadow_model="3") as service:
        beside = await decided(service)
        scores = await scores_of(service)
        metrics = (await service.http.get("/metrics")).text
        read = (await service.get(f"/v1/decisions/{beside['decision_id']}")).json()
    assert without(beside) == without(alone)
    assert read["versions"] == beside["versions"]
    assert beside["versions"]["model"] == "sme/4"
    assert [(one.decision_id, one.left_out) for one in scores] == [(beside["decision_id"], None)]
    pair = scores[0].pair
    assert pair is not None
    assert (pair.before.recommendation, pair.before.score) == (
        beside["recommendation"],
        None if beside["score"] is None else beside["score"]["value"],
    )
    assert (pair.after.score is None) or pair.after.score != pair.before.score
    assert 'scoring_shadow_total{outcome="scored"} 1.0' in metrics
    assert "sme/3" not in json.dumps(read)


@ON_SQLITE
async def test_what_finds_the_queue_full_is_counted_and_left(tmp_path: Path) -> None:
    """And nothing waits for it."""
    async with running(tmp_path, serving=load_serving(settings_in(tmp_path)), shadow_model="3") as service:
        made = await decided(service)
        await scores_of(service)
        shadow, state = service.app.state.shadow, service.app.state
        stored = await load_record(state.database, state.signer, made["decision_id"])
        for _ in range(WAITING + 3):  # without a turn of the loop nothing is taken from the queue
            shadow.offer(stored.decision)
        metrics = (await service.http.get("/metrics")).text
        assert 'scoring_shadow_total{outcome="dropped"} 3.0' in metrics


@ON_SQLITE
async def test_a_model_never_shadows_itself(tmp_path: Path) -> None:
    """Once it is promoted, there is nothing to compare."""
    async with running(tmp_path, serving=load_serving(settings_in(tmp_path)), shadow_model="4") as service:
        await decided(service)
        await service.app.state.shadow.drain()
        assert await rows_of(service) == 0


@ON_SQLITE
async def test_its_scores_are_given_out_restricted_erased_and_deleted(tmp_path: Path) -> None:
    """They are data about the borrower like any other."""
    async with running(tmp_path, serving=load_serving(settings_in(tmp_path)), shadow_model="3") as service:
        made = await decided(service)
        await decided(service, "firm-2")
        assert len(await scores_of(service)) == 2
        access = await a_request(service, "access")
        bundle = await service.get(f"/v1/subject-requests/{access}/bundle")
        data = json.loads(zipfile.ZipFile(io.BytesIO(bundle.content)).read("data.json"))
        assert [(one["decision_id"], one["model"]) for one in data["shadow_scores"]] == [(made["decision_id"], "sme/3")]
        await complete(service, await a_request(service, "restriction"))
        assert [one.decision_id == made["decision_id"] for one in await scores_of(service)] == [False]
        assert await rows_of(service) == 2
        done = await complete(service, await a_request(service, "erasure"))
        assert done["destroyed"]["shadow_scores"] == 1
        assert await rows_of(service) == 1
        service.clock.advance(days=731)
        database = Database(service.settings.database_url)
        counts = await retain(database, service.clock())
        await database.close()
        assert counts["shadow_scores"] == 1
        assert await rows_of(service) == 0
