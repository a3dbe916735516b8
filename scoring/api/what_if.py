"""Routes of what is worked out on a stored decision: changes, offers, missing data, quality. Nothing is stored."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from litestar import Request, post
from litestar import get as get_route
from litestar.di import NamedDependency
from litestar.params import PathParameter, RawBody
from structlog.contextvars import bind_contextvars

from features.matching import Matches
from scoring.api import problems as known
from scoring.api.applications import body_of, check_amount
from scoring.api.decisions import READERS, hung_up
from scoring.api.errors import FieldError, UnknownObjectError
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.present import (
    causes_of,
    document_of,
    money,
    offer_of,
    pd_of,
    percent,
    rules_of,
    score_of,
    versions_of,
)
from scoring.api.schemas.amounts import RATE
from scoring.api.schemas.decisions import Automation
from scoring.api.schemas.decisions import Request as AskedFor
from scoring.api.schemas.what_if import (
    ChangeResponse,
    ChangesResponse,
    DataQualityResponse,
    DifferenceResponse,
    ExtremeResponse,
    LinkedResponse,
    MatchedResponse,
    MatchesResponse,
    MissingDataResponse,
    MissingValueResponse,
    OffersResponse,
    QualityCauseResponse,
    QualityPartResponse,
    SimulationRequest,
    SimulationResponse,
    StepResponse,
    TermsOfferResponse,
    UncheckedResponse,
    WaitResponse,
)
from scoring.base.secrets import Cipher
from scoring.decisions.changes import Change, Step
from scoring.decisions.decision import Decision, Verdict
from scoring.decisions.missing_data import Extreme
from scoring.decisions.rules import lendable
from scoring.runtime.serving import Serving
from scoring.sources.registry import Sources
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision, with_particulars
from scoring.store.principals import Principal, Role
from scoring.store.snapshots import KeptBooks
from scoring.texts.catalogue import newest
from scoring.texts.changes import say_all, say_change, say_step
from scoring.texts.data_quality import say_cause, say_matched, say_quality, say_unavailable, say_unmatched
from scoring.texts.missing_data import say_linked, say_missing_data, say_missing_value, say_wait
from scoring.texts.rendering import render
from scoring.usecases.admission import Admission
from scoring.usecases.changes import find_changes, find_offers
from scoring.usecases.data_quality import find_data_quality
from scoring.usecases.inputs import DecisionInputs
from scoring.usecases.missing_data import find_missing_data
from scoring.usecases.reading import Reading
from scoring.usecases.simulate import Simulated, Simulator, WhatIf

_RATE: Final = re.compile(RATE, re.ASCII)
DecisionId = Annotated[str, PathParameter(description="Identifier of a decision of your lender.")]
PROBLEMS: Final = (
    known.NOT_FOUND,
    known.RESTRICTED,
    known.ERASED,
    known.INPUTS_GONE,
    known.STORED_DATA_DAMAGED,
    known.NEWER_RECORD,
)


@get_route(
    "/v1/decisions/{decision_id:str}/changes",
    guards=[needs(*READERS)],
    operation_id="getChanges",
    operation_class=operation(*PROBLEMS, known.OVERLOADED),
    tags=["decisions"],
    summary="Find what would change a decision",
)
async def get_changes(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    reading: NamedDependency[Reading],
    inputs: NamedDependency[DecisionInputs],
    database: NamedDependency[Database],
    cipher: NamedDependency[Cipher],
    sources: NamedDependency[Sources],
    workers: NamedDependency[CapacityLimiter],
    admission: NamedDependency[Admission],
) -> ChangesResponse:
    """The smallest changes that the firm can make and that lead to a better recommendation.

    Each is applied to the books of the decision, or to its terms, and decided again in full. Knock-outs and doubts
    about the data are never among them.
    """
    stored = await found_decision(request, decision_id, reading)
    stored = await with_particulars(database, cipher, stored, lender_id=request.user.lender_id)
    serving = await inputs.serving_of(stored.decision)
    books = await inputs.books_of(stored)
    work = partial(_changes, stored, books, serving, sources)
    # It may cost several decisions: it takes its turn among them.
    async with admission.turn(request.user.lender_id, hung_up=partial(hung_up, request)):
        return await anyio.to_thread.run_sync(work, limiter=workers)


def _changes(stored: StoredDecision, books: KeptBooks, serving: Serving, sources: Sources) -> ChangesResponse:
    decision = stored.decision
    found = find_changes(decision, books, serving)
    return ChangesResponse(
        decision_id=decision.decision_id,
        as_of=decision.as_of,
        recommendation=decision.assessment.recommendation,
        text=say_all(found, decision.assessment),
        changes=tuple(_change(one, stored, sources) for one in found),
    )


def _change(change: Change, stored: StoredDecision, sources: Sources) -> ChangeResponse:
    terms = stored.decision.terms
    return ChangeResponse(
        text=say_change(change, terms),
        steps=tuple(_step(step, stored, sources) for step in change.steps),
        recommendation=change.recommendation,
        verdict=change.verdict,
        score=change.score,
        max_amount=None if change.limit_cents is None else money(change.limit_cents, terms.currency),
    )


def _step(step: Step, stored: StoredDecision, sources: Sources) -> StepResponse:
    terms = stored.decision.terms
    return StepResponse(
        kind=step.kind.value,
        text=say_step(step, terms),
        amount=None if step.amount_cents is None else money(step.amount_cents, terms.currency),
        term_months=step.term_months,
        until=step.until,
        documents=tuple(document_of(document, stored, sources) for document in step.documents),
    )


@get_route(
    "/v1/decisions/{decision_id:str}/offers",
    guards=[needs(*READERS)],
    operation_id="getOffers",
    operation_class=operation(*PROBLEMS, known.OVERLOADED),
    tags=["decisions"],
    summary="Find which amounts and terms would be approved",
)
async def get_offers(
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    reading: NamedDependency[Reading],
    inputs: NamedDependency[DecisionInputs],
    workers: NamedDependency[CapacityLimiter],
    admission: NamedDependency[Admission],
) -> OffersResponse:
    """The largest amount for the term that was asked for, and up to three offers; each is decided in full."""
    stored = await found_decision(request, decision_id, reading)
    serving = await inputs.serving_of(stored.decision)
    books = await inputs.books_of(stored)
    async with admission.turn(request.user.lender_id, hung_up=partial(hung_up, request)):  # doubtful books are derived
        return await anyio.to_thread.run_sync(_offers, stored.decision, books, serving, limiter=workers)


def _offers(decision: Decision, books: KeptBooks, serving: Serving) -> OffersResponse:
    found = find_offers(decision, books, serving)
    currency = decision.terms.currency
    return OffersResponse(
        decision_id=decision.decision_id,
        as_of=decision.as_of,
        valid_until=decision.valid_until,
        largest_amount=None if found.largest_cents is None else money(found.largest_cents, currency),
        offers=tuple(
            TermsOfferResponse(
                amount=money(one.amount_cents, currency),
                term_months=one.term_months,
                annual_rate_percent=percent(one.annual_rate_bps),
                pricing_tier=one.pricing_tier,
                monthly_instalment=money(one.monthly_instalment_cents, currency),
                recommendation=Verdict.APPROVE,
                verdict=one.verdict,
            )
            for one in found.offers
        ),
    )


@get_route(
    "/v1/decisions/{decision_id:str}/missing-data",
    guards=[needs(*READERS)],
    operation_id="getMissingData",
    operation_class=operation(*PROBLEMS, known.OVERLOADED),
    tags=["decisions"],
    summary="Find what missing values cost a decision",
)
async def get_missing_data(
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    reading: NamedDependency[Reading],
    inputs: NamedDependency[DecisionInputs],
    workers: NamedDependency[CapacityLimiter],
    admission: NamedDependency[Admission],
) -> MissingDataResponse:
    """The score and recommendation with the best and the worst value of every missing feature, and what would add it.

    The ends are bounds: no value between them is called likely.
    """
    stored = await found_decision(request, decision_id, reading)
    serving = await inputs.serving_of(stored.decision)
    books = await inputs.books_of(stored)
    async with admission.turn(request.user.lender_id, hung_up=partial(hung_up, request)):
        return await anyio.to_thread.run_sync(_missing_data, stored.decision, books, serving, limiter=workers)


def _missing_data(decision: Decision, books: KeptBooks, serving: Serving) -> MissingDataResponse:
    found = find_missing_data(decision, books, serving)
    return MissingDataResponse(
        decision_id=decision.decision_id,
        as_of=decision.as_of,
        recommendation=decision.assessment.recommendation,
        text=say_missing_data(found),
        missing=tuple(
            MissingValueResponse(text=say_missing_value(one), **msgspec.structs.asdict(one)) for one in found.missing
        ),
        best=_extreme(found.best),
        worst=_extreme(found.worst),
        linked=None
        if found.linked is None
        else LinkedResponse(
            text=say_linked(found.linked), features=found.linked.features, after=_extreme(found.linked.after)
        ),
        waits=tuple(WaitResponse(text=say_wait(one), until=one.until, features=one.features) for one in found.waits),
    )


def _extreme(one: Extreme) -> ExtremeResponse:
    return ExtremeResponse(score=one.score, recommendation=one.recommendation, verdict=one.verdict)


@get_route(
    "/v1/decisions/{decision_id:str}/data-quality",
    guards=[needs(*READERS)],
    operation_id="getDataQuality",
    operation_class=operation(*PROBLEMS, known.OVERLOADED),
    tags=["decisions"],
    summary="Find how far the books of a decision can be relied on",
)
async def get_data_quality(
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    reading: NamedDependency[Reading],
    inputs: NamedDependency[DecisionInputs],
    workers: NamedDependency[CapacityLimiter],
    admission: NamedDependency[Admission],
) -> DataQualityResponse:
    """A score from 0 to 100 with its main causes, and payments by how they were matched to the bank's transactions.

    Worked out on the kept books: what the decision did not read was not checked.
    """
    stored = await found_decision(request, decision_id, reading)
    books = await inputs.books_of(stored)
    async with admission.turn(request.user.lender_id, hung_up=partial(hung_up, request)):
        return await anyio.to_thread.run_sync(_data_quality, stored.decision, books, limiter=workers)


def _data_quality(decision: Decision, books: KeptBooks) -> DataQualityResponse:
    found = find_data_quality(decision, books)
    quality = found.quality
    return DataQualityResponse(
        decision_id=decision.decision_id,
        as_of=decision.as_of,
        score=quality.score,
        confidence=quality.confidence,
        text=say_quality(quality),
        causes=tuple(
            QualityCauseResponse(text=say_cause(one), **msgspec.structs.asdict(one)) for one in quality.causes
        ),
        parts=tuple(QualityPartResponse(part=one.part, score=one.score) for one in quality.parts),
        unchecked=tuple(
            UncheckedResponse(text=say_unavailable(one), **msgspec.structs.asdict(one)) for one in quality.unavailable
        ),
        matches=None if found.matches is None else _matches(found.matches, decision.terms.currency),
    )


def _matches(matches: Matches, currency: str) -> MatchesResponse:
    return MatchesResponse(
        levels=tuple(
            MatchedResponse(
                level=one.level, count=one.count, amount=money(one.cents, currency), text=say_matched(one, matches)
            )
            for one in matches.levels
        ),
        unmatched_inflow_count=matches.unmatched_inflow_count,
        unmatched_inflow=money(matches.unmatched_inflow_cents, currency),
        text=say_unmatched(matches),
    )


@post(
    "/v1/decisions/{decision_id:str}/simulations",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="simulateDecision",
    operation_class=operation(
        *BODY_PROBLEMS,
        *PROBLEMS,
        known.BORROWER_RESTRICTED,
        known.CONSUMER_CREDIT,
        known.SIMULATIONS_USED_UP,
        known.OVERLOADED,
        body=SimulationRequest,
    ),
    tags=["decisions"],
    summary="Simulate a decision with something different",
    status_code=200,
)
async def simulate(
    request: Request[Principal, Any, Any],
    body: RawBody,
    decision_id: DecisionId,
    reading: NamedDependency[Reading],
    simulator: NamedDependency[Simulator],
    sources: NamedDependency[Sources],
    admission: NamedDependency[Admission],
) -> SimulationResponse:
    """What would be decided with other terms, prices, payments, values, model or policy. Nothing of it is stored.

    There is a bound for all decisions on one borrower in an hour.
    """
    asked = body_of(request, body, SimulationRequest, _check)
    stored = await reading.look(decision_id, reader=request.user)
    if stored is None:
        raise UnknownObjectError("there is no decision with this identifier")
    bind_contextvars(decision_id=decision_id)
    async with admission.turn(request.user.lender_id, hung_up=partial(hung_up, request)):
        found = await simulator.simulate(stored, _what_if(asked), who=who_of(request, request.user))
    return _present(msgspec.structs.replace(stored, decision=found.decision), found, sources)


def _check(asked: SimulationRequest) -> Iterator[FieldError]:
    if asked.amount is not None:
        yield from check_amount(asked.amount)
    if asked.annual_rate_percent is not None and _RATE.fullmatch(asked.annual_rate_percent) is None:
        yield FieldError(field="annual_rate_percent", message='must be percent per year as text, such as "8.50"')


def _what_if(asked: SimulationRequest) -> WhatIf:
    rate = asked.annual_rate_percent
    return WhatIf(
        amount_cents=None if asked.amount is None else int(Decimal(asked.amount.value) * 100),
        term_months=asked.term_months,
        annual_rate_bps=None if rate is None else int(Decimal(rate) * 100),
        collected_invoices=tuple(map(str, asked.collected_invoices)),
        features=asked.features,
        model=asked.model,
        policy=asked.policy,
    )


def _present(stored: StoredDecision, found: Simulated, sources: Sources) -> SimulationResponse:
    decision, made = stored.decision, stored.decision.assessment
    words, terms, offer = render(made, newest()), decision.terms, lendable(made)
    return SimulationResponse(
        decision_id=decision.decision_id,
        as_of=decision.as_of,
        request=AskedFor(
            product=terms.product,
            amount=money(terms.amount_cents, terms.currency),
            term_months=terms.term_months,
            purpose=None,
            language=terms.language,
            starts_business=terms.starts_business,
        ),
        verdict=made.verdict,
        recommendation=made.recommendation,
        automation=Automation(mode=made.automation, legal_basis=made.legal_basis),
        score=score_of(decision),
        pd=pd_of(decision),
        grade=made.grade,
        offer=None if offer is None else offer_of(offer, terms.currency),
        causes=causes_of(stored, words, sources),
        contributions=made.contributions,
        rules=rules_of(made, words),
        features=decision.row,
        versions=versions_of(decision),
        differences=tuple(DifferenceResponse(**msgspec.structs.asdict(one)) for one in found.differences),
    )


async def found_decision(request: Request[Principal, Any, Any], decision_id: str, reading: Reading) -> StoredDecision:
    """The decision that a request is about.

    Raises:
        UnknownObjectError: the caller's lender has none of this identifier.
    """
    stored = await reading.find(decision_id, reader=request.user, who=who_of(request, request.user))
    if stored is None:
        raise UnknownObjectError("there is no decision with this identifier")
    bind_contextvars(decision_id=decision_id)
    return stored
