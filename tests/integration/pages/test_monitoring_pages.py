"""The pages of monitoring: who is watched, what was observed, what changed, and the buttons."""

import re
from pathlib import Path

import pytest
from integration.api.test_monitoring import monitored, observed
from integration.pages.test_pages import Outline
from people import add, visiting
from service import running

from scoring.store.principals import Role


@pytest.mark.parametrize(
    ("language", "told", "ended"),
    [
        ("de", ("Was sich geändert hat", "Seit der Entscheidung vom", "läuft"), "von Ihrem Haus beendet"),
        ("en", ("What changed", "Since the decision of", "running"), "ended by your organisation"),
    ],
)
async def test_a_borrower_is_watched_and_left_by_a_person(
    tmp_path: Path, language: str, told: tuple[str, ...], ended: str
) -> None:
    """In both languages; an auditor sees the same without the buttons."""
    async with running(tmp_path, is_plain_http=True, account_pause_seconds=0.0) as service:
        await add(service, name="anna")
        await add(service, Role.AUDIT, name="otto")
        found = await monitored(service, "firm-<b>1")
        path = f"/monitoring/{found['monitoring_id']}"
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("anna")
            none = await visitor.get(path)
            asked = await visitor.post(f"{path}/observe")
            await observed(service, found)
            shown, listed = await visitor.get(path, done="observe"), await visitor.get("/monitoring")
            stopped = await visitor.post(f"{path}/end")
            late = await visitor.post(f"{path}/observe")
            after, unknown = await visitor.get(path), await visitor.get("/monitoring/mon_none")
            strange = await visitor.post(f"{path}/explode")
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("otto")
            read = await visitor.get(path)
            refused = await visitor.post(f"{path}/end")
    for words in told:
        assert words in Outline(shown.text).text, words
    assert (asked.status_code, asked.headers["location"]) == (303, f"{path}?done=observe")
    assert stopped.headers["location"] == f"{path}?done=end"
    assert late.headers["location"] == path
    assert ended in Outline(after.text).text
    assert re.findall(rf'action="{path}/(\w+)"', shown.text) == ["observe", "end"]
    assert re.findall(rf'action="{path}/(\w+)"', read.text) == []
    assert (none.status_code, unknown.status_code, strange.status_code, refused.status_code) == (200, 404, 404, 403)
    assert path in listed.text
    assert "<b>1" not in listed.text + shown.text
    assert Outline(shown.text).headings[:2] == [1, 2]
