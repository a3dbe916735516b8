"""The pages of loans: from the approval of a case to the repaid loan, and what is refused on the way."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

from integration.pages.test_pages import ATTACK
from lending import CONDITIONS, a_loan, approved, lending
from people import Visitor, add, visiting
from service import Service
from unit.sandbox_server.building import TODAY

from scoring.store.principals import Role

DAY = TODAY.isoformat()


@asynccontextmanager
async def at_the_desk(
    folder: Path,
    *roles: Role,
    language: str = "en",
    **changes: Any,  # noqa: ANN401  fields of Settings
) -> AsyncIterator[tuple[Service, Visitor]]:
    """A service that approves, and a person at its pages."""
    async with lending(folder, is_plain_http=True, **changes) as service:
        await add(service, *(roles or (Role.UNDERWRITE,)), name="anna")
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("anna")
            yield service, visitor


async def case_of(service: Service, decision_id: str) -> str:
    """The path of the page of a decision's case."""
    answer = await service.get(f"/v1/decisions/{decision_id}")
    path: str = answer.json()["links"]["case"]
    return path.removeprefix("/v1")


async def grant(visitor: Visitor, case: str, **fields: str) -> str:
    """Grant a loan on a case; returns the path of its page."""
    await visitor.get(f"{case}/loan")
    given = {"loan_ref": "K-1", "amount": "9.000,00", "term_months": "12", "rate": "7,25", "happened_on": DAY}
    answer = await visitor.post(f"{case}/loan", **given | fields)
    assert answer.status_code == 303, told(answer.text)
    path, _, done = answer.headers["location"].partition("?")
    assert done == "done=grant"
    return path


async def enter(visitor: Visitor, path: str, what: str, **fields: str) -> str:
    """Send a form of the page of a loan as it is shown; returns what the page then says."""
    ref = re.search(r'name="ref" value="([^"]+)"', (await visitor.get(path)).text)
    given = {"ref": "" if ref is None else ref[1], "happened_on": DAY}
    answer = await visitor.post(f"{path}/{what}", **given | fields)
    if answer.status_code == 303:
        answer = await visitor.get(answer.headers["location"])
    return told(answer.text)


def told(page: str) -> str:
    """The notice at the top of a page."""
    found = re.search(r'<(p|div) class="notice notice-(?:good|bad)".*?</\1>', page, re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0] if found else ""))).strip()


async def test_a_loan_is_granted_paid_out_and_repaid_at_the_desk(tmp_path: Path) -> None:
    """With nothing but the pages: terms as approved, five conditions, a plan, a pay-out, the redemption."""
    async with at_the_desk(tmp_path, language="de") as (service, visitor):
        case = await case_of(service, await approved(service))
        linked = await visitor.get(case)
        form = (await visitor.get(f"{case}/loan")).text
        path = await grant(visitor, case)
        early = await enter(visitor, path, "money", kind="paid_out", amount="9.000")
        for name in CONDITIONS:
            assert await enter(visitor, path, "condition", condition=name, proof="Akte 7") == (
                "Die Auszahlungsvoraussetzung ist bestätigt."
            )
        planned = await enter(visitor, path, "plan", first_on=(TODAY + timedelta(days=30)).isoformat())
        paid_out = await enter(visitor, path, "money", kind="paid_out", amount="9.000")
        running = (await visitor.get(path)).text
        redeemed = await enter(visitor, path, "money", kind="redeemed", amount="9.100,00")
        repaid = (await visitor.get(path)).text
        listed = (await visitor.get("/loans", open="no")).text
        again = await visitor.get(f"{case}/loan")
        answer = (await service.get(f"/v1{path}")).json()
    assert f'href="{case}/loan"' in linked.text
    assert 'value="9.000,00"' in form
    assert early.startswith("Vor der Auszahlung ist noch zu bestätigen: Identität der Unterzeichner (§ 11 GwG);")
    assert (planned, paid_out) == ("Der Tilgungsplan ist erfasst.", "Die Zahlung ist erfasst.")
    assert running.count('role="rowheader"') == 12
    assert redeemed == "Die Zahlung ist erfasst."
    assert "zurückgezahlt" in repaid
    assert "Akte 7" in repaid
    assert (answer["status"], answer["is_open"], answer["paid"]["value"]) == ("repaid", False, "9100.00")
    assert f'href="{path}"' in listed
    assert (again.status_code, again.headers["location"]) == (303, path)


NOT_GRANTED = [
    ({"loan_ref": " "}, "The loan number is missing"),
    ({"loan_ref": "a\tb"}, "The loan number is missing"),
    ({"amount": "9.000,001"}, "is no number"),
    ({"amount": "0"}, "is no number"),
    ({"amount": "1.000.000.000"}, "No approval covers this loan."),
    ({"term_months": "11"}, "No approval covers this loan."),
    ({"term_months": "361"}, "is no number"),
    ({"term_months": "0012" + "0" * 5_000}, "is no number"),
    ({"rate": "1000"}, "is no number"),
    ({"happened_on": ""}, "A day is missing"),
    ({"happened_on": (TODAY + timedelta(days=1)).isoformat()}, "That contradicts what was entered before."),
    ({"happened_on": (TODAY - timedelta(days=1)).isoformat()}, "No approval covers this loan."),
]


async def test_what_no_approval_covers_is_not_granted(tmp_path: Path) -> None:
    """Nothing is stored; what was typed stays in the form."""
    async with at_the_desk(tmp_path) as (service, visitor):
        case = await case_of(service, await approved(service))
        await visitor.get(f"{case}/loan")
        given = {"loan_ref": "K-77", "amount": "9,000", "term_months": "12", "rate": "7.25", "happened_on": DAY}
        for fields, said in NOT_GRANTED:
            answer = await visitor.post(f"{case}/loan", **given | fields)
            assert answer.status_code == 409, fields
            assert said in told(answer.text), fields
            assert "K-77" in answer.text or "loan_ref" in fields
        loans = (await service.get("/v1/loans")).json()["items"]
    assert loans == []


NOT_ENTERED = [
    ("money", {"kind": "paid", "amount": "100"}, "That contradicts what was entered before."),
    ("money", {"kind": "gift", "amount": "100"}, "Please choose from the list."),
    ("money", {"kind": "paid_out", "amount": "-1"}, "is no number"),
    ("money", {"kind": "paid_out", "amount": "9,000.01"}, "That contradicts what was entered before."),
    ("money", {"kind": "paid_out", "amount": "1", "proof": "x" * 201}, "The proof is missing, has more than 200"),
    ("condition", {"condition": "identity", "proof": " "}, "The proof is missing"),
    ("condition", {"condition": "moon", "proof": "file"}, "Please choose from the list."),
    ("plan", {"first_on": "9999-12-01"}, "A day is missing or is none."),
    ("plan", {"first_on": "soon"}, "A day is missing or is none."),
    ("plan", {"first_on": DAY}, "That contradicts what was entered before."),
    ("removal", {"corrects": "nothing", "why": "other"}, "Please choose from the list."),
    ("removal", {"corrects": "c-identity", "why": "because"}, "Please choose from the list."),
    ("removal", {"corrects": "granted", "why": "other"}, "That contradicts what was entered before."),
    ("close", {"happened_on": "2999-01-01"}, "That contradicts what was entered before."),
    ("close", {"ref": "mine"}, "Please choose from the list."),
]


async def test_what_contradicts_is_not_entered(tmp_path: Path) -> None:
    """The page says why."""
    async with at_the_desk(tmp_path) as (service, visitor):
        loan_id = await a_loan(service)
        before = (await service.get(f"/v1/loans/{loan_id}")).json()
        for what, fields, said in NOT_ENTERED:
            answer = await enter(visitor, f"/loans/{loan_id}", what, **fields)
            assert said in answer, fields
            assert "Nothing was entered." in answer
        after = (await service.get(f"/v1/loans/{loan_id}")).json()
    assert after == before


async def test_what_is_too_old_is_confirmed_again_before_the_next_pay_out(tmp_path: Path) -> None:
    """A part was paid out; weeks later the notices of insolvency are looked at once more, at the desk."""
    asked = tmp_path / "conditions.toml"
    asked.write_text("[default]\ninsolvency_notices = { days = 14 }\ncontract = {}\n")
    async with at_the_desk(tmp_path, loan_conditions_file=asked) as (service, visitor):
        path = await grant(visitor, await case_of(service, await approved(service)))
        for name in ("insolvency_notices", "contract"):
            await enter(visitor, path, "condition", condition=name, proof="file 7")
        await enter(visitor, path, "plan", first_on=(TODAY + timedelta(days=60)).isoformat())
        await enter(visitor, path, "money", kind="paid_out", amount="4,000")
        service.clock.advance(days=15)
        await visitor.sign_in("anna")
        later = (TODAY + timedelta(days=15)).isoformat()
        late = await enter(visitor, path, "money", kind="paid_out", amount="5,000", happened_on=later)
        page = (await visitor.get(path)).text
        await enter(visitor, path, "condition", condition="insolvency_notices", proof="file 8", happened_on=later)
        paid = await enter(visitor, path, "money", kind="paid_out", amount="5,000", happened_on=later)
    assert late.startswith("Before the pay-out, this has to be confirmed: No notice of insolvency")
    assert page.count(f'action="{path}/condition"') == 1
    assert paid == "The payment is entered."


async def test_a_form_that_is_sent_twice_counts_once(tmp_path: Path) -> None:
    """By the reference that it was shown with; another amount under it is refused."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = f"/loans/{await a_loan(service)}"
        await enter(visitor, path, "plan", first_on=(TODAY + timedelta(days=30)).isoformat())
        ref = re.search(r'name="ref" value="([^"]+)"', (await visitor.get(path)).text)
        assert ref is not None
        fields = {"ref": ref[1], "kind": "paid_out", "amount": "4000", "happened_on": DAY}
        codes = [(await visitor.post(f"{path}/money", **fields)).status_code for _ in range(2)]
        other = await visitor.post(f"{path}/money", **fields | {"amount": "4001"})
        loan = (await service.get(f"/v1{path}")).json()
    assert codes == [303, 303]
    assert "stands for something else already" in told(other.text)
    assert loan["paid_out"]["value"] == "4000.00"


async def test_a_payment_that_came_back_is_taken_back(tmp_path: Path) -> None:
    """Both entries stay to be read; the payment does not count."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = f"/loans/{await a_loan(service)}"
        await enter(visitor, path, "plan", first_on=(TODAY + timedelta(days=30)).isoformat())
        await enter(visitor, path, "money", kind="paid_out", amount="9000")
        await enter(visitor, path, "money", kind="paid", amount="500")
        wrong = (await service.get(f"/v1{path}")).json()["entries"][-1]["entry_ref"]
        done = await enter(visitor, path, "removal", corrects=wrong, why="payment_returned")
        page = (await visitor.get(path)).text
        loan = (await service.get(f"/v1{path}")).json()
    assert done == "The entry is taken back."
    assert loan["paid"]["value"] == "0.00"
    assert "does not count any more" in page
    assert "payment returned" in page


async def test_who_may_only_read_has_no_form(tmp_path: Path) -> None:
    """And is refused where a form is sent all the same; another lender finds nothing."""
    async with at_the_desk(tmp_path, Role.ANALYSE) as (service, visitor):
        loan_id = await a_loan(service)
        page = await visitor.get(f"/loans/{loan_id}")
        refused = await visitor.post(f"/loans/{loan_id}/close", happened_on=DAY)
        missing = await visitor.get("/loans/lon_01jd00000000000000000000aa")
        what = await visitor.post(f"/loans/{loan_id}/gift")
    assert page.status_code == 200
    assert '<form method="post" action="/loans' not in page.text
    assert [answer.status_code for answer in (refused, missing, what)] == [403, 404, 403]


async def test_a_case_without_an_approval_grants_nothing(tmp_path: Path) -> None:
    """The page says so; after the last day of the approval, too."""
    async with at_the_desk(tmp_path) as (service, visitor):
        case = await case_of(service, await approved(service))
        service.clock.advance(days=90)
        await visitor.sign_in("anna")
        page = (await visitor.get(f"{case}/loan")).text
    assert "no approval is in force" in page
    assert 'name="loan_ref"' not in page


async def test_texts_of_others_are_only_texts(tmp_path: Path) -> None:
    """A loan number and a proof with markup are shown as they were typed."""
    async with at_the_desk(tmp_path) as (service, visitor):
        path = await grant(visitor, await case_of(service, await approved(service)), loan_ref=ATTACK)
        await enter(visitor, path, "condition", condition="identity", proof=ATTACK)
        pages = [(await visitor.get(one)).text for one in (path, "/loans")]
        wrong = await visitor.get("/loans", open="perhaps")
    assert all(ATTACK not in page and "&lt;script&gt;" in page for page in pages)
    assert wrong.status_code == 400
