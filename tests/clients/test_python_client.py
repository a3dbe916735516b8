"""The Python client in front of a service that fails, and of a real one."""

import asyncio
import json
import pickle
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import msgspec
import pytest
from answering import JOB, JOBS, KEY, QUICK, Answer, answering, application, client, problem
from hauptbuch_client import (
    AsyncClient,
    Client,
    HauptbuchError,
    JobEndedError,
    JobNotDoneError,
    NoAnswerError,
    ProblemError,
    Retries,
    UnexpectedAnswerError,
    models,
)
from hauptbuch_client.webhooks import verify
from hypothesis import given
from hypothesis import strategies as st
from listening import served
from receivers import receiving
from service import REVOKED, TOKEN


def test_a_request_that_failed_in_passing_is_sent_again_with_the_same_key_and_body() -> None:
    """An overloaded service, a request still at work, and a lost connection; then the answer."""
    one, got = client(
        problem(503, "overloaded", retry_after="0"),
        problem(409, "decision-in-progress", retry_after="0"),
        httpx.ReadError("lost"),
        JOBS,
    )
    assert isinstance(one.decide_later(application()), models.JobResponse)
    assert len(got) == 4
    assert len({(request.headers["idempotency-key"], request.content) for request in got}) == 1
    assert got[0].headers["authorization"] == f"Bearer {KEY}"
    assert got[0].headers["prefer"] == "respond-async"


async def test_the_asynchronous_client_does_the_same() -> None:
    """It shares what decides on it."""
    transport, got = answering(problem(503, "overloaded", retry_after="0"), httpx.ReadError("lost"), JOBS)
    async with AsyncClient("https://service.example", KEY, retries=QUICK, transport=transport) as one:
        await one.decide_later(application(), wait=5)
        assert len({request.headers["idempotency-key"] for request in got}) == 1
        assert got[2].headers["prefer"] == "respond-async, wait=5"
        with pytest.raises(ProblemError):
            await AsyncClient(
                "https://service.example", KEY, transport=answering(problem(404, "not-found"))[0]
            ).get_job("job_1")


def test_each_request_has_a_key_of_its_own_or_the_one_that_it_was_given() -> None:
    """Two applications never share one by chance."""
    one, got = client(JOBS)
    one.decide_later(application())
    one.decide_later(application())
    one.decide_later(application(), idempotency_key="app-1")
    keys = [request.headers["idempotency-key"] for request in got]
    assert len(set(keys)) == 3
    assert keys[2] == "app-1"


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (problem(429, "too-many-requests"), 5),
        (problem(408, "request-too-slow"), 5),
        (problem(503, "database-unavailable"), 1),
        (problem(504, "source-deadline-exceeded"), 1),
        (httpx.ReadTimeout("slow"), 1),
        (httpx.RemoteProtocolError("lost"), 1),
        (httpx.ConnectError("refused"), 5),
    ],
)
def test_a_write_without_key_is_repeated_only_where_nothing_was_done(answer: Answer, count: int) -> None:
    """Otherwise a case could be voted on twice."""
    one, got = client(answer)
    with pytest.raises(HauptbuchError):
        one.claim_case("cas_1")
    assert len(got) == count
    assert "idempotency-key" not in got[0].headers


def test_a_problem_says_what_the_caller_needs() -> None:
    """Code, status, the request in the service's log, and the key to come back with."""
    one, got = client(problem(424, "credential-rejected", x_request_id="req_1"))
    with pytest.raises(ProblemError, match=r"^424 A title: a detail$") as raised:
        one.decide(application(), idempotency_key="app-1")
    error = raised.value
    assert (error.code, error.status, error.request_id, error.idempotency_key) == (
        "credential-rejected",
        424,
        "req_1",
        "app-1",
    )
    assert len(got) == 1


def test_a_longer_wait_than_the_client_has_is_left_to_the_caller() -> None:
    """A used-up quota comes back in an hour."""
    one, got = client(problem(429, "quota-used-up", retry_after="3600"))
    with pytest.raises(ProblemError) as raised:
        one.decide(application())
    assert (raised.value.retry_after, len(got)) == (3600.0, 1)


def test_an_error_that_is_not_the_services_is_told_apart() -> None:
    """A proxy's page, and a redirect, which is not followed."""
    for answer in (httpx.Response(502, html="<p>Bad gateway"), httpx.Response(302, headers={"location": "/elsewhere"})):
        one, got = client(answer, retries=Retries(at_most=0))
        with pytest.raises(ProblemError) as raised:
            one.list_models()
        assert (raised.value.code, raised.value.status, len(got)) == ("", answer.status_code, 1)


def test_an_answer_that_the_interface_does_not_promise_is_not_passed_on() -> None:
    """Neither text in place of JSON, nor JSON of another kind, nor another status."""
    for answer in (httpx.Response(200, text="{"), httpx.Response(200, json=[{}]), httpx.Response(203, json=[])):
        with pytest.raises(UnexpectedAnswerError):
            client(answer)[0].list_models()


def test_codes_and_fields_of_later_versions_are_read() -> None:
    """A state that this client does not know arrives as text."""
    later = httpx.Response(200, json=JOB | {"state": "resting", "added": {"of": [1]}})
    assert client(later)[0].get_job("job_1").state == "resting"


def test_without_an_answer_the_key_is_told() -> None:
    """So the caller can find out whether the request was carried out."""
    one, _ = client(httpx.ReadTimeout("too slow"), retries=Retries(at_most=0))
    with pytest.raises(
        NoAnswerError, match=r"^POST https://service\.example/v1/decisions got no answer: too slow"
    ) as raised:
        one.decide(application(), idempotency_key="app-1")
    assert raised.value.idempotency_key == "app-1"


def test_rows_of_a_portfolio_are_read_by_their_number() -> None:
    """Their pages have ``next_after`` where others have ``next_cursor``."""
    pages = [
        httpx.Response(200, json={"items": [], "next_after": 200}),
        httpx.Response(200, json={"items": [], "next_after": None}),
    ]
    one, got = client(*pages)
    assert list(one.each(one.get_portfolio_results, "por_1", limit=200)) == []
    assert [request.url.query for request in got] == [b"limit=200", b"after=200&limit=200"]


def test_an_identifier_cannot_lead_to_another_request() -> None:
    """It stays one part of the path, or is refused."""
    one, got = client(JOBS)
    with pytest.raises(UnexpectedAnswerError):
        one.get_job("../cases?x=1#y")
    assert got[0].url.raw_path == b"/v1/jobs/..%2Fcases%3Fx%3D1%23y"
    for identifier in ("", ".", ".."):
        with pytest.raises(ValueError, match="job_id"):
            one.get_job(identifier)
    assert len(got) == 1


@given(identifier=st.text(min_size=1).filter(lambda text: text.strip(".") and text.isprintable()))
def test_any_identifier_arrives_as_it_is(identifier: str) -> None:
    """As one part of the path, whatever it is made of."""
    one, got = client(httpx.Response(200, json=JOB))
    one.get_job(identifier)
    parts = got[0].url.raw_path.decode().split("/")
    assert [unquote(part) for part in parts] == ["", "v1", "jobs", identifier]


@pytest.mark.parametrize("key", ["", "two words", "ä", "a\r\nX: y", "x" * 81])
def test_an_idempotency_key_that_cannot_be_sent_is_refused(key: str) -> None:
    """Before anything is sent, so it is neither cut nor changed."""
    one, got = client(JOBS)
    with pytest.raises(ValueError, match="80 visible"):
        one.decide(application(), idempotency_key=key)
    assert got == []


@pytest.mark.parametrize("key", ["", "secret", "hbk_ä", "hbk_a\r\nX: y"])
def test_a_key_that_is_none_is_refused_before_anything_is_sent(key: str) -> None:
    """The refusal does not repeat it."""
    with pytest.raises(ValueError, match="API key") as raised:
        Client("https://service.example", key)
    assert not key or key not in str(raised.value)


def test_an_address_that_is_none_is_refused() -> None:
    """A host without ``https://`` is the common one."""
    with pytest.raises(ValueError, match="https"):
        Client("127.0.0.1:8080", KEY)


def test_keys_and_tokens_are_shown_nowhere() -> None:
    """Neither by the client, nor by a request, nor by an error and its trace."""
    one, _ = client(problem(401, "unauthenticated"))
    shown = [repr(one), str(one), repr(application()), repr(vars(one))]
    try:
        one.decide(application())
    except ProblemError as error:
        shown += [repr(error), *traceback.format_exception(error)]
    assert not [text for text in shown if "secret" in text or TOKEN in text]


def test_a_job_that_ends_without_a_decision_is_an_error_with_the_job() -> None:
    """And so is one that is not done when the wait is over."""
    failed = models.JobResponse(**(JOB | {"state": "failed"}))
    with pytest.raises(JobEndedError, match="job_1 is failed"):
        client(JOBS)[0].wait_for(failed)
    waiting = models.JobResponse(**JOB)
    with pytest.raises(JobNotDoneError, match="still waiting"):
        client(httpx.Response(200, json=JOB))[0].wait_for(waiting, seconds=0)


def test_what_is_left_out_is_not_sent() -> None:
    """A field that is added with its default would make another body under the same key."""
    one, got = client(JOBS)
    one.decide_later(application(purpose=None))
    assert json.loads(got[0].content).keys() == {
        "borrower_ref",
        "legal_form",
        "product",
        "amount",
        "term_months",
        "sevdesk_token",
        "purpose",
    }


def decide_and_read(url: str, key: str) -> None:
    """One decision under one key, read again in every way."""
    with Client(url, key) as one:
        first = one.decide(application(), idempotency_key="py-1")
        assert one.decide(application(), idempotency_key="py-1") == first
        assert one.get_decision(first.decision_id) == first
        assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301  our own bytes
        with pytest.raises(ProblemError) as raised:
            one.decide(application(term_months=24), idempotency_key="py-1")
        assert raised.value.code == "idempotency-key-reused"
        with pytest.raises(ProblemError, match=r"422 .*term_months"):
            one.decide(application(term_months=0))
        with pytest.raises(ProblemError) as raised:
            one.decide(application(sevdesk_token=REVOKED))
        assert raised.value.code == "credential-rejected"
        for number in (1, 2):
            one.decide(application(borrower_ref="firm-2"), idempotency_key=f"py-2-{number}")
        listed = list(one.each(one.list_decisions, borrower_ref="firm-2", limit=1))
        assert len({decision.decision_id for decision in listed}) == 2
        assert [len(page.items) for page in one.pages(one.list_decisions, borrower_ref="firm-2", limit=1)] == [1, 1]
        assert one.get_memo(first.decision_id, format="pdf").startswith(b"%PDF-")
        assert one.get_missing_data(first.decision_id).decision_id == first.decision_id


async def test_in_front_of_a_real_service(tmp_path: Path) -> None:
    """Over HTTP, with a local sevdesk behind it."""
    async with served(tmp_path) as (service, url):
        await asyncio.to_thread(decide_and_read, url, service.keys["bank"])


async def test_two_at_once_under_one_key_get_one_decision(tmp_path: Path) -> None:
    """The one that comes second is told that the first is at work, and comes back for its decision."""
    async with served(tmp_path) as (service, url), AsyncClient(url, service.keys["bank"]) as one:
        both = await asyncio.gather(*(one.decide(application(), idempotency_key="py-5") for _ in range(2)))
        assert both[0] == both[1]
        listed = (await service.get("/v1/decisions")).json()["items"]
        assert [decision["decision_id"] for decision in listed] == [both[0].decision_id]


def lost(answer: Any, read: Any, path: str = "") -> list[str]:  # noqa: ANN401  any JSON
    """Fields of an answer that are not in what was read of it, or differ."""
    if isinstance(answer, dict):
        return [part for name, value in answer.items() for part in lost(value, read.get(name, ...), f"{path}.{name}")]
    if isinstance(answer, list):
        return [part for n, value in enumerate(answer) for part in lost(value, read[n], f"{path}[{n}]")]
    return [] if answer == read else [path]


async def test_nothing_of_an_answer_is_lost(tmp_path: Path) -> None:
    """Every field of a decision and of what is derived from it is in the structs, as it was sent."""
    async with served(tmp_path) as (service, url), AsyncClient(url, service.keys["bank"]) as one:
        await one.decide(application())
        service.clock.advance(hours=1)
        made = await one.decide(application(term_months=24))
        read = {
            "": made,
            "/changes": await one.get_changes(made.decision_id),
            "/offers": await one.get_offers(made.decision_id),
            "/missing-data": await one.get_missing_data(made.decision_id),
            "/cashflow": await one.get_cash_flow(made.decision_id),
            "/data-quality": await one.get_data_quality(made.decision_id),
            "/since-last": await one.get_since_last(made.decision_id),
            "/management-accounts": await one.get_management_accounts(made.decision_id),
            "/receipt": await one.get_receipt(made.decision_id),
        }
        for path, struct in read.items():
            sent = (await service.get(f"/v1/decisions/{made.decision_id}{path}")).json()
            assert lost(sent, msgspec.to_builtins(struct)) == []


async def test_both_clients_wait_for_a_later_answer(tmp_path: Path) -> None:
    """The blocking one and the asynchronous one."""

    def blocking(url: str, key: str) -> str:
        with Client(url, key) as one:
            job = one.decide_later(application(borrower_ref="firm-3"), idempotency_key="py-3")
            assert isinstance(job, models.JobResponse)
            return one.wait_for(job).decision_id

    async with served(tmp_path) as (service, url), AsyncClient(url, service.keys["bank"]) as one:
        decided = await asyncio.to_thread(blocking, url, service.keys["bank"])
        again = await one.decide_later(application(borrower_ref="firm-3"), idempotency_key="py-3")
        assert again.decision_id == decided
        job = await one.decide_later(application(borrower_ref="firm-4"))
        assert isinstance(job, models.JobResponse)
        decision = await one.wait_for(job)
        listed = {item.decision_id async for item in one.each(one.list_decisions, limit=1)}
        assert listed == {decided, decision.decision_id}


async def test_a_webhook_brings_what_both_keys_verify(tmp_path: Path) -> None:
    """From the request that adds it to the event that comes."""
    async with receiving() as receiver, served(tmp_path, is_webhook_inside_allowed=True) as (service, url):
        one = AsyncClient(url, service.keys["bank"])
        async with one:
            webhook = await one.create_webhook(models.WebhookRequest(url=receiver.url))
            assert isinstance(webhook, models.WebhookSecretResponse)
            sent = await one.test_webhook(webhook.webhook_id)
            (came,) = await receiver.wait(1)
            now = service.clock().timestamp()
            for keys in ({"secrets": [webhook.secret]}, {"public_keys": webhook.public_keys}):
                event = verify(came.body, came.headers, **keys, now=now)  # type: ignore[arg-type]  # keys are lists
                assert (event.id, event.type) == (sent.event_id, "webhook.test")
            assert webhook.secret not in repr(webhook)
            await one.delete_webhook(webhook.webhook_id)


async def test_every_list_can_be_read(tmp_path: Path) -> None:
    """No answer of the service is refused by its type."""
    async with served(tmp_path) as (service, url), AsyncClient(url, service.keys["bank"]) as one:
        await one.decide(application())
        await one.create_connection(
            models.ConnectionRequest(
                borrower_ref="firm-1", credential=models.CredentialRequest(source="sevdesk", secret=TOKEN)
            )
        )
        for listed in (
            one.list_decisions,
            one.list_cases,
            one.list_connections,
            one.list_connect_sessions,
            one.list_loans,
            one.list_portfolios,
            one.list_promotions,
            one.list_webhooks,
            one.list_events,
            one.list_subject_requests,
            one.list_audit,
        ):
            _ = [item async for item in one.each(listed)]
        assert await one.list_models()
        assert await one.list_policies()
        assert (await one.list_features()).items
        assert await one.list_signing_keys()
        assert (await one.get_ready()).status == "ok"


async def test_what_is_added_while_a_list_is_read_brings_nothing_twice(tmp_path: Path) -> None:
    """The list goes on from the item before, and not from a number."""
    async with served(tmp_path) as (service, url), AsyncClient(url, service.keys["bank"]) as one:
        made = [(await one.decide(application(borrower_ref=f"firm-{number}"))).decision_id for number in range(3)]
        found = []
        async for listed in one.each(one.list_decisions, limit=1):
            found.append(listed.decision_id)
            if len(found) < 3:
                service.clock.advance(seconds=1)
                await one.decide(application(borrower_ref=f"firm-new-{len(found)}"))
        assert sorted(found) == sorted(made)
