"""What would change the decision of a case, on a page of its own: told when asked, and no verdict before the vote."""

from pathlib import Path

import pytest
from case_builders import FILE
from integration.pages.test_cases_pages import HIDDEN, VOTE, at_the_desk, refer, step_of
from sqlalchemy import delete

from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.tables import snapshots

WORDS = ("recommend", "approve", "decline", "approval")


async def test_the_changes_are_behind_a_link(tmp_path: Path) -> None:
    """The page of the case does not work them out; the one behind the link does, from the kept books."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await refer(service)
        case = await visitor.get(path)
        page = await visitor.get(f"{path}/changes")
        trail = (await service.get("/v1/audit", action="case.read")).json()["items"]
    assert f'href="{path}/changes"' in case.text
    assert page.status_code == 200
    assert "There is nothing that the firm itself could change" in page.text or "Each of these changes" in page.text
    assert len(trail) == 2


async def test_before_the_first_vote_they_tell_of_the_score_alone(tmp_path: Path) -> None:
    """Where the file hides the recommendation: also that there is no change would tell it. Afterwards all is there."""
    async with at_the_desk(tmp_path, content=HIDDEN) as (service, visitor):
        path = await refer(service)
        case = await visitor.get(path)
        hidden = await visitor.get(f"{path}/changes")
        await visitor.post(f"{path}/claim")
        step = await step_of(visitor, path)
        voted = await visitor.post(f"{path}/vote", **VOTE, step=step)
        shown = await visitor.get(f"{path}/changes")
    assert "What open invoices do to the score" in case.text
    assert "How the score would change." in hidden.text
    said = hidden.text[hidden.text.index("<main") :].replace("What the machine recommends is not told here", "")
    assert not any(word in said for word in WORDS)
    assert voted.status_code == 303
    assert "There is nothing that the firm itself could change" in shown.text or "Each of these changes" in shown.text


async def test_without_the_books_the_page_says_so(tmp_path: Path) -> None:
    """The snapshot is gone by its retention."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await refer(service)
        database = Database(service.settings.database_url)
        await database.write_at_once(lambda connection: connection.execute(delete(snapshots)))
        await database.close()
        page = await visitor.get(f"{path}/changes")
    assert page.status_code == 200
    assert "There is nothing" not in page.text


@pytest.mark.parametrize("path", ["/cases/cas_1/changes", "/cases/x/changes"])
async def test_an_unknown_case_has_no_changes(tmp_path: Path, path: str) -> None:
    """404, as the page of the case."""
    async with at_the_desk(tmp_path, Role.AUDIT, content=FILE) as (_, visitor):
        page = await visitor.get(path)
    assert page.status_code == 404


async def test_the_case_shows_how_far_its_books_can_be_relied_on(tmp_path: Path) -> None:
    """Values without the bounds of the policy, before any recommendation."""
    async with at_the_desk(tmp_path, content=HIDDEN) as (service, visitor):
        page = await visitor.get(await refer(service))
    assert "How far the books can be relied on" in page.text
    assert page.text.index("How far the books can be relied on") < page.text.index('id="machine"')
