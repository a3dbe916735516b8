"""Errors as sevdesk answers them: one exception, and the three body shapes seen in the wild."""

import uuid
from http import HTTPStatus

import msgspec

AUTHENTICATION_REQUIRED = msgspec.json.encode({"status": 401, "message": "Authentication required"})
"""Body of every refused token. It has its own shape: top-level ``status`` and ``message``."""

_MODEL_NOT_FOUND = 151
# A missing transaction or invoice was seen to answer 404; for the others the API's description declares 400.
_ABSENT_AS_404 = frozenset({"CheckAccountTransaction", "Invoice"})


class ApiError(Exception):
    """An answer other than success: HTTP status, English message, sevdesk's own error code or None, details."""

    def __init__(self, status: int, message: str, *, code: int | None = None, data: object = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.data = data

    def body(self) -> bytes:
        """Return the JSON error envelope, with a fresh ``exceptionUUID`` as the real one has."""
        error = {
            "exceptionUUID": str(uuid.uuid4()),
            "message": self.message,
            "errorCode": 0,
            "code": self.code,
            "data": self.data,
            "responseCode": self.status,
        }
        return msgspec.json.encode({"error": error, "objects": None})


def bad_request(message: str) -> ApiError:
    """HTTP 400 without a code, as for a bad ``limit``."""
    return ApiError(HTTPStatus.BAD_REQUEST, message)


def not_found(resource: str, object_id: str, absent: str = "mixed") -> ApiError:
    """404 with code 151, or 400 without a code: both occur, clients must take both.

    Args:
        resource: what kind of object is missing.
        object_id: which.
        absent: the quirk: ``404``, ``400``, or ``mixed``, depending on the resource.
    """
    message = f"No Model_{resource} with the id {object_id} was found"
    if absent == "404" or (absent == "mixed" and resource in _ABSENT_AS_404):
        return ApiError(HTTPStatus.NOT_FOUND, message, code=_MODEL_NOT_FOUND)
    return bad_request(message)


def unknown_action() -> ApiError:
    """HTTP 500: what sevdesk says to a path or method that it does not know."""
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "wrong HTTP Type")
