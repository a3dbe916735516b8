"""``watch``: a lender's borrowers against the firms that the model learned from, in three forms."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from command_line import Scoring, on_a_copy
from integration.api.test_stacking_report import STACKED, decide
from lending import serving
from service import running
from unit.sandbox_server.building import TODAY

from scoring.store.principals import Role

ON = ("--since", TODAY.isoformat(), "--until", TODAY.isoformat())
BORROWERS = 31


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose database has the same books thirty-one times, and one decision of another lender."""
    folder = tmp_path_factory.mktemp("decided")

    async def all_decided() -> None:
        async with running(folder, books=[STACKED], serving=serving()) as service:
            service.keys["other"] = await service.key(*Role, lender="other")
            await decide(service, *(f"firm-{number}" for number in range(BORROWERS)))
            await decide(service, "firm-1", lender="other")

    asyncio.run(all_decided())
    return folder


@pytest.fixture
def scoring(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """The commands on a copy of that database."""
    return on_a_copy(made, tmp_path, monkeypatch, capsys)


def test_a_portfolio_of_one_kind_of_firm_is_told(scoring: Scoring) -> None:
    """All borrowers are in one bin of each feature: status 3, the same in all forms; each look is in the trail."""
    table, objects, gauges, page = (
        scoring("watch", "--lender", "bank", *ON, "--format", form) for form in ("table", "json", "prometheus", "html")
    )
    assert {done.returncode for done in (table, objects, gauges, page)} == {3}
    said = json.loads(objects.stdout)
    assert (said["scored"], said["without_score"], said["of_other_models"]) == (BORROWERS, 0, 0)
    assert "score" in said["alarms"]
    assert f"Moved: {', '.join(said['alarms'])}." in " ".join(table.stdout.split())
    assert f'scoring_watch_decisions{{lender="bank",model="{said["model"]}"}} {float(BORROWERS)}' in gauges.stdout
    assert f'scoring_watch_alarm{{lender="bank",model="{said["model"]}",what="score"}} 1.0' in gauges.stdout
    psi = {one["name"]: one["psi"] for one in said["features"]}
    assert f'feature="score"}} {psi["score"]!r}' in gauges.stdout
    assert "<strong>Moved beyond chance:</strong> " + ", ".join(said["alarms"]) in page.stdout
    assert page.stdout.count("<svg") == 2
    assert "<script" not in page.stdout
    assert said["overrides"] is None
    assert all("so few persons" in done.stdout or "too few of them" in done.stdout for done in (table, page))
    assert not any("firm-" in done.stdout for done in (table, objects, gauges, page))
    trail = scoring("audit", "--action", "model.watched", "--format", "json").stdout.splitlines()
    assert [json.loads(row)["object"] for row in trail] == [f"{TODAY}..{TODAY}"] * 4


def test_one_borrower_is_compared_with_nothing(scoring: Scoring) -> None:
    """Of another lender: it is told that there are too few, and not that nothing has moved."""
    done = scoring("watch", "--lender", "other", *ON)
    assert (done.returncode, "Fewer than 30 scores: nothing is compared." in done.stdout) == (0, True)
    assert "Nothing has moved" not in done.stdout
    gauges = scoring("watch", "--lender", "other", *ON, "--format", "prometheus").stdout
    assert "scoring_watch_decisions" in gauges
    assert "scoring_watch_alarm" not in gauges


def test_the_model_must_be_named_where_natural_persons_have_their_own(scoring: Scoring, tmp_path: Path) -> None:
    """The policy of the newest decision says so; a name is followed."""
    line = f'[natural_persons]\nmodel = {{ name = "persons", version = "1", manifest_sha256 = "{"0" * 64}" }}\n'
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
        for sha256, content in connection.execute("SELECT sha256, content FROM policies").fetchall():
            text = content.decode().replace("[natural_persons]\n", line)
            assert text != content.decode()
            connection.execute("UPDATE policies SET content = ? WHERE sha256 = ?", (text.encode(), sha256))
    silent = scoring("watch", "--lender", "bank", *ON)
    named = scoring("watch", "--lender", "bank", *ON, "--model", "sme/4")
    assert silent.returncode == 2
    told = " ".join(silent.stderr.split())
    assert "natural persons with a model of its own, persons/1: say which to watch" in told
    assert "decisions in these days are by sme/4 (--model)" in told
    assert named.returncode == 3


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--lender", "nobody"), "nobody"),
        (("--lender", "bank", "--since", "2026-11-01", "--until", "2026-10-01"), "--since"),
        (("--lender", "bank", "--since", "2020-01-01", "--until", "2020-02-01"), "no decision of bank looks at a day"),
        (
            ("--lender", "bank", "--since", "2020-01-01", "--until", "2020-02-01", "--model", "sme/4"),
            "to 2020-02-01 is by sme/4, as it is registered here",
        ),
        (("--lender", "bank", "--since", "0001-01-01", "--until", "0001-03-01"), "0001-01-01 is before 1970-01-01"),
        (("--lender", "bank", "--until", "0001-01-05"), "0001-01-05 is before 1970-01-01"),
        (("--lender", "bank", "--until", "9999-12-31"), "9999-12-31 is before 1970-01-01 or after 8999-12-31"),
        (("--lender", "bank", *ON, "--model", "sme/99"), "sme 99 is not registered"),
        (("--lender", "bank", *ON, "--model", "sme"), "'sme' is no model: write name and version"),
        (("--lender", "bank", *ON, "--format", "pdf"), "pdf"),
    ],
)
def test_what_cannot_be_watched_is_told(scoring: Scoring, asked: tuple[str, ...], told: str) -> None:
    """Status 2 and one line."""
    done = scoring("watch", *asked)
    assert done.returncode not in (0, 1, 3)
    assert told in " ".join((done.stderr + done.stdout).split())
