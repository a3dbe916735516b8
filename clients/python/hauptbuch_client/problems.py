"""What can go wrong, as exceptions. None of them is a decision: never treat a failure as a decline."""

from typing import Any

from hauptbuch_client.models import JobResponse, Problem, ProblemCode


class HauptbuchError(Exception):
    """Whatever this client raises on its own account."""

    def __reduce__(self) -> tuple[Any, ...]:
        """As queues and pools of processes pass it on: with its attributes, though arguments differ by class."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[HauptbuchError], args: tuple[Any, ...], attributes: dict[str, Any]) -> HauptbuchError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class ArgumentError(HauptbuchError, ValueError):
    """The caller gave what cannot be right, such as a key that is none. Nothing was sent.

    Attributes:
        argument: Its name.
    """

    def __init__(self, argument: str, right: str) -> None:
        """Say which argument, and what is right. What was given is not repeated: it may be a secret."""
        super().__init__(f"{argument}: {right}")
        self.argument = argument


class ClosedError(HauptbuchError):
    """The client was closed before. Nothing was sent: make a new client, or close it later."""


class ProblemError(HauptbuchError):
    """The service answered with a problem (RFC 9457), or something in front of it with an error of its own.

    Attributes:
        problem: The document; of what is no problem document, ``type`` is ``about:blank`` and ``code`` empty.
        status: The HTTP status.
        retry_after: Seconds to wait before repeating the request, where the answer says so.
        request_id: Identifier of the request in the service's log: name it to the operator.
        idempotency_key: The key that the request had. The same request with it is made at most once.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        retry_after: float | None = None,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Say what happened in a sentence."""
        faults = [f"{one.field}: {one.message}" for one in problem.errors or ()]
        detail = "; ".join(faults) or problem.detail
        super().__init__(f"{problem.status} {problem.title}: {detail}")
        self.problem = problem
        self.status = problem.status
        self.retry_after = retry_after
        self.request_id = request_id
        self.idempotency_key = idempotency_key

    @property
    def code(self) -> ProblemCode:
        """Which problem it is. Later versions may have more."""
        return self.problem.code  # type: ignore[return-value]  # text at run time


class NoAnswerError(HauptbuchError):
    """The service could not be reached, or the connection ended before its answer was complete.

    Whether the request was carried out is unknown, unless it was a reading one. Send the same request with the
    same ``idempotency_key``.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        """Say what happened in a sentence."""
        super().__init__(message)
        self.idempotency_key = idempotency_key


class UnexpectedAnswerError(HauptbuchError):
    """The answer is not what the interface promises: something else answered, or an older version.

    Where the request had an ``idempotency_key``, it may have been carried out: send the same with the same key.

    Attributes:
        status: The HTTP status.
        content_type: What the answer says that it is; empty where it says nothing.
        request_id: Identifier of the request in the service's log, where the service answered.
        idempotency_key: The key that the request had.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        content_type: str = "",
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Say what came in a sentence."""
        super().__init__(message)
        self.status = status
        self.content_type = content_type
        self.request_id = request_id
        self.idempotency_key = idempotency_key


class JobEndedError(HauptbuchError):
    """A job ended without a decision; ``job.problem`` says why, where one is known."""

    def __init__(self, job: JobResponse) -> None:
        """Say what happened in a sentence."""
        why = f": {job.problem.title}: {job.problem.detail}" if job.problem else ""
        super().__init__(f"job {job.job_id} is {job.state}{why}")
        self.job = job


class JobNotDoneError(HauptbuchError):
    """The wait is over, and the job is not; it goes on. Ask again, or let a webhook tell."""

    def __init__(self, job: JobResponse) -> None:
        """Say what happened in a sentence."""
        super().__init__(f"job {job.job_id} is still {job.state}")
        self.job = job
