"""What this version stores, as golden files for the versions after it.

    .venv/bin/python tests/golden_release.py    once, before a release

It writes a database into ``tests/integration/old_database``, and two decisions with their snapshots into
``tests/integration/api/golden``; a file that is there already is never written anew. It prints what the tests want to
know of them.

The database has one key of every role and one person, the sandbox's firm ``small-business`` on the day of the tests,
connected by a link, two decisions on it, and what persons did with the second one: a question to the firm, a document,
a guarantor, a vote, a notice, a loan that was paid out, and a payment.
"""

import asyncio
import hashlib
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import structlog
from documents import A_PDF
from lending import HEALTHY, enter, entry, euro, granting, plan
from links import a_link, hidden_fields, send
from people import PASSWORD, add
from service import Service, a_lenders_file, application, running, settings_in
from sqlalchemy import select
from unit.sandbox_server.building import TODAY

from sandbox.firms.personas import PERSONAS
from scoring.base.deadlines import months_after
from scoring.base.secrets import Cipher
from scoring.base.version import SERVICE_VERSION
from scoring.runtime.serving import load_serving
from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.snapshots import load
from scoring.store.tables import decisions

HERE = Path(__file__).parent / "integration"
VERSION = "_".join(SERVICE_VERSION.split(".")[:2])


async def write() -> None:
    """Both kinds of files."""
    with TemporaryDirectory() as folder:
        await _database(Path(folder))
    with TemporaryDirectory() as folder:
        await _decisions(Path(folder))


async def _database(folder: Path) -> None:
    firms = {persona.firm: persona for persona in PERSONAS}
    business, trader = firms["small-business"], firms["sole-trader"]
    serving = load_serving(settings_in(folder))
    async with running(
        folder,
        books=[business.books(TODAY), trader.books(TODAY)],
        serving=serving,
        is_plain_http=True,
        lenders_file=a_lenders_file(folder),
    ) as service:
        await add(service, name="anna")
        voter = await service.key(Role.UNDERWRITE, name="fritz", kind="person")
        session, path = await a_link(service)
        await send(service, path, token=business.token)
        connection = (await service.get(f"/v1/connect-sessions/{session}")).json()["connection_id"]
        body = application(sevdesk_token=None, connection_id=connection)
        first = _made(await service.post("/v1/decisions", body, **{"Idempotency-Key": "application-1"}))
        asked = {"borrower_ref": "trader-1", "legal_form": "einzelunternehmen", "amount": euro("10000.00")}
        second = _made(await service.post("/v1/decisions", application(sevdesk_token=trader.token, **asked)))
        case, loan = await _decided(service, second, voter)
        print("key", service.keys["bank"])  # noqa: T201
        for name, value in {
            "password": PASSWORD,
            "connection": connection,
            "decisions": (first["decision_id"], second["decision_id"]),
            "policy": first["versions"]["policy"],
            "case": case,
            "loan": loan,
        }.items():
            print(name, value)  # noqa: T201
    _compact(folder / "test.sqlite", HERE / "old_database" / f"database_{VERSION}.sqlite")


async def _decided(service: Service, decision: dict[str, Any], voter: str) -> tuple[str, str]:
    """What persons do with an application that was referred; returns case and loan."""
    case = decision["links"]["case"].rpartition("/")[2]
    at = f"/v1/cases/{case}"
    await service.post(f"{at}/claim", None, key=voter)
    sender = {"name": "Muster Bank", "privacy_url": "https://bank.example/p", "privacy_email": "privacy@bank.example"}
    item = {"kind": "explanation", "text": "Warum ist die Rechnung so lange offen?"}
    inquiry = _made(await service.post(f"{at}/inquiries", {"items": [item], "lender": sender}, key=voter))
    service.clock.advance(minutes=1)
    await _answered(service, inquiry["url"])
    guarantor = {"name": "Änne Bürgin", "consented_on": TODAY.isoformat()}
    _made(await service.post(f"{at}/guarantors", guarantor, key=voter))
    sent = await service.http.post(
        f"{at}/documents",
        params={"name": "abschluss.pdf"},
        content=A_PDF,
        headers={"Authorization": f"Bearer {voter}", "Content-Type": "application/octet-stream"},
    )
    _made(sent)
    _made(await service.post(f"{at}/claim", None, key=voter))
    step = (await service.get(at, key=voter)).json()["step"]
    vote = {"step": step, "verdict": "approve", "reason": "data_explained", "text": "Abschluss gesehen"}
    _made(await service.post(f"{at}/votes", {**vote, "annual_rate_percent": "9.90"}, key=voter))
    notice = await service.get(f"/v1/decisions/{decision['decision_id']}/notice")
    if notice.status_code != 200:
        raise SystemExit(notice.text)
    terms = {"amount": euro("10000.00"), "term_months": 12, "annual_rate_percent": "9.90"}
    loan: str = _made(await service.post("/v1/loans", granting(decision["decision_id"], **terms)))["loan_id"]
    conditions = (await service.get(f"/v1/loans/{loan}")).json()["open_conditions"]
    for name in conditions:
        _made(await enter(service, loan, entry("condition_met", f"c-{name}", condition=name)))
    _made(await enter(service, loan, entry("paid_out", "out-1", amount=euro("10000.00"))))
    due = [months_after(TODAY, number) for number in range(1, 13)]
    _made(await enter(service, loan, plan(*due, amount="880.00")))
    _made(await enter(service, loan, entry("paid", "in-1", amount=euro("900.00"))))
    return case, loan


async def _answered(service: Service, url: str) -> None:
    """As the firm: explain, on the page of the link."""
    path = urlsplit(url).path
    fields = {name: value or "" for name, value in hidden_fields((await service.http.get(path)).text).items()}
    words = fields | {"text-1": "Der Kunde zahlt in Raten."}
    sent = await service.http.post(path, data=words, files=[("file-0", ("", b""))])
    if sent.status_code >= 400:
        raise SystemExit(sent.text)


async def _decisions(folder: Path) -> None:
    """One approved, one declined, each from a firm that a register knows."""
    (failing,) = (persona for persona in PERSONAS if persona.firm == "failing-builder")
    books = [HEALTHY.books(TODAY), failing.books(TODAY)]
    async with running(folder, books=books, serving=load_serving(settings_in(folder))) as service:
        for name, persona, amount in (("approve", HEALTHY, "9000.00"), ("decline", failing, "20000.00")):
            body = application(amount=euro(amount), sevdesk_token=persona.token, payout_iban=persona.iban)
            made = _made(await service.post("/v1/decisions", body))
            if made["verdict"] != name:
                raise SystemExit(f"{persona.firm}: {made['verdict']}")
            database = Database(service.settings.database_url)
            chosen = select(decisions.c.record).where(decisions.c.id == made["decision_id"])
            async with database.read() as transaction:
                record = (await transaction.execute(chosen)).scalar_one()
            cipher = Cipher(service.settings.encryption_keys, os.urandom)
            snapshot = await load(database, cipher, lender_id="bank", decision_id=made["decision_id"])
            await database.close()
            golden = HERE / "api" / "golden"
            _new(golden / f"decision_{VERSION}_{name}.json", record)
            _new(golden / f"snapshot_{VERSION}_{name}.bin", snapshot)
            print(f'"{VERSION}_{name}": "{hashlib.sha256(record).hexdigest()}", {made["versions"]["model"]}')  # noqa: T201


def _made(answer: Any) -> dict[str, Any]:  # noqa: ANN401  a response
    if not answer.is_success:
        raise SystemExit(f"{answer.request.url}: {answer.text}")
    said: dict[str, Any] = answer.json() if answer.content else {}
    return said


def _compact(written: Path, kept: Path) -> None:
    """One file with small pages, without a log beside it."""
    with closing(sqlite3.connect(written, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=DELETE", "PRAGMA page_size=1024", "VACUUM"):
            connection.execute(statement)
    _new(kept, written.read_bytes())


def _new(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)


if __name__ == "__main__":
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()], logger_factory=structlog.ReturnLoggerFactory()
    )
    asyncio.run(write())
