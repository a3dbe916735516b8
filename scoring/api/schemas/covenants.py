"""Wire types of covenants."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from features.feature import Text
from scoring.api.schemas.cases import CaseText, PrincipalResponse
from scoring.api.schemas.decisions import DocumentResponse
from scoring.decisions.covenants import CovenantState, CovenantStepKind
from scoring.decisions.monitoring import SHORTEST_DAYS
from scoring.decisions.warnings import Bound


class CovenantRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a loan agreement asks of a feature of the books."""

    feature: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=80,
            description="Of the catalogue, in its unit: shares of 1, amounts in cents.",
            examples=["liquidity_debt_service_cover_12m_v2"],
        ),
    ]
    bound: Literal["at_least", "at_most"]
    threshold: Annotated[
        float, Meta(ge=-1e15, le=1e15, description="Which the value must reach, or not pass; itself it is met.")
    ]
    rhythm_days: Annotated[
        int,
        Meta(
            ge=SHORTEST_DAYS,
            le=366,
            description="From one test to the next. The firm was told that its books are read every few days.",
        ),
    ]
    cure_days: Annotated[int, Meta(ge=0, le=366, description="From a test that fails to a breach; 0 is at once.")] = 0
    first_on: (
        Annotated[
            date,
            Meta(description="The first test: at most 366 days ahead; without it, the next observation."),
        ]
        | None
    ) = None


class CovenantWaiverRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tests that fail until a day are waived."""

    until: Annotated[date, Meta(description="The last day, today or later, at most 366 days ahead.")]
    text: CaseText


class CovenantEndRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a covenant ends."""

    text: CaseText


class CovenantSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A covenant in a list."""

    covenant_id: str
    loan_id: str
    loan_ref: str
    borrower_ref: str | None
    feature: str
    label: Text
    bound: Bound
    threshold: float
    rhythm_days: int
    cure_days: int
    state: CovenantState
    due_on: date | None
    """The first observation from this day on tests it; null once it, or its loan, has ended."""
    is_late: bool
    """Whether it should have been tested before today: nothing was observed, or the value was not known."""
    cure_until: date | None
    waived_until: date | None
    tested_on: date | None
    """The day of the books of the newest test that had a value, or was moot."""
    created_at: str
    links: dict[str, str]
    """`self`, `page`, `loan`."""


class CovenantStepResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A test, or what a person did."""

    number: int
    kind: CovenantStepKind
    at: str
    by: PrincipalResponse
    state: CovenantState
    """After it."""
    observation_id: str | None
    """Of a test."""
    value: float | None
    """Null also where it was not tested: `missing` says why."""
    missing: str | None
    is_moot: bool
    """Whether there was nothing that the bound is about, such as no debt service: met without a value."""
    documents: tuple[DocumentResponse, ...]
    documents_total: int
    until: date | None
    """Of a waiver."""
    text: str | None


class CovenantResponse(CovenantSummary, frozen=True, kw_only=True):
    """A covenant with the newest of its tests and waivers."""

    steps: tuple[CovenantStepResponse, ...]
    """Of one page, the oldest first."""
    next_before: int | None
    """Give it as `before` for the steps before these; null where there are none."""


class CovenantList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of covenants, newest first."""

    items: list[CovenantSummary]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
