"""Access to pages by session; a session gives no access to the API."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler

from scoring.api.errors import ForbiddenError
from scoring.api.middleware import request_id_of
from scoring.base.identifiers import Clock
from scoring.pages.forms import PageError, cookie_name, secret_cookie, token_of
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.devices import LASTS
from scoring.store.principals import Principal, Role
from scoring.store.sessions import Lacks, find_lacking, find_session
from scoring.usecases.sign_in import Browser, SignedIn

SESSION_COOKIE: Final = "hauptbuch-session"
DEVICE_COOKIE: Final = "hauptbuch-device"
CALLBACK: Final = "/sign-in/provider/done"
"""Where an OpenID provider sends persons back."""


class SignInNeededError(PageError):
    """Nobody is signed in."""


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in user."""

    principal: Principal
    form_token: str
    """Token for the forms of a page."""


def needs_person(
    *roles: Role, admits_admin: bool = True
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """A guard that admits persons with one of the roles, and administrators unless something else is said.

    Raises:
        SignInNeededError: nobody is signed in, or the session is over.
        ForbiddenError: none of the roles.
    """
    admitted = frozenset(roles) | ({Role.ADMIN} if admits_admin else frozenset())

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


async def needs_passwords(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard that hides what there is only where persons sign in by password.

    Raises:
        NotFoundException: they do not.
    """
    settings: Settings = connection.app.state.settings
    if settings.is_provider_only:
        raise NotFoundException


def needs_lacking(lacks: Lacks) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """A guard that admits who knew the password and has this still to do.

    Raises:
        SignInNeededError: nobody has.
    """

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        settings: Settings = connection.app.state.settings
        clock: Clock = connection.app.state.clock
        secret = session_secret(connection, settings)
        principal = None
        if secret is not None:
            idle = timedelta(minutes=settings.session_idle_minutes)
            principal = await find_lacking(connection.app.state.database, secret, lacks, now=clock(), idle=idle)
        if secret is None or principal is None:
            raise SignInNeededError("nobody is signed in")
        connection.scope["lacking"] = Viewer(  # type: ignore[typeddict-unknown-key]  # a scope may hold further keys
            principal=principal, form_token=token_of(secret)
        )
        structlog.contextvars.bind_contextvars(lender=principal.lender_id, principal=principal.id)

    return guard


def lacking_of(request: Request[Any, Any, Any]) -> Viewer:
    """The person whom the guard of ``needs_lacking`` admitted."""
    lacking: Viewer = request.scope["lacking"]  # type: ignore[typeddict-item]  # set by the guard
    return lacking


def browser_of(request: Request[Any, Any, Any], settings: Settings) -> Browser:
    """What the browser shows of itself."""
    return Browser(
        address="" if request.client is None else request.client.host,
        session=session_secret(request, settings),
        device=request.cookies.get(cookie_name(DEVICE_COOKIE, settings)),
        request_id=request_id_of(request),
    )


def cookies_of(signed_in: SignedIn, settings: Settings) -> list[Cookie]:
    """The cookies of a browser in which somebody has signed in; that of the device outlasts the session."""
    cookies = [secret_cookie(SESSION_COOKIE, signed_in.session, settings)]
    if signed_in.device is not None:
        cookies.append(device_cookie(signed_in.device, settings))
    return cookies


def device_cookie(secret: str, settings: Settings) -> Cookie:
    """The cookie by which a browser is known."""
    return secret_cookie(DEVICE_COOKIE, secret, settings, max_age=int(LASTS.total_seconds()))


def session_secret(connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> str | None:
    """Value of the session cookie."""
    return connection.cookies.get(cookie_name(SESSION_COOKIE, settings))


def viewer_of(request: Request[Any, Any, Any]) -> Viewer:
    """The person whom the guard of the route admitted."""
    viewer: Viewer = request.scope["viewer"]  # type: ignore[typeddict-item]  # set by the guard
    return viewer
