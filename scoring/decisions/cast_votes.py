"""Votes as steps of cases tell them, and which of them a report may count without telling of a person.

Figures over the votes of few people are figures of persons. So votes count by whole months that have ended, and a month
counts only if enough persons voted in it and none of them gave most of the votes. What two reports differ by is then
made of such months, too: no choice of days or products leaves a single person.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

import msgspec

from scoring.base.identifiers import day_in_berlin
from scoring.decisions.cases import (
    Case,
    Claimed,
    Linked,
    Reopened,
    ReviewReason,
    Step,
    Subject,
    Voted,
    after,
    agree,
)
from scoring.decisions.decision import Verdict

PERSONS_AT_LEAST: Final = 5
"""Who voted in a month that counts."""


class Place(StrEnum):
    """Which vote of a case it is; the second one is of the back office."""

    FIRST = "first"
    SECOND = "second"
    ESCALATED = "escalated"


class Agreement(StrEnum):
    """How a second vote stands to the first."""

    SAME = "same"
    OTHER_TERMS = "other_terms"
    """The same verdict over another amount, term or price."""
    OTHER_VERDICT = "other_verdict"


class Outcome(StrEnum):
    """What became of the loan, as ``models.outcomes`` defines it."""

    GOOD = "good"
    BAD = "bad"


class CastVote(msgspec.Struct, frozen=True, kw_only=True):
    """One vote, and what led to it."""

    by: str
    """The principal."""
    name: str
    on: date
    product: str
    place: Place
    verdict: Verdict
    reason: ReviewReason
    recommendation: Verdict
    """Of the machine."""
    is_override: bool
    had_opened: bool | None
    """Whether the person had opened the case or its decision before; None where that is not known."""
    is_late: bool
    result: Verdict | None
    """What it decided; None where another vote had to follow."""
    agreement: Agreement | None
    """With the first vote; None where it is the first, or follows an escalation."""
    free_seconds: int
    """From when it could be taken until it was claimed; the time in which the applicant was asked counts nowhere."""
    review_seconds: int
    """From the claim to the vote."""
    whole_seconds: int
    """From when the case began, or began anew, to the vote."""
    outcome: Outcome | None
    """Of the loan that the vote led to; None unless it is the last one of the case, and approves."""


class ReadCase(msgspec.Struct, frozen=True, kw_only=True):
    """What a report knows of a case."""

    first: Subject
    """The machine's first decision."""
    present: Case
    votes: tuple[CastVote, ...]
    waited_seconds: int | None
    """In which the applicant was asked; None where nothing was, or the answer is still to come."""

    @property
    def is_approved_by_person(self) -> bool:
        """Whether its last vote approved, and still counts."""
        resolution = self.present.resolution
        return resolution is not None and resolution.by_person and resolution.verdict is Verdict.APPROVE

    def with_outcome(self, outcome: Outcome) -> Self:
        """The same with what became of the loan that the last vote led to."""
        last = msgspec.structs.replace(self.votes[-1], outcome=outcome)
        return msgspec.structs.replace(self, votes=(*self.votes[:-1], last))


def read_case(steps: Sequence[Step]) -> ReadCase:
    """What a report knows of a case, but for its loan.

    Raises:
        ValueError: the steps do not follow each other.
    """
    case = after(None, steps[0])
    first, votes = case.subject, list[CastVote]()
    waited: timedelta | None = None
    began = free = claimed = timedelta()
    for step in steps[1:]:
        before, case = case, after(case, step)
        if before.waiting_since is not None and case.waiting_since is None:
            waited = (waited or timedelta()) + (_moment(step.at) - _moment(before.waiting_since))
        now = _moment(step.at) - _moment(case.opened_at) - (waited or timedelta())
        match step.facts:
            case Linked() | Reopened():
                began = free = now
            case Claimed():
                claimed = now
            case Voted() as facts:
                votes.append(_vote(before, case, step, facts, (now - began, claimed - free, now - claimed)))
                free = now
            case _:  # nothing that time is counted from
                pass
    seconds = None if waited is None else int(waited.total_seconds())
    return ReadCase(first=first, present=case, votes=tuple(votes), waited_seconds=seconds)


def _vote(before: Case, after_it: Case, step: Step, facts: Voted, times: tuple[timedelta, ...]) -> CastVote:
    place = Place.ESCALATED if before.is_escalated else Place.SECOND if before.votes else Place.FIRST
    agreement = None
    if place is Place.SECOND:
        _, first = before.votes[0]
        is_same_verdict = first.verdict is facts.verdict
        agreement = Agreement.OTHER_TERMS if is_same_verdict else Agreement.OTHER_VERDICT
        agreement = Agreement.SAME if agree(first, facts) else agreement
    whole, free, review = (max(int(one.total_seconds()), 0) for one in times)
    return CastVote(
        by=step.by or "",
        name=facts.name,
        on=day_in_berlin(_moment(step.at)),
        product=before.subject.product,
        place=place,
        verdict=facts.verdict,
        reason=facts.reason,
        recommendation=before.subject.recommendation,
        is_override=facts.is_override,
        had_opened=facts.had_opened,
        is_late=step.at > before.due_at,
        result=None if after_it.resolution is None else after_it.resolution.verdict,
        agreement=agreement,
        free_seconds=free,
        review_seconds=review,
        whole_seconds=whole,
        outcome=None,
    )


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Days that a report is about, both included."""

    since: date
    until: date

    def has(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.since <= day <= self.until

    def whole_months(self, today: date) -> tuple[date, ...]:
        """The first days of months that lie in it as a whole and have ended."""
        month = self.since if self.since.day == 1 else next_month(self.since)
        found = []
        while (following := next_month(month)) <= min(self.until + timedelta(days=1), today):
            found.append(month)
            month = following
        return tuple(found)


def next_month(day: date) -> date:
    """The first day of the month after that of a day."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def counted_months(
    votes: Iterable[CastVote], months: Collection[date], *, is_by_product: bool = False, is_by_place: bool = False
) -> tuple[date, ...]:
    """The months whose votes may be counted, told apart by product or place where that is said.

    Each part that they are told apart by must have enough persons for itself, else the parts that may be seen would
    tell of the one that may not. A month without votes counts: that nobody voted tells of nobody.

    Args:
        votes: of all products.
        months: their first days.
        is_by_product: whether votes of one product alone are wanted.
        is_by_place: whether first, second and escalated votes are told apart.
    """
    cells: dict[date, dict[tuple[str, str], Counter[str]]] = {month: {} for month in months}
    for vote in votes:
        month = vote.on.replace(day=1)
        if month in cells:
            key = (vote.product if is_by_product else "", vote.place.value if is_by_place else "")
            cells[month].setdefault(key, Counter())[vote.by] += 1
    return tuple(month for month in sorted(cells) if all(map(_is_of_many, cells[month].values())))


def _is_of_many(voters: Mapping[str, int]) -> bool:
    """Enough persons, of whom none gave more than half of the votes."""
    return len(voters) >= PERSONS_AT_LEAST and 2 * max(voters.values()) <= sum(voters.values())


def of_months(votes: Sequence[CastVote], months: Collection[date], product: str | None) -> Iterator[CastVote]:
    """The votes of months, of one product or all."""
    return (vote for vote in votes if vote.on.replace(day=1) in months and product in {None, vote.product})


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at)
