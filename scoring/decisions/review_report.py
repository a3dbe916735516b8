"""Figures on people's decisions: what is referred, how it ends, how long it takes, and how votes are given.

Whose votes may be counted is said in ``cast_votes``. A share or a time of fewer than five is not given, and each share
has its interval, so that few votes accuse nobody.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from math import sqrt
from statistics import median, quantiles
from typing import Final

import msgspec

from scoring.base.identifiers import day_in_berlin
from scoring.decisions.cases import CaseState, ReviewReason
from scoring.decisions.cast_votes import (
    Agreement,
    CastVote,
    Outcome,
    Period,
    Place,
    ReadCase,
    counted_months,
    of_months,
)
from scoring.decisions.decision import Verdict

FEWEST: Final = 5
"""Of which a share or a time is given."""
QUICK_SECONDS: Final = 120
"""A vote that comes sooner after the claim can hardly have been an examination."""
_Z: Final = 1.959964
"""Of a normal distribution, for 95 %."""
_OPEN: Final = (CaseState.OPEN, CaseState.WAITING, CaseState.SECOND_VOTE)


class ShareFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A share, with Wilson's interval of 95 %."""

    count: int
    of: int
    share: float | None
    """Null where there are fewer than five, as the next two."""
    low: float | None
    high: float | None


class TimeFigure(msgspec.Struct, frozen=True, kw_only=True):
    """How long something takes. The time in which the applicant was asked is left out, but where it is what is told."""

    count: int
    median_seconds: int | None
    """Null where there are fewer than five, as the next one."""
    ninth_decile_seconds: int | None
    """Nine of ten take at most so long."""


class MonthFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that were opened in one month."""

    month: date
    """Its first day."""
    opened: int
    referred: int


class CaseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that were opened in the period, and what the machine said first."""

    opened: int
    referred: ShareFigure
    """To a person, by the verdict."""
    recommendations: dict[Verdict, int]
    states: dict[CaseState, int]
    """Today."""
    waited: TimeFigure
    """For the applicant, of cases in which something was asked."""
    months: tuple[MonthFigure, ...]


class QueueFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What waits now, whenever it was opened."""

    states: dict[CaseState, int]
    late: int
    unclaimed: int
    oldest_days: int | None
    """Since the oldest one was opened; null where nothing waits."""


class ResultFigure(msgspec.Struct, frozen=True, kw_only=True):
    """What persons decided where the machine recommended something."""

    recommendation: Verdict
    result: Verdict
    count: int
    beyond_offer: int
    """Of approvals that the machine recommended, those with more than its offer."""


class ReasonFigure(msgspec.Struct, frozen=True, kw_only=True):
    """How often a vote had a reason."""

    verdict: Verdict
    reason: ReviewReason
    count: int


class Sign(StrEnum):
    """What may be a sign that votes are rubber stamps."""

    QUICK = "quick"
    """Sooner than two minutes after the claim."""
    FOLLOWS = "follows"
    """The verdict is what the machine recommended, where it recommended to approve or to decline."""
    UNOPENED = "unopened"
    """Neither the case nor its decision had been opened."""


BOUNDS: Final = {Sign.QUICK: 0.2, Sign.FOLLOWS: 0.95, Sign.UNOPENED: 0.02}
"""A sign is told where the whole interval is above."""


class SignFigure(msgspec.Struct, frozen=True, kw_only=True):
    """How often votes show a sign, among all or among first, second or escalated ones."""

    sign: Sign
    place: Place | None
    """Null for all of them."""
    share: ShareFigure
    bound: float
    is_noticed: bool
    """Whether the whole interval is above the bound: worth a look, and no finding about anybody."""


class LoanFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Loans that persons approved and of which it is known what became of them."""

    is_override: bool
    bad: ShareFigure


class AgreementFigure(msgspec.Struct, frozen=True, kw_only=True):
    """How second votes stand to the first."""

    same: int
    other_terms: int
    """The same verdict over another amount, term or price."""
    other_verdict: int


class VoteFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What persons did, in the months that count."""

    votes: int
    decided: int
    """Votes after which none had to follow."""
    results: tuple[ResultFigure, ...]
    overrides: ShareFigure
    """Of what was decided, the next two together."""
    towards_approval: ShareFigure
    """Approved where the machine recommended otherwise, or further than its offer."""
    towards_decline: ShareFigure
    """Declined where the machine recommended to approve."""
    agreement: AgreementFigure
    agreed: ShareFigure
    late: ShareFigure
    """Of what was decided."""
    reasons: tuple[ReasonFigure, ...]
    until_claim: TimeFigure
    until_vote: TimeFigure
    """From the claim."""
    until_decided: TimeFigure
    """From the beginning."""
    signs: tuple[SignFigure, ...]
    loans: tuple[LoanFigure, ...]


class ReviewReport(msgspec.Struct, frozen=True, kw_only=True):
    """Figures on people's decisions."""

    at: str
    since: date
    until: date
    """That day included."""
    product: str | None
    """Null for all."""
    cases: CaseFigures
    queue: QueueFigures
    months: tuple[date, ...]
    """First days of the months whose votes are counted."""
    months_left_out: tuple[date, ...]
    """Those in which so few persons voted that figures would tell of one."""
    votes: VoteFigures | None
    """Null where no month is counted."""
    damaged: tuple[str, ...]
    """Cases that were altered in the database; they are left out."""


class PersonFigure(msgspec.Struct, frozen=True, kw_only=True):
    """How one person votes."""

    principal_id: str
    name: str
    votes: int
    until_vote: TimeFigure
    overrides: ShareFigure
    quick: ShareFigure
    follows: ShareFigure
    unopened: ShareFigure


class PersonsReport(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of single persons."""

    at: str
    since: date
    """The first day whose votes count; later than was asked for where the works agreement reaches back less far."""
    until: date
    """That day included."""
    agreed_on: date
    """Of the works agreement."""
    persons: tuple[PersonFigure, ...]


def report_of(
    cases: Sequence[ReadCase],
    period: Period,
    *,
    product: str | None,
    now: str,
    open_since: date | None = None,
    damaged: Iterable[str] = (),
) -> ReviewReport:
    """The report on cases of one lender.

    Args:
        cases: all that were opened or voted on in the period, or are open.
        period: which days.
        product: only of this one.
        now: the present moment.
        open_since: from when on months count however few persons voted, by a works agreement that opens it to the
            reader.
        damaged: identifiers of cases that could not be read.
    """
    today = day_in_berlin(datetime.fromisoformat(now))
    mine = [one for one in cases if product in {None, one.present.subject.product}]
    votes = [vote for one in cases for vote in one.votes]
    whole = period.whole_months(today)
    opened_up = {month for month in whole if open_since is not None and month >= open_since}
    months = opened_up.union(counted_months(votes, whole, is_by_product=product is not None))
    by_place = opened_up.union(counted_months(votes, whole, is_by_product=product is not None, is_by_place=True))
    counted = list(of_months(votes, months, product))
    return ReviewReport(
        at=now,
        since=period.since,
        until=period.until,
        product=product,
        cases=_cases(mine, period, today),
        queue=_queue(mine, now, today),
        months=tuple(sorted(months)),
        months_left_out=tuple(month for month in whole if month not in months),
        votes=_votes(counted, list(of_months(votes, by_place & months, product))) if months else None,
        damaged=tuple(damaged),
    )


def persons_of(votes: Iterable[CastVote], *, since: date, until: date) -> tuple[PersonFigure, ...]:
    """How each person voted in days, both included; only for who may see it, see ``works_agreement``."""
    by: dict[str, list[CastVote]] = {}
    for vote in votes:
        if since <= vote.on <= until:
            by.setdefault(vote.by, []).append(vote)
    return tuple(
        PersonFigure(
            principal_id=principal_id,
            name=mine[-1].name,
            votes=len(mine),
            until_vote=time_of([vote.review_seconds for vote in mine]),
            overrides=_share(mine, lambda vote: vote.is_override),
            quick=_sign(mine, Sign.QUICK),
            follows=_sign(mine, Sign.FOLLOWS),
            unopened=_sign(mine, Sign.UNOPENED),
        )
        for principal_id, mine in sorted(by.items(), key=lambda pair: pair[1][-1].name)
    )


def share_of(count: int, of: int) -> ShareFigure:
    """A share with Wilson's interval, whose ends stay between 0 and 1 however few there are."""
    if of < FEWEST:
        return ShareFigure(count=count, of=of, share=None, low=None, high=None)
    share, around = count / of, _Z * _Z / of
    middle = (share + around / 2) / (1 + around)
    half = _Z * sqrt(share * (1 - share) / of + around / (4 * of)) / (1 + around)
    return ShareFigure(
        count=count,
        of=of,
        share=round(share, 4),
        low=round(max(middle - half, 0.0), 4),
        high=round(min(middle + half, 1.0), 4),
    )


def time_of(seconds: Sequence[int]) -> TimeFigure:
    """Median and ninth decile of times."""
    if len(seconds) < FEWEST:
        return TimeFigure(count=len(seconds), median_seconds=None, ninth_decile_seconds=None)
    return TimeFigure(
        count=len(seconds),
        median_seconds=round(median(seconds)),
        ninth_decile_seconds=round(quantiles(seconds, n=10, method="inclusive")[-1]),
    )


def _cases(cases: Iterable[ReadCase], period: Period, today: date) -> CaseFigures:
    opened = [one for one in cases if period.has(_opened_on(one))]
    by_month: dict[date, list[bool]] = {}
    for one in opened:
        by_month.setdefault(_opened_on(one).replace(day=1), []).append(one.first.verdict is Verdict.REFER)
    recommendations = Counter(one.first.recommendation for one in opened)
    states = Counter(one.present.state_on(today) for one in opened)
    return CaseFigures(
        opened=len(opened),
        referred=share_of(sum(map(sum, by_month.values())), len(opened)),
        recommendations={verdict: recommendations[verdict] for verdict in Verdict},
        states={state: states[state] for state in CaseState},
        waited=time_of([one.waited_seconds for one in opened if one.waited_seconds is not None]),
        months=tuple(
            MonthFigure(month=month, opened=len(found), referred=sum(found))
            for month, found in sorted(by_month.items())
        ),
    )


def _queue(cases: Iterable[ReadCase], now: str, today: date) -> QueueFigures:
    waiting = [one.present for one in cases if one.present.state_on(today) in _OPEN]
    states = Counter(case.state for case in waiting)
    return QueueFigures(
        states={state: states[state] for state in _OPEN},
        late=sum(case.due_at < now and case.state is not CaseState.WAITING for case in waiting),
        unclaimed=sum(case.claimed_by is None for case in waiting),
        oldest_days=_seconds(min(case.opened_at for case in waiting), now) // 86_400 if waiting else None,
    )


def _votes(votes: Sequence[CastVote], votes_by_place: Sequence[CastVote]) -> VoteFigures:
    decided = [vote for vote in votes if vote.result is not None]
    approved, declined = _towards(decided)
    results = Counter((vote.recommendation, vote.result) for vote in decided if vote.result is not None)
    agreement = Counter(vote.agreement for vote in votes if vote.agreement is not None)
    reasons = Counter((vote.verdict, vote.reason) for vote in votes)
    return VoteFigures(
        votes=len(votes),
        decided=len(decided),
        results=tuple(
            ResultFigure(
                recommendation=recommendation,
                result=result,
                count=count,
                beyond_offer=sum(_is_beyond(vote) for vote in decided) if (recommendation, result) == _BOTH else 0,
            )
            for (recommendation, result), count in sorted(results.items())
        ),
        overrides=share_of(approved + declined, len(decided)),
        towards_approval=share_of(approved, len(decided)),
        towards_decline=share_of(declined, len(decided)),
        agreement=AgreementFigure(**{one.value: agreement[one] for one in Agreement}),
        agreed=share_of(agreement[Agreement.SAME], agreement.total()),
        late=_share(decided, lambda vote: vote.is_late),
        reasons=tuple(
            ReasonFigure(verdict=verdict, reason=reason, count=count)
            for (verdict, reason), count in sorted(reasons.items(), key=lambda pair: (-pair[1], *pair[0]))
        ),
        until_claim=time_of([vote.free_seconds for vote in votes]),
        until_vote=time_of([vote.review_seconds for vote in votes]),
        until_decided=time_of([vote.whole_seconds for vote in decided]),
        signs=tuple(_signs(votes, votes_by_place)),
        loans=tuple(_loans(votes)),
    )


_BOTH: Final = (Verdict.APPROVE, Verdict.APPROVE)


def _is_beyond(vote: CastVote) -> bool:
    return (vote.recommendation, vote.result) == _BOTH and vote.is_override


def _towards(decided: Iterable[CastVote]) -> tuple[int, int]:
    """Overrides towards an approval, and towards a decline. A referral asks for a person: to decline it is none."""
    approved = declined = 0
    for vote in decided:
        is_recommended = vote.recommendation is Verdict.APPROVE
        if vote.result is Verdict.APPROVE:
            approved += not is_recommended or vote.is_override
        else:
            declined += is_recommended
    return approved, declined


def _signs(votes: Sequence[CastVote], votes_by_place: Sequence[CastVote]) -> Iterable[SignFigure]:
    groups: list[tuple[Place | None, Collection[CastVote]]] = [(None, votes)]
    places = {vote.place for vote in votes_by_place}
    if len(places) > 1:
        groups += [
            (place, [vote for vote in votes_by_place if vote.place is place]) for place in Place if place in places
        ]
    for sign, bound in BOUNDS.items():
        for place, group in groups:
            share = _sign(group, sign)
            is_noticed = share.low is not None and share.low > bound
            yield SignFigure(sign=sign, place=place, share=share, bound=bound, is_noticed=is_noticed)


def _sign(votes: Iterable[CastVote], sign: Sign) -> ShareFigure:
    match sign:
        case Sign.QUICK:
            return _share(votes, lambda vote: vote.review_seconds < QUICK_SECONDS)
        case Sign.FOLLOWS:
            clear = [vote for vote in votes if vote.recommendation is not Verdict.REFER]
            return _share(clear, lambda vote: vote.verdict is vote.recommendation)
        case Sign.UNOPENED:
            known = [vote for vote in votes if vote.had_opened is not None]
            return _share(known, lambda vote: not vote.had_opened)


def _loans(votes: Iterable[CastVote]) -> Iterable[LoanFigure]:
    known = [vote for vote in votes if vote.outcome is not None]
    for is_override in (False, True):
        mine = [vote for vote in known if vote.is_override is is_override]
        yield LoanFigure(is_override=is_override, bad=_share(mine, lambda vote: vote.outcome is Outcome.BAD))


def _share(votes: Iterable[CastVote], has: Callable[[CastVote], bool]) -> ShareFigure:
    found = [has(vote) for vote in votes]
    return share_of(sum(found), len(found))


def _opened_on(one: ReadCase) -> date:
    return day_in_berlin(datetime.fromisoformat(one.present.opened_at))


def _seconds(since: str, until: str) -> int:
    return int((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds())
