"""``monitoring``: list, show, read now and end from the command line."""

import asyncio
from pathlib import Path

from command_line import Scoring
from integration.api.test_monitoring import monitored, observed
from service import environ_of, running, settings_in


async def with_one(folder: Path) -> tuple[str, str]:
    """A monitored borrower and its observation."""
    async with running(folder, account_pause_seconds=0.0) as service:
        found = await monitored(service)
        await service.post(f"{found['links']['self']}/observe", None)
        (line,) = await observed(service, found)
        return found["monitoring_id"], line["observation_id"]


def test_monitoring_by_command(tmp_path: Path, scoring: Scoring) -> None:
    """What is not there, or has ended, is told with what to do."""
    monitoring_id, observation_id = asyncio.run(with_one(tmp_path))
    listed = scoring("monitoring", "list", "--lender", "bank", **environ_of(settings_in(tmp_path)))
    shown = scoring("monitoring", "show", monitoring_id)
    asked = scoring("monitoring", "observe", monitoring_id)
    ended = scoring("monitoring", "end", monitoring_id)
    late = [scoring("monitoring", word, monitoring_id) for word in ("observe", "end")]
    none = scoring("monitoring", "show", "mon_none")
    only = scoring("monitoring", "list", "--state", "active")
    assert listed.stdout.split("\t")[:3] == [monitoring_id, "bank", "active"]
    assert shown.stdout.splitlines()[-1].split("\t")[0] == observation_id
    assert asked.stdout == f"{monitoring_id} is due\n"
    assert ended.stdout == f"{monitoring_id} ended\n"
    assert [one.returncode for one in (*late, none)] == [2, 2, 2]
    assert "has ended" in late[0].told
    assert "`monitoring list` lists them" in none.told
    assert only.stdout == ""
