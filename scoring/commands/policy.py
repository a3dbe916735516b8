"""``policy``: what a policy file means, and what it would have decided, before it is in force."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from features.derive import CATALOGUE, UnknownFeatureError, fetch_plan, known
from features.feature import Unit
from scoring.commands.promotions import SINCE, request
from scoring.commands.session import answer, give_up
from scoring.commands.simulation import Lender, Lgd, Out, Since, simulate_stored
from scoring.decisions.decide import needed_features
from scoring.decisions.policy import Policy, PolicyError, load_policy
from scoring.decisions.policy_check import KEYS, bands_of, check_policy, first_failures, looser_than, own_rules
from scoring.runtime.serving import (
    POLICIES,
)
from scoring.texts.rendering import format_apart

app = App(name="policy", help="Check a policy file, and try a policy or a model on stored applications.")


@app.command(name="check")
def check(
    file: Annotated[Path, Parameter(help="TOML file of a policy.")],
    /,
    *,
    base: Annotated[
        Path | None, Parameter(help="Policy for all lenders: the file is one lender's own, and not milder.")
    ] = None,
) -> None:
    """Explain what is wrong with a policy file, or prove what it does.

    Every probability of default has one grade, one price and one verdict; every rule has a value that fails it. A file
    with errors does not load; warnings are for a person to look at.
    Exit status: 0 it can be in force, 1 it has errors, 2 it cannot be read.
    """
    content = _read(file)
    try:
        policy = load_policy(content)
        looser = () if base is None else looser_than(policy, load_policy(_read(base)))
        history_months = fetch_plan(known(needed_features(policy))).history_months
    except (PolicyError, UnknownFeatureError) as error:
        answer(f"error: {error}")
        sys.exit(1)
    found = check_policy(policy, CATALOGUE, history_months=history_months)
    errors = [finding.text for finding in found if finding.is_error] + list(_reused(policy, content)) + list(looser)
    for text in errors:
        answer(f"error: {text}")
    for finding in found:
        if not finding.is_error:
            answer(f"warning: {finding.text}")
    if errors:
        sys.exit(1)
    console = Console(width=None if sys.stdout.isatty() else 130)
    console.print(_bands(policy), _rules(policy, history_months))
    for name, own in own_rules(policy):
        console.print(_bands(own, of=name), _rules(own, history_months, of=name))
    answer(f"policy {policy.version} can be in force")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        give_up(f"{file} cannot be read ({error.strerror})")


def _reused(policy: Policy, content: bytes) -> list[str]:
    """A version stands for one text."""
    for path in POLICIES.glob("*.toml"):
        shipped = path.read_bytes()
        if load_policy(shipped).version == policy.version and shipped != content:
            return [f"version = {policy.version!r} is that of a policy that ships, with another text: choose another."]
    return []


def _bands(policy: Policy, *, of: str = "") -> Table:
    table = Table(
        "above",
        "up to",
        "grade",
        "rate",
        "verdict by the probability of default",
        title=f"Grades of {of}" if of else "Grades",
    )
    for band in bands_of(policy):
        rate = f"{band.annual_rate_bps / 100:.2f} %"
        table.add_row(f"{band.above:.2%}", f"{band.up_to:.2%}", band.grade, rate, band.verdict.value)
    return table


def _rules(policy: Policy, history_months: int, *, of: str = "") -> Table:
    table = Table(
        "rule", "key", "at best", "threshold", "first value that fails", title=f"Rules of {of}" if of else "Rules"
    )
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
    since: Since,
    policy: Annotated[Path | None, Parameter(help="File of the policy to try; the one in force by default.")] = None,
    model: Annotated[str | None, Parameter(help="Model to try, NAME/VERSION; the one that scores by default.")] = None,
    lender: Lender = None,
    lgd: Lgd = 0.5,
    out: Out = None,
) -> None:
    """Decide stored applications again under another policy or model, and say who moves and why.

    Each decision is first replayed bit for bit; one that does not agree is left out, and named. Nothing is stored.
    Exit status: 0 all were compared, 1 some were left out (standard error names them), 2 nothing can be compared.
    """
    if policy is None and model is None:
        give_up("name what to try: --policy FILE, --model NAME/VERSION, or both")
    simulate_stored(policy, model, since=since, lender=lender, lgd=lgd, out=out)


@app.command(name="promote")
def promote(
    file: Annotated[Path, Parameter(help="TOML file of a policy.")],
    /,
    *,
    reason: Annotated[str, Parameter(help="Why, in a sentence.")],
    own: Annotated[
        bool, Parameter(help="For your own lender alone, in place of the policy for all.", negative=())
    ] = False,
    since: Annotated[date | None, Parameter(help=SINCE)] = None,
) -> None:
    """Request that a policy come into force; another person has to approve it (`scoring promotions approve`).

    It is checked, and stored applications are decided again. Your API key is asked for, or read from standard input.
    Exit status: 0 requested, 2 it cannot be.
    """
    content = _read(file)
    request(
        lambda promotions, who, principal, begin: promotions.request_policy(
            who, principal, content, is_own=own, reason=reason.strip(), since=begin, at_most=None
        ),
        reason=reason,
        since=since,
    )
