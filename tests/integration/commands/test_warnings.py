"""``warnings``: list, show, assign, snooze and answer from the command line."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from command_line import Scoring
from integration.api.test_warnings import TEXT, raised, watching
from people import add
from service import environ_of, settings_in

from scoring.store.principals import Role


async def with_one(folder: Path) -> dict[str, Any]:
    """A warning, and a person who may have it."""
    async with watching(folder) as service:
        await add(service, Role.UNDERWRITE, name="anna")
        return await raised(service)


def test_warnings_by_command(tmp_path: Path, scoring: Scoring) -> None:
    """What is not there, too late or nobody's is told with what to do."""
    warning_id = asyncio.run(with_one(tmp_path))["warning_id"]
    listed = scoring("warnings", "list", "--lender", "bank", **environ_of(settings_in(tmp_path)))
    assigned = scoring("warnings", "assign", warning_id, "anna")
    nobodys = scoring("warnings", "assign", warning_id, "berta")
    until = date.today() + timedelta(days=30)  # noqa: DTZ011  the command's own day
    snoozed = scoring("warnings", "snooze", warning_id, "--until", str(until), "--reason", TEXT)
    too_far = scoring("warnings", "snooze", warning_id, "--until", "2099-01-01", "--reason", TEXT)
    blank = scoring("warnings", "answer", warning_id, "explained", "--reason", " ")
    answered = scoring("warnings", "answer", warning_id, "explained", "--reason", TEXT)
    late = scoring("warnings", "snooze", warning_id, "--until", str(until), "--reason", TEXT)
    shown = scoring("warnings", "show", warning_id)
    none = scoring("warnings", "show", "wrn_none")
    only = scoring("warnings", "list", "--state", "answered")
    assert {line.split("\t")[2] for line in listed.stdout.splitlines()} == {"concentration", "young_books"}
    assert assigned.stdout == f"{warning_id} is anna's\n"
    assert "no person of this name" in nobodys.told
    assert snoozed.stdout == f"{warning_id} is snoozed until {until}\n"
    assert "at most 90 days" in too_far.told
    assert "--reason" in blank.told
    assert answered.stdout == f"{warning_id} is answered\n"
    assert "was answered" in late.told
    assert [one.returncode for one in (nobodys, too_far, blank, late, none)] == [2] * 5
    assert "`warnings list` lists them" in none.told
    assert [line.split("\t")[0] for line in only.stdout.splitlines()] == [warning_id]
    assert TEXT in shown.stdout
    assert "owner\tanna" in shown.stdout
