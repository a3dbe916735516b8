"""A database as version 0.3.0 left it behind: this version migrates it and goes on with everything in it.

``database_0_3.sqlite`` was written by 0.3.0 and is never written anew: one key, one person, the sandbox's firm
``small-business`` on the day of the tests, connected by a link, and two decisions on it. Its pages have 1,024 bytes, to
be small.
"""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from command_line import in_process
from people import visiting
from service import KEY_MATERIAL, Service, application, running, settings_in
from unit.sandbox_server.building import TODAY

from sandbox.firms.personas import PERSONAS
from scoring.runtime.serving import load_serving

DATABASE = Path(__file__).parent / "database_0_3.sqlite"
KEY = "hbk_4elvjglv_M5-M8J_Mj9vvyNY6K40y1yZc9O4IIUvkHdrxJyCoz8M"
CONNECTION = "con_01m3veg580ph1ftr04x0pjtbpp"
SESSION = "cns_01m3veg580evqbw42wnpbcahnq"
DECLINED, REFERRED = "dec_01m3vej0t8nm6n6kvs8eyr9tna", "dec_01m3vekwcgdsbgfa0dfmq7f0bz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a service that finds the old database."""
    shutil.copy(DATABASE, tmp_path / "test.sqlite")
    return tmp_path


@asynccontextmanager
async def upgraded(folder: Path) -> AsyncIterator[Service]:
    """This version with that database, the firm's books, and the model and policy that decided."""
    (firm,) = (persona for persona in PERSONAS if persona.firm == "small-business")
    serving = load_serving(settings_in(folder))
    async with running(folder, books=[firm.books(TODAY)], serving=serving, is_plain_http=True) as service:
        service.keys["bank"] = KEY
        yield service


async def test_stored_decisions_are_listed_and_shown(folder: Path) -> None:
    """Both, newest first, with their words."""
    async with upgraded(folder) as service:
        listed = (await service.get("/v1/decisions")).json()
        declined = (await service.get("/v1/decisions", verdict="decline")).json()
        shown = (await service.get(f"/v1/decisions/{DECLINED}")).json()
    assert [item["decision_id"] for item in listed["items"]] == [REFERRED, DECLINED]
    assert [item["decision_id"] for item in declined["items"]] == [DECLINED]
    assert [cause["code"] for cause in shown["causes"]] == [
        "REVENUE_TOO_LOW",
        "LIMIT_BELOW_PRODUCT",
        "PAYOUT_NOT_MATCHED",
    ]
    assert (
        shown["causes"][0]["text"]["en"]
        == "Net revenue of the last 12 months is €19,205.75; at least €50,000.00 is required."
    )


async def test_the_connection_of_then_still_reads_the_books(folder: Path) -> None:
    """Connection, link and consent are there, and a new application is decided with the stored token."""
    async with upgraded(folder) as service:
        session = (await service.get(f"/v1/connect-sessions/{SESSION}")).json()
        (connection,) = (await service.get("/v1/connections")).json()["items"]
        decided = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=CONNECTION))
    assert (session["status"], session["connection_id"]) == ("completed", CONNECTION)
    assert session["consent"]["purposes"] == ["decision", "contacts"]
    assert (connection["connection_id"], connection["status"]) == (CONNECTION, "working")
    assert connection["purposes"] == ["decision", "contacts"]
    assert (decided.status_code, decided.json()["verdict"]) == (201, "decline")


async def test_a_request_of_then_is_answered_with_its_decision(folder: Path) -> None:
    """The caller repeats it after the upgrade, with the key of the first attempt."""
    repeated = application(sevdesk_token=None, connection_id=CONNECTION)
    async with upgraded(folder) as service:
        answer = await service.post("/v1/decisions", repeated, **{"Idempotency-Key": "application-1"})
    assert (answer.status_code, answer.json()["decision_id"]) == (201, DECLINED)


async def test_the_person_of_then_signs_in(folder: Path) -> None:
    """And reads the pages of both decisions."""
    async with upgraded(folder) as service, visiting(service) as visitor:
        await visitor.sign_in("anna")
        pages = [await visitor.get(f"/decisions/{identifier}") for identifier in (DECLINED, REFERRED)]
    assert [page.status_code for page in pages] == [200, 200]


@pytest.mark.parametrize("identifier", [DECLINED, REFERRED])
def test_its_decisions_replay(
    folder: Path, identifier: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From their snapshots, by the command."""
    scoring = in_process(
        {
            "SCORING_DATA_DIR": str(folder),
            "SCORING_DATABASE_URL": f"sqlite:///{folder / 'test.sqlite'}",
            "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        },
        monkeypatch,
        capsys,
    )
    done = scoring("replay", identifier)
    report = json.loads(done.stdout)
    assert (done.returncode, report["agrees"], report["made_from"]) == (0, True, "snapshot")
    assert report["recorded_service"] == "0.3.0"


LATER = Path(__file__).parent / "database_0_4.sqlite"
LATER_KEY = "hbk_7qqun73g_EHS2yRFopxFS9rnmRVgH90fCQ8ZT6xd1N7caAoggXes"
LATER_CONNECTION = "con_01m3veg580mbccpdtc5ejvzncc"
LATER_DECISIONS = ("dec_01m3veg5802204h8n5j88xnej2", "dec_01m3veg580gsjv8ejbmf7xbby7")


async def test_a_database_of_0_4_goes_on(tmp_path: Path) -> None:
    """Written by 0.4.0 as the other one by 0.3.0: its decisions are listed, its connection reads the books."""
    shutil.copy(LATER, tmp_path / "test.sqlite")
    async with upgraded(tmp_path) as service:
        service.keys["bank"] = LATER_KEY
        listed = (await service.get("/v1/decisions")).json()
        decided = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=LATER_CONNECTION))
    assert {item["decision_id"] for item in listed["items"]} == set(LATER_DECISIONS)
    assert {item["versions"]["policy"] for item in listed["items"]} == {"1"}
    assert (decided.status_code, decided.json()["versions"]["policy"]) == (201, "2")


@pytest.mark.parametrize("identifier", LATER_DECISIONS)
def test_decisions_of_0_4_replay(
    tmp_path: Path, identifier: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From their snapshots, by the command."""
    shutil.copy(LATER, tmp_path / "test.sqlite")
    scoring = in_process(
        {
            "SCORING_DATA_DIR": str(tmp_path),
            "SCORING_DATABASE_URL": f"sqlite:///{tmp_path / 'test.sqlite'}",
            "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        },
        monkeypatch,
        capsys,
    )
    report = json.loads(scoring("replay", identifier).stdout)
    assert (report["agrees"], report["made_from"], report["recorded_service"]) == (True, "snapshot", "0.4.0")
