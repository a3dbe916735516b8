"""What a firm already owes for: loans, leases, factoring and overdrafts, and what they will cost by month.

A facility is a sequence of instalments to one funder, or a pay-out of a loan without any yet. What bank lines do not
tell (the contract's term, its rate, a grace period) is bounded by how such funders lend (``LENDING``), so each
projection is a range. Where the lines do not even tell a rhythm, the facility names the cause. ``docs/facilities.md``
has the rules and the reasons for the constants.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import msgspec
import numpy as np
import polars as pl

from features.ledger import Ledger, Resource, collect
from features.overdrafts import Overdraft, overdrafts
from forecast.debt_service import (
    MONTHS,
    Months,
    after_grace,
    balance_after,
    by_month,
    dues_of,
    every_month,
    in_months,
    instalments_left,
    level_cents,
    redemptions_of,
)
from forecast.instalments import (
    MONTHLY,
    RECENT_DAYS,
    Line,
    Party,
    Payment,
    Rhythm,
    Step,
    Stream,
    parties_of,
    step_of,
    streams_of,
    take_payouts,
)

NEW_DAYS: Final = 90
"""A facility is new for so many days from its first trace."""
KNOWN_DAYS: Final = 180
"""Bank data must reach back so many days, or what is new cannot be told from what only became visible."""
EVIDENCE: Final = 20
"""Lines that are named for a facility at most: the newest."""


class FacilityKind(StrEnum):
    """What the firm uses."""

    LOAN = "loan"
    LEASE = "lease"
    FACTORING = "factoring"
    OVERDRAFT = "overdraft"
    """An account that lives below zero, with or without an agreed line."""


class FacilityState(StrEnum):
    """How far a facility is."""

    NOT_STARTED = "not_started"
    """Paid out, and no instalment was seen yet."""
    RUNNING = "running"
    STOPPED = "stopped"
    """No instalment is seen any more, although less was paid than what was paid out."""
    ENDED = "ended"


class Course(StrEnum):
    """How instalments develop."""

    LEVEL = "level"
    FALLING = "falling"
    GROWN = "grown"
    """They became larger, as after a grace period."""
    INTEREST_ONLY = "interest_only"
    """They pay no more than interest: principal is still to come, in instalments or at once."""
    BALLOON = "balloon"
    """They repay too little: a last, large instalment is to come."""
    REVOLVING = "revolving"
    """No instalments: what is used is repaid from what customers pay."""


class FacilityCause(StrEnum):
    """Why less is known of a facility than of others."""

    ONE_PAYMENT = "one_payment"
    FEW_PAYMENTS = "few_payments"
    IRREGULAR = "irregular"
    NO_INSTALMENT = "no_instalment"
    """The loan was paid out, and no instalment was seen yet."""
    PAYOUT_NOT_SEEN = "payout_not_seen"
    """What was lent is not known, so neither is what remains."""
    GRACE_UNKNOWN = "grace_unknown"
    """The same, of a promotional loan whose level instalments may be interest alone: repayment may be still to come."""
    REFINANCED = "refinanced"
    """It ended when another loan was paid out."""
    LINE_NOT_TOLD = "line_not_told"
    """The books tell how far an overdraft was used, and not up to where it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lending:
    """How a kind of funder lends: what is usual in the market, not what one contract says."""

    terms: tuple[int, int, int]
    """Months from pay-out to the last instalment: shortest, usual, longest."""
    rates: tuple[float, float, float]
    """Interest a year: lowest, usual, highest."""
    grace: tuple[int, int, int] | None = None
    """Months without repayment: longest, usual, shortest; None where such loans are repaid at once at their end."""


LENDING: Final[Mapping[str, Lending]] = MappingProxyType(
    {
        "promotional": Lending(terms=(60, 120, 180), rates=(0.01, 0.05, 0.09), grace=(36, 24, 12)),
        "bank": Lending(terms=(12, 60, 180), rates=(0.03, 0.07, 0.14)),
        "card": Lending(terms=(12, 48, 96), rates=(0.03, 0.08, 0.16)),
        "car": Lending(terms=(12, 48, 72), rates=(0.0, 0.06, 0.12)),
        "lessor": Lending(terms=(12, 48, 84), rates=(0.0, 0.06, 0.15)),
        "online": Lending(terms=(3, 12, 60), rates=(0.05, 0.2, 0.45)),
        "advance": Lending(terms=(3, 9, 24), rates=(0.05, 0.2, 0.45)),
    }
)
"""By the kind in a funder's code."""
UNKNOWN_LENDING: Final = Lending(terms=(6, 48, 180), rates=(0.0, 0.08, 0.2))
"""Of a counterparty that is no known funder."""


class Facility(msgspec.Struct, frozen=True, kw_only=True):
    """One facility as it is seen on a day. Money in cents."""

    kind: FacilityKind
    funder: str | None
    """Code of ``scoring.sources.bank_lines.funders``; None where the counterparty is not known as one."""
    party: int
    """Facilities of one firm with the same number have the same counterparty; 0 where the lines name none."""
    state: FacilityState
    course: Course | None
    """None where too little was seen."""
    rhythm: Rhythm | None
    instalment_cents: int | None
    """The latest regular one."""
    payments: int
    """Instalments seen; of factoring, pay-outs and fees; of an overdraft, days of a year that ended below zero."""
    first_on: date
    """The first line: pay-out or instalment."""
    last_on: date
    """The last one."""
    paid_out_cents: int | None
    """What was paid out, where the lines show it."""
    ends_earliest: date | None = None
    ends_expected: date | None = None
    ends_latest: date | None = None
    """Bounds of the last instalment; None where nothing tells."""
    remaining_low_cents: int | None = None
    remaining_cents: int | None = None
    remaining_high_cents: int | None = None
    """Principal still owed; of an overdraft, what is drawn today."""
    used_at_most_cents: int | None = None
    """Of an overdraft, the most that was drawn at the end of a day within a year: its line is at least as large."""
    cause: FacilityCause | None = None
    lines: tuple[int | str, ...] = ()
    """Identifiers of bank lines, the newest first."""


class Borrowings(msgspec.Struct, frozen=True, kw_only=True):
    """What a firm owes for on a day."""

    facilities: tuple[Facility, ...]
    """By the day of the first line; those that ended more than a year ago are left out."""
    expected: tuple[int, ...]
    """Debt service in cents within each of the next ``MONTHS`` months; the first begins the day after observation."""
    low: tuple[int, ...]
    high: tuple[int, ...]
    new_count: int | None
    """Loans and factoring that began within ``NEW_DAYS``; None where bank data do not reach back ``KNOWN_DAYS``."""
    funder_count: int
    """Counterparties of loans and factoring that have not ended, and overdrafts in use: positions by funder."""
    extra_cents: int = 0
    """Paid within the last twelve full months beyond usual instalments: what was redeemed, and extra repayments."""
    refinanced_cents: int = 0
    """Of these, at most what loans paid out around the same days."""

    def new_ones(self, as_of: date) -> tuple[Facility, ...]:
        """What ``new_count`` counts."""
        return tuple(one for one in self.facilities if is_new(one, as_of))

    def unclear_ones(self) -> tuple[Facility, ...]:
        """Whose repayment may be still to come."""
        return tuple(one for one in self.facilities if one.cause is FacilityCause.GRACE_UNKNOWN)


def is_new(one: Facility, as_of: date) -> bool:
    """Whether a loan or a factoring contract that has not ended began within ``NEW_DAYS``.

    When an overdraft was agreed is not in the books; that levels fall is seen by what looks at levels.
    """
    is_borrowed = one.kind in {FacilityKind.LOAN, FacilityKind.FACTORING} and one.state is not FacilityState.ENDED
    return is_borrowed and (as_of - one.first_on).days < NEW_DAYS


def highest_year_cents(months: Sequence[int], term_months: int) -> int:
    """The largest sum of twelve months in a row that begin and end within a loan's term, or of the first twelve.

    Args:
        months: as ``Borrowings.expected``.
        term_months: of the loan that is asked for.
    """
    last = max(0, min(term_months, len(months)) - 12)
    return max(sum(months[first : first + 12]) for first in range(last + 1))


_FUNDED: Final = ("loan_service", "lease", "loan_proceeds", "factoring_payout", "factoring_fee", "returned_debit")
_IS_FUNDED: Final = pl.col("category").is_in(_FUNDED) & (pl.col("transfer") == "none") & ~pl.col("is_duplicate")
_IS_PROVEN: Final = (pl.col("amount_cents") < 0) | pl.col("is_fed")
_IS_ANY: Final = pl.lit(value=True)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_COLUMNS: Final = (
    pl.col("transaction_id", "amount_cents", "category", "funder", "counterparty_account", "counterparty"),
    pl.col("happened_on").cast(pl.Int32) + _EPOCH,
)


def facilities(ledger: Ledger, spine: pl.DataFrame) -> list[Borrowings | None]:
    """The facilities of each point of a spine, in its order; None where bank lines were not fetched.

    Only facts that were visible on that day count, and only those of that borrower.

    Args:
        ledger: of one or many borrowers.
        spine: see ``features.spine``.
    """
    if not {Resource.TRANSACTIONS, Resource.RECOGNITION} <= ledger.fetched:
        return [None] * spine.height
    lines = ledger.transactions
    borrowers, happened, recorded = (lines[name].to_numpy() for name in ("borrower", "happened_on", "recorded_on"))
    fed = lines["is_fed"].to_numpy()
    has_levels = {Resource.ACCOUNTS, Resource.BALANCES} <= ledger.fetched
    found: list[Borrowings | None] = []
    for borrower, as_of in zip(spine["borrower"].to_list(), spine["as_of"].to_list(), strict=True):
        today = np.datetime64(as_of)
        visible = (borrowers == borrower) & (happened <= today) & (recorded <= today)
        days = happened[visible]
        if not len(days):
            found.append(_NOTHING)
            continue
        first, until = (int(day.astype(np.int64)) + _EPOCH for day in (days.min(), days.max()))
        is_seen = (pl.col("borrower") == borrower) & (pl.col("happened_on") <= as_of) & (pl.col("recorded_on") <= as_of)
        # Money in that somebody entered beside what the bank delivers was paid out by nobody.
        counts = _IS_PROVEN if fed[visible].any() else _IS_ANY
        funded = collect(lines.lazy().filter(_IS_FUNDED & counts & is_seen).select(_COLUMNS))
        seen = [Line(*row) for row in funded.rows()]
        seen.sort(key=lambda line: (line.day, line.id))
        view = _View(first=first, until=until, as_of=as_of, as_of_ordinal=as_of.toordinal())
        found.append(_borrowings(seen, overdrafts(ledger, borrower, as_of) if has_levels else [], view))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What was seen on the day of observation."""

    first: int
    """Ordinal of the first bank line of the firm."""
    until: int
    """Of the last one: silence after it says nothing."""
    as_of: date
    as_of_ordinal: int
    """Its ordinal."""


def _borrowings(lines: list[Line], overdrawn: Iterable[Overdraft], view: _View) -> Borrowings:
    found: list[tuple[Facility, Months]] = [(_overdraft(one), Months()) for one in overdrawn]
    parties = parties_of(lines)
    redeemed = redemptions_of(parties, view.as_of, view.until)
    for party in parties:
        found += _of_party(party, view)
    kept = [
        pair for pair in found if pair[0].state is not FacilityState.ENDED or (view.as_of - pair[0].last_on).days <= 365
    ]
    kept.sort(key=lambda pair: (pair[0].first_on, pair[0].lines))
    kept = _refinanced(kept)
    open_ones = [one for one, _ in kept if one.state is not FacilityState.ENDED and one.kind is not FacilityKind.LEASE]
    return Borrowings(
        facilities=tuple(one for one, _ in kept),
        low=_added(months.low for _, months in kept),
        expected=_added(months.expected for _, months in kept),
        high=_added(months.high for _, months in kept),
        new_count=None
        if view.as_of_ordinal - view.first < KNOWN_DAYS
        else sum(is_new(one, view.as_of) for one in open_ones),
        funder_count=len({one.party for one in open_ones if one.party}) + sum(not one.party for one in open_ones),
        extra_cents=redeemed.extra_cents,
        refinanced_cents=redeemed.refinanced_cents,
    )


_NOTHING: Final = Borrowings(
    facilities=(), expected=(0,) * MONTHS, low=(0,) * MONTHS, high=(0,) * MONTHS, new_count=None, funder_count=0
)


def _added(each: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip((0,) * MONTHS, *each, strict=True)))


def _of_party(party: Party, view: _View) -> list[tuple[Facility, Months]]:
    lending = LENDING.get((party.funder or "").partition("/")[0], UNKNOWN_LENDING)
    payouts, streams, found = list(party.payouts), streams_of(party.loans, view.until), []
    for number, stream in enumerate(streams):
        taken = take_payouts(stream, payouts, view.until, is_last=number == len(streams) - 1)
        found.append(_Seen(party, FacilityKind.LOAN, stream, taken, lending, view).read())
    leases = streams_of(party.leases, view.until)
    found += [_Seen(party, FacilityKind.LEASE, stream, [], lending, view).read() for stream in leases]
    found += [one for payout in payouts if (one := _not_started(party, payout, lending, view)) is not None]
    if party.factoring:
        found.append((_factoring(party, view), Months()))
    return found


@dataclass(slots=True)
class _Seen:
    """One stream of instalments, and what follows from it."""

    party: Party
    kind: FacilityKind
    stream: Stream
    payouts: list[Payment]
    lending: Lending
    view: _View

    def read(self) -> tuple[Facility, Months]:
        """The facility, and its debt service by month."""
        payments = self.stream.payments
        step, cause = None if self.stream.is_mixed else step_of(payments), None
        if len(payments) == 1:
            cause = FacilityCause.ONE_PAYMENT
        elif step is None:
            cause = FacilityCause.IRREGULAR
        elif len(payments) < 3 and step.days <= MONTHLY.days:
            cause = FacilityCause.FEW_PAYMENTS
        lent = sum(one.cents for one in self.payouts)
        paid = sum(one.cents for one in payments)
        wait = RECENT_DAYS if step is None and len(payments) == 1 else (2 * step.days + 10 if step else 2 * RECENT_DAYS)
        is_silent = self.view.until - self.stream.last.day > wait
        state = FacilityState.RUNNING
        if is_silent:
            state = FacilityState.STOPPED if lent and 10 * paid < 9 * lent else FacilityState.ENDED
        elif lent and self._is_redeemed(paid, lent):
            state = FacilityState.ENDED
        base = Facility(
            kind=self.kind,
            funder=self.party.funder,
            party=self.party.number,
            state=state,
            course=None,
            rhythm=None if step is None else step.rhythm,
            instalment_cents=None if step is None else self.stream.last.cents,
            payments=len(payments),
            first_on=date.fromordinal(min(one.day for one in (*self.payouts, payments[0]))),
            last_on=date.fromordinal(self.stream.last.day),
            paid_out_cents=lent or None,
            cause=cause,
            lines=tuple(one.id for one in sorted([*payments, *self.payouts], reverse=True)[:EVIDENCE]),
        )
        if state is FacilityState.ENDED:
            return base, Months()
        if step is None:
            return self._without_rhythm(base, payments, lent)
        balances = self._balances() if lent else (0, 0, 0)
        # More was paid than a pay-out of that sum explains at any rate: it was not the only one.
        if balances[2] == 0:
            return self._without_payout(base, step)
        return self._with_payout(base, step, balances)

    def _is_redeemed(self, paid: int, lent: int) -> bool:
        """Whether the last payment was a large one that repaid the rest."""
        before = self.stream.runs[-2][-1].cents if len(self.stream.runs) > 1 else self.stream.last.cents
        return len(self.stream.runs[-1]) == 1 and self.stream.last.cents >= 3 * before and paid >= lent

    def _without_rhythm(self, base: Facility, payments: list[Payment], lent: int) -> tuple[Facility, Months]:
        """One payment, or irregular ones: the range is what was seen of months."""
        if len(payments) == 1:
            cents = payments[0].cents
            if lent:
                balances = self._balances()
                terms = [max(1, term - self._age(self.payouts[0].day)) for term in reversed(self.lending.terms)]
                by_term = [level_cents(balances[n], self.lending.rates[n], term) for n, term in enumerate(terms)]
                months = Months(*(every_month(amount, term) for amount, term in zip(by_term, terms, strict=True)))
                return self._owing(base, balances), months
            # Leases are paid by the month. What else is paid once may never be paid again.
            is_lease = self.kind is FacilityKind.LEASE
            goes_on = (cents,) * MONTHS
            return base, Months(expected=goes_on if is_lease else (0,) * MONTHS, high=goes_on)
        span = min(12, max(1, (self.view.until - payments[0].day + 29) // 30))
        sums = [0] * span
        for payment in payments:
            number = (self.view.until - payment.day) // 30
            if number < span:
                sums[number] += payment.cents
        mean = -(-sum(sums) // span)
        each = Months(low=(min(sums),) * MONTHS, expected=(mean,) * MONTHS, high=(max(sums),) * MONTHS)
        return (self._owing(base, self._balances()) if lent else base), each

    def _without_payout(self, base: Facility, step: Step) -> tuple[Facility, Months]:
        """Neither the sum nor the term is known: it goes on, as far as such contracts may."""
        due = dues_of(date.fromordinal(self.stream.last.day), step, self.view.as_of)
        cents = self.stream.last.cents
        began = self.stream.runs[0][0].day
        is_start_seen = began - self.view.first > 2 * step.days
        after = self._repayment_after_grace(due, step)
        cause = FacilityCause.GRACE_UNKNOWN if after else base.cause or FacilityCause.PAYOUT_NOT_SEEN
        base = msgspec.structs.replace(base, course=self._course(), cause=cause)
        if not is_start_seen:
            goes_on = by_month(due, cents)
            return base, Months(expected=goes_on, high=after or goes_on)
        shortest, _, longest = self.lending.terms
        earliest, latest = (max(0, term - self._age(began)) for term in (shortest, longest))
        # A contract that already lasts longer than is usual may end any day, or go on.
        latest = latest or MONTHS
        base = msgspec.structs.replace(
            base,
            ends_earliest=in_months(self.view.as_of, earliest),
            ends_latest=in_months(self.view.as_of, latest),
        )
        goes_on = by_month(due, cents, until=latest)
        return base, Months(low=by_month(due, cents, until=earliest), expected=goes_on, high=after or goes_on)

    def _repayment_after_grace(self, due: Sequence[int], step: Step) -> list[int] | None:
        """What a loan costs whose instalments are interest alone at the usual rate, if repayment begins early.

        None where it repays already: its instalments fall or have grown, or last longer than any grace period.
        """
        grace, age, cents = self.lending.grace, self._age(self.stream.runs[0][0].day), self.stream.last.cents
        if (
            grace is None
            or self.kind is not FacilityKind.LOAN
            or self.payouts
            or age >= grace[0]
            or self._course() is not Course.LEVEL
        ):
            return None
        rate = self.lending.rates[1]
        begins = max(step.months or 1, grace[2] - age)
        ends = max(begins + 12, self.lending.terms[0] - age)
        return after_grace(due, cents, round(cents * step.a_year / rate), rate, begins, ends)

    def _with_payout(self, base: Facility, step: Step, balances: Sequence[int]) -> tuple[Facility, Months]:
        """What was lent is known: what remains follows from the rate, which is bounded."""
        age, cents = self._age(self.payouts[0].day), self.stream.last.cents
        longest = max(1, self.lending.terms[2] - age) * step.a_year // 12
        counts = [
            instalments_left(balance, cents, rate / step.a_year, longest)
            for balance, rate in zip(balances, self.lending.rates, strict=True)
        ]
        due = dues_of(date.fromordinal(self.stream.last.day), step, self.view.as_of)
        if counts[0] is None:  # not even at the lowest rate within the longest term
            lent = sum(one.cents for one in self.payouts)
            is_interest = cents * step.a_year <= self.lending.rates[2] * balances[1]
            base = msgspec.structs.replace(base, course=Course.INTEREST_ONLY if is_interest else Course.BALLOON)
            if is_interest:
                # What was paid is interest, so all that was lent is still owed.
                balances = (balances[0], lent, max(lent, balances[2]))
            return self._with_rest(self._owing(base, balances), step, due, balances, age)
        ends = [count if count is not None else longest for count in counts]
        monthly = [by_month(due, cents, count=count) for count in ends]
        found = msgspec.structs.replace(self._owing(base, balances), course=self._course())
        return self._ending(found, [max(1, -(-count * 12 // step.a_year)) for count in ends]), Months(*monthly)

    def _with_rest(
        self, base: Facility, step: Step, due: Sequence[int], balances: Sequence[int], age: int
    ) -> tuple[Facility, Months]:
        """Interest alone, or too little: principal begins after a grace period, or is due at once at the end."""
        cents = self.stream.last.cents
        rate = min(self.lending.rates[2], cents * step.a_year / max(1, balances[1]))
        ends, monthly = [], []
        terms = [self.lending.terms[2], self.lending.terms[1], self.lending.terms[0]]
        for number, term in enumerate(terms):
            # What is past its usual end goes on for a year, or for a quarter at worst.
            left = term - age if term > age else (36, 12, 3)[number]
            if base.course is Course.INTEREST_ONLY and self.lending.grace is not None:
                begins = max(step.months or 1, self.lending.grace[number] - age)
                left = max(left, begins + 12)
                months = after_grace(due, cents, balances[number], rate, begins, left)
            else:
                principal = balances[number]
                if base.course is Course.BALLOON:
                    principal = balance_after(principal, cents, self.lending.rates[number], step, left)
                months = list(by_month(due, cents, until=left))
                if left <= MONTHS:
                    months[left - 1] += principal
            ends.append(left)
            monthly.append(months)
        ends.sort()
        return self._ending(base, ends), Months(*monthly)

    def _ending(self, base: Facility, months: Sequence[int]) -> Facility:
        earliest, expected, latest = (in_months(self.view.as_of, one) for one in months)
        return msgspec.structs.replace(base, ends_earliest=earliest, ends_expected=expected, ends_latest=latest)

    @staticmethod
    def _owing(base: Facility, balances: Sequence[int]) -> Facility:
        # They are rounded apart from each other.
        low, expected, high = sorted(balances)
        return msgspec.structs.replace(
            base, remaining_low_cents=low, remaining_cents=expected, remaining_high_cents=high
        )

    def _course(self) -> Course:
        before = self.stream.runs[-2] if len(self.stream.runs) > 1 else None
        if before is None:
            return Course.LEVEL
        if 2 * self.stream.last.cents >= 3 * before[-1].cents:
            return Course.GROWN
        is_falling = all(later[0].cents < earlier[0].cents for earlier, later in pairwise(self.stream.runs[-4:]))
        return Course.FALLING if is_falling and len(self.stream.runs) > 2 else Course.LEVEL

    def _age(self, since: int) -> int:
        """Full months from a day to the day of observation."""
        return max(0, (self.view.as_of_ordinal - since) * 12 // 365)

    def _balances(self) -> tuple[int, int, int]:
        """What is owed today at the lowest, the usual and the highest rate, at least 0."""
        moves = sorted(
            [(one.day, one.cents) for one in self.payouts] + [(one.day, -one.cents) for one in self.stream.payments]
        )
        found = []
        for rate in self.lending.rates:
            balance, since = 0.0, moves[0][0]
            for day, cents in moves:
                balance += balance * rate * (day - since) / 365 + cents
                if balance < 0.0:  # noqa: PLR1730  max() takes three times as long
                    balance = 0.0
                since = day
            found.append(round(balance))
        return (found[0], found[1], found[2])


def _not_started(party: Party, payout: Payment, lending: Lending, view: _View) -> tuple[Facility, Months] | None:
    """A loan without any instalment: repaid within the terms that such funders have."""
    age = max(0, (view.as_of_ordinal - payout.day) * 12 // 365)
    left = [term - age for term in reversed(lending.terms)]
    if left[0] <= 0:
        return None
    monthly = [
        every_month(level_cents(payout.cents, rate, months), months) if months > 0 else (0,) * MONTHS
        for rate, months in zip(lending.rates, left, strict=True)
    ]
    ends = sorted(in_months(view.as_of, max(1, months)) for months in left)
    found = Facility(
        kind=FacilityKind.LOAN,
        funder=party.funder,
        party=party.number,
        state=FacilityState.NOT_STARTED,
        course=None,
        rhythm=None,
        instalment_cents=None,
        payments=0,
        first_on=date.fromordinal(payout.day),
        last_on=date.fromordinal(payout.day),
        paid_out_cents=payout.cents,
        ends_earliest=ends[0],
        ends_expected=ends[1],
        ends_latest=ends[2],
        remaining_low_cents=payout.cents if left[2] > 0 else 0,
        remaining_cents=payout.cents if left[1] > 0 else 0,
        remaining_high_cents=payout.cents,
        cause=FacilityCause.NO_INSTALMENT,
        lines=(payout.id,),
    )
    return found, Months(*monthly)


def _factoring(party: Party, view: _View) -> Facility:
    lines = party.factoring
    is_silent = view.until - lines[-1].day > 2 * RECENT_DAYS
    return Facility(
        kind=FacilityKind.FACTORING,
        funder=party.funder,
        party=party.number,
        state=FacilityState.ENDED if is_silent else FacilityState.RUNNING,
        course=Course.REVOLVING,
        rhythm=None,
        instalment_cents=None,
        payments=len(lines),
        first_on=date.fromordinal(lines[0].day),
        last_on=date.fromordinal(lines[-1].day),
        paid_out_cents=None,
        lines=tuple(one.id for one in sorted(lines, reverse=True)[:EVIDENCE]),
    )


def _overdraft(seen: Overdraft) -> Facility:
    """Without instalments: what it costs is interest, which is among loans or running costs."""
    return Facility(
        kind=FacilityKind.OVERDRAFT,
        funder=None,
        party=0,
        state=FacilityState.RUNNING if seen.is_in_use else FacilityState.ENDED,
        course=Course.REVOLVING,
        rhythm=None,
        instalment_cents=None,
        payments=seen.days,
        first_on=seen.first_on,
        last_on=seen.last_on,
        paid_out_cents=None,
        remaining_low_cents=seen.drawn_cents,
        remaining_cents=seen.drawn_cents,
        remaining_high_cents=seen.drawn_cents,
        used_at_most_cents=seen.deepest_cents,
        cause=FacilityCause.LINE_NOT_TOLD,
    )


def _refinanced(found: list[tuple[Facility, Months]]) -> list[tuple[Facility, Months]]:
    """Loans that ended around the pay-out of another one say so."""
    begun = [one for one, _ in found if one.paid_out_cents is not None]
    return [
        (
            msgspec.structs.replace(one, cause=FacilityCause.REFINANCED)
            if one.kind is FacilityKind.LOAN
            and one.state is FacilityState.ENDED
            and any(other is not one and abs((other.first_on - one.last_on).days) <= RECENT_DAYS for other in begun)
            else one,
            months,
        )
        for one, months in found
    ]
