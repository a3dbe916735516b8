"""Who did what: written with the action or not done, and readable by those who may."""

from pathlib import Path
from typing import Any

import pytest
from links import a_link
from people import add, visiting
from postgres import ON_SQLITE
from service import TOKEN, Service, application, link_order, running
from sqlalchemy import text

from sandbox.server.faults import Fault
from scoring.pages.texts.audit import AuditPage
from scoring.store.audit import Action
from scoring.store.database import Database
from scoring.store.principals import Role

Row = dict[str, Any]


async def trail(service: Service, **wanted: str) -> list[Row]:
    """Rows of the lender but those of reading the trail itself, in no order: the clock stands still."""
    items: list[Row] = (await service.get("/v1/audit", limit="200", **wanted)).json()["items"]
    return [row for row in items if row["action"] != "audit.read"]


def acts(rows: list[Row]) -> set[tuple[str, str | None]]:
    """Action and object."""
    return {(row["action"], row["object"]) for row in rows}


async def test_what_is_done_by_the_interface_is_in_the_trail(tmp_path: Path) -> None:
    """With the principal, the object, the borrower, the address and the request."""
    async with running(tmp_path) as service:
        key = await service.key(Role.APPLY, Role.UNDERWRITE, name="los")
        body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": ["decision", "contacts"]}
        connection = (await service.post("/v1/connections", body, key=key)).json()["connection_id"]
        decided = await service.post(
            "/v1/decisions", application(), key=key, **{"Idempotency-Key": "a", "X-Request-ID": "request-0815"}
        )
        decision = decided.json()["decision_id"]
        await service.post("/v1/decisions", application(), key=key, **{"Idempotency-Key": "a"})
        for path in (
            f"/v1/decisions/{decision}",
            f"/v1/decisions/{decision}/report",
            f"/v1/decisions/{decision}/receipt",
            "/v1/decisions",
            f"/v1/connections/{connection}",
            "/v1/connections",
            f"/v1/connections/{connection}/line-corrections",
            "/v1/connect-sessions",
        ):
            assert (await service.get(path, key=key)).status_code in {200, 303}, path
        said = {"line_id": "71", "category": "lease"}
        await service.post(f"/v1/connections/{connection}/line-corrections", said, key=key)
        link = (await service.post("/v1/connect-sessions", link_order(), key=key)).json()["connect_session_id"]
        await service.get(f"/v1/connect-sessions/{link}", key=key)
        await service.delete(f"/v1/connections/{connection}/purposes/contacts", key=key)
        await service.delete(f"/v1/connections/{connection}", key=key)
        rows = await trail(service)
    assert acts(rows) == {
        ("connection.made", connection),
        ("decision.made", decision),
        ("decision.read", decision),
        ("decisions.listed", decision),
        ("connection.checked", connection),
        ("connections.listed", connection),
        ("lines.listed", connection),
        ("line.corrected", connection),
        ("links.listed", None),
        ("link.made", link),
        ("link.read", link),
        ("purpose.withdrawn", connection),
        ("connection.deleted", connection),
    }
    assert len([row for row in rows if row["action"] == "decision.read"]) == 4, (
        "repeated, read, led to, and its receipt"
    )
    assert {row["address"] for row in rows} == {"127.0.0.1"}
    assert len({row["principal_id"] for row in rows}) == 1
    (made,) = [row for row in rows if row["action"] == "decision.made"]
    assert made["request_id"] == "request-0815"
    about = {row["borrower_id"] for row in rows if "listed" not in row["action"]}
    assert len(about) == 1
    assert about != {None}


async def test_a_decision_that_cannot_be_written_down_is_not_made_and_not_read(tmp_path: Path) -> None:
    """Where the trail takes no rows, nobody reads unseen, and nothing is stored."""
    async with running(tmp_path) as service:
        made = (await service.post("/v1/decisions", application())).json()["decision_id"]
        database = Database(service.settings.database_url)
        async with database.write() as connection:
            await connection.execute(text("ALTER TABLE audit RENAME TO audit_away"))
        answers = [
            await service.post("/v1/decisions", application(borrower_ref="firm-2")),
            await service.get(f"/v1/decisions/{made}"),
            await service.get("/v1/decisions"),
            await service.post("/v1/connections", {"borrower_ref": "firm-3", "sevdesk_token": TOKEN}),
        ]
        async with database.write() as connection:
            await connection.execute(text("ALTER TABLE audit_away RENAME TO audit"))
        left = (await service.get("/v1/decisions")).json()["items"]
        connections = (await service.get("/v1/connections")).json()["items"]
        await database.close()
    assert {answer.status_code for answer in answers} == {500}
    assert all("score" not in answer.text for answer in answers)
    assert [one["decision_id"] for one in left] == [made]
    assert connections == []


async def test_the_role_audit_reads_a_connection_as_it_is_stored(tmp_path: Path) -> None:
    """sevdesk is not asked; who may connect accounts has it checked."""
    async with running(tmp_path) as service:
        body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN}
        made = (await service.post("/v1/connections", body)).json()
        auditor = await service.key(Role.AUDIT)
        service.faults.add([Fault(status=503)])
        service.clock.advance(minutes=5)
        read = await service.get(f"/v1/connections/{made['connection_id']}", key=auditor)
        listed = await service.get("/v1/connections", key=auditor)
        checked = await service.get(f"/v1/connections/{made['connection_id']}")
    assert (read.status_code, read.json()) == (200, made)
    assert listed.json()["items"] == [made]
    assert checked.status_code == 503


async def test_the_trail_is_filtered_and_paged(tmp_path: Path) -> None:
    """By principal, action, object, borrower and time; the end of a period is exclusive."""
    async with running(tmp_path) as service:
        ids = []
        for _ in range(3):
            ids.append((await service.post("/v1/decisions", application())).json()["decision_id"])
            service.clock.advance(hours=1)
        other = await service.key(Role.AUDIT, name="revision")
        await service.get(f"/v1/decisions/{ids[0]}", key=other)
        everything = await trail(service)
        made = await trail(service, action="decision.made")
        about = await trail(service, object=ids[0])
        borrower = await trail(service, object=made[0]["borrower_id"])
        by = {row["principal_id"] for row in everything} - {row["principal_id"] for row in made}
        auditor = await trail(service, principal=by.pop())
        window = await trail(
            service, action="decision.made", since="2026-10-01T11:00:00Z", until="2026-10-01T12:00:00Z"
        )
        first = (await service.get("/v1/audit", action="decision.made", limit="2")).json()
        second = (await service.get("/v1/audit", action="decision.made", limit="2", cursor=first["next_cursor"])).json()
        wrong = [
            await service.get("/v1/audit", **parameters)
            for parameters in ({"action": "x"}, {"cursor": "dec_1"}, {"since": "2026-10-01"}, {"who": "x"})
        ]
    assert [row["object"] for row in made] == ids[::-1]
    assert acts(about) == {("decision.made", ids[0]), ("decision.read", ids[0])}
    assert len(borrower) == 4
    assert acts(auditor) == {("decision.read", ids[0])}
    assert [row["object"] for row in window] == [ids[1]]
    assert [row["object"] for row in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None
    assert {answer.status_code for answer in wrong} == {422}


async def test_who_may_have_seen_a_decision_in_a_list_is_found(tmp_path: Path) -> None:
    """A list shows whole decisions: its row is found by each of them, and by the borrower that was searched for."""
    async with running(tmp_path) as service:
        ids = []
        for number in range(4):
            body = application(borrower_ref=f"firm-{number}")
            ids.append((await service.post("/v1/decisions", body)).json()["decision_id"])
            service.clock.advance(hours=1)
        first = (await service.get("/v1/decisions", limit="3")).json()
        await service.get("/v1/decisions", borrower_ref="firm-0")
        found = {one: await trail(service, object=one, action="decisions.listed") for one in ids}
        (made,) = await trail(service, object=ids[0], action="decision.made")
        searched = await trail(service, object=made["borrower_id"], action="decisions.listed")
    page = f"{ids[3]}..{ids[1]}"
    assert [one["decision_id"] for one in first["items"]] == [ids[3], ids[2], ids[1]]
    assert [[row["object"] for row in found[one]] for one in ids] == [[ids[0]], [page], [page], [page]]
    assert [row["object"] for row in searched] == [ids[0]]


@ON_SQLITE
async def test_the_trail_is_for_auditors_of_their_lender(tmp_path: Path) -> None:
    """No other role reads it, and nobody another lender's; reading it is in it."""
    async with running(tmp_path) as service:
        await service.post("/v1/decisions", application())
        statuses = {role: (await service.get("/v1/audit", key=await service.key(role))).status_code for role in Role}
        other = await service.get("/v1/audit", key=await service.key(Role.AUDIT, lender="other"))
        again = (await service.get("/v1/audit", action="audit.read")).json()["items"]
    assert statuses == {
        Role.APPLY: 403,
        Role.UNDERWRITE: 403,
        Role.ANALYSE: 403,
        Role.WEBHOOKS: 403,
        Role.PROMOTE: 403,
        Role.PROMOTE_ALL: 403,
        Role.AUDIT: 200,
        Role.ADMIN: 200,
    }
    assert other.json()["items"] == []
    assert len(again) == 2


async def test_the_pages_write_and_show_the_trail(tmp_path: Path) -> None:
    """Signing in and out, failures of persons that exist, pages of decisions; and the page of the trail itself."""
    async with running(tmp_path, is_plain_http=True) as service:
        decision = (await service.post("/v1/decisions", application())).json()["decision_id"]
        await add(service, Role.AUDIT, name="anna")
        await add(service, Role.UNDERWRITE, name="bert")
        async with visiting(service, address="192.0.2.7") as visitor:
            await visitor.sign_in(password="wrong wrong wrong")
            await visitor.sign_in("nobody-here")
            await visitor.sign_in()
            await visitor.get("/decisions")
            await visitor.get(f"/decisions/{decision}")
            page = await visitor.get("/audit", action="decision.read")
            german = await visitor.get("/audit", lang="de")
            wrong = await visitor.get("/audit", action="x", since="today", lang="en")
            await visitor.post("/sign-out")
        async with visiting(service) as visitor:
            asked = await visitor.get("/audit")
            await visitor.sign_in("bert")
            refused = await visitor.get("/audit")
            home = await visitor.get("/decisions")
        rows = [row for row in await trail(service) if row["address"] == "192.0.2.7"]
    assert acts(rows) == {
        ("sign_in.failed", None),
        ("sign_in", None),
        ("sign_out", None),
        ("decisions.listed", decision),
        ("decision.read", decision),
    }
    assert len({row["principal_id"] for row in rows}) == 1
    assert "nobody-here" not in str(rows)
    assert page.status_code == 200
    assert "Decision read" in page.text
    assert decision in page.text
    assert "192.0.2.7" in page.text
    assert "anna <code>pri_" in page.text
    assert "Entscheidung gelesen" in german.text
    assert 'href="/audit"' in german.text
    assert wrong.status_code == 400
    assert "Action: please choose one of the listed values." in wrong.text
    assert asked.headers["location"] == "/sign-in?next=%2Faudit"
    assert refused.status_code == 403
    assert 'href="/audit"' not in home.text


def test_every_action_has_words_on_the_page() -> None:
    """And no words are left for an action that is gone."""
    assert AuditPage.actions.keys() == set(Action)


async def test_links_are_listed(tmp_path: Path) -> None:
    """Newest first, by state and borrower, with paging; another lender sees none."""
    async with running(tmp_path) as service:
        ids = []
        for number in range(3):
            ids.append((await a_link(service, borrower_ref=f"firm-{number}", expires_in_minutes=60))[0])
            service.clock.advance(minutes=40)
        path = "/v1/connect-sessions"
        everything = (await service.get(path)).json()
        open_ones = (await service.get(path, status="open")).json()["items"]
        expired = (await service.get(path, status="expired")).json()["items"]
        one = (await service.get(path, borrower_ref="firm-1")).json()["items"]
        first = (await service.get(path, limit="2")).json()
        second = (await service.get(path, limit="2", cursor=first["next_cursor"])).json()
        other = await service.get(path, key=await service.key(Role.AUDIT, lender="other"))
        wrong = await service.get(path, status="lost")
    names = [item["connect_session_id"] for item in everything["items"]]
    assert names == ids[::-1]
    assert [item["connect_session_id"] for item in open_ones] == [ids[2]]
    assert [item["connect_session_id"] for item in expired] == [ids[1], ids[0]]
    assert [item["connect_session_id"] for item in one] == [ids[1]]
    assert [item["connect_session_id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert "secret" not in str(everything)
    assert other.json()["items"] == []
    assert wrong.status_code == 422


@pytest.mark.parametrize("role", [Role.ANALYSE, Role.UNDERWRITE])
async def test_other_readers_have_a_connection_checked_as_before(tmp_path: Path, role: Role) -> None:
    """What the role audit may not cause, others still do."""
    async with running(tmp_path) as service:
        body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN}
        made = (await service.post("/v1/connections", body)).json()
        service.clock.advance(minutes=5)
        key = await service.key(role)
        read = (await service.get(f"/v1/connections/{made['connection_id']}", key=key)).json()
    assert read["checked_at"] > made["checked_at"]
