"""The attempts at one request: what each failure means, and how long to wait before the next."""

import datetime as dt
import random
import time
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from hauptbuch_client.calls import Call
from hauptbuch_client.models import Problem
from hauptbuch_client.problems import NoAnswerError, ProblemError
from hauptbuch_client.retries import Retries, is_passing, retry_after_of

_PROBLEM = msgspec.json.Decoder(Problem)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Attempts:
    """Everything that is sent for one call, with one idempotency key."""

    def __init__(self, call: Call[Any], retries: Retries) -> None:
        """Begin to count."""
        self._call = call.keyed()
        self._retries = retries
        self._begun = time.monotonic()
        self._count = 0

    def request(self) -> dict[str, Any]:
        """What httpx is to send: the same each time."""
        call = self._call
        return {
            "method": call.method,
            "url": call.address,
            "params": call.parameters(),
            "headers": call.headers(),
            "content": call.content(),
        }

    def pause_after(self, failure: httpx.Response | httpx.RequestError) -> float:
        """Seconds to wait before the next attempt.

        Raises:
            ProblemError: It was the last one, and was answered with a problem.
            NoAnswerError: It was the last one, and was not answered.
        """
        error: ProblemError | NoAnswerError
        if isinstance(failure, httpx.Response):
            problem = error = self._problem(failure)
            retry_after = problem.retry_after
            helps = is_passing(problem.status, problem.problem.code, may_repeat=self._call.may_repeat)
        else:
            error, retry_after = self._no_answer(failure), None
            helps = self._call.may_repeat or isinstance(failure, _NOT_SENT)
        self._count += 1
        pause = self._retries.pause(
            self._count,
            retry_after=retry_after,
            elapsed=time.monotonic() - self._begun,
            chance=random.random(),  # noqa: S311  no secret
        )
        if pause is None or not helps:
            raise error
        return pause

    def _problem(self, response: httpx.Response) -> ProblemError:
        try:
            problem = _PROBLEM.decode(response.content)
        except msgspec.MsgspecError:
            known = response.status_code in {status.value for status in HTTPStatus}
            problem = Problem(
                type="about:blank",
                code="",
                title=HTTPStatus(response.status_code).phrase if known else "Error",
                status=response.status_code,
                detail="the answer is no problem document: it is not from the service",
            )
        return ProblemError(
            problem,
            retry_after=retry_after_of(response.headers, now=dt.datetime.now(dt.UTC)),
            request_id=response.headers.get("x-request-id"),
            idempotency_key=self._call.idempotency_key,
        )

    def _no_answer(self, error: httpx.RequestError) -> NoAnswerError:
        call, url = self._call, error.request.url
        said = str(error) or type(error).__name__
        where = f"{url.scheme}://{url.netloc.decode()}{call.path}"
        return NoAnswerError(f"{call.method} {where} got no answer: {said}", idempotency_key=call.idempotency_key)
