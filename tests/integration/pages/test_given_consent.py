"""The link that a firm keeps: what it agreed to, what came of it, and how it withdraws."""

from pathlib import Path
from typing import Any

import pytest
from links import a_link, hidden_fields, send
from service import Service, application, running

ALL = ["decision", "contacts", "write_back"]


async def connected(service: Service, **ticks: str) -> tuple[str, str, str]:
    """A used link for all purposes: its session, its path, and the connection."""
    session, path = await a_link(service, purposes=ALL)
    assert (await send(service, path, **ticks)).status_code == 303
    found = (await service.get(f"/v1/connect-sessions/{session}")).json()
    return session, path, found["connection_id"]


async def withdraw(service: Service, path: str, purpose: str, **changes: str | None) -> Any:  # noqa: ANN401  a response
    """Press a button of the page."""
    page = await service.http.get(path)
    fields = hidden_fields(page.text) | {"purpose": purpose} | changes
    return await service.http.post(f"{path}/withdraw?lang=de", data={k: v for k, v in fields.items() if v is not None})


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ("Ihre Einwilligung für Muster Bank", "01.10.2026, 12:00", "sevdesk ist verbunden")),
        ("en", ("Your consent for Muster Bank", "1\xa0Oct\xa02026, 12:00", "sevdesk is connected")),
    ],
)
async def test_a_used_link_shows_the_consent_in_its_very_words(
    tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    """Since when, for what, in which state, and on which days books were read."""
    async with running(tmp_path, is_plain_http=True) as service:
        session, path, connection = await connected(service, contacts="yes")
        before = await service.http.get(path, params={"lang": language})
        service.clock.advance(days=2)
        body = application(sevdesk_token=None, connection_id=connection)
        assert (await service.post("/v1/decisions", body)).status_code == 201
        after = await service.http.get(path, params={"lang": language})
        consent = (await service.get(f"/v1/connect-sessions/{session}")).json()["consent"]
    assert after.status_code == 200
    for found in words:
        assert found in after.text, found
    for line in consent["text"].splitlines():
        assert line.split(" https://")[0] in after.text.replace("&#39;", "'")
    day = "03.10.2026" if language == "de" else "3\xa0Oct\xa02026"
    assert day not in before.text
    assert day in after.text
    assert "write_back" not in after.text
    assert connection not in after.text
    assert "firm-1" not in after.text
    assert after.headers["cache-control"] == "no-store"


async def test_one_purpose_is_withdrawn_and_the_rest_stays(tmp_path: Path) -> None:
    """At once, for the lender too, and with a row in the trail by the firm."""
    async with running(tmp_path, is_plain_http=True) as service:
        session, path, connection = await connected(service, contacts="yes", write_back="yes")
        before = (await service.get(f"/v1/connect-sessions/{session}")).json()["consent"]
        service.clock.advance(days=1)
        answer = await withdraw(service, path, "contacts")
        again = await withdraw(service, path, "contacts")
        page = await service.http.get(path)
        left = (await service.get("/v1/connections")).json()["items"][0]["purposes"]
        rows = (await service.get("/v1/audit", action="purpose.withdrawn")).json()["items"]
        decided = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=connection))
        proof = (await service.get(f"/v1/connect-sessions/{session}")).json()["consent"]
        (listed,) = (await service.get("/v1/connect-sessions")).json()["items"]
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?lang=de")
    assert again.status_code == 303
    assert left == ["decision", "write_back"]
    assert "Ihre Kunden und Lieferanten lesen: gilt nicht mehr" in page.text
    assert "Nur dies widerrufen: Belege zum Kredit" in page.text
    assert "Nur dies widerrufen: Ihre Kunden" not in page.text
    assert [(row["actor"], row["object"]) for row in rows] == [("firm", connection)]
    assert decided.status_code == 201
    assert proof["purposes"] == ALL, "what was agreed to stays as proof"
    assert (before["withdrawn"], proof["withdrawn_at"]) == ([], None)
    assert proof["withdrawn"] == [{"purpose": "contacts", "withdrawn_at": "2026-10-02T10:00:00.000Z"}]
    assert listed["consent"] == proof


async def test_what_the_lender_withdraws_for_the_firm_is_withdrawn_too(tmp_path: Path) -> None:
    """Whoever looks at the consent sees each purpose with its moment, also after everything ended."""
    async with running(tmp_path, is_plain_http=True) as service:
        session, path, connection = await connected(service, contacts="yes", write_back="yes")
        service.clock.advance(days=1)
        await service.delete(f"/v1/connections/{connection}/purposes/write_back")
        service.clock.advance(days=1)
        await withdraw(service, path, "decision")
        consent = (await service.get(f"/v1/connect-sessions/{session}")).json()["consent"]
    assert consent["withdrawn"] == [
        {"purpose": "write_back", "withdrawn_at": "2026-10-02T10:00:00.000Z"},
        {"purpose": "decision", "withdrawn_at": "2026-10-03T10:00:00.000Z"},
        {"purpose": "contacts", "withdrawn_at": "2026-10-03T10:00:00.000Z"},
    ]


async def test_a_connection_that_the_lender_deleted_leaves_the_consent_as_it_was_given(tmp_path: Path) -> None:
    """The lender gives up its access for many reasons; only the firm's own word withdraws a consent."""
    async with running(tmp_path, is_plain_http=True) as service:
        session, _, connection = await connected(service)
        await service.delete(f"/v1/connections/{connection}")
        consent = (await service.get(f"/v1/connect-sessions/{session}")).json()["consent"]
    assert (consent["withdrawn"], consent["withdrawn_at"]) == ([], None)


async def test_withdrawing_everything_deletes_the_token(tmp_path: Path) -> None:
    """Nothing can be read any more; the page says so and offers nothing further; the proof stays."""
    async with running(tmp_path, is_plain_http=True) as service:
        session, path, connection = await connected(service)
        service.clock.advance(days=1)
        answer = await withdraw(service, path, "decision")
        service.clock.advance(days=1)
        page = await service.http.get(path)
        again = await withdraw(service, path, "decision", csrf=None)
        decided = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=connection))
        connections = (await service.get("/v1/connections")).json()["items"]
        consent = (await service.get(f"/v1/connect-sessions/{session}")).json()["consent"]
        rows = (await service.get("/v1/audit", action="consent.withdrawn")).json()["items"]
    assert answer.status_code == 303
    assert "Sie haben alles widerrufen am 02.10.2026" in page.text
    assert "<form" not in page.text.partition("<main")[2]
    assert again.status_code == 403
    assert decided.status_code == 404
    assert connections == []
    assert consent["withdrawn_at"] == "2026-10-02T10:00:00.000Z"
    assert [(row["actor"], row["object"]) for row in rows] == [("firm", session)]


@pytest.mark.parametrize("csrf", ["0" * 64, None])
async def test_another_site_withdraws_nothing(tmp_path: Path, csrf: str | None) -> None:
    """The form carries the token of the browser, as that of connecting does."""
    async with running(tmp_path, is_plain_http=True) as service:
        _, path, _ = await connected(service)
        answer = await withdraw(service, path, "decision", csrf=csrf)
        odd = await withdraw(service, path, "everything")
        unknown = await service.http.post("/connect/unknown/withdraw", data={"purpose": "decision"})
        opened, other = await a_link(service)
        early = await service.http.post(f"{other}/withdraw", data={"purpose": "decision"})
        connections = (await service.get("/v1/connections")).json()["items"]
        state = (await service.get(f"/v1/connect-sessions/{opened}")).json()["status"]
    assert answer.status_code == 403
    assert odd.status_code == 400
    assert (unknown.status_code, early.status_code) == (303, 303)
    assert len(connections) == 1
    assert state == "open"


async def test_a_connection_that_the_lender_deleted_is_told(tmp_path: Path) -> None:
    """The consent is still shown."""
    async with running(tmp_path, is_plain_http=True) as service:
        _, path, connection = await connected(service)
        await service.delete(f"/v1/connections/{connection}")
        page = await service.http.get(path)
    assert "Muster Bank hat die Verbindung gelöscht" in page.text
    assert "Der Text, dem Sie zugestimmt haben" in page.text


async def test_the_form_says_to_keep_the_link_outside_of_the_text_that_is_agreed_to(tmp_path: Path) -> None:
    """So the version and the digest of the consent stay."""
    async with running(tmp_path, is_plain_http=True) as service:
        session, path = await a_link(service)
        page = (await service.http.get(path)).text
        await send(service, path)
        consent = (await service.get(f"/v1/connect-sessions/{session}")).json()["consent"]
    assert "Bewahren Sie den Link auf" in page
    assert "Bewahren" not in consent["text"]
    assert consent["text_version"] == "14"
