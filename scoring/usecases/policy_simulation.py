"""A stored application decided again: first as it was, bit for bit, then under a candidate policy or model."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec

from features.ledger import Ledger
from scoring.decisions.comparison import ORDER, LeftOut, Pair, Summary, by, concluded, summarise
from scoring.decisions.decide import TermsError
from scoring.decisions.decision import CONSENT_LACKS, Assessment, Decision
from scoring.runtime.serving import Serving
from scoring.store.snapshots import Snapshot
from scoring.telemetry.telemetry import StageTimer
from scoring.texts.left_out import say_left_out
from scoring.usecases.evaluate import Derived, conclude, evaluate, look_of, score_row
from scoring.usecases.replay import replay

_PAGE: Final = Path(__file__).with_name("policy_simulation.html")


class NotComparableError(Exception):
    """An application cannot be decided again under the candidate; the message says why, as cause and about do."""

    def __init__(self, cause: LeftOut, about: Iterable[str] = (), *, detail: str | None = None) -> None:
        """Take why, the names or numbers that it is about, and what the message says beyond that."""
        self.cause = cause
        self.about = tuple(about)
        said = say_left_out(cause, self.about).en
        super().__init__(said if detail is None else f"{said}: {detail}")


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was decided again."""

    policy: str
    """Version of the candidate."""
    model: str
    since: date
    loss_given_default: float
    pairs: tuple[Pair, ...]
    left_out: dict[str, str]
    """Why, by decision."""


def compare(
    decision: Decision,
    snapshot: Snapshot | None,
    recorded: Serving,
    candidate: Serving,
    *,
    loss_given_default: float,
) -> Pair:
    """One application, as it was decided and under the candidate.

    Args:
        decision: as the record has it.
        snapshot: what it was made from; None once it is gone: then the recorded row must have all that is needed.
        recorded: model and policy that made it.
        candidate: model and policy to try.
        loss_given_default: see ``concluded``.

    Raises:
        NotComparableError: it does not replay, or the candidate asks for what was not fetched or is not known.
    """
    candidate = candidate.for_form(decision.terms.legal_form)
    report = replay(decision, snapshot, recorded)
    if not report.agrees:
        raise NotComparableError(LeftOut.NO_REPLAY, (difference.field for difference in report.differences[:3]))
    try:
        again = (
            _from_row(decision, candidate)
            if snapshot is None
            else _from_snapshot(decision, snapshot, recorded, candidate)
        )
    except TermsError as error:
        raise NotComparableError(LeftOut.TERMS, [error.field], detail=str(error)) from None
    return Pair(
        decision_id=decision.decision_id,
        product=decision.terms.product,
        amount_cents=decision.terms.amount_cents,
        made_from=report.made_from,
        before=concluded(decision.assessment, decision.terms, loss_given_default),
        after=concluded(again, decision.terms, loss_given_default),
    )


def _from_snapshot(decision: Decision, snapshot: Snapshot, recorded: Serving, candidate: Serving) -> Assessment:
    resources = candidate.plan_for(decision.terms.legal_form).resources
    notes = decision.circumstances.coverage.notes
    # What the firm's consent does not name is missing by any policy.
    lacking = {one for one in resources if f"{CONSENT_LACKS}{one}" in notes}
    absent = resources - snapshot.ledger.fetched - lacking
    if absent:
        raise NotComparableError(LeftOut.NOT_FETCHED, sorted(absent))
    if (candidate.plan.resources - resources) & snapshot.ledger.fetched:
        raise NotComparableError(LeftOut.PERSONS_BANK_DATA)
    if candidate.plan.history_months > recorded.plan.history_months:
        months = (candidate.plan.history_months, recorded.plan.history_months)
        raise NotComparableError(LeftOut.HISTORY, map(str, months))
    circumstances = msgspec.structs.replace(decision.circumstances, coverage=snapshot.coverage)
    found = evaluate(
        snapshot.ledger, decision.terms, circumstances, candidate, StageTimer(), source_ids=snapshot.source_ids
    )
    return found.assessment


def _from_row(decision: Decision, candidate: Serving) -> Assessment:
    absent = [name for name in candidate.features if name not in decision.row]
    if absent:
        raise NotComparableError(LeftOut.ROW_LACKS_FEATURES, absent)
    if candidate.policy.reads_borrowings and decision.borrowings is None:
        raise NotComparableError(LeftOut.ROW_LACKS_BORROWINGS)
    if decision.assessment.readings:
        raise NotComparableError(LeftOut.ROW_LACKS_READINGS)
    found = Derived(
        row=decision.row,
        missing=decision.missing,
        score=score_row(decision.row, decision.missing, decision.circumstances, candidate),
        borrowings=decision.borrowings if candidate.policy.reads_borrowings else None,
        look=look_of(_no_books, decision.as_of, candidate.policy, decision.largest_instalment),
    )
    return conclude(found, decision.terms, decision.circumstances, candidate)


def _no_books() -> Ledger:
    raise NotComparableError(LeftOut.ROW_LACKS_CASH)


def files_of(simulation: Simulation) -> Mapping[str, bytes]:
    """The report as files, by name: a page to read, each decision as CSV, the sums as JSON."""
    summary = summarise(simulation.pairs)
    groups = {name: by(simulation.pairs, name) for name in ("product", "grade")}
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(euro=_euro, percent=_percent)
    page = environment.from_string(_PAGE.read_text()).render(
        simulation=simulation, summary=summary, groups=groups, order=ORDER, bars=_bars(summary)
    )
    sums = {"all": summary, **groups, "left_out": simulation.left_out}
    return {
        "simulation.html": page.encode(),
        "decisions.csv": _csv(simulation.pairs).encode(),
        "summary.json": msgspec.json.format(msgspec.json.encode(sums), indent=1) + b"\n",
    }


_BAR: Final = 600.0
"""Width of a full bar in the drawing."""


def _bars(summary: Summary) -> list[dict[str, Any]]:
    """Shares of the recommendations, as stretches of one bar for each side."""
    found = []
    for name, side in (("before", summary.before), ("after", summary.after)):
        parts, start = [], 0.0
        for verdict in ORDER:
            width = round(_BAR * side.share(verdict), 2)
            parts.append({"verdict": verdict, "x": start, "width": width, "share": side.share(verdict)})
            start = round(start + width, 2)
        found.append({"name": name, "parts": parts})
    return found


def _csv(pairs: Sequence[Pair]) -> str:
    columns = (
        "recommendation",
        "verdict",
        "score",
        "pd",
        "grade",
        "limit_cents",
        "exposure_cents",
        "expected_loss_cents",
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    sides = [f"{column}_{side}" for side in ("before", "after") for column in columns]
    writer.writerow(["decision_id", "product", "amount_cents", "made_from", "moves", *sides, "why"])
    for pair in pairs:
        values = [getattr(side, column) for side in (pair.before, pair.after) for column in columns]
        shown = ["" if value is None else str(value) for value in values]
        head = [pair.decision_id, pair.product, pair.amount_cents, pair.made_from, "yes" if pair.moves else "no"]
        writer.writerow([*head, *shown, " ".join(pair.why)])
    return out.getvalue()


def _euro(cents: int) -> str:
    return f"€{cents / 100:,.2f}"


def _percent(share: float) -> str:
    return f"{share:.1%}"
