"""Promotions of models, as signed statements of the operator. Which model scores follows from them alone."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from models.records import Promotion
from scoring.base.identifiers import instant
from scoring.base.signing import SignatureError
from scoring.decisions.promotions import Subject, effective
from scoring.decisions.statements import OPERATOR, Fact, StatementError, StatementKind
from scoring.store.database import Database
from scoring.store.promotion_requests import UNSUPPORTED, prove_steps
from scoring.store.statements import Signer
from scoring.store.tables import statements


class UnprovedPromotion(msgspec.Struct, frozen=True, kw_only=True):
    """A statement about a promotion that must not be followed."""

    object: str
    why: str


async def list_promotions(database: Database, signer: Signer, name: str) -> list[Promotion | UnprovedPromotion]:
    """The promotions of a name, newest first, each proved or told to be none."""
    mine = (statements.c.lender_id == OPERATOR) & (statements.c.kind == StatementKind.PROMOTION)
    statement = select(statements).where(mine).order_by(statements.c.number)
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    return prove_models(rows, signer, name)


def prove_models(
    rows: Sequence[Row[Any]], signer: Signer, name: str, *, without: str | None = None
) -> list[Promotion | UnprovedPromotion]:
    """The promotions of a name among statements in their order, newest first, without those that were rolled back."""
    held = effective(prove_steps(rows, signer)[0])
    undone = {one.request for one in held.undone}
    undone |= set() if without is None else {without}
    approved = {one.request: one.subject for one in held.good}
    mine = [row for row in reversed(rows) if row.object_id.startswith(f"{name}/")]
    return [found for row in mine if (found := _promotion(row, signer, approved, undone)) is not None]


def add_promotion(
    connection: Connection, signer: Signer, promotion: Promotion, *, now: datetime, request: str | None = None
) -> None:
    """Sign a promotion, in the caller's transaction.

    Args:
        connection: of the transaction.
        signer: signs.
        promotion: of a model.
        now: the present.
        request: that two persons stand behind; None for a model that ships.
    """
    facts: dict[str, Fact] = {} if request is None else {"request": request}
    signer.add(
        connection,
        lender_id=OPERATOR,
        kind=StatementKind.PROMOTION,
        object_id=f"{promotion.name}/{promotion.version}",
        at=instant(now),
        facts={
            "manifest": promotion.manifest_sha256,
            "by": promotion.by,
            "reason": promotion.reason,
            "replaced": promotion.replaced,
            "promoted_at": promotion.at,
            **facts,
        },
    )


async def seed_promotions(
    database: Database, signer: Signer, promotions: Sequence[Promotion], *, now: datetime
) -> None:
    """Sign the promotions of the models that ship, oldest first, where none of their name was signed yet."""

    def work(connection: Connection) -> None:
        mine = (statements.c.lender_id == OPERATOR) & (statements.c.kind == StatementKind.PROMOTION)
        known = {row.split("/")[0] for row in connection.execute(select(statements.c.object_id).where(mine)).scalars()}
        for promotion in promotions:
            if promotion.name not in known:
                add_promotion(connection, signer, promotion, now=now)

    await database.write_at_once(work)


def _promotion(
    row: Row[Any], signer: Signer, approved: Mapping[str, Subject], undone: Container[str]
) -> Promotion | UnprovedPromotion | None:
    """None where it was rolled back."""
    try:
        found = signer.open(row.signed)
        if (found.lender, found.number, found.kind, found.object) != (
            row.lender_id,
            row.number,
            row.kind,
            row.object_id,
        ):
            return UnprovedPromotion(object=row.object_id, why="its statement is another one's")
        name, _, version = found.object.partition("/")
        facts = found.facts
        request = facts.get("request")
        if request in undone:
            return None
        # What ships has no request; nor has what was promoted before two persons were asked for.
        if request is not None and not _is_of(approved.get(str(request)), found.object, facts["manifest"]):
            return UnprovedPromotion(object=row.object_id, why=UNSUPPORTED)
        return msgspec.convert(
            {
                "name": name,
                "version": version,
                "at": facts["promoted_at"],
                "by": facts["by"],
                "reason": facts["reason"],
                "replaced": facts["replaced"],
                "manifest_sha256": facts["manifest"],
            },
            Promotion,
        )
    except (SignatureError, StatementError) as error:
        return UnprovedPromotion(object=row.object_id, why=f"its statement {error}")
    except (KeyError, msgspec.ValidationError):
        return UnprovedPromotion(object=row.object_id, why="its statement is incomplete")


def _is_of(approved: Subject | None, name: str, manifest: Fact) -> bool:
    """Whether what was approved is this model."""
    return approved is not None and (approved.name, approved.sha256) == (name, manifest)
