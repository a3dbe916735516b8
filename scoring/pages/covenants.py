"""The list of covenants, and the page of each with its tests, a waiver and its end."""

from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, RawBody

from features.feature import Text
from scoring.api.covenants import READERS
from scoring.api.lists import page_of
from scoring.api.middleware import who_of
from scoring.api.warnings import documents_behind
from scoring.base.identifiers import Clock, day_in_berlin, is_id
from scoring.decisions.covenants import Covenant, CovenantRefusedError, CovenantState, Measured
from scoring.pages.access import needs_person, session_secret, viewer_of
from scoring.pages.charts import columns
from scoring.pages.figures import Figure
from scoring.pages.formats import Formats
from scoring.pages.forms import FormFaultError, check_token, read_fields, read_text
from scoring.pages.rendering import Pages, language_of, redirect
from scoring.pages.texts.covenants import CovenantPage
from scoring.runtime.settings import Settings
from scoring.sources.registry import Sources
from scoring.store.covenants import PREFIX, Wanted
from scoring.store.principals import Role
from scoring.texts.rendering import format_value
from scoring.texts.warnings import label_of, unit_of
from scoring.usecases.covenants import Covenants, ShownCovenant, UnknownCovenantError, WaiverTooLongError

_ON_A_PAGE: Final = 25
_STEPS: Final = frozenset({"waive", "end"})
LATE: Final = "late"
"""Chosen in the place of a state: what should have been tested before today."""


@get("/covenants", guards=[needs_person(*READERS)])
async def get_list(
    request: Request[Any, Any, Any],
    covenants: NamedDependency[Covenants],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Newest first."""
    reader = viewer_of(request).principal
    chosen, cursor = request.query_params.get("state", ""), request.query_params.get("cursor", "")
    state = CovenantState(chosen) if chosen in set(CovenantState) else None
    found = await covenants.page(
        reader,
        who_of(request, reader),
        Wanted(state=state, is_late=True if chosen == LATE else None),
        before=cursor if is_id(cursor, PREFIX) else None,
        limit=_ON_A_PAGE + 1,
    )
    items, after = page_of(found, _ON_A_PAGE, lambda one: one.id)
    return pages.respond(
        request,
        "covenants.html",
        items=items,
        labels={one.id: label_of(one.covenant.feature) for one in items},
        bounds={one.id: say_bound(one.covenant) for one in items},
        tests=await covenants.last_tests(items),
        say_test=say_test,
        choices=(*CovenantState, LATE),
        chosen=chosen,
        today=day_in_berlin(clock()),
        more=None if after is None else f"?{urlencode({'state': chosen, 'cursor': after})}",
    )


@get("/covenants/{covenant_id:str}", guards=[needs_person(*READERS)])
async def get_one(
    request: Request[Any, Any, Any],
    covenant_id: FromPath[str],
    covenants: NamedDependency[Covenants],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One covenant: how it stands, its values against the bound, and what was done."""
    done = request.query_params.get("done", "")
    return await _show(request, covenant_id, covenants, sources, clock, pages, done=done if done in _STEPS else None)


@post("/covenants/{covenant_id:str}/{step:str}", guards=[needs_person(Role.UNDERWRITE)])
async def post_step(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    body: RawBody,
    covenant_id: FromPath[str],
    step: FromPath[str],
    settings: NamedDependency[Settings],
    covenants: NamedDependency[Covenants],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Waive or end it."""
    if step not in _STEPS:
        raise NotFoundException
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    reader = viewer_of(request).principal
    try:
        text = read_text(fields, fault="text")
        if step == "end":
            await covenants.end(reader, who_of(request, reader), covenant_id, text=text)
        else:
            await covenants.waive(reader, who_of(request, reader), covenant_id, until=_day(fields), text=text)
    except UnknownCovenantError:
        raise NotFoundException from None
    except FormFaultError as error:
        problem, status = str(error), 400
    except WaiverTooLongError:
        problem, status = "until", 400
    except CovenantRefusedError:
        problem, status = "state", 409
    else:
        return redirect(f"/covenants/{covenant_id}?{urlencode({'done': step})}")
    entered = {f"{step}-{name}": value for name, value in fields.items()}  # a slip in one form is not in the other
    return await _show(
        request, covenant_id, covenants, sources, clock, pages, problem=problem, entered=entered, status_code=status
    )


def say_bound(agreed: Covenant) -> Text:
    """What the value must reach, or not pass."""
    said, threshold = CovenantPage.bounds[agreed.bound], say_value(agreed, agreed.threshold)
    return Text(de=said.de.format(value=threshold.de), en=said.en.format(value=threshold.en))


def say_value(agreed: Covenant, value: float) -> Text:
    """A value in the unit of the feature; a bare number of one that only a newer version knows."""
    return format_value(value, unit_of(agreed.feature))


def say_test(agreed: Covenant, seen: Measured | None) -> Text:
    """What a test saw: a value, or why there is none."""
    if seen is None:
        return CovenantPage.no_test
    if seen.is_moot:
        return CovenantPage.moot
    if seen.value is None:
        return CovenantPage.missing.get(seen.missing or "", CovenantPage.unknown)
    return say_value(agreed, seen.value)


def _day(fields: dict[str, str]) -> date:
    try:
        return date.fromisoformat(fields.get("until", ""))
    except ValueError:
        raise FormFaultError("until") from None


def _figure(shown: ShownCovenant, f: Formats, *, is_newest: bool) -> Figure | None:
    """The values of a page of tests against the bound; None without any."""
    agreed = shown.stored.covenant
    tests = [(one.at, one.measured.value) for one in shown.steps if one.measured and one.measured.value is not None]
    if not tests:
        return None

    def show(value: float) -> str:
        return f.say(say_value(agreed, value))

    days = [f.day(day_in_berlin(datetime.fromisoformat(at))) for at, _ in tests]
    bound = f.say(say_bound(agreed))
    counted = CovenantPage.figure_test if len(tests) == 1 else CovenantPage.figure_tests
    summary = f.say(CovenantPage.figure_newest if is_newest else CovenantPage.figure_older)
    return Figure(
        id="values",
        title=f.say(CovenantPage.figure),
        summary=summary.format(tests=f.say(counted).format(count=len(tests)), bound=bound, last=show(tests[-1][1])),
        chart=columns([value for _, value in tests], days, show, level=agreed.threshold),
        head=(f.say(CovenantPage.day), f.say(CovenantPage.value), f.say(CovenantPage.bound)),
        rows=tuple((day, show(value), bound) for day, (_, value) in zip(days, tests, strict=True)),
    )


async def _show(  # noqa: PLR0913  each is named by its caller
    request: Request[Any, Any, Any],
    covenant_id: str,
    covenants: Covenants,
    sources: Sources,
    clock: Clock,
    pages: Pages,
    *,
    done: str | None = None,
    problem: str | None = None,
    entered: dict[str, str] | None = None,
    status_code: int = 200,
) -> Response[str]:
    viewer = viewer_of(request)
    reader, today = viewer.principal, day_in_berlin(clock())
    before = request.query_params.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < len(str(10**9)) else None
    try:
        shown = await covenants.read(reader, who_of(request, reader), covenant_id, before=start)
    except UnknownCovenantError:
        raise NotFoundException from None
    stored = shown.stored
    return pages.respond(
        request,
        "covenant.html",
        status_code=status_code,
        path=f"/covenants/{covenant_id}",
        covenant=stored,
        agreed=stored.covenant,
        is_late=stored.is_late(today),
        label=label_of(stored.covenant.feature),
        bound=say_bound(stored.covenant),
        say_test=say_test,
        figure=_figure(shown, Formats(language_of(request)), is_newest=start is None),
        steps=shown.steps,
        documents={
            one.number: documents_behind(
                one.measured.evidence, shown.observations.get(one.observation_id or ""), sources
            )
            for one in shown.steps
            if one.measured
        },
        monitoring=shown.monitoring,
        names=shown.names,
        more=f"?before={shown.steps[0].number}" if shown.has_earlier else None,
        may_act=not stored.is_over and bool(reader.roles & {Role.UNDERWRITE, Role.ADMIN}),
        form_token=viewer.form_token,
        done=done,
        problem=problem,
        entered=entered or {},
    )
