"""Wire types of reports."""

from datetime import date

import msgspec

from scoring.api.schemas.amounts import Money
from scoring.decisions.review_report import PersonsReport, ReviewReport
from scoring.decisions.stacking_report import CountFigure, NewFigure


class ReviewReportResponse(ReviewReport, frozen=True, kw_only=True):
    """Figures on people's decisions, of votes of which no figure tells of one person."""


class PersonsReportResponse(PersonsReport, frozen=True, kw_only=True):
    """Figures of single persons, under a works agreement."""


class FunderResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Loans and factoring contracts of one funder that have not ended."""

    funder: str
    """A code of `docs/facilities.md`, or `unknown` for every counterparty without one."""
    borrowers: int
    with_own_loan: int
    """Of these borrowers, those with an open loan of this lender on the day of their decision."""
    facilities: int
    new: int
    """Of these, begun within 90 days before the decision."""
    new_not_known: int
    """Of these, those that look so, where bank data do not reach back far enough to tell."""
    remaining_low: Money | None
    """Principal still owed; null where it is known of fewer than five borrowers, as the next two."""
    remaining: Money | None
    remaining_high: Money | None
    without_remaining: int
    """Facilities of which it is not known; they are not in the sums."""
    monthly: Money | None
    """Instalments a month; null where they are known of fewer than five borrowers."""
    without_instalment: int
    """Facilities without a regular instalment; they are not in the sum."""


class StackingReportResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What this lender's borrowers owe elsewhere, by the newest decision on each; without leases."""

    at: str
    since: date
    until: date
    borrowers: int
    """With a decision in these days."""
    not_known: int
    """Of these, those whose newest decision does not say what they owe elsewhere."""
    funders: tuple[FunderResponse, ...]
    """By the number of borrowers."""
    counts: tuple[CountFigure, ...]
    """Borrowers by their number of funders."""
    new: NewFigure
    damaged: tuple[str, ...]
    """Decisions that were altered; their borrowers are left out."""
