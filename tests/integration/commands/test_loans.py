"""`scoring loans`: a lender's file is taken as a whole or by loans, once, and comes out again."""

import asyncio
from pathlib import Path

import pytest
from command_line import Done, Scoring, in_process
from lending import CONDITIONS, approved, lending
from service import Service, environ_of
from unit.sandbox_server.building import TODAY

HEADER = (
    "loan_ref;entry_ref;kind;happened_on;amount;due_on;condition;decision_id;term_months;annual_rate_percent;proof\n"
)
DAY = "01.10.2026"


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


def a_loan(ref: str, decision_id: str, *, amount: str = "9.000,00") -> str:
    """Lines of a loan that was paid out and is paid back in time so far."""
    lines = [f"{ref};;granted;{DAY};{amount};;;{decision_id};12;7,25"]
    lines += [f"{ref};{name};condition_met;{DAY};;;{name};;;;Akte 7" for name in CONDITIONS]
    lines += [f"{ref};;planned;{DAY};4.600,00;20.1{month}.2026" for month in (1, 2)]
    lines += [f"{ref};out;paid_out;{DAY};{amount}", f"{ref};p1;paid;{DAY};100"]
    return "\n".join(lines) + "\n"


async def run(scoring: Scoring, service: Service, *arguments: str) -> Done:
    """The command on the database of a service."""
    done: Done = await asyncio.to_thread(scoring, "loans", *arguments, **environ_of(service.settings))
    assert "Traceback" not in done.stderr
    return done


async def stored(service: Service) -> dict[str, str]:
    """What was paid, by the reference of the loan."""
    return {one["loan_ref"]: one["paid"]["value"] for one in (await service.get("/v1/loans")).json()["items"]}


async def test_a_file_is_taken_once_and_comes_out_again(tmp_path: Path, scoring: Scoring) -> None:
    """A dry run says the same and stores nothing; a repetition adds nothing; an export is a file that adds nothing."""
    path, copy = tmp_path / "loans.csv", tmp_path / "copy.csv"
    async with lending(tmp_path) as service:
        first, second = await approved(service), await approved(service, borrower_ref="firm-2")
        path.write_text(HEADER + a_loan("A", first) + a_loan("B", second), encoding="cp1252")
        dry = await run(scoring, service, "import", str(path), "--lender", "bank", "--dry-run")
        assert await stored(service) == {}
        taken = await run(scoring, service, "import", str(path), "--lender", "bank")
        assert await stored(service) == {"A": "100.00", "B": "100.00"}
        again = await run(scoring, service, "import", str(path), "--lender", "bank")
        out = await run(scoring, service, "export", "--lender", "bank", "--out", str(copy))
        back = await run(scoring, service, "import", str(copy), "--lender", "bank")
        verified = await asyncio.to_thread(scoring, "verify", **environ_of(service.settings))
        trail = (await service.get("/v1/audit", action="loan.granted")).json()["items"]
    new = "new_loans\t2\nnew_entries\t18\nknown_entries\t0\nleft_out\t0 lines\n"
    assert (dry.returncode, dry.stdout) == (0, new + "dry run: nothing was stored\n")
    assert (taken.returncode, taken.stdout) == (0, new)
    known = "new_loans\t0\nnew_entries\t0\nknown_entries\t18\nleft_out\t0 lines\n"
    assert (again.returncode, again.stdout, back.returncode, back.stdout) == (0, known, 0, known)
    assert out.stdout == f"2 loans written to {copy}\n"
    assert verified.returncode == 0
    assert len(trail) == 2


async def test_all_or_nothing_unless_partial(tmp_path: Path, scoring: Scoring) -> None:
    """Lines that cannot be read and loans that cannot be are named with their lines; the others wait, or go."""
    path = tmp_path / "loans.csv"
    async with lending(tmp_path) as service:
        first, second = await approved(service), await approved(service, borrower_ref="firm-2")
        bad = a_loan("B", second, amount="99.999.999,00") + "C;x;paid;32.10.2026;5\n"
        path.write_text(HEADER + a_loan("A", first) + bad)
        whole = await run(scoring, service, "import", str(path), "--lender", "bank")
        assert await stored(service) == {}
        partial = await run(scoring, service, "import", str(path), "--lender", "bank", "--partial")
        found = await stored(service)
    assert (whole.returncode, partial.returncode) == (1, 1)
    assert whole.stdout.endswith(
        "left_out\t11 lines\nnothing was stored, because not all of it could be; see --partial\n"
    )
    assert partial.stdout == "new_loans\t1\nnew_entries\t9\nknown_entries\t0\nleft_out\t11 lines\n"
    for done in (whole, partial):
        assert f"lines 12 to 21, loan 'B': decision {second} approves up to" in done.stderr
        assert "line 22, loan 'C': happened_on: '32.10.2026' is not a day such as" in done.stderr
    assert found == {"A": "100.00"}


async def test_nothing_of_a_loan_stays_that_fails_at_its_last_line(tmp_path: Path, scoring: Scoring) -> None:
    """Neither the loan nor its first entries; the reason is that of the interface."""
    path = tmp_path / "loans.csv"
    async with lending(tmp_path) as service:
        lines = [line for line in a_loan("A", await approved(service)).splitlines() if "contract" not in line]
        path.write_text(HEADER + "\n".join(lines) + "\n")
        done = await run(scoring, service, "import", str(path), "--lender", "bank", "--partial")
        listed = await stored(service)
    assert done.returncode == 1
    assert "not possible while a condition is open: contract is not confirmed on 2026-10-01" in done.stderr
    assert listed == {}


async def test_what_cannot_be_read_at_all_is_told(tmp_path: Path, scoring: Scoring) -> None:
    """Status 2, and nothing is stored."""
    path = tmp_path / "loans.csv"
    path.write_text("a,b\n1,2\n")
    async with lending(tmp_path) as service:
        answers = [
            await run(scoring, service, "import", str(tmp_path / "none.csv"), "--lender", "bank"),
            await run(scoring, service, "import", str(path), "--lender", "bank"),
            await run(scoring, service, "import", str(path), "--lender", "bank", "--column", "amount"),
        ]
        path.write_text(HEADER)
        answers.append(await run(scoring, service, "import", str(path), "--lender", "bnak"))
        answers.append(await run(scoring, service, "export", "--lender", "bank", "--out", str(path)))
    assert [one.returncode for one in answers] == [2] * 5
    said = ["cannot be read", "names no column for loan_ref", "must be NAME=NAME", "known: bank", "is there already"]
    for one, text in zip(answers, said, strict=True):
        assert text in one.stderr
