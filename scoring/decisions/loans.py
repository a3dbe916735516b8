"""A loan is a fold over what the lender entered about it: schedule, arrears, days past due, and rows for outcomes.

Entries are never changed. One that was wrong is followed by one that stands in its place and says why. What counts is
the day on which something happened, not the order in which it was entered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec
import polars as pl

from models.outcomes import REPAYMENTS, UNLIKELY_TO_PAY, Definition

MOST_INSTALMENTS: Final = 600
"""Of one plan: fifty years of months."""


class Correction(StrEnum):
    """Why an entry does not count any more."""

    WRONG_AMOUNT = "wrong_amount"
    WRONG_DAY = "wrong_day"
    WRONG_LOAN = "wrong_loan"
    """It belongs to another loan."""
    ENTERED_TWICE = "entered_twice"
    PAYMENT_RETURNED = "payment_returned"
    """A debit that the bank gave back: the money never was the lender's."""
    OTHER = "other"


class Condition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What must be confirmed before money is paid out."""

    name: str
    """Such as ``identity``."""
    days: int | None = None
    """How old the confirmation may be on the day of the pay-out; None is any age."""


class Instalment(msgspec.Struct, frozen=True, kw_only=True):
    """What is due on one day."""

    due_on: date
    due_cents: int


class _Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What every entry has."""

    ref: str
    """The lender's own reference of the entry, unique within the loan."""
    happened_on: date
    corrects: str | None = None
    """The entry in whose place this one stands."""
    why: Correction | None = None


class Granted(_Entry, frozen=True, kw_only=True, tag="granted"):
    """The loan was granted; every loan begins so."""

    amount_cents: int
    term_months: int
    annual_rate_bps: int
    conditions: tuple[Condition, ...] = ()
    """What was asked for before pay-out when it was granted; later settings do not change it."""


class ConditionMet(_Entry, frozen=True, kw_only=True, tag="condition_met"):
    """Somebody confirmed a condition."""

    condition: str


class PaidOut(_Entry, frozen=True, kw_only=True, tag="paid_out"):
    """Money went to the borrower; there may be several."""

    amount_cents: int


class Planned(_Entry, frozen=True, kw_only=True, tag="planned"):
    """The instalments that were agreed, interest included."""

    instalments: tuple[Instalment, ...]


class Paid(_Entry, frozen=True, kw_only=True, tag="paid"):
    """Money came from the borrower. It settles what was due first, first."""

    amount_cents: int


class Redeemed(_Entry, frozen=True, kw_only=True, tag="redeemed"):
    """The borrower paid all that was left at once: nothing is due any more."""

    amount_cents: int


class Restructured(_Entry, frozen=True, kw_only=True, tag="restructured"):
    """Other instalments were agreed in place of those that are unpaid."""

    instalments: tuple[Instalment, ...]
    is_forbearance: bool
    """Granted because of difficulties to pay. Outcomes then follow the plan of before, as if it had gone on."""


class WrittenOff(_Entry, frozen=True, kw_only=True, tag="written_off"):
    """The lender expects no more of this sum."""

    amount_cents: int


class Recovered(_Entry, frozen=True, kw_only=True, tag="recovered"):
    """Money that came after a write-off, from whomever."""

    amount_cents: int


class Closed(_Entry, frozen=True, kw_only=True, tag="closed"):
    """The lender has ended the file: nothing is owed, or nothing is expected."""


class Removed(_Entry, frozen=True, kw_only=True, tag="removed"):
    """The entry that this one corrects was wrong, and nothing stands in its place."""


Entry: TypeAlias = (
    Granted
    | ConditionMet
    | PaidOut
    | Planned
    | Paid
    | Redeemed
    | Restructured
    | WrittenOff
    | Recovered
    | Closed
    | Removed
)
"""One entry of a loan."""
# In this order they happened where the day is the same.
_ORDER: Final = (
    Granted,
    ConditionMet,
    Planned,
    PaidOut,
    Paid,
    Redeemed,
    Restructured,
    WrittenOff,
    Recovered,
    Closed,
)
Money: TypeAlias = PaidOut | Paid | Redeemed | WrittenOff | Recovered
"""Entries that say an amount and nothing else."""
WITH_AMOUNT: Final[Mapping[str, type[Money]]] = MappingProxyType(
    {"paid_out": PaidOut, "paid": Paid, "redeemed": Redeemed, "written_off": WrittenOff, "recovered": Recovered}
)
"""The same by kind."""
FROM_BORROWER: Final = (Paid, Redeemed, Recovered)
"""Entries that say what came from the borrower, and so until when payments are known."""
_encoder: Final = msgspec.json.Encoder(order="deterministic")
_decoder: Final = msgspec.json.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """The canonical bytes of an entry."""
    return _encoder.encode(entry)


def decode(content: bytes) -> Entry:
    """The entry in stored bytes.

    Raises:
        msgspec.DecodeError: there is none.
    """
    found: Entry = _decoder.decode(content)
    return found


def kind_of(entry: Entry) -> str:
    """The name of what an entry says."""
    return str(entry.__struct_config__.tag)


class LoanError(ValueError):
    """An entry that contradicts what is known; the message says which and why."""


class ConditionOpenError(LoanError):
    """A pay-out while a condition is not confirmed."""

    def __init__(self, message: str, conditions: Sequence[str]) -> None:
        super().__init__(message)
        self.conditions = tuple(conditions)


class LoanStatus(StrEnum):
    """How a loan stands."""

    GRANTED = "granted"
    """Nothing was paid out yet."""
    RUNNING = "running"
    REPAID = "repaid"
    WRITTEN_OFF = "written_off"
    """A part or all of it; recoveries may follow until it is closed."""
    CANCELLED = "cancelled"
    """Closed before anything was paid out."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """An instalment, or what one payment settled of it."""

    due_on: date
    due_cents: int
    ended_on: date | None = None
    """The day on which it was not due any more; None while it is unpaid."""
    is_replaced: bool = False
    """It ended because other instalments were agreed, and not by a payment."""


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """A loan as its entries tell it."""

    terms: Granted
    entries: tuple[Entry, ...]
    """Those that count, by day."""
    met: Mapping[str, ConditionMet]
    """The newest confirmation of each condition."""
    paid_out_cents: int
    paid_out_on: date | None
    """The first time."""
    parts: tuple[Part, ...]
    """The schedule in force, with what was replaced, by due day."""
    agreed_parts: tuple[Part, ...]
    """The same without what was agreed because of difficulties: what outcomes are computed from."""
    paid_cents: int
    overpaid_cents: int
    written_off_cents: int
    recovered_cents: int
    is_forborne: bool
    status: LoanStatus
    closed_on: date | None
    """None while something may still come."""

    @property
    def open_conditions(self) -> tuple[str, ...]:
        """What is asked for and not confirmed yet."""
        return tuple(one.name for one in self.terms.conditions if one.name not in self.met)

    @property
    def unpaid_cents(self) -> int:
        """All instalments that are not settled, due or not."""
        return _unpaid(self.parts)

    @property
    def exposure_cents(self) -> int:
        """What the borrower owes or may still get of the amount that was granted, without interest to come."""
        if self.closed_on is not None:
            return 0
        granted = self.terms.amount_cents
        is_all_out = bool(self.parts) and self.paid_out_cents == granted
        return min(granted, self.unpaid_cents) if is_all_out else granted

    def overdue_cents(self, day: date) -> int:
        """What was due before a day and is unpaid at its end."""
        return sum(
            part.due_cents
            for part in self.parts
            if part.due_on < day and (part.ended_on is None or part.ended_on > day)
        )

    def days_past_due(self, day: date, definition: Definition) -> int:
        """Consecutive days with a material overdue sum at the end of a day, counted as outcomes count them."""
        for first, end in _runs(self.parts, definition.materiality_cents):
            if first <= day and (end is None or day < end):
                return (day - first).days
        return 0

    def worst_days_past_due(self, day: date, definition: Definition) -> int:
        """The most of them in one stretch up to a day, by the plan that outcomes follow."""
        lengths = [
            (min(end or day, day) - first).days for first, end in _runs(self.agreed_parts, definition.materiality_cents)
        ]
        return max([0, *lengths])

    def defaulted_on(self, day: date, definition: Definition) -> date | None:
        """The first day up to ``day`` with more days past due than the definition lets pass, by the same plan."""
        limit = timedelta(days=definition.bad_above_dpd + 1)
        for first, end in _runs(self.agreed_parts, definition.materiality_cents):
            if min(end or day, day) - first >= limit:  # the calendar may end before first + limit
                return first + limit
        return None


def fold(entries: Sequence[Entry], *, until: date | None = None) -> Loan:
    """What the entries of one loan say together.

    Args:
        entries: In the order in which they were entered.
        until: What happened later is left out; corrections count whenever they were made.

    Raises:
        ConditionOpenError: money was paid out while a condition was open.
        LoanError: they contradict each other.
    """
    counting = sorted(_effective(entries), key=_in_order)
    terms = _terms(counting)
    counting = [one for one in counting if until is None or one.happened_on <= until or isinstance(one, Granted)]
    told = _Told(terms)
    for entry in counting:
        told.take(entry)
    return told.loan(tuple(counting))


def repayments(loan: Loan, *, borrower: int, as_of: date, observed_until: date) -> pl.DataFrame:
    """Rows of ``models.outcomes.REPAYMENTS`` for one loan; none where nothing was paid out or planned.

    An instalment that was paid in parts is several rows: the overdue sum of every day is the same.

    Args:
        loan: Folded until ``observed_until``.
        borrower: The number of the borrower in the dataset.
        as_of: The day of the decision.
        observed_until: The day up to which payments are known.
    """
    wanted = [
        (part.due_on, part.due_cents, part.ended_on)
        for part in (loan.agreed_parts if loan.paid_out_on is not None else ())
        # What was replaced before it was due never was.
        if not (part.is_replaced and part.ended_on is not None and part.ended_on <= part.due_on)
    ]
    rows = [
        (borrower, as_of, number, due_on, due_cents, ended_on, observed_until)
        for number, (due_on, due_cents, ended_on) in enumerate(wanted, start=1)
    ]
    return pl.DataFrame(rows, schema=REPAYMENTS, orient="row")


def unlikely_to_pay(loan: Loan, *, borrower: int, as_of: date) -> pl.DataFrame:
    """A row of ``models.outcomes.UNLIKELY_TO_PAY`` from the day on which a material sum was written off; else none.

    A write-off is one of the signs of Article 178(3) CRR, however few days past due the loan was.

    Args:
        loan: Folded until the day up to which payments are known.
        borrower: The number of the borrower in the dataset.
        as_of: The day of the decision.
    """
    cents, found = 0, []
    for entry in loan.entries:
        if isinstance(entry, WrittenOff):
            cents += entry.amount_cents
            if cents > Definition.crr_178().materiality_cents:
                found.append((borrower, as_of, max(entry.happened_on, as_of)))
                break
    return pl.DataFrame(found, schema=UNLIKELY_TO_PAY, orient="row")


def performance(loans: Iterable[tuple[int, date, Loan, date]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What outcomes follow from: rows of ``REPAYMENTS`` and of ``UNLIKELY_TO_PAY`` of several loans.

    Args:
        loans: Number of the borrower, day of the decision, the loan, and the day up to which payments are known.
    """
    paid, unlikely = [REPAYMENTS.to_frame()], [UNLIKELY_TO_PAY.to_frame()]
    for borrower, as_of, loan, observed_until in loans:
        rows = repayments(loan, borrower=borrower, as_of=as_of, observed_until=observed_until)
        if rows.height:
            paid.append(rows)
            unlikely.append(unlikely_to_pay(loan, borrower=borrower, as_of=as_of))
    return pl.concat(paid), pl.concat(unlikely)


def _effective(entries: Sequence[Entry]) -> Iterator[Entry]:
    """What was entered and not corrected."""
    counting: dict[str, Entry] = {}
    replaced: dict[str, str] = {}
    for entry in entries:
        if entry.ref in counting or entry.ref in replaced:
            raise LoanError(f"entry {entry.ref!r} is there twice")
        if entry.corrects is not None:
            before = counting.pop(entry.corrects, None)
            if before is None:
                by = replaced.get(entry.corrects)
                raise LoanError(
                    f"entry {entry.ref!r} corrects {entry.corrects!r}, "
                    + ("which the loan does not have" if by is None else f"which {by!r} has corrected before")
                )
            if type(entry) is not type(before) and not (isinstance(entry, Removed) and not isinstance(before, Granted)):
                asked = "removed, or corrected" if not isinstance(before, Granted) else "corrected"
                raise LoanError(f"{kind_of(before)} {before.ref!r} can only be {asked} by another {kind_of(before)}")
            replaced[entry.corrects] = entry.ref
        elif isinstance(entry, Removed):
            raise LoanError(f"entry {entry.ref!r} removes nothing: name the entry in corrects")
        if isinstance(entry, Removed):
            replaced[entry.ref] = entry.ref
        else:
            counting[entry.ref] = entry
    yield from counting.values()


def _in_order(entry: Entry) -> tuple[date, int, str]:
    """The reference decides last, so that the order of entering never does."""
    return entry.happened_on, _ORDER.index(type(entry)), entry.ref


def _terms(entries: Sequence[Entry]) -> Granted:
    granted = [one for one in entries if isinstance(one, Granted)]
    if len(granted) != 1:
        raise LoanError("a loan begins with its granting, once" if granted else "a loan begins with its granting")
    terms = granted[0]
    early = next(
        (one for one in entries if one.happened_on < terms.happened_on and not isinstance(one, ConditionMet)), None
    )
    if early is not None:
        raise LoanError(f"{_named(early)} is before the loan was granted, on {terms.happened_on}")
    return terms


class _Schedule:
    """Instalments, and what became of them. A payment looks at what is unpaid alone, however many came before."""

    def __init__(self) -> None:
        self._ended: list[Part] = []
        self._unpaid: list[Part] = []
        """By due day."""

    @property
    def unpaid_cents(self) -> int:
        return _unpaid(self._unpaid)

    def plan(self, instalments: Sequence[Instalment]) -> None:
        new = [Part(due_on=one.due_on, due_cents=one.due_cents) for one in instalments]
        self._unpaid = sorted([*self._unpaid, *new], key=_by_day)

    def settle(self, cents: int, day: date) -> int:
        """A payment settles what was due first; returns what is left of it."""
        settled = 0
        for part in self._unpaid:
            if part.due_cents > cents:
                break
            cents -= part.due_cents
            settled += 1
            self._ended.append(msgspec.structs.replace(part, ended_on=day))
        del self._unpaid[:settled]
        if cents and self._unpaid:
            first = self._unpaid[0]
            self._ended.append(msgspec.structs.replace(first, due_cents=cents, ended_on=day))
            self._unpaid[0] = msgspec.structs.replace(first, due_cents=first.due_cents - cents)
            cents = 0
        return cents

    def end(self, day: date, *, is_replaced: bool) -> None:
        """Nothing of it is due any more."""
        ended = (msgspec.structs.replace(part, ended_on=day, is_replaced=is_replaced) for part in self._unpaid)
        self._ended += ended
        self._unpaid = []

    def all(self) -> tuple[Part, ...]:
        return _sorted([*self._ended, *self._unpaid])


class _Told:
    """What was told up to a day: one walk over the entries."""

    def __init__(self, terms: Granted) -> None:
        self.terms = terms
        self.met: dict[str, list[ConditionMet]] = {}
        self.paid_out_cents = 0
        self.paid_out_on: date | None = None
        self.planned: Planned | None = None
        self.parts, self.agreed = _Schedule(), _Schedule()
        self.paid_cents = self.written_off_cents = self.recovered_cents = 0
        self.over = self.over_agreed = 0
        """Paid beyond what the plan had, in the schedule in force and in the one for outcomes."""
        self.redeemed_on: date | None = None
        self.closed_on: date | None = None
        self.is_forborne = False
        self.last_paid_on: date | None = None
        self._takes: Final[Mapping[type[Entry], Callable[[Any], None]]] = {
            Granted: lambda _entry: None,
            ConditionMet: self._confirm,
            PaidOut: self._pay_out,
            Planned: self._plan,
            Paid: self._pay,
            Redeemed: self._redeem,
            Restructured: self._restructure,
            WrittenOff: self._write_off,
            Recovered: self._recover,
            Closed: self._close,
        }

    def take(self, entry: Entry) -> None:
        ended_on = self.closed_on or self.redeemed_on
        if ended_on is not None and not isinstance(entry, Recovered | Closed):
            raise LoanError(f"{_named(entry)} is after the end of the loan, on {ended_on}")
        self._takes[type(entry)](entry)

    def loan(self, entries: tuple[Entry, ...]) -> Loan:
        is_paid = self.planned is not None and not self.parts.unpaid_cents and self.paid_out_cents > 0
        repaid_on = self.redeemed_on or (self.last_paid_on if is_paid else None)
        if self.paid_out_on is None:
            status = LoanStatus.GRANTED if self.closed_on is None else LoanStatus.CANCELLED
        elif self.written_off_cents:
            status = LoanStatus.WRITTEN_OFF
        else:
            status = LoanStatus.RUNNING if repaid_on is None else LoanStatus.REPAID
        return Loan(
            terms=self.terms,
            entries=entries,
            met={name: found[-1] for name, found in self.met.items()},
            paid_out_cents=self.paid_out_cents,
            paid_out_on=self.paid_out_on,
            parts=self.parts.all(),
            agreed_parts=self.agreed.all(),
            paid_cents=self.paid_cents,
            overpaid_cents=self.over,
            written_off_cents=self.written_off_cents,
            recovered_cents=self.recovered_cents,
            is_forborne=self.is_forborne,
            status=status,
            closed_on=self.closed_on or (repaid_on if status is LoanStatus.REPAID else None),
        )

    def _confirm(self, entry: ConditionMet) -> None:
        asked = [one.name for one in self.terms.conditions]
        if entry.condition not in asked:
            names = ", ".join(asked) or "none"
            raise LoanError(f"{_named(entry)} confirms {entry.condition!r}; the conditions of this loan are: {names}")
        self.met.setdefault(entry.condition, []).append(entry)

    def _pay_out(self, entry: PaidOut) -> None:
        _demand_above_zero(entry, entry.amount_cents)
        faults = dict(self._open_on(entry.happened_on))
        if faults:
            said = "; ".join(f"{name} {fault}" for name, fault in faults.items())
            raise ConditionOpenError(f"{_named(entry)} is not possible while a condition is open: {said}", list(faults))
        self.paid_out_cents += entry.amount_cents
        if self.paid_out_cents > self.terms.amount_cents:
            raise LoanError(
                f"{_named(entry)}: {euro(self.paid_out_cents)} EUR would be paid out in all, and"
                f" {euro(self.terms.amount_cents)} EUR were granted"
            )
        self.paid_out_on = self.paid_out_on or entry.happened_on
        self._demand_plan_covers()

    def _open_on(self, day: date) -> Iterator[tuple[str, str]]:
        for asked in self.terms.conditions:
            newest = max((one.happened_on for one in self.met.get(asked.name, ())), default=None)
            if newest is None:
                yield asked.name, f"is not confirmed on {day}"
            elif asked.days is not None and (day - newest).days > asked.days:
                yield asked.name, f"was confirmed on {newest}, more than {asked.days} days before"

    def _plan(self, entry: Planned) -> None:
        if self.planned is not None:
            raise LoanError(
                f"{_named(entry)}: the loan has a plan ({self.planned.ref!r}); correct it, or enter a restructuring"
            )
        _check_instalments(entry, entry.instalments, after=self.terms.happened_on)
        self.planned = entry
        for schedule in (self.parts, self.agreed):
            schedule.plan(entry.instalments)
        self._demand_plan_covers()

    def _demand_plan_covers(self) -> None:
        """No plan of less than what was paid out, or the rest could never be overdue."""
        planned = self.planned
        if planned is None:
            return
        total = sum(one.due_cents for one in planned.instalments)
        if total < self.paid_out_cents:
            raise LoanError(
                f"{_named(planned)} has instalments of {euro(total)} EUR in all, less than the"
                f" {euro(self.paid_out_cents)} EUR that were paid out"
            )

    def _owed(self) -> int:
        """What was paid out and has not come back; interest is no part of it."""
        return self.paid_out_cents - self.paid_cents

    def _demand_running(self, entry: Entry) -> None:
        if self.paid_out_on is None:
            raise LoanError(f"{_named(entry)} is before anything was paid out")
        if self.planned is None:
            raise LoanError(f"{_named(entry)} needs the plan of instalments; enter it first, as of its day or before")

    def _pay(self, entry: Paid) -> None:
        _demand_above_zero(entry, entry.amount_cents)
        self._demand_running(entry)
        self.paid_cents += entry.amount_cents
        self.last_paid_on = entry.happened_on
        self.over += self.parts.settle(entry.amount_cents, entry.happened_on)
        self.over_agreed += self.agreed.settle(entry.amount_cents, entry.happened_on)

    def _redeem(self, entry: Redeemed) -> None:
        _demand_above_zero(entry, entry.amount_cents)
        self._demand_running(entry)
        if not self.parts.unpaid_cents:
            raise LoanError(f"{_named(entry)}: nothing is unpaid any more")
        lacking = self._owed() - self.written_off_cents - entry.amount_cents
        if lacking > 0:
            raise LoanError(
                f"{_named(entry)}: {euro(lacking)} EUR of what was paid out would not have come back; enter what came"
                " as paid, and write off what is not expected"
            )
        self.paid_cents += entry.amount_cents
        self.redeemed_on = self.last_paid_on = entry.happened_on
        for schedule in (self.parts, self.agreed):
            schedule.end(entry.happened_on, is_replaced=False)

    def _restructure(self, entry: Restructured) -> None:
        self._demand_running(entry)
        _check_instalments(entry, entry.instalments, after=entry.happened_on)
        total, owed = sum(one.due_cents for one in entry.instalments), self._owed()
        if not entry.is_forbearance and total < owed:  # or the rest could never be overdue
            raise LoanError(
                f"{_named(entry)} has instalments of {euro(total)} EUR in all, less than the {euro(owed)} EUR of what"
                " was paid out that have not come back; less is agreed because of difficulties: is_forbearance"
            )
        if entry.is_forbearance:
            self.is_forborne = True
        for schedule in (self.parts,) if entry.is_forbearance else (self.parts, self.agreed):
            schedule.end(entry.happened_on, is_replaced=True)
            schedule.plan(entry.instalments)

    def _write_off(self, entry: WrittenOff) -> None:
        _demand_above_zero(entry, entry.amount_cents)
        self._demand_running(entry)
        self.written_off_cents += entry.amount_cents
        unpaid = self.parts.unpaid_cents
        if self.written_off_cents > unpaid:
            raise LoanError(
                f"{_named(entry)}: {euro(self.written_off_cents)} EUR would be written off in all, and"
                f" {euro(unpaid)} EUR are unpaid"
            )

    def _recover(self, entry: Recovered) -> None:
        _demand_above_zero(entry, entry.amount_cents)
        if not self.written_off_cents:
            raise LoanError(f"{_named(entry)} is before a write-off; money that was due is entered as paid")
        self.recovered_cents += entry.amount_cents

    def _close(self, entry: Closed) -> None:
        if self.closed_on is not None:
            raise LoanError(f"{_named(entry)}: the loan was closed on {self.closed_on}")
        unpaid = self.parts.unpaid_cents
        if self.paid_out_on is not None and self.planned is None:
            raise LoanError(f"{_named(entry)}: money was paid out, and no plan says what was due")
        if unpaid and self.paid_out_on is not None and not self.written_off_cents:
            raise LoanError(
                f"{_named(entry)}: {euro(unpaid)} EUR are unpaid; enter what was paid, that it was redeemed, or what"
                " is written off"
            )
        self.closed_on = entry.happened_on


def _check_instalments(entry: Planned | Restructured, instalments: Sequence[Instalment], *, after: date) -> None:
    if not 1 <= len(instalments) <= MOST_INSTALMENTS:
        raise LoanError(f"{_named(entry)} has {len(instalments)} instalments; 1 to {MOST_INSTALMENTS} are possible")
    for one in instalments:
        if one.due_cents <= 0:
            raise LoanError(f"{_named(entry)}: the instalment of {one.due_on} is not above 0")
        if one.due_on <= after:
            raise LoanError(f"{_named(entry)}: the instalment of {one.due_on} is due on {after} or before")


def _demand_above_zero(entry: Entry, cents: int) -> None:
    if cents <= 0:
        raise LoanError(f"{_named(entry)}: the amount is not above 0")


def _unpaid(parts: Sequence[Part]) -> int:
    return sum(part.due_cents for part in parts if part.ended_on is None)


def _by_day(part: Part) -> tuple[date, date]:
    return part.due_on, part.ended_on or date.max


def _sorted(parts: Sequence[Part]) -> tuple[Part, ...]:
    """By day; payments of one day on one instalment are one part, however many there were."""
    joined: dict[tuple[date, date | None, bool], int] = {}
    for part in parts:
        key = (part.due_on, part.ended_on, part.is_replaced)
        joined[key] = joined.get(key, 0) + part.due_cents
    found = [
        Part(due_on=due_on, due_cents=cents, ended_on=ended_on, is_replaced=is_replaced)
        for (due_on, ended_on, is_replaced), cents in joined.items()
    ]
    return tuple(sorted(found, key=_by_day))


def _runs(parts: Sequence[Part], materiality_cents: int) -> Iterator[tuple[date, date | None]]:
    """First day and end of each stretch with an overdue sum above the threshold; no end where it goes on."""
    changes: dict[date, int] = {}
    for part in parts:
        if part.ended_on is None or part.due_on < part.ended_on:
            changes[part.due_on] = changes.get(part.due_on, 0) + part.due_cents
            if part.ended_on is not None:
                changes[part.ended_on] = changes.get(part.ended_on, 0) - part.due_cents
    overdue, first = 0, None
    for day in sorted(changes):
        overdue += changes[day]
        if overdue > materiality_cents:
            first = first or day
        elif first is not None:
            yield first, day
            first = None
    if first is not None:
        yield first, None


def _named(entry: Entry) -> str:
    return f"{kind_of(entry)} {entry.ref!r} of {entry.happened_on}"


def euro(cents: int) -> str:
    """Cents as a decimal number."""
    return f"{cents // 100}.{cents % 100:02d}"
