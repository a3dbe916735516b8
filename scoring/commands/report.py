"""``report``: figures on people's decisions. Those of single persons are for the page and the interface alone."""

import csv
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, TextIO

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from scoring.base.identifiers import day_in_berlin
from scoring.commands.session import answer, give_up, settings_for, with_database
from scoring.decisions.cases import CaseState
from scoring.decisions.cast_votes import Period
from scoring.decisions.decision import Verdict
from scoring.decisions.review_report import ReviewReport, ShareFigure, TimeFigure
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import clock_of
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database
from scoring.usecases.review_reports import MOST_DAYS, make_report, usual_period

Line = tuple[str, str, str, str, str]
_HEAD: Line = ("figure", "of", "count", "value", "interval")


def report(
    *,
    lender: str,
    since: date | None = None,
    until: date | None = None,
    product: str | None = None,
    form: Annotated[Literal["table", "csv", "json"] | None, Parameter(name="--format")] = None,
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
    last = until or day_in_berlin(now)
    period = Period(since=since or usual_period(last).since, until=last)
    if not 0 <= (period.until - period.since).days <= MOST_DAYS:
        give_up(f"--since must not be after --until, nor over {MOST_DAYS} days before it")

    async def work(database: Database) -> ReviewReport:
        await write_mark(
            database,
            operators_mark(Action.REPORT_READ, clock_of(settings), lender),
            object_id=f"{period.since}..{period.until}",
        )
        return await make_report(database, period, lender_id=lender, product=product, now=now)

    found = with_database(settings, work)
    _print(found, form or ("table" if sys.stdout.isatty() else "csv"), sys.stdout)
    if found.damaged:
        sys.stderr.write(f"scoring: left out, since they were altered: {', '.join(found.damaged)}\n")


def _print(found: ReviewReport, form: str, out: TextIO) -> None:
    if form == "json":
        answer(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    elif form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_HEAD)
        writer.writerows(lines_of(found))
    else:
        table = Table(box=None, pad_edge=False)
        for name in _HEAD:
            table.add_column(name, justify="left" if name == "figure" else "right")
        for line in lines_of(found):
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
