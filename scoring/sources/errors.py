"""What can go wrong with a source of books, ordered by what the caller can do about it.

::

    SourceError
      CredentialRejectedError         ask the firm for a new token; asking again does not help
        AccessDeniedError        ask the firm to check its plan and the rights of the user
      RateLimitedError           wait ``retry_after`` seconds
      SourceUnavailableError    try later: no connection, or an answer 5xx
      DeadlineExceededError      try later: the whole fetch took too long
      InconsistentAnswerError    try later: the books were being changed while they were read
      UnexpectedAnswerError      report it: not JSON, cut off, too large, or not of the documented shape
      InvalidRequestError        report it: the source refused the request as such
        NotFoundError            the object or the list does not exist

Every error carries fields, none carries a token, a header or a body.
"""

from typing import Any

from typing_extensions import override


class BigBooksError(Exception):
    """The books have a longer list than was asked for; they are there, and can be read."""


class SourceError(Exception):
    """A call of a source that did not succeed.

    Args:
        what: One sentence: what is wrong and what to do.
        path: Path below the base address, without its query.
        status_code: HTTP status of the answer, where there was one.
        attempt: How many times the call was made, 1 for the first.
        source_message: The message of the source's own error, shortened.
        code: The code of the source's own error; not an HTTP status.
        exception_uuid: The source's name for the incident, for its support.
    """

    def __init__(
        self,
        what: str,
        *,
        path: str | None = None,
        status_code: int | None = None,
        attempt: int = 1,
        source_message: str | None = None,
        code: int | None = None,
        exception_uuid: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.path = path
        self.status_code = status_code
        self.attempt = attempt
        self.source_message = source_message
        self.code = code
        self.exception_uuid = exception_uuid

    def fields(self) -> dict[str, Any]:
        """Everything but the sentence, without what is not known; for logs and problem documents."""
        return {name: value for name, value in vars(self).items() if name != "what" and value is not None}

    @override
    def __str__(self) -> str:
        known = [f"{name}={value!r}" for name, value in self.fields().items()]
        return f"{self.what} ({', '.join(known)})" if known else self.what


class CredentialRejectedError(SourceError):
    """The credential is unknown, replaced or blocked: ask the firm to connect its account again."""


class AccessDeniedError(CredentialRejectedError):
    """The credential is known but may not do this: the plan lacks the interface, or the user lacks the right."""


class RateLimitedError(SourceError):
    """Too many requests; ``retry_after`` is what the source asked to wait, in seconds, where it said so."""

    def __init__(self, what: str, *, retry_after: float | None = None, **fields: Any) -> None:  # noqa: ANN401  the fields of SourceError
        super().__init__(what, **fields)
        self.retry_after = retry_after


class SourceUnavailableError(SourceError):
    """No connection, a connection that broke, or an answer 5xx; ``retry_after`` as in RateLimitedError."""

    def __init__(self, what: str, *, retry_after: float | None = None, **fields: Any) -> None:  # noqa: ANN401  the fields of SourceError
        super().__init__(what, **fields)
        self.retry_after = retry_after


class DeadlineExceededError(SourceError):
    """The whole fetch did not finish within ``seconds``."""

    def __init__(self, what: str, *, seconds: float, **fields: Any) -> None:  # noqa: ANN401  the fields of SourceError
        super().__init__(what, **fields)
        self.seconds = seconds


class InconsistentAnswerError(SourceError):
    """A list still disagreed with its own ``total`` after it was read again."""

    def __init__(self, what: str, *, total: int, counted: int, **fields: Any) -> None:  # noqa: ANN401  the fields of SourceError
        super().__init__(what, **fields)
        self.total = total
        self.counted = counted


class UnexpectedAnswerError(SourceError):
    """An answer that is not what the interface documents.

    Args:
        what: As in SourceError.
        resource: The resource whose object is malformed, such as ``Invoice``.
        field: Its field, in the source's spelling.
        object_id: The object's id, as text because the id itself may be malformed.
        fields: The fields of SourceError.
    """

    def __init__(
        self,
        what: str,
        *,
        resource: str | None = None,
        field: str | None = None,
        object_id: str | None = None,
        **fields: Any,  # noqa: ANN401  the fields of SourceError
    ) -> None:
        super().__init__(what, **fields)
        self.resource = resource
        self.field = field
        self.object_id = object_id


class InvalidRequestError(SourceError):
    """The source refused the request; of sevdesk 4xx, an error inside a 200, or a 500 that is a 400."""


class NotFoundError(InvalidRequestError):
    """What was asked for does not exist."""
