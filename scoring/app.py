"""Composition root: settings to application. The one reader of clock and randomness."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio.to_thread
import httpx
import structlog
from anyio import CapacityLimiter
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from scoring.api import connect_sessions, connections, decisions, operations, reference
from scoring.api.methods import name_methods
from scoring.api.openapi import openapi_config
from scoring.api.request_log import RequestLog
from scoring.base.identifiers import Clock, Randomness
from scoring.pages.errors import handlers_of_unknown_paths
from scoring.pages.rendering import Pages
from scoring.pages.routes import page_router
from scoring.runtime.serving import Serving, keep_policy
from scoring.runtime.settings import Settings
from scoring.store.cipher import Cipher
from scoring.store.database import Database
from scoring.telemetry.logs import failure
from scoring.telemetry.metrics import Metrics
from scoring.telemetry.traces import Traces, traces_of
from scoring.telemetry.watch import Watch
from scoring.usecases.assess import Desk
from scoring.usecases.evaluate import rehearse
from scoring.usecases.running import Running

BODY_BYTES = 64 * 1024
"""Largest request body."""
_ROUTES = (
    decisions.create_decision,
    decisions.get_decision,
    decisions.get_report,
    decisions.get_decisions,
    connections.create_connection,
    connections.get_connection,
    connections.get_connections,
    connections.remove_connection,
    connections.withdraw_purpose,
    connect_sessions.create_connect_session,
    connect_sessions.get_connect_session,
    reference.get_models,
    reference.get_policies,
    reference.get_features,
    reference.get_problem,
    operations.get_live,
    operations.get_ready,
    operations.get_metrics,
)
_log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    serving: Serving,
    *,
    clock: Clock = utc_now,
    randomness: Randomness = os.urandom,
    transport: httpx.AsyncBaseTransport | None = None,
    traces: Traces | None = None,
) -> Litestar:
    """Build the service.

    Args:
        settings: See ``Settings.from_environ``.
        serving: Model and policy, see ``scoring.runtime.serving``.
        clock: The present, in UTC.
        randomness: Unpredictable bytes.
        transport: Reaches sevdesk; None is the network.
        traces: Where spans go; None is where the settings say.
    """
    database = Database(settings.database_url, timeout_seconds=settings.database_timeout_seconds)
    running = Running()
    pages = Pages()
    hashing = CapacityLimiter(1)  # each hash of a password takes 64 MiB
    metrics = Metrics(serving.versions)
    traces = traces or traces_of(settings.traces)
    http = httpx.AsyncClient(transport=transport, limits=httpx.Limits(max_connections=64, max_keepalive_connections=32))
    desk = Desk(
        settings=settings,
        clock=clock,
        randomness=randomness,
        database=database,
        cipher=Cipher(settings.encryption_keys, randomness),
        http=http,
        serving=serving,
        metrics=metrics,
        watch=Watch(metrics, traces),
        threads=CapacityLimiter(max(2, os.cpu_count() or 1)),
    )

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
            await database.migrate()
            await keep_policy(database, serving, clock())
            await anyio.to_thread.run_sync(rehearse, serving)
        except Exception as error:
            _log.exception("start failed", failure=failure(error), exc_info=False)
            raise
        # beside the first requests: decisions need no page
        compiling = asyncio.create_task(anyio.to_thread.run_sync(pages.compile))
        _log.info("ready", model=serving.versions.model, policy=serving.versions.policy)
        try:
            yield
        finally:
            await compiling
            await running.drain()
            await http.aclose()
            await database.close()
            await anyio.to_thread.run_sync(traces.close)

    app = Litestar(
        route_handlers=[*_ROUTES, page_router(pages)],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "running": Provide(lambda: running, sync_to_thread=False),
            "pages": Provide(lambda: pages, sync_to_thread=False),
            "hashing": Provide(lambda: hashing, sync_to_thread=False),
        },
        exception_handlers=handlers_of_unknown_paths(pages),
        before_send=[name_methods],
        lifespan=[lifespan],
        openapi_config=openapi_config(),
        request_max_body_size=BODY_BYTES,
        state=State({"database": database, "randomness": randomness, "settings": settings, "clock": clock}),
        logging_config=None,
    )
    app.asgi_handler = RequestLog(app.asgi_handler, clock, randomness, metrics)
    return app


def describe() -> Litestar:
    """The routes alone, to be described: nothing behind them."""
    return Litestar(
        route_handlers=[*_ROUTES],
        dependencies={name: Provide(lambda: None, sync_to_thread=False) for name in ("desk", "running")},
        openapi_config=openapi_config(),
        logging_config=None,
    )
