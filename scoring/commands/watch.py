"""``watch``: whether the firms that apply are still like those that the model learned from."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from scoring.base.identifiers import day_in_berlin
from scoring.commands.periods import period_of
from scoring.commands.session import answer, give_up, settings_for, with_database
from scoring.decisions.review_report import ShareFigure
from scoring.decisions.watching import FEWEST, TESTED_MONTHS, VintageFigure, Watched
from scoring.runtime.operator import operators_mark
from scoring.runtime.serving import registry_of
from scoring.runtime.settings import clock_of
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database
from scoring.usecases.watching import Nothing, NothingToWatchError, usual_watched_period
from scoring.usecases.watching import watch as watch_model
from scoring.usecases.watching_page import page_of

MOVED = 3
"""Exit status where something has moved: what breaks down ends with 1, and must not look like a finding."""


def watch(
    *,
    lender: str,
    since: date | None = None,
    until: date | None = None,
    model: str | None = None,
    form: Annotated[Literal["table", "json", "prometheus", "html"], Parameter(name="--format")] = "table",
) -> None:
    """Compare a lender's borrowers, by the newest decision on each, with the firms that the model learned from.

    Told are shifts of the score and of each feature, more missing values, another mix of recommendations than in the
    period before, and loans that went bad more or less often than expected. All tests together raise a false alarm in
    at most one period of twenty; what is small is not told, however sure it is.
    Exit status: 0 nothing to tell, 3 something has moved, 2 nothing to watch.

    Args:
        lender: whose borrowers.
        since: the first day of decisions, YYYY-MM-DD; by default so that there are 90 days.
        until: the last day, that day included; by default today.
        model: name and version, such as sme/4; by default that of the newest decision. Needed where the policy has a
            model of its own for natural persons.
        form: table; json; prometheus, gauges for the text file collector of a node exporter; html, a page with plots.
    """
    settings = settings_for(lender)
    period = period_of(since, until or day_in_berlin(clock_of(settings)()), usual_watched_period)

    async def work(database: Database) -> Watched:
        mark = operators_mark(Action.MODEL_WATCHED, clock_of(settings), lender)
        await write_mark(database, mark, object_id=f"{period.since}..{period.until}")
        now = clock_of(settings)()
        return await watch_model(
            database, period, lender_id=lender, registry=registry_of(settings), model=model, now=now
        )

    try:
        found = with_database(settings, work)
    except NothingToWatchError as error:
        give_up(f"{error} (--model)" if error.why is Nothing.NOT_NAMED else str(error))
    if form == "json":
        answer(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    elif form == "html":
        sys.stdout.write(page_of(found))
    elif form == "prometheus":
        sys.stdout.writelines(f"{line}\n" for line in gauges_of(found, lender))
    else:
        _show(found)
    if found.damaged:
        sys.stderr.write(f"scoring: left out, since they were altered: {', '.join(found.damaged)}\n")
    if found.alarms:
        sys.exit(MOVED)


def gauges_of(found: Watched, lender: str) -> Iterator[str]:
    """Lines in the text format of Prometheus; figures that there are too few decisions for are left out."""
    labels = f'lender="{lender}",model="{found.model}"'

    def gauge(name: str, meaning: str, values: list[tuple[str, float]]) -> Iterator[str]:
        if values:
            yield f"# HELP scoring_watch_{name} {meaning}"
            yield f"# TYPE scoring_watch_{name} gauge"
        for more, value in values:
            yield f"scoring_watch_{name}{{{labels}{more}}} {value!r}"

    def named(name: str) -> str:
        return f',feature="{name}"'

    yield from gauge("decisions", "Borrowers with a score in the period.", [("", float(found.scored))])
    yield from gauge(
        "psi",
        "Population stability index against the training.",
        [(named(one.name), one.psi) for one in found.features],
    )
    yield from gauge(
        "missing_share",
        "Share of missing values.",
        [(named(one.name), one.missing_share) for one in found.features if one.missing_share is not None],
    )
    yield from gauge(
        "mean_pd",
        "Mean probability of default of who applied.",
        [] if found.mean_pd is None else [("", found.mean_pd)],
    )
    yield from gauge(
        "recommendation_share",
        "Share of a recommendation.",
        [(f',recommendation="{one.recommendation.value}"', one.share) for one in found.mix],
    )
    yield from gauge(
        "override_share",
        "Share of what persons decided otherwise than was recommended.",
        [] if found.overrides is None or found.overrides.share is None else [("", found.overrides.share)],
    )
    yield from gauge(
        "alarm",
        "1 where something has moved beyond chance.",
        [(f',what="{name}"', float(name in found.alarms)) for name in _told(found)],
    )


def _told(found: Watched) -> list[str]:
    """What was compared, so that it may be told."""
    return [
        *(one.name for one in found.features),
        *(() if found.mix_p is None else ("recommendations",)),
        *(("calibration",) if any(one.p is not None for one in found.vintages) else ()),
    ]


def _show(found: Watched) -> None:
    console = Console(highlight=False)
    console.print(
        f"{found.model}, {found.since} to {found.until}: {found.scored} borrowers with a score, {found.without_score} "
        f"without, {found.of_other_models} of other models."
    )
    if found.mean_score is not None and found.mean_pd is not None:
        console.print(
            f"Mean score {found.mean_score:.1f} (training {found.mean_score_before:.1f}); {found.mean_pd:.2%} are "
            "expected to go bad."
        )
    if not found.features:
        console.print(f"Fewer than {FEWEST} scores: nothing is compared.")
    else:
        table = _table("moved", "", "PSI", "by chance", "missing", "in training", "points")
        for one in found.features:
            is_feature = one.missing_share is not None and one.missing_before is not None and one.points is not None
            table.add_row(
                one.name,
                "moved" if one.is_alarm else "",
                f"{one.psi:.3f}",
                _chance(one.p),
                f"{one.missing_share:.1%}" if is_feature else "",
                f"{one.missing_before:.1%}" if is_feature else "",
                f"{one.points:+.1f}" if is_feature else "",
            )
        console.print(table)
    table = _table("recommended", "count", "share", "in the period before")
    for mix in found.mix:
        before = "" if mix.share_before is None else f"{mix.share_before:.1%}"
        table.add_row(mix.recommendation.value, str(mix.count), f"{mix.share:.1%}", before)
    console.print(table)
    if found.mix_p is not None:
        console.print(f"As different by chance: {_chance(found.mix_p)}.")
    console.print(_overrides(found.overrides))
    _show_vintages(console, found.vintages)
    if found.alarms:
        console.print(f"Moved: {', '.join(found.alarms)}.")
    elif found.is_compared:
        console.print("Nothing has moved beyond chance.")


def _show_vintages(console: Console, vintages: Sequence[VintageFigure]) -> None:
    if vintages:
        table = _table("granted", "loans", "bads expected", "bads", "by chance")
        for vintage in vintages:
            quarter = f"{vintage.quarter:%Y} Q{(vintage.quarter.month + 2) // 3}"
            expected = f"{vintage.expected_bads:.1f}"
            table.add_row(
                quarter,
                str(vintage.loans),
                expected,
                str(vintage.bads),
                "" if vintage.p is None else _chance(vintage.p),
            )
        console.print(table)
        if any(one.p is None for one in vintages):
            console.print(f"Without a chance: over for more than {TESTED_MONTHS} months, shown and tested no more.")
    else:
        console.print("No loan's outcome is known yet.")


def _overrides(found: ShareFigure | None) -> str:
    if found is None:
        return "Overrides: not told, since so few persons voted that the figure would tell of one."
    if found.share is None:
        return "Overrides: persons decided nothing in these months."
    return f"Overrides: {found.count} of {found.of} decisions of persons ({found.share:.1%})."


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right")
    return table


def _chance(p: float) -> str:
    return "below 0.1%" if p < 0.001 else f"{p:.1%}"
