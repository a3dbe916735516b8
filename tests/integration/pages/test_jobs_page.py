"""The page of later decisions, portfolios and schedules."""

from pathlib import Path

import pytest
from integration.pages.test_pages import Outline
from people import add, visiting
from service import REVOKED, application, running

from scoring.store.principals import Role


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "de",
            (
                "entschieden",
                "fehlgeschlagen",
                "credential-rejected",
                "Entscheidung",
                "1 von 1 Zeilen",
                "Löschen, was seine Frist überschritten hat",
                "noch keine",
            ),
        ),
        (
            "en",
            (
                "done",
                "failed",
                "credential-rejected",
                "decision",
                "1 of 1 rows",
                "Delete what is past its retention",
                "none yet",
            ),
        ),
    ],
)
async def test_a_person_sees_what_the_queue_did(tmp_path: Path, language: str, told: tuple[str, ...]) -> None:
    """In both languages, by state; nothing of an application, and nothing of another lender."""
    async with running(tmp_path, is_plain_http=True) as service:
        await add(service, Role.UNDERWRITE, name="uwe")
        other = await service.key(*Role, lender="other")
        later = {"Prefer": "respond-async, wait=30"}
        made = await service.post("/v1/decisions", application(), **later)
        await service.post("/v1/decisions", application(sevdesk_token=REVOKED), **later)
        await service.post("/v1/decisions", application(), key=other, **later)
        file = "borrower_ref,legal_form,product,amount,term_months,sevdesk_token\n" + ",".join(
            ("firm-2", "gmbh", "working_capital", "12000", "12", application()["sevdesk_token"])
        )
        key = service.keys["bank"]
        answer = await service.http.post(
            "/v1/portfolios?name=Q4",
            content=file,
            headers={"Authorization": f"Bearer {key}", "Content-Type": "text/csv"},
        )
        path = answer.headers["Location"]
        while (await service.get(path)).json()["ended_at"] is None:
            pass
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("uwe")
            page = await visitor.get("/jobs")
            failed = await visitor.get("/jobs", status="failed")
            odd = await visitor.get("/jobs", status="x", cursor="job_\x00")
        async with visiting(service, language=language) as stranger:
            outside = await stranger.get("/jobs")
    text = Outline(page.text).text
    for words in told:
        assert words in text, words
    assert f'href="/decisions/{made.json()["decision_id"]}"' in page.text
    assert page.text.count("job_") == 2
    assert failed.text.count("job_") == 1
    assert "Q4" in text
    assert "firm-" not in page.text
    assert Outline(page.text).headings == [1, 2, 2]
    assert odd.status_code == 200
    assert outside.status_code == 303


async def test_who_reads_no_decisions_sees_no_jobs(tmp_path: Path) -> None:
    """Neither the page nor the link to it."""
    async with running(tmp_path, is_plain_http=True) as service:
        await add(service, Role.WEBHOOKS, name="olga")
        async with visiting(service, language="en") as visitor:
            await visitor.sign_in("olga")
            refused = await visitor.get("/jobs")
            own = await visitor.get("/webhooks")
    assert refused.status_code == 403
    assert 'href="/jobs"' not in own.text
