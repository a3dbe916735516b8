"""``policy``: what a policy file means, and what it would have decided, before it is in force."""

import asyncio
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from features.derive import CATALOGUE, UnknownFeatureError, fetch_plan, known
from features.feature import Unit
from models.registry import RegistryError
from scoring.base.identifiers import BERLIN
from scoring.base.secrets import DecryptionError
from scoring.commands.session import answer, cipher_of, give_up, read_settings, signer_of, with_database
from scoring.decisions.comparison import ORDER, Pair, Summary, summarise
from scoring.decisions.decide import needed_features
from scoring.decisions.decision import Decision
from scoring.decisions.policy import Policy, PolicyError, load_policy
from scoring.decisions.policy_check import KEYS, bands_of, check_policy, first_failures
from scoring.decisions.records import NewerRecordError
from scoring.runtime.operator import operators_mark
from scoring.runtime.serving import (
    POLICIES,
    Serving,
    ServingError,
    card_of,
    combine,
    demand_sense,
    load_recorded,
    load_serving,
    registry_of,
)
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database
from scoring.store.decisions import ErasedDecisionError, RecordChangedError, list_usable
from scoring.store.policies import find_policy
from scoring.store.promotions import list_promotions
from scoring.store.snapshots import Snapshot, SnapshotError, SnapshotGoneError
from scoring.texts.rendering import format_apart
from scoring.usecases.policy_simulation import NotComparableError, Simulation, compare, files_of
from scoring.usecases.replay import load_record, load_recorded_input

app = App(name="policy", help="Check a policy file, and try a policy or a model on stored applications.")
_UNUSABLE = (
    NotComparableError,
    SnapshotError,
    RecordChangedError,
    ErasedDecisionError,
    NewerRecordError,
    DecryptionError,
    ServingError,
)


@app.command(name="check")
def check(file: Annotated[Path, Parameter(help="TOML file of a policy.")], /) -> None:
    """Explain what is wrong with a policy file, or prove what it does.

    Every probability of default has one grade, one price and one verdict; every rule has a value that fails it. A file
    with errors does not load; warnings are for a person to look at.
    Exit status: 0 it can be in force, 1 it has errors, 2 it cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        give_up(f"{file} cannot be read ({error.strerror})")
    try:
        policy = load_policy(content)
        history_months = fetch_plan(known(needed_features(policy))).history_months
    except (PolicyError, UnknownFeatureError) as error:
        answer(f"error: {error}")
        sys.exit(1)
    found = check_policy(policy, CATALOGUE, history_months=history_months)
    errors = [finding.text for finding in found if finding.is_error] + list(_reused(policy, content))
    for text in errors:
        answer(f"error: {text}")
    for finding in found:
        if not finding.is_error:
            answer(f"warning: {finding.text}")
    if errors:
        sys.exit(1)
    console = Console(width=None if sys.stdout.isatty() else 130)
    console.print(_bands(policy), _rules(policy, history_months))
    answer(f"policy {policy.version} can be in force")


def _reused(policy: Policy, content: bytes) -> list[str]:
    """A version stands for one text."""
    for path in POLICIES.glob("*.toml"):
        shipped = path.read_bytes()
        if load_policy(shipped).version == policy.version and shipped != content:
            return [f"version = {policy.version!r} is that of a policy that ships, with another text: choose another."]
    return []


def _bands(policy: Policy) -> Table:
    table = Table("above", "up to", "grade", "rate", "verdict by the probability of default", title="Grades")
    for band in bands_of(policy):
        rate = f"{band.annual_rate_bps / 100:.2f} %"
        table.add_row(f"{band.above:.2%}", f"{band.up_to:.2%}", band.grade, rate, band.verdict.value)
    return table


def _rules(policy: Policy, history_months: int) -> Table:
    table = Table("rule", "key", "at best", "threshold", "first value that fails", title="Rules")
    for found in first_failures(policy, CATALOGUE, history_months=history_months):
        rule = found.rule
        unit, value = rule.unit or Unit.COUNT, found.threshold if found.value is None else found.value
        first, threshold = format_apart(value, found.threshold, unit)
        beyond = f"above {first.en}" if value == found.threshold else first.en
        table.add_row(rule.id, KEYS[rule.id], rule.effect.value, threshold.en, beyond)
    return table


@app.command(name="simulate")
def simulate(
    *,
    since: Annotated[date, Parameter(help="First day of the decisions, YYYY-MM-DD.")],
    policy: Annotated[Path | None, Parameter(help="File of the policy to try; the one in force by default.")] = None,
    model: Annotated[str | None, Parameter(help="Model to try, NAME/VERSION; the one that scores by default.")] = None,
    lender: Annotated[str | None, Parameter(help="Only decisions of this lender.")] = None,
    lgd: Annotated[float, Parameter(help="Loss given default, as a share of the loan.")] = 0.5,
    out: Annotated[Path | None, Parameter(help="New or empty folder for a page, a CSV and the sums.")] = None,
) -> None:
    """Decide stored applications again under another policy or model, and say who moves and why.

    Each decision is first replayed bit for bit; one that does not agree is left out, and named. Nothing is stored.
    Exit status: 0 all were compared, 1 some were left out (standard error names them), 2 nothing can be compared.
    """
    if policy is None and model is None:
        give_up("name what to try: --policy FILE, --model NAME/VERSION, or both")
    if not 0.0 <= lgd <= 1.0:
        give_up(f"--lgd is a share between 0 and 1, not {lgd}")
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        give_up(f"{out} is not a new or empty folder")
    settings = read_settings()
    signer = signer_of(settings)

    async def work(database: Database) -> Simulation:
        promotions = await list_promotions(database, signer, settings.model_name)
        candidate = _candidate(load_serving(settings, promotions), settings, policy, model)
        mark = operators_mark(Action.POLICY_SIMULATED, clock_of(settings), lender)
        await write_mark(database, mark, object_id=f"{candidate.versions.model} {candidate.versions.policy}"[:80])
        begin = datetime.combine(since, time(), BERLIN)
        pairs, left_out = await _compared(
            database, settings, candidate, await list_usable(database, lender_id=lender, since=begin), lgd
        )
        return Simulation(
            policy=candidate.versions.policy,
            model=candidate.versions.model,
            since=since,
            loss_given_default=lgd,
            pairs=tuple(pairs),
            left_out=left_out,
        )

    try:
        simulation = with_database(settings, work)
    except (ServingError, PolicyError, RegistryError, UnknownFeatureError) as error:
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


def _candidate(in_force: Serving, settings: Settings, policy: Path | None, model: str | None) -> Serving:
    """What is in force, with another policy, another model, or both."""
    content = in_force.policy_text.encode()
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
        card, table = card_of(registered), registered.table
    candidate = combine(card, table, content)
    demand_sense(candidate)
    return candidate


async def _compared(
    database: Database, settings: Settings, candidate: Serving, decision_ids: list[str], lgd: float
) -> tuple[list[Pair], dict[str, str]]:
    """Each decision in turn; what cannot be compared is left out with its reason."""
    pairs: list[Pair] = []
    left_out: dict[str, str] = {}
    recorded: dict[tuple[str, str], Serving] = {}

    async def made_by(decision: Decision) -> Serving:
        key = (decision.versions.model_sha256, decision.versions.policy_sha256)
        if key not in recorded:
            kept = await find_policy(database, decision.versions.policy_sha256)
            recorded[key] = await asyncio.to_thread(load_recorded, settings, decision, kept)
        return recorded[key]

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("deciding again", total=len(decision_ids))
        for decision_id in decision_ids:
            try:
                decision, snapshot = await _input(database, settings, decision_id)
                before = await made_by(decision)
                pairs.append(compare(decision, snapshot, before, candidate, loss_given_default=lgd))
            except _UNUSABLE as error:
                left_out[decision_id] = str(error)
            progress.advance(task)
    return pairs, left_out


async def _input(database: Database, settings: Settings, decision_id: str) -> tuple[Decision, Snapshot | None]:
    try:
        return await load_recorded_input(database, cipher_of(settings), signer_of(settings), decision_id)
    except SnapshotGoneError:
        return (await load_record(database, signer_of(settings), decision_id)).decision, None


def _show(simulation: Simulation) -> None:
    for decision_id, why in simulation.left_out.items():
        sys.stderr.write(f"scoring: left out {decision_id}: {why}\n")
    if not simulation.pairs:
        return
    summary = summarise(simulation.pairs)
    console = Console(width=None if sys.stdout.isatty() else 130)
    console.print(_sides(simulation, summary), _swaps(summary))
    if summary.causes:
        causes = Table("cause", "applications", title="Why they move: causes that come (+) and go (-)")
        for code, count in summary.causes.items():
            causes.add_row(code, str(count))
        console.print(causes)
    from_rows = sum(pair.made_from == "row" for pair in simulation.pairs)
    answer(f"{summary.count} compared ({from_rows} from recorded values), {len(simulation.left_out)} left out")


def _sides(simulation: Simulation, summary: Summary) -> Table:
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


def _swaps(summary: Summary) -> Table:
    table = Table("before", *(f"{verdict} after" for verdict in ORDER), title="Who moves, by recommendation")
    for old in ORDER:
        table.add_row(old.value, *("-" if old is new else str(summary.swaps[f"{old}>{new}"]) for new in ORDER))
    return table


def _share(share: float) -> str:
    return f"{share:.1%}"


def _euro(cents: int) -> str:
    return f"€{cents / 100:,.2f}"
