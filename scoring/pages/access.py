"""Access to pages by session; a session gives no access to the API."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from scoring.api.errors import ForbiddenError
from scoring.base.identifiers import Clock
from scoring.pages.forms import PageError, cookie_name, token_of
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.principals import Principal, Role
from scoring.store.sessions import find_session

SESSION_COOKIE: Final = "hauptbuch-session"


class SignInNeededError(PageError):
    """Nobody is signed in."""


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in user."""

    principal: Principal
    form_token: str
    """Token for the forms of a page."""


def needs_person(*roles: Role) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """A guard that admits persons with one of the roles, and administrators.

    Raises:
        SignInNeededError: nobody is signed in, or the session is over.
        ForbiddenError: none of the roles.
    """
    admitted = frozenset(roles) | {Role.ADMIN}

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        settings: Settings = connection.app.state.settings
        database: Database = connection.app.state.database
        clock: Clock = connection.app.state.clock
        secret = session_secret(connection, settings)
        idle = timedelta(minutes=settings.session_idle_minutes)
        principal = None if secret is None else await find_session(database, secret, now=clock(), idle=idle)
        if secret is None or principal is None:
            raise SignInNeededError("nobody is signed in")
        connection.scope["viewer"] = Viewer(  # type: ignore[typeddict-unknown-key]  # a scope may hold further keys
            principal=principal, form_token=token_of(secret)
        )
        structlog.contextvars.bind_contextvars(lender=principal.lender_id, principal=principal.id)
        if not principal.roles & admitted:
            raise ForbiddenError(f"needs one of the roles {', '.join(sorted(admitted))}")

    return guard


def session_secret(connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> str | None:
    """Value of the session cookie."""
    return connection.cookies.get(cookie_name(SESSION_COOKIE, settings))


def viewer_of(request: Request[Any, Any, Any]) -> Viewer:
    """The person whom the guard of the route admitted."""
    viewer: Viewer = request.scope["viewer"]  # type: ignore[typeddict-item]  # set by the guard
    return viewer
