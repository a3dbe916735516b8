"""The route of the audit trail."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from scoring.api import problems as known
from scoring.api.lists import Limit, check_parameters, cursor_parameter, instant_parameter, page_of
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import operation
from scoring.api.schemas.audit import AuditList, AuditRowResponse
from scoring.api.schemas.texts import PRINTABLE
from scoring.store.audit import Action, AuditFilter, AuditRow, Trail, list_rows, page_id
from scoring.store.database import Database
from scoring.store.principals import Principal, Role

_PARAMETERS = frozenset({"principal", "action", "object", "since", "until", "cursor", "limit"})
_TEXT = {"pattern": PRINTABLE}


@get(
    "/v1/audit",
    guards=[needs(Role.AUDIT)],
    operation_id="listAudit",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["operations"],
    summary="Read the audit trail",
)
async def get_audit(  # noqa: PLR0913, PLR0917  one argument for each parameter of the query
    request: Request[Principal, Any, Any],
    database: NamedDependency[Database],
    trail: NamedDependency[Trail],
    principal: Annotated[
        str | None,
        QueryParameter(
            description="Only what this principal did, by name or identifier, or a user of the system.",
            schema_extra=_TEXT,
        ),
    ] = None,
    action: Annotated[Action | None, QueryParameter(description="Only this action.")] = None,
    object: Annotated[  # noqa: A002  the name of the parameter
        str | None,
        QueryParameter(description="Only what concerns this object or borrower.", schema_extra=_TEXT),
    ] = None,
    since: Annotated[datetime | None, instant_parameter("Only at or after this instant.")] = None,
    until: Annotated[datetime | None, instant_parameter("Only before this instant.")] = None,
    cursor: Annotated[str | None, cursor_parameter("aud")] = None,
    limit: Limit = 50,
) -> AuditList:
    """Who did what with which object, newest first. Reading it is in it, too."""
    check_parameters(request, _PARAMETERS, prefix="aud", since=since, until=until)
    wanted = AuditFilter(
        lender_id=request.user.lender_id,
        principal=principal,
        action=action,
        object=object,
        since=since,
        until=until,
    )
    found = await list_rows(database, wanted, before=cursor, limit=limit + 1)
    items, next_cursor = page_of(found, limit, lambda row: row.id)
    await trail.note(who_of(request, request.user), Action.AUDIT_READ, object_id=page_id([row.id for row in items]))
    return AuditList(items=[_present(row) for row in items], next_cursor=next_cursor)


def _present(row: AuditRow) -> AuditRowResponse:
    values = msgspec.structs.asdict(row)
    del values["lender_id"]
    return AuditRowResponse(**values)
