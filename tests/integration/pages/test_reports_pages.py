"""The report on people's decisions as a page: what it shows, in both languages, and whose figures it does not have."""

from itertools import pairwise
from pathlib import Path

import pytest
from integration.api.test_cases import banking
from integration.api.test_reports import AGREEMENT, VOTERS, all_vote
from integration.pages.test_pages import Outline
from people import add, visiting

from scoring.pages.rendering import PAGE_HEADERS
from scoring.store.principals import Role


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", ("Auswertung der Entscheidungen von Menschen", "bis zur Übernahme", "Auffälligkeit erklärt und belegt")),
        ("en", ("Report on people&#39;s decisions", "until the claim", "what looked bad was explained and proved")),
    ],
)
async def test_the_page_has_cases_queue_and_votes(tmp_path: Path, language: str, told: tuple[str, ...]) -> None:
    """With a figure that is drawn on the server and its table, and nobody's name."""
    async with banking(tmp_path) as bank:
        await all_vote(bank)
        bank.service.clock.advance(days=31)
        await add(bank.service, Role.ANALYSE, name="olga")
        async with visiting(bank.service, language=language) as visitor:
            await visitor.sign_in("olga")
            page = await visitor.get("/reports/reviews", since="2026-10-01", until="2026-10-31")
            narrow = await visitor.get("/reports/reviews", product="investment", since="2026-10-01")
    assert page.status_code == 200
    assert set(PAGE_HEADERS.items()) <= {(name, page.headers[name]) for name in PAGE_HEADERS}
    for words in (*told, "<svg", "100,0" if language == "de" else "100.0"):
        assert words in page.text, words
    assert not any(name in page.text for name in VOTERS)
    assert "/reports/reviews/persons" not in page.text
    assert narrow.status_code == 200
    headings = Outline(page.text).headings
    assert headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-02-30"},
        {"since": "2026-10-02", "until": "2026-10-01"},
        {"who": "fritz"},
        {"since": "1990-01-01"},
    ],
)
async def test_days_that_cannot_be_are_told_on_the_page(tmp_path: Path, asked: dict[str, str]) -> None:
    """With the form, and without a figure."""
    async with banking(tmp_path) as bank:
        await add(bank.service, Role.AUDIT, name="olga")
        async with visiting(bank.service) as visitor:
            await visitor.sign_in("olga")
            page = await visitor.get("/reports/reviews", **asked)
    assert page.status_code == 400
    assert "Please enter valid days" in page.text
    assert "What waits now" not in page.text


async def test_persons_are_on_a_page_of_their_own_under_an_agreement(tmp_path: Path) -> None:
    """For the role that it names; the others are told why not, and no link leads there."""
    path = tmp_path / "agreement.toml"
    path.write_text(AGREEMENT)
    async with banking(tmp_path, works_agreement_file=path) as bank:
        await all_vote(bank, ("frieda", "fritz"))
        pages = {}
        for name, role in (("olga", Role.AUDIT), ("adam", Role.ADMIN), ("anna", Role.APPLY)):
            await add(bank.service, role, name=name)
            async with visiting(bank.service) as visitor:
                await visitor.sign_in(name)
                pages[name] = [await visitor.get(f"/reports/reviews{end}") for end in ("", "/persons")]
    report, persons = pages["olga"]
    assert 'href="/reports/reviews/persons"' in report.text
    assert persons.status_code == 200
    assert "fritz" in persons.text
    assert "15 Sep 2026" in persons.text.replace("\xa0", " ")
    report, persons = pages["adam"]
    assert (report.status_code, persons.status_code) == (200, 403)
    assert "fritz" not in report.text + persons.text
    assert [page.status_code for page in pages["anna"]] == [403, 403]
