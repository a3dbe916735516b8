"""The pages of portfolios: the list, and one with its rows, what was decided on them, and what went wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from integration.api.test_portfolios import AT_ONCE, ended, lines, of, rows, send
from integration.pages.test_pages import Outline, demand_readable
from people import add, visiting
from service import REVOKED, Service, running
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from scoring.pages.texts.portfolios import PortfolioPage
from scoring.store.audit import Action
from scoring.store.database import Database
from scoring.store.portfolios import REFUSED
from scoring.store.principals import Role
from scoring.store.tables import audit, borrowers

ATTACKED = "firm-<b>1"
SENDER = "bank-"
"""How the names of the keys of these tests begin."""


async def begun(service: Service, *bodies: dict[str, Any] | str, name: str = "Q4") -> str:
    """The identifier of a portfolio that has ended."""
    answer = await send(service, lines(*bodies), query=f"?name={name}")
    identifier: str = answer.json()["portfolio_id"]
    await ended(service, identifier)
    return identifier


@pytest.mark.parametrize(
    ("language", "told", "unreadable", "reason"),
    [
        (
            "de",
            ("fertig", "5 von 5 Zeilen", "Das Konto weist den Zugang ab", "fehlgeschlagen", "Angaben fehlen"),
            "Die Zeile ist nicht lesbar",
            "Votum",
        ),
        (
            "en",
            ("done", "5 of 5 rows", "The account rejects the credential", "failed", "Fields are missing"),
            "The line cannot be read",
            "Verdict",
        ),
    ],
)
async def test_a_person_sees_what_became_of_each_row(
    tmp_path: Path, language: str, told: tuple[str, ...], unreadable: str, reason: str
) -> None:
    """In both languages, without script; by state and verdict; nothing of another lender."""
    async with running(tmp_path, is_plain_http=True, **AT_ONCE) as service:
        await add(service, Role.UNDERWRITE, name="uwe")
        await add(service, name="otto", lender="other")
        bodies = (of(1) | {"borrower_ref": ATTACKED}, of(2), of(3, sevdesk_token=REVOKED), of(4, amount=1), "{not json")
        identifier = await begun(service, *bodies)
        results = (await service.get(f"/v1/portfolios/{identifier}/results")).json()["items"]
        path = f"/portfolios/{identifier}"
        verdict = results[0]["verdict"]
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("uwe")
            listed, jobs, shown = [await visitor.get(one) for one in ("/portfolios", "/jobs", path)]
            failed = await visitor.get(path, state="failed")
            refused = await visitor.get(path, state=REFUSED)
            decided = await visitor.get(path, verdict=verdict)
            neither = await visitor.get(path, verdict=verdict, state="failed")
            odd = await visitor.get(path, verdict="x", state="\x00", after="-1")
            unknown = await visitor.get("/portfolios/pfo_%00")
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("otto", lender="other")
            strange, theirs = await visitor.get(path), await visitor.get("/portfolios")
        reads = await rows(service, audit.c.action, audit.c.object)
    for page in (listed, shown, failed, neither):
        demand_readable(page.text, language)
        assert "<script" not in page.text
    text = Outline(listed.text).text + Outline(shown.text).text
    for words in (*told, unreadable, reason):
        assert words in text, words
    for page in (listed, shown):
        assert SENDER in Outline(page.text).text
    assert "term_months" not in Outline(shown.text).text
    assert "<code>amount</code>" in shown.text
    assert ATTACKED in Outline(shown.text).text
    assert "<b>1" not in shown.text
    for page in (listed, jobs):
        assert f'href="{path}"' in page.text
        assert 'href="/portfolios"' in page.text
    links = [row["links"]["decision"].removeprefix("/v1") for row in results[:2]]
    assert [link for link in links if f'href="{link}"' in shown.text] == links
    assert lines_of(shown.text) == [1, 2, 3, 4, 5]
    assert lines_of(odd.text) == [1, 2, 3, 4, 5]
    assert lines_of(failed.text) == [3]
    assert lines_of(refused.text) == [4, 5]
    assert lines_of(decided.text) == [row["line"] for row in results if row["verdict"] == verdict]
    assert lines_of(neither.text) == []
    assert (unknown.status_code, strange.status_code, theirs.status_code) == (404, 404, 200)
    assert path not in theirs.text
    assert (Action.PORTFOLIO_READ.value, identifier) in [tuple(one) for one in reads]


def lines_of(page: str) -> list[int]:
    """The numbers of the lines that a page shows."""
    return [int(found) for found in re.findall(r'<td class="number" [^>]*data-label="(?:Zeile|Line)">(\d+)</td>', page)]


async def test_a_long_portfolio_is_read_page_by_page(tmp_path: Path) -> None:
    """Each line stands on one page, with the filter kept."""
    async with running(tmp_path, is_plain_http=True, **AT_ONCE) as service:
        await add(service)
        identifier = await begun(service, of(1), *(f"{{not json {number}" for number in range(120)))
        seen: list[int] = []
        async with visiting(service) as visitor:
            await visitor.sign_in()
            page = await visitor.get(f"/portfolios/{identifier}", state=REFUSED)
            while found := re.search(r'href="([^"]+)" rel="next"', page.text):
                seen += lines_of(page.text)
                page = await visitor.get(found[1].replace("&amp;", "&"))
            seen += lines_of(page.text)
    assert seen == list(range(2, 122))


async def test_a_restricted_borrower_is_neither_shown_nor_counted(tmp_path: Path) -> None:
    """Its verdict could be told from a sum; auditors see it."""
    async with running(tmp_path, is_plain_http=True, **AT_ONCE) as service:
        await add(service, name="anna")
        await add(service, Role.AUDIT, name="otto")
        identifier = await begun(service, of(1))
        verdict = (await service.get(f"/v1/portfolios/{identifier}/results")).json()["items"][0]["verdict"]
        database: Database = service.app.state.database
        kept = update(borrowers).values(restricted_at="2026-11-24T00:00:00.000Z")
        await database.write_at_once(lambda connection: connection.execute(kept))
        pages = {}
        for name in ("anna", "otto"):
            async with visiting(service) as visitor:
                await visitor.sign_in(name)
                pages[name] = [await visitor.get(one) for one in ("/portfolios", f"/portfolios/{identifier}")]
    word = {"approve": "Approve", "refer": "Refer", "decline": "Decline"}[verdict]
    counts = re.compile(rf"{word}\s*1\b")
    for page in pages["anna"]:
        assert not counts.search(Outline(page.text).text)
        assert "firm-1" not in page.text
    assert counts.search(Outline(pages["otto"][1].text).text)
    assert "firm-1" in pages["otto"][1].text


async def test_only_the_page_of_a_portfolio_counts_verdicts(tmp_path: Path) -> None:
    """The list may have many portfolios of many rows each, and reads none of what was decided on them."""
    seen: list[str] = []

    def note(*given: Any) -> None:  # noqa: ANN401  arguments of the event
        seen.append(given[2])

    async with running(tmp_path, is_plain_http=True, **AT_ONCE) as service:
        await add(service)
        identifier = await begun(service, of(1))
        async with visiting(service) as visitor:
            await visitor.sign_in()
            event.listen(Engine, "before_cursor_execute", note)
            try:
                await visitor.get("/portfolios")
                of_list = [one for one in seen if "outcome" in one]
                await visitor.get(f"/portfolios/{identifier}")
                of_one = [one for one in seen if "outcome" in one]
            finally:
                event.remove(Engine, "before_cursor_execute", note)
    assert of_list == []
    assert of_one != []


async def test_who_reads_no_decisions_sees_no_portfolios(tmp_path: Path) -> None:
    """Neither the pages nor the link to them."""
    async with running(tmp_path, is_plain_http=True) as service:
        await add(service, Role.WEBHOOKS, name="olga")
        async with visiting(service) as visitor:
            await visitor.sign_in("olga")
            refused = [await visitor.get(path) for path in ("/portfolios", "/portfolios/pfo_1")]
            own = await visitor.get("/webhooks")
    assert [page.status_code for page in refused] == [403, 403]
    assert 'href="/portfolios"' not in own.text


def test_every_problem_of_a_row_has_words() -> None:
    """Whatever a decision may be refused with, but for what is told before there is a portfolio."""
    described = json.loads(Path("docs/openapi.json").read_text())
    answers = described["paths"]["/v1/decisions"]["post"]["responses"]
    names = {name for one in answers.values() for name in re.findall(r"/problems/([a-z-]+)", one["description"])}
    renamed = {"token-rejected": "credential-rejected", "plan-lacks-api": "access-denied"}
    codes = {renamed.get(name, name.replace("sevdesk-", "source-")) for name in names}
    before = {"unauthenticated", "forbidden", "request-too-slow", "invalid-http", "unsupported-media-type"}
    before |= {"too-many-requests"}
    assert codes - before - set(PortfolioPage.problems) == set()


def test_the_service_lends_nothing_itself() -> None:
    """It decides; the lender lends."""
    for said in PortfolioPage.problems.values():
        assert "vergibt der Dienst" not in said.de
        assert "service gives" not in said.en
