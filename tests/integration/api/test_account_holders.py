"""The name of a connected account: who sees it, where it is stored, and when it goes; on both databases."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.api.test_subjects import a_request, complete, everything_stored
from links import a_link, answered, entered, send
from service import HOLDER, TOKEN, Service, running
from sqlalchemy import update

from scoring.store.principals import Role
from scoring.store.tables import connections


async def connected(service: Service, **changes: Any) -> str:  # noqa: ANN401  any JSON
    """A connection by a link."""
    session, path = await a_link(service, **changes)
    await send(service, path)
    found: str = (await service.get(f"/v1/connect-sessions/{session}")).json()["connection_id"]
    return found


async def bundle(service: Service) -> httpx.Response:
    """Everything about the borrower."""
    made = await a_request(service, "access")
    return await service.get(f"/v1/subject-requests/{made['subject_request_id']}/bundle")


@pytest.mark.parametrize(
    ("roles", "seen"),
    [
        ((Role.APPLY,), HOLDER),
        ((Role.UNDERWRITE,), HOLDER),
        ((Role.AUDIT,), HOLDER),
        ((Role.ADMIN, Role.APPLY), HOLDER),
        ((Role.ANALYSE,), None),
        ((Role.ANALYSE, Role.UNDERWRITE), HOLDER),
    ],
)
async def test_who_sees_the_name(tmp_path: Path, roles: tuple[Role, ...], seen: str | None) -> None:
    """Whoever has to know whose books are read; an analysis does not need it."""
    async with running(tmp_path, is_plain_http=True) as service:
        identifier, key = await connected(service), await service.key(*roles)
        one = (await service.get(f"/v1/connections/{identifier}", key=key)).json()
        (listed,) = (await service.get("/v1/connections", key=key)).json()["items"]
    assert (one["holder"], listed["holder"]) == (seen, seen)


async def test_another_lender_sees_nothing(tmp_path: Path) -> None:
    """Neither the connection nor its name."""
    async with running(tmp_path, is_plain_http=True) as service:
        identifier, key = await connected(service), await service.key(*Role, lender="other")
        one = await service.get(f"/v1/connections/{identifier}", key=key)
        listed = (await service.get("/v1/connections", key=key)).json()["items"]
    assert (one.status_code, listed) == (404, [])
    assert HOLDER not in one.text


async def test_a_token_that_the_lender_sends_has_no_name(tmp_path: Path) -> None:
    """Nobody confirmed one, so none is asked for."""
    async with running(tmp_path, is_plain_http=True) as service:
        made = await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN})
        read = await service.get(f"/v1/connections/{made.json()['connection_id']}")
    assert (made.json()["holder"], read.json()["holder"]) == (None, None)


async def test_the_name_is_in_the_access_and_ends_with_the_erasure(tmp_path: Path) -> None:
    """In between it is stored encrypted, with the borrower's own key."""
    async with running(tmp_path, is_plain_http=True) as service:
        await connected(service)
        before = " ".join((await everything_stored(service)).values())
        access = await bundle(service)
        await complete(service, await a_request(service, "erasure"))
        after = await everything_stored(service)
    assert HOLDER not in before
    assert HOLDER.encode().hex() not in before
    with zipfile.ZipFile(io.BytesIO(access.content)) as archive:
        (one,) = json.loads(archive.read("data.json"))["connections"]
    assert one["holder"] == HOLDER
    assert after["connections"] == ""


async def test_until_the_firm_says_yes_nothing_is_stored(tmp_path: Path) -> None:
    """Not even encrypted: every table is as it was, but for the count of tries."""
    async with running(tmp_path, is_plain_http=True) as service:
        _, path = await a_link(service)
        before = await everything_stored(service)
        found = await entered(service, path)
        page = await service.http.get(found.headers["location"])
        refused = await answered(service, found, "no")
        after = await everything_stored(service)
    assert (page.status_code, refused.status_code) == (200, 303)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


async def test_a_damaged_name_costs_nothing_but_the_name(tmp_path: Path) -> None:
    """It is left out; the connection still works, and the firm still sees its consent."""
    async with running(tmp_path, is_plain_http=True) as service:
        session, path = await a_link(service)
        await send(service, path)
        database = service.app.state.database
        damage = update(connections).values(sealed_holder=b"\x00" * 40)
        await database.write_at_once(lambda connection: connection.execute(damage))
        (listed,) = (await service.get("/v1/connections")).json()["items"]
        page = await service.http.get(path)
        access = await bundle(service)
    assert listed["holder"] is None
    assert (page.status_code, access.status_code) == (200, 200)
    assert "ohne Namen, von Ihnen bestätigt" in page.text
    assert session in page.text
