"""Stored applications decided again under a candidate: who moves and why, on a terminal and as files."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

from anyio import CapacityLimiter
from cyclopts import Parameter
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from features.derive import UnknownFeatureError
from models.registry import RegistryError, check_reads_bank_data
from scoring.base.secrets import DecryptionError
from scoring.commands.session import answer, cipher_of, give_up, read_settings, signer_of, with_database
from scoring.decisions.comparison import ORDER, Summary, summarise
from scoring.decisions.policy import PolicyError
from scoring.runtime.in_force import read_in_force
from scoring.runtime.operator import operators_mark
from scoring.runtime.serving import (
    Serving,
    ServingError,
    card_of,
    combine,
    demand_sense,
    registry_of,
    with_model_of_persons,
)
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database
from scoring.usecases.backtest import Backtest
from scoring.usecases.policy_simulation import Simulation, files_of

Since = Annotated[date, Parameter(help="First day of the decisions, YYYY-MM-DD.")]
Lender = Annotated[str | None, Parameter(help="Only decisions of this lender.")]
Lgd = Annotated[float, Parameter(help="Loss given default, as a share of the loan.")]
Out = Annotated[Path | None, Parameter(help="New or empty folder for a page, a CSV and the sums.")]


def simulate_stored(
    policy: Path | None, model: str | None, *, since: date, lender: str | None, lgd: float, out: Path | None
) -> None:
    """Try a policy, a model, or both, and print what would become of the stored applications.

    Args:
        policy: its file; None is the one in force.
        model: ``NAME/VERSION``; None is the one that scores.
        since: first day of the decisions.
        lender: only those of this lender.
        lgd: share of the loan that a default costs.
        out: folder for the report.
    """
    if not 0.0 <= lgd <= 1.0:
        give_up(f"--lgd is a share between 0 and 1, not {lgd}")
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        give_up(f"{out} is not a new or empty folder")
    settings = read_settings()
    signer = signer_of(settings)

    async def work(database: Database) -> Simulation:
        candidate = _candidate(await read_in_force(settings, database, signer), settings, policy, model, lender)
        mark = operators_mark(Action.POLICY_SIMULATED, clock_of(settings), lender)
        await write_mark(database, mark, object_id=f"{candidate.versions.model} {candidate.versions.policy}"[:80])
        backtest = Backtest(
            database=database,
            cipher=cipher_of(settings),
            signer=signer,
            settings=settings,
            workers=CapacityLimiter(1),
        )
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("deciding again", total=None)
            found = await backtest.run(
                lambda _lender: candidate,
                since=since,
                lender_id=lender,
                loss_given_default=lgd,
                begun=lambda count: progress.update(task, total=count),
                done=lambda: progress.advance(task),
            )
        return Simulation(
            policy=candidate.versions.policy,
            model=candidate.versions.model,
            since=since,
            loss_given_default=lgd,
            pairs=found.pairs,
            left_out=found.left_out,
        )

    try:
        simulation = with_database(settings, work)
    except (ServingError, PolicyError, RegistryError, UnknownFeatureError, DecryptionError) as error:
        give_up(str(error))
    _show(simulation)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files_of(simulation).items():
            (out / name).write_bytes(content)
        answer(f"written to {out}")
    if not simulation.pairs:
        give_up(f"no decision since {since} can be compared")
    if simulation.left_out:
        sys.exit(1)


def _candidate(
    in_force: Serving, settings: Settings, policy: Path | None, model: str | None, lender: str | None
) -> Serving:
    """What is in force, with another policy, another model, or both."""
    content = (in_force if lender is None else in_force.of(lender)).policy_text.encode()
    if policy is not None:
        try:
            content = policy.read_bytes()
        except OSError as error:
            give_up(f"{policy} cannot be read ({error.strerror})")
    card, table = in_force.card, in_force.table
    if model is not None:
        name, separator, version = model.partition("/")
        if not separator:
            give_up(f"--model names NAME/VERSION, such as sme/3, not {model!r}")
        registered = registry_of(settings).load(name, version)
        check_reads_bank_data(registered.manifest)
        card, table = card_of(registered), registered.table
    candidate = combine(card, table, content)
    demand_sense(candidate)
    return with_model_of_persons(candidate, registry_of(settings))


def _show(simulation: Simulation) -> None:
    for decision_id, why in simulation.left_out.items():
        sys.stderr.write(f"scoring: left out {decision_id}: {why}\n")
    if not simulation.pairs:
        return
    summary = summarise(simulation.pairs)
    console = Console(width=None if sys.stdout.isatty() else 130)
    console.print(sides_of(simulation, summary), swaps_of(summary))
    if summary.causes:
        causes = Table("cause", "applications", title="Why they move: causes that come (+) and go (-)")
        for code, count in summary.causes.items():
            causes.add_row(code, str(count))
        console.print(causes)
    from_rows = sum(pair.made_from == "row" for pair in simulation.pairs)
    answer(f"{summary.count} compared ({from_rows} from recorded values), {len(simulation.left_out)} left out")


def sides_of(simulation: Simulation, summary: Summary) -> Table:
    """Recommendations, verdicts, exposure and expected loss, before and after."""
    title = f"Policy {simulation.policy}, model {simulation.model}, since {simulation.since}"
    table = Table("", "before", "after", title=title)
    for verdict in ORDER:
        table.add_row(
            f"{verdict} recommended", *(_share(side.share(verdict)) for side in (summary.before, summary.after))
        )
    for verdict in ORDER:
        table.add_row(
            f"{verdict} without a person" if verdict != "refer" else "a person decides",
            *(str(side.acted_on[verdict]) for side in (summary.before, summary.after)),
        )
    table.add_row("exposure", *(_euro(side.exposure_cents) for side in (summary.before, summary.after)))
    losses = (_euro(side.expected_loss_cents) for side in (summary.before, summary.after))
    table.add_row(f"expected loss at {simulation.loss_given_default:.0%} of the loan", *losses)
    return table


def swaps_of(summary: Summary) -> Table:
    """Who moves from which recommendation to which."""
    table = Table("before", *(f"{verdict} after" for verdict in ORDER), title="Who moves, by recommendation")
    for old in ORDER:
        table.add_row(old.value, *("-" if old is new else str(summary.swaps[f"{old}>{new}"]) for new in ORDER))
    return table


def _share(share: float) -> str:
    return f"{share:.1%}"


def _euro(cents: int) -> str:
    return f"€{cents / 100:,.2f}"
