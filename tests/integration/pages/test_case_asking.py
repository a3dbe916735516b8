"""On the page of a case: asking with a link, a link to contest, documents, and deciding again."""

import re
from pathlib import Path

import pytest
from documents import A_PDF
from integration.api.test_asking import LENDER
from integration.pages.test_cases_pages import at_the_desk, refer
from people import Visitor
from service import TOKEN, Service

SENDER = {
    "lender_name": LENDER["name"],
    "privacy_url": LENDER["privacy_url"],
    "privacy_email": LENDER["privacy_email"],
    "language": "en",
    "days": "7",
}
QUESTION = {"kind-1": "explanation", "item-1": "Why so late?"}


async def claimed(service: Service, visitor: Visitor) -> str:
    """The path of a case that the visitor has claimed."""
    path = await refer(service)
    await visitor.get(path)
    await visitor.post(f"{path}/claim")
    await visitor.get(path)
    return path


def link_on(page: str) -> str:
    """The link that a page shows."""
    found = re.search(r'value="http[^"]*(/answer/[^"]+)"', page)
    assert found is not None
    return found[1]


async def test_a_link_is_shown_once_and_the_case_waits(tmp_path: Path) -> None:
    """The next one has its sender filled in, where somebody may ask."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await claimed(service, visitor)
        made = await visitor.post(f"{path}/inquiry", **SENDER, **QUESTION)
        link = link_on(made.text)
        again = await visitor.get(path)
        opened = await service.http.get(link)
        other = await visitor.get(await refer(service, borrower_ref="firm-2"))
    assert made.status_code == 200, made.text
    assert link not in again.text
    assert "The applicant can answer with a link until" in again.text
    assert "Why so late?" in opened.text
    assert "Muster Bank has questions" in opened.text
    assert "privacy@bank.example" not in other.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind-1": "", "item-1": ""}, "Please choose at least one request"),
        ({"kind-1": "corrected_booking"}, "Please choose at least one request"),
        ({"item-1": " ", "kind-2": "document"}, "Please write a text"),
        ({"days": "61"}, "1 to 60"),
        ({"privacy_url": "http://bank.example"}, "Please enter name, address"),
    ],
)
async def test_what_is_missing_is_told(tmp_path: Path, fields: dict[str, str], told: str) -> None:
    """With what was entered; the case does not wait."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await claimed(service, visitor)
        answer = await visitor.post(f"{path}/inquiry", **(SENDER | QUESTION | fields))
        page = await visitor.get(path)
    assert answer.status_code == 409
    assert told in answer.text
    assert "The applicant can answer" not in page.text


async def test_documents_are_listed_and_downloaded(tmp_path: Path) -> None:
    """By a person who may read the case, as an attachment."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await refer(service)
        added = await service.http.post(
            f"/v1{path}/documents",
            params={"name": "Jahr <2025>.pdf"},
            content=A_PDF,
            headers={"Authorization": f"Bearer {service.keys['bank']}", "Content-Type": "application/octet-stream"},
        )
        page = await visitor.get(path)
        found = re.search(rf'href="({path}/documents/doc_\w+)"', page.text)
        assert found is not None
        loaded = await visitor.get(found[1])
    assert added.status_code == 201, added.text
    assert "Jahr &lt;2025&gt;.pdf" in page.text
    assert loaded.content == A_PDF
    assert loaded.headers["content-disposition"].startswith("attachment")


async def test_a_person_decides_again(tmp_path: Path) -> None:
    """Where an account is connected; else the page says what to do."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await claimed(service, visitor)
        none = await visitor.post(f"{path}/decision", iban="")
        wrong = await visitor.post(f"{path}/decision", iban="DE00")
        await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN})
        again = await visitor.post(f"{path}/decision", iban="DE89370400440532013000")
        page = await visitor.get(again.headers["location"])
    assert "no connection to the books that still works" in none.text
    assert "not a valid IBAN" in wrong.text
    assert (again.status_code, again.headers["location"]) == (303, f"{path}?done=again")
    assert "new decision of the machine" in page.text


async def test_a_link_to_contest_is_made_for_what_has_ended(tmp_path: Path) -> None:
    """Of an open case there is nothing to contest."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await claimed(service, visitor)
        early = await visitor.post(f"{path}/contest-link", **SENDER)
        step = re.search(r'name="step" value="(\d+)"', (await visitor.get(path)).text)
        assert step is not None
        await visitor.post(f"{path}/vote", verdict="decline", reason="not_affordable", text="Nein", step=step[1])
        await visitor.get(path)
        made = await visitor.post(f"{path}/contest-link", **SENDER)
        opened = await service.http.get(link_on(made.text))
    assert early.status_code == 409
    assert "has not ended yet" in early.text
    assert "Have the decision reviewed" in opened.text
