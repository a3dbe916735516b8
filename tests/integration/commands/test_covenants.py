"""``covenants``: list, show, waive and end from the command line."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

from command_line import Scoring
from integration.api.test_covenants import TEXT, borrowed
from integration.commands.test_warnings import damage
from service import environ_of, settings_in

from scoring.store.tables import covenant_steps


async def with_one(folder: Path) -> str:
    """A covenant that failed its test."""
    async with borrowed(folder) as firm:
        made = await firm.agree()
        await firm.look()
        found: str = made.json()["covenant_id"]
        return found


def test_covenants_by_command(tmp_path: Path, scoring: Scoring) -> None:
    """What is not there, too late or too far away is told with what to do."""
    covenant_id = asyncio.run(with_one(tmp_path))
    listed = scoring("covenants", "list", "--lender", "bank", **environ_of(settings_in(tmp_path)))
    until = date.today() + timedelta(days=30)  # noqa: DTZ011  the command's own day
    waived = scoring("covenants", "waive", covenant_id, "--until", str(until), "--reason", TEXT)
    too_far = scoring("covenants", "waive", covenant_id, "--until", "2099-01-01", "--reason", TEXT)
    blank = scoring("covenants", "end", covenant_id, "--reason", "\u200b ")
    ended = scoring("covenants", "end", covenant_id, "--reason", TEXT)
    late = scoring("covenants", "end", covenant_id, "--reason", TEXT)
    shown = scoring("covenants", "show", covenant_id)
    none = scoring("covenants", "show", "cov_none")
    only = scoring("covenants", "list", "--state", "breached")
    assert listed.stdout.split("\t")[0::6][:2] == [covenant_id, "breached"]
    assert waived.stdout == f"{covenant_id}: tests that fail are waived until {until}\n"
    assert "at most 366 days" in too_far.told
    assert "--reason" in blank.told
    assert ended.stdout == f"{covenant_id} ended\n"
    assert "has ended" in late.told
    assert [one.returncode for one in (too_far, blank, late, none)] == [2] * 4
    assert "`covenants list` lists them" in none.told
    assert only.stdout == ""
    assert [line.split("\t")[1] for line in shown.stdout.splitlines()[-3:]] == ["tested", "waived", "ended"]
    asyncio.run(damage(tmp_path, covenant_steps))
    altered = scoring("covenants", "show", covenant_id)
    assert altered.returncode == 2
    assert "the covenant cannot be read" in altered.told
    assert "Traceback" not in altered.told
