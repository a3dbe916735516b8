"""The report on people's decisions as a page, and that on single persons under a works agreement."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Final

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from litestar import Request, Response, get
from litestar.di import NamedDependency

from scoring.api.middleware import who_of
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.decisions.cast_votes import Period, next_month
from scoring.decisions.review_report import ReviewReport, ShareFigure, TimeFigure
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.charts import columns
from scoring.pages.figures import Figure
from scoring.pages.filters import read_day
from scoring.pages.formats import Formats
from scoring.pages.rendering import Pages, language_of
from scoring.pages.texts.reports import ReportPage
from scoring.runtime.in_force import InForce
from scoring.usecases.review_reports import MOST_DAYS, READERS, ReviewReports, usual_period

_FIELDS: Final = ("since", "until", "product")
_HOUR, _DAYS_FROM, _DAY = 3600, 172_800, 86_400


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Values of the form."""

    fields: dict[str, str]
    period: Period
    product: str | None
    is_wrong: bool


@get("/reports/reviews", guards=[needs_person(*READERS)])
async def get_report_page(
    request: Request[Any, Any, Any],
    reports: NamedDependency[ReviewReports],
    in_force: NamedDependency[InForce],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """What is referred, how it ends, how long it takes, and how votes are given."""
    reader = viewer_of(request).principal
    choice = chosen(request, day_in_berlin(clock()))
    found = None
    if not choice.is_wrong:
        found = await reports.report(who_of(request, reader), reader, choice.period, product=choice.product)
    f = Formats(language_of(request))
    render = partial(
        pages.respond,
        request,
        "reports.html",
        status_code=400 if choice.is_wrong else 200,
        choice=choice,
        products=sorted(in_force.serving.policy.products),
        report=found,
        figure_of_months=None if found is None else _months(found, f),
        shares=() if found is None or found.votes is None else _shares(found, f),
        shown=_Shown(f),
        may_see_persons=reports.agreement_for(reader) is not None,
    )
    return await anyio.to_thread.run_sync(render, limiter=workers)


@get("/reports/reviews/persons", guards=[needs_person(*READERS)])
async def get_persons_page(
    request: Request[Any, Any, Any],
    reports: NamedDependency[ReviewReports],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """How each person votes; told why not where no works agreement opens it to the reader."""
    reader = viewer_of(request).principal
    choice = chosen(request, day_in_berlin(clock()), with_product=False)
    is_open = reports.agreement_for(reader) is not None
    found = None
    if is_open and not choice.is_wrong:
        found = await reports.persons(who_of(request, reader), reader, choice.period)
    return pages.respond(
        request,
        "reports_persons.html",
        status_code=403 if not is_open else 400 if choice.is_wrong else 200,
        choice=choice,
        is_open=is_open,
        report=found,
        shown=_Shown(Formats(language_of(request))),
    )


def chosen(
    request: Request[Any, Any, Any],
    today: date,
    *,
    with_product: bool = True,
    usual: Callable[[date], Period] = usual_period,
) -> Chosen:
    """Read days and product from the address; where no first day is given, as many days as is usual."""
    given = request.query_params
    known = _FIELDS if with_product else _FIELDS[:2]
    fields = {name: str(given.get(name, "")).strip() for name in known}
    is_wrong = any(name not in {*known, "lang"} or len(given.getall(name)) > 1 for name in given.dict())
    days = {name: read_day(fields[name]) for name in ("since", "until")}
    is_wrong |= any(fields[name] and day is None for name, day in days.items())
    product = fields.get("product", "")
    is_wrong |= len(product) > 120 or not product.isprintable()
    last = days["until"] or today
    period = Period(since=days["since"] or usual(last).since, until=last)
    is_wrong |= not 0 <= (period.until - period.since).days <= MOST_DAYS
    fields |= {"since": fields["since"] or str(period.since), "until": fields["until"] or str(period.until)}
    return Chosen(fields=fields, period=period, product=product or None, is_wrong=is_wrong)


class _Shown:
    """Figures in words."""

    def __init__(self, f: Formats) -> None:
        self._f = f

    def share(self, figure: ShareFigure) -> str:
        """The share, or that there are too few."""
        return self._f.say(ReportPage.too_few) if figure.share is None else self._f.percent(figure.share)

    def interval(self, figure: ShareFigure) -> str:
        """Both ends; a dash where there are too few."""
        if figure.low is None or figure.high is None:
            return "\N{EN DASH}"
        low, high = self._f.percent(figure.low), self._f.percent(figure.high)
        return self._f.say(ReportPage.interval_say).format(low=low, high=high)

    def times(self, figure: TimeFigure) -> tuple[str, str]:
        """Median and ninth decile."""
        if figure.median_seconds is None or figure.ninth_decile_seconds is None:
            return self._f.say(ReportPage.too_few), "\N{EN DASH}"
        return self._span(figure.median_seconds), self._span(figure.ninth_decile_seconds)

    def months(self, months: tuple[date, ...]) -> str:
        """Months that follow each other by the first and the last of them."""
        runs: list[list[date]] = []
        for month in months:
            if runs and next_month(runs[-1][-1]) == month:
                runs[-1].append(month)
            else:
                runs.append([month])
        ends = [(self._f.month(run[0]), self._f.month(run[-1])) for run in runs]
        said = self._f.say(ReportPage.interval_say)
        return ", ".join(low if low == high else said.format(low=low, high=high) for low, high in ends)

    def _span(self, seconds: int) -> str:
        if seconds < _HOUR:
            return self._f.say(ReportPage.minutes).format(count=self._f.number(seconds / 60))
        if seconds < _DAYS_FROM:
            return self._f.say(ReportPage.hours).format(count=self._f.number(seconds / _HOUR, 1))
        return self._f.say(ReportPage.days).format(count=self._f.number(seconds / _DAY, 1))


def _months(found: ReviewReport, f: Formats) -> Figure:
    months = found.cases.months
    if not months:
        return Figure(id="months", title=f.say(ReportPage.months), summary=f.say(ReportPage.months_none))
    return Figure(
        id="months",
        title=f.say(ReportPage.months),
        summary=f.say(ReportPage.months_say).format(
            referred=f.number(found.cases.referred.count), opened=f.number(found.cases.opened)
        ),
        chart=columns([float(one.referred) for one in months], [f.short_month(one.month) for one in months], f.number),
        head=(f.say(ReportPage.month), f.say(ReportPage.opened), f.say(ReportPage.referred)),
        rows=tuple((f.month(one.month), f.number(one.opened), f.number(one.referred)) for one in months),
    )


def _shares(found: ReviewReport, f: Formats) -> tuple[tuple[str, ShareFigure], ...]:
    """Name and figure of each share."""
    votes = found.votes
    if votes is None:
        return ()
    names = {False: ReportPage.bad_plain, True: ReportPage.bad_override}
    return (
        (f.say(ReportPage.overrides), votes.overrides),
        (f.say(ReportPage.towards_approval), votes.towards_approval),
        (f.say(ReportPage.towards_decline), votes.towards_decline),
        (f.say(ReportPage.agreed), votes.agreed),
        (f.say(ReportPage.decided_late), votes.late),
        *((f.say(names[loan.is_override]), loan.bad) for loan in votes.loans),
    )
