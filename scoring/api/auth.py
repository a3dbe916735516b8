"""API keys to principals: each route says which roles may use it, and the lender comes from the key alone."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from scoring.api.errors import ForbiddenError, UnauthenticatedError
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, find_principal

Connection = ASGIConnection[Any, Any, Any, Any]

EVERYONE = frozenset(Role)


def needs(*roles: Role) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A guard that admits principals with one of the roles, and administrators.

    Raises:
        UnauthenticatedError: no valid key.
        ForbiddenError: none of the roles.
    """
    admitted = frozenset(roles) | {Role.ADMIN}

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        principal = await _authenticate(connection)
        if not principal.roles & admitted:
            raise ForbiddenError(f"needs one of the roles {', '.join(sorted(admitted))}")

    return guard


async def _authenticate(connection: Connection) -> Principal:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise UnauthenticatedError("send the API key as `Authorization: Bearer KEY`")
    database: Database = connection.app.state.database
    principal = await find_principal(database, key.strip())
    if principal is None:
        raise UnauthenticatedError("the API key is unknown or revoked")
    connection.scope["user"] = principal
    structlog.contextvars.bind_contextvars(lender=principal.lender_id, principal=principal.id)
    return principal
