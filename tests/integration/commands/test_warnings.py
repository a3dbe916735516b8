"""``warnings``: list, show, assign, snooze and answer from the command line."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from command_line import Scoring
from integration.api.test_warnings import TEXT, raised, watching
from people import add
from service import environ_of, settings_in
from sqlalchemy import Table, update

from scoring.store.database import open_database
from scoring.store.principals import Role
from scoring.store.tables import warning_steps, warnings


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


async def damage(folder: Path, table: Table) -> None:
    """Change what is sealed in a table."""
    async with open_database(settings_in(folder).database_url, timeout_seconds=5.0) as database:
        change = update(table).values(sealed=b"x" * 60)
        await database.write_at_once(lambda connection: connection.execute(change))


def test_what_was_altered_is_told_in_one_line(tmp_path: Path, scoring: Scoring) -> None:
    """Without a stack trace."""
    warning_id = asyncio.run(with_one(tmp_path))["warning_id"]
    scoring("warnings", "answer", warning_id, "explained", "--reason", TEXT, **environ_of(settings_in(tmp_path)))
    asyncio.run(damage(tmp_path, warning_steps))
    told = [scoring("warnings", "show", warning_id)]
    asyncio.run(damage(tmp_path, warnings))
    told.append(scoring("warnings", "show", warning_id))
    assert [one.returncode for one in told] == [2, 2]
    assert all("the warning cannot be read" in one.told and "Traceback" not in one.told for one in told)
