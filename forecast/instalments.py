"""Bank lines of loans, leases and factoring, told apart: by counterparty, by amount and by rhythm."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import sub
from typing import Final, NamedTuple

RECENT_DAYS: Final = 45
"""A single payment is one of a facility that has just begun for so many days; later it is one of a kind."""
PAYOUT_DAYS: Final = 200
"""A pay-out belongs to instalments that begin within so many days: the first is often due after a half-year."""
RETURN_DAYS: Final = 10
"""A returned debit takes back the payment of the same amount at most so many days before."""
LONGEST_GAP_DAYS: Final = 400
"""Equal payments with a longer gap between them are not of one facility."""
SIMILAR: Final = (0.8, 1.25)
"""Two payments of one facility differ by at most this where nothing but their amounts speaks for it: interest falls."""

PROMOTIONAL: Final = "promotional/"
BANK: Final = "bank/"
"""How codes of such funders begin."""


class Rhythm(StrEnum):
    """How often an instalment is due."""

    DAILY = "daily"
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"


class Step(NamedTuple):
    """A rhythm in numbers."""

    rhythm: Rhythm
    lowest: int
    """Days between two instalments, with weekends and holidays."""
    highest: int
    days: int
    months: int
    """0 where the rhythm is not one of months."""
    a_year: int
    """Instalments."""


STEPS: Final = (
    Step(Rhythm.DAILY, 1, 4, 1, 0, 250),
    Step(Rhythm.WEEKLY, 5, 9, 7, 0, 52),
    Step(Rhythm.FORTNIGHTLY, 12, 18, 14, 0, 26),
    Step(Rhythm.MONTHLY, 24, 38, 30, 1, 12),
    Step(Rhythm.QUARTERLY, 80, 103, 91, 3, 4),
    Step(Rhythm.HALF_YEARLY, 170, 196, 182, 6, 2),
    Step(Rhythm.YEARLY, 350, 380, 365, 12, 1),
)
OF_RHYTHM: Final = {step.rhythm: step for step in STEPS}
MONTHLY: Final = OF_RHYTHM[Rhythm.MONTHLY]


class Line(NamedTuple):
    """A bank line that may be of a facility; the columns of the ledger's transactions."""

    id: int
    cents: int
    category: str
    funder: str | None
    account: int | None
    counterparty: int | None
    day: int
    """Ordinal."""


class Payment(NamedTuple):
    """An instalment, a pay-out, or a line of a factor."""

    day: int
    """Ordinal."""
    cents: int
    """Above 0."""
    id: int


@dataclass(slots=True)
class Stream:
    """Instalments that belong together."""

    runs: list[list[Payment]]
    """Of equal amounts, one after another."""
    is_mixed: bool = False
    """Payments to one party that have neither a common amount nor one that develops."""
    known: tuple[int, Step | None] = (0, None)
    """The step of so many runs."""

    @property
    def step(self) -> Step | None:
        """The rhythm of its payments, worked out anew only where a run was added: many streams are asked for it."""
        if self.known[0] != len(self.runs):
            self.known = (len(self.runs), step_of(self.payments))
        return self.known[1]

    @property
    def payments(self) -> list[Payment]:
        """All of them, the earliest first."""
        return [payment for run in self.runs for payment in run]

    @property
    def last(self) -> Payment:
        """The latest."""
        return self.runs[-1][-1]


@dataclass(slots=True)
class Party:
    """All lines of one counterparty."""

    number: int
    """From 1; 0 where the lines name none."""
    funder: str | None
    loans: list[Payment] = field(default_factory=list)
    leases: list[Payment] = field(default_factory=list)
    payouts: list[Payment] = field(default_factory=list)
    factoring: list[Payment] = field(default_factory=list)


def parties_of(lines: list[Line]) -> list[Party]:
    """Lines by counterparty: by funder, else by account number, else by what the line says of its counterparty.

    A promotional loan is paid out and repaid through the house bank: lines of its account that name a bank or nobody
    are of that loan, unless they are of a loan of the bank's own.
    """
    kept = _without_returned(lines)
    of_account = {
        line.account: line.funder
        for line in lines
        if line.account is not None and line.funder and not line.funder.startswith(PROMOTIONAL)
    }
    promoted = _promoted(kept)
    parties: dict[object, Party] = {}
    for line in kept:
        funder = promoted.get(line.id, line.funder)
        if funder is None and line.account is not None:
            funder = of_account.get(line.account)
        key = funder or (line.counterparty if line.account is None else line.account)
        party = parties.get(key)
        if party is None:
            party = parties[key] = Party(
                number=0 if key is None else len(parties) + (None not in parties), funder=funder
            )
        payment = Payment(line.day, abs(line.cents), line.id)
        match line.category:
            case "loan_service" if line.cents < 0:
                party.loans.append(payment)
            case "lease" if line.cents < 0:
                party.leases.append(payment)
            case "loan_proceeds" if line.cents > 0:
                party.payouts.append(payment)
            case "factoring_payout" | "factoring_fee":
                party.factoring.append(payment)
            case _:
                pass
    return list(parties.values())


def _promoted(lines: list[Line]) -> dict[int, str]:
    """Lines that name a bank or nobody and are of a promotional loan, with the code of who promotes.

    Instalments are, where one of their stream names who promotes; where only a pay-out does, if they begin after it.
    Pay-outs are, where no other one names who promotes, and the bank has no instalments of its own.
    """
    found: dict[int, str] = {}
    by_account: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if line.account is not None and (line.funder or BANK).startswith((PROMOTIONAL, BANK)):
            by_account[line.account].append(line)
    for of_account in by_account.values():
        named = {line.id: line.funder for line in of_account if line.funder and line.funder.startswith(PROMOTIONAL)}
        if not named:
            continue
        service = [line for line in of_account if line.category == "loan_service" and line.cents < 0]
        payouts = [line for line in of_account if line.category == "loan_proceeds" and line.cents > 0]
        code = next(iter(named.values()))
        is_told = any(line.id in named for line in service)
        paid_out = [line.day for line in payouts if line.id in named]
        own = False
        for stream in streams_of([Payment(one.day, -one.cents, one.id) for one in service], of_account[-1].day):
            ids = [payment.id for payment in stream.payments]
            codes = [named[one] for one in ids if one in named]
            if codes or (not is_told and paid_out and stream.payments[0].day >= min(paid_out)):
                found |= dict.fromkeys((one for one in ids if one not in named), codes[0] if codes else code)
            else:
                own = True
        if not paid_out and not own:
            found |= dict.fromkeys((line.id for line in payouts), code)
    return found


def _without_returned(lines: list[Line]) -> list[Line]:
    """Without payments that came back."""
    returned = [line for line in lines if line.category == "returned_debit"]
    if not returned:
        return lines
    kept = [line for line in lines if line.category != "returned_debit"]
    for back in returned:
        for line in reversed(kept):
            days = back.day - line.day
            if days > RETURN_DAYS:
                break
            if line.category in ("loan_service", "lease") and line.cents == -back.cents and days >= 0:
                kept.remove(line)
                break
    return kept


def streams_of(payments: list[Payment], until: int) -> list[Stream]:
    """Payments to one party, told apart by amount and rhythm; by the first payment.

    Args:
        payments: by day.
        until: the last day that bank lines cover.
    """
    by_amount: dict[int, list[list[Payment]]] = defaultdict(list)
    for payment in payments:
        # Two of one amount on one day are two facilities.
        known = by_amount[payment.cents]
        waiting = [run for run in known if 0 < payment.day - run[-1].day <= LONGEST_GAP_DAYS]
        if waiting:
            min(waiting, key=lambda run: run[-1].day).append(payment)
        else:
            by_amount[payment.cents].append([payment])
    runs = sorted((run for each in by_amount.values() for run in each), key=lambda run: (run[0].day, run[0].id))
    streams: list[Stream] = []
    for run in runs:
        fitting = [stream for stream in streams if _continues(stream, run)]
        if fitting:
            nearest = min(fitting, key=lambda one: (abs(one.last.cents - run[0].cents), one.last.day))
            nearest.runs.append(run)
        else:
            streams.append(Stream([run]))
    regular = [stream for stream in streams if len(stream.payments) > 1]
    single = [stream.last for stream in streams if len(stream.payments) == 1]
    if len(single) > 2:
        regular.append(Stream([[payment] for payment in single], is_mixed=True))
    else:
        # One that is no longer recent is an extra repayment, or one of a kind: no facility.
        regular += [Stream([[one]]) for one in single if until - one.day <= RECENT_DAYS]
    return sorted(regular, key=lambda one: one.runs[0][0])


def _continues(stream: Stream, run: list[Payment]) -> bool:
    """Whether payments of another amount go on where a stream ends, in its rhythm."""
    gap = run[0].day - stream.last.day
    if gap <= 0:
        return False
    ratio = run[0].cents / stream.last.cents
    step = stream.step or step_of(run)
    if step is None:
        return SIMILAR[0] <= ratio <= SIMILAR[1] and any(one.lowest <= gap <= one.highest for one in STEPS)
    if not step.lowest <= gap <= step.highest:
        # One may have been left out.
        return SIMILAR[0] <= ratio <= SIMILAR[1] and 2 * step.lowest <= gap <= 2 * step.highest
    return 0.05 <= ratio <= 20


def step_of(payments: Sequence[Payment]) -> Step | None:
    """The rhythm of payments: that of the median gap, if three in five gaps are of it or of twice or three times."""
    days = [payment.day for payment in payments]
    gaps = sorted(map(sub, days[1:], days))
    if not gaps:
        return None
    median = gaps[len(gaps) // 2]
    step = next((one for one in STEPS if one.lowest <= median <= one.highest), None)
    if step is None:
        return None
    lowest, highest = step.lowest, step.highest
    # Once, twice or three times the step.
    fitting = sum(
        lowest <= gap <= highest or 2 * lowest <= gap <= 2 * highest or 3 * lowest <= gap <= 3 * highest for gap in gaps
    )
    return step if 5 * fitting >= 3 * len(gaps) else None


def take_payouts(stream: Stream, payouts: list[Payment], until: int, *, is_last: bool) -> list[Payment]:
    """Take the pay-outs of a stream from those of its party that no other has: before it began, and while it ran.

    A recent one, since which instalments did not change, is of a facility that has not started.
    """
    first, last = stream.runs[0][0].day, stream.last.day
    taken = [one for one in payouts if 0 <= first - one.day <= PAYOUT_DAYS]
    if is_last:
        changed = stream.runs[-1][0].day
        taken += [
            one for one in payouts if first < one.day <= last and (one.day <= changed or until - one.day > PAYOUT_DAYS)
        ]
    for one in taken:
        payouts.remove(one)
    return sorted(taken)
