"""What the operator has signed about promotions, read in one transaction: models, policies, and what proves them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Select, select
from sqlalchemy.engine import Connection

from models.records import Promotion
from scoring.decisions.statements import OPERATOR, StatementKind
from scoring.store.promotion_requests import ApprovedPolicy, prove_policies
from scoring.store.promotions import UnprovedPromotion, prove_models
from scoring.store.statements import Signer
from scoring.store.tables import promotions, statements


class SignedPromotions(msgspec.Struct, frozen=True, kw_only=True):
    """Statements about promotions as they are stored; nothing of it is proved yet."""

    rows: Sequence[Row[Any]]
    contents: dict[str, bytes | None]
    """Texts of policies, by request."""


class Promoted(msgspec.Struct, frozen=True, kw_only=True):
    """What was promoted, each proved or told to be not."""

    numbers: tuple[int, ...] = ()
    """Of the statements that say so, rising; a later reading begins with the same."""
    models: tuple[Promotion | UnprovedPromotion, ...] = ()
    """Newest first."""
    policies: tuple[ApprovedPolicy, ...] = ()
    """Newest first."""


def numbers_of(connection: Connection) -> tuple[int, ...]:
    """The numbers of all statements about promotions, rising: they tell whether there is a new one."""
    return tuple(connection.execute(_of_promotions(statements.c.number)).scalars())


def read_signed(connection: Connection) -> SignedPromotions:
    """Everything that is stored about promotions; to prove it takes time, which a worker thread has."""
    rows = connection.execute(_of_promotions(statements)).all()
    texts = connection.execute(select(promotions.c.id, promotions.c.content))
    return SignedPromotions(rows=rows, contents={row.id: row.content for row in texts})


def prove(found: SignedPromotions, signer: Signer, name: str, *, without: str | None = None) -> Promoted:
    """What was promoted: the models of a name, and policies.

    Args:
        found: as it is stored.
        signer: verifies.
        name: of models.
        without: a request that is left out, to see what would be in force if it were rolled back.
    """
    return Promoted(
        numbers=tuple(row.number for row in found.rows),
        models=tuple(prove_models(found.rows, signer, name, without=without)),
        policies=tuple(
            one
            for one in prove_policies(found.rows, found.contents, signer)
            if without is None or one.request != without
        ),
    )


def _of_promotions(what: Any) -> Select[Any]:  # noqa: ANN401  columns or a table
    mine = (statements.c.lender_id == OPERATOR) & (statements.c.kind == StatementKind.PROMOTION)
    return select(what).where(mine).order_by(statements.c.number)
