"""``schedules``: what an operator sees of what the service does by itself."""

import asyncio
from pathlib import Path

import pytest
from command_line import Scoring
from integration.api.test_schedules import scheduler_of
from service import running

from scoring.decisions.schedules import Schedule, Task


async def a_night(folder: Path) -> None:
    """A service that has seen its schedules, and a night with a failure."""
    night = Schedule(task=Task.RETENTION, at="03:17")
    lost = Schedule(task=Task.PORTFOLIO, at="05:00", lender="nobody")
    async with running(folder) as service:
        scheduler = scheduler_of(service, retention=night, lost=lost)
        await scheduler.look()
        service.clock.advance(days=1)
        await scheduler.look()


def test_an_operator_lists_shows_and_runs_schedules(tmp_path: Path, scoring: Scoring) -> None:
    """What failed says why; what is asked for waits for a service, and stands in the audit trail."""
    asyncio.run(a_night(tmp_path))
    url = f"sqlite:///{tmp_path / 'test.sqlite'}"
    path = tmp_path / "schedules.toml"
    path.write_text(
        '[retention]\ntask = "retention"\nat = "03:17"\n\n[lost]\ntask = "portfolio"\nat = "05:00"\nlender = "nobody"\n'
        '[new]\ntask = "watching"\nat = "05:00"\non = "friday"\n'
    )
    listed = scoring("schedules", "list", SCORING_DATABASE_URL=url, SCORING_SCHEDULES=str(path))
    shown = scoring("schedules", "show", "lost")
    asked = scoring("schedules", "run", "lost")
    after = scoring("schedules", "show", "lost")
    scoring("schedules", "run", "retention")
    added = scoring("schedules", "show", "retention")
    audited = scoring("audit", "--action", "schedule.run")
    unknown = [scoring("schedules", what, "nobody") for what in ("show", "run")]
    lines = [line.split("\t") for line in listed.stdout.splitlines()]
    assert [(line[0], line[1], line[2]) for line in lines] == [
        ("retention", "retention", "daily at 03:17"),
        ("lost", "portfolio", "daily at 05:00"),
        ("new", "watching", "each Friday at 05:00"),
    ]
    assert lines[0][4] == "done (2026-10-02 03:17)"
    assert lines[1][4] == "waiting (2026-10-02 05:00)"
    assert lines[2][4] == "not seen yet by a service"
    assert "error: there is no lender 'nobody'; known: bank" in shown.stdout
    assert asked.stdout == "lost waits; `schedules show lost` tells what becomes of it\n"
    assert shown.stdout.split("\t")[1:3] == ["waiting", "1"]
    assert after.stdout.split("\t")[1:3] == ["waiting", "0"]
    assert len(added.stdout.splitlines()) == 2
    assert "schedule.run" in audited.stdout
    for one in unknown:
        assert one.returncode == 2
        assert one.told == "scoring: there is no schedule 'nobody'; known: retention, lost, new\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[night]\ntask = 'retention'\nat = '25:00'", '[night] at = "25:00" is no time of day: write it as "03:17"'),
        (None, "cannot be read (No such file or directory)"),
    ],
)
@pytest.mark.parametrize("command", [("serve",), ("schedules", "list")])
def test_schedules_that_do_not_hold_are_told_where(
    tmp_path: Path, scoring: Scoring, command: tuple[str, ...], content: str | None, told: str
) -> None:
    """Before anything is started."""
    path = tmp_path / "own.toml"
    if content is not None:
        path.write_text(content)
    refused = scoring(*command, SCORING_SCHEDULES=str(path), SCORING_DATA_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert refused.told == f"scoring: SCORING_SCHEDULES: {path}: {told}\n"
