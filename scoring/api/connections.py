"""Routes of connections: check and store a credential, check it again, list, delete."""

from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, RawBody

from scoring.api import problems as known
from scoring.api.applications import body_of, check_correction, parse_connection, require_json
from scoring.api.decisions import READERS
from scoring.api.errors import UnknownObjectError
from scoring.api.lists import BorrowerFilter, Limit, check_parameters, cursor_parameter, page_of
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, SEVDESK_PROBLEMS, operation
from scoring.api.present import present_connection, present_correction
from scoring.api.schemas.connections import (
    ConnectionList,
    ConnectionRequest,
    ConnectionResponse,
    LineCorrectionList,
    LineCorrectionRequest,
    LineCorrectionResponse,
)
from scoring.base.identifiers import Clock
from scoring.base.purposes import OPTIONAL
from scoring.base.secrets import Cipher
from scoring.sources.registry import Sources
from scoring.store import connections
from scoring.store.audit import Action, Trail, page_id
from scoring.store.connections import StoredConnection, delete_connection, list_connections
from scoring.store.database import Database
from scoring.store.holders import find_holders
from scoring.store.line_corrections import add_correction, list_corrections
from scoring.store.principals import Principal, Role
from scoring.store.statements import Signer
from scoring.usecases.books import Running
from scoring.usecases.connect import Connector

ConnectionId = Annotated[str, PathParameter(description="Identifier of a connection of your lender.")]
WithdrawnPurpose = Annotated[
    str,
    PathParameter(
        description="`contacts`, `write_back`, `training` or `monitoring`. To withdraw `decision`, delete the"
        " connection.",
        schema_extra={"enum": list(OPTIONAL)},
    ),
]
_PARAMETERS = frozenset({"borrower_ref", "cursor", "limit"})


@post(
    "/v1/connections",
    guards=[needs(Role.APPLY)],
    operation_id="createConnection",
    operation_class=operation(
        *BODY_PROBLEMS,
        *SEVDESK_PROBLEMS,
        known.BORROWER_RESTRICTED,
        body=ConnectionRequest,
        leads_to={"getConnection": "connection_id", "deleteConnection": "connection_id"},
    ),
    tags=["connections"],
    summary="Connect an account",
)
async def create_connection(
    request: Request[Principal, Any, Any],
    body: RawBody,
    connector: NamedDependency[Connector],
    sources: NamedDependency[Sources],
    running: NamedDependency[Running],
) -> Response[ConnectionResponse]:
    """Checks the credential at the bookkeeping system and stores it encrypted if it works."""
    require_json(request)
    borrower_ref, credential, purposes = parse_connection(body, sources=sources)
    made = await running.finish(
        connector.connect(
            lender_id=request.user.lender_id,
            who=who_of(request, request.user),
            borrower_ref=borrower_ref,
            credential=credential,
            purposes=purposes,
        )
    )
    return Response(present_connection(made, None), headers={"Location": f"/v1/connections/{made.id}"})


@get(
    "/v1/connections/{connection_id:str}",
    guards=[needs(*READERS)],
    operation_id="getConnection",
    operation_class=operation(known.NOT_FOUND, known.STORED_DATA_DAMAGED, *SEVDESK_PROBLEMS),
    tags=["connections"],
    summary="Check a connection",
)
async def get_connection(
    request: Request[Principal, Any, Any],
    connection_id: ConnectionId,
    connector: NamedDependency[Connector],
    database: NamedDependency[Database],
    cipher: NamedDependency[Cipher],
    trail: NamedDependency[Trail],
    running: NamedDependency[Running],
) -> ConnectionResponse:
    """Checks the credential now. A rejected credential is not an error: `status` says so.

    For a key with the role `audit` alone nothing is checked: `status` is that of `checked_at`.
    """
    lender_id, who = request.user.lender_id, who_of(request, request.user)
    if request.user.roles != {Role.AUDIT}:
        work = connector.check(lender_id=lender_id, who=who, connection_id=connection_id)
        return await _presented(request, database, cipher, await running.finish(work))
    found = await connections.find_connection(database, lender_id=lender_id, connection_id=connection_id)
    if found is None:
        raise UnknownObjectError("there is no connection with this identifier")
    await trail.note(who, Action.CONNECTION_READ, object_id=connection_id, borrower_id=found.borrower_id)
    return await _presented(request, database, cipher, found)


@get(
    "/v1/connections",
    guards=[needs(*READERS)],
    operation_id="listConnections",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["connections"],
    summary="List connections",
)
async def get_connections(
    request: Request[Principal, Any, Any],
    database: NamedDependency[Database],
    cipher: NamedDependency[Cipher],
    trail: NamedDependency[Trail],
    borrower_ref: BorrowerFilter = None,
    cursor: Annotated[str | None, cursor_parameter("con")] = None,
    limit: Limit = 50,
) -> ConnectionList:
    """Newest first, each with the result of its last check."""
    check_parameters(request, _PARAMETERS, prefix="con")
    found = await list_connections(
        database,
        lender_id=request.user.lender_id,
        borrower_ref=borrower_ref,
        before=cursor,
        limit=limit + 1,
    )
    items, next_cursor = page_of(found, limit, lambda connection: connection.id)
    seen = page_id([item.id for item in items])
    await trail.note(who_of(request, request.user), Action.CONNECTIONS_LISTED, object_id=seen)
    holders = await _holders(request, database, cipher, [item.id for item in items])
    return ConnectionList(
        items=[present_connection(item, holders.get(item.id)) for item in items], next_cursor=next_cursor
    )


async def _presented(
    request: Request[Principal, Any, Any], database: Database, cipher: Cipher, found: StoredConnection
) -> ConnectionResponse:
    holders = await _holders(request, database, cipher, [found.id])
    return present_connection(found, holders.get(found.id))


async def _holders(
    request: Request[Principal, Any, Any], database: Database, cipher: Cipher, connection_ids: list[str]
) -> dict[str, str]:
    """Names of accounts, for who needs them to know whose books are read; an analysis needs none."""
    if request.user.roles <= {Role.ANALYSE}:
        return {}
    return await find_holders(database, cipher, lender_id=request.user.lender_id, connection_ids=connection_ids)


@delete(
    "/v1/connections/{connection_id:str}",
    guards=[needs(Role.APPLY)],
    operation_id="deleteConnection",
    operation_class=operation(known.NOT_FOUND),
    tags=["connections"],
    summary="Delete a connection",
)
async def remove_connection(
    request: Request[Principal, Any, Any],
    connection_id: ConnectionId,
    database: NamedDependency[Database],
    signer: NamedDependency[Signer],
    trail: NamedDependency[Trail],
) -> None:
    """Deletes the connection and its credential."""
    lender_id = request.user.lender_id
    mark = trail.mark(who_of(request, request.user), Action.CONNECTION_DELETED)
    if not await delete_connection(database, signer, lender_id=lender_id, connection_id=connection_id, mark=mark):
        raise UnknownObjectError("there is no connection with this identifier")


@delete(
    "/v1/connections/{connection_id:str}/purposes/{purpose:str}",
    guards=[needs(Role.APPLY)],
    operation_id="withdrawPurpose",
    operation_class=operation(known.NOT_FOUND),
    tags=["connections"],
    summary="Withdraw the consent to one purpose",
)
async def withdraw_purpose(
    request: Request[Principal, Any, Any],
    connection_id: ConnectionId,
    purpose: WithdrawnPurpose,
    database: NamedDependency[Database],
    signer: NamedDependency[Signer],
    trail: NamedDependency[Trail],
) -> None:
    """The connection remains, for decisions. The recorded consent remains, as proof."""
    if purpose not in OPTIONAL or not await connections.withdraw_purpose(
        database,
        signer,
        lender_id=request.user.lender_id,
        connection_id=connection_id,
        purpose=purpose,
        mark=trail.mark(who_of(request, request.user), Action.PURPOSE_WITHDRAWN),
    ):
        names = " or ".join(OPTIONAL)
        raise UnknownObjectError(f"there is no connection with this identifier and purpose; {names} can be withdrawn")


@post(
    "/v1/connections/{connection_id:str}/line-corrections",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="createLineCorrection",
    operation_class=operation(*BODY_PROBLEMS, known.NOT_FOUND, known.BORROWER_RESTRICTED, body=LineCorrectionRequest),
    tags=["connections"],
    summary="Correct the category of a bank line",
)
async def correct_line(
    request: Request[Principal, Any, Any],
    body: RawBody,
    connection_id: ConnectionId,
    database: NamedDependency[Database],
    trail: NamedDependency[Trail],
    clock: NamedDependency[Clock],
) -> Response[LineCorrectionResponse]:
    """For later decisions on the same borrower; those that were made stay as they are. The newest of a line counts."""
    said = body_of(request, body, LineCorrectionRequest, check_correction)
    made = await add_correction(
        database,
        lender_id=request.user.lender_id,
        connection_id=connection_id,
        line_id=said.line_id,
        category=said.category,
        principal_id=request.user.id,
        now=clock(),
        mark=trail.mark(who_of(request, request.user), Action.LINE_CORRECTED),
    )
    if made is None:
        raise UnknownObjectError("there is no connection with this identifier")
    location = f"/v1/connections/{connection_id}/line-corrections"
    return Response(present_correction(made), headers={"Location": location})


@get(
    "/v1/connections/{connection_id:str}/line-corrections",
    guards=[needs(*READERS)],
    operation_id="listLineCorrections",
    operation_class=operation(known.NOT_FOUND),
    tags=["connections"],
    summary="List the corrections of bank lines",
)
async def get_line_corrections(
    request: Request[Principal, Any, Any],
    connection_id: ConnectionId,
    database: NamedDependency[Database],
    trail: NamedDependency[Trail],
) -> LineCorrectionList:
    """The newest of each line of the connection's borrower, oldest first."""
    found = await list_corrections(database, lender_id=request.user.lender_id, connection_id=connection_id)
    if found is None:
        raise UnknownObjectError("there is no connection with this identifier")
    await trail.note(who_of(request, request.user), Action.LINES_LISTED, object_id=connection_id)
    return LineCorrectionList(items=[present_correction(correction) for correction in found])
