"""``report``: figures on people's decisions, and on stacking. Those of single persons are never printed."""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, TextIO, TypeAlias

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from scoring.api.present import present_stacking
from scoring.api.schemas.amounts import Money
from scoring.api.schemas.reports import StackingReportResponse
from scoring.base.identifiers import day_in_berlin
from scoring.commands.periods import period_of
from scoring.commands.session import answer, settings_for, with_database
from scoring.decisions.cases import CaseState
from scoring.decisions.cast_votes import Period
from scoring.decisions.decision import Verdict
from scoring.decisions.review_report import ReviewReport, ShareFigure, TimeFigure
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database
from scoring.usecases.review_reports import make_report, usual_period
from scoring.usecases.stacking_reports import make_stacking_report, usual_stacking_period

Line = tuple[str, str, str, str, str]
Form: TypeAlias = Annotated[Literal["table", "csv", "json"] | None, Parameter(name="--format")]
_HEAD: Line = ("figure", "of", "count", "value", "interval")
_STACKING_HEAD = (
    "figure",
    "borrowers",
    "with own loan",
    "facilities",
    "new",
    "new not known",
    "remaining low",
    "remaining",
    "remaining high",
    "without remaining",
    "monthly",
    "without instalment",
)
_SHOWN = (0, 1, 2, 3, 4, 7, 10)
"""Of these columns, those of funders that a terminal has room for."""

app = App(name="report", help="Reports on people's decisions, and on stacking.")


@app.default
def report(
    *,
    lender: str,
    since: date | None = None,
    until: date | None = None,
    product: str | None = None,
    form: Form = None,
) -> None:
    """Print what is referred, how it ends, how long it takes and how votes are given.

    Votes count by whole months that have ended, in which at least five persons voted.

    Args:
        lender: whose cases.
        since: the first day; by default that of the month twelve months ago.
        until: the last day, that day included; by default today.
        product: only this one.
        form: table, csv or json; by default a table on a terminal, else csv.
    """
    settings = settings_for(lender)
    now = clock_of(settings)()
    period = period_of(since, until or day_in_berlin(now), usual_period)

    async def work(database: Database) -> ReviewReport:
        await _note(database, settings, Action.REPORT_READ, lender, period)
        return await make_report(database, period, lender_id=lender, product=product, now=now)

    found = with_database(settings, work)
    _print(found, _HEAD, lines_of(found), form, sys.stdout)
    _tell_damaged(found.damaged)


@app.command(name="stacking")
def stacking(*, lender: str, since: date | None = None, until: date | None = None, form: Form = None) -> None:
    """Print at which funders a lender's borrowers owe, how much, and how many funders each one has.

    Counted from the newest decision on each borrower; sums of fewer than five borrowers are not given.

    Args:
        lender: whose borrowers.
        since: the first day of decisions; by default so that there are 90 days.
        until: the last day, that day included; by default today.
        form: table, csv or json; by default a table on a terminal, else csv.
    """
    settings = settings_for(lender)
    now = clock_of(settings)()
    period = period_of(since, until or day_in_berlin(now), usual_stacking_period)

    async def work(database: Database) -> StackingReportResponse:
        await _note(database, settings, Action.STACKING_REPORT_READ, lender, period)
        return present_stacking(await make_stacking_report(database, period, lender_id=lender, now=now))

    found = with_database(settings, work)
    borrowers, funders = list(borrower_lines_of(found)), list(funder_lines_of(found))
    if _form(form) == "table":
        _show(_STACKING_HEAD[:3], borrowers, sys.stdout)
        sys.stdout.write("\n")
        lines = [[line[place] for place in _SHOWN] for line in funders]
        _show(["funder", *(_STACKING_HEAD[place] for place in _SHOWN[1:])], lines, sys.stdout)
    else:
        rest = ("",) * (len(_STACKING_HEAD) - 3)
        _print(found, _STACKING_HEAD, [*((*line, *rest) for line in borrowers), *funders], form, sys.stdout)
    _tell_damaged(found.damaged)


async def _note(database: Database, settings: Settings, action: Action, lender: str, period: Period) -> None:
    mark = operators_mark(action, clock_of(settings), lender)
    await write_mark(database, mark, object_id=f"{period.since}..{period.until}")


def _tell_damaged(damaged: Sequence[str]) -> None:
    if damaged:
        sys.stderr.write(f"scoring: left out, since they were altered: {', '.join(damaged)}\n")


def _form(form: str | None) -> str:
    return form or ("table" if sys.stdout.isatty() else "csv")


def _print(
    found: msgspec.Struct, head: Sequence[str], lines: Iterable[Sequence[str]], form: str | None, out: TextIO
) -> None:
    if _form(form) == "json":
        answer(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    elif _form(form) == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(lines)
    else:
        _show(head, lines, out)


def _show(head: Sequence[str], lines: Iterable[Sequence[str]], out: TextIO) -> None:
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for line in lines:
        table.add_row(*line)
    Console(file=out).print(table)


def lines_of(found: ReviewReport) -> Iterator[Line]:
    """The report as lines: what, of how many, how many, the value, and its interval."""
    cases, queue, votes = found.cases, found.queue, found.votes
    yield ("days", "", "", f"{found.since} to {found.until}", "")
    yield ("cases opened", "", str(cases.opened), "", "")
    yield _share("referred to a person", cases.referred)
    yield from _counts("machine recommended", cases.recommendations)
    yield from _counts("now", cases.states)
    yield _time("waited for the applicant", cases.waited)
    yield from _counts("queue", queue.states)
    yield ("queue: late", "", str(queue.late), "", "")
    yield ("queue: unclaimed", "", str(queue.unclaimed), "", "")
    yield ("queue: oldest", "", "", "-" if queue.oldest_days is None else f"{queue.oldest_days} days", "")
    yield ("months of votes", "", str(len(found.months)), _months(found.months), "")
    yield ("months left out: too few persons", "", str(len(found.months_left_out)), _months(found.months_left_out), "")
    if votes is None:
        return
    yield ("votes", "", str(votes.votes), "", "")
    yield ("decided by persons", "", str(votes.decided), "", "")
    for result in votes.results:
        yield (f"{result.recommendation} recommended, {result.result}d", "", str(result.count), "", "")
    yield _share("overrides", votes.overrides)
    yield _share("overrides towards an approval", votes.towards_approval)
    yield _share("overrides towards a decline", votes.towards_decline)
    yield _share("second votes that agree", votes.agreed)
    yield _share("decided late", votes.late)
    yield _time("until the claim", votes.until_claim)
    yield _time("from the claim to the vote", votes.until_vote)
    yield _time("until decided", votes.until_decided)
    for reason in votes.reasons:
        yield (f"reason to {reason.verdict}: {reason.reason}", "", str(reason.count), "", "")
    for sign in votes.signs:
        among = "" if sign.place is None else f", {sign.place} votes"
        noticed = ", above its bound" if sign.is_noticed else ""
        yield _share(f"sign of a rubber stamp: {sign.sign}{among}{noticed}", sign.share)
    for loan in votes.loans:
        yield _share(f"bad loans, {'overrides' if loan.is_override else 'as recommended'}", loan.bad)


def _counts(name: str, counts: Mapping[Verdict, int] | Mapping[CaseState, int]) -> Iterator[Line]:
    for what, count in counts.items():
        yield (f"{name}: {what}", "", str(count), "", "")


def _share(name: str, figure: ShareFigure) -> Line:
    if figure.share is None or figure.low is None or figure.high is None:
        return (name, str(figure.of), str(figure.count), "too few", "")
    interval = f"{100 * figure.low:.1f} to {100 * figure.high:.1f} %"
    return (name, str(figure.of), str(figure.count), f"{100 * figure.share:.1f} %", interval)


def _time(name: str, figure: TimeFigure) -> Line:
    if figure.median_seconds is None or figure.ninth_decile_seconds is None:
        return (name, str(figure.count), "", "too few", "")
    return (
        name,
        str(figure.count),
        "",
        f"median {_span(figure.median_seconds)}",
        f"90 % {_span(figure.ninth_decile_seconds)}",
    )


def _span(seconds: int) -> str:
    """Minutes, hours or days, whichever is read at a glance."""
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def _months(months: tuple[date, ...]) -> str:
    return " ".join(f"{month:%Y-%m}" for month in months) or "-"


def borrower_lines_of(found: StackingReportResponse) -> Iterator[tuple[str, str, str]]:
    """Of the report on stacking: how many borrowers, and how many of them have an open own loan, where that is told."""
    yield (f"decisions {found.since} to {found.until}", str(found.borrowers), "")
    yield ("not known what they owe elsewhere", str(found.not_known), "")
    for count in found.counts:
        more = " and more" if count is found.counts[-1] else ""
        yield (f"{count.funders}{more} funders", str(count.borrowers), str(count.with_own_loan))
    yield ("two or more new facilities", str(found.new.borrowers), str(found.new.with_own_loan))
    yield ("not known what is new", str(found.new.not_known), "")


def funder_lines_of(found: StackingReportResponse) -> Iterator[tuple[str, ...]]:
    """Of the report on stacking: a line for each funder."""
    for one in found.funders:
        yield (
            *map(str, (one.funder, one.borrowers, one.with_own_loan, one.facilities, one.new, one.new_not_known)),
            *map(_amount, (one.remaining_low, one.remaining, one.remaining_high)),
            str(one.without_remaining),
            _amount(one.monthly),
            str(one.without_instalment),
        )


def _amount(found: Money | None) -> str:
    return "too few" if found is None else found.value
