"""``report stacking``: what a lender's borrowers owe elsewhere, in three forms."""

import asyncio
import csv
import json
from pathlib import Path

import pytest
from command_line import Scoring, on_a_copy
from integration.api.test_stacking_report import decide, two_lenders
from unit.sandbox_server.building import TODAY

ON = ("--since", TODAY.isoformat(), "--until", TODAY.isoformat())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose database has five borrowers of the bank, and one of another lender."""
    folder = tmp_path_factory.mktemp("decided")

    async def all_decided() -> None:
        async with two_lenders(folder) as service:
            await decide(service, *(f"firm-{number}" for number in range(5)))
            await decide(service, "firm-1", lender="other")

    asyncio.run(all_decided())
    return folder


@pytest.fixture
def scoring(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """The commands on a copy of that database."""
    return on_a_copy(made, tmp_path, monkeypatch, capsys)


def test_the_report_is_a_table_csv_or_json(scoring: Scoring) -> None:
    """With the same figures, of one lender; each look is in the trail."""
    table, lines, objects = (
        scoring("report", "stacking", "--lender", "bank", *ON, "--format", form) for form in ("table", "csv", "json")
    )
    assert {done.returncode for done in (table, lines, objects)} == {0}
    found = {row["figure"]: row for row in csv.DictReader(lines.stdout.splitlines())}
    said = json.loads(objects.stdout)
    iwoca = next(one for one in said["funders"] if one["funder"] == "online/iwoca")
    assert found[f"decisions {TODAY} to {TODAY}"]["borrowers"] == "5"
    assert (found["3 funders"]["borrowers"], found["4 and more funders"]["borrowers"]) == ("5", "0")
    assert found["two or more new facilities"]["borrowers"] == "5"
    assert found["online/iwoca"]["remaining"] == iwoca["remaining"]["value"]
    assert found["online/qonto"]["monthly"] == "too few"
    assert found["online/qonto"]["without instalment"] == "5"
    assert "online/iwoca" in table.stdout
    assert not any("firm-" in done.stdout for done in (table, lines, objects))
    trail = scoring("audit", "--action", "report.stacking_read", "--format", "json").stdout.splitlines()
    assert [json.loads(row)["object"] for row in trail] == [f"{TODAY}..{TODAY}"] * 3


def test_another_lender_is_counted_apart(scoring: Scoring) -> None:
    """Though it has the same firm under the same reference."""
    done = scoring("report", "stacking", "--lender", "other", *ON, "--format", "json")
    assert json.loads(done.stdout)["borrowers"] == 1


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--lender", "nobody"), "nobody"),
        (("--lender", "bank", "--since", "2026-11-01", "--until", "2026-10-01"), "--since"),
        (("--lender", "bank", "--since", "2020-01-01", "--until", "2026-10-01"), "1100 days"),
        (("--lender", "bank", "--product", "investment"), "product"),
    ],
)
def test_what_cannot_be_reported_is_told(scoring: Scoring, asked: tuple[str, ...], told: str) -> None:
    """Status 2 and one line."""
    done = scoring("report", "stacking", *asked)
    assert done.returncode != 0
    assert told in done.stderr + done.stdout
