"""Links as their lender makes and follows them."""

from pathlib import Path
from typing import Any

import pytest
from links import a_link, send
from postgres import ON_SQLITE
from service import Service, application, link_order, running
from sqlalchemy import text

from scoring.store.database import Database
from scoring.store.principals import Role


async def status_of(service: Service, identifier: str) -> str:
    """What became of a link."""
    answer = await service.get(f"/v1/connect-sessions/{identifier}")
    status: str = answer.json()["status"]
    return status


async def test_a_link_leads_to_a_connection_that_a_decision_can_use(tmp_path: Path) -> None:
    """From the order to the decision, with the consent that was given on the way."""
    async with running(tmp_path, is_plain_http=True) as service:
        made = await service.post("/v1/connect-sessions", link_order())
        path = made.headers["Location"]
        before = (await service.get(path)).json()
        await send(service, made.json()["url"])
        after = (await service.get(path)).json()
        body = application(sevdesk_token=None, connection_id=after["connection_id"])
        decided = await service.post("/v1/decisions", body)
    assert made.json().keys() == {"connect_session_id", "url", "expires_at"}
    assert made.json()["url"].startswith("http://127.0.0.1:8000/connect/")
    assert made.json()["expires_at"] == "2026-10-01T11:00:00.000Z"
    assert made.headers["cache-control"] == "no-store"
    assert (before["status"], before["connection_id"], before["consent"]) == ("open", None, None)
    assert (after["status"], after["borrower_ref"]) == ("completed", "firm-1")
    assert (after["consent"]["purposes"], after["consent"]["language"]) == (["decision"], "de")
    assert decided.status_code == 201


async def test_the_address_of_a_link_is_told_once_and_stored_nowhere(tmp_path: Path) -> None:
    """256 random bits, of which the database has a digest only."""
    async with running(tmp_path) as service:
        (identifier, path), (_, other) = await a_link(service), await a_link(service)
        read = await service.get(f"/v1/connect-sessions/{identifier}")
        database = Database(service.settings.database_url)
        async with database.read() as connection:
            rows = str((await connection.execute(text("SELECT * FROM connect_sessions"))).all())
        await database.close()
    secret = path.removeprefix("/connect/")
    assert len(secret) == 43
    assert path != other
    assert secret not in read.text
    assert secret not in rows


@ON_SQLITE
@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"borrower_ref": None}, ["borrower_ref"]),
        ({"borrower_ref": " x"}, ["borrower_ref"]),
        ({"return_url": "http://bank.example/"}, ["return_url"]),
        ({"return_url": "https://bank.example@evil.example/"}, ["return_url"]),
        ({"return_url": "https://b.example/" + "a" * 2048}, ["return_url"]),
        ({"lender": None}, ["lender"]),
        ({"lender": {"name": "x"}}, ["lender.privacy_url", "lender.privacy_email"]),
        (
            {"lender": {"name": " x", "privacy_url": "javascript:alert(1)", "privacy_email": "x"}},
            ["lender.name", "lender.privacy_url", "lender.privacy_email"],
        ),
        ({"lender": link_order()["lender"] | {"logo": "x"}}, ["lender.logo"]),
        ({"language": "fr"}, ["language"]),
        ({"purposes": ["marketing"]}, ["purposes"]),
        ({"purposes": []}, ["purposes"]),
        ({"purposes": ["decision", "decision"]}, ["purposes"]),
        ({"purposes": ["contacts"]}, ["purposes"]),
        ({"purposes": ["contacts", "contacts"]}, ["purposes", "purposes"]),
        ({"purposes": ["decision", "contacts", "decision"]}, ["purposes"]),
        ({"purposes": ["write_back"]}, ["purposes"]),
        ({"purposes": ["contacts", "write_back"]}, ["purposes"]),
        ({"purposes": ["decision", "write_back", "write_back"]}, ["purposes"]),
        ({"purposes": ["decision", "write-back"]}, ["purposes"]),
        ({"expires_in_minutes": 0}, ["expires_in_minutes"]),
        ({"expires_in_minutes": 10081}, ["expires_in_minutes"]),
        ({"sevdesk_token": "x"}, ["sevdesk_token"]),
    ],
)
async def test_bad_orders_are_told_field_by_field(tmp_path: Path, changes: dict[str, Any], fields: list[str]) -> None:
    """As for applications; nothing is made."""
    async with running(tmp_path) as service:
        answer = await service.post("/v1/connect-sessions", link_order(**changes))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_a_link_expires_when_its_lender_said(tmp_path: Path) -> None:
    """To the millisecond, by the service's clock."""
    async with running(tmp_path) as service:
        identifier, _ = await a_link(service, expires_in_minutes=5)
        service.clock.advance(seconds=299.999)
        before = await status_of(service, identifier)
        service.clock.advance(milliseconds=1)
        after = await status_of(service, identifier)
    assert (before, after) == ("open", "expired")


@ON_SQLITE
@pytest.mark.parametrize(
    ("role", "may_make"),
    [(Role.APPLY, True), (Role.UNDERWRITE, False), (Role.ANALYSE, False), (Role.AUDIT, False), (Role.ADMIN, True)],
)
async def test_who_may_make_a_link(tmp_path: Path, role: Role, *, may_make: bool) -> None:
    """Who may connect accounts; every role may see what became of it."""
    async with running(tmp_path) as service:
        identifier, _ = await a_link(service)
        key = await service.key(role)
        made = await service.post("/v1/connect-sessions", link_order(), key=key)
        read = await service.get(f"/v1/connect-sessions/{identifier}", key=key)
    assert made.status_code == (201 if may_make else 403)
    assert read.status_code == 200


async def test_a_consent_outlives_the_token(tmp_path: Path) -> None:
    """The lender can prove it after the connection was deleted."""
    async with running(tmp_path, is_plain_http=True) as service:
        identifier, path = await a_link(service)
        await send(service, path)
        before = (await service.get(f"/v1/connect-sessions/{identifier}")).json()
        deleted = await service.delete(f"/v1/connections/{before['connection_id']}")
        after = (await service.get(f"/v1/connect-sessions/{identifier}")).json()
    assert deleted.status_code == 204
    assert after == before
