"""The attempts at one request: what each failure means, and how long to wait before the next."""

import datetime as dt
import random
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from hauptbuch_client.calls import Answer, Call
from hauptbuch_client.models import Problem
from hauptbuch_client.problems import NoAnswerError, ProblemError
from hauptbuch_client.retries import AsyncClock, Clock, Retries, is_own_attempt, is_passing, retry_after_of

T = TypeVar("T")
_PROBLEM = msgspec.json.Decoder(Problem)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Attempts(Generic[T]):
    """Everything that is sent for one call, with one idempotency key."""

    def __init__(
        self, call: Call[T], retries: Retries, clock: Clock | AsyncClock, *, timeout: float, largest: int
    ) -> None:
        """Begin to count."""
        self.call = call.keyed()
        """With the key that each attempt has."""
        self._retries = retries
        self._clock = clock
        self._timeout, self._largest = timeout, largest
        self._begun = self._sent = clock.monotonic()
        self._failed = self._waited = 0
        self._content = bytearray()

    def request(self) -> dict[str, Any]:
        """What httpx is to send: the same each time."""
        call = self.call
        self._sent = self._clock.monotonic()
        self._content.clear()
        return {
            "method": call.method,
            "url": call.address,
            "params": call.parameters(),
            "headers": call.headers(),
            "content": call.content(),
        }

    def add(self, response: httpx.Response, part: bytes) -> None:
        """Take a part of an answer.

        Raises:
            httpx.ReadTimeout: The answer takes too long as a whole; httpx watches the single parts.
            UnexpectedAnswerError: It has more bytes than the caller has memory for.
        """
        self._content += part
        if len(self._content) > self._largest:
            empty = Answer(status=response.status_code, headers=response.headers, content=b"")
            raise self.call.unexpected(empty, f"it has more than {self._largest} bytes")
        if self._clock.monotonic() - self._sent > self._timeout:
            raise httpx.ReadTimeout(f"no whole answer within {self._timeout:g} seconds", request=response.request)

    def answer(self, response: httpx.Response) -> Answer:
        """An answer, all parts of which were taken."""
        return Answer(status=response.status_code, headers=response.headers, content=bytes(self._content))

    def pause_after(self, failure: Answer | httpx.RequestError) -> float:
        """Seconds to wait before the next attempt.

        Raises:
            ProblemError: It was the last one, and was answered with a problem.
            NoAnswerError: It was the last one, and was not answered.
        """
        error: ProblemError | NoAnswerError
        if isinstance(failure, Answer):
            problem = error = self._problem(failure)
            retry_after = problem.retry_after
            is_own = is_own_attempt(problem.status, problem.problem.code)
            helps = is_passing(problem.status, problem.problem.code, may_repeat=self.call.may_repeat)
        else:
            error, retry_after, is_own = self._no_answer(failure), None, False
            helps = self.call.may_repeat or isinstance(failure, _NOT_SENT)
        self._waited += is_own
        self._failed += not is_own
        pause = self._retries.pause(
            self._waited if is_own else self._failed,
            retry_after=retry_after,
            elapsed=self._clock.monotonic() - self._begun,
            chance=random.random(),  # noqa: S311  no secret
            is_own=is_own,
        )
        if pause is None or not helps:
            raise error
        return pause

    def _problem(self, answer: Answer) -> ProblemError:
        try:
            problem = _PROBLEM.decode(answer.content)
        except (msgspec.MsgspecError, RecursionError):
            known = answer.status in {status.value for status in HTTPStatus}
            is_moved = 300 <= answer.status < 400
            problem = Problem(
                type="about:blank",
                code="",
                title=HTTPStatus(answer.status).phrase if known else "Error",
                status=answer.status,
                detail=_leads_to(answer)
                if is_moved
                else "the answer is no problem document: it is not from the service",
            )
        return ProblemError(
            problem,
            retry_after=retry_after_of(answer.headers, now=dt.datetime.now(dt.UTC)),
            request_id=answer.headers.get("x-request-id"),
            idempotency_key=self.call.idempotency_key,
        )

    def _no_answer(self, error: httpx.RequestError) -> NoAnswerError:
        call, url = self.call, error.request.url
        said = str(error) or type(error).__name__
        where = f"{url.scheme}://{url.netloc.decode()}{call.path}"
        return NoAnswerError(f"{call.method} {where} got no answer: {said}", idempotency_key=call.idempotency_key)


def _leads_to(answer: Answer) -> str:
    """Of a redirect: where to, without what a query may have of secrets."""
    there = httpx.URL(answer.headers.get("location", ""))  # httpx has looked at it
    where = f"to {there.scheme}://{there.netloc.decode()}" if there.host and not there.userinfo else "elsewhere"
    return f"redirects are not followed, and this one leads {where}: is base_url right?"
