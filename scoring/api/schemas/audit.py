"""Wire types of the audit trail."""

import msgspec


class AuditRowResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the audit trail."""

    id: str
    at: str
    principal_id: str | None
    actor: str | None
    """Where no principal acted: a user of the operating system, or ``firm``."""
    action: str
    object: str | None
    """An identifier; of a page of a list, those of its first and last object with two dots between."""
    borrower_id: str | None
    address: str | None
    request_id: str | None


class AuditList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the audit trail, newest first."""

    items: list[AuditRowResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
