"""Whose books were read, over HTTP: named firms of the sandbox, the applicant's own and somebody else's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from lending import HEALTHY, books, euro, serving
from service import Service, application, running
from sqlalchemy import text
from typing_extensions import override
from unit.sandbox_server.building import TODAY

from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app as create_sandbox
from scoring.store.database import Database

OWN = {"name": HEALTHY.name}


class Heard(httpx.AsyncBaseTransport):
    """A local sevdesk with the books of a sound firm, which notes what it was asked for."""

    def __init__(self) -> None:
        self.resources: list[str] = []
        self._inner = httpx.ASGITransport(app=create_sandbox([books()], today=lambda: TODAY))  # type: ignore[arg-type]  # litestar types scopes more narrowly

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.resources.append(request.url.path.removeprefix("/api/v1/"))
        return await self._inner.handle_async_request(request)


@asynccontextmanager
async def deciding(folder: Path) -> AsyncIterator[tuple[Service, Heard]]:
    """A service with the books of a sound firm, and the local sevdesk that it asks."""
    heard = Heard()
    async with running(folder, transport=heard, serving=serving()) as service:
        yield service, heard


def asked(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """An application that is approved where nothing speaks against whose books these are."""
    usual = {"amount": euro("9000.00"), "sevdesk_token": HEALTHY.token, "payout_iban": HEALTHY.iban}
    return application(**{**usual, **changes})


async def decided(service: Service, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """The decision on it."""
    answer = await service.post("/v1/decisions", asked(**changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def codes(decision: dict[str, Any]) -> list[str]:
    """Of the causes."""
    return [one["code"] for one in decision["causes"]]


async def test_the_firms_own_books_are_approved(tmp_path: Path) -> None:
    """However its name is written."""
    async with deciding(tmp_path) as (service, _):
        decision = await decided(service, applicant={"name": "MORGENROT DESIGN"})
        assert (decision["verdict"], codes(decision)) == ("approve", [])
        assert decision["data"]["holder"]["result"] == "same"
        assert decision["applicant"]["name"] == "MORGENROT DESIGN"


async def test_a_friends_books_go_to_a_person_with_a_reason(tmp_path: Path) -> None:
    """The answer says what the account says, so that a person can tell a trade name from a fraud."""
    async with deciding(tmp_path) as (service, _):
        decision = await decided(service, applicant={"name": "Jan Schmidt", "tax_number": "181/815/08155"})
        assert (decision["recommendation"], codes(decision)) == ("refer", ["HOLDER_DIFFERS"])
        holder = decision["data"]["holder"]
        assert (holder["result"], holder["name"]) == (
            "differs",
            {"result": "differs", "why": "other_name", "in_account": HEALTHY.name},
        )
        assert (holder["tax_number"]["why"], holder["vat_id"]["why"]) == ("other_number", "not_stated")
        assert "another name or tax number" in decision["causes"][0]["text"]["en"]


async def test_a_sole_traders_trade_name_is_settled_by_the_tax_number(tmp_path: Path) -> None:
    """With the owner's name alone a person is told why; with the number that the account has, nothing is left."""
    trader = next(one for one in PERSONAS if one.firm == "sole-trader")
    asking = {
        "legal_form": "einzelunternehmen",
        "sevdesk_token": trader.token,
        "payout_iban": trader.iban,
        "amount": euro("8000.00"),
    }
    async with running(tmp_path, books=[trader.books(TODAY)], serving=serving()) as service:
        named = await decided(service, **asking, applicant={"name": "Emil Roth"})
        numbered = await decided(service, **asking, applicant={"name": "Emil Roth", "tax_number": trader.tax_number})
        trade = await decided(service, **asking, applicant={"name": "Malerbetrieb Emil Roth"})
        friend = await decided(service, **asking, applicant={"name": "Jan Kunz", "tax_number": trader.tax_number})
    assert ("HOLDER_DIFFERS" in codes(named), named["data"]["holder"]["name"]["why"]) == (True, "surname")
    assert [codes(one) for one in (numbered, trade)] == [["NATURAL_PERSON"]] * 2
    assert codes(friend) == ["HOLDER_DIFFERS", "NATURAL_PERSON"]


async def test_a_sole_trader_who_states_a_company_goes_to_a_person(tmp_path: Path) -> None:
    """With the name as in the books, and the right number, or without any; the answer says what the name lacks."""
    trader = next(one for one in PERSONAS if one.firm == "sole-trader")
    asking = {"sevdesk_token": trader.token, "payout_iban": trader.iban, "amount": euro("8000.00")}
    applicant = {"name": trader.name, "tax_number": trader.tax_number}
    async with running(tmp_path, books=[trader.books(TODAY)], serving=serving()) as service:
        named = await decided(service, **asking, legal_form="gmbh", applicant=applicant)
        unnamed = await decided(service, **asking, legal_form="gmbh")
    assert [codes(one) for one in (named, unnamed)] == [["LEGAL_FORM_DIFFERS"]] * 2
    assert [one["data"]["legal_form"] for one in (named, unnamed)] == [
        {"result": "differs", "why": "no_legal_form", "in_account": trader.name}
    ] * 2
    assert unnamed["data"]["holder"] is None


async def test_without_an_applicant_nobody_compares(tmp_path: Path) -> None:
    """The answer says so; of a company the name is read all the same, for its legal form."""
    async with deciding(tmp_path) as (service, heard):
        decision = await decided(service)
        assert (decision["verdict"], decision["data"]["holder"]) == ("approve", None)
        rule = next(one for one in decision["rules"] if one["id"] == "HOLDER_DIFFERS")
        assert (rule["result"], rule["value"]) == ("not_applicable", None)
        assert "SevClient" in heard.resources
        assert decision["data"]["legal_form"] == {"result": "same", "why": None, "in_account": HEALTHY.name}


async def test_a_natural_persons_name_is_not_asked_for(tmp_path: Path) -> None:
    """Unless the application names an applicant: what is not needed is not fetched."""
    async with deciding(tmp_path) as (service, heard):
        decision = await decided(service, legal_form="freiberufler")
        assert (decision["data"]["holder"], decision["data"]["legal_form"]) == (None, None)
        assert "SevClient" not in heard.resources
        await decided(service, borrower_ref="firm-2", legal_form="freiberufler", applicant=OWN)
        assert "SevClient" in heard.resources


@pytest.mark.parametrize(
    ("payer", "changes", "is_found"),
    [
        (HEALTHY.name.upper(), {}, True),
        ("Morgenrot Druck GmbH", {"applicant": OWN}, False),
        ("Morgenrot Druck GmbH", {"applicant": {"name": "Morgenrot Druck GmbH"}}, True),
        (HEALTHY.name, {"legal_form": "freiberufler", "applicant": OWN}, False),
    ],
)
async def test_money_from_an_account_of_the_company_outside_the_books_goes_to_a_person(
    tmp_path: Path, payer: str, changes: dict[str, Any], *, is_found: bool
) -> None:
    """Whatever the text calls it. A natural person's private account is nowhere missing."""
    objects = {name: list(found) for name, found in books().objects.items()}
    lines = objects["CheckAccountTransaction"]
    last = max(lines, key=lambda one: str(one["valueDate"]))
    sent = {"id": "990001", "amount": "10000.00", "paymtPurpose": "RE 4711", "payeePayerName": payer}
    lines.append({**last, **sent, "payeePayerAcctNo": "DE89370400440532013000", "status": "100"})
    async with running(tmp_path, books=[replace(books(), objects=objects)], serving=serving()) as service:
        decision = await decided(service, **changes)
    assert ("OWN_ACCOUNT_MISSING" in codes(decision)) == is_found


async def test_an_account_that_does_not_tell_its_holder_goes_to_a_person(tmp_path: Path) -> None:
    """It cannot be compared, which is said."""
    objects = {name: found for name, found in books().objects.items() if name != "SevClient"}
    nameless = replace(books(), objects=objects)
    async with running(tmp_path, books=[nameless], serving=serving()) as service:
        decision = await decided(service, applicant=OWN)
    assert decision["data"]["holder"]["result"] == "cannot_be_compared"
    assert codes(decision) == ["HOLDER_DIFFERS"]
    assert "could not be compared" in decision["causes"][0]["text"]["en"]


async def test_names_and_numbers_are_no_part_of_the_record(tmp_path: Path) -> None:
    """They are sealed beside it with the borrower's secret, and come with every reading of the decision."""
    async with deciding(tmp_path) as (service, _):
        made = await decided(service, applicant={**OWN, "tax_number": "181/815/08155", "vat_id": "DE136695976"})
        read = (await service.get(made["links"]["self"])).json()
        assert read == made
        assert (read["applicant"]["tax_number"], read["applicant"]["vat_id"]) == ("181/815/08155", "DE136695976")
        database = Database(service.settings.database_url)
        async with database.read() as connection:
            content: bytes = (await connection.execute(text("SELECT record FROM decisions"))).scalar_one()
            sealed: bytes = (await connection.execute(text("SELECT sealed FROM document_numbers"))).scalar_one()
        await database.close()
        for secret in (HEALTHY.name, "181/815/08155", "DE136695976"):
            assert secret.encode() not in content + sealed


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"applicant": {}}, "applicant.name"),
    ({"applicant": {"name": ""}}, "applicant.name"),
    ({"applicant": {"name": " Brandt"}}, "applicant.name"),
    ({"applicant": {"name": "x" * 121}}, "applicant.name"),
    ({"applicant": {"name": "Brandt", "birthday": "1990-01-01"}}, "applicant.birthday"),
    ({"applicant": {"name": "Brandt", "tax_number": "12345678"}}, "applicant.tax_number"),
    ({"applicant": {"name": "Brandt", "tax_number": "DE136695976"}}, "applicant.tax_number"),
    ({"applicant": {"name": "Brandt", "vat_id": "136695976"}}, "applicant.vat_id"),
    ({"applicant": "Brandt"}, "applicant"),
    ({"starts_business": "no"}, "starts_business"),
]


async def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    """By its field, before anything is read."""
    async with deciding(tmp_path) as (service, heard):
        for fields, field in FAULTS:
            answer = await service.post("/v1/decisions", asked(**fields))
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request"), fields
            assert [one["field"] for one in answer.json()["errors"]] == [field]
        assert heard.resources == []


async def test_an_applicant_is_part_of_what_an_idempotency_key_stands_for(tmp_path: Path) -> None:
    """The same key with another name is another application."""
    async with deciding(tmp_path) as (service, _):
        first = await service.post("/v1/decisions", asked(applicant=OWN), **{"Idempotency-Key": "k-1"})
        again = await service.post("/v1/decisions", asked(applicant=OWN), **{"Idempotency-Key": "k-1"})
        other = await service.post(
            "/v1/decisions", asked(applicant={"name": "Jan Schmidt"}), **{"Idempotency-Key": "k-1"}
        )
        assert (first.status_code, again.json()) == (201, first.json())
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_consumer_credit_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    """With a problem of its own that says nothing about the firm; at one cent more it is decided on."""
    async with deciding(tmp_path) as (service, heard):
        founder = {"legal_form": "freiberufler", "starts_business": True}
        refused = await service.post("/v1/decisions", asked(amount=euro("75000.00"), **founder))
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (422, "consumer-credit")
        assert [one["field"] for one in problem["errors"]] == ["starts_business"]
        assert heard.resources == []
        assert (await service.get("/v1/decisions")).json()["items"] == []
        taken = await decided(service, amount=euro("75000.01"), **founder)
        assert taken["request"]["starts_business"] is True
        assert "CONSUMER_CREDIT_REFUSED" in {one["id"] for one in taken["rules"]}
        company = await decided(service, borrower_ref="firm-2", starts_business=True)
        assert company["verdict"] == "approve"


async def test_an_account_without_a_name_says_nothing_against_a_company(tmp_path: Path) -> None:
    """Where the application names nobody either; with an applicant it was to be compared, and a person decides."""
    objects = {name: found for name, found in books().objects.items() if name != "SevClient"}
    nameless = replace(books(), objects=objects)
    async with running(tmp_path, books=[nameless], serving=serving()) as service:
        decision = await decided(service)
    assert (decision["verdict"], decision["data"]["legal_form"]) == ("approve", None)
