import asyncio
import gzip

import httpx
import pytest
from structlog.testing import capture_logs
from unit.sevdesk.fakes import BASE, TOKEN, StillTime, WatchedStream, client, script

from scoring.base.secrets import Secret
from scoring.sources.errors import (
    CredentialRejectedError,
    DeadlineExceededError,
    InvalidRequestError,
    RateLimitedError,
    SourceError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits

VERSION = httpx.Response(200, json={"objects": {"version": "2.0"}})
LIMITED = httpx.Response(429, headers={"Retry-After": "3"})
HTML = httpx.Response(200, html="<html>Wartung</html>")


async def test_the_token_goes_raw_into_the_header_and_nothing_else_is_sent() -> None:
    """The header is the bare token; cookies of earlier answers are not sent along."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            200, json={"objects": {"version": "1.0"}}, headers={"Set-Cookie": "session=other; Path=/"}
        )

    checked = client(handle)
    assert [await checked.check_token(), await checked.check_token()] == ["1.0", "1.0"]
    for request in seen:
        assert request.headers["Authorization"] == TOKEN
        assert "hauptbuch" in request.headers["User-Agent"]
        assert "Cookie" not in request.headers
        assert str(request.url) == f"{BASE}/Tools/bookkeepingSystemVersion"


@pytest.mark.parametrize(
    ("answers", "sleeps", "outcome"),
    [
        ([VERSION], [], "2.0"),
        ([LIMITED, VERSION], [3.25], "2.0"),
        ([httpx.Response(429), httpx.Response(429), VERSION], [0.25, 0.5], "2.0"),
        ([httpx.Response(429)], [0.25, 0.5, 1.0, 2.0], RateLimitedError),
        ([httpx.Response(429, headers={"Retry-After": "31"})], [], RateLimitedError),
        ([httpx.Response(429, headers={"Retry-After": "nan"}), VERSION], [0.25], "2.0"),
        ([httpx.Response(429, headers={"Retry-After": "-5"}), VERSION], [0.25], "2.0"),
        ([httpx.Response(503, headers={"Retry-After": "Sun, 01 Mar 2026 00:00:02 GMT"}), VERSION], [2.25], "2.0"),
        ([httpx.Response(502), httpx.Response(504), VERSION], [0.25, 0.5], "2.0"),
        ([httpx.Response(502)], [0.25, 0.5, 1.0, 2.0], SourceUnavailableError),
        ([httpx.ConnectError("refused"), VERSION], [0.25], "2.0"),
        ([httpx.ConnectError("refused")], [0.25, 0.5, 1.0, 2.0], SourceUnavailableError),
        ([httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut off"), VERSION], [0.25, 0.5], "2.0"),
        ([httpx.Response(401), VERSION], [], CredentialRejectedError),
        ([httpx.Response(403), VERSION], [], CredentialRejectedError),
        ([httpx.Response(400), VERSION], [], InvalidRequestError),
        ([httpx.Response(500, text="oops"), VERSION], [], SourceUnavailableError),
        ([httpx.Response(500, json={"error": {"message": "Parameter invalid"}}), VERSION], [], InvalidRequestError),
        ([httpx.Response(200, json={"error": {"message": "no", "code": 390}}), VERSION], [], InvalidRequestError),
        (
            [httpx.Response(200, json={"status": 401, "message": "Authentication required"})],
            [],
            CredentialRejectedError,
        ),
        ([httpx.Response(302, headers={"Location": "https://evil.test/"}), VERSION], [], UnexpectedAnswerError),
        ([HTML, VERSION], [], UnexpectedAnswerError),
        ([httpx.Response(200, content=b'{"objects":{"version":"2.'), VERSION], [], UnexpectedAnswerError),
        ([httpx.Response(200, content=b""), VERSION], [], UnexpectedAnswerError),
        ([httpx.Response(204), VERSION], [], UnexpectedAnswerError),
        ([httpx.Response(200, json={"objects": {"version": 2}}), VERSION], [], UnexpectedAnswerError),
        ([httpx.Response(200, json={"objects": []}), VERSION], [], UnexpectedAnswerError),
        ([httpx.Response(200, json=[1]), VERSION], [], UnexpectedAnswerError),
    ],
)
async def test_every_answer_is_a_value_or_its_error(
    answers: list[httpx.Response | Exception], sleeps: list[float], outcome: str | type[SourceError]
) -> None:
    """What passes is tried again after the right waits, what does not is raised at once as the right error."""
    time = StillTime()
    checked = client(script(*answers), time=time)
    if isinstance(outcome, str):
        assert await checked.check_token() == outcome
    else:
        with pytest.raises(outcome) as caught:
            await checked.check_token()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert TOKEN not in repr(caught.value) + str(caught.value) + repr(vars(caught.value))
    assert time.sleeps == sleeps


async def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    """A Retry-After that ends after the deadline is handed on at once, with the wish in it."""
    time = StillTime()
    with pytest.raises(RateLimitedError) as caught:
        await client(script(LIMITED), time=time, limits=RequestLimits(deadline_seconds=3)).check_token()
    assert caught.value.retry_after == 3.0
    assert time.sleeps == []


async def test_an_error_that_repeats_the_token_is_cleaned() -> None:
    """Where sevdesk's message holds the token, it is masked."""
    with pytest.raises(InvalidRequestError) as caught:
        await client(script(httpx.Response(400, json={"error": {"message": f"Bad token {TOKEN}"}}))).check_token()
    assert caught.value.source_message == "Bad token ***"


async def test_logs_hold_neither_token_nor_body() -> None:
    """Retries are logged with path and error, without what was sent or answered."""
    with capture_logs() as logs:
        await client(script(httpx.Response(429, text="secret body"), VERSION)).check_token()
    assert [entry["event"] for entry in logs] == ["sevdesk_retry"]
    assert TOKEN not in str(logs)
    assert "secret body" not in str(logs)


async def test_an_answer_too_large_is_not_read_to_its_end() -> None:
    """Reading stops at the bound, compressed answers included, and the connection is given back."""
    stream = WatchedStream([b" " * 600, b" " * 600, b" " * 600])
    with pytest.raises(UnexpectedAnswerError, match="exceeds 1000 bytes"):
        await client(lambda _: httpx.Response(200, stream=stream), limits=RequestLimits(page_bytes=1000)).check_token()
    assert stream.is_closed
    bomb = httpx.Response(200, content=gzip.compress(b" " * 100_000), headers={"Content-Encoding": "gzip"})
    with pytest.raises(UnexpectedAnswerError, match="exceeds 1000 bytes"):
        await client(lambda _: bomb, limits=RequestLimits(page_bytes=1000)).check_token()


async def test_a_body_that_is_wrongly_compressed_is_unexpected() -> None:
    """gzip that is none is an UnexpectedAnswerError, not a crash."""
    stream = WatchedStream([b"not gzip"])
    with pytest.raises(UnexpectedAnswerError, match="wrongly compressed"):
        await client(lambda _: httpx.Response(200, stream=stream, headers={"Content-Encoding": "gzip"})).check_token()
    assert stream.is_closed


async def test_a_hanging_answer_ends_at_the_deadline_and_leaks_nothing() -> None:
    """A body that never ends is given up at the deadline, and its connection is given back."""
    stream = WatchedStream([b'{"objects":'], hangs=True)
    with pytest.raises(DeadlineExceededError) as caught:
        await client(
            lambda _: httpx.Response(200, stream=stream), limits=RequestLimits(deadline_seconds=0.02)
        ).check_token()
    assert caught.value.seconds == 0.02
    assert stream.is_closed


async def test_a_cancelled_call_leaks_nothing() -> None:
    """Whoever hangs up gets the connection closed, and the cancellation is not turned into anything else."""
    stream = WatchedStream([b'{"objects":'], hangs=True)
    call = asyncio.create_task(client(lambda _: httpx.Response(200, stream=stream)).check_token())
    for _ in range(20):
        await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert stream.is_closed


@pytest.mark.parametrize(
    "address", ["", "sevdesk", "ftp://x/api", "https://", "https://me:secret@x/api/v1", "https://x/?a=1"]
)
async def test_a_strange_base_address_is_refused(address: str) -> None:
    """An address that is not absolute http, or that carries credentials, is refused when the client is made."""
    with pytest.raises(ValueError, match="base address"):
        SevdeskClient(HttpClient(), address, Secret(TOKEN))


@pytest.mark.parametrize("text", ["", " ", "a b", "abc\r\nX-Evil: 1", "tökén", "a" * 257])
async def test_what_cannot_be_a_header_is_refused_without_being_shown(text: str) -> None:
    """Blanks, line breaks and characters beyond ASCII are not sent, and the error does not repeat them."""
    with pytest.raises(ValueError, match="cannot have blanks") as caught:
        await SevdeskClient(HttpClient(), BASE, Secret(text)).check_token()
    assert text.strip() == "" or text not in str(caught.value)


@pytest.mark.parametrize("count", [0, -1, 17])
def test_parallelism_has_a_bound(count: int) -> None:
    """More than 16 requests at once, or none, cannot be configured."""
    with pytest.raises(ValueError, match="1 to 16"):
        RequestLimits(requests_at_once=count)
