"""Maps status and body of an answer to the error that it means; an error may also stand in a 200."""

from typing import Any

import msgspec

from scoring.sources.errors import (
    AccessDeniedError,
    CredentialRejectedError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    SourceError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.sevdesk.transport.messages import meaning_of
from scoring.sources.sevdesk.words.lenient import UNDECODABLE
from scoring.sources.sevdesk.words.records import ErrorEnvelope

_ENVELOPE = msgspec.json.Decoder(ErrorEnvelope)
_MESSAGE_LENGTH = 200


def envelope_of(body: bytes) -> ErrorEnvelope | None:
    """The error inside a body, in any of the shapes that sevdesk uses; none where there is none."""
    try:
        envelope = _ENVELOPE.decode(body)
    except UNDECODABLE:
        return None
    # Some errors have status and message at the top; a list answer may have neither.
    is_flat = isinstance(envelope.status, int | str) and isinstance(envelope.message, str)
    return envelope if envelope.error or is_flat else None


def refusal(
    path: str, status_code: int, body: bytes, *, attempt: int, retry_after: float | None = None
) -> SourceError | None:
    """The error that an answer means; none for an answer 2xx without an error inside.

    Args:
        path: The path that was asked for.
        status_code: HTTP status.
        body: The body, of any type.
        attempt: How many times the call was made.
        retry_after: Seconds, from the Retry-After header.
    """
    envelope = envelope_of(body)
    if 200 <= status_code < 300 and envelope is None:
        return None
    fields = {"path": path, "status_code": status_code, "attempt": attempt, **_details(envelope)}
    if 200 <= status_code < 300:
        return _refusal_inside_200(_stated_status(envelope), fields)
    # A redirect may lead to a login page or to another host: it is never followed.
    if 300 <= status_code < 400:
        return UnexpectedAnswerError("sevdesk redirects, which is not followed; check the base address", **fields)
    return _by_status(status_code, envelope, retry_after, fields)


def _by_status(
    status_code: int, envelope: ErrorEnvelope | None, retry_after: float | None, fields: dict[str, Any]
) -> SourceError:
    if status_code == 401:
        return CredentialRejectedError("sevdesk rejects the token; connect the account again", **fields)
    if status_code == 403:
        return AccessDeniedError("sevdesk forbids this call; check the plan and the rights of the user", **fields)
    if status_code == 429:
        return RateLimitedError(
            "sevdesk limits the number of requests; wait before trying again", retry_after=retry_after, **fields
        )
    if status_code >= 500 and (envelope is None or status_code != 500):
        return SourceUnavailableError("sevdesk fails to answer; try later", retry_after=retry_after, **fields)
    # A 500 that carries sevdesk's own error is a fault of the request that they did not catch as a 400.
    return _invalid(status_code, fields)


def _refusal_inside_200(stated: int | None, fields: dict[str, Any]) -> SourceError:
    if stated == 401:
        return CredentialRejectedError("sevdesk rejects the token; connect the account again", **fields)
    return _invalid(stated, fields)


def _invalid(status: int | None, fields: dict[str, Any]) -> SourceError:
    if status == 404:
        return NotFoundError("sevdesk does not know what was asked for", **fields)
    if status == 413:
        return InvalidRequestError("what was sent is larger than sevdesk takes", **fields)
    known = meaning_of(fields.get("source_message"), fields.get("code"))
    if known is not None:
        return known.kind(known.what, **fields)
    return InvalidRequestError("sevdesk refuses the request; report it", **fields)


def _stated_status(envelope: ErrorEnvelope | None) -> int | None:
    if envelope is None:
        return None
    inner = envelope.error
    stated = inner.get("responseCode") if isinstance(inner, dict) else envelope.status
    return _integer(stated)


def _details(envelope: ErrorEnvelope | None) -> dict[str, Any]:
    if envelope is None:
        return {}
    # Some errors are a bare text instead of an object.
    inner = envelope.error if isinstance(envelope.error, dict) else {"message": envelope.error or envelope.message}
    message, uuid = inner.get("message"), inner.get("exceptionUUID")
    return {
        "source_message": message[:_MESSAGE_LENGTH] if isinstance(message, str) else None,
        "code": _integer(inner.get("code")),
        "exception_uuid": uuid[:64] if isinstance(uuid, str) else None,
    }


def _integer(value: object) -> int | None:
    try:
        return msgspec.convert(value, int, strict=False)
    except msgspec.ValidationError:
        return None
