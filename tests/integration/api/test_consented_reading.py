"""What is read of an account that a firm connected by a link: what its consent names, and no more."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from links import a_link, send
from postgres import ON_SQLITE
from service import TOKEN, Service, a_serving, application, link_order, running
from signing import SIGNER
from sqlalchemy import text
from typing_extensions import override
from unit.sandbox_server.building import TODAY
from what_flips import NAMED

from features.ledger import Resource
from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault
from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.usecases.policy_simulation import compare
from scoring.usecases.replay import load_recorded_input, replay
from scoring.usecases.verify import verify_chain

POSITIONS = ("InvoicePos", "CreditNotePos", "VoucherPos")


def books_of(firm: str) -> Books:
    """Of a persona."""
    return next(persona for persona in PERSONAS if persona.firm == firm).books(TODAY)


async def connected(service: Service, token: str = TOKEN) -> str:
    """A connection that a firm makes by a link now."""
    identifier, path = await a_link(service)
    await send(service, path, token=token)
    connection: str = (await service.get(f"/v1/connect-sessions/{identifier}")).json()["connection_id"]
    return connection


async def decided(service: Service, connection: str) -> Mapping[str, Any]:
    """A decision on what the connection opens."""
    body = application(sevdesk_token=None, connection_id=connection, amount={"value": "20000.00", "currency": "EUR"})
    answer = await service.post("/v1/decisions", body | {"term_months": 24})
    assert answer.status_code == 201, answer.text
    made: Mapping[str, Any] = answer.json()
    return made


def lacking(made: Mapping[str, Any]) -> list[str]:
    """What the consent kept from being read, by the notes of a decision."""
    return [note for note in made["data"]["notes"] if note.startswith("consent_lacks_")]


@contextmanager
def watched() -> Iterator[tuple[httpx.AsyncBaseTransport, set[str]]]:
    """A local sevdesk, and the lists that it was asked for."""
    asked: set[str] = set()
    sandbox = create_sandbox([books_of("stacked-loans")], today=lambda: TODAY)
    inner = httpx.ASGITransport(app=sandbox)  # type: ignore[arg-type]  # litestar types scopes more narrowly

    class Watching(httpx.AsyncBaseTransport):
        @override
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.add(request.url.path.removeprefix("/api/v1/").partition("/")[0])
            return await inner.handle_async_request(request)

    yield Watching(), asked


async def changed(service: Service, statement: str) -> None:
    """Change the database behind the service's back."""
    database = Database(service.settings.database_url)
    async with database.write() as connection:
        await connection.execute(text(statement))
    await database.close()


OLD = "UPDATE consents SET reads = NULL, text_version = '11'"
"""As version 0.7 stored it."""


async def test_a_new_consent_lets_positions_tax_rules_and_funders_be_kept(tmp_path: Path) -> None:
    """It names all three."""
    books = books_of("stacked-loans")
    async with running(tmp_path, books=[books], is_plain_http=True, reads_positions=True) as service:
        made = await decided(service, await connected(service, books.token))
    assert {"positions", "taxes"} <= set(made["data"]["fetched"])
    funders = [one["funder"] for one in made["borrowings"]["facilities"]]
    assert funders == ["online/iwoca", "online/teylor", "online/qonto"]
    assert lacking(made) == []


async def test_an_earlier_consent_keeps_its_promises(tmp_path: Path) -> None:
    """No positions, no tax rules, no code of a funder; what was left out is named, and the decision replays."""
    books = books_of("stacked-loans")
    with watched() as (transport, asked):
        async with running(
            tmp_path, books=[books], transport=transport, is_plain_http=True, reads_positions=True
        ) as service:
            connection = await connected(service, books.token)
            allowed = await decided(service, connection)
            assert set(POSITIONS) <= asked
            await changed(service, OLD)
            asked.clear()
            made = await decided(service, connection)
            accounts = (await service.get(made["links"]["management_accounts"])).json()
            state, found = service.app.state, made["decision_id"]
            decision, snapshot = await load_recorded_input(state.database, state.cipher, state.signer, found)
    assert asked.isdisjoint({*POSITIONS, "ReceiptGuidance", "AccountingType"})
    assert {"positions", "taxes"}.isdisjoint(made["data"]["fetched"])
    assert lacking(made) == ["consent_lacks_positions", "consent_lacks_taxes", "consent_lacks_funders"]
    facilities = made["borrowings"]["facilities"]
    assert [one["funder"] for one in facilities] == [None] * len(allowed["borrowings"]["facilities"])
    assert made["borrowings"]["new_count"] == allowed["borrowings"]["new_count"]
    assert made["score"]["value"] == allowed["score"]["value"]
    assert made["data"]["missing"]["trust_vat_shortfall_share_12m_v2"] == "not_fetched"
    assert "consent does not name positions" in accounts["text"]["en"]
    assert snapshot.ledger.transactions["funder"].null_count() == snapshot.ledger.transactions.height
    assert Resource.TAXES not in snapshot.ledger.fetched
    assert snapshot.ledger.invoices["tax"].null_count() == snapshot.ledger.invoices.height
    assert replay(decision, snapshot, a_serving()).differences == ()
    # a policy that reads taxes is compared on it all the same
    pair = compare(decision, snapshot, a_serving(), a_serving(), loss_given_default=0.5)
    assert pair.before == pair.after


@pytest.mark.parametrize(("version", "is_asked"), [("10", False), ("11", True)])
async def test_a_consent_before_the_holder_was_named_keeps_it_from_being_read(
    tmp_path: Path, version: str, *, is_asked: bool
) -> None:
    """Then an applicant cannot be compared with it, and a person decides."""
    with watched() as (transport, asked):
        async with running(tmp_path, transport=transport, is_plain_http=True) as service:
            connection = await connected(service, books_of("stacked-loans").token)
            await changed(service, OLD.replace("11", version))
            asked.clear()
            body = application(sevdesk_token=None, connection_id=connection, applicant={"name": "Muster GmbH"})
            made = (await service.post("/v1/decisions", body)).json()
    assert ("SevClient" in asked) is is_asked
    assert ("consent_lacks_holder" in lacking(made)) is not is_asked
    assert "HOLDER_DIFFERS" in [one["code"] for one in made["causes"]]


async def test_a_consent_that_said_that_positions_are_not_read_is_kept_when_the_operator_changes_that(
    tmp_path: Path,
) -> None:
    """What its text names as read counts, not its version alone; a new link asks anew."""
    books = books_of("stacked-loans")
    async with running(tmp_path, books=[books], is_plain_http=True) as service:
        connection = await connected(service, books.token)
    async with running(tmp_path, books=[books], is_plain_http=True, reads_positions=True) as service:
        made = await decided(service, connection)
        again = await decided(service, await connected(service, books.token))
    assert lacking(made) == ["consent_lacks_positions"]
    assert lacking(again) == []


async def test_a_token_that_the_lender_sends_is_read_as_the_lender_told_the_firm(tmp_path: Path) -> None:
    """No link of this service was used, so no text of it counts."""
    books = books_of("stacked-loans")
    async with running(tmp_path, books=[books], is_plain_http=True, reads_positions=True) as service:
        await changed(service, OLD)
        answer = await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": books.token})
        made = await decided(service, answer.json()["connection_id"])
    assert "positions" in made["data"]["fetched"]
    assert lacking(made) == []


async def test_a_link_whose_consent_is_gone_allows_what_the_earliest_did(tmp_path: Path) -> None:
    """Removed behind the service's back, it is no leave to read more."""
    books = books_of("stacked-loans")
    async with running(tmp_path, books=[books], is_plain_http=True, reads_positions=True) as service:
        connection = await connected(service, books.token)
        await changed(service, "DELETE FROM consents")
        made = await decided(service, connection)
    assert "consent_lacks_positions" in lacking(made)


@ON_SQLITE
async def test_what_a_consent_names_is_signed(tmp_path: Path) -> None:
    """To allow more behind the service's back is found."""
    async with running(tmp_path, is_plain_http=True) as service:
        await connected(service)
        state = service.app.state
        before = await verify_chain(state.database, SIGNER.keys, "bank", [], done=lambda _count: None)
        await changed(service, "UPDATE consents SET reads = reads || ',positions'")
        after = await verify_chain(state.database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert before.findings == ()
    assert [one.said for one in after.findings] == ["is a consent that was changed"]


async def test_the_text_names_what_the_lenders_own_policy_reads(tmp_path: Path) -> None:
    """A policy that one lender has for itself may read more than the one for all, or less."""
    base = a_serving()
    own = msgspec.structs.replace(
        base, plan=msgspec.structs.replace(base.plan, resources=base.plan.resources - {Resource.TAXES})
    )
    serving = msgspec.structs.replace(base, lenders={"other": own})
    async with running(tmp_path, serving=serving, is_plain_http=True) as service:
        key = await service.key(*Role, lender="other")
        pages = []
        for by in (None, key):
            answer = await service.post("/v1/connect-sessions", link_order(), key=by)
            pages.append((await service.http.get(urlsplit(answer.json()["url"]).path)).text)
    assert ["Umsatzsteuer der Belege: " in page for page in pages] == [True, False]


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("resource", POSITIONS)
async def test_refused_positions_that_only_the_operator_wants_end_no_decision(
    tmp_path: Path, resource: str, status: int
) -> None:
    """It is made without any, and says so; so do its management accounts."""
    faults = [Fault(resource=resource, status=status)]
    async with running(tmp_path, faults=faults, reads_positions=True) as service:
        answer = await service.post("/v1/decisions", application())
        assert answer.status_code == 201, answer.text
        made = answer.json()
        accounts = (await service.get(made["links"]["management_accounts"])).json()
    assert "positions_refused" in made["data"]["notes"]
    assert not accounts["has_positions"]
    assert "sevdesk does not serve positions" in accounts["text"]["en"]


@ON_SQLITE
async def test_refused_booking_accounts_end_no_decision(tmp_path: Path) -> None:
    """Positions are there, without kinds of cost."""
    faults = [Fault(resource="ReceiptGuidance", status=403)]
    books = NAMED["healthy-agency"].books(TODAY)
    async with running(tmp_path, books=[books], faults=faults, reads_positions=True) as service:
        answer = await service.post("/v1/decisions", application(sevdesk_token=books.token))
        assert answer.status_code == 201, answer.text
        accounts = (await service.get(answer.json()["links"]["management_accounts"])).json()
    assert accounts["has_positions"]


@ON_SQLITE
async def test_refused_positions_that_a_feature_reads_end_the_decision(tmp_path: Path) -> None:
    """As every list that model or policy need."""
    base = a_serving()
    plan = msgspec.structs.replace(base.plan, resources=base.plan.resources | {Resource.POSITIONS})
    faults = [Fault(resource="InvoicePos", status=403)]
    async with running(
        tmp_path, faults=faults, serving=msgspec.structs.replace(base, plan=plan), reads_positions=True
    ) as service:
        answer = await service.post("/v1/decisions", application())
    assert (answer.status_code, answer.json()["type"]) == (424, "/problems/plan-lacks-api")
