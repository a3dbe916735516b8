"""Loans that start a business, from application to pay-out: refused or marked, whoever lends less in the end."""

import re
from pathlib import Path
from typing import Any

from integration.api.test_cases import Bank, banking, euro, problem
from lending import granting
from service import a_serving

from scoring.runtime.serving import Serving, combine, newest_policy_file

_FOUNDER = {"legal_form": "freiberufler", "starts_business": True}
_AUTHORITY = """
version = "2026-10"

[lenders.bank.ranks]
head = { working_capital = 10_000_000 }

[[lenders.bank.persons]]
name = "hans"
rank = "head"
office = "front"
"""


def serving(start_ups: str) -> Serving:
    """The newest policy, with what it does about start-ups."""
    policy = newest_policy_file().read_text().replace('start_ups = "refuse"', f'start_ups = "{start_ups}"')
    made = a_serving()
    return combine(
        made.card, made.table, re.sub('version = ".*"', f'version = "{start_ups}"', policy, count=1).encode()
    )


async def granted(bank: Bank, case: dict[str, Any], amount: int) -> Any:  # noqa: ANN401  a response
    """What is answered to a loan on the newest decision of a case."""
    return await bank.service.post(
        "/v1/loans", granting(case["decision_id"], amount=euro(amount), annual_rate_percent="9.90")
    )


async def test_where_consumer_credit_is_refused_no_person_can_grant_it(tmp_path: Path) -> None:
    """Asked for 80,000: a vote for 75,000 is refused, and so is a loan of it on a vote for 75,001."""
    async with banking(tmp_path, content=_AUTHORITY, serving=serving("refuse")) as bank:
        case = await bank.refer(amount=euro(80_000), **_FOUNDER)
        too_little = await bank.vote(case, "hans", amount=euro(75_000))
        voted = await bank.vote(case, "hans", amount=euro(75_001))
        less = await granted(bank, case, 75_000)
        made = await granted(bank, case, 75_001)
    assert problem(too_little) == (422, "invalid-request", "terms_misfit")
    assert "below 75000.01 it is consumer credit" in too_little.json()["detail"]
    assert voted.status_code == 200, voted.text
    assert problem(less)[:2] == (409, "loan-not-approved")
    assert made.status_code == 201
    assert "consumer_credit" not in made.json()["open_conditions"]


async def test_where_it_is_marked_the_loan_has_the_condition(tmp_path: Path) -> None:
    """Up to the bound of what is granted, whatever was asked for; a firm that is there already has none."""
    async with banking(tmp_path, content=_AUTHORITY, serving=serving("mark")) as bank:
        founder = await bank.refer(amount=euro(80_000), **_FOUNDER)
        other = await bank.refer(borrower_ref="firm-2", **_FOUNDER | {"starts_business": False})
        decision = (await bank.service.get(f"/v1/decisions/{founder['decision_id']}")).json()
        assert (await bank.vote(founder, "hans", amount=euro(60_000))).status_code == 200
        assert (await bank.vote(other, "hans")).status_code == 200
        marked = await granted(bank, founder, 60_000)
        body = granting(other["decision_id"], amount=euro(20_000), loan_ref="loan-2", annual_rate_percent="9.90")
        usual = await bank.service.post("/v1/loans", body)
    assert decision["request"]["starts_business"] is True
    assert marked.json()["open_conditions"][-1] == "consumer_credit"
    assert "consumer_credit" not in usual.json()["open_conditions"]


async def test_a_simulation_is_refused_as_an_application_would_be(tmp_path: Path) -> None:
    """What would be lent as consumer credit is no alternative."""
    async with banking(tmp_path, content=_AUTHORITY, serving=serving("refuse")) as bank:
        case = await bank.refer(amount=euro(80_000), **_FOUNDER)
        path = f"/v1/decisions/{case['decision_id']}/simulations"
        less = await bank.service.post(path, {"amount": euro(75_000)}, key=bank.keys["hans"])
        more = await bank.service.post(path, {"amount": euro(76_000)}, key=bank.keys["hans"])
    assert problem(less)[:2] == (422, "consumer-credit")
    assert more.status_code == 200, more.text
