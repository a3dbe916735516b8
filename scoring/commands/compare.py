"""``models compare``: what a model in the shadow would have decided, beside the one that decides."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from models.outcomes import Definition
from models.registry import Registry, RegistryError
from scoring.base.identifiers import BERLIN, day_in_berlin
from scoring.commands.session import answer, counted, give_up, read_settings, with_database
from scoring.commands.simulation import Lender, sides_of, swaps_of
from scoring.decisions.cast_votes import Outcome
from scoring.decisions.live_comparison import FEWEST, FEWEST_BADS, LiveComparison, compare_live
from scoring.decisions.records import RecordError
from scoring.decisions.watching import seen_in
from scoring.runtime.serving import registry_of
from scoring.runtime.settings import clock_of
from scoring.store.database import Database
from scoring.store.loans import all_loans
from scoring.store.newest_decisions import records_of
from scoring.store.shadow_scores import ShadowScore, list_scores
from scoring.usecases.policy_simulation import Simulation
from scoring.usecases.review_reports import outcomes_of

_DAYS = timedelta(days=90)
_WHO = {
    "both": "both approve",
    "before": "only the model that decides",
    "after": "only the shadow",
    "neither": "neither",
}


def compare(
    *,
    live: Annotated[bool, Parameter(negative=(), help="By what the model has scored in the shadow.")] = False,
    model: Annotated[str | None, Parameter(help="Version of SCORING_MODEL_NAME; else SCORING_SHADOW_MODEL.")] = None,
    since: Annotated[date | None, Parameter(help="First day of the decisions; 90 days ago by default.")] = None,
    lender: Lender = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON.")] = False,
) -> None:
    """Compare a model in the shadow (SCORING_SHADOW_MODEL) with the model that decides, on the same applications."""
    if not live:
        give_up("say --live; stored applications are decided again by `scoring models simulate`")
    settings = read_settings()
    version = model or settings.shadow_model
    if version is None:
        give_up("name a version with --model, or in SCORING_SHADOW_MODEL")
    name = version if "/" in version else f"{settings.model_name}/{version}"
    begin = since or day_in_berlin(clock_of(settings)()) - _DAYS
    registry = registry_of(settings)
    found, bads, without = with_database(settings, lambda database: _read(database, registry, name, begin, lender))
    pairs = tuple(one.pair for one in found if one.pair is not None)
    if not pairs:
        give_up(f"{name} has scored nothing in the shadow since {begin}{f' for {lender}' if lender else ''}")
    left_out = {one.decision_id: one.left_out or "" for one in found if one.pair is None}
    compared = compare_live(pairs, bads)
    if as_json:
        content = {"model": name, "since": begin, "left_out": left_out, "without_outcomes": without}
        content |= msgspec.structs.asdict(compared)
        answer(msgspec.json.format(msgspec.json.encode(content), indent=2).decode())
    else:
        shown = Simulation(
            policy="as decided", model=name, since=begin, loss_given_default=0.5, pairs=pairs, left_out=left_out
        )
        _show(shown, compared, without)
    sys.exit(1 if compared.agreement.count < compared.summary.count else 0)


async def _read(
    database: Database, registry: Registry, name: str, since: date, lender: str | None
) -> tuple[list[ShadowScore], dict[str, bool], str | None]:
    """Scores of the shadow, whether loans of these decisions went bad, and why some or all are left out."""
    begin = datetime.combine(since, time(), BERLIN)
    found = await database.read_at_once(
        lambda connection: list(list_scores(connection, model=name, lender_id=lender, since=begin))
    )
    meant = meaning(registry, name)
    if meant is None:
        return found, {}, f"{name} predicts no default on loans, or is not registered here: no outcomes are compared"
    known = outcomes_of(await all_loans(database, lender_id=lender), meant)
    decided = await _models_of(database, sorted(known.keys() & {one.decision_id for one in found}))
    bads, others = comparable({key: known[key] is Outcome.BAD for key in decided}, decided, registry, meant)
    why = (
        f"{counted(others, 'loan')} left out: the model that decided means another default than {name}, or is not "
        "registered here"
    )
    return found, bads, why if others else None


def meaning(registry: Registry, name: str) -> Definition | None:
    """What counts as bad for a model, whatever it is called; None of distress, and where it is not registered."""
    try:
        meant = registry.load(*name.split("/")).manifest.default_meant
    except (RegistryError, TypeError):  # of no version, or of a registry that is not here
        return None
    return None if meant is None else msgspec.structs.replace(meant, name="")


def comparable(
    bads: Mapping[str, bool], decided: Mapping[str, str], registry: Registry, meant: Definition
) -> tuple[dict[str, bool], int]:
    """Outcomes by decision where the model that decided means the same by bad, and the number of the others.

    Args:
        bads: By decision.
        decided: The model that decided, by decision.
        registry: Where models are.
        meant: By the shadow.
    """
    same = {model for model in set(decided.values()) if meaning(registry, model) == meant}
    kept = {key: is_bad for key, is_bad in bads.items() if decided.get(key) in same}
    return kept, len(bads) - len(kept)


async def _models_of(database: Database, decisions: list[str]) -> dict[str, str]:
    """The model of each decision that can be read."""
    found = {}
    async for page in records_of(database, decisions):
        for row in page:
            with suppress(RecordError, TypeError):  # SQLite keeps what it is given
                found[row.id] = seen_in(row.record).versions.model
    return found


def _show(shown: Simulation, compared: LiveComparison, without: str | None) -> None:
    console = Console(width=None if sys.stdout.isatty() else 130)
    console.print(sides_of(shown, compared.summary), swaps_of(compared.summary))
    agreement, shift = compared.agreement, compared.shift
    answer(
        f"the same recommendation for {agreement.count} of {counted(compared.summary.count, 'application')}:"
        f" {agreement.share:.1%} (95 % confidence: {agreement.low:.1%} to {agreement.high:.1%})"
    )
    if shift is not None:
        answer(
            f"score {shift.mean:+.1f} points on average, half of them between {shift.lower_quartile:+.1f} and"
            f" {shift.upper_quartile:+.1f}; mean probability of default {shift.mean_pd_before:.2%} before,"
            f" {shift.mean_pd_after:.2%} after ({counted(shift.count, 'score')})"
        )
    if compared.outcomes:
        console.print(_outcomes(compared))
    if without is not None:
        answer(without)
    if shown.left_out:
        answer("\n".join(reasons_of(shown.left_out)))
    if compared.is_small:
        answer(f"fewer than {FEWEST} applications: shares may be chance")
    if compared.bads < FEWEST_BADS:
        known = counted(compared.bads, "bad loan")
        answer(f"{known} known, fewer than {FEWEST_BADS}: outcomes do not tell which is better")


def _outcomes(compared: LiveComparison) -> Table:
    table = Table("who approves", "loans", "bads", "expected before", "expected after", title="Loans with an outcome")
    for name, one in compared.outcomes.items():
        expected = (f"{one.expected_before:.1f}", f"{one.expected_after:.1f}")
        table.add_row(_WHO[name], str(one.loans), str(one.bads), *expected)
    return table


def reasons_of(left_out: dict[str, str]) -> Iterator[str]:
    """Why decisions could not be compared, most frequent first, each reason with one of them."""
    yield f"{counted(len(left_out), 'decision')} could not be compared:"
    for why, count in Counter(left_out.values()).most_common():
        example = next(decision_id for decision_id, said in left_out.items() if said == why)
        yield f"  {count}: {why} ({example}{', for example' if count > 1 else ''})"
