"""What a model in the shadow made of decisions: beside them, in no record and in no answer."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.decisions.comparison import Pair
from scoring.store.database import add_if_new
from scoring.store.tables import borrowers, decisions, shadow_scores


class ShadowScore(msgspec.Struct, frozen=True, kw_only=True):
    """One decision as another model would have made it, under the same policy."""

    decision_id: str
    model: str
    """Name and version."""
    lender_id: str
    model_sha256: str
    pair: Pair | None
    """Null where it could not be compared; ``left_out`` says why."""
    left_out: str | None


def add_score(connection: Connection, score: ShadowScore, *, now: datetime, expires_at: datetime) -> bool:
    """Store it in the caller's transaction, unless the borrower's data may not be used any more."""
    usable = (
        select(borrowers.c.id)
        .join_from(decisions, borrowers)
        .where(
            (decisions.c.id == score.decision_id)
            & decisions.c.erased_at.is_(None)
            & borrowers.c.erased_at.is_(None)
            & borrowers.c.restricted_at.is_(None)
        )
        .with_for_update()  # who erases waits, and finds it; or is found here to have erased
    )
    if connection.execute(usable).first() is None:
        return False
    return add_if_new(
        connection,
        shadow_scores,
        decision_id=score.decision_id,
        model=score.model,
        lender_id=score.lender_id,
        model_sha256=score.model_sha256,
        pair=None if score.pair is None else msgspec.json.encode(score.pair).decode(),
        left_out=score.left_out,
        scored_at=instant(now),
        expires_at=instant(expires_at),
    )


def list_scores(connection: Connection, *, model: str, lender_id: str | None, since: datetime) -> Sequence[ShadowScore]:
    """Scores of a model on decisions since a moment, oldest first; those of restricted borrowers are left out."""
    statement = (
        select(shadow_scores)
        .join_from(shadow_scores, decisions)
        .join(borrowers, borrowers.c.id == decisions.c.borrower_id)
        .where(
            (shadow_scores.c.model == model)
            & (decisions.c.created_at >= instant(since))
            & borrowers.c.restricted_at.is_(None)
        )
        .order_by(shadow_scores.c.decision_id)
    )
    if lender_id is not None:
        statement = statement.where(shadow_scores.c.lender_id == lender_id)
    return [
        ShadowScore(
            decision_id=row.decision_id,
            model=row.model,
            lender_id=row.lender_id,
            model_sha256=row.model_sha256,
            pair=None if row.pair is None else msgspec.json.decode(row.pair, type=Pair),
            left_out=row.left_out,
        )
        for row in connection.execute(statement)
    ]
