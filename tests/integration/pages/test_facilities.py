"""What the page and the answer of a decision say of loans elsewhere."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from integration.pages.test_pages import Outline, signed_in
from service import application, running
from unit.sandbox_server.building import TODAY

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books


def books_of(firm: str) -> Books:
    """Of a persona."""
    return next(persona for persona in PERSONAS if persona.firm == firm).books(TODAY)


def asked(books: Books) -> dict[str, Any]:
    """An application on its books."""
    return application(sevdesk_token=books.token, amount={"value": "20000.00", "currency": "EUR"}, term_months=24)


async def test_three_new_loans_are_named_with_their_lines(tmp_path: Path) -> None:
    """With funder and state; the lines behind them are the evidence of the cause."""
    books = books_of("stacked-loans")
    async with signed_in(tmp_path, books=[books]) as (service, visitor):
        answer = (await service.post("/v1/decisions", asked(books))).json()
        page = await visitor.get(answer["links"]["page"])
    found, text = answer["borrowings"], Outline(page.text).text
    assert (found["new_count"], found["funder_count"]) == (3, 3)
    assert [one["funder"] for one in found["facilities"]] == ["online/iwoca", "online/teylor", "online/qonto"]
    assert len(found["debt_service"]["expected"]) == 60
    cause = next(one for one in answer["causes"] if one["code"] == "NEW_FACILITIES")
    lines = {line for one in found["facilities"] for line in one["lines"]}
    assert {one["id"] for one in cause["evidence"]["documents"]} <= lines
    assert cause["evidence"]["total"] == len(lines)
    for said in ("Existing facilities", "online/iwoca", "paid out, no instalment yet", "one payment only"):
        assert said in text


async def test_a_grace_period_costs_limit(tmp_path: Path) -> None:
    """The debt service to come is above that of the past, and both are told."""
    books = books_of("grace-period")
    async with running(tmp_path, books=[books]) as service:
        answer = (await service.post("/v1/decisions", asked(books))).json()
    (loan,) = answer["borrowings"]["facilities"]
    assert (loan["funder"], loan["course"], loan["rhythm"]) == ("promotional/kfw", "interest_only", "quarterly")
    assert loan["remaining"] == {"value": "120000.00", "currency": "EUR"}
    flow = answer["cash_flow"]
    projected, observed = (float(flow[f"debt_service_{name}"]["value"]) for name in ("projected", "observed"))
    assert projected > 3 * observed > 0


async def test_a_grace_period_whose_pay_out_was_not_seen_is_for_a_person(tmp_path: Path) -> None:
    """The same loan in books that do not have its pay-out: the cause names the instalments."""
    books = books_of("grace-period")
    lines = [one for one in books.objects["CheckAccountTransaction"] if float(one["amount"]) < 120_000]
    assert len(lines) == len(books.objects["CheckAccountTransaction"]) - 1
    books = replace(books, objects={**books.objects, "CheckAccountTransaction": lines})
    async with signed_in(tmp_path, books=[books]) as (service, visitor):
        answer = (await service.post("/v1/decisions", asked(books))).json()
        page = await visitor.get(answer["links"]["page"])
    (loan,) = answer["borrowings"]["facilities"]
    assert (loan["funder"], loan["course"], loan["cause"]) == ("promotional/kfw", "level", "grace_unknown")
    (cause,) = [one for one in answer["causes"] if one["code"] == "GRACE_UNKNOWN"]
    assert {one["id"] for one in cause["evidence"]["documents"]} == set(loan["lines"])
    assert "repayment may be still to come" in Outline(page.text).text
