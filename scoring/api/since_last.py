"""The route of what changed since an earlier decision on the same borrower. Nothing is stored."""

from functools import partial
from typing import Annotated, Any

import anyio.to_thread
from anyio import CapacityLimiter
from litestar import Request
from litestar import get as get_route
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from scoring.api import problems as known
from scoring.api.decisions import READERS
from scoring.api.errors import UnknownObjectError
from scoring.api.lists import check_parameters
from scoring.api.middleware import needs
from scoring.api.openapi import operation
from scoring.api.present import document_of, money
from scoring.api.schemas.since_last import (
    CauseChange,
    DecisionSide,
    FactorResponse,
    FactorSide,
    SinceLastResponse,
)
from scoring.api.schemas.texts import PRINTABLE
from scoring.api.what_if import DecisionId, found_decision
from scoring.base.secrets import Cipher
from scoring.decisions.rules import lendable
from scoring.decisions.since_last import Factor, Side, is_observation, since_last
from scoring.sources.registry import Sources
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision, with_particulars
from scoring.store.principals import Principal
from scoring.texts.rendering import words_of
from scoring.texts.since_last import say_factor, say_since_last
from scoring.usecases.reading import Reading


@get_route(
    "/v1/decisions/{decision_id:str}/since-last",
    guards=[needs(*READERS)],
    operation_id="getSinceLast",
    operation_class=operation(
        known.INVALID_REQUEST,
        known.NOT_FOUND,
        known.RESTRICTED,
        known.ERASED,
        known.STORED_DATA_DAMAGED,
        known.NEWER_RECORD,
    ),
    tags=["decisions"],
    summary="Find what changed since the last decision",
)
async def get_since_last(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    reading: NamedDependency[Reading],
    database: NamedDependency[Database],
    cipher: NamedDependency[Cipher],
    sources: NamedDependency[Sources],
    workers: NamedDependency[CapacityLimiter],
    earlier: Annotated[
        str | None,
        QueryParameter(
            description="Compare with this earlier decision on the same borrower; the last one without it.",
            schema_extra={"pattern": PRINTABLE},
        ),
    ] = None,
) -> SinceLastResponse:
    """The decision beside the one before on the same borrower: the score's change in points, factor by factor.

    The points of all factors add up to the change of the score. Documents are named that stand behind a main factor
    now and did not before.
    """
    check_parameters(request, frozenset({"earlier"}), prefix="dec")
    stored = await found_decision(request, decision_id, reading)
    before = await reading.look_before(stored, reader=request.user, earlier=earlier)
    if before is None:
        raise UnknownObjectError(
            "there is no earlier decision on this borrower"
            if earlier is None
            else "there is no earlier decision on this borrower with the identifier in `earlier`"
        )
    stored = await with_particulars(database, cipher, stored, lender_id=request.user.lender_id)
    return await anyio.to_thread.run_sync(partial(present_since_last, before, stored, sources), limiter=workers)


def present_since_last(before: StoredDecision, stored: StoredDecision, sources: Sources) -> SinceLastResponse:
    """What changed from one record to a later one; each is a decision or an observation."""
    old, new = before.decision, stored.decision
    found = since_last(old, new)
    return SinceLastResponse(
        text=say_since_last(found, old, new),
        before=_decision_side(before),
        after=_decision_side(stored),
        points=found.points,
        base=found.base,
        factors=tuple(_factor(one, stored, sources) for one in found.factors),
        causes_new=_causes(stored, found.came),
        causes_gone=_causes(before, found.gone),
    )


def _decision_side(stored: StoredDecision) -> DecisionSide:
    decision, made = stored.decision, stored.decision.assessment
    offer = lendable(made)
    return DecisionSide(
        decision_id=decision.decision_id,
        as_of=decision.as_of,
        recommendation=made.recommendation,
        verdict=None if is_observation(decision) else made.verdict,
        score=made.score,
        pd=made.pd,
        grade=made.grade,
        max_amount=None if offer is None else money(offer.limit_cents, decision.terms.currency),
        model=decision.versions.model,
        policy=decision.versions.policy,
    )


def _factor(factor: Factor, stored: StoredDecision, sources: Sources) -> FactorResponse:
    return FactorResponse(
        features=factor.features,
        text=say_factor(factor),
        points=factor.points,
        before=_side(factor.before),
        after=_side(factor.after),
        documents=tuple(document_of(one, stored, sources) for one in factor.documents),
    )


def _side(side: Side | None) -> FactorSide | None:
    return None if side is None else FactorSide(values=side.values, points=side.points)


def _causes(stored: StoredDecision, places: tuple[int, ...]) -> tuple[CauseChange, ...]:
    words = stored.words or words_of(stored.decision)
    causes = stored.decision.assessment.causes
    return tuple(CauseChange(code=causes[place].code, text=words.causes[place].text) for place in places)
