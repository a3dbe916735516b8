"""Ledger to assessment: derive, score, explain, decide, in one pure call that deciding and replaying share."""

import time
from collections.abc import Callable, Mapping
from datetime import date

import msgspec

from features.derive import CATALOGUE, EvidenceIds, derive, evidence
from features.ledger import Ledger
from features.spine import spine_of
from models.points import Score
from scoring.decisions.decide import causes_against_scoring, decide
from scoring.decisions.decision import Assessment, Circumstances, Evidence, Terms
from scoring.decisions.reasons import with_evidence
from scoring.runtime.serving import Serving


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a ledger, and how long each stage took in milliseconds."""

    row: dict[str, float | None]
    missing: dict[str, str]
    assessment: Assessment
    derive_ms: float
    score_ms: float
    decide_ms: float


def conclude(
    ledger: Ledger,
    terms: Terms,
    circumstances: Circumstances,
    serving: Serving,
    *,
    stopwatch: Callable[[], float] = time.perf_counter,
) -> Conclusion:
    """Derive the row, score it where the data carry a score, and decide."""
    started = stopwatch()
    spine = spine_of(circumstances.as_of, is_reconstructed=circumstances.is_reconstructed)
    rows = derive(ledger, spine, serving.features)
    row, missing = rows.row(), rows.missing()
    derived = stopwatch()
    score = score_row(row, missing, circumstances, serving)
    scored = stopwatch()
    assessment = judge(row, missing, score, terms=terms, circumstances=circumstances, serving=serving)
    found = evidence(rows, tuple(reason.feature for reason in assessment.reasons))
    assessment = with_evidence(assessment, {name: _evidence(ids) for name, ids in found.items()})
    decided = stopwatch()
    return Conclusion(
        row=row,
        missing=missing,
        assessment=assessment,
        derive_ms=(derived - started) * 1e3,
        score_ms=(scored - derived) * 1e3,
        decide_ms=(decided - scored) * 1e3,
    )


def score_row(
    row: Mapping[str, float | None], missing: Mapping[str, str], circumstances: Circumstances, serving: Serving
) -> Score | None:
    """Score a row; None where the data do not carry a score."""
    causes = causes_against_scoring(row, missing, serving.typical.keys(), circumstances.coverage, serving.policy)
    return None if causes else serving.table.score(row)


def judge(
    row: Mapping[str, float | None],
    missing: Mapping[str, str],
    score: Score | None,
    *,
    terms: Terms,
    circumstances: Circumstances,
    serving: Serving,
) -> Assessment:
    """Decide on a row and its score, without evidence.

    Args:
        row: values by feature.
        missing: causes of absence by feature.
        score: from ``score_row``.
        terms: what is asked for.
        circumstances: what neither model nor books know.
        serving: model and policy.
    """
    return decide(
        terms=terms,
        row=row,
        missing=missing,
        score=score,
        model=serving.card,
        circumstances=circumstances,
        policy=serving.policy,
        catalogue=CATALOGUE,
        typical=serving.typical,
    )


def rehearse(serving: Serving) -> None:
    """Derive once from empty books: builds the expressions, so that the first applicant does not wait for them."""
    derive(Ledger.empty(serving.plan.resources), spine_of(date(2000, 1, 1)), serving.features)


def _evidence(found: EvidenceIds) -> Evidence:
    return Evidence(
        invoices=found.invoices,
        vouchers=found.vouchers,
        credit_notes=found.credit_notes,
        transactions=found.transactions,
        total=found.total,
    )
