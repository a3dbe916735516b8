"""Who may do what, and whose things they are."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from documents import A_PDF
from integration.api.test_warnings import a_triggers_file
from lending import HEALTHY, approved, entry, euro, granting, lending
from litestar import Litestar
from postgres import ON_SQLITE
from promoting import a_key, a_policy, requested
from service import TOKEN, Service, a_lenders_file, application, link_order, running

from scoring.api.openapi import EXAMPLES
from scoring.pages.rendering import Pages
from scoring.pages.routes import page_router
from scoring.store.database import Database
from scoring.store.principals import Role, revoke_key

PAGE_PATHS = {route.path_format for route in page_router(Pages()).routes}
"""For people, who have no key: what protects them is tested with the pages."""
OPEN_PATHS = {"/health/live", "/health/ready", "/metrics", "/problems/{name}"}


def routes_of(app: Litestar) -> list[tuple[str, str]]:
    """Method and path of every route but the pages for people and those of the description."""
    return [
        (method, route.path_format)
        for route in app.routes
        for method in sorted(route.methods - {"OPTIONS", "HEAD"})  # type: ignore[union-attr]  # only HTTP routes here
        if not route.path_format.startswith("/schema") and route.path_format not in PAGE_PATHS
    ]


BODIES: dict[str, dict[str, Any]] = {
    "assignment": {"to": "anna"},
    "votes": {"step": 1, "verdict": "decline", "reason": "other", "text": "no"},
    **{key: {"text": "no"} for key in ("comments", "questions", "answers", "reopening", "withdrawal")},
    **{key: {"text": "no"} for key in ("confirmation", "end")},
    "snoozes": {"rule": "SALES_BURST", "until": "2026-11-30", "text": "no"},
    "entries": entry("paid", "p", amount=euro("1.00")),
    "simulations": {},
    "inquiries": EXAMPLES["InquiryRequest"],
    "contest-links": EXAMPLES["ContestLinkRequest"],
    "contests": {"text": "no"},
    "decision": {},
    "guarantors": {"name": "Erika Mustermann", "consented_on": "2026-09-30"},
    "lift": {"told_on": "2026-09-30"},
    "covenants": EXAMPLES["CovenantRequest"],
    "waiver": EXAMPLES["CovenantWaiverRequest"],
    "snooze": EXAMPLES["WarningSnoozeRequest"],
    "answer": EXAMPLES["WarningAnswerRequest"],
    "{webhook_id}": EXAMPLES["WebhookChange"],
    "rotation": EXAMPLES["RotationRequest"],
    "replay": EXAMPLES["ReplayRequest"],
    "/v1/events/{event_id}/replay": {},
}
"""By the path, or its end."""


@ON_SQLITE
async def test_every_route_needs_a_key_but_those_for_operators(tmp_path: Path) -> None:
    """Without a key, with another scheme, with an unknown or a mutilated key: 401 and how to authenticate."""
    async with running(tmp_path) as service:
        key = service.keys["bank"]
        for method, path in routes_of(service.app):
            for header in (None, f"Basic {key}", "Bearer", "Bearer x", f"Bearer {key[:-1]}", f"Bearer {key}x"):
                headers = {} if header is None else {"Authorization": header}
                answer = await service.http.request(method, path.format_map(Filled()), headers=headers)
                if path in OPEN_PATHS:
                    assert answer.status_code != 401, path
                else:
                    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated"), path
                    assert answer.headers["www-authenticate"] == "Bearer"


async def observed(service: Service, connection: str, decision: str) -> dict[str, str]:
    """The identifiers of a monitored borrower and of its first observation."""
    body = {"connection_id": connection, "decision_id": decision}
    links = (made := (await service.post("/v1/monitoring", body)).json())["links"]
    await service.post(f"{links['self']}/observe", None)
    for _ in range(600):
        if items := (await service.get(links["observations"])).json()["items"]:
            (warning, *_) = (await service.get("/v1/warnings")).json()["items"]
            return {
                "monitoring_id": made["monitoring_id"],
                "observation_id": items[0]["observation_id"],
                "warning_id": warning["warning_id"],
            }
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was observed")


async def test_a_foreign_identifier_is_unknown_on_every_route(tmp_path: Path) -> None:
    """404 as for one that never was, for every method; what it names is still there afterwards."""
    files = {"lenders_file": a_lenders_file(tmp_path), "triggers_file": a_triggers_file(tmp_path)}
    async with lending(tmp_path, **files, account_pause_seconds=0.0) as service:
        decision = await approved(service)
        notice = await service.get(f"/v1/decisions/{decision}/notice")
        decided = (await service.get(f"/v1/decisions/{decision}")).json()
        named = await service.post(f"{decided['links']['case']}/guarantors", BODIES["guarantors"])
        loan = (await service.post("/v1/loans", granting(decision))).json()["loan_id"]
        body = {
            "borrower_ref": "firm-1",
            "sevdesk_token": HEALTHY.token,
            "purposes": ["decision", "write_back", "monitoring"],
        }
        connection = (await service.post("/v1/connections", body)).json()["connection_id"]
        agreed = await service.post(f"/v1/loans/{loan}/covenants", EXAMPLES["CovenantRequest"])
        other = await service.key(*Role, lender="other")
        link = (await service.post("/v1/connect-sessions", link_order())).json()["connect_session_id"]
        asked = {"borrower_ref": "firm-1", "kind": "access", "received_on": "2026-09-30", "identity_check": "in_person"}
        subject = (await service.post("/v1/subject-requests", asked)).json()["subject_request_id"]
        stored = await service.http.post(
            f"{decided['links']['case']}/documents",
            content=A_PDF,
            headers={"Authorization": f"Bearer {service.keys['bank']}"},
        )
        document = stored.json()["document_id"]
        later = await service.post("/v1/decisions", application(), Prefer="respond-async")
        portfolio = await service.post("/v1/connected-portfolios", None)
        bodies = {"POST": {"line_id": "71", "category": "lease"}, "PATCH": {"refused_for": "excessive"}}
        promotion = await requested(
            service, await a_key(service, "anna"), policy=a_policy("bank-1", validity_days="9"), own=True
        )
        own = {
            "step": "1",
            "promotion_id": promotion["promotion_id"],
            "subject_request_id": subject,
            "decision_id": decision,
            "connection_id": connection,
            "notice_id": notice.headers["content-location"].rpartition("/")[2],
            "loan_id": loan,
            "covenant_id": agreed.json()["covenant_id"],
            "case_id": decided["links"]["case"].rpartition("/")[2],
            "connect_session_id": link,
            "document_id": document,
            "purpose": "write_back",
            "guarantor_id": named.json()["guarantor_id"],
            "job_id": later.json()["job_id"],
            "webhook_id": (await service.post("/v1/webhooks", EXAMPLES["WebhookRequest"])).json()["webhook_id"],
            "event_id": (await service.get("/v1/events")).json()["items"][0]["event_id"],
            "portfolio_id": portfolio.json()["portfolio_id"],
            **await observed(service, connection, decision),
        }
        tried = 0
        for method, path in routes_of(service.app):
            if "{" not in path or path in OPEN_PATHS:
                continue
            for values in (own, Filled()):
                answer = await service.http.request(
                    method,
                    path.format_map(values),
                    headers={"Authorization": f"Bearer {other}"},
                    json={"reason": "no"}
                    if "promotion_id" in path
                    else BODIES.get(path, BODIES.get(path.rpartition("/")[2], bodies.get(method))),
                )
                assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), path
                tried += 1
        listed = [(await service.get(path, key=other)).json()["items"] for path in ("/v1/decisions", "/v1/connections")]
        used = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=connection), key=other)
        assert tried >= 6
        assert listed == [[], []]
        assert (used.status_code, used.json()["type"]) == (404, "/problems/not-found")
        assert (await service.get(f"/v1/decisions/{decision}")).status_code == 200
        assert (await service.get(f"/v1/connections/{connection}")).json()["purposes"] == body["purposes"]


@pytest.mark.parametrize("identifier", ["%00", "dec_%00", "%F0%9F%98%80", "x" * 300])
async def test_an_identifier_that_none_can_be_is_unknown(tmp_path: Path, identifier: str) -> None:
    """Whatever text the database would take: in paths, in bodies and in keys."""
    async with running(tmp_path) as service:
        for path in (f"/v1/decisions/{identifier}", f"/v1/connections/{identifier}"):
            assert (await service.get(path)).status_code == 404
        assert (await service.delete(f"/v1/connections/{identifier}")).status_code == 404
        unknown = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id="con_\0"))
        assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not-found")
        assert (await service.get("/v1/decisions")).json()["items"] == []
        answer = await service.get("/v1/decisions", key="hbk_\0_x")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.APPLY, {"createDecision", "createConnection", "withdrawPurpose", "deleteConnection", "read"}),
        (Role.UNDERWRITE, {"createDecision", "read"}),
        (Role.ANALYSE, {"read"}),
        (Role.AUDIT, {"read"}),
        (Role.ADMIN, {"createDecision", "createConnection", "withdrawPurpose", "deleteConnection", "read"}),
    ],
)
async def test_a_role_opens_its_routes_and_no_others(tmp_path: Path, role: Role, allowed: set[str]) -> None:
    """403 names the roles that would do."""
    async with running(tmp_path) as service:
        key = await service.key(role)
        connection = (await connect(service)).json()["connection_id"]
        answers = {
            "createDecision": await service.post("/v1/decisions", application(), key=key),
            "createConnection": await connect(service, key=key),
            "withdrawPurpose": await service.delete(f"/v1/connections/{connection}/purposes/contacts", key=key),
            "deleteConnection": await service.delete(f"/v1/connections/{connection}", key=key),
            "read": await service.get("/v1/decisions", key=key),
        }
    assert {name for name, answer in answers.items() if answer.status_code != 403} == allowed
    for name, answer in answers.items():
        if name not in allowed:
            assert answer.json()["type"] == "/problems/forbidden"
            assert "admin" in answer.json()["detail"]


async def test_a_revoked_key_is_refused_at_once(tmp_path: Path) -> None:
    """By the running service, though another process revoked it."""
    async with running(tmp_path) as service:
        key = await service.key(Role.AUDIT)
        before = await service.get("/v1/decisions", key=key)
        database = Database(service.settings.database_url)
        assert await revoke_key(database, key.split("_")[1], now=service.clock(), randomness=os.urandom)
        assert not await revoke_key(database, "unknown", now=service.clock(), randomness=os.urandom)
        await database.close()
        after = await service.get("/v1/decisions", key=key)
    assert (before.status_code, after.status_code) == (200, 401)


async def connect(service: Any, **options: str) -> Any:  # noqa: ANN401  a response
    """Connect the firm's account."""
    return await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN}, **options)


class Filled(dict[str, str]):
    """Fills every parameter of a path with an identifier that nobody has."""

    def __missing__(self, key: str) -> str:
        return "1" if key == "step" else "dec_00000000000000000000000000"
