"""The clock of the sandbox over HTTP, and a service that follows it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from service import a_firm, application, running
from unit.sandbox_server.building import TODAY, TOKEN, books_of, client_of, invoice

from sandbox.clock.clock import Clock
from sandbox.clock.happenings import Happening, What
from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app
from scoring.runtime.sandbox_clock import SandboxClock, SandboxClockError

SANDBOX = "http://sandbox/sandbox"


async def test_setting_the_day_lets_the_firms_live_on() -> None:
    """Sales of last year come again; what was open is paid."""
    persona = next(one for one in PERSONAS if one.firm == "small-business")
    app = create_app([persona.books(TODAY)], today=lambda: TODAY)
    newest = {"limit": "1", "countAll": "true"}
    async with client_of(app, token=persona.token) as client:
        before = (await client.get("Invoice", params=newest)).json()
        assert (await client.get(f"{SANDBOX}/clock")).json() == {"today": "2026-10-01"}
        answer = await client.post(f"{SANDBOX}/clock", json={"today": "2027-01-31"})
        assert (answer.status_code, answer.json()) == (200, {"today": "2027-01-31"})
        after = (await client.get("Invoice", params=newest)).json()
        assert (await client.post(f"{SANDBOX}/clock", json={"days": 1})).json() == {"today": "2027-02-01"}
    assert int(after["total"]) > int(before["total"])
    assert before["objects"][0]["invoiceDate"] <= "2026-10-02" < after["objects"][0]["invoiceDate"] <= "2027-02-01"


async def test_a_token_is_revoked_on_its_day_and_restored() -> None:
    """What happens to a token may happen today."""
    app = create_app([books_of(invoice(1))], today=lambda: TODAY)
    async with client_of(app) as client:
        first = {"on": "2026-10-03", "what": "revokes_token"}
        assert (await client.post(f"{SANDBOX}/happenings", json=first)).json() == [first]
        seen = []
        for _ in range(3):
            seen.append((await client.get("Invoice")).status_code)
            await client.post(f"{SANDBOX}/clock", json={"days": 1})
        restored = {"on": "2026-10-04", "what": "restores_token", "firm": "muster"}
        await client.post(f"{SANDBOX}/happenings", json=[restored])
        assert [*seen, (await client.get("Invoice")).status_code] == [200, 200, 401, 200]
        assert (await client.get(f"{SANDBOX}/happenings")).json() == [first, restored]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("clock", '{"today": "2026-09-30"}', "It is 2026-10-01 in the sandbox"),
        ("clock", '{"days": 0}', "$.days"),
        ("clock", '{"days": 99999999999}', "more than ten years ahead"),
        ("clock", "{}", "Give the day"),
        ("clock", '{"today": "2026-10-02", "days": 1}', "Give the day"),
        ("clock", '{"day": "2026-10-02"}', "unknown field `day`"),
        ("clock", "x", "malformed"),
        ("clock", "\ud83d".encode("utf-8", "surrogatepass"), "malformed"),
        ("happenings", '{"on": "2026-10-01", "what": "defaults"}', "too late"),
        ("happenings", '{"on": "2026-10-02", "what": "defaults", "firm": "x"}', "There is no firm 'x'"),
        ("happenings", '[{"on": "2026-10-02", "what": "sleeps"}]', "$[0].what"),
    ],
)
async def test_what_cannot_be_is_refused(path: str, body: str | bytes, words: str) -> None:
    """With 400 and what is wrong; nothing changes."""
    async with client_of(create_app([books_of(invoice(1))], today=lambda: TODAY)) as client:
        answer = await client.post(f"{SANDBOX}/{path}", content=body)
        assert answer.status_code == 400
        assert words in answer.json()["detail"]
        assert (await client.get(f"{SANDBOX}/clock")).json() == {"today": "2026-10-01"}
        assert (await client.get(f"{SANDBOX}/happenings")).json() == []


@pytest.mark.parametrize("path", ["clock", "happenings"])
async def test_other_machines_cannot_set_it(path: str) -> None:
    """As with faults."""
    async with client_of(create_app([books_of(invoice(1))], today=lambda: TODAY), host="192.0.2.7") as client:
        assert (await client.get(f"{SANDBOX}/{path}")).status_code == 403
        assert (await client.post(f"{SANDBOX}/{path}", json={"days": 1})).status_code == 403


def test_the_service_reads_the_day_where_it_is_kept(tmp_path: Path) -> None:
    """With the real time of the day, which goes on; a file that is gone changes nothing."""
    path, now = tmp_path / "clock.json", datetime.now(UTC)
    with pytest.raises(SandboxClockError, match="serve --clock"):
        SandboxClock(path, lambda: now)
    clock = Clock(lambda: date(2026, 7, 1), file=path)
    followed = SandboxClock(path, lambda: datetime.now(UTC))
    assert abs(followed() - now - (date(2026, 7, 1) - now.date())) < timedelta(hours=27)
    clock.set(date(2027, 1, 2))
    shown = followed()
    assert shown.date() in {date(2027, 1, 1), date(2027, 1, 2)}  # UTC is an hour behind Berlin
    path.unlink()
    assert timedelta(0) <= followed() - shown < timedelta(minutes=5)
    path.write_text("{}")
    assert timedelta(0) <= followed() - shown < timedelta(minutes=5)


async def test_a_firm_defaults_between_two_decisions(tmp_path: Path) -> None:
    """Service and sandbox go on together: the later decision sees what happened since."""
    file = tmp_path / "clock.json"
    default = Happening(on=TODAY + timedelta(days=30), what=What.DEFAULTS)
    clock = Clock(lambda: TODAY, [default], file=file)
    sandbox = create_app([a_firm()], today=lambda: TODAY, day=clock)
    transport = httpx.ASGITransport(app=sandbox)  # type: ignore[arg-type]  # litestar types scopes more narrowly
    followed = SandboxClock(file, lambda: datetime.now(UTC))
    told = []
    async with running(tmp_path, transport=transport, clock=followed, sandbox_clock=file) as service:  # type: ignore[arg-type]  # a clock that nobody advances
        for _ in range(2):
            decision = (await service.post("/v1/decisions", application())).json()
            told.append((decision["as_of"], decision["score"]["value"]))
            clock.set(TODAY + timedelta(days=120))
    assert [day for day, _ in told] == ["2026-10-01", "2027-01-29"]
    assert TOKEN not in file.read_text()
    assert told[1][1] < told[0][1]
