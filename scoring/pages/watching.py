"""Whether the models that serve still fit the firms that apply, as a page."""

from functools import partial
from typing import Any

import anyio.to_thread
from anyio import CapacityLimiter
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from scoring.api.middleware import who_of
from scoring.base.identifiers import Clock, day_in_berlin, instant
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.rendering import Pages
from scoring.pages.reports import chosen
from scoring.usecases.promotions import READERS
from scoring.usecases.watched_models import WatchedModels
from scoring.usecases.watching import usual_watched_period
from scoring.usecases.watching_page import drawn


@get("/reports/models", guards=[needs_person(*READERS)])
async def get_watching_page(
    request: Request[Any, Any, Any],
    watching: NamedDependency[WatchedModels],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The model that scores most borrowers."""
    model = next(iter(watching.models(viewer_of(request).principal.lender_id)))
    return await _show(request, model, watching, clock, workers, pages)


@get("/reports/models/{name:str}/{version:str}", guards=[needs_person(*READERS)])
async def get_watched_model(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    version: FromPath[str],
    watching: NamedDependency[WatchedModels],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One of the models that serve; those of natural persons may have their own."""
    model = f"{name}/{version}"
    if model not in watching.models(viewer_of(request).principal.lender_id):
        raise NotFoundException
    return await _show(request, model, watching, clock, workers, pages)


async def _show(
    request: Request[Any, Any, Any],
    model: str,
    watching: WatchedModels,
    clock: Clock,
    workers: CapacityLimiter,
    pages: Pages,
) -> Response[str]:
    reader = viewer_of(request).principal
    choice = chosen(request, day_in_berlin(clock()), with_product=False, usual=usual_watched_period)
    look = None if choice.is_wrong else await watching.look(who_of(request, reader), reader, model, choice.period)
    found = None if look is None else look.found
    render = partial(
        pages.respond,
        request,
        "reports_models.html",
        status_code=400 if choice.is_wrong else 200,
        choice=choice,
        model=model,
        models=list(watching.models(reader.lender_id)),
        look=look,
        at=None if look is None else instant(look.at),
        found=found,
        **({} if found is None else drawn(found)),
    )
    return await anyio.to_thread.run_sync(render, limiter=workers)
