"""Around every request: authentication by API key, request identifier, one log line, and the ``Allow`` header.

The line has the route (``/v1/decisions/{decision_id}``), but never what stands in the path, the query, headers or
bodies: those may hold personal data or secrets.
"""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import structlog
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from scoring.api.errors import ForbiddenError, UnauthenticatedError
from scoring.base.identifiers import Clock, Randomness, new_id
from scoring.base.rates import Limit
from scoring.store.audit import Who
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, find_principal
from scoring.telemetry.telemetry import Metrics
from scoring.usecases.pace import Pace, TooManyRequestsError

_log = structlog.get_logger(__name__)
_ACCEPTABLE = re.compile(rb"[A-Za-z0-9_.-]{8,64}")
_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
_CONFIDENTIAL = "/v1/"
"""Responses below this path concern firms and lenders and must not be cached."""
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_SAFETY = ((b"x-content-type-options", b"nosniff"),)
"""On every answer that does not have them already."""
_HTTPS_ALONE = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_OPERATIONS = ("/health/", "/metrics", "/schema")
"""What operators and developers use: paths that begin so."""
_SLASHES = re.compile("/{2,}")


class SplitPorts:
    """Wraps the application so that one port has what operators use and nothing else, and all others have the rest."""

    def __init__(self, app: ASGIApp, operations_port: int) -> None:
        """Wrap an application."""
        self._app = app
        self._operations_port = operations_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a path of the other ports does not exist."""
        if scope["type"] == ScopeType.HTTP:
            _, port = scope.get("server") or ("", None)
            if scope["path"].startswith(_OPERATIONS) != (port == self._operations_port):
                scope = {**scope, "path": "/-", "raw_path": b"/-"}
        await self._app(scope, receive, send)


class RequestLog:
    """Wraps the whole application, unknown paths and failures included."""

    def __init__(self, app: ASGIApp, clock: Clock, randomness: Randomness, *, is_https: bool) -> None:
        """Wrap an application.

        Args:
            app: to be wrapped.
            clock: the present.
            randomness: unpredictable bytes.
            is_https: whether browsers reach the service over https alone.
        """
        self._app = app
        self._clock = clock
        self._randomness = randomness
        self._headers = [*_SAFETY, *([_HTTPS_ALONE] if is_https else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        # routes are found whatever the slashes, so nothing that looks at a path may be led astray by them
        scope["path"] = _SLASHES.sub("/", f"/{scope['path']}")
        request_id = given_id(scope["headers"]) or new_id("req", self._clock(), self._randomness)
        scope["request_id"] = request_id  # type: ignore[typeddict-unknown-key]  # a scope may hold further keys
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (b"x-request-id", request_id.encode())]
                named = {name.lower() for name, _ in headers}
                headers += [header for header in self._headers if header[0] not in named]
                headers += _limits(scope)
                if scope["path"].startswith(_CONFIDENTIAL) and b"cache-control" not in named:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1e3, 1)
            route = scope.get("path_template", "")  # none where no route is of that path
            method = scope["method"] if scope["method"] in _METHODS else "other"
            metrics: Metrics = scope["litestar_app"].state.metrics
            metrics.requests.labels(method, route, status).inc()
            log = _log.debug if route in _QUIET else _log.info
            log("request", method=method, route=route, status=status, milliseconds=milliseconds)


def _limits(scope: HTTPScope) -> list[tuple[bytes, bytes]]:
    """The headers of draft-ietf-httpapi-ratelimit-headers, where limits were looked at."""
    limits: list[Limit] | None = scope.get("limits")  # type: ignore[assignment]  # see _authenticate
    if not limits:
        return []
    policies = ", ".join(f'"{one.name}";q={one.rate.count};w={one.rate.seconds}' for one in limits)
    states = ", ".join(f'"{one.name}";r={one.left};t={one.resets_in}' for one in limits)
    return [(b"ratelimit-policy", policies.encode()), (b"ratelimit", states.encode())]


def given_id(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The identifier that the caller chose for a request; None without one that is acceptable."""
    for name, value in headers:
        if name == b"x-request-id" and _ACCEPTABLE.fullmatch(value):
            return value.decode()
    return None


def methods_of(app: Litestar, path: str) -> str:
    """The methods of all routes that match a path, in the format of ``Allow``."""
    asked = path.strip("/").split("/")
    found: set[str] = set()
    for route in app.routes:
        parts = route.path_format.strip("/").split("/")
        if isinstance(route, HTTPRoute) and len(parts) == len(asked):
            matches = all(part == given or part.startswith("{") for part, given in zip(parts, asked, strict=True))
            found |= set(route.methods) if matches else set()
    return ", ".join(sorted(found))


async def name_methods(message: Message, scope: Scope) -> None:
    """Let answers to ``OPTIONS`` name every method: Litestar's own name those of the handler added first."""
    if message["type"] == "http.response.start" and scope.get("method") == "OPTIONS":
        others = [(name, value) for name, value in message["headers"] if name.lower() != b"allow"]
        message["headers"] = [*others, (b"allow", methods_of(scope["litestar_app"], scope["path"]).encode())]


Connection = ASGIConnection[Any, Any, Any, Any]

EVERYONE = frozenset(Role)


def needs(*roles: Role, admits_admin: bool = True) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A guard that admits principals with one of the roles, and administrators unless something else is said.

    Raises:
        UnauthenticatedError: no valid key.
        ForbiddenError: none of the roles.
    """
    admitted = frozenset(roles) | ({Role.ADMIN} if admits_admin else frozenset())

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
    limits = connection.scope["limits"] = []  # type: ignore[typeddict-unknown-key]  # a scope may hold further keys
    if principal.quota is not None:
        limits.append(principal.quota.limit(connection.app.state.clock()))
    pace: Pace = connection.app.state.pace
    try:
        limits.append(pace.take(principal.lender_id))
    except TooManyRequestsError as error:
        limits.append(error.limit)
        raise
    structlog.contextvars.bind_contextvars(lender=principal.lender_id, principal=principal.id)
    return principal


def who_of(request: Connection, principal: Principal) -> Who:
    """Who acts in a request, for the audit trail; behind a proxy, the address is that which the proxy names."""
    return Who(
        lender_id=principal.lender_id,
        principal_id=principal.id,
        address=address_of(request),
        request_id=request_id_of(request),
    )


def request_id_of(request: Connection) -> str | None:
    """The identifier of a request, as the log has it."""
    found: str | None = request.scope.get("request_id")  # type: ignore[assignment]  # set by RequestLog
    return found


def address_of(request: Connection) -> str | None:
    """The network address of the caller."""
    return None if request.client is None else request.client.host[:64]


def provide(parts: Mapping[str, Any], name: str) -> Provide:
    """What routes may take as a parameter of this name: a part of the service, once it has started."""

    def part() -> Any:  # noqa: ANN401  each part has its own type
        return parts[name]

    return Provide(part, sync_to_thread=False)
