"""Contacts on the command line, read over HTTP from the local sevdesk: only where the firm agreed, and nowhere kept."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import postgres
import pytest
import service
import uvicorn
from command_line import Done, Scoring
from leaks import leaks, texts_of
from links import a_link, send
from service import KEY_MATERIAL, SIGNING_KEYS, TOKEN, running, settings_in
from unit.sandbox_server.building import TODAY, books_of, contact, ref

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault, Faults
from scoring.store.principals import Role

BOTH = ["decision", "contacts"]
PERSONA = next(persona for persona in PERSONAS if persona.firm == "sole-trader")


def firm(*further: dict[str, Any]) -> Books:
    """Two customers, one of them a person, and a supplier."""
    return books_of(
        contact(31, update="2026-09-30T12:00:00+02:00"),
        contact(32, name=None, surename="Erika", familyname="Muster", customerNumber="4711", parent=ref("Contact", 31)),
        contact(33, name="Stahl AG", category=ref("Category", 2), customerNumber=None),
        *further,
    )


LINES = {
    32: "32\tperson\tcustomer\t4711\tErika Muster\t31\t2026-09-01T08:00:00.000Z",
    33: "33\torganisation\tsupplier\t\tStahl AG\t\t2026-09-01T08:00:00.000Z",
    31: "31\torganisation\tcustomer\t31\tKunde 31 GmbH\t\t2026-09-30T10:00:00.000Z",
}


@pytest.fixture(scope="module")
def migrated() -> Iterator[str]:
    """A migrated database; made only where a test asks for it."""
    with postgres.migrated_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def either_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test runs on both kinds of database."""
    if request.param == "sqlite":
        yield
        return
    url = request.getfixturevalue("migrated")
    postgres.empty(url)
    monkeypatch.setattr(service, "database_in", lambda _folder: url)
    yield


@contextmanager
def sevdesk(books: Books, faults: Sequence[Fault] = ()) -> Iterator[str]:
    """The address of a local sevdesk that listens."""
    app = create_sandbox([books], today=lambda: TODAY, faults=Faults(faults))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
    finally:
        server.should_exit = True
        thread.join()


def connected(folder: Path, books: Books, *, asked: Sequence[str] = BOTH, tick: str | None = "yes") -> str:
    """Identifier of a connection that the firm has made on the page of a link."""

    async def connect() -> str:
        async with running(folder, books=[books], is_plain_http=True) as served:
            identifier, path = await a_link(served, purposes=list(asked))
            answer = await send(served, path, token=books.token, contacts=tick)
            assert answer.status_code == 303
            session = (await served.get(f"/v1/connect-sessions/{identifier}")).json()
            connection: str = session["connection_id"]
            return connection

    return asyncio.run(connect())


def environ(folder: Path, url: str, **changes: str) -> dict[str, str]:
    """The settings of a command that reads the service's database."""
    return {
        "SCORING_DATABASE_URL": settings_in(folder).database_url.reveal(),
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        "SCORING_SIGNING_KEYS": SIGNING_KEYS,
        "SCORING_SEVDESK_URL": url,
        "SCORING_SEVDESK_SANDBOX": "true",
    } | changes


@pytest.mark.usefixtures("either_database")
def test_contacts_are_printed_where_the_firm_agreed(scoring: Scoring, tmp_path: Path) -> None:
    """Organisations and persons, of the kind and since the time that was asked for, the last change at the end."""
    connection = connected(tmp_path, firm())
    with sevdesk(firm()) as url:
        for options, ids in (
            ((), [32, 33, 31]),
            (("--kind", "customers"), [32, 31]),
            (("--kind", "suppliers"), [33]),
            (("--since", "2026-09-30"), [31]),
            (("--since", "2026-09-30T10:00:00Z"), [31]),
            (("--since", "2026-09-30T12:00:01+02:00"), []),
            (("--since", "2026-09-01T10:00:00", "--kind", "customers"), [32, 31]),
            (("--since", "2026-09-01T10:00:01", "--kind", "suppliers"), []),
            (("--lender", "bank"), [32, 33, 31]),
        ):
            done = scoring("contacts", connection, *options, **environ(tmp_path, url))
            assert (done.returncode, done.stdout.splitlines()) == (0, [LINES[number] for number in ids]), options


def test_a_program_gets_json(scoring: Scoring, tmp_path: Path) -> None:
    """One document; what is not known is null."""
    connection = connected(tmp_path, firm())
    with sevdesk(firm()) as url:
        done = scoring("contacts", connection, "--json", "--kind", "suppliers", **environ(tmp_path, url))
        none = scoring("contacts", connection, "--json", "--since", "2027-01-01")
    supplier = {
        "id": 33,
        "type": "organisation",
        "category": "supplier",
        "customer_number": None,
        "name": "Stahl AG",
        "parent_id": None,
        "updated_at": "2026-09-01T08:00:00.000Z",
    }
    assert json.loads(done.stdout) == {"connection_id": connection, "contacts": [supplier]}
    assert json.loads(none.stdout)["contacts"] == []


def test_names_of_strangers_do_not_touch_the_window(scoring: Scoring, tmp_path: Path) -> None:
    """No column, line, colour or direction of writing comes from a name; JSON keeps all of it, escaped."""
    name = "A\tB\nC\x1b[31mD\u202eE \N{LATIN SMALL LETTER O WITH DIAERESIS}"
    books = books_of(contact(1, name=name))
    connection = connected(tmp_path, books)
    with sevdesk(books) as url:
        lines = scoring("contacts", connection, **environ(tmp_path, url)).stdout
        text = scoring("contacts", connection, "--json").stdout
    assert lines.split("\t")[4] == "A\ufffdB\ufffdC\ufffd[31mD\ufffdE ö"
    assert len(lines.splitlines()) == 1
    assert text.isascii()
    assert json.loads(text)["contacts"][0]["name"] == name


@pytest.mark.usefixtures("either_database")
@pytest.mark.parametrize(("asked", "tick"), [(["decision"], None), (["decision"], "yes"), (BOTH, None), (BOTH, "no")])
def test_without_the_consent_nothing_is_asked(
    scoring: Scoring, tmp_path: Path, asked: list[str], tick: str | None
) -> None:
    """Not asked for, ticked all the same, or left empty: sevdesk hears nothing, and the command says why."""
    connection = connected(tmp_path, firm(), asked=asked, tick=tick)
    done = scoring("contacts", connection, **environ(tmp_path, "http://127.0.0.1:9/api/v1"))
    refused_with(done, f"the consent of {connection} covers decision, not contacts")


def refused_with(done: Done, said: str) -> None:
    """On one line, with status 2."""
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("scoring: ")]
    assert len(told) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("either_database")
def test_a_lender_states_the_consent_that_it_has_taken_itself(scoring: Scoring, tmp_path: Path) -> None:
    """Until it withdraws the purpose, or deletes the connection."""

    async def change(*steps: str) -> list[str]:
        async with running(tmp_path, books=[firm()]) as served:
            body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": BOTH}
            made = [(await served.post("/v1/connections", body)).json()["connection_id"]] if not steps else []
            for step in steps:
                assert (await served.delete(f"/v1/connections/{step}")).status_code == 204
            return made

    (connection,) = asyncio.run(change())
    with sevdesk(firm()) as url:
        before = scoring("contacts", connection, **environ(tmp_path, url))
        asyncio.run(change(f"{connection}/purposes/contacts"))
        withdrawn = scoring("contacts", connection)
        asyncio.run(change(connection))
        deleted = scoring("contacts", connection)
    assert (before.returncode, len(before.stdout.splitlines())) == (0, 3)
    refused_with(withdrawn, "covers decision, not contacts")
    refused_with(deleted, f"there is no connection '{connection}'")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("con_01j00000000000000000000000",), "there is no connection 'con_01j00000000000000000000000'"),
        (("con_\x00",), "there is no connection 'con_\\x00'"),
        (("MINE", "--lender", "other"), "there is no connection 'con_"),
        (("MINE", "--since", "last week"), "--since 'last week' is not a time: use a day such as 2026-11-30"),
        (("MINE", "--since", "0001-01-01"), "is not a time"),
    ],
)
def test_what_cannot_be_read_is_told(scoring: Scoring, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """Another lender's connection does not exist, as over HTTP."""
    connection = connected(tmp_path, firm())
    given = [connection if argument == "MINE" else argument for argument in arguments]
    with sevdesk(firm()) as url:
        other = ("--lender", "other", "--new-lender", "--role", "apply", "--name", "los")
        scoring("keys", "add", *other, **environ(tmp_path, url))
        refused_with(scoring("contacts", *given, **environ(tmp_path, url)), said)


@pytest.mark.parametrize(
    ("fault", "said", "status"),
    [
        (Fault(status=401), "the token", "rejected"),
        (Fault(status=403), "sevdesk forbids this call", "rejected"),
        (Fault(body="html"), "sevdesk's answer", "working"),
        (Fault(resource="Contact", status=400), "sevdesk refuses the request", "working"),
    ],
)
def test_what_sevdesk_refuses_is_told(scoring: Scoring, tmp_path: Path, fault: Fault, said: str, status: str) -> None:
    """In our words alone, with the address; a token that is rejected is remembered as such until it works again."""
    connection = connected(tmp_path, firm())
    with sevdesk(firm(), [fault]) as url:
        done = scoring("contacts", connection, **environ(tmp_path, url))
        refused_with(done, said)
        assert f"requested at {url}" in done.stderr
    assert asyncio.run(_status(tmp_path)) == status
    with sevdesk(firm()) as url:
        assert scoring("contacts", connection, **environ(tmp_path, url)).returncode == 0
    assert asyncio.run(_status(tmp_path)) == "working"


async def _status(folder: Path) -> str:
    async with running(folder) as served:
        items = (await served.get("/v1/connections")).json()["items"]
        found: str = items[0]["status"]
        return found


def test_without_the_key_no_token_opens(scoring: Scoring, tmp_path: Path) -> None:
    """It says which is missing."""
    connection = connected(tmp_path, firm())
    with sevdesk(firm()) as url:
        refused_with(
            scoring("contacts", connection, **environ(tmp_path, url, SCORING_ENCRYPTION_KEYS="")),
            "the encryption key is missing",
        )


def test_names_are_neither_logged_nor_stored(scoring: Scoring, tmp_path: Path) -> None:
    """At the level that says most; the log tells whose were read, and how many there were."""
    books = PERSONA.books(TODAY)
    connection = connected(tmp_path, books)
    with sevdesk(books) as url:
        done = scoring("contacts", connection, **environ(tmp_path, url, SCORING_LOG_LEVEL="debug"))
    names = {
        text
        for item in books.objects["Contact"]
        for text in (item["name"], item["surename"], item["familyname"])
        if text
    }
    assert len(names) > 10
    assert any(item["name"] is None for item in books.objects["Contact"])
    assert leaks(done.stdout, names) == sorted(names)
    assert leaks(done.stderr, texts_of(books) | names) == []
    told = [json.loads(line) for line in done.stderr.splitlines()]
    read = next(line for line in told if line["event"] == "contacts read")
    assert {name: read[name] for name in ("lender", "connection", "kind", "count")} == {
        "lender": "bank",
        "connection": connection,
        "kind": "all",
        "count": len(books.objects["Contact"]),
    }
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert leaks(stored.decode("latin-1"), {name.encode().decode("latin-1") for name in names}) == []


def test_a_link_of_another_lender_stays_its_own(scoring: Scoring, tmp_path: Path) -> None:
    """The command finds whose connection it is, and opens the token for that lender alone."""

    async def connect() -> str:
        async with running(tmp_path, books=[firm()]) as served:
            key = await served.key(*Role, lender="other")
            body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": BOTH}
            identifier: str = (await served.post("/v1/connections", body, key=key)).json()["connection_id"]
            return identifier

    connection = asyncio.run(connect())
    with sevdesk(firm()) as url:
        mine = scoring("contacts", connection, "--lender", "other", **environ(tmp_path, url))
        foreign = scoring("contacts", connection, "--lender", "bank")
    assert (mine.returncode, len(mine.stdout.splitlines())) == (0, 3)
    refused_with(foreign, f"there is no connection '{connection}'")
