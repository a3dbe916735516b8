"""Routes of connect sessions: create a link with which a firm connects its account, and read its state."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, RawBody

from scoring.api import problems as known
from scoring.api.applications import check_purposes, check_ref, parse_body, refused, require_json
from scoring.api.decisions import READERS
from scoring.api.errors import FieldError, UnknownObjectError
from scoring.api.lists import BorrowerFilter, Limit, check_parameters, cursor_parameter, page_of
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.present import present_connect_session
from scoring.api.schemas.connect_sessions import (
    ConnectSessionLink,
    ConnectSessionList,
    ConnectSessionRequest,
    ConnectSessionResponse,
    LenderIdentity,
)
from scoring.api.web_addresses import check_page_address, check_return_address
from scoring.base.identifiers import Clock, instant
from scoring.runtime.settings import Settings
from scoring.store.audit import Action, Trail, page_id
from scoring.store.connect_sessions import (
    SessionOrder,
    SessionStatus,
    find_consent,
    find_consents,
    find_session,
    list_sessions,
)
from scoring.store.database import Database
from scoring.store.principals import Principal, Role
from scoring.store.statements import Signer
from scoring.usecases.connect import Connector
from scoring.usecases.reading import RestrictedError

_PARAMETERS = frozenset({"status", "borrower_ref", "cursor", "limit"})
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@post(
    "/v1/connect-sessions",
    guards=[needs(Role.APPLY)],
    operation_id="createConnectSession",
    operation_class=operation(*BODY_PROBLEMS, known.BORROWER_RESTRICTED, body=ConnectSessionRequest),
    tags=["connections"],
    summary="Create a one-time link for a firm",
)
async def create_connect_session(
    request: Request[Principal, Any, Any],
    body: RawBody,
    connector: NamedDependency[Connector],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[ConnectSessionLink]:
    """The firm opens the link, reads what is accessed and why, consents, and enters its sevdesk token."""
    require_json(request)
    order = parse_order(body, lender_id=request.user.lender_id, now=clock())
    identifier, secret = await connector.add_link(order, who_of(request, request.user))
    link = ConnectSessionLink(
        connect_session_id=identifier,
        url=f"{settings.public_address}/connect/{secret.reveal()}",
        expires_at=instant(order.expires_at),
    )
    headers = {"Location": f"/v1/connect-sessions/{identifier}", "Cache-Control": "no-store"}
    return Response(link, headers=headers)


@get(
    "/v1/connect-sessions/{connect_session_id:str}",
    guards=[needs(*READERS)],
    operation_id="getConnectSession",
    operation_class=operation(known.NOT_FOUND, known.RESTRICTED),
    tags=["connections"],
    summary="Read the state of a link",
)
async def get_connect_session(
    request: Request[Principal, Any, Any],
    connect_session_id: Annotated[str, PathParameter(description="Identifier of a link of your lender.")],
    database: NamedDependency[Database],
    signer: NamedDependency[Signer],
    trail: NamedDependency[Trail],
    clock: NamedDependency[Clock],
) -> ConnectSessionResponse:
    """Its status and, once completed, the connection and the consent."""
    lender_id = request.user.lender_id
    session = await find_session(database, lender_id=lender_id, session_id=connect_session_id, now=clock())
    if session is None:
        raise UnknownObjectError("there is no connect session with this identifier")
    if session.is_restricted and not request.user.sees_restricted:
        raise RestrictedError
    consent = await find_consent(database, signer, lender_id=lender_id, session_id=connect_session_id)
    who = who_of(request, request.user)
    await trail.note(who, Action.LINK_READ, object_id=session.id, borrower_id=session.borrower_id)
    return present_connect_session(session, consent)


@get(
    "/v1/connect-sessions",
    guards=[needs(*READERS)],
    operation_id="listConnectSessions",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["connections"],
    summary="List links",
)
async def get_connect_sessions(  # noqa: PLR0913, PLR0917  one argument for each parameter of the query
    request: Request[Principal, Any, Any],
    database: NamedDependency[Database],
    signer: NamedDependency[Signer],
    trail: NamedDependency[Trail],
    clock: NamedDependency[Clock],
    status: Annotated[SessionStatus | None, QueryParameter(description="Only links in this state.")] = None,
    borrower_ref: BorrowerFilter = None,
    cursor: Annotated[str | None, cursor_parameter("cns")] = None,
    limit: Limit = 50,
) -> ConnectSessionList:
    """Newest first, each with its state and, once completed, its consent.

    Links of restricted borrowers are listed for auditors and administrators alone.
    """
    check_parameters(request, _PARAMETERS, prefix="cns")
    lender_id = request.user.lender_id
    found = await list_sessions(
        database,
        lender_id=lender_id,
        status=status,
        borrower_ref=borrower_ref,
        before=cursor,
        limit=limit + 1,
        now=clock(),
        with_restricted=request.user.sees_restricted,
    )
    items, next_cursor = page_of(found, limit, lambda session: session.id)
    given = await find_consents(database, signer, lender_id=lender_id, session_ids=[item.id for item in items])
    seen = page_id([item.id for item in items])
    await trail.note(who_of(request, request.user), Action.LINKS_LISTED, object_id=seen)
    return ConnectSessionList(
        items=[present_connect_session(item, given.get(item.id)) for item in items], next_cursor=next_cursor
    )


def parse_order(body: bytes, *, lender_id: str, now: datetime) -> SessionOrder:
    """Read and check a request for a link.

    Raises:
        MalformedJsonError: not JSON.
        InvalidFieldsError: with every fault that was found.
    """
    request = parse_body(body, ConnectSessionRequest, _check)
    return SessionOrder(
        lender_id=lender_id,
        borrower_ref=request.borrower_ref,
        return_url=request.return_url,
        lender_name=request.lender.name,
        privacy_url=request.lender.privacy_url,
        privacy_email=request.lender.privacy_email,
        language=request.language,
        purposes=tuple(request.purposes),
        expires_at=now + timedelta(minutes=request.expires_in_minutes),
    )


def _check(request: ConnectSessionRequest) -> Iterator[FieldError]:
    yield from check_ref(request.borrower_ref)
    yield from refused("return_url", request.return_url, check_return_address)
    yield from check_lender(request.lender)
    yield from check_purposes(request.purposes)


def check_lender(lender: LenderIdentity) -> Iterator[FieldError]:
    """Checks of a lender's names beyond their types."""
    if not lender.name.isprintable() or lender.name != lender.name.strip():
        yield FieldError(
            field="lender.name", message="must contain only printable characters, without leading or trailing spaces"
        )
    yield from refused("lender.privacy_url", lender.privacy_url, check_page_address)
    if _EMAIL.fullmatch(lender.privacy_email) is None:
        yield FieldError(field="lender.privacy_email", message="must be an e-mail address")
