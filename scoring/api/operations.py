"""Routes for operators: health and metrics. They need no key and tell nothing about lenders or borrowers."""

import structlog
from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.exc import SQLAlchemyError

from scoring.api.openapi import answer_of, operation
from scoring.api.schemas import Health
from scoring.store.errors import DatabaseUnavailableError, NewerSchemaError, kind_of
from scoring.usecases.assess import Desk

_log = structlog.get_logger(__name__)


@get(
    "/health/live",
    operation_id="getLive",
    operation_class=operation(is_guarded=False),
    tags=["operations"],
    summary="The process runs",
)
async def get_live() -> Health:
    """Always 200 while the process can answer."""
    return Health(status="ok")


@get(
    "/health/ready",
    operation_id="getReady",
    operation_class=operation(is_guarded=False, further={"503": answer_of(Health, "Something is missing")}),
    tags=["operations"],
    summary="The service can decide",
)
async def get_ready(desk: NamedDependency[Desk]) -> Response[Health]:
    """200 when the database takes writes and model and policy are loaded, else 503 with what is missing."""
    try:
        database = "ok" if await desk.database.is_reachable() else "unavailable"
    except NewerSchemaError:
        database = "belongs to a newer version of the service"
    except (DatabaseUnavailableError, SQLAlchemyError) as error:
        database = "unavailable"
        _log.warning("database unavailable", reason=kind_of(error))
    health = Health(
        status="ok" if database == "ok" else "unavailable",
        checks={
            "database": database,
            "model": desk.serving.versions.model,
            "policy": desk.serving.versions.policy,
        },
    )
    return Response(health, status_code=200 if database == "ok" else 503)


@get("/metrics", include_in_schema=False)
async def get_metrics(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Counters and histograms in the text format of Prometheus."""
    return Response(desk.metrics.render(), media_type="text/plain; version=0.0.4")
