"""Routes for operators: health and metrics. They need no key and expose nothing about lenders or borrowers."""

from datetime import datetime
from functools import partial

import structlog
from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.exc import SQLAlchemyError

from scoring.api.openapi import answer_of, operation
from scoring.api.schemas.operations import Health
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.runtime.in_force import InForce
from scoring.store import covenants, warnings
from scoring.store.case_reports import queue_of_all
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError, NewerSchemaError, kind_of
from scoring.store.snapshots import seconds_overdue
from scoring.telemetry.telemetry import Metrics

_log = structlog.get_logger(__name__)


@get(
    "/health/live",
    operation_id="getLive",
    operation_class=operation(is_guarded=False),
    tags=["operations"],
    summary="Liveness",
)
async def get_live() -> Health:
    """Returns 200 while the process runs."""
    return Health(status="ok")


@get(
    "/health/ready",
    operation_id="getReady",
    operation_class=operation(is_guarded=False, further={"503": answer_of(Health, "Not ready")}),
    tags=["operations"],
    summary="Readiness",
)
async def get_ready(
    database: NamedDependency[Database],
    in_force: NamedDependency[InForce],
    metrics: NamedDependency[Metrics],
    clock: NamedDependency[Clock],
) -> Response[Health]:
    """Returns 200 when the database is writable and model and policy are loaded, else 503 with what is missing."""
    try:
        state = "ok" if await database.is_reachable() else "unavailable"
        if state == "ok":
            metrics.snapshots_overdue.set(await seconds_overdue(database, now=clock()))
            await _tell_queue(metrics, database, clock())
            await _tell_watched(metrics, database, clock())
    except NewerSchemaError:
        state = "belongs to a newer version of the service"
    except (DatabaseUnavailableError, SQLAlchemyError) as error:
        state = "unavailable"
        _log.warning("database unavailable", reason=kind_of(error))
    serving = in_force.serving
    health = Health(
        status="ok" if state == "ok" else "unavailable",
        checks={
            "database": state,
            "model": serving.versions.model
            if serving.passed_over is None
            else f"{serving.versions.model} goes on: a later one was promoted and cannot be served; the log says why",
            "policy": serving.versions.policy
            if serving.policy_passed_over is None
            else f"{serving.versions.policy} goes on: a policy was approved and cannot be served; the log says why",
        },
    )
    return Response(health, status_code=200 if state == "ok" else 503)


async def _tell_queue(metrics: Metrics, database: Database, now: datetime) -> None:
    queue = await queue_of_all(database, now=now, today=day_in_berlin(now))
    for state, count in queue.states.items():
        metrics.cases_open.labels(state.value).set(count)
    metrics.cases_late.set(queue.late)
    oldest = now if queue.oldest_at is None else datetime.fromisoformat(queue.oldest_at)
    metrics.cases_oldest.set((now - oldest).total_seconds())


async def _tell_watched(metrics: Metrics, database: Database, now: datetime) -> None:
    day = day_in_berlin(now)
    overdue = await database.read_at_once(partial(warnings.count_overdue, day=day))
    breached, late = await database.read_at_once(partial(covenants.count_open, day=day))
    metrics.warnings_overdue.set(overdue)
    metrics.covenants_breached.set(breached)
    metrics.covenants_late.set(late)


@get("/metrics", include_in_schema=False)
async def get_metrics(metrics: NamedDependency[Metrics]) -> Response[bytes]:
    """Counters and histograms in the text format of Prometheus."""
    return Response(metrics.render(), media_type="text/plain; version=0.0.4")
