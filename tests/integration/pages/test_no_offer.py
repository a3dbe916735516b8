"""Where less is left than the smallest loan of the product, nobody is offered it: not the caller, nor any reader."""

import re
from pathlib import Path
from typing import Any

from integration.pages.test_facilities import books_of
from integration.pages.test_pages import Outline, signed_in
from service import a_lenders_file, application

ASKED = {"product": "investment", "amount": {"value": "20000.00", "currency": "EUR"}, "term_months": 24}
ZERO = ("€0.00", "0,00 €", "€0 ", "0.00 EUR")


def amounts(found: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401  any JSON
    """Every highest amount in an answer, by its place."""
    if isinstance(found, dict):
        inner = {key: value for key, one in found.items() for key, value in amounts(one, f"{path}.{key}").items()}
        return inner | ({path: found["max_amount"]} if "max_amount" in found else {})
    if isinstance(found, list):
        return {key: value for n, one in enumerate(found) for key, value in amounts(one, f"{path}.{n}").items()}
    return {}


async def test_a_limit_below_the_smallest_loan_is_no_offer(tmp_path: Path) -> None:
    """In the answer, its simulation, the list, the page, the case, the memo and the notice; the cause says why."""
    books = books_of("balloon-loan")
    lenders = a_lenders_file(tmp_path / "lenders")
    async with signed_in(tmp_path, books=[books], lenders_file=lenders) as (service, visitor):
        made = (await service.post("/v1/decisions", application(sevdesk_token=books.token, **ASKED))).json()
        path = f"/v1/decisions/{made['decision_id']}"
        answers = [
            made,
            (await service.get(path)).json(),
            (await service.get("/v1/decisions")).json(),
            (await service.get(f"{path}/changes")).json(),
            (await service.post(f"{path}/simulations", {})).json(),
        ]
        page = Outline((await visitor.get(f"/decisions/{made['decision_id']}?lang=en")).text).text
        listed = Outline((await visitor.get("/decisions?lang=en")).text).text
        case = Outline((await visitor.get(f"{made['links']['case'].removeprefix('/v1')}?lang=en")).text).text
        notice = await service.get(f"{path}/notice", format="html", language="en")
    assert made["recommendation"] == "refer", made["causes"]
    assert made["offer"] is None
    found = {place: one for answer in answers for place, one in amounts(answer).items()}
    assert [one for one in found.values() if one is not None and float(one["value"]) < 10_000] == []
    (cause,) = [one for one in made["causes"] if one["code"] == "LIMIT_BELOW_REQUEST"]
    assert "So there is no offer" in cause["text"]["en"]
    assert "lower amount" not in cause["remedy"]["en"]
    assert (
        "There is no offer: by books and look ahead, less is left than the smallest loan of this product (€10,000.00)"
        in (page)
    )
    assert "no offer" in page
    assert re.search(r"Maximum\s*no offer", case)
    assert re.findall(r"(?i)(?:maximum|maximum loan amount)\s*€0\b", page + listed + case) == []
    assert notice.status_code == 200, notice.text
    assert not any(zero in notice.text for zero in ZERO)
    assert "the smallest loan of this product is €10,000.00" in notice.text
