"""Errors of requests that are refused before a source is accessed."""

import msgspec


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One fault in a request."""

    field: str
    """Dotted path in the body, or the name of a query parameter or header."""
    message: str


class ApiError(Exception):
    """A request that is refused; its message is for the caller."""


class MalformedJsonError(ApiError):
    """The body is not JSON."""


class UnsupportedMediaTypeError(ApiError):
    """The body is not declared as JSON."""


class InvalidFieldsError(ApiError):
    """The request is well-formed, but at least one field is invalid."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors


class UnauthenticatedError(ApiError):
    """There is no API key, or it is unknown or revoked."""


class ForbiddenError(ApiError):
    """The principal has none of the roles that the route requires."""


class UnknownObjectError(ApiError):
    """The lender has no object with that identifier."""
