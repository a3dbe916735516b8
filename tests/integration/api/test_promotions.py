"""Two persons put a policy in force: over HTTP, on both databases, and what one person alone cannot do."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from postgres import ON_SQLITE
from promoting import SHIPPED, STRICTER, a_key, a_policy, ended, in_force, requested
from service import Service, a_serving, application, running
from sqlalchemy import delete, select, update

from scoring.runtime.serving import load_serving
from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.tables import audit, promotions, statements
from scoring.usecases.verify import verify_chain


async def change(service: Service, *work: Any) -> None:  # noqa: ANN401  statements
    """Write into the database as somebody else."""
    database = Database(service.settings.database_url)
    async with database.write() as connection:
        for one in work:
            await connection.execute(one)
    await database.close()


async def findings(service: Service) -> list[tuple[str, str]]:
    """What ``verify`` says of the operator's chain."""
    database = Database(service.settings.database_url)
    found = await verify_chain(database, service.app.state.signer.keys, "", [], done=lambda _count: None)
    await database.close()
    return [(one.object, one.said) for one in found.findings]


async def test_two_persons_put_a_policy_in_force(tmp_path: Path) -> None:
    """With the evidence; the decisions after it name it and replay."""
    async with running(tmp_path) as service:
        service.keys |= {"anna": await a_key(service, "anna"), "berta": await a_key(service, "berta")}
        assert (await service.post("/v1/decisions", application())).status_code == 201
        made = await requested(service, service.keys["anna"], since="2026-09-01")
        assert (made["kind"], made["name"], made["status"], made["replaces"]) == (
            "policy",
            "3-strict",
            "requested",
            "4",
        )
        assert {one["key"]: (one["before"], one["after"]) for one in made["changes"]} == {
            "cut_offs.approve_at_or_below": ("0.04", "0.005"),
            "cut_offs.decline_above": ("0.12", "0.02"),
        }
        assert (made["backtest"]["count"], made["backtest"]["left_out"]) == (0, 1)  # a model that is nowhere registered
        assert (await in_force(service)).policy.version == "4"
        done = await ended(service, service.keys["berta"], made, "approval")
        assert (done.status_code, done.json()["status"], done.json()["ended_by"]["name"]) == (200, "approved", "berta")
        assert (await in_force(service)).policy.version == "3-strict"
        listed = (await service.get("/v1/promotions", key=service.keys["berta"])).json()["items"]
        assert [one["promotion_id"] for one in listed] == [made["promotion_id"]]
        assert await findings(service) == []
        database = Database(service.settings.database_url)
        async with database.read() as connection:
            rows = (
                await connection.execute(select(audit.c.action).where(audit.c.object == made["promotion_id"]))
            ).all()
        await database.close()
        assert {row.action for row in rows} >= {"promotion.requested", "promotion.approved"}
        serving = await in_force(service)
    model = a_serving()
    begun = load_serving(service.settings)
    assert serving.policy_passed_over is None
    async with running(tmp_path, serving=serving) as service:
        ready = (await service.http.get("/health/ready")).json()["checks"]["policy"]
        decided = (await service.post("/v1/decisions", application(borrower_ref="firm-2"))).json()
        shown = (await service.get("/v1/policies")).json()[0]
    assert (ready, decided["versions"]["policy"], shown["content"]) == ("3-strict", "3-strict", STRICTER)
    assert begun.policy.version == model.policy.version == "4"


@ON_SQLITE
async def test_one_person_is_not_two(tmp_path: Path) -> None:
    """Neither with a second key, nor under the same name at another lender, nor as a system or without the role."""
    async with running(tmp_path) as service:
        anna, berta = await a_key(service, "anna"), await a_key(service, "berta")
        second = await a_key(service, "anna")
        elsewhere = await a_key(service, " Anna", lender="other")
        system = await a_key(service, "robot", kind="system")
        admin = await a_key(service, "carla", Role.ADMIN)
        own_only = await a_key(service, "dora", Role.PROMOTE)
        by_system = await service.post("/v1/promotions", {"policy": STRICTER, "reason": "x"}, key=system)
        by_admin = await service.post("/v1/promotions", {"policy": STRICTER, "reason": "x"}, key=admin)
        made = await requested(service, anna)
        tried = [
            await ended(service, key, made, "approval") for key in (anna, second, elsewhere, system, admin, own_only)
        ]
        foreign_withdrawal = await ended(service, berta, made, "withdrawal")
        assert (await in_force(service)).policy.version == "4"
        assert (await ended(service, berta, made, "rejection", "no figures")).json()["end_reason"] == "no figures"
        after = await ended(service, berta, made, "approval")
    told = [(one.status_code, one.json()["code"], one.json().get("reason")) for one in tried]
    assert told == [
        *[(403, "four-eyes", "requester")] * 3,
        (403, "four-eyes", "no_person"),
        *[(403, "forbidden", None)] * 2,
    ]
    assert (by_system.status_code, by_system.json()["reason"]) == (403, "no_person")
    assert (by_admin.status_code, by_admin.json()["code"]) == (403, "forbidden")
    assert (foreign_withdrawal.status_code, foreign_withdrawal.json()["reason"]) == (403, "not_the_requester")
    assert (after.status_code, after.json()["code"]) == (409, "promotion-state")


async def test_of_two_at_once_one_ends_a_request(tmp_path: Path) -> None:
    """Two approvers, and a withdrawal beside them: one statement, the others are told."""
    async with running(tmp_path) as service:
        keys = [await a_key(service, name) for name in ("anna", "berta", "carla")]
        made = await requested(service, keys[0])
        answers = await asyncio.gather(
            ended(service, keys[1], made, "approval"),
            ended(service, keys[2], made, "approval"),
            ended(service, keys[0], made, "withdrawal"),
        )
        assert sorted(one.status_code for one in answers) == [200, 409, 409]
        assert await findings(service) == []


async def test_one_version_stands_for_one_text(tmp_path: Path) -> None:
    """A policy for all and one of a lender, of the same version and approved at the same moment: one is refused."""
    async with running(tmp_path) as service:
        anna, berta, carla = [await a_key(service, name) for name in ("anna", "berta", "carla")]
        for number in range(5):
            version = f"3-{number}"
            days = (str(30 + number), str(50 + number))
            made = [
                await requested(service, anna, policy=a_policy(version, validity_days=days[is_own]), own=bool(is_own))
                for is_own in (0, 1)
            ]
            answers = await asyncio.gather(
                ended(service, berta, made[0], "approval"), ended(service, carla, made[1], "approval")
            )
            assert sorted(one.status_code for one in answers) == [200, 422]
        assert await findings(service) == []


async def test_of_one_thing_one_request_is_open(tmp_path: Path) -> None:
    """A newer one takes its place, also where both are made at the same time."""
    async with running(tmp_path) as service:
        anna, berta = await a_key(service, "anna"), await a_key(service, "berta")
        first = await requested(service, anna)
        newer = await requested(service, berta, policy=a_policy("3-other", validity_days="15"))
        late = await ended(service, berta, first, "approval")
        assert (late.status_code, "a newer request took its place" in late.json()["detail"]) == (409, True)
        bodies = [{"policy": a_policy(f"3-{n}", validity_days=str(20 + n)), "reason": "x"} for n in range(3)]
        answers = await asyncio.gather(*(service.post("/v1/promotions", body, key=anna) for body in bodies))
        listed = (await service.get("/v1/promotions", key=anna)).json()["items"]
        assert {one.status_code for one in answers} <= {201, 409}
        assert sum(one["status"] == "requested" for one in listed) == 1
        assert next(one for one in listed if one["promotion_id"] == newer["promotion_id"])["status"] == "superseded"
        assert await findings(service) == []


@ON_SQLITE
async def test_a_request_expires(tmp_path: Path) -> None:
    """After 30 days nobody can approve it; another one may follow."""
    async with running(tmp_path) as service:
        anna, berta = await a_key(service, "anna"), await a_key(service, "berta")
        made = await requested(service, anna)
        service.clock.advance(days=29, hours=23)
        assert (await service.get(f"/v1/promotions/{made['promotion_id']}", key=anna)).json()["status"] == "requested"
        service.clock.advance(hours=1)
        late = await ended(service, berta, made, "approval")
        assert (late.status_code, "nobody approved" in late.json()["detail"]) == (409, True)
        assert (await service.get(f"/v1/promotions/{made['promotion_id']}", key=anna)).json()["status"] == "expired"
        again = await requested(service, anna)
        assert (await ended(service, berta, again, "approval")).status_code == 200


@ON_SQLITE
@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("version = ", "not valid TOML"),
        (a_policy(decline_above="1.0"), "PD_TOO_HIGH never fires"),
        (a_policy() + "\n\n# the same\n", "says the same as 4"),
        (SHIPPED, "says the same as 4"),
        (SHIPPED + "\n# edited\n", "with another text"),
        (a_policy("4", validity_days="15"), "with another text"),
    ],
)
async def test_what_must_not_come_into_force_is_not_requested(tmp_path: Path, policy: str, said: str) -> None:
    """Faulty, without any difference in what it means, or under a version of another text."""
    async with running(tmp_path) as service:
        anna = await a_key(service, "anna")
        answer = await service.post("/v1/promotions", {"policy": policy, "reason": "x"}, key=anna)
        assert (answer.status_code, answer.json()["code"], said in answer.json()["detail"]) == (
            422,
            "promotion-unfit",
            True,
        ), answer.text
        assert (await service.get("/v1/promotions", key=anna)).json()["items"] == []


@ON_SQLITE
@pytest.mark.parametrize(
    "body",
    [
        {"reason": "x"},
        {"policy": "a", "model": "sme/2", "reason": "x"},
        {"model": "sme/2", "own": True, "reason": "x"},
        {"policy": "a", "reason": " "},
        {"model": "../x", "reason": "x"},
        {"policy": "a" * 60_001, "reason": "x"},
    ],
)
async def test_a_request_that_cannot_be_meant_is_refused(tmp_path: Path, body: dict[str, Any]) -> None:
    """Each field is named."""
    async with running(tmp_path) as service:
        answer = await service.post("/v1/promotions", body, key=await a_key(service, "anna"))
    assert (answer.status_code, answer.json()["code"], len(answer.json()["errors"])) == (422, "invalid-request", 1)


async def test_a_lender_has_its_own_policy(tmp_path: Path) -> None:
    """Stricter where it must be; other lenders neither have it nor see it, and decisions name it and replay."""
    async with running(tmp_path) as service:
        anna, berta = await a_key(service, "anna", Role.PROMOTE), await a_key(service, "berta", Role.PROMOTE)
        outside = await a_key(service, "otto", Role.PROMOTE, Role.PROMOTE_ALL, lender="other")
        milder = a_policy("bank-1", idle_days_at_most="60")
        refused = await service.post("/v1/promotions", {"policy": milder, "own": True, "reason": "x"}, key=anna)
        assert (refused.status_code, "caps.idle_days_at_most = 60 is milder than 45" in refused.text) == (422, True)
        own = a_policy("bank-1", idle_days_at_most="30", approve_at_or_below="0.05")
        made = await requested(service, anna, policy=own, own=True)
        unseen = await service.get(f"/v1/promotions/{made['promotion_id']}", key=outside)
        unended = await ended(service, outside, made, "approval")
        assert (unseen.status_code, unended.status_code) == (404, 404)
        assert (await ended(service, berta, made, "approval")).status_code == 200
        serving = await in_force(service)
    assert (serving.policy.version, serving.of("bank").policy.version, serving.of("other").policy.version) == (
        "4",
        "bank-1",
        "4",
    )
    async with running(tmp_path, serving=serving) as service:
        foreign = await service.key(*Role, lender="other")
        mine = (await service.post("/v1/decisions", application())).json()
        theirs = (await service.post("/v1/decisions", application(), key=foreign)).json()
        policies = [(await service.get("/v1/policies", key=key)).json()[0]["version"] for key in (None, foreign)]
        what_if = await service.post(
            f"/v1/decisions/{theirs['decision_id']}/simulations", {"policy": "bank-1"}, key=foreign
        )
        changes = await service.get(f"/v1/decisions/{mine['decision_id']}/changes")
    assert (mine["versions"]["policy"], theirs["versions"]["policy"], policies) == ("bank-1", "4", ["bank-1", "4"])
    assert (what_if.status_code, changes.status_code) == (422, 200)


@ON_SQLITE
async def test_a_lenders_policy_that_became_too_mild_is_passed_over(tmp_path: Path) -> None:
    """When the policy for all becomes stricter: it goes on for this lender, too, and readiness says so."""
    async with running(tmp_path) as service:
        keys = [await a_key(service, name) for name in ("anna", "berta")]
        own = await requested(service, keys[0], policy=a_policy("bank-1", idle_days_at_most="40"), own=True)
        assert (await ended(service, keys[1], own, "approval")).status_code == 200
        assert (await in_force(service)).of("bank").policy.version == "bank-1"
        base = await requested(service, keys[0], policy=a_policy("4-all", idle_days_at_most="35"))
        assert (await ended(service, keys[1], base, "approval")).status_code == 200
        serving = await in_force(service)
    assert serving.of("bank").policy.version == "4-all"
    assert "idle_days_at_most = 40 is milder than 35" in (serving.policy_passed_over or "")
    async with running(tmp_path, serving=serving) as service:
        ready = (await service.http.get("/health/ready")).json()["checks"]["policy"]
    assert ready == "4-all goes on: a policy was approved and cannot be served; the log says why"


MINE = promotions.c.kind == "policy"
TAMPERED: dict[str, Callable[[], list[Any]]] = {
    "text": lambda: [update(promotions).where(MINE).values(content=a_policy(validity_days="30").encode())],
    "approved by hand": lambda: [update(promotions).where(MINE).values(state="approved", open_for=None)],
    "requester": lambda: [update(promotions).where(MINE).values(requested_by="pri_x", requester="x")],
    "removed": lambda: [delete(promotions).where(MINE)],
    "evidence": lambda: [update(promotions).where(MINE).values(evidence=b"{}")],
}


@ON_SQLITE
@pytest.mark.parametrize("how", TAMPERED)
async def test_a_request_that_was_changed_is_neither_shown_nor_approved(tmp_path: Path, how: str) -> None:
    """``verify`` names it."""
    async with running(tmp_path) as service:
        anna, berta = await a_key(service, "anna"), await a_key(service, "berta")
        made = await requested(service, anna)
        await change(service, *TAMPERED[how]())
        answer = await ended(service, berta, made, "approval")
        assert answer.status_code == (404 if how == "removed" else 500), answer.text
        assert [name for name, _ in await findings(service)] == [made["promotion_id"]]
        assert (await in_force(service)).policy.version == "4"


@ON_SQLITE
async def test_an_approval_whose_text_was_changed_is_not_followed(tmp_path: Path) -> None:
    """The policy before goes on."""
    async with running(tmp_path) as service:
        anna, berta = await a_key(service, "anna"), await a_key(service, "berta")
        made = await requested(service, anna)
        await ended(service, berta, made, "approval")
        await change(service, *TAMPERED["text"]())
        serving = await in_force(service)
        assert (serving.policy.version, "is not the one that was approved" in (serving.policy_passed_over or "")) == (
            "4",
            True,
        )
        approval = (statements.c.object_id == made["promotion_id"]) & statements.c.number.in_(
            select(statements.c.number).where(statements.c.object_id == made["promotion_id"]).limit(1)
        )
        await change(service, delete(statements).where(approval))
        assert "no second person stands behind it" in ((await in_force(service)).policy_passed_over or "")
