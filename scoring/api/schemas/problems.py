"""Wire types of problems."""

import msgspec


class ErrorEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fault in a request."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document, RFC 9457."""

    type: str
    """Stable; ``GET`` it for its meaning."""
    code: str
    """Stable; does not name a bookkeeping system."""
    title: str
    status: int
    detail: str
    instance: str | None = None
    """Identifier of the request, as in the log."""
    errors: list[ErrorEntry] | None = None
    """Every fault in the request."""
    reason: str | None = None
    """Why a step of a case, or a document, is refused, as a stable code; a type has several."""


class ProblemMeaning(msgspec.Struct, frozen=True, kw_only=True):
    """Meaning of a problem type, and its remedy."""

    type: str
    code: str
    title: str
    status: int
    meaning: str
    remedy: str
