"""Loans by the interface: granted on an approval, told entry by entry, over HTTP and on both databases."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from lending import CONDITIONS, a_loan, approved, enter, entry, euro, granting, lending, plan
from service import Service, application
from unit.sandbox_server.building import TODAY

from scoring.store.principals import Role

LATER = tuple(date(2026, month, 20) for month in (11, 12))


async def read(service: Service, loan_id: str, **headers: str) -> dict[str, Any]:
    """A loan as it stands."""
    answer = await service.get(f"/v1/loans/{loan_id}", **headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_loan_from_its_granting_to_its_end(tmp_path: Path) -> None:
    """Granted, confirmed, paid out, late, paid back: figures are those of the day, and the end follows by itself."""
    async with lending(tmp_path) as service:
        decision_id = await approved(service)
        made = await service.post("/v1/loans", granting(decision_id))
        loan = made.json()
        loan_id = loan["loan_id"]
        assert (made.status_code, made.headers["location"]) == (201, f"/v1/loans/{loan_id}")
        assert (loan["status"], loan["is_open"], loan["open_conditions"]) == ("granted", True, list(CONDITIONS))
        for name in CONDITIONS:
            answer = await enter(service, loan_id, entry("condition_met", name, condition=name, proof=f"Akte {name}"))
        assert answer.json()["open_conditions"] == []
        await enter(service, loan_id, plan(*LATER))
        out = await enter(service, loan_id, entry("paid_out", "out", amount=euro("9000.00")))
        assert (out.status_code, out.json()["status"], out.json()["paid_out"]["value"]) == (201, "running", "9000.00")
        service.clock.advance(days=81)  # to 21 December, a day after the second instalment
        late = await read(service, loan_id)
        assert (late["overdue"]["value"], late["days_past_due"], late["defaulted_on"]) == ("9200.00", 31, None)
        service.clock.advance(days=60)
        assert (await read(service, loan_id))["defaulted_on"] == "2027-02-19"
        day = date(2027, 2, 19)
        done = (await enter(service, loan_id, entry("paid", "p1", day, amount=euro("9200.00")))).json()
        listed = (await service.get("/v1/loans", open="false")).json()["items"]
        trail = (await service.get("/v1/audit", object=loan_id)).json()["items"]
    assert (done["status"], done["is_open"], done["closed_on"]) == ("repaid", False, "2027-02-19")
    assert done["worst_days_past_due"] == 91
    assert {one["confirmed_by"] for one in done["conditions"]} == {done["entries"][0]["recorded_by"]}
    assert [one["proof"] for one in done["entries"][1:3]] == ["Akte identity", "Akte beneficial_owner"]
    assert [one["loan_id"] for one in listed] == [loan_id]
    assert "entries" not in listed[0]
    assert {one["action"] for one in trail} >= {"loan.granted", "loan.paid_out", "loan.changed", "loan.read"}


async def test_nothing_is_paid_out_while_a_condition_is_open(tmp_path: Path) -> None:
    """The problem names what is open, and nothing is stored."""
    async with lending(tmp_path) as service:
        loan_id = (await service.post("/v1/loans", granting(await approved(service)))).json()["loan_id"]
        for name in CONDITIONS[:-1]:
            await enter(service, loan_id, entry("condition_met", name, condition=name))
        refused = await enter(service, loan_id, entry("paid_out", "out", amount=euro("1.00")))
        before = await read(service, loan_id)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/condition-open")
    assert "contract is not confirmed on 2026-10-01" in refused.json()["detail"]
    assert "Retry-After" not in refused.headers
    assert (before["paid_out"]["value"], len(before["entries"])) == ("0.00", 5)


async def test_conditions_are_those_of_the_file_when_the_loan_was_granted(tmp_path: Path) -> None:
    """By product, with an age; a loan keeps what was asked of it."""
    path = tmp_path / "conditions.toml"
    path.write_text("[working_capital]\ninsolvency_notices = { days = 14 }\n\n[default]\nidentity = {}\n")
    old = TODAY - timedelta(days=15)
    async with lending(tmp_path, loan_conditions_file=path) as service:
        made = (await service.post("/v1/loans", granting(await approved(service)))).json()
        assert [(one["condition"], one["days"]) for one in made["conditions"]] == [("insolvency_notices", 14)]
        met = entry("condition_met", "c", old, condition="insolvency_notices")
        assert (await enter(service, made["loan_id"], met)).status_code == 201
        stale = await enter(service, made["loan_id"], entry("paid_out", "out", amount=euro("9000.00")))
    assert stale.json()["detail"].endswith("insolvency_notices was confirmed on 2026-09-16, more than 14 days before")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": euro("9000.00"), "term_months": 11}, "approves 12 to 24 months, not 11"),
        ({"term_months": 25}, "approves 12 to 24 months, not 25"),
        ({"amount": euro("99999999.00")}, "not 99999999.00 EUR"),
        ({"granted_on": "2026-09-30"}, "can be granted from 2026-10-01 to"),
    ],
)
async def test_only_what_was_approved_is_granted(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    """Not more, not for a shorter term with higher instalments, and not before."""
    async with lending(tmp_path) as service:
        refused = await service.post("/v1/loans", granting(await approved(service), **changes))
        assert (await service.get("/v1/loans")).json()["items"] == []
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/loan-not-approved")
    assert said in refused.json()["detail"]


async def test_no_loan_on_a_decision_that_does_not_approve_or_has_ended(tmp_path: Path) -> None:
    """Referred, no longer valid, or of another lender: each with its own problem."""
    async with lending(tmp_path) as service:
        decision_id = await approved(service)
        referred = await service.post("/v1/decisions", application(sevdesk_token="ab" * 16))
        assert referred.status_code == 424
        sole = {"legal_form": "einzelunternehmen", "borrower_ref": "firm-2"}
        with pytest.raises(AssertionError):  # a person has to decide on a natural person
            await approved(service, **sole)
        refer = (await service.get("/v1/decisions", borrower_ref="firm-2")).json()["items"][0]["decision_id"]
        answers = [await service.post("/v1/loans", granting(refer))]
        other = await service.key(Role.UNDERWRITE, lender="other")
        answers.append(await service.post("/v1/loans", granting(decision_id), key=other))
        apply = await service.key(Role.APPLY)
        answers.append(await service.post("/v1/loans", granting(decision_id), key=apply))
        service.clock.advance(days=100)
        late = (TODAY + timedelta(days=100)).isoformat()
        answers.append(await service.post("/v1/loans", granting(decision_id, granted_on=late)))
    assert [one.json()["type"].rpartition("/")[2] for one in answers] == [
        "loan-not-approved",
        "not-found",
        "forbidden",
        "loan-not-approved",
    ]


async def test_a_repetition_is_taken_once_and_a_difference_is_told(tmp_path: Path) -> None:
    """The lender's references make it safe to send everything again."""
    async with lending(tmp_path) as service:
        decision_id = await approved(service)
        loan_id = await a_loan(service, plan(*LATER), decision_id=decision_id)
        out = entry("paid_out", "out", amount=euro("9000.00"))
        for _ in range(2):
            assert (await enter(service, loan_id, out)).status_code == 201
        again = await service.post("/v1/loans", granting(decision_id))
        assert again.json()["loan_id"] == loan_id
        assert len(again.json()["entries"]) == 8
        other = await enter(service, loan_id, out | {"amount": euro("8999.00")})
        twice = await service.post("/v1/loans", granting(decision_id, loan_ref="loan-2"))
        changed = await service.post("/v1/loans", granting(decision_id, term_months=13))
    for refused in (other, twice, changed):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/loan-reference-used"), refused.text


async def test_corrections_keep_the_history(tmp_path: Path) -> None:
    """What was wrong stays to be read, with what stands in its place, who entered it and why."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service, plan(*LATER), entry("paid_out", "out", amount=euro("9000.00")))
        service.clock.advance(days=60)
        day = date(2026, 11, 20)
        await enter(service, loan_id, entry("paid", "p1", day, amount=euro("46.00")))
        right = entry("paid", "p2", day, amount=euro("4600.00"), corrects="p1", why="wrong_amount")
        assert (await enter(service, loan_id, right)).json()["paid"]["value"] == "4600.00"
        back = entry("removed", "p3", day + timedelta(days=5), corrects="p2", why="payment_returned")
        loan = (await enter(service, loan_id, back)).json()
        again = await enter(service, loan_id, right | {"entry_ref": "p4"})
    assert [(one["entry_ref"], one["corrected_by"], one["why"]) for one in loan["entries"][-3:]] == [
        ("p1", "p2", None),
        ("p2", "p3", "wrong_amount"),
        ("p3", None, "payment_returned"),
    ]
    assert (loan["paid"]["value"], loan["overdue"]["value"], loan["days_past_due"]) == ("0.00", "4600.00", 10)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/loan-contradiction")
    assert "which 'p2' has corrected before" in again.json()["detail"]


async def test_a_corrected_granting_keeps_its_conditions_and_its_approval(tmp_path: Path) -> None:
    """Terms can be set right, but not beyond what was approved."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service)
        right = entry("granted", "g2", corrects="granted", why="wrong_amount", term_months=12)
        right |= {"amount": euro("8000.00"), "annual_rate_percent": "7"}
        loan = (await enter(service, loan_id, right)).json()
        too_much = right | {"entry_ref": "g3", "corrects": "g2", "amount": euro("9999999.00")}
        refused = await enter(service, loan_id, too_much)
    assert (loan["amount"]["value"], loan["annual_rate_percent"]) == ("8000.00", "7.00")
    assert [one["condition"] for one in loan["conditions"]] == list(CONDITIONS)
    assert refused.json()["type"] == "/problems/loan-not-approved"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"kind": "eaten"}, ["kind"]),
        ({"kind": "paid"}, ["entry_ref", "happened_on", "amount"]),
        (entry("paid", " x", amount=euro("-1")), ["entry_ref", "amount.value"]),
        (entry("paid", "x", amount=euro("1.001")), ["amount.value"]),
        (entry("paid", "x", amount=euro("1"), corrects="y"), ["why"]),
        (entry("removed", "x"), ["corrects", "why"]),
        (entry("planned", "x", instalments=[]), ["instalments"]),
        (entry("planned", "x", instalments=[{"due_on": "2026-13-01", "amount": euro("1")}]), ["instalments"]),
        (entry("paid", "x", amount=euro("1"), note="cash"), ["note"]),
        (entry("closed", "x", proof="a\nb"), ["proof"]),
        ({}, ["kind"]),
    ],
)
async def test_bad_entries_are_refused_with_every_fault(
    tmp_path: Path, body: dict[str, Any], fields: list[str]
) -> None:
    """The body is read before the loan is looked for, and each field is named."""
    async with lending(tmp_path) as service:
        refused = await enter(service, "lon_01j00000000000000000000000", body)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-request")
    assert [one["field"] for one in refused.json()["errors"]] == fields


async def test_what_is_not_there_or_not_yours_is_not_found(tmp_path: Path) -> None:
    """A foreign identifier is no identifier; days to come are refused."""
    async with lending(tmp_path) as service:
        loan_id = await a_loan(service, plan(*LATER), entry("paid_out", "out", amount=euro("9000.00")))
        other = await service.key(*Role, lender="other")
        paid = entry("paid", "x", amount=euro("1.00"))
        answers = [
            await service.get(f"/v1/loans/{loan_id}", key=other),
            await service.post(f"/v1/loans/{loan_id}/entries", paid, key=other),
            await service.get("/v1/loans/lon_x%00"),
            await enter(service, "lon_01j00000000000000000000000", paid),
        ]
        listed = (await service.get("/v1/loans", key=other)).json()["items"]
        tomorrow = await enter(service, loan_id, entry("paid", "x", TODAY + timedelta(days=1), amount=euro("1.00")))
    assert [one.status_code for one in answers] == [404] * 4
    assert listed == []
    assert "today is 2026-10-01" in tomorrow.json()["detail"]


async def test_who_looked_for_the_loans_of_a_borrower_is_in_its_trail(tmp_path: Path) -> None:
    """By its reference, by the decision or by the number of the loan; a list of all loans names nobody."""
    async with lending(tmp_path) as service:
        decision_id = await approved(service)
        loan_id = await a_loan(service, decision_id=decision_id)
        ref = (await read(service, loan_id))["borrower_ref"]
        for wanted in ({"borrower_ref": ref}, {"decision_id": decision_id}, {"loan_ref": "loan-1"}, {}):
            assert len((await service.get("/v1/loans", **wanted)).json()["items"]) == 1
        trail = (await service.get("/v1/audit", limit="200")).json()["items"]
    listed = [row["borrower_id"] is not None for row in trail if row["action"] == "loans.listed"]
    assert sorted(listed) == [False, True, True, True]


async def test_the_same_entry_sent_by_two_at_once_is_stored_once(tmp_path: Path) -> None:
    """And so is the same loan."""
    async with lending(tmp_path) as service:
        body = granting(await approved(service))
        made = await asyncio.gather(*(service.post("/v1/loans", body) for _ in range(4)))
        assert {one.status_code for one in made} == {201}
        (loan_id,) = {one.json()["loan_id"] for one in made}
        met = entry("condition_met", "c", condition="identity")
        done = await asyncio.gather(*(enter(service, loan_id, met) for _ in range(4)))
        loan = await read(service, loan_id)
    assert {one.status_code for one in done} == {201}
    assert [one["entry_ref"] for one in loan["entries"]] == ["granted", "c"]
