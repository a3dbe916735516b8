"""A running service takes up what is promoted: without a restart, without a mixed decision; else the last good one."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from postgres import ON_SQLITE
from promoting import a_key, a_policy, ended, requested
from service import Service, application, running, settings_in
from sqlalchemy import delete, update
from sqlalchemy.engine import Connection

from models.registry import ARTIFACTS
from scoring.runtime.serving import load_recorded, load_serving
from scoring.store.audit import Who
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError
from scoring.store.policies import find_policy
from scoring.store.principals import Role, find_principal
from scoring.store.tables import promotions, statements
from scoring.usecases.promotions import UnfitError
from scoring.usecases.replay import load_recorded_input, replay

SOON = 0.02
"""Seconds between two looks."""
Pair = tuple[str, str]


async def approved(service: Service, keys: tuple[str, str], **body: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """One person requests, another one approves."""
    if "model" in body:
        body["policy"] = None
    made = await requested(service, keys[0], since="2026-10-02", **body)  # no decision is decided again
    done = await ended(service, keys[1], made, "approval")
    assert done.status_code == 200, done.text
    return made


async def decided(service: Service, number: int) -> dict[str, Any]:
    """A decision on a firm of its own."""
    answer = await service.post("/v1/decisions", application(borrower_ref=f"firm-{number}"))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def pair_of(decision: dict[str, Any]) -> Pair:
    """Model and policy."""
    return decision["versions"]["model"], decision["versions"]["policy"]


async def eventually(service: Service, wanted: Pair) -> None:
    """Wait until a service has looked."""
    for _ in range(500):
        ready = (await service.http.get("/health/ready")).json()["checks"]
        if (ready["model"], ready["policy"]) == wanted:
            return
        await asyncio.sleep(SOON)
    raise AssertionError(ready)


async def replays(service: Service, decision_id: str) -> bool:
    """Whether a decision follows from the model and the policy that it names."""
    state = service.app.state
    decision, snapshot = await load_recorded_input(state.database, state.cipher, state.signer, decision_id)
    kept = await find_policy(state.database, decision.versions.policy_sha256)
    return replay(decision, snapshot, load_recorded(service.settings, decision, kept)).differences == ()


async def test_decisions_go_on_while_model_and_policy_change(tmp_path: Path) -> None:
    """In two processes: each decision has a model and a policy that were in force together, and replays."""
    serving = load_serving(settings_in(tmp_path))
    async with (
        running(tmp_path, serving=serving, promotion_seconds=SOON) as here,
        running(tmp_path, serving=serving, promotion_seconds=SOON) as there,
    ):
        there.keys = here.keys
        keys = (await a_key(here, "anna"), await a_key(here, "berta"))
        found: dict[str, list[dict[str, Any]]] = {"here": [], "there": []}
        is_over = asyncio.Event()

        async def ask(name: str, service: Service) -> None:
            while not is_over.is_set():
                found[name].append(await decided(service, len(found[name])))

        asking = [asyncio.create_task(ask(*one)) for one in (("here", here), ("there", there))]
        await approved(here, keys, model="sme/3")
        at_once = pair_of(await decided(here, 1_001))
        await eventually(there, ("sme/3", "4"))
        await approved(there, keys)
        await eventually(here, ("sme/3", "3-strict"))
        last = [pair_of(await decided(one, 1_002)) for one in (here, there)]
        is_over.set()
        await asyncio.gather(*asking)
        every = [one for name in found for one in found[name]]
        order = [("sme/4", "4"), ("sme/3", "4"), ("sme/3", "3-strict")]
        assert at_once == order[1]
        assert last == [order[2], order[2]]
        assert {pair_of(one) for one in every} <= set(order)
        assert {order[0], order[2]} <= {pair_of(one) for one in every}
        newest = {pair: next(one for one in reversed(every) if pair_of(one) == pair) for pair in map(pair_of, every)}
        assert [await replays(here, one["decision_id"]) for one in newest.values()] == [True] * len(newest)


@ON_SQLITE
async def test_a_request_in_the_making_ends_with_what_it_began_with(tmp_path: Path) -> None:
    """Promoted while the books of the firm are read: plan, policy and record are of one pair."""
    async with running(tmp_path, serving=load_serving(settings_in(tmp_path))) as service:
        keys = (await a_key(service, "anna"), await a_key(service, "berta"))
        assessor = service.app.state.assessor
        reached, released = asyncio.Event(), asyncio.Event()

        class Held:
            """Sources behind which a request waits."""

            async def read(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401  as the books have it
                reached.set()
                await released.wait()
                return await books.read(*arguments, **named)

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401  everything else is theirs
                return getattr(books, name)

        books = assessor.maker.books
        object.__setattr__(assessor.maker, "books", Held())
        asking = asyncio.create_task(decided(service, 1))
        await reached.wait()
        await approved(service, keys, model="sme/3")
        await approved(service, keys)
        released.set()
        before, after = await asking, await decided(service, 2)
        assert (pair_of(before), pair_of(after)) == (("sme/4", "4"), ("sme/3", "3-strict"))
        assert [await replays(service, one["decision_id"]) for one in (before, after)] == [True, True]
        metrics = (await service.http.get("/metrics")).text
    assert 'model="sme/3",policy="3-strict"' in metrics


@ON_SQLITE
async def test_a_rollback_is_taken_up_and_shown(tmp_path: Path) -> None:
    """The policy before decides at once; the request tells who went back and why, to whoever may read it."""
    async with running(tmp_path, serving=load_serving(settings_in(tmp_path))) as service:
        keys = (await a_key(service, "anna"), await a_key(service, "berta"))
        await approved(service, keys, policy=a_policy("4-b", validity_days="15"))
        await approved(service, keys)
        carla = await find_principal(service.app.state.database, await a_key(service, "carla"))
        assert carla is not None
        await service.app.state.promotions.roll_back(
            Who(lender_id="bank", principal_id=carla.id), carla, "policy", reason="all are declined"
        )
        assert pair_of(await decided(service, 1)) == ("sme/4", "4-b")
        listed = (await service.get("/v1/promotions", key=keys[0])).json()["items"]
        again = await requested(service, keys[0], since="2026-10-02")  # the same text, for two persons once more
    shown = next(one for one in listed if one["name"] == "3-strict")
    told = (shown["status"], shown["ended_by"]["name"], shown["undone_by"]["name"], shown["undo_reason"])
    assert told == ("rolled_back", "berta", "carla", "all are declined")
    assert again["status"] == "requested"


@ON_SQLITE
async def test_a_rollback_over_http_is_of_the_newest_approval(tmp_path: Path) -> None:
    """By one person with the role, with a reason, one step back within 14 days; the trail and the chain have it."""
    async with running(tmp_path, serving=load_serving(settings_in(tmp_path))) as service:
        keys = (await a_key(service, "anna"), await a_key(service, "berta"))
        first = await approved(service, keys, policy=a_policy("4-b", validity_days="15"))
        service.clock.advance(seconds=1)
        newest = await approved(service, keys)
        own_only = await a_key(service, "dora", Role.PROMOTE)
        carla = await a_key(service, "carla")
        refused = [
            await ended(service, await a_key(service, "robot", kind="system"), newest, "rollback"),
            await ended(service, await a_key(service, "ada", Role.ADMIN), newest, "rollback"),
            await ended(service, own_only, newest, "rollback"),
            await ended(service, carla, newest, "rollback", " "),
            await ended(service, carla, first, "rollback"),
            await ended(service, carla, newest | {"promotion_id": "prm_01m3veg580xxeg10vh4g69nta0"}, "rollback"),
        ]
        assert pair_of(await decided(service, 1)) == ("sme/4", "3-strict")
        done = await ended(service, carla, newest, "rollback", "all are declined")
        assert pair_of(await decided(service, 2)) == ("sme/4", "4-b")
        again = [await ended(service, carla, one, "rollback") for one in (newest, first)]
        late = await approved(service, keys, policy=a_policy("4-c", validity_days="16"))
        service.clock.advance(days=14, seconds=1)
        too_late = await ended(service, carla, late, "rollback")
        trail = await service.get("/v1/audit", key=await a_key(service, "olga", Role.AUDIT))
    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (403, "four-eyes"),
        (403, "forbidden"),
        (403, "forbidden"),
        (422, "invalid-request"),
        (409, "promotion-state"),
        (404, "not-found"),
    ]
    assert newest["promotion_id"] in refused[4].json()["detail"]
    told = done.json()
    assert (done.status_code, told["status"], told["undone_by"]["name"], told["undo_reason"]) == (
        200,
        "rolled_back",
        "carla",
        "all are declined",
    )
    assert [one.status_code for one in again] == [409, 409]
    assert "was rolled back already" in again[1].json()["detail"]
    assert (too_late.status_code, "more than 14 days ago" in too_late.json()["detail"]) == (409, True)
    assert [one["object"] for one in trail.json()["items"] if one["action"] == "promotion.rolled_back"] == [
        newest["promotion_id"]
    ]


@ON_SQLITE
async def test_what_cannot_be_served_leaves_the_last_good_one(tmp_path: Path) -> None:
    """Files that one process lacks, a text that was changed, statements that were cut off; and files that come back."""
    full, lacking = tmp_path / "full", tmp_path / "lacking"
    shutil.copytree(ARTIFACTS, full)
    shutil.copytree(ARTIFACTS, lacking, ignore=shutil.ignore_patterns("3"))
    serving = load_serving(settings_in(tmp_path))
    async with (
        running(tmp_path, serving=serving, model_dir=full) as here,
        running(tmp_path, serving=serving, model_dir=lacking, promotion_seconds=600.0) as there,
    ):
        there.keys, take_up = here.keys, there.app.state.take_up
        keys = (await a_key(here, "anna"), await a_key(here, "berta"))
        shutil.rmtree(lacking / "sme" / "4")  # it was proved: what is in memory needs no file
        await approved(here, keys, model="sme/3")
        await approved(here, keys, policy=a_policy("4-b", validity_days="15"))
        with structlog.testing.capture_logs() as log:
            await take_up.look()
            await take_up.look()
        ready = (await there.http.get("/health/ready")).json()["checks"]
        told = [line for line in log if line["log_level"] == "error"]
        assert [(line["event"], line["scores"]) for line in told] == [("a promoted model cannot be served", "sme/4")]
        assert ready["model"] == "sme/4 goes on: a later one was promoted and cannot be served; the log says why"
        assert pair_of(await decided(there, 1)) == ("sme/4", "4-b")
        metrics = (await there.http.get("/metrics")).text
        assert 'scoring_promotion_passed_over{kind="model"} 1.0' in metrics
        shutil.copytree(ARTIFACTS / "sme" / "3", lacking / "sme" / "3")
        take_up.ticks = lambda: 1e9  # a minute later
        await take_up.look()
        assert pair_of(await decided(there, 2)) == ("sme/3", "4-b")
        await approved(here, keys)
        other = a_policy("3-strict", validity_days="9").encode()
        await change(here, update(promotions).where(promotions.c.name == "3-strict").values(content=other))
        await take_up.look()
        assert pair_of(await decided(there, 3)) == ("sme/3", "4-b")
        assert 'kind="policy"} 1.0' in (await there.http.get("/metrics")).text
        await change(here, delete(statements).where(statements.c.object_id == "sme/3"))
        take_up.ticks = lambda: 2e9
        with structlog.testing.capture_logs() as log:
            await take_up.look()
        assert "not in the database any more" in log[0]["reason"]
        assert pair_of(await decided(there, 4)) == ("sme/3", "4-b")


@ON_SQLITE
async def test_a_file_that_was_edited_meanwhile_is_not_taken_up(tmp_path: Path) -> None:
    """The policy to begin with is read once: a promotion of a model does not bring in what one person has written."""
    path = tmp_path / "begin.toml"
    path.write_text(a_policy("4-begin"))
    settings = settings_in(tmp_path, policy_file=path)
    async with running(tmp_path, serving=load_serving(settings), policy_file=path) as service:
        keys = (await a_key(service, "anna"), await a_key(service, "berta"))
        path.write_text(a_policy("4-edited", decline_above="0.9"))
        await approved(service, keys, model="sme/3")
        assert pair_of(await decided(service, 1)) == ("sme/3", "4-begin")


async def change(service: Service, *work: Any) -> None:  # noqa: ANN401  statements
    """Write into the database as somebody else."""
    database = Database(service.settings.database_url)
    async with database.write() as connection:
        for one in work:
            await connection.execute(one)
    await database.close()


@ON_SQLITE
async def test_what_a_database_broke_off_is_taken_up_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that was seen once is not done with: only what came into force is."""
    async with running(tmp_path, serving=load_serving(settings_in(tmp_path)), promotion_seconds=600.0) as service:
        take_up, database = service.app.state.take_up, service.app.state.database
        keys = (await a_key(service, "anna"), await a_key(service, "berta"))
        before = take_up.in_force.serving
        await approved(service, keys, policy=a_policy("4-b", validity_days="15"))
        take_up.in_force.serving = before  # as in another process
        take_up._seen = None
        reading, fails = database.read_at_once, [False, True]

        async def read_at_once(work: Callable[[Connection], Any]) -> Any:  # noqa: ANN401  as the one in its place
            if fails and fails.pop(0):
                raise DatabaseUnavailableError("gone for a moment")
            return await reading(work)

        monkeypatch.setattr(Database, "read_at_once", lambda _self, work: read_at_once(work))
        await take_up.look()
        assert take_up.in_force.serving is before
        await take_up.look()
        assert take_up.in_force.serving.policy.version == "4-b"


@ON_SQLITE
async def test_a_rollback_goes_no_further_than_one_step(tmp_path: Path) -> None:
    """Where what was in force before cannot be served any more, one person cannot bring back what was before that."""
    models = tmp_path / "models"
    shutil.copytree(ARTIFACTS, models)
    serving = load_serving(settings_in(tmp_path))
    async with running(tmp_path, serving=serving, model_dir=models) as service:
        keys = (await a_key(service, "anna"), await a_key(service, "berta"))
        await approved(service, keys, model="sme/2")
        await approved(service, keys, model="sme/3")
        shutil.rmtree(models / "sme" / "2")
        carla = await find_principal(service.app.state.database, await a_key(service, "carla"))
        assert carla is not None
        with pytest.raises(UnfitError, match="sme 2"):
            await service.app.state.promotions.roll_back(
                Who(lender_id="bank", principal_id=carla.id), carla, "sme", reason="it declines all"
            )
        assert pair_of(await decided(service, 1))[0] == "sme/3"


@ON_SQLITE
async def test_what_was_said_at_the_start_is_said_after_a_look(tmp_path: Path) -> None:
    """Where nothing was ever signed, looking again finds nothing new."""
    begun = msgspec.structs.replace(load_serving(settings_in(tmp_path)), passed_over="sme 5 does not ship")
    async with running(tmp_path, serving=begun, promotion_seconds=600.0) as service:
        await service.app.state.take_up.look()
        assert service.app.state.take_up.in_force.serving.passed_over == "sme 5 does not ship"
