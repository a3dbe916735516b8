"""Something that answers the Python client as it is told to, and what it is asked with."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
from hauptbuch_client import Client, Retries, models
from service import TOKEN

KEY = "hbk_aaaaaaaa_secret"
QUICK = Retries(first_pause=0.0)
Answer = httpx.Response | Exception
JOB: dict[str, Any] = {
    "job_id": "job_1",
    "state": "waiting",
    "ahead": 0,
    "tries": 0,
    "created_at": "2026-11-30T12:00:00Z",
    "started_at": None,
    "ended_at": None,
    "expires_at": "2026-11-30T12:15:00Z",
    "decision_id": None,
    "problem": None,
    "links": {},
}


def application(**changes: Any) -> models.ApplicationRequest:  # noqa: ANN401  fields
    """An application of the firm with books."""
    fields: dict[str, Any] = {
        "borrower_ref": "firm-1",
        "legal_form": "gmbh",
        "product": "working_capital",
        "amount": models.AmountRequest(value="25000.00", currency="EUR"),
        "term_months": 12,
        "sevdesk_token": TOKEN,
    }
    return models.ApplicationRequest(**(fields | changes))


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    """An answer with a problem."""
    document = {"type": f"/problems/{code}", "code": code, "title": "A title", "status": status, "detail": "a detail"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=document, headers=named)


def answering(*answers: Answer) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """Something that answers one by one, the last one again and again; and what it is asked."""
    got: list[httpx.Request] = []
    left: Iterator[Answer] = itertools.chain(answers, itertools.repeat(answers[-1]))

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request)
        one = next(left)
        if isinstance(one, Exception):
            raise one
        return httpx.Response(one.status_code, headers=one.headers, content=one.content)

    return httpx.MockTransport(answer), got


def client(*answers: Answer, retries: Retries = QUICK) -> tuple[Client, list[httpx.Request]]:
    """A client in front of these answers."""
    transport, got = answering(*answers)
    return Client("https://service.example", KEY, retries=retries, transport=transport), got


JOBS = httpx.Response(202, json=JOB)


class Quick:
    """A clock that does not wait, and how long it would have."""

    def __init__(self) -> None:
        """At the beginning."""
        self.waits: list[float] = []

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        return sum(self.waits)

    def sleep(self, seconds: float, /) -> None:
        """Note it."""
        self.waits.append(seconds)


class AsyncQuick(Quick):
    """The same for asyncio."""

    async def sleep(self, seconds: float, /) -> None:  # type: ignore[override]  # as both clients have it
        """Note it."""
        self.waits.append(seconds)
