"""How far the books behind a decision can be relied on: worked out on its kept books, for a worker thread.

Nothing more was read for it: a flag whose data the plan of the decision did not ask for has no value, and says so.
"""

from typing import Final

import msgspec

from features.derive import derive
from features.ledger import Resource
from features.matching import Matches, matches_of
from features.quality import FLAGS, Quality, quality_of
from features.spine import spine_of
from scoring.decisions.decision import Decision
from scoring.store.snapshots import KeptBooks


class DataQuality(msgspec.Struct, frozen=True, kw_only=True):
    """The quality of the books of a decision."""

    quality: Quality
    matches: Matches | None
    """None where bank lines or their recognition were not read."""


_MATCHED: Final = frozenset({Resource.INVOICES, Resource.TRANSACTIONS, Resource.PAYMENT_LOG, Resource.RECOGNITION})


def find_data_quality(decision: Decision, books: KeptBooks) -> DataQuality:
    """Score the books, and match payments to lines of the bank.

    Args:
        decision: as the record has it.
        books: of it.

    Raises:
        SnapshotError: the snapshot cannot be read.
    """
    ledger = books.snapshot.ledger
    as_of = decision.as_of
    spine = spine_of(as_of, is_reconstructed=decision.circumstances.is_reconstructed)
    rows = derive(ledger, spine, list(FLAGS))
    return DataQuality(
        quality=quality_of(rows.row(), rows.missing()),
        matches=matches_of(ledger, as_of) if ledger.fetched >= _MATCHED else None,
    )
