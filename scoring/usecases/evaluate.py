"""Ledger to assessment: derive, score, explain, decide, in one call that deciding and replaying share."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from features.derive import CATALOGUE, derive, evidence
from features.ledger import Ledger
from features.spine import spine_of
from models.points import Score
from scoring.decisions.decide import causes_against_scoring, decide
from scoring.decisions.decision import Assessment, Circumstances, Terms
from scoring.decisions.reasons import with_evidence
from scoring.runtime.serving import Serving
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.evidence import evidence_of


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a ledger."""

    row: dict[str, float | None]
    missing: dict[str, str]
    assessment: Assessment


def evaluate(
    ledger: Ledger,
    terms: Terms,
    circumstances: Circumstances,
    serving: Serving,
    timer: StageTimer,
    *,
    source_ids: Sequence[str] = (),
) -> Evaluation:
    """Derive the row, score it where the data suffice for a score, and decide.

    Args:
        ledger: the books.
        terms: what is asked for.
        circumstances: what neither model nor books know.
        serving: model and policy.
        timer: of the stages.
        source_ids: see ``BuiltBooks.source_ids``.
    """
    with timer.stage("derive"):
        spine = spine_of(circumstances.as_of, is_reconstructed=circumstances.is_reconstructed)
        rows = derive(ledger, spine, serving.features)
        row, missing = rows.row(), rows.missing()
    with timer.stage("score"):
        score = score_row(row, missing, circumstances, serving)
    with timer.stage("decide"):
        assessment = assess_row(row, missing, score, terms=terms, circumstances=circumstances, serving=serving)
        found = evidence(rows, tuple(reason.feature for reason in assessment.reasons))
        assessment = with_evidence(assessment, evidence_of(found, ledger, source_ids))
    return Evaluation(row=row, missing=missing, assessment=assessment)


def score_row(
    row: Mapping[str, float | None], missing: Mapping[str, str], circumstances: Circumstances, serving: Serving
) -> Score | None:
    """Score a row; None where the data do not carry a score."""
    causes = causes_against_scoring(row, missing, serving.typical.keys(), circumstances.coverage, serving.policy)
    return None if causes else serving.table.score(row)


def assess_row(
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


def warm_up(serving: Serving) -> None:
    """Derive once from empty books: builds the expressions, so that the first applicant does not wait for them."""
    derive(Ledger.empty(serving.plan.resources), spine_of(date(2000, 1, 1)), serving.features)
