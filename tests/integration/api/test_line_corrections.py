"""A person corrects what one bank line is about, for later decisions on the same borrower."""

import hashlib
from pathlib import Path

import pytest
import structlog
from integration.api.test_connections import connect
from integration.api.test_replay import recorded
from postgres import ON_SQLITE
from service import a_serving, application, running

from scoring.store.database import Database
from scoring.store.line_corrections import corrections_of
from scoring.store.principals import Role
from scoring.telemetry.logs import configure_logs
from scoring.usecases.replay import replay


async def test_the_newest_correction_of_a_line_counts_for_its_borrower_alone(tmp_path: Path) -> None:
    """Who said it and when is kept with it; another borrower's lines and other lenders are not touched."""
    async with running(tmp_path) as service:
        one, other = await connect(service), await connect(service, borrower_ref="firm-2")
        service.clock.advance(minutes=1)
        made = [
            await service.post(
                f"/v1/connections/{connection}/line-corrections", {"line_id": line, "category": category}
            )
            for connection, line, category in (
                (one, "71", "lease"),
                (one, "72", "rent"),
                (one, "71", "supplier"),
                (other, "71", "wages"),
            )
        ]
        assert [answer.status_code for answer in made] == [201] * 4
        said = made[0].json()
        assert (said["line_id"], said["category"]) == ("71", "lease")
        assert said["corrected_by"].startswith("pri_")
        listed = await service.get(f"/v1/connections/{one}/line-corrections")
        database = Database(service.settings.database_url)
        found = {
            (lender, borrower): await corrections_of(
                database, lender_id=lender, borrower_ref=borrower, source="sevdesk"
            )
            for lender, borrower in (("bank", "firm-1"), ("bank", "firm-2"), ("elsewhere", "firm-1"))
        }
        await database.close()
    assert [item["category"] for item in listed.json()["items"]] == ["supplier", "rent"]
    assert found["bank", "firm-1"] == {"71": "supplier", "72": "rent"}
    assert found["bank", "firm-2"] == {"71": "wages"}
    assert found["elsewhere", "firm-1"] == {}


OUT = "liquidity_debt_service_12m_cents_v2"


@ON_SQLITE
async def test_a_correction_and_a_lenders_rule_count_in_later_decisions(tmp_path: Path) -> None:
    """A line that nothing recognises is a lease by a person's word, and all like it by a rule; the record names it."""
    path = tmp_path / "rules.toml"
    path.write_bytes(
        b"""version = "1"
[[rules]]
id = "trucks"
category = "lease"
direction = "out"
text = "zahlung"
amount_at_least_cents = 3000000
amount_at_most_cents = 3000000
"""
    )
    async with running(tmp_path) as service:
        connection = await connect(service)
        asked = application(sevdesk_token=None, connection_id=connection)
        before = (await service.post("/v1/decisions", asked)).json()
        body = {"line_id": "6020", "category": "lease"}
        await service.post(f"/v1/connections/{connection}/line-corrections", body)
        corrected = (await service.post("/v1/decisions", asked)).json()
    async with running(tmp_path, bank_rules_file=path) as service:
        service.keys["bank"] = await service.key(*Role)
        ruled = (await service.post("/v1/decisions", asked)).json()
    assert [each["features"][OUT] for each in (before, corrected, ruled)] == [0.0, 3_000_000.0, 36_000_000.0]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert [each["data"]["bank_rules"] for each in (before, corrected, ruled)] == [None, None, digest]


@ON_SQLITE
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"line_id": "71", "category": "leese"}, "category"),
        ({"line_id": "", "category": "lease"}, "line_id"),
        ({"line_id": "7 1", "category": "lease"}, "line_id"),
        ({"line_id": "7" * 65, "category": "lease"}, "line_id"),
        ({"line_id": "\u0667", "category": "lease"}, "line_id"),
        ({"line_id": "SVWZ+Miete", "category": "lease"}, "line_id"),
        ({"line_id": "71\n", "category": "lease"}, "line_id"),
        ({"line_id": "71", "category": "lease", "text": "Miete"}, "text"),
    ],
)
async def test_a_correction_that_says_nothing_clear_is_refused(
    tmp_path: Path, body: dict[str, str], field: str
) -> None:
    """The answer names the field. A text cannot be given: it is never stored."""
    async with running(tmp_path) as service:
        identifier = await connect(service)
        answer = await service.post(f"/v1/connections/{identifier}/line-corrections", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@ON_SQLITE
async def test_a_decision_replays_whatever_is_corrected_later(tmp_path: Path) -> None:
    """Made with one correction, it is the same again after another; the snapshot has the category, not who said it."""
    async with running(tmp_path) as service:
        connection = await connect(service)
        asked = application(sevdesk_token=None, connection_id=connection)
        path = f"/v1/connections/{connection}/line-corrections"
        for category in ("lease", "supplier"):
            await service.post(path, {"line_id": "6020", "category": category})
            made = (await service.post("/v1/decisions", asked)).json()
            if category == "lease":
                first = made
        decision, snapshot = await recorded(service, first["decision_id"])
    assert [each["features"][OUT] for each in (first, made)] == [3_000_000.0, 0.0]
    report = replay(decision, snapshot, a_serving())
    assert (report.made_from, report.differences) == ("snapshot", ())


@ON_SQLITE
async def test_a_correction_of_no_line_does_not_stop_decisions(tmp_path: Path) -> None:
    """An identifier that no line has, whatever its size, and a category that does not fit the money's direction."""
    async with running(tmp_path) as service:
        connection = await connect(service)
        asked = application(sevdesk_token=None, connection_id=connection)
        before = (await service.post("/v1/decisions", asked)).json()
        for line, category in (("9" * 64, "lease"), ("06020", "lease"), ("x:1", "lease"), ("6020", "loan_proceeds")):
            answer = await service.post(
                f"/v1/connections/{connection}/line-corrections", {"line_id": line, "category": category}
            )
            assert answer.status_code == 201
        after = (await service.post("/v1/decisions", asked)).json()
    assert after["features"] == before["features"]


def _stored(folder: Path) -> bytes:
    """What was written there."""
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


@ON_SQLITE
async def test_no_text_of_a_line_is_stored_or_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither with a rule that names it, nor with a correction: database and log have no purpose."""
    path = tmp_path / "rules.toml"
    path.write_bytes(b'version = "1"\n[[rules]]\nid = "trucks"\ncategory = "lease"\ntext = "zahlung"')
    configure_logs("debug")
    try:
        async with running(tmp_path, bank_rules_file=path) as service:
            connection = await connect(service)
            body = {"line_id": "6020", "category": "lease"}
            await service.post(f"/v1/connections/{connection}/line-corrections", body)
            refused = {"line_id": "6020", "category": "lease", "purpose": "Fahrgestell 4411"}
            await service.post(f"/v1/connections/{connection}/line-corrections", refused)
            await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=connection))
    finally:
        structlog.reset_defaults()
    stored = _stored(tmp_path)
    logged = capfd.readouterr().err
    assert "line-corrections" in logged
    for text in ("Zahlung", "Fahrgestell"):
        assert text not in logged
        assert text.encode() not in stored


@ON_SQLITE
async def test_whose_connection_it_is(tmp_path: Path) -> None:
    """An unknown connection is not found, and who may only apply may not correct."""
    body = {"line_id": "71", "category": "lease"}
    async with running(tmp_path) as service:
        identifier = await connect(service)
        unknown = await service.post("/v1/connections/con_00000000000000000000000000/line-corrections", body)
        key = await service.key(Role.APPLY)
        forbidden = await service.post(f"/v1/connections/{identifier}/line-corrections", body, key=key)
    assert (unknown.status_code, forbidden.status_code) == (404, 403)
