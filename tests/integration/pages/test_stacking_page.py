"""The report on stacking as a page: what it shows, in both languages, and to whom."""

from itertools import pairwise
from pathlib import Path

import pytest
from integration.api.test_stacking_report import STACKED, decide
from integration.pages.test_pages import Outline, signed_in
from people import add, visiting
from service import running
from unit.sandbox_server.building import TODAY

from scoring.store.principals import Role


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", ("Auswertung der Kredite bei anderen Kreditgebern", "4 und mehr", "Restschuld", "zu wenige")),
        ("en", ("Report on stacking", "4 and more", "Remaining", "too few", "5 not in it", "overdrafts in use")),
    ],
)
async def test_the_page_has_borrowers_and_funders(tmp_path: Path, language: str, told: tuple[str, ...]) -> None:
    """What five borrowers owe has a sum; instalments that are too irregular have none."""
    async with running(tmp_path, books=[STACKED], is_plain_http=True) as service:
        await decide(service, *(f"firm-{number}" for number in range(5)))
        await add(service, Role.ANALYSE, name="olga")
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("olga")
            page = await visitor.get("/reports/stacking", since=TODAY.isoformat(), until=TODAY.isoformat())
            reports = await visitor.get("/reports/reviews")
    text = Outline(page.text).text
    assert page.status_code == 200
    for words in (*told, "online/iwoca", "online/teylor"):
        assert words in text, words
    assert "\N{EURO SIGN}" in text or "EUR" in text
    assert "firm-" not in page.text
    assert 'href="/reports/stacking"' in reports.text
    headings = Outline(page.text).headings
    assert headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))


async def test_a_sum_of_few_borrowers_is_not_shown(tmp_path: Path) -> None:
    """The page says so in its place, and names no borrower."""
    async with signed_in(tmp_path, Role.AUDIT, books=[STACKED]) as (service, visitor):
        await decide(service, "firm-1")
        page = await visitor.get("/reports/stacking")
        wrong = await visitor.get("/reports/stacking", since="2026-02-30")
        unknown = await visitor.get("/reports/stacking", product="investment")
    assert Outline(page.text).text.count("too few") == 2 * 3
    assert "\N{EURO SIGN}" not in page.text
    assert "EUR" not in page.text
    assert (wrong.status_code, unknown.status_code) == (400, 400)
    assert "Please enter valid days" in wrong.text
    assert "online/iwoca" not in wrong.text


async def test_whoever_only_sends_applications_has_no_reports(tmp_path: Path) -> None:
    """Nor the link to them."""
    async with signed_in(tmp_path, Role.APPLY) as (_, visitor):
        page = await visitor.get("/reports/stacking")
        listed = await visitor.get("/decisions")
    assert page.status_code == 403
    assert "/reports/" not in listed.text
