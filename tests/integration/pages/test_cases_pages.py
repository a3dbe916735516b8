"""The queue of cases and the page of each: what they show, what a person does there, and what is refused."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from case_builders import FILE
from integration.pages.test_pages import ATTACK, Outline
from people import Visitor, add, visiting
from service import Service, a_lenders_file, application, running

from scoring.pages.forms import FormFaultError, read_hundredths
from scoring.pages.rendering import PAGE_HEADERS
from scoring.store.principals import Role

HIDDEN = FILE.replace('diverging = "escalate"', 'diverging = "escalate"\nrecommendation_hidden = true')
VOTE = {"verdict": "approve", "reason": "data_explained", "text": "gesehen", "rate": "9,90"}


@asynccontextmanager
async def at_the_desk(
    folder: Path,
    *roles: Role,
    name: str = "fritz",
    content: str = FILE,
    language: str = "en",
    **changes: Any,  # noqa: ANN401  fields of Settings
) -> AsyncIterator[tuple[Service, Visitor]]:
    """A service with a file of authority, and a person at its pages."""
    path = folder / "authority.toml"
    path.write_text(content)
    async with running(folder, authority_file=path, is_plain_http=True, **changes) as service:
        await add(service, *roles, name=name)
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in(name)
            yield service, visitor


async def refer(service: Service, amount: int = 20_000, **changes: Any) -> str:  # noqa: ANN401  fields of an application
    """The path of the page of a case that waits for a person."""
    body = application(legal_form="freiberufler", amount={"value": f"{amount}.00", "currency": "EUR"}, **changes)
    answer = await service.post("/v1/decisions", body)
    assert answer.json()["verdict"] == "refer"
    path: str = answer.json()["links"]["case"]
    return path.removeprefix("/v1")


async def step_of(visitor: Visitor, path: str) -> str:
    """The newest step that a page shows."""
    found = re.search(r'name="step" value="(\d+)"', (await visitor.get(path)).text)
    return found[1] if found else ""


async def test_a_person_claims_and_votes(tmp_path: Path) -> None:
    """From the queue to the resolution, with the terms as a German writes them."""
    async with at_the_desk(tmp_path, language="de") as (service, visitor):
        path = await refer(service)
        queue = await visitor.get("/cases")
        claimed = await visitor.post(f"{path}/claim")
        page = await visitor.get(path)
        step = await step_of(visitor, path)
        voted = await visitor.post(f"{path}/vote", **VOTE, step=step, amount="15.000,00", term_months="6")
        decided = await visitor.get(voted.headers["location"])
        ended = await visitor.get("/cases", state="decided")
        left = await visitor.get("/cases")
        all_of_firm = await visitor.get("/cases", state="all", borrower="firm-1")
    assert f'action="{path}/claim"' in queue.text
    assert (claimed.status_code, claimed.headers["location"]) == (303, f"{path}?done=claim")
    for value in ("20.000,00", 'value="12"'):
        assert value in page.text
    assert (voted.status_code, voted.headers["location"]) == (303, f"{path}?done=vote")
    assert "Ihr Votum ist gespeichert und signiert." in decided.text
    assert "gesehen" in decided.text
    assert "15.000,00" in decided.text
    assert path in ended.text
    assert path not in left.text
    assert path in all_of_firm.text
    assert "/cases?state=all&amp;sort=newest&amp;borrower=firm-1" in page.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"step": "1"}, "Somebody was quicker."),
        ({"step": "9" * 5_000}, "Somebody was quicker."),
        ({"amount": "25,000.01"}, "The amount is above your limit."),
        ({"amount": "viel"}, "Please enter amount, term and interest as numbers"),
        ({"term_months": "400"}, "do not fit the product"),
        ({"reason": "not_affordable"}, "Please choose a reason that fits your vote."),
        ({"verdict": ""}, "Please choose a vote and a reason."),
        ({"text": " "}, "Please write a text"),
        ({"text": "x" * 2001}, "Please write a text"),
    ],
)
async def test_what_is_refused_is_told_with_what_was_entered(tmp_path: Path, fields: dict[str, str], told: str) -> None:
    """Nothing is stored, and nobody has to type it again."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await refer(service)
        await visitor.get(path)
        await visitor.post(f"{path}/claim")
        step = await step_of(visitor, path)
        answer = await visitor.post(f"{path}/vote", **{**VOTE, "step": step, **fields})
        again = await visitor.get(path)
    assert answer.status_code == 409
    assert told in answer.text
    assert "Nothing was stored." in answer.text
    assert answer.text.count("<li>\n      <p><strong>") == again.text.count("<li>\n      <p><strong>") == 2
    if fields.get("text") is None:
        assert ">gesehen</textarea>" in answer.text


async def test_a_text_that_is_too_long_is_refused_and_stays(tmp_path: Path) -> None:
    """In its own form; no browser cuts what is pasted, since nobody would notice."""
    text = "y" * 5_000
    async with at_the_desk(tmp_path, language="de") as (service, visitor):
        path = await refer(service)
        await visitor.get(path)
        await visitor.post(f"{path}/claim")
        page = await visitor.get(path)
        refused = await visitor.post(f"{path}/comment", text=text)
        after = await visitor.get(path)
    assert refused.status_code == 409
    assert "Text mit höchstens 2000 Zeichen" in refused.text
    assert refused.text.count(text) == 1
    assert text in refused.text.partition('<textarea id="comment-text"')[2].partition("</textarea>")[0]
    assert "yyyy" not in after.text
    assert not re.findall(r"<textarea[^>]*maxlength", page.text)


async def test_every_step_has_its_form(tmp_path: Path) -> None:
    """Comment, question, answer, assignment, release, withdrawal, and a look again at what was decided."""
    async with at_the_desk(tmp_path) as (service, visitor):
        await add(service, name="frieda")
        path = await refer(service)
        await visitor.get(path)
        done: list[httpx.Response] = [await visitor.post(f"{path}/claim")]
        for step, fields in (
            ("comment", {"text": "Notiz"}),
            ("ask", {"text": "Frage"}),
            ("answer", {"text": "Antwort"}),
            ("assign", {"to": "frieda"}),
            ("release", {}),
            ("claim", {}),
        ):
            page = await visitor.get(path)
            assert step == "claim" or f'action="{path}/{step}"' in page.text, step
            done.append(await visitor.post(f"{path}/{step}", **fields))
        step = await step_of(visitor, path)
        declined = {"verdict": "decline", "reason": "other", "text": "nein", "amount": "20,000.00", "rate": ""}
        done.append(await visitor.post(f"{path}/vote", **declined, step=step))
        done.append(await visitor.post(f"{path}/reopen", text="Widerspruch"))
        done.append(await visitor.post(f"{path}/withdraw", text="zurück"))
        page = await visitor.get(path)
        unknown = await visitor.post(f"{path}/erase")
        nobody = await visitor.post(f"{path}/assign", to="nobody")
    assert [answer.status_code for answer in done] == [303] * 10
    for word in ("Notiz", "Frage", "Antwort", "nein", "Widerspruch", "zurück"):
        assert f'<p class="written">{word}</p>' in page.text
    assert unknown.status_code == 404
    assert nobody.status_code == 409


async def test_the_recommendation_waits_for_the_first_vote(tmp_path: Path) -> None:
    """Neither word, nor score, nor price; who does not review sees it."""
    async with at_the_desk(tmp_path, content=HIDDEN) as (service, visitor):
        path = await refer(service)
        before = await visitor.get(path)
        await visitor.post(f"{path}/claim")
        step = await step_of(visitor, path)
        await visitor.post(f"{path}/vote", **VOTE, step=step)
        after = await visitor.get(path)
    assert "The recommendation appears here after the first vote." in before.text
    assert 'class="mark' not in before.text.split('id="machine"')[1].split("</section>")[0]
    assert "Score" not in before.text.split("<main")[1]
    assert 'class="mark' in after.text.split('id="machine"')[1].split("</section>")[0]
    assert "recommendation not read before" in after.text


async def test_other_peoples_cases_are_not_found(tmp_path: Path) -> None:
    """Another lender's, and identifiers that are none; an auditor reads and does nothing."""
    async with at_the_desk(tmp_path, Role.AUDIT, name="otto") as (service, visitor):
        path = await refer(service)
        page = await visitor.get(path)
        refused = await visitor.post(f"{path}/claim", csrf=visitor.token)
        await add(service, name="eve", lender="other")
        async with visiting(service) as stranger:
            await stranger.sign_in("eve", lender="other")
            foreign = [await stranger.get(path), await stranger.get("/cases/cas_1")]
            foreign.append(await stranger.post(f"{path}/claim"))
            listed = await stranger.get("/cases")
    assert page.status_code == 200
    assert "<textarea" not in page.text
    assert refused.status_code == 403
    assert [answer.status_code for answer in foreign] == [404, 404, 404]
    assert path not in listed.text


async def test_a_restricted_borrower_is_told_from_a_failure(tmp_path: Path) -> None:
    """To an administrator, who still sees the case."""
    async with at_the_desk(tmp_path, Role.ADMIN, name="hans") as (service, visitor):
        path = await refer(service)
        body = {"borrower_ref": "firm-1", "kind": "restriction", "received_on": "2026-09-15"}
        made = await service.post("/v1/subject-requests", body | {"identity_check": "in_person"})
        await service.post(f"/v1/subject-requests/{made.json()['subject_request_id']}/completion", None)
        await visitor.get(path)
        answer = await visitor.post(f"{path}/claim")
    assert answer.status_code == 409
    assert "The data of this borrower may only be kept" in answer.text


async def test_forms_need_their_token(tmp_path: Path) -> None:
    """Another site cannot vote."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await refer(service)
        answer = await visitor.post(f"{path}/claim", csrf="0" * 64)
        case = (await service.get(f"/v1{path}")).json()
    assert answer.status_code == 403
    assert case["claimed_by"] is None


@pytest.mark.parametrize("language", ["de", "en"])
async def test_pages_can_be_read_aloud_and_used_by_keyboard(tmp_path: Path, language: str) -> None:
    """One first heading, no level left out, a label for each field, no script; what was written stays text."""
    async with at_the_desk(tmp_path, language=language) as (service, visitor):
        path = await refer(service, purpose=ATTACK)
        await visitor.get(path)
        await visitor.post(f"{path}/claim")
        await visitor.post(f"{path}/comment", text=ATTACK)
        pages = [await visitor.get("/cases"), await visitor.get(path)]
    for page in pages:
        outline = Outline(page.text)
        assert page.status_code == 200
        assert {name: page.headers[name] for name in PAGE_HEADERS} == dict(PAGE_HEADERS)
        assert outline.headings.count(1) == 1
        assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
        named = {attrs.get("for") for tag, attrs in outline.tags if tag == "label"}
        for tag, attrs in outline.tags:
            if tag in {"input", "select", "textarea"} and attrs.get("type") != "hidden":
                assert attrs.get("id") in named, attrs
        identifiers = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
        assert len(identifiers) == len(set(identifiers))
        assert "<script" not in page.text
    assert ATTACK in Outline(pages[1].text).text


@pytest.mark.parametrize("query", ["desk=all", "state=late", "sort=size", "cursor=x", "page=2", "desk=mine&desk=team"])
async def test_a_wrong_filter_is_told(tmp_path: Path, query: str) -> None:
    """Nothing is shown that was not asked for."""
    async with at_the_desk(tmp_path) as (_, visitor):
        page = await visitor.http.get(f"/cases?{query}")
    assert page.status_code == 400
    assert 'role="alert"' in page.text


async def test_a_decision_leads_to_its_case(tmp_path: Path) -> None:
    """And the header to all of them."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await refer(service)
        case = (await service.get(f"/v1{path}")).json()
        page = await visitor.get(f"/decisions/{case['decision_id']}")
    assert f'href="{path}"' in page.text
    assert 'href="/cases"' in page.text


NUMBERS = [
    ("15000", 1_500_000),
    ("15.000", 1_500_000),
    ("15,000", 1_500_000),
    ("15.000,50", 1_500_050),
    ("15,000.50", 1_500_050),
    ("15000,5", 1_500_050),
    ("1.234.567", 123_456_700),
    ("15 000 €", 1_500_000),
    ("6,90 %", 690),
    ("", None),
]


@pytest.mark.parametrize(("text", "hundredths"), NUMBERS)
def test_numbers_are_read_as_people_write_them(text: str, hundredths: int | None) -> None:
    """German and English; a group of three digits is thousands."""
    assert read_hundredths(text) == hundredths


@pytest.mark.parametrize("text", ["-1", "1,2,3", "1.000,000", "1e3", "15.0000", "١٢"])
def test_what_is_no_number_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(FormFaultError, match="no_number"):
        read_hundredths(text)


async def test_a_person_issues_the_notice_from_the_pages(tmp_path: Path) -> None:
    """From the case and from the decision, in both languages and formats; what is wrong is a page, too."""
    async with at_the_desk(tmp_path, lenders_file=a_lenders_file(tmp_path)) as (service, visitor):
        path = await refer(service)
        case = await visitor.get(path)
        links = re.findall(r'href="(/decisions/[^"]+/notice[^"]*)"', case.text)
        decision = await visitor.get(links[0].partition("/notice")[0])
        issued = [await visitor.get(link.replace("&amp;", "&")) for link in links]
        wrong = await visitor.get(links[0].partition("?")[0], format="docx")
        await refer(service, case_id=path.rpartition("/")[2])
        old = await visitor.get(links[0].partition("?")[0])
    assert len(links) == 4
    assert all(link in decision.text for link in links)
    assert [one.headers["content-type"].partition(";")[0] for one in issued] == ["text/html", "application/pdf"] * 2
    assert "Ihr Kreditantrag wird von einem Menschen geprüft" in issued[0].text
    assert "A person is reviewing your loan application" in issued[2].text
    assert (wrong.status_code, old.status_code) == (400, 409)
    assert "There is a newer decision" in old.text


async def test_a_notice_without_somebody_to_reach_is_told(tmp_path: Path) -> None:
    """What the administrator does stands on the page; who only reads is offered no notice."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await refer(service)
        link = re.findall(r'href="(/decisions/[^"?]+/notice)', (await visitor.get(path)).text)[0]
        missing = await visitor.get(link)
        await add(service, Role.AUDIT, name="otto")
        async with visiting(service, language="en") as auditor:
            await auditor.sign_in("otto")
            read = await auditor.get(path)
            refused = await auditor.get(link)
    assert (missing.status_code, "SCORING_LENDERS_FILE" in missing.text) == (409, True)
    assert "/notice" not in read.text
    assert refused.status_code == 403


async def test_a_guarantor_is_named_and_released_on_the_page(tmp_path: Path) -> None:
    """What is wrong is told, with what was entered; a name with markup is shown as text."""
    asked = {"name": ATTACK, "consented_on": "2026-09-30", "birth_date": "", "address": "Gasse 1"}
    async with at_the_desk(tmp_path, language="de") as (service, visitor):
        path = await refer(service)
        await visitor.get(path)
        early = await visitor.post(f"{path}/guarantor", **asked | {"consented_on": "2026-10-02"})
        named = await visitor.post(f"{path}/guarantor", **asked)
        page = await visitor.get(path)
        guarantor = re.search(r"gua_\w+", page.text)
        assert guarantor is not None
        released = await visitor.post(f"{path}/release-guarantor", guarantor=guarantor[0])
        again = await visitor.post(f"{path}/release-guarantor", guarantor=guarantor[0])
        after = await visitor.get(path)
    assert (early.status_code, "kein Tag darf in der Zukunft liegen" in early.text) == (409, True)
    assert 'value="Gasse 1"' in early.text
    assert (named.status_code, named.headers["location"]) == (303, f"{path}?done=guarantor")
    assert ATTACK not in page.text
    assert "Bürge benannt" in page.text
    assert "Bürgen entlassen" in page.text
    assert released.status_code == 303
    assert (again.status_code, "schon entlassen" in again.text) == (409, True)
    assert "Bürge entlassen" in after.text


async def test_the_page_says_whose_books_were_read(tmp_path: Path) -> None:
    """As the application states it and as the account has it, or that nobody compared."""
    async with at_the_desk(tmp_path, language="de") as (service, visitor):
        stated = {"name": "Jan Kunz", "tax_number": "181/815/08155"}
        page = await visitor.get(await refer(service, applicant=stated, starts_business=False))
        silent = await visitor.get(await refer(service, borrower_ref="firm-2"))
        decision = await visitor.get("/decisions")
        link = re.search(r"/decisions/dec_\w+", decision.text)
        assert link is not None
        shown = await visitor.get(link[0])
    for text in ("Jan Kunz", "181/815/08155", "Existenzgründung", "Bäckerei Öztürk &amp; Söhne"):
        assert text in page.text
    assert "Der Antrag nennt den Antragsteller nicht" in silent.text
    assert "Inhaber der Buchhaltung" in shown.text
