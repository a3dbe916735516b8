"""What was signed is what is stored: every change behind the service's back is named, and refused where it is read."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import jwcrypto.jwk
import jwcrypto.jws
import pytest
from command_line import Done, Scoring, in_process
from links import a_link, send
from postgres import EVERY_ROW
from service import SIGNING_KEYS, TOKEN, Service, a_serving, application, environ_of, running, settings_in
from signing import SIGNER, replace_facts, replace_record
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.engine import Connection

from scoring.base.secrets import Secret
from scoring.base.signing import SigningKeys, new_signing_keys, salted_digest
from scoring.decisions.statements import OPERATOR, digest_of
from scoring.runtime.runtime import open_runtime
from scoring.store.database import Database
from scoring.store.statements import WrongSigningKeyError
from scoring.store.tables import (
    borrowers,
    case_steps,
    cases,
    chains,
    connect_sessions,
    connections,
    consents,
    decisions,
    document_numbers,
    idempotency,
    policies,
    snapshots,
    statements,
)

Change = Callable[[Connection, str, str], object]
"""Takes the first and the second decision of bank."""


@asynccontextmanager
async def busy(folder: Path, **changes: object) -> AsyncIterator[tuple[Service, str, str]]:
    """A service with two decisions of one lender, one of another, a connection and a consent."""
    async with running(folder, is_plain_http=True, **changes) as service:
        service.keys["other"] = await service.key("apply", "audit", lender="other")  # type: ignore[arg-type]
        made = []
        for number in (1, 2):
            body = application(borrower_ref=f"firm-{number}", purpose="Werkbank")
            answer = await service.post("/v1/decisions", body, **{"Idempotency-Key": f"key-{number}"})
            made.append(answer.json()["decision_id"])
        await service.post("/v1/decisions", application(), key=service.keys["other"])
        _, path = await a_link(service, purposes=["decision", "contacts"])
        await send(service, path, contacts="yes")
        yield service, made[0], made[1]


async def tamper(service: Service, change: Callable[[Connection], object]) -> None:
    """Change the database behind the service's back."""
    database = Database(service.settings.database_url)
    await database.write_at_once(change)
    await database.close()


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Scoring:
    """Runs commands in this process."""
    return in_process({"SCORING_DATA_DIR": str(tmp_path)}, monkeypatch, capsys)


async def verified(scoring: Scoring, service: Service, *arguments: str) -> Done:
    """How `verify` ends."""
    return await asyncio.to_thread(scoring, "verify", *arguments, **environ_of(service.settings))


def changed_record(connection: Connection, decision_id: str, old: bytes, new: bytes) -> None:
    """Other bytes with a digest that fits."""
    content = connection.execute(select(decisions.c.record).where(decisions.c.id == decision_id)).scalar_one()
    assert old in content
    values = {"record": (found := content.replace(old, new)), "sha256": hashlib.sha256(found).hexdigest()}
    connection.execute(update(decisions).where(decisions.c.id == decision_id).values(**values))


def removed(connection: Connection, decision_id: str) -> None:
    """A decision and all that hangs on it."""
    for table in (snapshots, document_numbers, idempotency):
        connection.execute(delete(table).where(table.c.decision_id == decision_id))
    for table in (case_steps, cases):
        connection.execute(delete(table).where(table.c.decision_id == decision_id))
    connection.execute(delete(decisions).where(decisions.c.id == decision_id))


def copied(connection: Connection, decision_id: str) -> None:
    """The same row again, under another identifier."""
    row = connection.execute(select(decisions).where(decisions.c.id == decision_id)).one()
    other = decision_id[:-1] + ("0" if decision_id[-1] != "0" else "1")
    connection.execute(insert(decisions).values(**dict(row._mapping) | {"id": other}))


def cut(connection: Connection, decision_id: str) -> None:
    """Everything from a decision on, with the end of the chain put back."""
    mine = statements.c.lender_id == "bank"
    number = connection.execute(
        select(statements.c.number).where(mine & (statements.c.object_id == decision_id))
    ).scalar_one()
    for row in connection.execute(select(statements).where(mine & (statements.c.number >= number))).all():
        if row.kind == "decision":
            removed(connection, row.object_id)
    connection.execute(delete(consents))
    connection.execute(delete(connections))
    connection.execute(delete(statements).where(mine & (statements.c.number >= number)))
    before = select(statements.c.sha256).where(mine & (statements.c.number == number - 1))
    head = connection.execute(before).scalar_one()
    connection.execute(update(chains).where(chains.c.lender_id == "bank").values(number=number - 1, head=head))


def swapped(connection: Connection) -> None:
    """The references of two borrowers of one lender, each under the secret of the other."""
    mine = borrowers.c.lender_id == "bank"
    for old, new in (("firm-1", "between"), ("firm-2", "firm-1"), ("between", "firm-2")):
        connection.execute(update(borrowers).where(mine & (borrowers.c.borrower_ref == old)).values(borrower_ref=new))


def added_consent(connection: Connection) -> None:
    """A consent that nobody gave, in the place of one that was."""
    row = dict(connection.execute(select(consents)).one()._mapping)
    connection.execute(delete(consents))
    link = dict(connection.execute(select(connect_sessions)).one()._mapping)
    another = "y" if link["id"].endswith("x") else "x"
    link |= {"id": link["id"][:-1] + another, "secret_sha256": "f" * 64, "connection_id": None}
    connection.execute(insert(connect_sessions).values(**link))
    connection.execute(insert(consents).values(**row | {"connect_session_id": link["id"]}))


CHANGES: dict[str, tuple[Change, str]] = {
    "moved to another lender": (
        lambda c, first, _: c.execute(update(decisions).where(decisions.c.id == first).values(lender_id="other")),
        "was moved to lender other",
    ),
    "moved to another borrower": (
        lambda c, first, second: c.execute(
            update(decisions)
            .where(decisions.c.id == first)
            .values(borrower_id=select(decisions.c.borrower_id).where(decisions.c.id == second).scalar_subquery())
        ),
        "was moved to borrower bor_",
    ),
    "a record of the past": (
        lambda c, first, _: changed_record(c, first, b'"valid_until":"2026-10-', b'"valid_until":"2027-10-'),
        "was changed: it is not what was signed",
    ),
    "another verdict with a statement made to fit": (
        lambda c, first, _: c.execute(
            update(statements).where(statements.c.object_id == first).values(signed="e30.e30.")
        ),
        "is no signed statement",
    ),
    "the moment": (
        lambda c, first, _: c.execute(
            update(decisions).where(decisions.c.id == first).values(created_at="2020-01-01T00:00:00.000Z")
        ),
        "has the column created_at changed",
    ),
    "a verdict that lists are filtered by": (
        lambda c, first, _: c.execute(update(decisions).where(decisions.c.id == first).values(verdict="approve")),
        "has the column verdict changed",
    ),
    "an idempotency key that leads to another": (
        lambda c, _, second: c.execute(
            update(idempotency).where(idempotency.c.idempotency_key == "key-1").values(decision_id=second)
        ),
        "is the answer to an idempotency key that it was not made for",
    ),
    "removed": (lambda c, first, _: removed(c, first), "was removed"),
    "added": (lambda c, first, _: copied(c, first), "is not in the chain: it was moved here or added"),
    "a purpose": (
        lambda c, _f, _s: c.execute(update(connections).values(purposes="decision,contacts,write_back")),
        "has another borrower, source or purpose than was signed",
    ),
    "a connection removed": (lambda c, _f, _s: c.execute(delete(connections)), "was removed"),
    "the words of a consent": (
        lambda c, _f, _s: c.execute(update(consents).values(text="Ich willige in alles ein.\n")),
        "is a consent that was changed",
    ),
    "a policy": (
        lambda c, _f, _s: c.execute(update(policies).values(content=b'version = "2"')),
        "policy 4 was changed",
    ),
    "the references of two borrowers": (
        lambda c, _f, _s: swapped(c),
        "stands under another reference than the borrower's for whom it was made",
    ),
    "the secret that proves a reference": (
        lambda c, _f, _s: c.execute(update(borrowers).values(sealed_key=b"")),
        "has a borrower whose reference cannot be proved",
    ),
    "a reference removed": (
        lambda c, _f, _s: c.execute(update(borrowers).values(borrower_ref=None)),
        "has a borrower whose reference cannot be proved",
    ),
    "a consent that nobody gave": (lambda c, _f, _s: added_consent(c), "is a consent that is not in the chain"),
    "a consent removed": (
        lambda c, _f, _s: c.execute(delete(consents)),
        "is a consent that was removed, and its connection is there",
    ),
    "a policy added": (
        lambda c, _f, _s: c.execute(
            insert(policies).values(sha256="f" * 64, version="9", content=b"", first_seen_at="2026-01-01T00:00:00.000Z")
        ),
        "policy 9 is not in the chain",
    ),
    "the digest beside a record": (
        lambda c, first, _: c.execute(update(decisions).where(decisions.c.id == first).values(sha256="f" * 64)),
        "has another digest beside it",
    ),
    "where a chain ends": (
        lambda c, _f, _s: c.execute(delete(chains).where(chains.c.lender_id == "bank")),
        "the end of the chain was removed",
    ),
    "a statement removed": (
        lambda c, first, _: c.execute(delete(statements).where(statements.c.object_id == first)),
        "statement 1 was removed",
    ),
    "a statement put in another's place": (
        lambda c, first, second: c.execute(
            update(statements)
            .where(statements.c.object_id == first)
            .values(
                signed=select(statements.c.signed).where(statements.c.object_id == second).scalar_subquery(),
            )
        ),
        "was moved: it is number 2 of bank",
    ),
    "the end removed": (
        lambda c, _f, _s: c.execute(delete(statements).where(statements.c.kind == "consent")),
        "was removed, or the end of the chain was changed",
    ),
}


async def test_what_was_not_touched_is_as_it_was_signed(tmp_path: Path, scoring: Scoring) -> None:
    """Of every lender, and of the operator."""
    async with busy(tmp_path) as (service, _, _):
        done = await verified(scoring, service)
    assert done.returncode == 0, done
    assert "bank: 4 statements, 2 decisions as signed\n" in done.stdout
    assert "other: 1 statement, 1 decision" in done.stdout
    assert "operator: 1 statement" in done.stdout
    assert "all is as it was signed" in done.stdout


@EVERY_ROW
@pytest.mark.parametrize("change", CHANGES)
async def test_every_change_is_named(tmp_path: Path, scoring: Scoring, change: str) -> None:
    """By what it is, with exit status 1."""
    work, said = CHANGES[change]
    async with busy(tmp_path) as (service, first, second):
        await tamper(service, lambda connection: work(connection, first, second))
        done = await verified(scoring, service)
    assert done.returncode == 1, done
    assert said in done.stdout
    assert "Traceback" not in done.stderr


async def test_one_change_of_a_record_is_one_finding(tmp_path: Path, scoring: Scoring) -> None:
    """Columns and references beside a record that was changed are not judged by what it says now."""
    async with busy(tmp_path) as (service, first, _):
        await tamper(service, lambda c: changed_record(c, first, b'"verdict":"decline"', b'"verdict":"approve"'))
        done = await verified(scoring, service)
    told = [line for line in done.stdout.splitlines() if line.startswith("  ")]
    assert told == [f"  {first} was changed: it is not what was signed"], done


UNSEEN = [
    "moved to another lender",
    "moved to another borrower",
    "a record of the past",
    "a verdict that lists are filtered by",
    "the moment",
    "the references of two borrowers",
]


@pytest.mark.parametrize("change", UNSEEN)
async def test_a_changed_decision_is_not_shown(tmp_path: Path, change: str) -> None:
    """Neither to its lender nor to another one, and the list names it."""
    work, _ = CHANGES[change]
    async with busy(tmp_path) as (service, first, second):
        await tamper(service, lambda connection: work(connection, first, second))
        lender = "other" if "lender" in change else "bank"
        answer = await service.get(f"/v1/decisions/{first}", key=service.keys[lender])
        receipt = await service.get(f"/v1/decisions/{first}/receipt", key=service.keys[lender])
        listed = (await service.get("/v1/decisions", key=service.keys[lender])).json()
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/stored-data-damaged")
    assert receipt.status_code == (200 if "references" in change else 500)  # a receipt names no reference
    assert first in listed["damaged"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET record = 7 WHERE id = :first",
        "UPDATE decisions SET record = 'text' WHERE id = :first",
        "UPDATE decisions SET salt = 7 WHERE id = :first",
        "UPDATE decisions SET verdict = CAST(x'ff41' AS TEXT) WHERE id = :first",
        "UPDATE statements SET signed = CAST(x'ff41' AS TEXT) WHERE object_id = :first",
        "UPDATE statements SET signed = x'ff00' WHERE object_id = :first",
        "UPDATE statements SET number = 'seven' WHERE object_id = :first",
        "UPDATE statements SET lender_id = x'ff' WHERE object_id = :first",
        "UPDATE statements SET signed = (SELECT signed FROM statements WHERE kind = 'policy') WHERE object_id = :first",
        "UPDATE borrowers SET borrower_ref = x'ff' WHERE borrower_ref = 'firm-1' AND :first <> ''",
        "UPDATE policies SET content = 7 WHERE :first <> ''",
        "UPDATE connections SET purposes = x'ff' WHERE :first <> ''",
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_values_that_no_version_stores_are_findings_and_hide_nothing(
    tmp_path: Path, scoring: Scoring, statement: str
) -> None:
    """SQLite takes every type in every column; neither the proof nor a list ends there."""
    async with busy(tmp_path) as (service, first, second):
        await tamper(service, lambda c: c.execute(text(statement), {"first": first}))
        done = await verified(scoring, service)
        answer = await service.get("/v1/decisions")
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert answer.status_code == 200
    assert second in [one["decision_id"] for one in answer.json()["items"]]


async def test_a_key_that_was_turned_to_another_decision_answers_nothing(tmp_path: Path) -> None:
    """The caller must not take another firm's decision for its own."""
    work, _ = CHANGES["an idempotency key that leads to another"]
    async with busy(tmp_path) as (service, first, second):
        await tamper(service, lambda connection: work(connection, first, second))
        body = application(borrower_ref="firm-1", purpose="Werkbank")
        answer = await service.post("/v1/decisions", body, **{"Idempotency-Key": "key-1"})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/stored-data-damaged")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_key_that_was_signed_with_the_salt_alone_still_leads_to_its_decision(
    tmp_path: Path, scoring: Scoring
) -> None:
    """As the first versions that signed did; `verify` finds no fault with it, and with another key it does."""
    body = application(borrower_ref="firm-2", purpose="Werkbank")

    def sign_anew(connection: Connection, decision_id: str) -> None:
        salt = connection.execute(select(decisions.c.salt).where(decisions.c.id == decision_id)).scalar_one()
        replace_facts(connection, decision_id, key=salted_digest(salt, b"key-2"))
        last = select(statements).where(statements.c.object_id == decision_id)
        row = connection.execute(last).one()
        after = (statements.c.lender_id == "bank") & (statements.c.number > row.number)
        connection.execute(delete(statements).where(after))
        values = {"number": row.number, "head": row.sha256}
        connection.execute(update(chains).where(chains.c.lender_id == "bank").values(**values))
        connection.execute(delete(consents))
        connection.execute(delete(connections))

    async with busy(tmp_path) as (service, _, second):
        await tamper(service, lambda connection: sign_anew(connection, second))
        answer = await service.post("/v1/decisions", body, **{"Idempotency-Key": "key-2"})
        done = await verified(scoring, service)
        renamed = update(idempotency).where(idempotency.c.decision_id == second).values(idempotency_key="key-3")
        await tamper(service, lambda connection: connection.execute(renamed))
        other = await service.post("/v1/decisions", body, **{"Idempotency-Key": "key-3"})
        turned = await verified(scoring, service)
    assert (answer.status_code, answer.json()["decision_id"]) == (201, second)
    assert done.returncode == 0, done
    assert (other.status_code, other.json()["type"]) == (500, "/problems/stored-data-damaged")
    assert f"{second} is the answer to an idempotency key that it was not made for" in turned.stdout


async def test_without_the_encryption_key_verify_says_what_it_does_not_prove(tmp_path: Path, scoring: Scoring) -> None:
    """What only the secrets of borrowers prove is no fault then."""
    async with busy(tmp_path) as (service, _, _):
        nothing = {name: "" for name in environ_of(service.settings) if "ENCRYPTION" in name}
        done = await asyncio.to_thread(scoring, "verify", **environ_of(service.settings) | nothing)
    assert done.returncode == 0, done
    assert (
        "without the encryption key, neither references of borrowers nor idempotency keys can be proved" in done.stdout
    )


async def test_what_was_cut_off_shows_against_a_checkpoint(tmp_path: Path, scoring: Scoring) -> None:
    """And only there: without one, `verify` says that it cannot see it."""
    async with busy(tmp_path) as (service, _, second):
        line = await asyncio.to_thread(scoring, "checkpoint", **environ_of(service.settings))
        kept = tmp_path / "kept.jws"
        kept.write_text(line.stdout)
        before = await verified(scoring, service, "--checkpoints", str(kept))
        await tamper(service, lambda connection: cut(connection, second))
        (tmp_path / "checkpoints.jws").unlink(missing_ok=True)
        without, after = await verified(scoring, service), await verified(scoring, service, "--checkpoints", str(kept))
    assert (before.returncode, "1 checkpoint fits" in before.stdout) == (0, True)
    assert (without.returncode, "cannot be seen" in without.stdout) == (0, True)
    assert (after.returncode, "statement 2 to 4 was removed: a checkpoint has it" in after.stdout) == (1, True)


async def test_what_was_put_in_the_place_of_the_end_shows_against_two_checkpoints(
    tmp_path: Path, scoring: Scoring
) -> None:
    """A service that goes on after a cut signs another statement of the same number, and a checkpoint of it."""
    async with busy(tmp_path) as (service, _, second):
        earlier = await asyncio.to_thread(scoring, "checkpoint", **environ_of(service.settings))
        await tamper(service, lambda connection: cut(connection, second))
        for number in (3, 4, 5):  # up to the number of the first checkpoint
            await service.post("/v1/decisions", application(borrower_ref=f"firm-{number}"))
        later = await asyncio.to_thread(scoring, "checkpoint", **environ_of(service.settings))
        kept = tmp_path / "kept.jws"
        kept.write_text(earlier.stdout + later.stdout)
        done = await verified(scoring, service, "--checkpoints", str(kept))
    assert (done.returncode, "statement 4 is another one in two checkpoints" in done.stdout) == (1, True), done


async def test_a_service_writes_checkpoints_by_itself(tmp_path: Path, scoring: Scoring) -> None:
    """At its start, and whenever the chains have grown, into a file that only its owner can read."""
    async with busy(tmp_path):
        pass
    async with running(tmp_path) as service:
        await asyncio.sleep(0.2)
        done = await verified(scoring, service)
    path = tmp_path / "checkpoints.jws"
    assert path.stat().st_mode & 0o777 == 0o600
    assert (done.returncode, "checkpoints fit" in done.stdout) == (0, True)


async def test_a_part_of_a_chain_is_verified_between_two_checkpoints(tmp_path: Path, scoring: Scoring) -> None:
    """What was changed before is not looked at, what was changed within is named."""
    async with busy(tmp_path) as (service, first, _):
        kept = tmp_path / "kept.jws"
        environ = environ_of(service.settings)
        lines = [(await asyncio.to_thread(scoring, "checkpoint", **environ)).stdout]
        service.clock.advance(days=3)
        later = (await service.post("/v1/decisions", application())).json()["decision_id"]
        service.clock.advance(days=3)
        now = service.clock()
        signed = await service.app.state.database.read_at_once(lambda c: SIGNER.checkpoint(c, now))
        kept.write_text(_at(lines[0], "2026-10-01T10:00:00.000Z") + "\n" + signed + "\n")
        between = ("--checkpoints", str(kept), "--since", "2026-10-03", "--until", "2026-10-05")
        whole = await verified(scoring, service, *between)
        await tamper(service, lambda c: changed_record(c, first, b'"gmbh"', b'"ug"'))
        outside = await verified(scoring, service, *between)
        await tamper(service, lambda c: changed_record(c, later, b'"gmbh"', b'"ug"'))
        within = await verified(scoring, service, *between)
        unknown = await verified(scoring, service, *between[:2], "--since", "2026-09-01")
    assert [whole.returncode, outside.returncode, within.returncode] == [0, 0, 1], (whole, outside, within)
    assert f"{later} was changed" in within.stdout
    assert (unknown.returncode, "no checkpoint before 2026-09-01" in unknown.told) == (2, True)


def _at(line: str, moment: str) -> str:
    """A checkpoint of another moment: commands have the clock of the machine."""
    content = json.loads(SIGNER.keys.verify(line.strip()))
    return SIGNER.keys.sign(json.dumps(content | {"at": moment}).encode())


async def test_a_receipt_is_proved_offline_and_by_a_library_that_is_not_ours(tmp_path: Path, scoring: Scoring) -> None:
    """With the public keys alone."""
    async with busy(tmp_path) as (service, first, _):
        receipt = await service.get(f"/v1/decisions/{first}/receipt")
        shown = (await service.get(f"/v1/decisions/{first}")).json()
        public = await service.get("/v1/signing-keys")
        foreign = await service.get(f"/v1/decisions/{first}/receipt", key=service.keys["other"])
    (tmp_path / "receipt.json").write_bytes(receipt.content)
    (tmp_path / "keys.jwks").write_bytes(public.content)
    proving = ("verify", "--receipt", str(tmp_path / "receipt.json"), "--keys", str(tmp_path / "keys.jwks"))
    nowhere = {"SCORING_DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none"}
    proved = await asyncio.to_thread(scoring, *proving, **nowhere)
    content = receipt.json()
    token = jwcrypto.jws.JWS()
    token.allowed_algs = ["Ed25519"]
    token.deserialize(content["statement"], jwcrypto.jwk.JWK(**public.json()["keys"][0]))
    statement = json.loads(token.payload)
    assert foreign.status_code == 404
    assert "d" not in public.json()["keys"][0]
    assert (proved.returncode, proved.stdout.startswith(f"proved: {first} of bank, statement 1 of")) == (0, True)
    assert (statement["lender"], statement["object"], statement["at"]) == ("bank", first, shown["created_at"])
    assert shown["links"]["receipt"] == f"/v1/decisions/{first}/receipt"
    assert shown["asked_by"].startswith("pri_")
    assert b"Werkbank" not in receipt.content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r | {"record": r["record"].replace('"gmbh"', '"ug"')}, "the record is not the one that was signed"),
        (lambda r: r | {"salt": "AAAAAAAAAAAAAAAAAAAAAA=="}, "the record is not the one that was signed"),
        (lambda r: r | {"statement": r["statement"][:-4] + "AAAA"}, "was changed: its signature does not fit"),
        (lambda r: r | {"statement": "x"}, "is no signed statement"),
        (lambda r: {"statement": r["statement"]}, "the file is no receipt of a decision"),
        (lambda r: [r], "the file is no receipt of a decision"),
        (lambda r: r | {"salt": "ü"}, "the file is no receipt of a decision"),
    ],
    ids=["record", "salt", "signature", "statement", "part", "list", "odd salt"],
)
async def test_a_receipt_that_was_changed_is_not_proved(
    tmp_path: Path, scoring: Scoring, change: Callable[[dict[str, str]], object], said: str
) -> None:
    """With exit status 1 and the reason."""
    async with running(tmp_path) as service:
        made = (await service.post("/v1/decisions", application())).json()["decision_id"]
        receipt = (await service.get(f"/v1/decisions/{made}/receipt")).json()
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(change(receipt)))
    done = await asyncio.to_thread(scoring, "verify", "--receipt", str(path), SCORING_SIGNING_KEYS=SIGNING_KEYS)
    assert (done.returncode, said in done.stdout) == (1, True), done


async def test_a_receipt_of_another_deployment_is_not_proved(tmp_path: Path, scoring: Scoring) -> None:
    """Its key is not among those that are given."""
    async with running(tmp_path) as service:
        made = (await service.post("/v1/decisions", application())).json()["decision_id"]
        (tmp_path / "receipt.json").write_bytes((await service.get(f"/v1/decisions/{made}/receipt")).content)
    other = new_signing_keys(lambda size: b"\x07" * size)
    proving = ("verify", "--receipt", str(tmp_path / "receipt.json"))
    done = await asyncio.to_thread(scoring, *proving, SCORING_SIGNING_KEYS=other)
    assert (done.returncode, "was signed with the key 's00010203', which is not given" in done.stdout) == (1, True)


async def test_keys_are_changed_and_earlier_statements_stay_valid(tmp_path: Path, scoring: Scoring) -> None:
    """The new key signs, the old one is left as its public part; without it, its statements cannot be proved."""
    async with busy(tmp_path):
        pass
    new, old = (json.loads(text)["keys"][0] for text in (new_signing_keys(lambda size: b"\x07" * size), SIGNING_KEYS))
    del old["d"]
    both, alone = json.dumps({"keys": [new, old]}), json.dumps({"keys": [new]})
    async with running(tmp_path, signing_keys=Secret(both)) as service:
        made = await service.post("/v1/decisions", application())
        listed = (await service.get("/v1/decisions")).json()["items"]
        environ = environ_of(service.settings)
        proved = await asyncio.to_thread(scoring, "verify", **environ | {"SCORING_SIGNING_KEYS": both})
        lost = await asyncio.to_thread(scoring, "verify", **environ | {"SCORING_SIGNING_KEYS": alone})
    assert (made.status_code, len(listed)) == (201, 3)
    assert (proved.returncode, lost.returncode) == (0, 2)
    assert "was signed with the key 's00010203', which is not given" in lost.told


@pytest.mark.parametrize("same_name", [False, True])
async def test_a_wrong_key_is_noticed_before_it_signs(tmp_path: Path, scoring: Scoring, same_name: bool) -> None:  # noqa: FBT001
    """By services and commands, also where it has the name of the right one."""
    async with busy(tmp_path) as (service, _, _):
        environ = environ_of(service.settings)
    other = json.loads(new_signing_keys(lambda size: b"\x07" * size))
    if same_name:
        other["keys"][0]["kid"] = "s00010203"
    wrong = json.dumps(other)
    done = await asyncio.to_thread(scoring, "models", "list", **environ)
    refused = await asyncio.to_thread(scoring, "migrate", **environ | {"SCORING_SIGNING_KEYS": wrong})
    with pytest.raises(WrongSigningKeyError, match="newest statement of"):
        async with open_runtime(settings_in(tmp_path, signing_keys=Secret(wrong)), serving=a_serving()):
            pass
    assert done.returncode == 0
    assert (refused.returncode, "restore the key that was in use" in refused.told) == (2, True), refused


async def test_a_forged_statement_does_not_stop_the_service(tmp_path: Path, scoring: Scoring) -> None:
    """The key verifies those before it, so it is no wrong key: the service starts, and verify names the statement."""
    async with busy(tmp_path) as (service, _, _):
        forged = SIGNER.keys.sign(b"{}")[:-8] + "AAAAAAAA"

        def add(connection: Connection) -> None:
            row = connection.execute(select(chains).where(chains.c.lender_id == OPERATOR)).one()
            values = {"lender_id": OPERATOR, "number": row.number + 1, "kind": "promotion", "object_id": "sme/1"}
            connection.execute(insert(statements).values(**values, signed=forged, sha256=digest_of(forged)))
            mine = update(chains).where(chains.c.lender_id == OPERATOR)
            connection.execute(mine.values(number=row.number + 1, head=digest_of(forged)))

        await tamper(service, add)
    async with running(tmp_path) as service:
        ready = await service.get("/health/ready")
        done = await verified(scoring, service)
    assert ready.status_code == 200
    assert (done.returncode, "was changed: its signature does not fit" in done.stdout) == (1, True), done


async def test_the_digest_of_a_body_cannot_be_guessed(tmp_path: Path) -> None:
    """It is not the plain digest of the request, and the same request of another borrower has another."""
    async with busy(tmp_path) as (service, _, _):
        body = json.dumps(application(borrower_ref="firm-1", purpose="Werkbank"), sort_keys=True, separators=(",", ":"))
        stored = await service.app.state.database.read_at_once(
            lambda c: c.execute(select(idempotency.c.body_sha256)).scalars().all()
        )
    assert hashlib.sha256(body.encode()).hexdigest() not in stored


async def test_statements_of_one_lender_follow_each_other_whoever_adds_them(tmp_path: Path, scoring: Scoring) -> None:
    """Twelve decisions at once are twelve links of one chain."""
    async with running(tmp_path) as service:
        posts = (service.post("/v1/decisions", application(borrower_ref=f"firm-{n % 3}")) for n in range(12))
        answers = await asyncio.gather(*posts)
        done = await verified(scoring, service)
    assert [answer.status_code for answer in answers] == [201] * 12
    assert "bank: 12 statements, 12 decisions as signed" in done.stdout


async def test_purposes_that_were_added_give_nothing(tmp_path: Path, scoring: Scoring) -> None:
    """Neither contacts nor entries: the command proves them against what was signed."""
    async with running(tmp_path) as service:
        made = (await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN})).json()
        await tamper(service, lambda c: c.execute(update(connections).values(purposes="decision,contacts")))
        environ = environ_of(service.settings)
        done = await asyncio.to_thread(scoring, "contacts", made["connection_id"], **environ)
    assert (done.returncode, "are not those that were signed" in done.told) == (2, True), done


@pytest.mark.parametrize("placed", ["another connection's", "an earlier one"])
async def test_a_statement_about_something_else_gives_no_purpose(tmp_path: Path, scoring: Scoring, placed: str) -> None:
    """Signed it is, but not about this connection, or not the newest about it."""
    wanted = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": ["decision", "contacts"]}
    async with running(tmp_path) as service:
        rich = (await service.post("/v1/connections", wanted)).json()["connection_id"]
        target = rich
        if placed == "an earlier one":
            await service.delete(f"/v1/connections/{rich}/purposes/contacts")
        else:
            poor = wanted | {"borrower_ref": "firm-2", "purposes": ["decision"]}
            target = (await service.post("/v1/connections", poor)).json()["connection_id"]

        def place(c: Connection) -> None:
            mine = (statements.c.kind == "connection") & (statements.c.object_id == rich)
            row = c.execute(select(statements).where(mine).order_by(statements.c.number)).first()
            assert row is not None
            c.execute(insert(statements).values(**dict(row._mapping) | {"object_id": target, "number": 99}))
            c.execute(update(connections).where(connections.c.id == target).values(purposes="decision,contacts"))

        await tamper(service, place)
        done = await asyncio.to_thread(scoring, "contacts", target, **environ_of(service.settings))
    assert (done.returncode, "are not those that were signed" in done.told) == (2, True), done


async def test_a_record_signed_anew_in_its_place_shows_in_the_chain(tmp_path: Path, scoring: Scoring) -> None:
    """Who has the key can forge a statement, but not without changing every later one and every checkpoint."""
    async with busy(tmp_path) as (service, first, _):
        content = (await service.get(f"/v1/decisions/{first}/receipt")).json()["record"].replace('"gmbh"', '"ug"')
        await tamper(service, lambda c: replace_record(c, first, content.encode()))
        done = await verified(scoring, service)
    assert (done.returncode, "statement 2 does not follow the one before it" in done.stdout) == (1, True)
    assert SigningKeys(SIGNING_KEYS).can_sign
