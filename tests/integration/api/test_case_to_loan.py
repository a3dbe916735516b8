"""From a person's approval to the loan: what was resolved in a case is what may be granted."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.api.test_cases import Bank, banking, euro, problem
from lending import enter, entry, granting
from unit.sandbox_server.building import TODAY


async def grant(bank: Bank, case: dict[str, Any], **changes: Any) -> httpx.Response:  # noqa: ANN401  any JSON
    """A loan on the newest decision of a case."""
    terms = {"amount": euro(15_000), "term_months": 6, "annual_rate_percent": "9.90"}
    body = granting(case["decision_id"], **terms) | changes
    return await bank.service.post("/v1/loans", body)


async def test_a_referred_application_becomes_a_loan_once_a_person_has_approved(tmp_path: Path) -> None:
    """Before, nothing may be granted; then amount, term and price that the person approved."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        early = await grant(bank, case)
        voted = await bank.vote(case, "fritz", amount=euro(15_000), term_months=6)
        more = await grant(bank, case, amount=euro(15_001))
        longer = await grant(bank, case, term_months=7)
        cheaper, dearer = [await grant(bank, case, annual_rate_percent=rate) for rate in ("0.00", "12.90")]
        made = await grant(bank, case)
    assert problem(early)[:2] == (409, "loan-not-approved")
    assert voted.status_code == 200
    assert {problem(answer)[:2] for answer in (more, longer, cheaper, dearer)} == {(409, "loan-not-approved")}
    assert (made.status_code, made.json()["open_conditions"][0]) == (201, "identity")


async def test_an_approval_is_gone_with_its_days(tmp_path: Path) -> None:
    """The override of the file holds seven days: the last of them grants, the next does not."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        voted = await bank.vote(case, "fritz", amount=euro(15_000), term_months=6)
        until = voted.json()["resolution"]["valid_until"]
        bank.service.clock.advance(days=20)
        late = await grant(bank, case, granted_on=_moved(until, 1))
        made = await grant(bank, case, granted_on=until)
        before = await grant(bank, case, loan_ref="loan-2", granted_on=_moved(TODAY.isoformat(), -1))
    assert problem(late)[:2] == (409, "loan-not-approved")
    assert made.status_code == 201
    assert before.status_code == 409


async def test_what_was_reopened_withdrawn_or_declined_grants_nothing(tmp_path: Path) -> None:
    """Also where the machine had approved."""
    async with banking(tmp_path) as bank:
        reopened, withdrawn, declined = [await bank.refer(borrower_ref=f"firm-{name}") for name in "abc"]
        for case in (reopened, withdrawn):
            await bank.vote(case, "fritz", amount=euro(15_000), term_months=6)
        await bank.do(reopened, "reopening", "fritz", text="Es gibt Neues")
        await bank.do(withdrawn, "reopening", "fritz", text="Es gibt Neues")
        await bank.do(withdrawn, "withdrawal", "fritz", text="Der Antragsteller will nicht mehr")
        await bank.vote(declined, "fritz", verdict="decline", reason="not_affordable", annual_rate_percent=None)
        answers = [await grant(bank, case) for case in (reopened, withdrawn, declined)]
    assert [problem(answer)[:2] for answer in answers] == [(409, "loan-not-approved")] * 3


@pytest.mark.parametrize("ending", ["withdrawn", "reopened", "declined", "linked"])
async def test_nothing_is_paid_out_once_the_approval_is_taken_back(tmp_path: Path, ending: str) -> None:
    """From that day on: what went out before can still be entered. A new approval pays out again."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.vote(case, "fritz", amount=euro(15_000), term_months=6)
        loan = (await grant(bank, case)).json()
        for name in loan["open_conditions"]:
            await enter(bank.service, loan["loan_id"], entry("condition_met", name, condition=name))
        before = date.fromisoformat(loan["as_of"])
        today = before + timedelta(days=1)
        bank.service.clock.advance(days=1)
        match ending:
            case "withdrawn":
                await bank.do(case, "withdrawal", "system", text="Kein Bedarf mehr")
            case "linked":
                await bank.refer(case_id=case["case_id"])
            case _:
                await bank.do(case, "reopening", "fritz", text="Es gibt Neues")
        if ending == "declined":
            await bank.vote(case, "fritz", verdict="decline", reason="not_affordable", annual_rate_percent=None)
        late = await enter(bank.service, loan["loan_id"], entry("paid_out", "a", today, amount=euro(5_000)))
        earlier = await enter(bank.service, loan["loan_id"], entry("paid_out", "b", before, amount=euro(5_000)))
        if ending == "reopened":
            await bank.vote(case, "fritz", amount=euro(15_000), term_months=6)
            again = await enter(bank.service, loan["loan_id"], entry("paid_out", "a", today, amount=euro(5_000)))
            assert again.status_code == 201, again.text
    assert problem(late)[:2] == (409, "loan-not-approved")
    assert earlier.status_code == 201


@pytest.mark.parametrize("ending", ["expired", "withdrawn", "reopened"])
async def test_what_was_lent_counts_when_its_approval_is_gone(tmp_path: Path, ending: str) -> None:
    """Splitting a loan over time does not avoid a limit: what is owed counts, and what was paid back does not."""
    async with banking(tmp_path) as bank:
        first = await bank.refer()
        await bank.vote(first, "fritz", amount=euro(15_000), term_months=6)
        loan = (await grant(bank, first)).json()
        match ending:
            case "expired":
                bank.service.clock.advance(days=8)
            case "withdrawn":
                await bank.do(first, "withdrawal", "system", text="Kein Bedarf mehr")
            case _:
                await bank.do(first, "reopening", "fritz", text="Es gibt Neues")
        second = await bank.refer()
        refused = await bank.vote(second, "fritz")
        end = entry("closed", "end", date.fromisoformat(loan["as_of"]))
        assert (await enter(bank.service, loan["loan_id"], end)).status_code == 201
        approved = await bank.vote(second, "fritz")
    assert problem(refused) == (403, "authority-missing", "above_limit")
    assert "15000.00 that stand approved already" in refused.json()["detail"]
    assert approved.status_code == 200


def _moved(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


async def test_the_next_decision_knows_what_was_granted(tmp_path: Path) -> None:
    """Once, and by the borrower: a loan that is not paid out yet counts like one that bank transactions show."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        before = (await bank.service.get(f"/v1/decisions/{case['decision_id']}")).json()
        await bank.vote(case, "fritz", amount=euro(15_000), term_months=6)
        await grant(bank, case)
        again, other = await bank.refer(case_id=case["case_id"]), await bank.refer(borrower_ref="firm-other")
        mine, foreign = [
            (await bank.service.get(f"/v1/decisions/{one['decision_id']}")).json() for one in (again, other)
        ]
        replayed = await bank.service.get(f"/v1/decisions/{mine['decision_id']}/changes")
    nothing = {"open_count": 0, "exposure": euro(0), "pending_count": 0}
    assert (before["own_loans"], foreign["own_loans"]) == (nothing, nothing)
    assert mine["own_loans"] == {"open_count": 1, "exposure": euro(15_000), "pending_count": 1}
    assert replayed.status_code == 200


async def test_what_was_paid_out_after_the_last_bank_line_counts_too(tmp_path: Path) -> None:
    """The borrower's books cannot show it yet."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.vote(case, "fritz", amount=euro(15_000), term_months=6)
        loan = (await grant(bank, case)).json()
        for name in loan["open_conditions"]:
            await enter(bank.service, loan["loan_id"], entry("condition_met", f"c-{name}", condition=name))
        paid = await enter(bank.service, loan["loan_id"], entry("paid_out", "a", amount=euro(15_000)))
        assert paid.status_code == 201, paid.text
        found = (await bank.service.get(f"/v1/decisions/{(await bank.refer())['decision_id']}")).json()
    assert found["own_loans"] == {"open_count": 1, "exposure": euro(15_000), "pending_count": 1}
