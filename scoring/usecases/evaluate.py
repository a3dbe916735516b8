"""Ledger to assessment: derive, score, explain, decide, in one call that deciding and replaying share."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from typing import TypeAlias

import msgspec
import polars as pl

from features.derive import CATALOGUE, EVIDENCE_LIMIT, EvidenceIds, FeatureRows, derive, derive_again, evidence
from features.ledger import Ledger, Resource
from features.readings import READINGS, differ_in_lines_alone
from features.recognised import RecognisedViews
from features.spine import spine_of
from forecast.facilities import Borrowings, facilities
from forecast.largest_instalment import LargestInstalment, find_largest_instalment
from models.points import Score
from scoring.decisions.decide import causes_against_scoring, decide, with_evidence
from scoring.decisions.decision import Assessment, Circumstances, Document, DocumentKind, Evidence, Reading, Terms
from scoring.decisions.policy import Policy
from scoring.decisions.rules import BORROWINGS, UNCLEAR_BORROWINGS, features_of
from scoring.runtime.serving import Serving
from scoring.telemetry.telemetry import StageTimer

Look: TypeAlias = Callable[[], LargestInstalment | None]
"""Finds what cash ahead carries, the first time that it is called."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The result of evaluating a ledger."""

    row: dict[str, float | None]
    missing: dict[str, str]
    assessment: Assessment
    borrowings: Borrowings | None
    """None where the policy does not look at what the firm owes elsewhere."""
    largest_instalment: LargestInstalment | None
    """None where the policy does not look at cash ahead, or nothing would be offered without."""
    behind: dict[str, Evidence] = {}
    """The documents behind the features that were asked for beside those that decide, by name."""


def evaluate(  # noqa: PLR0913  each is named by its caller
    ledger: Ledger,
    terms: Terms,
    circumstances: Circumstances,
    serving: Serving,
    timer: StageTimer,
    *,
    source_ids: Sequence[str] = (),
    evidence_limit: int = EVIDENCE_LIMIT,
    look: Look | None = None,
    beside: Collection[str] = (),
) -> Evaluation:
    """Derive the row, score it where the data suffice for a score, and decide.

    Args:
        ledger: the books.
        terms: what is asked for.
        circumstances: what neither model nor books know.
        serving: model and policy.
        timer: of the stages.
        source_ids: see ``BuiltBooks.source_ids``.
        evidence_limit: the most documents that are named behind a value.
        look: what cash ahead carries, where a record says it: forecasts are not made again.
        beside: features whose documents are wanted whatever the decision rests on.
    """
    rows, found = derive_all(ledger, circumstances, serving, timer)
    if look is not None:
        found = msgspec.structs.replace(found, look=look)
    with timer.stage("decide"):
        largest = _largest_instalment(found, terms, circumstances, serving)
        assessment = _conclude(found, terms, circumstances, serving, largest)
        behind = features_of(serving.policy)
        named = {feature for reason in assessment.reasons for feature in reason.features}
        named |= {behind[cause.rule] for cause in assessment.causes if cause.rule in behind}
        traced = evidence(rows, (named - {BORROWINGS, UNCLEAR_BORROWINGS}) | set(beside), evidence_limit)
        if (owed := found.borrowings) is not None:
            for name, ones in (
                (BORROWINGS, owed.new_ones(circumstances.as_of)),
                (UNCLEAR_BORROWINGS, owed.unclear_ones()),
            ):
                lines = [line for one in ones for line in one.lines if isinstance(line, int)]
                if name in named:
                    traced[name] = EvidenceIds(transactions=tuple(lines[:evidence_limit]), total=len(lines))
        documents = evidence_of(traced, ledger, source_ids)
        assessment = with_evidence(assessment, documents, behind)
    return Evaluation(
        row=found.row,
        missing=found.missing,
        assessment=assessment,
        borrowings=_as_the_source_has_it(found.borrowings, source_ids),
        largest_instalment=largest,
        behind={name: documents[name] for name in beside},
    )


def _as_the_source_has_it(found: Borrowings | None, source_ids: Sequence[str]) -> Borrowings | None:
    """With the source's own identifiers of bank lines."""
    if found is None or not source_ids:
        return found
    return msgspec.structs.replace(
        found,
        facilities=tuple(
            msgspec.structs.replace(
                one, lines=tuple(source_ids[line] if isinstance(line, int) else line for line in one.lines)
            )
            for one in found.facilities
        ),
    )


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from the books alone, whatever is asked for."""

    row: dict[str, float | None]
    missing: dict[str, str]
    score: Score | None
    """None if the data are insufficient for a score."""
    borrowings: Borrowings | None = None
    """What the firm owes elsewhere; None where the policy does not look at it, or bank lines were not fetched."""
    look: Look | None = None
    """None where the policy does not look at cash ahead."""
    readings: "dict[str, Derived]" = {}
    """The same by the name of each way to read doubtful facts otherwise; empty where the policy does not ask for it."""


def derive_all(
    ledger: Ledger, circumstances: Circumstances, serving: Serving, timer: StageTimer
) -> tuple[FeatureRows, Derived]:
    """Derive and score the books as they are, and as they may be read otherwise; also the rows of the first.

    Args:
        ledger: the books.
        circumstances: what neither model nor books know.
        serving: model and policy.
        timer: of the stages; a reading takes about as long as the decision itself.
    """
    rows, found = _derive(ledger, circumstances, serving, timer)
    # What features are derived from is what cash ahead is told from; with old features alone it is made anew.
    views = next((one for one in (rows.views or {}).values() if isinstance(one, RecognisedViews)), None)
    look = look_of(lambda: ledger, circumstances.as_of, serving.policy, views=views, borrowings=found.borrowings)
    found = msgspec.structs.replace(found, look=look)
    if not serving.policy.caps.readings_must_agree:
        return rows, found
    others = ((name, read(ledger)) for name, read in READINGS.items())
    readings = {
        name: _derive(other, circumstances, serving, timer, rows if differ_in_lines_alone(ledger, other) else None)[1]
        for name, other in others
        if other is not None
    }
    return rows, msgspec.structs.replace(found, readings=readings)


def _derive(
    ledger: Ledger,
    circumstances: Circumstances,
    serving: Serving,
    timer: StageTimer,
    before: FeatureRows | None = None,
) -> tuple[FeatureRows, Derived]:
    """Derive and score one ledger; ``before`` are the rows of one that differs from it in bank lines alone."""
    with timer.stage("derive"):
        spine = spine_of(circumstances.as_of, is_reconstructed=circumstances.is_reconstructed)
        rows = derive(ledger, spine, serving.features) if before is None else derive_again(before, ledger)
        row, missing = rows.row(), rows.missing()
        borrowings = borrowings_of(ledger, spine, serving.policy)
    with timer.stage("score"):
        score = score_row(row, missing, circumstances, serving)
    return rows, Derived(row=row, missing=missing, score=score, borrowings=borrowings)


def borrowings_of(ledger: Ledger, spine: pl.DataFrame, policy: Policy) -> Borrowings | None:
    """What the firm owes elsewhere on the day of a spine, where the policy looks at it."""
    return facilities(ledger, spine)[0] if policy.reads_borrowings else None


def look_of(
    ledger: Callable[[], Ledger],
    as_of: date,
    policy: Policy,
    recorded: LargestInstalment | None = None,
    *,
    views: RecognisedViews | None = None,
    borrowings: Borrowings | None = None,
) -> Look | None:
    """How to find what cash ahead carries, where the policy looks at it.

    Args:
        ledger: gives the books.
        as_of: the day of observation.
        policy: says which risk of a gap is accepted.
        recorded: of a record, taken where it was found with that risk.
        views: of the books, on that day, where they are there already.
        borrowings: the same of what the firm owes elsewhere.
    """
    at_most, days = policy.limits.gap_probability_at_most, policy.limits.gap_days
    if at_most is None or days is None:
        return None
    if recorded is not None and recorded.is_by(at_most, days):
        return lambda: recorded

    def look() -> LargestInstalment:
        return find_largest_instalment(
            ledger(), as_of, gap_probability_at_most=at_most, days=days, views=views, borrowings=borrowings
        )

    return cache(look)


def conclude(found: Derived, terms: Terms, circumstances: Circumstances, serving: Serving) -> Assessment:
    """Decide on what was derived, without evidence: first on each reading, then on the books as they are.

    Args:
        found: from ``derive_all``.
        terms: what is asked for.
        circumstances: what neither model nor books know.
        serving: model and policy.
    """
    largest = _largest_instalment(found, terms, circumstances, serving)
    return _conclude(found, terms, circumstances, serving, largest)


def _largest_instalment(
    found: Derived, terms: Terms, circumstances: Circumstances, serving: Serving
) -> LargestInstalment | None:
    """What cash ahead carries, where something would be offered without it: a forecast takes as long as all else."""
    if found.look is None or _conclude(found, terms, circumstances, serving, None).offer is None:
        return None
    return found.look()


def _conclude(
    found: Derived, terms: Terms, circumstances: Circumstances, serving: Serving, largest: LargestInstalment | None
) -> Assessment:
    """Readings share what cash ahead carries: it is found once, on the books as they are."""
    readings = tuple(
        _reading(
            name,
            assess_row(
                other.row,
                other.missing,
                other.score,
                terms=terms,
                circumstances=circumstances,
                serving=serving,
                borrowings=other.borrowings,
                largest_instalment=largest,
            ),
        )
        for name, other in found.readings.items()
    )
    return assess_row(
        found.row,
        found.missing,
        found.score,
        terms=terms,
        circumstances=circumstances,
        serving=serving,
        readings=readings,
        borrowings=found.borrowings,
        largest_instalment=largest,
    )


def _reading(name: str, made: Assessment) -> Reading:
    return Reading(
        name=name,
        recommendation=made.recommendation,
        score=made.score,
        limit_cents=None if made.offer is None else made.offer.limit_cents,
    )


def score_row(
    row: Mapping[str, float | None], missing: Mapping[str, str], circumstances: Circumstances, serving: Serving
) -> Score | None:
    """Score a row; None if the data are insufficient for a score."""
    causes = causes_against_scoring(row, missing, serving.typical.keys(), circumstances.coverage, serving.policy)
    return None if causes else serving.table.score(row)


def with_values(
    found: Derived, values: Mapping[str, float | None], circumstances: Circumstances, serving: Serving
) -> Derived:
    """With values in place of those of the books, in every reading, and scored.

    Args:
        found: from ``derive_all``.
        values: by feature; null is missing.
        circumstances: what neither model nor books know.
        serving: model and policy.
    """
    given = {name: None if value is None else round(value, CATALOGUE[name].precision) for name, value in values.items()}
    row = {**found.row, **given}
    missing = {name: why for name, why in found.missing.items() if name not in given}
    missing |= {name: "undefined" for name, value in given.items() if value is None}
    return Derived(
        row=row,
        missing=missing,
        score=score_row(row, missing, circumstances, serving),
        borrowings=found.borrowings,
        look=found.look,
        readings={name: with_values(other, values, circumstances, serving) for name, other in found.readings.items()},
    )


def assess_row(  # noqa: PLR0913  each is named by its caller
    row: Mapping[str, float | None],
    missing: Mapping[str, str],
    score: Score | None,
    *,
    terms: Terms,
    circumstances: Circumstances,
    serving: Serving,
    readings: tuple[Reading, ...] = (),
    borrowings: Borrowings | None = None,
    largest_instalment: LargestInstalment | None = None,
) -> Assessment:
    """Decide on a row and its score, without evidence.

    Args:
        row: values by feature.
        missing: causes of absence by feature.
        score: from ``score_row``.
        terms: what is asked for.
        circumstances: what neither model nor books know.
        serving: model and policy.
        readings: what would be recommended if doubtful facts were read otherwise.
        borrowings: what the firm owes elsewhere.
        largest_instalment: what cash ahead carries.
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
        readings=readings,
        borrowings=borrowings,
        largest_instalment=largest_instalment,
    )


def warm_up(serving: Serving) -> None:
    """Derive once from empty books, so that the first application does not build the expressions.

    Where the same features were derived before, as for a lender whose policy differs in its bounds, nothing is done.
    """
    _derive_from_nothing(serving.plan.resources, serving.features)


@lru_cache(maxsize=64)
def _derive_from_nothing(resources: frozenset[Resource], features: tuple[str, ...]) -> None:
    derive(Ledger.empty(resources), spine_of(date(2000, 1, 1)), features)


_ISSUED = ("document_id", "issued_on", "gross_cents")
_BOOKED = ("transaction_id", "happened_on", "amount_cents")
_OF_SALES = {
    DocumentKind.INVOICE: pl.col("document") == "invoice",
    DocumentKind.VOUCHER: pl.col("document") == "voucher",
}
_FRAMES: Mapping[DocumentKind, Callable[[Ledger], tuple[pl.DataFrame, ...]]] = {
    DocumentKind.INVOICE: lambda ledger: (_sales(ledger, DocumentKind.INVOICE),),
    DocumentKind.VOUCHER: lambda ledger: (_sales(ledger, DocumentKind.VOUCHER), ledger.bills.select(_ISSUED)),
    DocumentKind.CREDIT_NOTE: lambda ledger: (ledger.credit_notes.select(_ISSUED),),
    DocumentKind.TRANSACTION: lambda ledger: (ledger.transactions.select(_BOOKED),),
}
"""Where the documents of a kind are: identifier, day and amount."""


def evidence_of(found: Mapping[str, EvidenceIds], ledger: Ledger, source_ids: Sequence[str]) -> dict[str, Evidence]:
    """The documents behind the value of each feature.

    Args:
        found: Their identifiers in the ledger.
        ledger: Has their days and amounts.
        source_ids: See ``BuiltBooks.source_ids``.
    """
    known = {kind: _known(kind, found, ledger) for kind in DocumentKind}
    return {
        feature: Evidence(
            documents=tuple(
                Document(
                    kind=kind, id=source_ids[identifier] if source_ids else identifier, day=day, amount_cents=cents
                )
                for kind in DocumentKind
                for identifier in _ids(behind, kind)
                for day, cents in (known[kind].get(identifier, (None, None)),)
            ),
            total=behind.total,
        )
        for feature, behind in found.items()
    }


def _known(
    kind: DocumentKind, found: Mapping[str, EvidenceIds], ledger: Ledger
) -> dict[int, tuple[date | None, int | None]]:
    """Date and amount of the documents of one kind in the evidence."""
    wanted = {identifier for behind in found.values() for identifier in _ids(behind, kind)}
    if not wanted:
        return {}
    parts = [frame.filter(pl.col(frame.columns[0]).is_in(list(wanted))) for frame in _FRAMES[kind](ledger)]
    return {identifier: (day, cents) for part in parts for identifier, day, cents in part.iter_rows()}


def _ids(behind: EvidenceIds, kind: DocumentKind) -> tuple[int, ...]:
    ids: tuple[int, ...] = getattr(behind, f"{kind.value}s")
    return ids


def _sales(ledger: Ledger, kind: DocumentKind) -> pl.DataFrame:
    return ledger.invoices.filter(_OF_SALES[kind]).select(_ISSUED)
