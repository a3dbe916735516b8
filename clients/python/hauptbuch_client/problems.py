"""What can go wrong, as exceptions. None of them is a decision: never treat a failure as a decline."""

from hauptbuch_client.models import JobResponse, Problem, ProblemCode


class HauptbuchError(Exception):
    """Whatever this client raises on its own account."""


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
    """The answer is not what the interface promises: something else answered, or a version that is too new."""


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
