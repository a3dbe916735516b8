"""A database as version 0.3.0 left it behind: this version migrates it and goes on with everything in it.

``database_0_3.sqlite`` was written by 0.3.0 and is never written anew: one key, one person, the sandbox's firm
``small-business`` on the day of the tests, connected by a link, and two decisions on it. Its pages have 1,024 bytes, to
be small.
"""

import asyncio
import hashlib
import json
import re
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from command_line import in_process
from documents import A_PDF
from lending import enter, entry, euro
from people import visiting
from service import KEY_MATERIAL, SIGNING_KEYS, Service, application, running, settings_in
from signing import SIGNER
from sqlalchemy import NullPool, create_engine
from unit.sandbox_server.building import TODAY

from sandbox.firms.personas import PERSONAS
from scoring.__main__ import app
from scoring.commands.database import migrate_database
from scoring.runtime.serving import load_serving
from scoring.runtime.settings import Settings
from scoring.store.schema import revision
from scoring.store.tables import HEAD
from scoring.usecases.verify import verify_chain

DATABASE = Path(__file__).parent / "database_0_3.sqlite"
KEY = "hbk_4elvjglv_M5-M8J_Mj9vvyNY6K40y1yZc9O4IIUvkHdrxJyCoz8M"
CONNECTION = "con_01m3veg580ph1ftr04x0pjtbpp"
SESSION = "cns_01m3veg580evqbw42wnpbcahnq"
DECLINED, REFERRED = "dec_01m3vej0t8nm6n6kvs8eyr9tna", "dec_01m3vekwcgdsbgfa0dfmq7f0bz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a service that finds the old database, after its operator has migrated it."""
    return migrated(DATABASE, tmp_path)


def migrated(database: Path, folder: Path) -> Path:
    """A copy of a database in a folder, migrated by the command."""
    shutil.copy(database, folder / "test.sqlite")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in environ(folder).items():
            monkeypatch.setenv(name, value)
        app(["migrate"], exit_on_error=False, result_action="return_value")
    return folder


def environ(folder: Path) -> dict[str, str]:
    """The settings of a command in that folder."""
    return {
        "SCORING_DATA_DIR": str(folder),
        "SCORING_DATABASE_URL": f"sqlite:///{folder / 'test.sqlite'}",
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        "SCORING_SIGNING_KEYS": SIGNING_KEYS,
    }


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


LATER = {
    "0_4": (
        "hbk_7qqun73g_EHS2yRFopxFS9rnmRVgH90fCQ8ZT6xd1N7caAoggXes",
        "con_01m3veg580mbccpdtc5ejvzncc",
        ("dec_01m3veg5802204h8n5j88xnej2", "dec_01m3veg580gsjv8ejbmf7xbby7"),
        "1",
    ),
    "0_5": (
        "hbk_ypmuaukq_dmntDk5oNbi1VrDXrG8yMNWGDchUqYr4hmhaDiS7pf0",
        "con_01m3veg5801tjq59b4rs8yhtb9",
        ("dec_01m3veg58044q6axwak733d8d7", "dec_01m3vehzv0v24qmb877n1d15jy"),
        "2",
    ),
    "0_6": (
        "hbk_pissn2gx_IsK6mub6fbVrcS_EqFG8-v3d8DYG2NYLXl2M1lqZv1E",
        "con_01m3veg580js08esjmtnyhzv6m",
        ("dec_01m3veg5803cfg22g8zyxvsgsm", "dec_01m3vehzv08xeamdc2yz3djdwb"),
        "2",
    ),
    "0_7": (
        "hbk_vlf7ai3r_a2INhDG7idpSnu-UcGXFwDk-Pz3yibVY1YHIb2iM5-w",
        "con_01m3veg580dmtqjqfydwrp71fp",
        ("dec_01m3veg580t6xa0qqx8mrgpkgb", "dec_01m3veg580s58adtbp97atp43m"),
        "3",
    ),
}
"""Databases written by later versions as the other one by 0.3.0: key, connection, decisions and policy."""


def golden(version: str) -> Path:
    """The database that this version wrote."""
    return Path(__file__).parent / f"database_{version}.sqlite"


def _schema(version: str) -> str | None:
    engine = create_engine(f"sqlite:///{golden(version)}", poolclass=NullPool)
    with engine.connect() as connection:
        return revision(connection)


OLDER = [version for version in ("0_3", *LATER) if _schema(version) != HEAD]
"""Those whose schema has to be migrated."""


@pytest.mark.parametrize("version", LATER)
async def test_a_database_of_a_later_version_goes_on(tmp_path: Path, version: str) -> None:
    """Its decisions are listed, its connection reads the books."""
    key, connection, decisions, policy = LATER[version]
    async with upgraded(await asyncio.to_thread(migrated, golden(version), tmp_path)) as service:
        service.keys["bank"] = key
        listed = (await service.get("/v1/decisions")).json()
        decided = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=connection))
    assert {item["decision_id"] for item in listed["items"]} == set(decisions)
    assert {item["versions"]["policy"] for item in listed["items"]} == {policy}
    assert (decided.status_code, decided.json()["versions"]["policy"]) == (201, "4")


CASE, LOAN = "cas_01m3veg580s58adtbp97atp43m", "lon_01m3vehzv0q3sqjhfab03zy4fr"
"""Of the second decision of 0.7: a person asked, approved and lent."""


async def test_what_persons_did_in_0_7_goes_on(tmp_path: Path) -> None:
    """Steps, document, guarantor, notice and loan are there, the loan takes an entry, and all is as it was signed."""
    key, _, (_, decision), _ = LATER["0_7"]
    async with upgraded(await asyncio.to_thread(migrated, golden("0_7"), tmp_path)) as service:
        service.keys["bank"] = key
        case = (await service.get(f"/v1/cases/{CASE}")).json()
        (document,) = case["documents"]
        file = await service.get(f"/v1/cases/{CASE}/documents/{document['document_id']}")
        guarantors = (await service.get(f"/v1/cases/{CASE}/guarantors")).json()["items"]
        (issued,) = (await service.get(f"/v1/decisions/{decision}/notices")).json()["items"]
        notice = await service.get(f"/v1/notices/{issued['notice_id']}")
        body = entry("paid", "in-2", amount=euro("880.00"))
        paid = await enter(service, LOAN, body)
        report = await verify_chain(service.app.state.database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert [step["kind"] for step in case["steps"]] == [
        "opened",
        "claimed",
        "asked",
        "answered",
        "guarantor_named",
        "filed",
        "voted",
    ]
    assert (case["status"], case["resolution"]["verdict"], case["resolution"]["by_person"]) == (
        "decided",
        "approve",
        True,
    )
    assert file.content == A_PDF
    assert [one["name"] for one in guarantors] == ["Änne Bürgin"]
    assert hashlib.sha256(notice.content).hexdigest() == issued["sha256"]
    assert (paid.status_code, paid.json()["status"]) == (201, "running")
    assert report.findings == ()


@pytest.mark.parametrize(
    ("version", "identifier"),
    [
        *(("0_3", identifier) for identifier in (DECLINED, REFERRED)),
        *((version, identifier) for version, (_, _, decisions, _) in LATER.items() for identifier in decisions),
    ],
)
def test_its_decisions_replay(
    tmp_path: Path, version: str, identifier: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From their snapshots, by the command."""
    scoring = in_process(environ(migrated(golden(version), tmp_path)), monkeypatch, capsys)
    done = scoring("replay", identifier)
    report = json.loads(done.stdout)
    assert (done.returncode, report["agrees"], report["made_from"]) == (0, True, "snapshot")
    assert report["recorded_service"] == version.replace("_", ".") + ".0"


@pytest.mark.parametrize("version", OLDER)
def test_nothing_but_migrate_touches_an_older_schema(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command refuses, says what to do, and leaves each byte as it was: the version before can go on."""
    file = tmp_path / "test.sqlite"
    shutil.copy(golden(version), file)
    before = _content(file)
    scoring = in_process(environ(tmp_path), monkeypatch, capsys)
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = str(server.getsockname()[1])
    for command in (
        ["replay", DECLINED],
        ["keys", "list"],
        ["export", "--out", str(tmp_path / "out")],
        ["serve", "--port", free],
    ):
        done = scoring(*command)
        assert (done.returncode, "scoring migrate" in done.told) == (2, True), (command, done)
    checked = scoring("migrate", "--check")
    assert (checked.returncode, "scoring migrate" in checked.stdout) == (1, True)
    assert _content(file) == before
    assert scoring("migrate").returncode == 0
    assert scoring("migrate", "--check").returncode == 0


OTHER_MATERIAL = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f"k2:{OTHER_MATERIAL}", "encrypted with the key k1, which is not configured"),
        (f"k1:{OTHER_MATERIAL}", "the encryption key 'k1' is not the one that encrypted what is stored"),
    ],
)
@pytest.mark.parametrize("version", OLDER)
def test_a_wrong_key_is_told_before_anything_is_migrated(
    tmp_path: Path,
    version: str,
    keys: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Another key, or other bytes under the same id: the version before can go on."""
    file = tmp_path / "test.sqlite"
    shutil.copy(golden(version), file)
    before = _content(file)
    scoring = in_process(environ(tmp_path) | {"SCORING_ENCRYPTION_KEYS": keys}, monkeypatch, capsys)
    done = scoring("migrate")
    assert (done.returncode, said in done.told, "nothing was migrated" in done.told) == (2, True, True), done
    assert _content(file) == before


def test_the_check_of_a_migration_counts_what_is_not_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the version before stored beside this one; the schema is current, so the status stays 0."""
    shutil.copy(golden("0_5"), tmp_path / "test.sqlite")
    scoring = in_process(environ(tmp_path), monkeypatch, capsys)
    migrate_database(Settings.from_environ(environ(tmp_path)))  # and sign nothing
    before = scoring("migrate", "--check")
    assert scoring("migrate").returncode == 0
    after = scoring("migrate", "--check")
    told = re.fullmatch(
        r"the database can be used with schema \d+\n"
        r"([1-9]\d*) decisions of earlier versions are not signed: run `scoring migrate`"
        r" when the last service of them has stopped\n",
        before.stdout,
    )
    assert told, before.stdout
    assert (before.returncode, after.returncode, after.stdout.count("\n")) == (0, 0, 1)


def _content(file: Path) -> list[str]:
    """Everything in a database, as SQL."""
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


async def test_the_version_before_goes_on_beside_this_one(tmp_path: Path) -> None:
    """0.5 asks `alembic_version` for its own schema, and finds it; what it writes meanwhile, this version goes on with.

    Its rows are those of the database that it wrote: put in with the columns that it knows, and no others.
    """
    await asyncio.to_thread(migrated, golden("0_3"), tmp_path)
    key, connection_id, decisions, _ = LATER["0_5"]
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0010",)]
        # both databases have a borrower of this reference; another one would not be the one of its decisions
        connection.execute("UPDATE borrowers SET borrower_ref = NULL")
        for table, column in (("principals", "name"), ("idempotency", "idempotency_key")):
            connection.execute(f"UPDATE {table} SET {column} = 'of 0.3 ' || {column}")  # noqa: S608  0.5 has the same
        connection.execute("ATTACH DATABASE ? AS written", (str(golden("0_5")),))
        names = "SELECT name FROM written.sqlite_master WHERE type = 'table' AND name NOT LIKE 'alembic%'"
        for (table,) in connection.execute(names).fetchall():
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA written.table_info({table})"))
            copy = f"INSERT OR IGNORE INTO {table} ({columns}) SELECT {columns} FROM written.{table}"  # noqa: S608  names
            connection.execute(copy)
        connection.commit()
    async with upgraded(tmp_path) as service:
        service.keys["bank"] = key
        listed = (await service.get("/v1/decisions")).json()
        decided = await service.post("/v1/decisions", application(sevdesk_token=None, connection_id=connection_id))
        ready = await service.http.get("/health/ready")
    assert set(decisions) | {DECLINED, REFERRED} == {item["decision_id"] for item in listed["items"]}
    assert (decided.status_code, ready.status_code) == (201, 200)


def test_what_nobody_has_signed_is_not_proved(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As 0.5 leaves it beside this version; somebody could have added it."""
    with closing(sqlite3.connect(folder / "test.sqlite")) as connection:
        connection.execute("UPDATE decisions SET salt = NULL")
        connection.execute("DELETE FROM chains WHERE lender_id <> ''")
        connection.execute("DELETE FROM statements WHERE lender_id <> ''")
        connection.execute("DELETE FROM connections")
        connection.execute("DELETE FROM consents")
        connection.commit()
    done = in_process(environ(folder), monkeypatch, capsys)("verify")
    assert done.returncode == 1, done
    assert "2 of earlier versions and not signed: run `scoring migrate`" in done.stdout
    assert "not everything is signed" in done.stdout


@pytest.mark.parametrize(("needed", "status"), [("0010", 200), ("9999", 503)])
async def test_this_version_works_beside_a_later_one_whose_schema_only_adds(
    tmp_path: Path, needed: str, status: int
) -> None:
    """The later one says which schema a version must know at least."""
    await asyncio.to_thread(migrated, golden("0_3"), tmp_path)
    async with upgraded(tmp_path) as service:
        with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection:
            connection.execute("UPDATE schema_version SET version_num = '9999'")
            connection.execute("UPDATE alembic_version SET version_num = ?", (needed,))
            connection.commit()
        ready = await service.http.get("/health/ready")
    assert ready.status_code == status
