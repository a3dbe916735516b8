"""The Python client in front of what it does not expect: long waits, pages of proxies, answers that do not end."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from answering import JOB, JOBS, KEY, QUICK, Answer, AsyncQuick, Quick, answering, application, client, problem
from hauptbuch_client import (
    ArgumentError,
    AsyncClient,
    Client,
    JobEndedError,
    JobNotDoneError,
    NoAnswerError,
    ProblemError,
    Retries,
    UnexpectedAnswerError,
    models,
)

URL = "https://service.example"
BUSY = problem(409, "decision-in-progress", retry_after="1")


def busy_until(clock: Quick, seconds: float, answer: httpx.Response = BUSY) -> tuple[httpx.MockTransport, list[str]]:
    """A service at which an earlier attempt is at work for so long; and the keys that it is asked with."""
    keys: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        one = answer if clock.monotonic() < seconds else JOBS
        return httpx.Response(one.status_code, headers=one.headers, content=one.content)

    return httpx.MockTransport(respond), keys


async def test_a_minute_of_its_own_earlier_attempt_is_waited_for() -> None:
    """By both clients, as often as the service asks for, under one key."""
    clock = Quick()
    transport, keys = busy_until(clock, 60)
    assert Client(URL, KEY, transport=transport, clock=clock).decide_later(application()).decision_id is None
    assert len(set(keys)) == 1
    assert len(keys) > 35
    assert {1.0 <= wait <= 1.5 for wait in clock.waits} == {True}

    slow = AsyncQuick()
    transport, keys = busy_until(slow, 60)
    async with AsyncClient(URL, KEY, transport=transport, clock=slow) as one:
        assert (await one.decide_later(application())).decision_id is None
    assert len(set(keys)) == 1
    assert slow.monotonic() >= 60


async def test_that_wait_ends_with_the_longest_total_time() -> None:
    """With the problem and the key, so that the caller can go on. Without ``Retry-After``, pauses grow."""
    clock = Quick()
    transport, _ = busy_until(clock, 1e9)
    with pytest.raises(ProblemError) as raised:
        Client(URL, KEY, transport=transport, clock=clock).decide(application(), idempotency_key="app-1")
    error = raised.value
    assert (error.code, error.retry_after, error.idempotency_key) == ("decision-in-progress", 1.0, "app-1")
    assert 118 < clock.monotonic() <= 120

    slow = AsyncQuick()
    transport, keys = busy_until(slow, 1e9, problem(409, "decision-overtaken"))
    patient = Retries(longest_total=600)
    with pytest.raises(ProblemError):
        await AsyncClient(URL, KEY, transport=transport, clock=slow, retries=patient).decide(application())
    assert 570 < slow.monotonic() <= 600
    assert len(keys) < 80
    assert max(slow.waits) > 15


def test_a_client_that_repeats_nothing_does_not_wait_either() -> None:
    """As it was told."""
    one, got = client(BUSY, retries=Retries(at_most=0))
    with pytest.raises(ProblemError):
        one.decide(application())
    assert len(got) == 1


def test_waiting_for_its_own_attempt_uses_up_no_repetition() -> None:
    """Four failures are still allowed beside it."""
    fault = problem(503, "overloaded")
    transport, got = answering(BUSY, BUSY, fault, BUSY, fault, BUSY, BUSY, fault, fault, JOBS)
    Client(URL, KEY, transport=transport, clock=Quick()).decide_later(application())
    assert len(got) == 10


HTML = f"<h1>Sign in</h1> <i>Bearer {KEY}</i> DE09430609670001008001 064471bc129977d373091ab0d1a5314e"
WRONG = {
    "a page of a proxy": httpx.Response(200, html=HTML),
    "half of an answer": httpx.Response(
        200, content=b'{"job_id": "job_1", "state": "wai', headers={"content-type": "application/json"}
    ),
    "JSON of another kind": httpx.Response(200, json={"message": "ok"}),
    "a field of another type": httpx.Response(200, json=JOB | {"ahead": "secret"}),
    "a list in place of an object": httpx.Response(200, json=[]),
    "null": httpx.Response(200, json=None),
    "nothing": httpx.Response(204),
    "nothing with 200": httpx.Response(200),
    "another status": httpx.Response(203, json=JOB),
    "JSON by another name": httpx.Response(200, text=JOBS.text),
    "something like JSON": httpx.Response(200, content=JOBS.content, headers={"content-type": "application/jsonp"}),
    "no UTF-8": httpx.Response(
        200, content=JOBS.content.replace(b"job_1", b"\xff"), headers={"content-type": "application/json"}
    ),
    "JSON without bottom": httpx.Response(
        200, content=b'{"a":' * 100_000, headers={"content-type": "application/json"}
    ),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_what_is_not_promised_is_an_error_that_says_what_came(answer: httpx.Response) -> None:
    """And shows neither keys nor what may be a token, nor the service's own JSON."""
    one, got = client(answer)
    with pytest.raises(UnexpectedAnswerError, match=r"^GET /v1/jobs/\{job_id\} was answered with status 20") as raised:
        one.get_job("job_1")
    error = raised.value
    assert (error.status, error.content_type) == (answer.status_code, answer.headers.get("content-type", ""))
    assert "Is this the address of the service" in str(error)
    if answer.text.startswith("<h1>"):
        assert "begins with '<h1>Sign in</h1> <i>Bearer ... ... ...'" in str(error)
    shown = "".join(traceback.format_exception(error))
    assert not [secret for secret in ("secret", "DE0943", "064471") if secret in shown]
    assert len(got) == 1


def test_the_type_of_json_may_say_more() -> None:
    """Names of media types are the same in capital letters."""
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    one, _ = client(httpx.Response(200, content=JOBS.content, headers=headers))
    assert one.get_job("job_1").job_id == "job_1"


def test_a_file_is_of_a_promised_kind_and_from_the_service() -> None:
    """The page of a proxy is no memo, and no notice to the firm."""
    pdf = {"content-type": "application/pdf"}
    one, _ = client(
        httpx.Response(200, content=b"%PDF-", headers=pdf | {"x-request-id": "req_1"}),
        httpx.Response(200, html=HTML),
        httpx.Response(200, content=b"%PDF-", headers=pdf),
        httpx.Response(200, html=HTML),
    )
    assert one.get_memo("dec_1") == b"%PDF-"
    with pytest.raises(UnexpectedAnswerError, match="promised is application/pdf or "):
        one.get_memo("dec_1")
    with pytest.raises(UnexpectedAnswerError, match="no X-Request-ID"):
        one.get_memo("dec_1")
    with pytest.raises(UnexpectedAnswerError, match=r"text/html.*no X-Request-ID"):
        one.get_notice("dec_1")


def test_what_is_promised_to_be_empty_is_nothing() -> None:
    """Anything else is an error."""
    one, _ = client(httpx.Response(204), httpx.Response(200, json={}))
    one.delete_webhook("whk_1")
    with pytest.raises(UnexpectedAnswerError):
        one.delete_webhook("whk_1")


async def test_a_job_where_a_decision_was_to_be_made_is_an_error() -> None:
    """Neither client takes one for the other."""
    transport, _ = answering(JOBS)
    with pytest.raises(UnexpectedAnswerError, match="job_1"):
        Client(URL, KEY, transport=transport).decide(application())
    with pytest.raises(UnexpectedAnswerError, match="job_1"):
        await AsyncClient(URL, KEY, transport=transport).decide(application())


class Dripping(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that goes on and on, with a second between its parts."""

    def __init__(self, clock: Quick, part: bytes) -> None:
        """Say what it is made of."""
        self._clock, self._part = clock, part

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self._clock.waits.append(1.0)
            yield self._part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in iter(self):
            yield part


@pytest.mark.parametrize(("part", "error"), [(b" ", NoAnswerError), (b" " * 100_000, UnexpectedAnswerError)])
async def test_an_answer_without_end_is_neither_waited_for_nor_kept(part: bytes, error: type[Exception]) -> None:
    """``timeout`` is for all of an answer, and ``largest_answer`` for its bytes."""
    clock, slow = Quick(), AsyncQuick()

    def dripping(at: Quick) -> httpx.MockTransport:
        headers = {"content-type": "application/json"}
        return httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=Dripping(at, part)))

    once = Retries(at_most=0)
    with pytest.raises(error):
        Client(URL, KEY, transport=dripping(clock), clock=clock, retries=once, largest_answer=1_000_000).list_models()
    assert clock.monotonic() <= 91
    with pytest.raises(error):
        await AsyncClient(
            URL, KEY, transport=dripping(slow), clock=slow, retries=once, largest_answer=1_000_000
        ).list_models()
    assert slow.monotonic() <= 91


async def test_an_answer_that_ends_in_its_midst_is_asked_for_again_under_the_same_key() -> None:
    """Over real connections: the first is cut after half of the answer, so a decision may have been made."""
    keys: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        (line,) = [line for line in head.split(b"\r\n") if line.lower().startswith(b"idempotency-key")]
        keys.append(line)
        body = JOBS.content[:20] if keys.count(line) == 1 else JOBS.content
        length = str(len(JOBS.content)).encode()
        writer.write(
            b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: " + length + b"\r\n\r\n"
        )
        writer.write(body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with AsyncClient(url, KEY, retries=QUICK) as one:
            await one.decide_later(application())
        with Client(url, KEY, retries=QUICK) as blocking:
            await asyncio.to_thread(blocking.decide_later, application())
    assert [keys.count(key) for key in keys] == [2, 2, 2, 2]


async def test_a_task_that_is_cancelled_ends_the_request() -> None:
    """While it waits for the answer, or for the next attempt."""
    came = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        came.set()
        await asyncio.Event().wait()
        raise AssertionError

    for transport in (httpx.MockTransport(hang), answering(problem(503, "overloaded", retry_after="15"))[0]):
        async with AsyncClient(URL, KEY, transport=transport) as one:
            task = asyncio.create_task(one.list_models())
            await asyncio.wait_for(came.wait(), 5)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://other.example/login?token=secret", "leads to https://other.example: is base_url right"),
        ("https://user:secret@other.example/", "leads elsewhere"),
        ("/elsewhere?secret", "leads elsewhere"),
    ],
)
def test_a_redirect_is_not_followed_and_says_where_it_leads(location: str, told: str) -> None:
    """So the key goes nowhere else."""
    one, got = client(httpx.Response(307, headers={"location": location}))
    with pytest.raises(ProblemError, match=told) as raised:
        one.decide(application())
    assert "secret" not in str(raised.value)
    assert [request.url.host for request in got] == ["service.example"]


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(400, json=one) for one in ([], None, "text", {"code": 1}, {"code": "x", "status": 400})]
    + [httpx.Response(400, content=b"[" * 100_000)],
)
def test_a_document_that_is_no_problem_is_told_apart(answer: Answer) -> None:
    """Whatever it is."""
    with pytest.raises(ProblemError) as raised:
        client(answer)[0].list_models()
    assert (raised.value.status, raised.value.code) == (400, "")


def page(*items: str, then: str | None) -> httpx.Response:
    """One page of the list of events."""
    fields = {"type": "webhook.test", "created_at": "2026-11-30T12:00:00Z", "data": {}, "deliveries": []}
    return httpx.Response(200, json={"items": [fields | {"event_id": one} for one in items], "next_cursor": then})


async def test_pages_that_lead_back_are_an_error() -> None:
    """Otherwise a list would have no end."""
    pages = [page(then="a"), page(then="b"), page(then="a")]
    one, got = client(*pages)
    with pytest.raises(UnexpectedAnswerError, match="does not end"):
        list(one.each(one.list_decisions))
    assert len(got) == 3
    async with AsyncClient(URL, KEY, transport=answering(*pages)[0]) as other:
        with pytest.raises(UnexpectedAnswerError, match="does not end"):
            _ = [item async for item in other.each(other.list_decisions)]


def test_a_page_that_is_no_longer_there_is_a_problem_after_the_one_before() -> None:
    """What was read is not lost."""
    one, _ = client(page(then="gone"), problem(400, "invalid-parameter"))
    pages = one.pages(one.list_decisions)
    assert next(pages).next_cursor == "gone"
    with pytest.raises(ProblemError, match="400"):
        next(pages)


async def test_a_job_in_a_state_of_later_versions_is_waited_for_until_it_has_ended() -> None:
    """By both clients, as long as the caller said; a number of seconds that is none would never end."""
    later = JOB | {"state": "resting"}
    answers = [httpx.Response(200, json=later), httpx.Response(200, json=later | {"ended_at": "2026-11-30T12:00:00Z"})]
    job = models.JobResponse(**later)
    clock, slow = Quick(), AsyncQuick()
    transport, got = answering(*answers)
    with pytest.raises(JobEndedError, match="resting"):
        Client(URL, KEY, transport=transport, clock=clock).wait_for(job)
    assert (len(got), clock.waits) == (2, [0.5, 1.0])
    async with AsyncClient(URL, KEY, transport=answering(*answers)[0], clock=slow) as one:
        with pytest.raises(JobEndedError, match="resting"):
            await one.wait_for(job)
        with pytest.raises(ArgumentError, match=r"^seconds: "):
            await one.wait_for(job, seconds=float("nan"))
    with pytest.raises(JobNotDoneError):
        Client(URL, KEY, transport=answering(answers[0])[0], clock=clock).wait_for(job, seconds=60)
    assert 50 < clock.monotonic() - 1.5 <= 60
