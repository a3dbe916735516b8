"""Connecting, checking and forgetting sevdesk accounts."""

from pathlib import Path

import pytest
from postgres import ON_SQLITE
from service import REVOKED, TOKEN, Service, application, running

from sandbox.server.faults import Fault
from scoring.store.principals import Role


async def connect(service: Service, **changes: str) -> str:
    """Identifier of a new connection."""
    answer = await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN} | changes)
    assert answer.status_code == 201, answer.text
    identifier: str = answer.json()["connection_id"]
    return identifier


async def test_a_connection_is_checked_kept_listed_and_forgotten(tmp_path: Path) -> None:
    """Its token is shown nowhere."""
    async with running(tmp_path) as service:
        made = await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN})
        path = made.headers["Location"]
        read = await service.get(path)
        listed = await service.get("/v1/connections", borrower_ref="firm-1")
        others = await service.get("/v1/connections", borrower_ref="firm-2")
        forgotten = await service.delete(path)
        gone = await service.get(path)
        again = await service.delete(path)
    assert (made.status_code, made.json()["status"], made.json()["borrower_ref"]) == (201, "working", "firm-1")
    assert read.json() == made.json()
    assert listed.json()["items"] == [made.json()]
    assert others.json()["items"] == []
    assert (forgotten.status_code, forgotten.content) == (204, b"")
    assert (gone.status_code, again.status_code) == (404, 404)
    assert not any(TOKEN in answer.text for answer in (made, read, listed))


@ON_SQLITE
async def test_a_token_that_does_not_work_is_not_kept(tmp_path: Path) -> None:
    """It is checked before anything is stored."""
    async with running(tmp_path) as service:
        answer = await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": REVOKED})
        listed = await service.get("/v1/connections")
    assert (answer.status_code, answer.json()["type"]) == (424, "/problems/token-rejected")
    assert listed.json()["items"] == []


async def test_a_connection_says_when_its_token_stopped_working(tmp_path: Path) -> None:
    """Asked for itself, and after a decision that failed because of it; and that it works again, likewise."""
    async with running(tmp_path) as service:
        identifier = await connect(service)
        service.faults.add([Fault(status=401)])
        service.clock.advance(hours=1)
        body = application(sevdesk_token=None, connection_id=identifier)
        failed = await service.post("/v1/decisions", body)
        noted = (await service.get("/v1/connections")).json()["items"][0]
        asked = await service.get(f"/v1/connections/{identifier}")
        service.faults.clear()
        mended = await service.get(f"/v1/connections/{identifier}")
        service.faults.add([Fault(status=401)])
        await service.post("/v1/decisions", body)
        service.faults.clear()
        assert (await service.get("/v1/connections")).json()["items"][0]["status"] == "rejected"
        assert (await service.post("/v1/decisions", body)).status_code == 201
        used = (await service.get("/v1/connections")).json()["items"][0]
    assert used["status"] == "working"
    assert failed.status_code == 424
    assert (noted["status"], noted["checked_at"]) == ("rejected", "2026-10-01T11:00:00.000Z")
    assert (asked.status_code, asked.json()["status"]) == (200, "rejected")
    assert mended.json()["status"] == "working"


async def test_a_connection_serves_its_borrower_only(tmp_path: Path) -> None:
    """The books must be the applicant's: another borrower's connection is a fault of the request."""
    async with running(tmp_path) as service:
        identifier = await connect(service)
        own = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=identifier))
        body = application(borrower_ref="firm-2", sevdesk_token=None, connection_id=identifier)
        foreign = await service.post("/v1/decisions", body)
    assert own.status_code == 201
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (422, "connection_id")


async def test_a_cursor_that_no_page_gave_is_refused(tmp_path: Path) -> None:
    """It would answer with everything, or with nothing."""
    async with running(tmp_path) as service:
        answer = await service.get("/v1/connections", cursor="xyz")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["cursor"])


@ON_SQLITE
async def test_bad_requests_are_told_field_by_field(tmp_path: Path) -> None:
    """As for applications."""
    async with running(tmp_path) as service:
        answer = await service.post("/v1/connections", {"borrower_ref": " x", "sevdesk_token": "a b"})
        unknown = await service.post("/v1/connections", {"token": "x"})
        neither = await service.post("/v1/connections", {"borrower_ref": "x"})
    assert [error["field"] for error in answer.json()["errors"]] == ["borrower_ref", "sevdesk_token"]
    assert [error["field"] for error in unknown.json()["errors"]] == ["token", "borrower_ref"]
    assert [error["field"] for error in neither.json()["errors"]] == ["credential"]
    assert neither.json()["errors"][0]["message"] == "give exactly one of credential and sevdesk_token"


@ON_SQLITE
@pytest.mark.parametrize("token", ["x", "f" * 31, "f" * 33, "g" * 32])
async def test_what_cannot_be_a_token_is_not_tried(tmp_path: Path, token: str) -> None:
    """Neither for a connection nor for a decision: sevdesk may block whoever sends many wrong ones."""
    async with running(tmp_path) as service:
        answers = [
            await service.post("/v1/connections", {"borrower_ref": "x", "sevdesk_token": token}),
            await service.post("/v1/decisions", application(sevdesk_token=token)),
        ]
    for answer in answers:
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["field"]) == (422, "sevdesk_token")
        assert "32 hexadecimal digits" in error["message"]


@pytest.mark.parametrize(
    "further",
    [["contacts"], ["write_back"], ["training"], ["monitoring"], ["contacts", "write_back", "training", "monitoring"]],
)
async def test_a_connection_is_for_decisions_unless_its_lender_says_more(tmp_path: Path, further: list[str]) -> None:
    """What the firm agreed to elsewhere is stated with its token, and shown wherever the connection is."""
    async with running(tmp_path) as service:
        body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN}
        plain = await service.post("/v1/connections", body)
        service.clock.advance(seconds=1)
        wide = await service.post("/v1/connections", body | {"purposes": ["decision", *further]})
        listed = await service.get("/v1/connections")
        read = await service.get(wide.headers["Location"])
    assert plain.json()["purposes"] == ["decision"]
    assert wide.json()["purposes"] == ["decision", *further]
    assert listed.json()["items"] == [wide.json(), plain.json()]
    assert read.json() == wide.json()


@ON_SQLITE
@pytest.mark.parametrize(
    ("purposes", "messages"),
    [
        (["marketing"], ["must be one of contacts, decision, monitoring, training, write_back, not 'marketing'"]),
        (["contacts"], ["must contain decision; the other purposes are optional"]),
        (["decision", "decision"], ["must not name a purpose twice"]),
        ([], ["must be a list of length >= 1; one of contacts, decision, monitoring, training, write_back"]),
        ("decision", ["must be a list, not text; one of contacts, decision, monitoring, training, write_back"]),
        (None, ["must be a list, not null; one of contacts, decision, monitoring, training, write_back"]),
    ],
)
async def test_purposes_that_will_not_do_are_told(tmp_path: Path, purposes: object, messages: list[str]) -> None:
    """By field, with what is possible; nothing is kept."""
    async with running(tmp_path) as service:
        answer = await service.post(
            "/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": purposes}
        )
        listed = await service.get("/v1/connections")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert answer.json()["errors"] == [{"field": "purposes", "message": message} for message in messages]
    assert listed.json()["items"] == []


@pytest.mark.parametrize(
    ("purpose", "other"),
    [("contacts", "write_back"), ("write_back", "contacts"), ("training", "contacts"), ("monitoring", "training")],
)
async def test_the_consent_to_one_purpose_is_withdrawn_alone(tmp_path: Path, purpose: str, other: str) -> None:
    """By its lender only, once; the connection still decides."""
    async with running(tmp_path) as service:
        stranger = await service.key(*Role, lender="other")
        body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": [purpose, "decision", other]}
        path = (await service.post("/v1/connections", body)).headers["Location"]
        foreign = await service.delete(f"{path}/purposes/{purpose}", key=stranger)
        before = (await service.get(path)).json()
        withdrawn = await service.delete(f"{path}/purposes/{purpose}")
        after = (await service.get(path)).json()
        again = await service.delete(f"{path}/purposes/{purpose}")
        main = await service.delete(f"{path}/purposes/decision")
        invented = await service.delete(f"{path}/purposes/marketing")
        unknown = await service.delete(f"/v1/connections/con_x/purposes/{purpose}")
        decided = await service.post(
            "/v1/decisions", application(sevdesk_token=None, connection_id=after["connection_id"])
        )
    assert (foreign.status_code, before["purposes"]) == (404, [purpose, "decision", other])
    assert (withdrawn.status_code, after) == (204, before | {"purposes": ["decision", other]})
    assert [answer.status_code for answer in (again, main, invented, unknown)] == [404] * 4
    assert decided.status_code == 201


async def test_a_credential_names_its_source(tmp_path: Path) -> None:
    """The short form and the long one of a token of sevdesk make the same connection and decide the same."""
    credential = {"source": "sevdesk", "secret": TOKEN}
    async with running(tmp_path) as service:
        made = await service.post("/v1/connections", {"borrower_ref": "firm-1", "credential": credential})
        short = await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN})
        by_connection = application(sevdesk_token=None, connection_id=made.json()["connection_id"])
        answers = [
            await service.post("/v1/decisions", body)
            for body in (application(sevdesk_token=None, credential=credential), by_connection, application())
        ]
    assert (made.status_code, made.json()["source"], short.json()["source"]) == (201, "sevdesk", "sevdesk")
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["score"]["value"] for answer in answers}) == 1
    assert TOKEN not in "".join(answer.text for answer in (made, short, *answers))


async def test_an_unknown_source_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    """Before anything is asked or stored."""
    credential = {"source": "datev", "secret": TOKEN}
    async with running(tmp_path) as service:
        answers = [
            await service.post("/v1/connections", {"borrower_ref": "firm-1", "credential": credential}),
            await service.post("/v1/decisions", application(sevdesk_token=None, credential=credential)),
        ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        assert answer.json()["errors"] == [
            {"field": "credential.source", "message": "is not a source of books; known: sevdesk"}
        ]
