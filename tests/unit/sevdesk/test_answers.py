import msgspec
import pytest

from scoring.sources.errors import (
    AccessDeniedError,
    CredentialRejectedError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.sevdesk.transport.answers import refusal


def _envelope(message: str = "bad", code: int | None = None, response: int | None = None) -> bytes:
    error = {"exceptionUUID": "0-1", "message": message, "errorCode": 0, "code": code, "data": []}
    return msgspec.json.encode({"objects": None, "error": {**error, "responseCode": response}})


FLAT_401 = b'{"status":401,"message":"Authentication required"}'
HTML = b"<html><body>Wartung</body></html>"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"objects":[]}', None),
        (200, HTML, None),
        (200, b'{"objects":[],"error":null}', None),
        (200, _envelope("cannot cancel", 390, 422), InvalidRequestError),
        (200, _envelope("No Model_X with the id 1 was found", 151, 404), NotFoundError),
        (200, FLAT_401, CredentialRejectedError),
        (200, b'{"objects":null,"error":"wrong"}', InvalidRequestError),
        (301, b"", UnexpectedAnswerError),
        (302, HTML, UnexpectedAnswerError),
        (400, _envelope("Invalid 'limit' parameter."), InvalidRequestError),
        (400, b'{"error":{"message":"Invoice was not found","exceptionUUID":"x"}}', NotFoundError),
        (400, b"", InvalidRequestError),
        (401, FLAT_401, CredentialRejectedError),
        (401, HTML, CredentialRejectedError),
        (401, b"", CredentialRejectedError),
        (403, HTML, AccessDeniedError),
        (404, _envelope("No Model_X with the id 1 was found", 151, 404), NotFoundError),
        (404, HTML, NotFoundError),
        (405, b"", InvalidRequestError),
        (422, _envelope("already cancelled", 421, 422), InvalidRequestError),
        (429, b"", RateLimitedError),
        (429, HTML, RateLimitedError),
        (500, _envelope("wrong HTTP Type"), InvalidRequestError),
        (500, b"Internal Server Error", SourceUnavailableError),
        (500, HTML, SourceUnavailableError),
        (502, HTML, SourceUnavailableError),
        (503, _envelope("maintenance"), SourceUnavailableError),
        (504, b"", SourceUnavailableError),
        (400, b'{"error":{"message":17,"code":"x","exceptionUUID":[]}}', InvalidRequestError),
        (400, b'{"error":{"message":"' + b"x" * 5000 + b'"}}', InvalidRequestError),
        (400, b"[]", InvalidRequestError),
        (400, b"\xff\xfe", InvalidRequestError),
    ],
)
def test_status_and_body_say_what_to_do(status: int, body: bytes, kind: type[Exception] | None) -> None:
    """Each combination of status and body is the one error whose name says what the caller can do."""
    error = refusal("Invoice", status, body, attempt=2)
    assert type(error) is (kind or type(None))
    if error is not None:
        assert (error.path, error.status_code, error.attempt) == ("Invoice", status, 2)
        assert len(error.source_message or "") <= 200


def test_sevdesks_own_error_is_kept_in_fields() -> None:
    """Message, code and exceptionUUID of the envelope are kept, a code is not taken for a status."""
    error = refusal("Invoice/1", 422, _envelope("Invoice number is required", 503, 422), attempt=1)
    assert isinstance(error, InvalidRequestError)
    assert (error.source_message, error.code, error.exception_uuid) == ("Invoice number is required", 503, "0-1")


def test_a_wish_to_wait_is_kept() -> None:
    """Retry-After of a 429 is a field of the error."""
    error = refusal("Invoice", 429, b"", attempt=1, retry_after=7.0)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 7.0


def test_what_is_too_large_is_said() -> None:
    """Whatever text comes along: a file can be made smaller."""
    error = refusal("Voucher/Factory/uploadTempFile", 413, b"<html>Request Entity Too Large</html>", attempt=1)
    assert isinstance(error, InvalidRequestError)
    assert error.what == "what was sent is larger than sevdesk takes"
