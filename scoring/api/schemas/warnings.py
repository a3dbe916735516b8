"""Wire types of early warnings."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from features.feature import Text
from scoring.api.schemas.cases import CaseText, PrincipalResponse
from scoring.api.schemas.decisions import DocumentResponse
from scoring.api.schemas.texts import PRINTABLE
from scoring.decisions.warnings import Answer, Bound, Severity, StepKind, WarningState


class WarningAssignmentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers for a warning."""

    to: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=64,
                description="Name of a person who is not disabled; null is nobody.",
                extra_json_schema={"pattern": PRINTABLE},
                examples=["anna"],
            ),
        ]
        | None
    )


class WarningSnoozeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning to be set aside until a day; it is due on the day after, or when it was due anyway."""

    until: Annotated[date, Meta(description="The last day, after today and at most 90 days from it.")]
    text: CaseText


class WarningAnswerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person made of a warning. No answer ends, cuts or reprices a loan."""

    answer: Annotated[
        Answer,
        Meta(
            description="`false_alarm`: what was seen is not so; `explained`: it is so and does not matter; `watch`:"
            " the firm is watched more closely; `measures`: something is agreed or prepared."
        ),
    ]
    text: CaseText


class WarningSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A warning in a list."""

    warning_id: str
    borrower_ref: str | None
    trigger: str
    title: Text
    severity: Severity
    state: WarningState
    """Today's."""
    owner: PrincipalResponse | None
    due_on: date
    """Until when a person answers."""
    is_overdue: bool
    snoozed_until: date | None
    """The last day."""
    raised_at: str
    answered_at: str | None
    cleared_at: str | None
    decision_id: str
    """That is watched."""
    monitoring_id: str
    observation_id: str
    """That raised it."""
    links: dict[str, str]
    """`self`, `page`, `decision`, `monitoring`, `observation`."""


class SignResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One sign of a warning, as it was when the warning was raised."""

    reads: str
    """A feature of the catalogue, or `score`, `pd`, `new_facility_count`, `feed_age_days`, `books_age_days`."""
    bound: Bound
    value: float | None
    """Null where it is not known."""
    before: float | None
    """At the decision."""
    level: float | None
    """Reached by a sign; null where only the change counts."""
    level_clear: float | None
    """Back at which it is over."""
    change: float | None
    """Since the decision, in the direction of `bound`; null where only the level counts."""
    change_clear: float | None
    holds: bool
    text: Text | None
    """Null where it does not hold."""


class WarningStepResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a warning after it was raised."""

    number: int
    kind: StepKind
    at: str
    by: PrincipalResponse
    owner: PrincipalResponse | None
    """Of an assignment."""
    until: date | None
    """Of a snooze."""
    answer: Answer | None
    text: str | None
    """What the person wrote."""
    found: Text | None
    """Of `raised_again`: every sign that held then."""
    documents: tuple[DocumentResponse, ...]
    """Behind them, without numbers and links."""


class WarningResponse(WarningSummary, frozen=True, kw_only=True):
    """A warning with its evidence and history."""

    triggers: str
    """Version of the file of triggers."""
    text: Text
    """Every sign that held."""
    signs: tuple[SignResponse, ...]
    documents: tuple[DocumentResponse, ...]
    """Behind the signs, the weightiest of each first."""
    documents_total: int
    """How many there are; the list may be shorter."""
    steps: tuple[WarningStepResponse, ...]


class WarningList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of warnings, newest first."""

    items: list[WarningSummary]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
