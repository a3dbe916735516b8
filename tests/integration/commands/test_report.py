"""``report``: figures on people's decisions from the command line, in three forms, and never of a single person."""

import asyncio
import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from command_line import Scoring, on_a_copy
from integration.api.test_cases import banking
from integration.api.test_reports import AGREEMENT, VOTERS, all_vote

AFTER = ("--since", "2026-10-01", "--until", "2026-10-31")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose database has one vote of each of five persons."""
    folder = tmp_path_factory.mktemp("voted")

    async def vote() -> None:
        async with banking(folder) as bank:
            await all_vote(bank)

    asyncio.run(vote())
    return folder


@pytest.fixture
def scoring(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """The commands on a copy of that database, long after."""
    return on_a_copy(made, tmp_path, monkeypatch, capsys)


def test_the_report_is_a_table_csv_or_json(scoring: Scoring) -> None:
    """With the same figures, and without a name; the look is in the trail."""
    table, lines, objects = (
        scoring("report", "--lender", "bank", *AFTER, "--format", form) for form in ("table", "csv", "json")
    )
    assert {done.returncode for done in (table, lines, objects)} == {0}
    found = {row["figure"]: row for row in csv.DictReader(lines.stdout.splitlines())}
    votes = json.loads(objects.stdout)["votes"]
    assert found["votes"]["count"] == "5"
    assert votes["votes"] == 5
    assert found["from the claim to the vote"]["value"] == "median 10 min"
    assert found["referred to a person"]["value"] == "100.0 %"
    assert found["referred to a person"]["interval"] == "56.5 to 100.0 %"
    assert "median 10 min" in table.stdout
    assert not any(name in done.stdout for name in (*VOTERS, "pri_") for done in (table, lines, objects))
    trail = scoring("audit", "--action", "report.read", "--format", "json").stdout.splitlines()
    assert [json.loads(row)["object"] for row in trail] == ["2026-10-01..2026-10-31"] * 3


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--lender", "nobody"), "nobody"),
        (("--lender", "bank", "--since", "2026-11-01", "--until", "2026-10-01"), "--since"),
        (("--lender", "bank", "--since", "2020-01-01", "--until", "2026-10-01"), "1100 days"),
        (("--lender", "bank", "--persons"), "persons"),
    ],
)
def test_what_cannot_be_reported_is_told(scoring: Scoring, asked: tuple[str, ...], told: str) -> None:
    """Status 2 and one line; there is no option for single persons."""
    done = scoring("report", *asked)
    assert done.returncode != 0
    assert told in done.stderr + done.stdout


def test_an_altered_case_is_named(scoring: Scoring, tmp_path: Path) -> None:
    """On standard error; the others are counted."""
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as database:
        (case,) = database.execute("SELECT min(id) FROM cases").fetchone()
        database.execute("UPDATE case_steps SET facts = '{}' WHERE case_id = ? AND number = 1", (case,))
        database.commit()
    done = scoring("report", "--lender", "bank", *AFTER, "--format", "csv")
    assert f"left out, since they were altered: {case}" in done.told
    assert "cases opened,,4,," in done.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (AGREEMENT.replace("retention_days = 20", "retention_days = 0"), "retention_days"),
        (AGREEMENT.replace("[lenders.bank]", "[lender.bank]"), "lender"),
        (None, "cannot be read"),
    ],
)
def test_the_service_does_not_start_with_an_agreement_that_does_not_hold(
    scoring: Scoring, tmp_path: Path, content: str | None, told: str
) -> None:
    """Status 2 and the key, before it listens."""
    path = tmp_path / "agreement.toml"
    if content is not None:
        path.write_text(content)
    done = scoring("serve", SCORING_WORKS_AGREEMENT_FILE=str(path))
    assert done.returncode == 2
    assert "SCORING_WORKS_AGREEMENT_FILE" in done.told
    assert told in done.told
