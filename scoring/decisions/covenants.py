"""Covenants: what a loan agreement asks of a feature of the books, tested on days, with time to cure and waivers.

A test that fails after the time to cure is a breach: an event for persons. Nothing follows from it by itself. What is
not known is not tested, and never a breach. What has nothing to be about is met.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from features.feature import Missing
from scoring.decisions.decision import Evidence
from scoring.decisions.loans import Loan
from scoring.decisions.warnings import Bound

LONGEST_WAIVER: Final = timedelta(days=366)
FARTHEST_TEST: Final = timedelta(days=366)


class CovenantState(StrEnum):
    """How a covenant stands. The codes are stored: they may be added to, and never change their meaning."""

    UNTESTED = "untested"
    """No test had a value yet."""
    MET = "met"
    IN_CURE = "in_cure"
    """The newest test failed, and there is time to cure it."""
    BREACHED = "breached"
    """It failed after that time, or there was none."""
    WAIVED = "waived"
    """It failed, and a person waived it."""
    ENDED = "ended"
    """A person ended it; nothing is tested any more."""


class CovenantStepKind(StrEnum):
    """What happened to a covenant."""

    TESTED = "tested"
    WAIVED = "waived"
    ENDED = "ended"


class CovenantRefusedError(Exception):
    """The step is not possible as the covenant, or its loan, stands; the message says why."""


class Covenant(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed, and how it stands."""

    feature: str
    bound: Bound
    threshold: float
    """Which the value must reach, or not pass; itself it is met."""
    rhythm_days: int
    cure_days: int
    """0 is none: the first test that fails is a breach."""
    state: CovenantState
    due_on: date
    """The next test is that of the first observation from this day on."""
    cure_until: date | None = None
    """The last day of the time to cure."""
    waived_until: date | None = None
    """The last day of a waiver."""

    def is_due(self, day: date) -> bool:
        """Whether an observation of a day tests it. In the time to cure each does, so that a cure is seen."""
        if self.state is CovenantState.ENDED:
            return False
        return self.state is CovenantState.IN_CURE or day >= self.due_on

    def is_same_as(self, other: "Covenant") -> bool:
        """Whether both ask the same of the books."""
        return (self.feature, self.bound, self.threshold) == (other.feature, other.bound, other.threshold)

    def is_met(self, value: float) -> bool:
        """Whether a value is as agreed."""
        return value >= self.threshold if self.bound is Bound.AT_LEAST else value <= self.threshold


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a test saw, as it is stored."""

    value: float | None
    missing: str | None
    """Why there is no value: then nothing was tested, unless it is moot."""
    evidence: Evidence
    is_moot: bool = False
    """There is nothing that the bound is about, so it is met without a value."""

    @property
    def is_test(self) -> bool:
        """Whether it says how the covenant stands."""
        return self.is_moot or self.value is not None


_DEBT_SERVICE_COVER: Final = frozenset({"liquidity_debt_service_cover_12m", "liquidity_debt_service_cover_12m_v2"})


def full_months(day: date) -> tuple[date, date]:
    """The twelve months that the cover looks at on a day: their first day, and the first after them.

    They are counted from the day after, as features count them: a month that ends on the day is over.
    """
    end = (day + timedelta(days=1)).replace(day=1)
    return end.replace(year=end.year - 1), end


def is_moot(covenant: Covenant, missing: str | None, own: Iterable[Loan], day: date) -> bool:
    """Whether a cover of debt service has nothing to cover: the accounts show none in the last twelve full months.

    Not where the lender's own loans say that there was some, or should have been: then it is paid from elsewhere or
    not at all, and nothing is known.

    Args:
        covenant: that is tested.
        missing: why its feature has no value.
        own: what the lender itself has lent to the borrower, with the loans that ended in these months.
        day: of the books.
    """
    is_cover = covenant.feature in _DEBT_SERVICE_COVER and covenant.bound is Bound.AT_LEAST
    if not is_cover or missing != Missing.UNDEFINED:
        return False
    first, end = full_months(day)
    return not any(
        part.due_on < end if part.ended_on is None else first <= part.ended_on < end
        for loan in own
        if loan.paid_out_on is not None  # else nothing is owed, whatever was planned
        for part in loan.parts
        if not part.is_replaced
    )


def after_test(covenant: Covenant, measured: Measured, day: date) -> Covenant:
    """How a covenant stands after a test on a day. Where nothing is known it stays as it was, and due."""
    if not measured.is_test:
        return covenant
    later = day + timedelta(days=covenant.rhythm_days)
    if measured.value is None or covenant.is_met(measured.value):
        return msgspec.structs.replace(covenant, state=CovenantState.MET, due_on=later, cure_until=None)
    if covenant.waived_until is not None and day <= covenant.waived_until:
        again = covenant.waived_until + timedelta(days=1)
        return msgspec.structs.replace(covenant, state=CovenantState.WAIVED, due_on=again, cure_until=None)
    if covenant.state is CovenantState.BREACHED:
        return msgspec.structs.replace(covenant, due_on=later)
    until = covenant.cure_until
    if until is None and covenant.cure_days:
        until = day + timedelta(days=covenant.cure_days)
    if until is not None and day <= until:
        again = until + timedelta(days=1)
        return msgspec.structs.replace(covenant, state=CovenantState.IN_CURE, due_on=again, cure_until=until)
    return msgspec.structs.replace(covenant, state=CovenantState.BREACHED, due_on=later, cure_until=None)


def after_waiver(covenant: Covenant, until: date) -> Covenant:
    """How a covenant stands after a person waived it until a day. One that has not failed waits for its test.

    Raises:
        CovenantRefusedError: it has ended.
    """
    _demand_live(covenant)
    waived = msgspec.structs.replace(covenant, waived_until=until)
    if covenant.state not in {CovenantState.IN_CURE, CovenantState.BREACHED, CovenantState.WAIVED}:
        return waived
    again = until + timedelta(days=1)
    return msgspec.structs.replace(waived, state=CovenantState.WAIVED, due_on=again, cure_until=None)


def after_end(covenant: Covenant) -> Covenant:
    """How a covenant stands after a person ended it.

    Raises:
        CovenantRefusedError: it has ended.
    """
    _demand_live(covenant)
    return msgspec.structs.replace(covenant, state=CovenantState.ENDED, cure_until=None)


def _demand_live(covenant: Covenant) -> None:
    if covenant.state is CovenantState.ENDED:
        raise CovenantRefusedError("the covenant has ended")


_decoder: Final = msgspec.json.Decoder(Measured)
_encoder: Final = msgspec.json.Encoder(order="deterministic")


def encode(measured: Measured) -> bytes:
    """Its stored bytes."""
    return _encoder.encode(measured)


def decode(content: bytes) -> Measured:
    """What stored bytes say.

    Raises:
        msgspec.DecodeError: they are nothing that was measured.
    """
    return _decoder.decode(content)
