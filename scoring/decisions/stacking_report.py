"""Figures on stacking: at which funders a lender's borrowers owe, how much, and how many funders each one has.

They are counted from the newest decision of each borrower: loans, factoring contracts and overdrafts that it saw;
leases are left out, as in the rule on new facilities. Nothing here names a borrower: a counterparty without a code is
``UNKNOWN``. A sum of money to which fewer than ``FEWEST`` borrowers contribute is not given.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import msgspec

from forecast.facilities import Facility, FacilityKind, FacilityState, is_new
from forecast.instalments import OF_RHYTHM
from scoring.decisions.decision import SCHEMA, OwnLoans
from scoring.decisions.records import RecordError, schema_of
from scoring.decisions.review_report import FEWEST

UNKNOWN: Final = "unknown"
"""In place of a funder's code, for every counterparty that has none."""
OVERDRAFT: Final = FacilityKind.OVERDRAFT.value
"""In place of the code of a bank, for overdrafts in use: sevdesk does not name the bank of an account."""
STACKED: Final = 2
"""Of so many new facilities on a borrower is stacked."""
MOST: Final = 4
"""So many funders and more are told together."""
_FIRST_SCHEMA: Final = 6
"""Earlier records do not say what the firm owes elsewhere."""


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a decision's borrowings that is counted; see ``forecast.facilities.Borrowings``."""

    facilities: tuple[Facility, ...]
    new_count: int | None
    funder_count: int


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """What one borrower owed elsewhere on the day of its newest decision."""

    as_of: date
    owed: Owed
    has_own_loan: bool
    """Whether a loan of the lender itself was open."""


class FunderFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Loans and factoring contracts of one funder that have not ended. Money in cents."""

    funder: str
    """A code of ``docs/facilities.md``, ``overdraft`` or ``unknown``."""
    borrowers: int
    with_own_loan: int
    """Of these borrowers, those with an open loan of the lender itself."""
    facilities: int
    new: int
    """Of these, begun within 90 days before the decision."""
    new_not_known: int
    """Of these, those that look so, where bank data do not reach back far enough to tell."""
    remaining_low_cents: int | None
    """Principal still owed; null where it is known of fewer than five borrowers, as the next two."""
    remaining_cents: int | None
    remaining_high_cents: int | None
    without_remaining: int
    """Facilities of which it is not known; they are not in the sums."""
    monthly_cents: int | None
    """Instalments a month; null where they are known of fewer than five borrowers."""
    without_instalment: int
    """Facilities without a regular instalment; they are not in the sum."""


class CountFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Borrowers with so many funders."""

    funders: int
    """4 stands for four and more."""
    borrowers: int
    with_own_loan: int


class NewFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Borrowers with two or more new loans and factoring contracts."""

    borrowers: int
    with_own_loan: int
    not_known: int
    """Borrowers whose bank data do not reach back far enough to tell what is new."""


class StackingReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report on one lender's borrowers."""

    at: str
    since: date
    until: date
    borrowers: int
    """With a decision in these days."""
    not_known: int
    """Of these, those whose newest decision does not say what they owe elsewhere."""
    funders: tuple[FunderFigure, ...]
    """By the number of borrowers."""
    counts: tuple[CountFigure, ...]
    new: NewFigure
    damaged: tuple[str, ...]
    """Decisions that were altered; their borrowers are left out."""


class _Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    own_loans: OwnLoans | None = None


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    as_of: date
    circumstances: _Circumstances
    borrowings: Owed | None = None


_decoder: Final = msgspec.json.Decoder(_Record)


def position_in(content: bytes) -> Position | None:
    """What a decision's record says of loans elsewhere, read without the rest of it.

    Returns:
        None where it says nothing: it is of an earlier schema, or of one that this version does not know, its policy
        did not look, or no bank lines were read.

    Raises:
        RecordError: the bytes are no record.
    """
    if not _FIRST_SCHEMA <= schema_of(content) <= SCHEMA:
        return None
    try:
        found = _decoder.decode(content)
    except msgspec.DecodeError as error:
        raise RecordError("is no decision") from error
    if found.borrowings is None:
        return None
    own = found.circumstances.own_loans
    return Position(as_of=found.as_of, owed=found.borrowings, has_own_loan=own is not None and own.open_count > 0)


class Counting:
    """Counts borrowers one by one, so that none of them has to be kept."""

    def __init__(self) -> None:
        """Begin with none."""
        self._borrowers = self._known = self._new_not_known = 0
        self._by_funder: dict[str, _Funder] = defaultdict(_Funder)
        self._counts: Counter[int] = Counter()
        self._stacked = 0
        self._own_counts: Counter[int] = Counter()
        self._own_stacked = 0

    def add(self, found: Position | None) -> None:
        """Count one borrower; None where it is not known what it owes elsewhere."""
        self._borrowers += 1
        if found is None:
            return
        self._known += 1
        owed, own = found.owed, int(found.has_own_loan)
        group = min(owed.funder_count, MOST)
        self._counts[group] += 1
        self._own_counts[group] += own
        if owed.new_count is None:
            self._new_not_known += 1
        elif owed.new_count >= STACKED:
            self._stacked += 1
            self._own_stacked += own
        by_funder: dict[str, list[Facility]] = defaultdict(list)
        for one in owed.facilities:
            if one.kind is not FacilityKind.LEASE and one.state is not FacilityState.ENDED:
                by_funder[one.funder or (OVERDRAFT if one.kind is FacilityKind.OVERDRAFT else UNKNOWN)].append(one)
        for funder, facilities in by_funder.items():
            self._by_funder[funder].add(facilities, found)

    def report(self, *, at: str, since: date, until: date, damaged: Sequence[str] = ()) -> StackingReport:
        """The report on all that were counted.

        Args:
            at: the present.
            since: the first day of the decisions.
            until: the last one.
            damaged: decisions that were altered.
        """
        figures = [one.figure(funder) for funder, one in self._by_funder.items()]
        return StackingReport(
            at=at,
            since=since,
            until=until,
            borrowers=self._borrowers,
            not_known=self._borrowers - self._known,
            funders=tuple(sorted(figures, key=lambda one: (-one.borrowers, one.funder))),
            counts=tuple(
                CountFigure(funders=group, borrowers=self._counts[group], with_own_loan=self._own_counts[group])
                for group in range(MOST + 1)
            ),
            new=NewFigure(borrowers=self._stacked, with_own_loan=self._own_stacked, not_known=self._new_not_known),
            damaged=tuple(damaged),
        )


@dataclass(slots=True)
class _Sum:
    """Of what is known."""

    cents: int = 0
    borrowers: int = 0

    def add(self, amounts: Iterable[int | None]) -> None:
        """Of the facilities of one more borrower."""
        known = [one for one in amounts if one is not None]
        self.cents += sum(known)
        self.borrowers += bool(known)

    @property
    def given(self) -> int | None:
        """None where it is of too few."""
        return self.cents if self.borrowers >= FEWEST else None


@dataclass(slots=True)
class _Funder:
    borrowers: int = 0
    with_own_loan: int = 0
    facilities: int = 0
    new: int = 0
    new_not_known: int = 0
    without_remaining: int = 0
    without_instalment: int = 0
    low: _Sum = field(default_factory=_Sum)
    expected: _Sum = field(default_factory=_Sum)
    high: _Sum = field(default_factory=_Sum)
    yearly: _Sum = field(default_factory=_Sum)

    def add(self, found: Sequence[Facility], position: Position) -> None:
        """The facilities of one more borrower."""
        new, yearly = sum(is_new(one, position.as_of) for one in found), [_yearly_cents(one) for one in found]
        self.borrowers += 1
        self.with_own_loan += position.has_own_loan
        self.facilities += len(found)
        if position.owed.new_count is None:
            self.new_not_known += new
        else:
            self.new += new
        self.without_remaining += sum(one.remaining_cents is None for one in found)
        self.without_instalment += sum(one is None for one in yearly)
        self.low.add(one.remaining_low_cents for one in found)
        self.expected.add(one.remaining_cents for one in found)
        self.high.add(one.remaining_high_cents for one in found)
        self.yearly.add(yearly)

    def figure(self, funder: str) -> FunderFigure:
        """What is told of it; only the sum of instalments is rounded."""
        yearly = self.yearly.given
        return FunderFigure(
            funder=funder,
            borrowers=self.borrowers,
            with_own_loan=self.with_own_loan,
            facilities=self.facilities,
            new=self.new,
            new_not_known=self.new_not_known,
            remaining_low_cents=self.low.given,
            remaining_cents=self.expected.given,
            remaining_high_cents=self.high.given,
            without_remaining=self.without_remaining,
            monthly_cents=None if yearly is None else (yearly + 6) // 12,
            without_instalment=self.without_instalment,
        )


def _yearly_cents(one: Facility) -> int | None:
    if one.instalment_cents is None or one.rhythm is None:
        return None
    return one.instalment_cents * OF_RHYTHM[one.rhythm].a_year
