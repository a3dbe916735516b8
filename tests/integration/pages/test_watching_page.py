"""The models that serve, watched on a page: what it shows, to whom, and that it is worked out once."""

from itertools import pairwise
from pathlib import Path

import pytest
from integration.api.test_stacking_report import STACKED, decide
from integration.pages.test_pages import Outline, signed_in
from lending import serving
from people import add, visiting
from service import running
from sqlalchemy import select
from unit.sandbox_server.building import TODAY

from scoring.store.principals import Role
from scoring.store.tables import audit

BORROWERS = 31
ON = {"since": TODAY.isoformat(), "until": TODAY.isoformat()}


async def test_a_portfolio_of_one_kind_of_firm_is_shown_and_kept(tmp_path: Path) -> None:
    """In both languages, with plots and no borrower; a decision that comes later is seen after ten minutes."""
    async with running(tmp_path, books=[STACKED], serving=serving(), is_plain_http=True) as service:
        service.keys["other"] = await service.key(*Role, lender="other")
        await decide(service, *(f"firm-{number}" for number in range(BORROWERS)))
        await decide(service, "firm-1", lender="other")
        await add(service, Role.ANALYSE, name="olga")
        async with visiting(service, language="en") as visitor:
            await visitor.sign_in("olga")
            page = await visitor.get("/reports/models", **ON)
            german = await visitor.get("/reports/models/sme/4", **ON, lang="de")
            await decide(service, "firm-late")
            kept = await visitor.get("/reports/models", **ON, lang="en")
            service.clock.advance(minutes=11)
            newer = await visitor.get("/reports/models", **ON)
            promotions = await visitor.get("/promotions")
            reports = await visitor.get("/reports/reviews")
        async with service.app.state.database.read() as connection:
            looks = (await connection.execute(select(audit.c.lender_id).where(audit.c.action == "model.watched"))).all()
    text = Outline(page.text).text
    for words in ("Watching the models", "Model sme/4", "Moved beyond chance:", "score", "PSI", "No loan's outcome"):
        assert words in text, words
    assert page.text.count('<svg class="shares"') == 2
    assert "firm-" not in page.text
    assert "style=" not in page.text
    for words in ("Überwachung der Modelle", "Mehr als zufällig verschoben:", "im Zeitraum davor"):
        assert words in german.text, words
    assert [f">{count}<" in one.text for one, count in ((page, 31), (kept, 31), (newer, 31), (newer, 32))] == [
        True,
        True,
        False,
        True,
    ]
    headings = Outline(page.text).headings
    assert headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))
    assert 'href="/reports/models"' in promotions.text
    assert 'href="/reports/models"' in reports.text
    assert [one.lender_id for one in looks] == ["bank"] * 4


async def test_too_little_is_told(tmp_path: Path) -> None:
    """No decision, one decision, days that cannot be, and a model that does not serve."""
    async with signed_in(tmp_path, Role.AUDIT, books=[STACKED], serving=serving()) as (service, visitor):
        nothing = await visitor.get("/reports/models")
        service.clock.advance(minutes=11)
        await decide(service, "firm-1")
        one = await visitor.get("/reports/models")
        wrong = [
            (await visitor.get("/reports/models", **asked)).status_code
            for asked in ({"since": "2026-02-30"}, {"since": "0001-01-01", "until": "0001-01-05"}, {"model": "sme/4"})
        ]
        unknown = await visitor.get("/reports/models/sme/3")
    assert "The model has scored no borrower" in nothing.text
    assert "<svg" not in nothing.text
    assert "Fewer than 30 scores: nothing is compared." in one.text
    assert "Too little is known to say" in one.text
    assert "Nothing has moved" not in one.text
    assert wrong == [400, 400, 400]
    assert unknown.status_code == 404


@pytest.mark.parametrize("role", [Role.APPLY, Role.UNDERWRITE])
async def test_the_page_is_for_those_who_see_promotions(tmp_path: Path, role: Role) -> None:
    """Whoever decides on loans has no use for it, and no link to it."""
    async with signed_in(tmp_path, role) as (_, visitor):
        page = await visitor.get("/reports/models")
        listed = await visitor.get("/reports/reviews")
    assert page.status_code == 403
    assert "/reports/models" not in listed.text
