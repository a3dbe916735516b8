"""What missing values cost a decision, and what would add them: worked out on its books, for a worker thread."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec
import polars as pl

from features.changed import linked
from features.derive import CATALOGUE, derive
from features.feature import Missing
from features.ledger import Ledger
from features.spine import ONLINE_BORROWER, SPINE
from scoring.base.deadlines import months_after
from scoring.decisions.decision import Decision
from scoring.decisions.missing_data import (
    Known,
    MissingData,
    Wait,
    ends,
    extreme,
    first_known,
    missing_values,
    waits,
)
from scoring.runtime.serving import Serving
from scoring.store.snapshots import KeptBooks
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.changes import with_bank
from scoring.usecases.evaluate import Derived, conclude, derive_all, look_of, score_row, with_values

_LONGEST_WAIT_MONTHS: Final = 12
"""What a year does not add, depends on more than waiting."""


def find_missing_data(decision: Decision, books: KeptBooks, serving: Serving) -> MissingData:
    """What is missing, what it could change, and what would add it.

    The ends decide in full with the best and with the worst value of every missing feature; the truth lies between, as
    far as features do not bound each other. A link of the bank is decided in full, too, and counts only where it adds a
    value.

    Args:
        decision: as the record has it.
        books: of it.
        serving: the model and the policy that it names.

    Raises:
        SnapshotError: the snapshot cannot be read.
    """
    circumstances, terms = decision.circumstances, decision.terms
    ledger = books.snapshot.ledger
    look = look_of(lambda: ledger, decision.as_of, serving.policy, decision.largest_instalment)
    if decision.assessment.readings:
        _, found = derive_all(ledger, circumstances, serving, StageTimer())
        found = msgspec.structs.replace(found, look=look)
    else:
        score = score_row(decision.row, decision.missing, circumstances, serving)
        found = Derived(
            row=decision.row,
            missing=decision.missing,
            score=score,
            borrowings=decision.borrowings,
            look=look,
        )
    made, policy = conclude(found, terms, circumstances, serving), serving.policy.of(terms.product)
    names = [name for name in serving.features if name in found.missing]
    best, worst = (
        extreme(conclude(with_values(found, values, circumstances, serving), terms, circumstances, serving))
        for values in ends(names, made, table=serving.table, policy=policy, terms=terms, catalogue=CATALOGUE)
    )
    return MissingData(
        missing=missing_values(names, found.missing, made, serving.table, policy),
        best=best,
        worst=worst,
        linked=_linked(decision, ledger, serving, names),
        waits=_waits(ledger, decision.as_of, [name for name in names if _is_young(found.missing[name])]),
    )


def _linked(decision: Decision, ledger: Ledger, serving: Serving, names: Iterable[str]) -> Known | None:
    """What the bank would add."""
    with_lines = linked(ledger, decision.as_of)
    if with_lines is None:
        return None
    circumstances = with_bank(decision.circumstances, with_lines)
    _, found = derive_all(with_lines, circumstances, serving, StageTimer())
    added = tuple(name for name in names if name not in found.missing)
    return (
        Known(features=added, after=extreme(conclude(found, decision.terms, circumstances, serving))) if added else None
    )


def _is_young(cause: str) -> bool:
    return cause == Missing.TOO_LITTLE_HISTORY.value


def _waits(ledger: Ledger, as_of: date, names: list[str]) -> tuple[Wait, ...]:
    """When the history of features is long enough, if nothing else changes."""
    if not names:
        return ()
    days = [months_after(as_of, months) for months in range(1, _LONGEST_WAIT_MONTHS + 1)]
    spine = pl.DataFrame([(ONLINE_BORROWER, day, False) for day in days], schema=SPINE, orient="row")
    causes = derive(ledger, spine, names).causes
    found = {
        name: first_known({day: _is_young(cause or "") for day, cause in zip(days, causes[name], strict=True)})
        for name in names
    }
    return waits({name: day for name, day in found.items() if day is not None})
