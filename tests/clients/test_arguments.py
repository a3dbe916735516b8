"""What the Python client refuses before anything is sent."""

import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest
from answering import JOB, JOBS, KEY, answering, application, client
from hauptbuch_client import (
    ArgumentError,
    AsyncClient,
    Client,
    ClosedError,
    HauptbuchError,
    JobEndedError,
    NoAnswerError,
    ProblemError,
    Retries,
    UnexpectedAnswerError,
    models,
)
from hauptbuch_client.client import _LONGEST_WAIT
from hauptbuch_client.webhooks import WebhookVerificationError

from scoring.api.prefer import LONGEST_WAIT

URL = "https://service.example"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("argument", "base_url", "options"),
    [
        ("key", URL, {"key": "secret"}),
        ("key", URL, {"key": f"{KEY}\n"}),
        ("key", URL, {"key": f"{KEY} {KEY}"}),
        ("key", URL, {"key": None}),
        ("key", URL, {"key": KEY.encode()}),
        ("key", URL, {"key": 5}),
        ("base_url", "127.0.0.1:8080", {}),
        ("base_url", "service.example", {}),
        ("base_url", "ftp://service.example", {}),
        ("base_url", "https:///path", {}),
        ("base_url", f"{URL}\n", {}),
        ("base_url", f"{URL} ", {}),
        ("base_url", f"{URL}:port", {}),
        ("base_url", "https://user:secret@service.example", {}),
        ("base_url", f"{URL}/?", {}),
        ("base_url", f"{URL}/#top", {}),
        ("base_url", f"{URL}/v1/", {}),
        ("base_url", "", {}),
        ("base_url", None, {}),
        ("base_url", URL.encode(), {}),
        ("timeout", URL, {"timeout": "90"}),
        ("timeout", URL, {"timeout": 0}),
        ("timeout", URL, {"timeout": float("nan")}),
        ("timeout", URL, {"timeout": 3e6}),
    ],
)
def test_a_client_that_cannot_work_is_not_made(
    kind: type[Client], argument: str, base_url: str, options: dict[str, Any]
) -> None:
    """The error names the argument, and repeats nothing that was given."""
    with pytest.raises(ArgumentError, match=rf"^{argument}: ") as raised:
        kind(base_url, **({"key": KEY} | options))
    assert raised.value.argument == argument
    assert "secret" not in str(raised.value)
    assert isinstance(raised.value, HauptbuchError)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("at_most", -1),
        ("at_most", "4"),
        ("longest_total", "120"),
        ("first_pause", None),
        ("first_pause", -0.1),
        ("longest_pause", float("inf")),
        ("longest_total", -1.0),
        ("longest_total", float("nan")),
    ],
)
def test_a_patience_that_makes_no_sense_is_refused(argument: str, value: object) -> None:
    """It would repeat without a pause, or never."""
    with pytest.raises(ArgumentError, match=rf"^{argument}: "):
        Retries(**{argument: value})


def test_an_address_may_have_a_path_and_a_slash_at_its_end() -> None:
    """Behind a proxy that has other services, too."""
    transport, got = answering(httpx.Response(200, json=[]))
    for base_url in (f"{URL}/hauptbuch", f"{URL}/hauptbuch/"):
        Client(base_url, KEY, transport=transport).list_models()
    assert [request.url.path for request in got] == ["/hauptbuch/v1/models"] * 2


def test_both_clients_know_how_long_the_service_waits() -> None:
    """It keeps no longer wait, and says nothing of it."""
    assert _LONGEST_WAIT == LONGEST_WAIT
    source = Path(__file__).parents[2] / "clients/typescript/src/client.ts"
    assert f"const LONGEST_WAIT = {LONGEST_WAIT};" in source.read_text()


@pytest.mark.parametrize("wait", [61, -1, 1.5, float("nan")])
async def test_a_wait_that_the_service_does_not_keep_is_refused(wait: int) -> None:
    """It waits for 60 seconds at most; and a client that gives up before that gets no job."""
    one, got = client(JOBS)
    with pytest.raises(ArgumentError, match=r"^wait: is whole seconds from 0 to 60"):
        one.decide_later(application(), wait=wait)
    with pytest.raises(ArgumentError, match=r"^wait: "):
        await AsyncClient(URL, KEY).decide_later(application(), wait=wait)
    with pytest.raises(ArgumentError, match="less than the client's timeout"):
        Client(URL, KEY, timeout=30).decide_later(application(), wait=30)
    assert got == []
    one.decide_later(application(), wait=60)
    assert got[0].headers["prefer"] == "respond-async, wait=60"


@pytest.mark.parametrize("prefer", ["a\r\nX: y", "ä"])
def test_a_preference_that_cannot_be_sent_is_refused(prefer: str) -> None:
    """It is no failure in passing, which would be repeated."""
    one, got = client(JOBS)
    with pytest.raises(ArgumentError, match=r"^prefer: "):
        one.create_decision(application(), prefer=prefer)
    assert got == []


async def test_a_client_that_was_closed_says_so() -> None:
    """Closing twice does nothing more."""
    transport, got = answering(JOBS)
    with Client(URL, KEY, transport=transport) as one:
        one.close()
    one.close()
    with pytest.raises(ClosedError):
        one.list_models()
    async with AsyncClient(URL, KEY, transport=transport) as other:
        await other.close()
    await other.close()
    with pytest.raises(ClosedError):
        await other.list_models()
    assert got == []


@pytest.mark.parametrize(
    "error",
    [
        ArgumentError("key", "is one"),
        ClosedError("closed"),
        ProblemError(
            models.Problem(type="t", code="case-state", title="A", status=409, detail="d"),
            retry_after=1.0,
            request_id="r",
        ),
        NoAnswerError("none", idempotency_key="app-1"),
        UnexpectedAnswerError("odd", status=203, content_type="text/html"),
        JobEndedError(models.JobResponse(**JOB)),
        WebhookVerificationError("no signature is right"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_pass_through_queues_and_pools(error: HauptbuchError) -> None:
    """Where work is done in other processes, its error arrives with all that it says."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
