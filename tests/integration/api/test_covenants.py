"""Covenants over HTTP: agreed for a loan, tested with observations, breached, waived and ended."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
import postgres
import pytest
from integration.api.test_metrics import samples, value
from integration.api.test_monitoring import count, observed
from integration.api.test_warnings import request
from lending import HEALTHY, approved, books, confirmed, entry, euro, granting, lending, lent, plan, serving
from service import Service
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from typing_extensions import override
from unit.sandbox_server.building import TODAY

from features.ledger import Resource
from sandbox.objects.books import Books
from sandbox.server.app import create_app as create_sandbox
from scoring.base.identifiers import day_in_berlin, instant
from scoring.runtime.serving import Serving, combine
from scoring.store import covenants as stored_covenants
from scoring.store import subscriptions
from scoring.store.database import Database
from scoring.store.erasure import erase
from scoring.store.principals import Role
from scoring.store.tables import (
    borrowers,
    connect_sessions,
    connections,
    consents,
    covenant_steps,
    covenants,
    monitoring_subscriptions,
)

SHARE = {"feature": "customers_top1_share_12m_v2", "bound": "at_most", "threshold": 0.0001, "rhythm_days": 30}
"""What no firm with customers keeps."""
TEXT = "The largest customer was bought by another firm; the contract was seen."


class Borrowed:
    """A monitored borrower with a loan."""

    def __init__(self, service: Service, loan: str, monitored: dict[str, Any]) -> None:
        """Take what was made."""
        self.service, self.loan, self.monitored, self.looks = service, loan, monitored, 0

    async def agree(self, **changes: Any) -> Any:  # noqa: ANN401  a response
        """Enter a covenant."""
        return await self.service.post(f"/v1/loans/{self.loan}/covenants", SHARE | changes)

    async def look(self) -> None:
        """Observe now."""
        self.looks += 1
        asked = await self.service.post(f"{self.monitored['links']['self']}/observe", None)
        assert asked.status_code == 200, asked.text
        await observed(self.service, self.monitored, self.looks)

    async def due_on(self) -> date:
        """The day on which books are read next, as Berlin has it."""
        watched = (await self.service.get(self.monitored["links"]["self"])).json()
        return day_in_berlin(datetime.fromisoformat(watched["due_at"]))

    async def read(self, made: Any) -> dict[str, Any]:  # noqa: ANN401  a response
        """The covenant."""
        found: dict[str, Any] = (await self.service.get(made.json()["links"]["self"])).json()
        return found


async def destroy(service: Service) -> None:
    """What an erasure does once nothing holds the borrower any more."""
    database, signer = service.app.state.database, service.app.state.signer
    which = select(borrowers.c.id).where(borrowers.c.borrower_ref == "firm-1")

    def work(connection: Connection) -> None:
        erase(connection, signer, connection.execute(which).scalar_one(), at="2026-10-02T00:00:00.000Z")

    await database.write_at_once(work)


@asynccontextmanager
async def borrowed(
    folder: Path,
    firm: Books | None = None,
    policy: Mapping[str, str] = MappingProxyType({}),
    *,
    is_plain_http: bool = False,
    transport: httpx.AsyncBaseTransport | None = None,
    **changes: Any,  # noqa: ANN401  any JSON
) -> AsyncIterator[Borrowed]:
    """A loan whose borrower is monitored; changes are those of the policy's text and of the application."""
    changed: dict[str, Any] = {
        "account_pause_seconds": 0.0,
        "serving": under(policy),
        "is_plain_http": is_plain_http,
        "transport": transport,
    }
    async with lending(folder, firm, **changed) as service:
        decision = await approved(service, **changes)
        loan = (await service.post("/v1/loans", granting(decision))).json()["loan_id"]
        body = {"borrower_ref": "firm-1", "sevdesk_token": HEALTHY.token, "purposes": ["decision", "monitoring"]}
        connection = (await service.post("/v1/connections", body)).json()["connection_id"]
        made = await service.post("/v1/monitoring", {"connection_id": connection, "decision_id": decision})
        yield Borrowed(service, loan, made.json())


def under(policy: Mapping[str, str]) -> Serving:
    """The champion under the newest policy with changes."""
    text = serving().policy_text
    for before, after in policy.items():
        assert before in text
        text = text.replace(before, after)
    return combine(serving().card, serving().table, text.encode())


class Meanwhile(httpx.ASGITransport):
    """Where books are read; something else happens when the next reading begins."""

    def __init__(self) -> None:
        """Have the sound firm's books."""
        app = create_sandbox([books()], today=lambda: TODAY)
        super().__init__(app=app)  # type: ignore[arg-type]  # litestar types scopes more narrowly
        self.happens: Callable[[], Awaitable[Any]] | None = None

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Let it happen, once, then answer."""
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
        return await super().handle_async_request(request)


async def change(service: Service, **values: Any) -> None:  # noqa: ANN401  columns of covenants
    """Store something else of each covenant, as another version would."""
    database: Database = service.app.state.database
    await database.write_at_once(lambda connection: connection.execute(update(covenants).values(**values)))


def without_debts() -> Books:
    """The same firm, which never borrowed: what went to its bank went to a supplier."""
    made = HEALTHY.books(TODAY)
    bought = {"payeePayerName": "Papier Meyer GmbH", "paymtPurpose": "Papier und Druck"}
    made.objects["CheckAccountTransaction"] = [
        one | bought if "Darlehen" in str(one["paymtPurpose"]) else one
        for one in made.objects["CheckAccountTransaction"]
    ]
    return made


def reads(service: Service, **plan: Any) -> None:  # noqa: ANN401  fields of FetchPlan
    """Decisions read something else from now on."""
    in_force = service.app.state.in_force
    changed = msgspec.structs.replace(in_force.serving.plan, **plan)
    in_force.serving = msgspec.structs.replace(in_force.serving, plan=changed)


async def consents_to(service: Service, named: str) -> None:
    """The firm connected its account by a link whose page named this."""
    database: Database = service.app.state.database

    def work(connection: Connection) -> None:
        firm = connection.execute(select(connections)).one()
        link = {name: firm._mapping[name] for name in ("lender_id", "borrower_id", "purposes", "created_at")}
        said = dict.fromkeys(("lender_name", "privacy_url", "privacy_email", "return_url", "secret_sha256"), "x")
        said |= {"language": "de", "status": "completed", "expires_at": firm.created_at}
        session = insert(connect_sessions).values(**link, **said, id="lnk_1", tries=1, connection_id=firm.id)
        connection.execute(session)
        link["given_at"] = link.pop("created_at")
        said = {"language": "de", "text_version": "15", "text_sha256": "x", "text": "x", "reads": named}
        given = insert(consents).values(**link, **said, connect_session_id="lnk_1", connection_id=firm.id)
        connection.execute(given)

    await database.write_at_once(work)


async def test_a_covenant_that_is_met_is_tested_in_its_rhythm(tmp_path: Path) -> None:
    """Only when it is due; with value, documents and their numbers."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree(threshold=1.0, rhythm_days=5)
        begun = made.json()
        await firm.look()
        watched = (await firm.service.get(firm.monitored["links"]["self"])).json()
        once = await firm.read(made)
        firm.service.clock.advance(days=1)
        await firm.look()
        twice = await firm.read(made)
    assert made.status_code == 201, made.text
    assert (begun["state"], begun["steps"]) == ("untested", [])
    assert once["state"] == "met"
    assert once["due_on"] > begun["due_on"]
    (step,) = once["steps"]
    assert 0 < step["value"] <= 1.0
    assert step["documents"]
    assert all(one["number"] for one in step["documents"])
    assert step["by"]["principal_id"] == "service"
    assert twice["steps"] == once["steps"]
    due_on = day_in_berlin(datetime.fromisoformat(watched["due_at"])).isoformat()
    assert due_on == once["due_on"], "the rhythm alone would come later"


async def test_a_covenant_is_breached_after_its_time_to_cure_and_waived_by_a_person(tmp_path: Path) -> None:
    """With one event for the breach; the loan stays as it is."""
    async with borrowed(tmp_path) as firm:
        service = firm.service
        made = await firm.agree(cure_days=5)
        loan = (await service.get(f"/v1/loans/{firm.loan}")).json()
        await firm.look()
        in_cure = await firm.read(made)
        service.clock.advance(days=6)
        await firm.look()
        breached = await firm.read(made)
        service.clock.advance(days=31)
        await firm.look()
        until = breached["due_on"]
        path = made.json()["links"]["self"]
        today = {"until": str(service.clock().date()), "text": TEXT}
        by_system = [
            await service.post(f"{path}/{what}", body) for what, body in (("waiver", today), ("end", {"text": TEXT}))
        ]
        too_far = await service.post(
            f"{path}/waiver", {"until": "2099-01-01", "text": TEXT}, key=await service.person()
        )
        waived = await service.post(
            f"{path}/waiver", {"until": str(service.clock().date()), "text": TEXT}, key=await service.person()
        )
        service.clock.advance(days=1)
        await firm.look()
        again = await firm.read(made)
        ended = await service.post(f"{path}/end", {"text": TEXT}, key=await service.person())
        late = await service.post(f"{path}/end", {"text": TEXT}, key=await service.person())
        events = (await service.get("/v1/events", limit="200")).json()["items"]
        unchanged = (await service.get(f"/v1/loans/{firm.loan}")).json()
        listed = (await service.get("/v1/covenants", loan_id=firm.loan, state="ended")).json()["items"]
    assert [(one.status_code, one.json()["reason"]) for one in by_system] == [(403, "no_person")] * 2
    assert (in_cure["state"], breached["state"]) == ("in_cure", "breached")
    assert until > in_cure["cure_until"]
    assert [error["field"] for error in too_far.json()["errors"]] == ["until"]
    assert waived.json()["state"] == "waived"
    assert waived.json()["steps"][-1]["text"] == TEXT
    assert again["state"] == "in_cure", "the waiver is over, and the time to cure begins anew"
    assert (ended.json()["state"], ended.json()["due_on"]) == ("ended", None)
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "covenant-state")
    breaches = [one["data"] for one in events if one["type"] == "covenant.breached"]
    assert [one["covenant_id"] for one in breaches] == [breached["covenant_id"]]
    assert breaches[0]["loan_id"] == firm.loan
    assert loan["status"] == unchanged["status"]
    assert [one["covenant_id"] for one in listed] == [breached["covenant_id"]]


async def test_books_are_read_in_time_for_a_new_covenant(tmp_path: Path) -> None:
    """On its first day, however late the rhythm comes; never sooner than three days after the last time."""
    async with borrowed(tmp_path) as firm:
        watched = firm.monitored["links"]["self"]
        before = firm.monitored["due_at"]
        await firm.agree(first_on="2026-10-20")
        for_first = (await firm.service.get(watched)).json()["due_at"]
        await firm.agree(first_on="2026-12-31", threshold=0.5)
        for_later = (await firm.service.get(watched)).json()["due_at"]
        await firm.look()
        looked = (await firm.service.get(watched)).json()["observed_at"]
        await firm.agree(threshold=0.9)
        at_once = (await firm.service.get(watched)).json()["due_at"]
        twice = await firm.agree(threshold=0.9, rhythm_days=90)
    assert before > "2026-10-21"
    assert for_first[:10] == for_later[:10]
    assert for_first[:10] in {"2026-10-19", "2026-10-20"}  # of the 20th in Berlin
    assert looked[:10] == "2026-10-01"
    assert at_once[:10] in {"2026-10-03", "2026-10-04"}
    assert twice.status_code == 409
    assert "the loan has this covenant already: cov_" in twice.json()["detail"]


async def test_operators_see_how_many_are_breached_or_late_and_whose_they_are_stays_out(tmp_path: Path) -> None:
    """At each check of readiness; a waiver and the end of the loan take them off."""
    async with borrowed(tmp_path) as firm:
        service, told = firm.service, []

        async def count_now() -> None:
            await service.http.get("/health/ready")
            found = await samples(service)
            told.append(tuple(value(found, name) for name in ("covenant_breaches_open", "covenants_late")))

        made = await firm.agree()
        await count_now()
        await firm.look()
        await firm.agree(threshold=0.5)
        await count_now()
        service.clock.advance(days=2)
        await count_now()
        body = {"until": str(service.clock().date()), "text": TEXT}
        assert (
            await service.post(f"{made.json()['links']['self']}/waiver", body, key=await service.person())
        ).status_code == 200
        await count_now()
        assert (await service.post(f"/v1/loans/{firm.loan}/entries", entry("closed", "end"))).status_code == 201
        await count_now()
    assert told == [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]


async def test_the_history_of_a_covenant_is_read_page_by_page(tmp_path: Path) -> None:
    """The newest steps first, and in a page the oldest first; what is no page is refused."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree()
        path = made.json()["links"]["self"]
        for day in range(1, 6):
            body = {"until": f"2026-10-0{day}", "text": TEXT}
            assert (await firm.service.post(f"{path}/waiver", body, key=await firm.service.person())).status_code == 200
        whole = (await firm.service.get(path)).json()
        pages = [(await firm.service.get(path, limit="2")).json()]
        while pages[-1]["next_before"] is not None:
            pages.append((await firm.service.get(path, limit="2", before=str(pages[-1]["next_before"]))).json())
        refused = [await firm.service.get(path, **{name: "0"}) for name in ("before", "limit", "cursor")]
    assert whole["next_before"] is None
    assert [[one["number"] for one in page["steps"]] for page in pages] == [[4, 5], [2, 3], [1]]
    assert [one for page in pages[::-1] for one in page["steps"]] == whole["steps"]
    assert [one.status_code for one in refused] == [422] * 3


async def test_nothing_is_waived_after_the_loan_has_ended(tmp_path: Path) -> None:
    """Nor ended, nor entered: nothing is stored."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree()
        closed = await firm.service.post(f"/v1/loans/{firm.loan}/entries", entry("closed", "end"))
        assert closed.status_code == 201, closed.text
        stopped = (await firm.service.get(firm.monitored["links"]["self"])).json()
        path = made.json()["links"]["self"]
        waived = await firm.service.post(
            f"{path}/waiver", {"until": "2026-10-02", "text": TEXT}, key=await firm.service.person()
        )
        ended = await firm.service.post(f"{path}/end", {"text": TEXT}, key=await firm.service.person())
        entered = await firm.agree(threshold=0.9)
        after = await firm.read(made)
    assert (stopped["state"], stopped["cause"]) == ("ended", "loan_ended")
    assert [one.status_code for one in (waived, ended, entered)] == [409, 409, 409]
    assert "the loan has ended" in waived.json()["detail"]
    assert (after["state"], after["steps"]) == ("untested", [])


async def test_books_are_read_when_a_waiver_ends(tmp_path: Path) -> None:
    """However late the rhythm comes."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree()
        await firm.look()
        failed = (await firm.read(made))["state"]
        path = made.json()["links"]["self"]
        waived = await firm.service.post(
            f"{path}/waiver", {"until": "2026-10-10", "text": TEXT}, key=await firm.service.person()
        )
        due_at = (await firm.service.get(firm.monitored["links"]["self"])).json()["due_at"]
    assert (failed, waived.json()["state"], waived.json()["due_on"]) == ("breached", "waived", "2026-10-11")
    assert due_at[:10] in {"2026-10-10", "2026-10-11"}  # of the 11th in Berlin


async def test_a_waiver_of_what_has_not_failed_reads_no_books(tmp_path: Path) -> None:
    """Its test comes on the day on which it would have come: nothing is tested when the waiver ends."""
    async with borrowed(tmp_path) as firm:
        met = await firm.agree(threshold=1.0, rhythm_days=90)
        await firm.look()
        untested = await firm.agree(threshold=1.0, feature="customers_top5_share_12m_v2", first_on="2026-12-01")
        before = await firm.due_on()
        for made in (met, untested):
            path = made.json()["links"]["self"]
            waived = await firm.service.post(
                f"{path}/waiver", {"until": "2026-10-02", "text": TEXT}, key=await firm.service.person()
            )
            assert waived.status_code == 200, waived.text
        after = await firm.due_on()
        states = [(await firm.read(made))["state"] for made in (met, untested)]
    assert states == ["met", "untested"]
    assert after == before > date(2026, 10, 10)


async def test_a_feature_that_only_a_newer_version_knows_reads_no_books(tmp_path: Path) -> None:
    """The rhythm goes on; that version tests it, and here it is late."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree()
        await change(firm.service, feature="customers_of_tomorrow_12m")
        await firm.look()
        due_on, found = await firm.due_on(), await firm.read(made)
    assert (found["state"], found["steps"]) == ("untested", [])
    assert due_on > date(2026, 10, 10)


@pytest.mark.parametrize(
    ("first_on", "is_read_at_once"),
    [({}, True), ({"first_on": "2026-10-02"}, True), ({"first_on": "2027-09-30"}, False)],
)
async def test_a_covenant_agreed_while_books_are_read_is_tested_on_its_day(
    tmp_path: Path, first_on: dict[str, str], *, is_read_at_once: bool
) -> None:
    """That reading has not looked at its feature: the next comes after three days, and not for a test of next year."""
    transport = Meanwhile()
    async with borrowed(tmp_path, transport=transport) as firm:
        transport.happens = lambda: firm.agree(feature="customers_top5_share_12m_v2", **first_on)
        await firm.look()
        due_on, kept = await firm.due_on(), await count(firm.service, covenants)
    assert kept == 1
    assert (due_on == date(2026, 10, 4)) is is_read_at_once


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # writers of SQLite come one after the other
@pytest.mark.parametrize("step", ["agree", "waive"])
async def test_what_is_entered_while_an_observation_is_stored_is_tested_in_time(tmp_path: Path, step: str) -> None:
    """Also after that one has looked at what is due: it is waited for, and the next reading comes for both."""
    async with borrowed(tmp_path) as firm:
        service, now = firm.service, firm.service.clock()
        made = await firm.agree(rhythm_days=90)
        await firm.look()
        assert (await firm.read(made))["state"] == "breached"
        database: Database = service.app.state.database
        url, later = service.settings.database_url.reveal(), now + timedelta(days=92)

        def begin(connection: Connection) -> None:
            connection.execute(update(monitoring_subscriptions).values(attempt="att_1", due_at=instant(later)))

        def store(connection: Connection) -> None:
            held = subscriptions.find(connection, firm.monitored["monitoring_id"], lender_id=None)
            assert held is not None
            subscriptions.finish(connection, held, observed_at=instant(now), due_at=later)
            due_on = stored_covenants.next_due(connection, held.borrower_id)
            assert due_on is not None
            assert due_on > date(2026, 12, 1)

        await database.write_at_once(begin)
        person = await service.person()
        async with database.write() as connection:
            await connection.run_sync(store)
            path = f"{made.json()['links']['self']}/waiver"
            body = {"until": "2026-10-10", "text": TEXT}
            entering = asyncio.create_task(
                service.post(path, body, key=person) if step == "waive" else firm.agree(threshold=0.5)
            )
            waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            while not entering.done() and not await postgres.ask(url, waiting):  # noqa: ASYNC110  the server tells by being asked
                await asyncio.sleep(0.01)
        entered = await entering
        due_on = await firm.due_on()
    assert entered.is_success, entered.text
    assert due_on == (date(2026, 10, 11) if step == "waive" else date(2026, 10, 4))


async def test_who_is_monitored_anew_is_read_in_time_for_what_is_late(tmp_path: Path) -> None:
    """Nobody observed the borrower on the day of the test."""
    async with borrowed(tmp_path) as firm:
        await firm.agree()
        await firm.service.delete(firm.monitored["links"]["self"])
        firm.service.clock.advance(days=5)
        body = {"connection_id": firm.monitored["connection_id"]}
        again = (await firm.service.post("/v1/monitoring", body)).json()
    assert day_in_berlin(datetime.fromisoformat(again["due_at"])) == date(2026, 10, 7)


async def test_who_is_monitored_anew_is_read_in_time_for_its_covenants(tmp_path: Path) -> None:
    """As for a new one."""
    async with borrowed(tmp_path) as firm:
        await firm.agree(first_on="2026-10-05")
        path = firm.monitored["links"]["self"]
        assert (await firm.service.delete(path)).status_code in {200, 204}
        body = {"connection_id": firm.monitored["connection_id"]}
        again = (await firm.service.post("/v1/monitoring", body)).json()
    assert again["due_at"][:10] in {"2026-10-04", "2026-10-05"}  # of the 5th in Berlin


async def test_a_value_that_is_not_known_is_not_tested_and_told(tmp_path: Path) -> None:
    """Never a breach: it stays due, and is late once its day is past. Here less is read than when it was agreed."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree()
        reads(firm.service, resources=frozenset({Resource.ACCOUNTS, Resource.TRANSACTIONS, Resource.RECOGNITION}))
        await firm.look()
        found = await firm.read(made)
        firm.service.clock.advance(days=2)
        late = (await firm.service.get("/v1/covenants", late="true")).json()["items"]
    (step,) = found["steps"]
    assert (found["state"], found["tested_on"], step["value"]) == ("untested", None, None)
    assert step["missing"] == "not_fetched"
    assert [one["covenant_id"] for one in late] == [found["covenant_id"]]


async def test_a_firm_without_debt_service_meets_its_cover_and_is_not_late(tmp_path: Path) -> None:
    """Its accounts were read for a year and show none. Once an instalment of the loan is due, nothing is known."""
    async with borrowed(
        tmp_path, without_debts(), {"approve_at_or_below = 0.04": "approve_at_or_below = 0.08"}
    ) as firm:
        service = firm.service
        cover = {"feature": "liquidity_debt_service_cover_12m_v2", "bound": "at_least", "threshold": 1.25}
        made = await firm.agree(**cover, rhythm_days=10)
        await firm.look()
        met = await firm.read(made)
        service.clock.advance(days=5)
        late = (await service.get("/v1/covenants", late="true")).json()["items"]
        for one in (
            *confirmed(),
            entry("paid_out", "out", amount=euro("9000.00")),
            plan(TODAY + timedelta(days=9), amount="9500.00"),
        ):
            entered = await service.post(f"/v1/loans/{firm.loan}/entries", one)
            assert entered.status_code == 201, entered.text
        service.clock.advance(days=40)
        await firm.look()
        unpaid = await firm.read(made)
    (step,) = met["steps"]
    assert (met["state"], step["value"], step["missing"], step["is_moot"]) == ("met", None, "undefined", True)
    assert met["tested_on"] is not None
    assert late == []
    assert (unpaid["steps"][-1]["is_moot"], unpaid["is_late"], unpaid["state"]) == (False, True, "met")


async def test_no_cover_is_moot_while_an_own_loan_was_paid_that_has_ended_since(tmp_path: Path) -> None:
    """Its instalments were paid in the twelve months, and the accounts that were read do not show them."""
    async with borrowed(
        tmp_path, without_debts(), {"approve_at_or_below = 0.04": "approve_at_or_below = 0.08"}
    ) as firm:
        service, of_first = firm.service, firm.loan
        await lent(service, await approved(service))
        listed = (await service.get("/v1/loans", open="true")).json()["items"]
        (firm.loan,) = {one["loan_id"] for one in listed} - {of_first}
        for one in (
            *confirmed(),
            entry("paid_out", "out", amount=euro("9000.00")),
            plan(TODAY + timedelta(days=9), amount="9500.00"),
        ):
            entered = await service.post(f"/v1/loans/{of_first}/entries", one)
            assert entered.status_code == 201, entered.text
        service.clock.advance(days=40)
        paid = entry("paid", "in", TODAY + timedelta(days=9), amount=euro("9500.00"))
        ended = await service.post(f"/v1/loans/{of_first}/entries", paid)
        made = await firm.agree(
            feature="liquidity_debt_service_cover_12m_v2", bound="at_least", threshold=1.25, rhythm_days=10
        )
        await firm.look()
        found = await firm.read(made)
    assert ended.json()["status"] == "repaid", ended.text
    (step,) = found["steps"]
    assert (found["state"], step["missing"], step["is_moot"]) == ("untested", "undefined", False)


async def test_a_covenant_is_tested_on_books_that_reach_as_far_back_as_it_looks(tmp_path: Path) -> None:
    """Also where those that decide look less far back: books that are cut off would give a wrong value."""
    async with borrowed(tmp_path) as firm:
        values = []
        for threshold, months in ((0.1, 60), (0.2, 2)):
            reads(firm.service, history_months=months)
            made = await firm.agree(threshold=threshold)
            await firm.look()
            values.append((await firm.read(made))["steps"][0]["value"])
    assert values[0] == values[1]
    assert values[0] is not None


async def test_a_covenant_on_what_is_not_read_is_refused(tmp_path: Path) -> None:
    """With what it needs and what is read: nothing would ever test it, by what decides or by the firm's consent."""
    async with borrowed(tmp_path) as firm:
        unread = await firm.agree(feature="receivables_dunning_depth_12m_v2")
        reads(firm.service, resources=firm.service.app.state.in_force.serving.plan.resources | {Resource.REMINDERS})
        taken = await firm.agree(feature="receivables_dunning_depth_12m_v2")
        await consents_to(firm.service, "invoices,credit_notes,vouchers,payment_log")
        beyond = await firm.agree(feature="liquidity_debt_service_cover_12m_v2", bound="at_least")
        within = await firm.agree()
        kept = await count(firm.service, covenants)
    assert [one.status_code for one in (unread, taken, beyond, within)] == [409, 201, 409, 201]
    assert "needs reminders, which is not read for decisions on this borrower; read are " in unread.json()["detail"]
    assert "needs accounts, transactions, which the firm's consent does not name" in beyond.json()["detail"]
    assert kept == 2


async def test_a_covenant_of_a_person_whose_bank_data_are_left_out_is_refused(tmp_path: Path) -> None:
    """The legal form of the loan's decision says what is read."""
    by_contract = {'legal_basis = ""': 'legal_basis = "contract"'}
    async with borrowed(tmp_path, policy=by_contract, legal_form="einzelunternehmen") as firm:
        firm.service.app.state.in_force.serving = under({'bank_data = "read"': 'bank_data = "leave_out"'})
        refused = await firm.agree(feature="liquidity_debt_service_cover_12m_v2", bound="at_least")
        taken = await firm.agree()
    assert (refused.status_code, taken.status_code) == (409, 201), refused.text
    assert "needs accounts, transactions" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"feature": "sales"}, "feature"),
        ({"bound": "below"}, "bound"),
        ({"rhythm_days": 0}, "rhythm_days"),
        ({"rhythm_days": 2}, "rhythm_days"),  # it would always come late: books are read every three days at most
        ({"cure_days": -1}, "cure_days"),
        ({"threshold": "1"}, "threshold"),
        ({"threshold": 25}, "threshold"),  # of a share: 25 % is 0.25
        ({"feature": "receivables_dso_days_3m_v2", "threshold": 5_000}, "threshold"),
        ({"first_on": "2026-09-30"}, "first_on"),  # the day before
        ({"first_on": "2027-10-03"}, "first_on"),  # a day too far away
        ({"first_on": "9999-12-31"}, "first_on"),
    ],
)
async def test_a_covenant_that_cannot_be_tested_is_refused(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    """With the field, and nothing stored."""
    async with borrowed(tmp_path) as firm:
        answer = await firm.agree(**changes)
        kept = await count(firm.service, covenants)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert kept == 0


async def test_covenants_are_of_one_lender_and_go_with_the_borrower(tmp_path: Path) -> None:
    """Another lender finds none; erasure takes them with what was measured and written."""
    async with borrowed(tmp_path) as firm:
        service = firm.service
        made = await firm.agree()
        await firm.look()
        other = await service.key(*Role, lender="other")
        path = made.json()["links"]["self"]
        answers = [
            await service.get(path, key=other),
            await service.post(f"/v1/loans/{firm.loan}/covenants", SHARE, key=other),
            await service.post(f"{path}/waiver", {"until": "2026-12-01", "text": TEXT}, key=other),
        ]
        access = await request(service, "access")
        bundle = await service.get(f"/v1/subject-requests/{access}/bundle")
        await destroy(service)
        left = [await count(service, table) for table in (covenants, covenant_steps)]
    assert [answer.status_code for answer in answers] == [404] * 3
    archive = zipfile.ZipFile(io.BytesIO(bundle.content))
    data, page = json.loads(archive.read("data.json")), archive.read("index.html").decode()
    german, english = page.split('<article id="en"')
    for told, words in (
        (german, ("Nächste Prüfung ab", "nein", "Ausgesetzt bis", "<h2>Überwachung</h2>")),
        (english, ("Next test from", "<td>no</td>", "Waived until", "<h2>Monitoring</h2>")),
    ):
        assert all(one in told for one in words)
    assert "False" not in page
    assert "Zu beantworten bis" not in german.split("Covenants von Krediten")[1].split("</table>")[0]
    assert [one["feature"] for one in data["covenants"]] == [SHARE["feature"]]
    assert data["covenant_steps"][0]["value"] > 0
    assert "by" not in data["covenant_steps"][0]
    assert left == [0, 0]
