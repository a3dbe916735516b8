"""How long loans are kept, what an erasure does to them, and how it is proved that nobody changed them."""

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Scoring, in_process
from lending import a_loan, approved, enter, entry, euro, granting, lending, plan
from postgres import EVERY_ROW
from service import Service, environ_of
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.engine import Connection
from unit.sandbox_server.building import TODAY

from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.tables import loan_entries, loans, statements

DUE = date(2026, 10, 20)
OUT = entry("paid_out", "out", amount=euro("9000.00"))
ALL = entry("redeemed", "all", amount=euro("9010.00"))


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Scoring:
    """Runs commands in this process, on the day of the sandbox."""
    environ = {
        "SCORING_DATA_DIR": str(tmp_path),
        "SCORING_SEVDESK_URL": "http://127.0.0.1:1/api/v1",
        "SCORING_SEVDESK_SANDBOX": "true",
        "SCORING_SANDBOX_TODAY": TODAY.isoformat(),
    }
    return in_process(environ, monkeypatch, capsys)


async def run(scoring: Scoring, service: Service, *arguments: str, **environ: str) -> Any:  # noqa: ANN401  what it did
    """A command on the database of a service."""
    return await asyncio.to_thread(scoring, *arguments, **environ_of(service.settings), **environ)


async def change(service: Service, work: Callable[[Connection], object]) -> None:
    """Change the database behind the service's back."""
    database = Database(service.settings.database_url)
    await database.write_at_once(work)
    await database.close()


async def a_request(service: Service, kind: str) -> str:
    """A request of the borrower with its identity checked."""
    body = {"borrower_ref": "firm-1", "kind": kind, "received_on": "2026-09-15", "identity_check": "in_person"}
    made: str = (await service.post("/v1/subject-requests", body)).json()["subject_request_id"]
    return made


async def complete(service: Service, request: str) -> dict[str, Any]:
    """Carry a request out."""
    done: dict[str, Any] = (await service.post(f"/v1/subject-requests/{request}/completion", None)).json()
    return done


async def test_an_open_loan_keeps_its_borrower_from_erasure_until_it_is_paid_back(
    tmp_path: Path, scoring: Scoring
) -> None:
    """By itself: nobody sets a hold. Payments are taken meanwhile; the end of the loan lets the erasure go on."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service, plan(DUE, amount="9200.00"), OUT)
        request = await a_request(service, "erasure")
        waiting = await complete(service, request)
        assert (waiting["status"], [one["what"] for one in waiting["kept"]]) == ("restricted", ["open_loan"])
        underwriter = await service.key(Role.UNDERWRITE, Role.APPLY)
        hidden = await service.get(f"/v1/loans/{loan_id}", key=underwriter)
        assert (hidden.status_code, hidden.json()["type"]) == (403, "/problems/restricted")
        assert (await service.get("/v1/loans", key=underwriter)).json()["items"] == []
        more = await enter(service, loan_id, entry("paid_out", "more", amount=euro("1.00")))
        assert more.json()["type"] == "/problems/borrower-restricted"
        assert (await run(scoring, service, "retain")).stdout.startswith("erasures\t0\n")
        assert (await enter(service, loan_id, ALL)).json()["is_open"] is False
        assert (await run(scoring, service, "retain")).stdout.startswith("erasures\t1\n")
        done = (await service.get(f"/v1/subject-requests/{request}")).json()
        gone = await service.get(f"/v1/loans/{loan_id}")
        verified = await run(scoring, service, "verify")
    assert done["status"] == "done"
    assert {name: done["destroyed"][name] for name in ("loans", "loan_entries")} == {"loans": 1, "loan_entries": 9}
    assert gone.status_code == 404
    assert (verified.returncode, verified.told.strip()) == (0, "")


async def test_access_is_every_entry_with_what_proves_it(tmp_path: Path) -> None:
    """Corrected ones among them; who at the lender entered it is not in it."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service, plan(DUE, amount="9200.00"))
        met = entry("condition_met", "again", condition="contract", proof="Vertrag Nr. 7")
        await enter(service, loan_id, met)
        request = await a_request(service, "access")
        answer = await service.get(f"/v1/subject-requests/{request}/bundle")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data, page = json.loads(archive.read("data.json")), archive.read("index.html").decode()
    assert [(one["loan_ref"], one["status"]) for one in data["loans"]] == [("loan-1", "granted")]
    assert data["loan_entries"][-1]["proof"] == "Vertrag Nr. 7"
    assert data["loan_entries"][0]["amount_cents"] == 900_000
    assert [one["reason"] for one in data["holds"]] == ["open_loan"]
    assert "Vertrag Nr. 7" in page
    assert "Bedingung bestätigt" in page
    assert "pri_" not in page + json.dumps(data)


async def test_what_proves_an_entry_is_stored_sealed(tmp_path: Path) -> None:
    """With a key of the borrower: no backup shows it after an erasure."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service)
        await enter(service, loan_id, entry("condition_met", "x", condition="identity", proof="Ausweis L01X00T47"))
        database = Database(service.settings.database_url)
        async with database.read() as connection:
            rows = (await connection.execute(text("SELECT * FROM loan_entries"))).all()
        await database.close()
    assert rows[-1].sealed is not None
    assert "L01X00T47" not in str([tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows])


async def test_loans_go_at_the_end_of_their_retention_and_no_sooner(tmp_path: Path, scoring: Scoring) -> None:
    """The day counts from the end of the loan; what is held stays; the chain is as it was signed."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service, plan(DUE, amount="9200.00"), OUT)
        day = (TODAY + timedelta(days=99)).isoformat()
        open_one = await run(scoring, service, "retain", "--dry-run", SCORING_LOAN_DAYS="1", SCORING_SANDBOX_TODAY=day)
        await enter(service, loan_id, ALL)
        counts = []
        for days in ("100", "99"):
            done = await run(scoring, service, "retain", SCORING_LOAN_DAYS=days, SCORING_SANDBOX_TODAY=day)
            counts.append(dict(line.split("\t") for line in done.stdout.splitlines())["loans"])
        gone = await service.get(f"/v1/loans/{loan_id}")
        verified = await run(scoring, service, "verify")
    assert "loans\t0" in open_one.stdout
    assert counts == ["0", "1"]
    assert gone.status_code == 404
    assert (verified.returncode, verified.told.strip()) == (0, "")


def added(connection: Connection) -> None:
    """A payment that nobody made."""
    row = connection.execute(select(loan_entries).where(loan_entries.c.entry_ref == "out")).one()
    content = row.content.replace(b'"paid_out"', b'"paid"').replace(b'"out"', b'"new"')
    fields = dict(row._mapping)
    connection.execute(insert(loan_entries).values(fields | {"number": 99, "entry_ref": "new", "content": content}))


def changed(connection: Connection) -> None:
    """Another amount."""
    mine = loan_entries.c.entry_ref == "out"
    content = connection.execute(select(loan_entries.c.content).where(mine)).scalar_one()
    connection.execute(update(loan_entries).where(mine).values(content=content.replace(b"900000", b"900")))


def removed(connection: Connection) -> None:
    """The whole loan."""
    connection.execute(delete(loan_entries))
    connection.execute(delete(loans))


@EVERY_ROW
@pytest.mark.parametrize(
    ("work", "said"),
    [
        (changed, "has its entry 8 changed"),
        (added, "has an entry 99 that is not in the chain: it was added"),
        (lambda c: c.execute(delete(loan_entries).where(loan_entries.c.number == 3)), "lacks its entry 3"),
        (removed, "was removed"),
        (lambda c: c.execute(update(loans).values(closed_on=date(2020, 1, 1))), "has the day of its end changed"),
        (lambda c: c.execute(update(loan_entries).values(entry_ref="x" + loan_entries.c.entry_ref)), "the reference"),
        (lambda c: c.execute(delete(statements).where(statements.c.kind == "loan")), "not in the chain"),
    ],
)
async def test_what_was_changed_behind_the_back_of_the_service_is_named(
    tmp_path: Path, scoring: Scoring, work: Callable[[Connection], object], said: str
) -> None:
    """By `scoring verify`, with the loan."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service, plan(DUE, amount="9200.00"), OUT)
        assert (await run(scoring, service, "verify")).returncode == 0
        await change(service, work)
        done = await run(scoring, service, "verify")
    assert done.returncode == 1
    assert any(loan_id in line and said in line for line in (done.stdout + done.stderr).splitlines()), done.stdout


async def test_a_restricted_borrower_gets_no_new_loan(tmp_path: Path) -> None:
    """An approval from before does not help."""
    async with lending(tmp_path) as service:
        decision_id = await approved(service)
        await complete(service, await a_request(service, "restriction"))
        refused = await service.post("/v1/loans", granting(decision_id))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/borrower-restricted")


async def test_a_loan_that_was_altered_is_not_shown(tmp_path: Path) -> None:
    """Where its entries contradict each other, or are none; what was altered otherwise is named by `verify`."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service, plan(DUE, amount="9200.00"), OUT)
        mine = loan_entries.c.entry_ref == "out"
        answers = []
        for content in (b'{"kind":"paid","ref":"out","happened_on":"2026-10-01","amount_cents":1}', b"{}"):
            await change(
                service, lambda c, new=content: c.execute(update(loan_entries).where(mine).values(content=new))
            )
            answers.append(await service.get(f"/v1/loans/{loan_id}"))
    for one in answers:
        assert (one.status_code, one.json()["type"]) == (500, "/problems/stored-data-damaged")


@pytest.mark.parametrize(("more", "stored"), [((), []), (("--partial",), ["good"])])
async def test_a_loan_of_a_file_that_fails_leaves_nothing_behind(
    tmp_path: Path, scoring: Scoring, more: tuple[str, ...], stored: list[str]
) -> None:
    """Nor does it undo the others where they are to be taken: on both databases."""
    path = tmp_path / "loans.csv"
    async with lending(tmp_path) as service:
        first, second = await approved(service), await approved(service, borrower_ref="firm-2")
        lines = [
            "loan_ref,entry_ref,kind,happened_on,amount,decision_id,term_months,annual_rate_percent",
            *(f"{name},,granted,{TODAY},9000,{of},12,7" for name, of in (("bad", first), ("good", second))),
            f"bad,out,paid_out,{TODAY},1",
        ]
        path.write_text("\n".join(lines))
        done = await run(scoring, service, "loans", "import", str(path), "--lender", "bank", *more)
        found = [one["loan_ref"] for one in (await service.get("/v1/loans")).json()["items"]]
        verified = await run(scoring, service, "verify")
    assert done.returncode == 1
    assert "lines 2 to 4, loan 'bad': paid_out 'out' of 2026-10-01 is not possible" in done.stderr
    assert found == stored
    assert verified.returncode == 0
