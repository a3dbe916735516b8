"""Early warnings: which signs of trouble a borrower's books show since the decision, by triggers of a versioned file.

A sign compares one value with a level, with its change since the decision, or with both. It is over at a second
threshold that lies apart from the first, so that a value that moves between them raises and clears nothing. A value
that is not known raises nothing and clears nothing. A warning is for a person: nothing follows from it by itself.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import msgspec
import msgspec.toml
from msgspec import Meta

from forecast.facilities import NEW_DAYS, is_new
from scoring.base.toml import in_words
from scoring.decisions.decision import Decision, Document, DocumentKind, Evidence
from scoring.decisions.since_last import since_last

Values: TypeAlias = Mapping[str, float | None]
_Days: TypeAlias = Annotated[int, Meta(ge=1, le=365)]
MOST_DOCUMENTS: Final = 20
"""Behind a warning; those of the sign that is named first come first."""
OWN_SEEN_DAYS: Final = 45
"""Within which bank lines show a loan of the lender: its pay-out at once, its first instalment a month later."""
NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")


class TriggersError(ValueError):
    """A file of triggers does not say what it must say; the message names the key."""


class Fact(StrEnum):
    """What a sign may read beside the features of the catalogue."""

    SCORE = "score"
    """Compared only with a decision by the same model."""
    PD = "pd"
    NEW_FACILITY_COUNT = "new_facility_count"
    """Loans and factoring begun since the decision and within 90 days, but for the lender's own open loans."""
    FEED_AGE_DAYS = "feed_age_days"
    """Days since the bank data of every account that the bank delivers end."""
    BOOKS_AGE_DAYS = "books_age_days"
    """Days since the newest document or bank line."""


class Severity(StrEnum):
    """How much a warning weighs."""

    HIGH = "high"
    MEDIUM = "medium"


class Bound(StrEnum):
    """On which side of its threshold a value is a sign."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Sign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One value and its thresholds. A change is counted in the direction of the bound: a fall for ``at_most``."""

    reads: str
    """A feature of the catalogue, or a ``Fact``."""
    bound: Bound
    level: float | None = None
    level_clear: float | None = None
    change: Annotated[float, Meta(gt=0.0)] | None = None
    change_clear: Annotated[float, Meta(ge=0.0)] | None = None

    def __post_init__(self) -> None:
        if (self.level is None) != (self.level_clear is None) or (self.change is None) != (self.change_clear is None):
            raise ValueError(f"`{self.reads}` needs a second threshold for each: `level_clear`, `change_clear`")
        if self.level is None and self.change is None:
            raise ValueError(f"`{self.reads}` needs a `level` or a `change`")
        if self.level is not None and self.level_clear is not None and self._over(self.level, self.level_clear) <= 0:
            raise ValueError(f"`{self.reads}`: `level_clear` must lie on the good side of `level`")
        if self.change is not None and self.change_clear is not None and self.change <= self.change_clear:
            raise ValueError(f"`{self.reads}`: `change_clear` must be below `change`")

    def _over(self, value: float, threshold: float) -> float:
        """How far a value lies beyond a threshold."""
        return value - threshold if self.bound is Bound.AT_LEAST else threshold - value

    def changed(self, value: float, before: float) -> float:
        """How far it went in the direction of the bound."""
        return self._over(value, before)

    def holds(self, value: float | None, before: float | None) -> bool | None:
        """Whether it is there; None where that is not known."""
        return self._compare(value, before, self.level, self.change, or_equal=True)

    def lasts(self, value: float | None, before: float | None) -> bool | None:
        """Whether one that held is not over; None where that is not known."""
        return self._compare(value, before, self.level_clear, self.change_clear, or_equal=False)

    def _compare(
        self, value: float | None, before: float | None, level: float | None, change: float | None, *, or_equal: bool
    ) -> bool | None:
        if value is None:
            return None
        beyond = [] if level is None else [self._over(value, level)]
        if change is not None and before is not None:
            # as the decimals of the file say it: 0.7 - 0.5 is not 0.2 in binary
            beyond.append(round(self.changed(value, before) - change, 9))
        if not all(one >= 0 if or_equal else one > 0 for one in beyond):
            return False  # also where the other half is not known: both must hold
        return None if change is not None and before is None else True


class Trigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named warning: any of its signs raises it."""

    name: str
    severity: Severity
    respond_days: _Days
    """Within which a person answers."""
    signs: Annotated[tuple[Sign, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"the name `{self.name}` must be small letters, digits and `_`, at most 40")
        reads = [sign.reads for sign in self.signs]
        if len(set(reads)) < len(reads):
            raise ValueError(f"`{self.name}` reads one value twice")


class Triggers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of triggers."""

    version: Annotated[str, Meta(min_length=1, max_length=20)]
    asks_again_days: _Days
    """After which a warning that was answered and still stands is due again."""
    triggers: Annotated[tuple[Trigger, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        names = [one.name for one in self.triggers]
        if len(set(names)) < len(names):
            raise ValueError("two triggers have one name")

    def find(self, name: str) -> Trigger | None:
        """The trigger of a name."""
        return next((one for one in self.triggers if one.name == name), None)

    @property
    def features(self) -> tuple[str, ...]:
        """Features of the catalogue that signs read, once each."""
        facts = {fact.value for fact in Fact}
        return tuple(dict.fromkeys(s.reads for one in self.triggers for s in one.signs if s.reads not in facts))

    @property
    def compared(self) -> tuple[str, ...]:
        """Those of them whose change since the decision counts."""
        changing = {sign.reads for one in self.triggers for sign in one.signs if sign.change is not None}
        return tuple(name for name in self.features if name in changing)


def load_triggers(content: bytes, catalogue: Mapping[str, object]) -> Triggers:
    """Read a file of triggers.

    Args:
        content: TOML.
        catalogue: features by name.

    Raises:
        TriggersError: it does not hold.
    """
    try:
        found = msgspec.toml.decode(content, type=Triggers)
    except msgspec.ValidationError as error:
        raise TriggersError(in_words(error)) from None
    except msgspec.DecodeError as error:
        raise TriggersError(f"is no TOML: {error}") from None
    if unknown := sorted(set(found.features) - catalogue.keys()):
        raise TriggersError(f"`reads`: no such feature or fact: {', '.join(unknown)}")
    return found


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A sign with what was seen."""

    sign: Sign
    value: float | None
    before: float | None
    """At the decision."""
    holds: bool
    """False also where it is not known."""


class Outcome(StrEnum):
    """What became of a trigger in one observation."""

    QUIET = "quiet"
    RAISED = "raised"
    STANDS = "stands"
    """It stood before, and is not over or cannot be told."""
    RAISED_AGAIN = "raised_again"
    """It stood before, and a sign holds that it did not stand by."""
    CLEARED = "cleared"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One trigger in one observation."""

    trigger: Trigger
    outcome: Outcome
    seen: tuple[Seen, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """What could not be compared."""
        return tuple(one.sign.reads for one in self.seen if one.sign.holds(one.value, one.before) is None)


def judge(
    triggers: Triggers,
    now: Values,
    before: Values,
    standing: Mapping[str, frozenset[str]],
    unread: frozenset[str] = frozenset(),
) -> list[Judged]:
    """Compare the values of an observation with every trigger.

    Args:
        triggers: with their thresholds.
        now: of the observation, by what signs read.
        before: of the decision that is watched.
        standing: warnings that are not cleared, with what the signs read that they stand by.
        unread: what the lender's own policy does not read: it raises nothing, and what it raised is over.
    """
    known = {name: value for name, value in now.items() if name not in unread}
    return [_judged(one, known, before, standing.get(one.name), unread) for one in triggers.triggers]


def _judged(
    trigger: Trigger, now: Values, before: Values, stood_by: frozenset[str] | None, unread: frozenset[str]
) -> Judged:
    values = [(sign, now.get(sign.reads), before.get(sign.reads)) for sign in trigger.signs]
    seen = tuple(
        Seen(sign=sign, value=value, before=old, holds=bool(sign.holds(value, old))) for sign, value, old in values
    )
    if stood_by is None:
        outcome = Outcome.RAISED if any(one.holds for one in seen) else Outcome.QUIET
    elif any(one.holds and one.sign.reads not in stood_by for one in seen):
        outcome = Outcome.RAISED_AGAIN
    else:
        # What raised it and is not known now may well be there: whoever hides it clears nothing.
        still = stood_by.difference(unread)
        left = [one.sign.lasts(one.value, one.before) for one in seen if one.sign.reads in still]
        outcome = Outcome.CLEARED if all(lasts is False for lasts in left) else Outcome.STANDS
    return Judged(trigger=trigger, outcome=outcome, seen=seen)


def is_same_model(made: Decision, base: Decision) -> bool:
    """Whether their scores can be compared."""
    return made.versions.model_sha256 == base.versions.model_sha256


def values_of(made: Decision, base: Decision, own: Sequence[date] = ()) -> dict[str, float | None]:
    """What signs read of a record, seen from the decision that is watched; of that one itself with it twice.

    Args:
        made: the record.
        base: the decision that is watched.
        own: on which days the lender paid out its own loans to the borrower that are open.
    """
    assessment, coverage = made.assessment, made.circumstances.coverage
    until = coverage.bank_data_until or base.circumstances.coverage.bank_data_until
    return {
        **made.row,
        Fact.SCORE: assessment.score if is_same_model(made, base) else None,
        Fact.PD: assessment.pd,
        Fact.NEW_FACILITY_COUNT: _new_facilities(made, base, own),
        Fact.FEED_AGE_DAYS: None if until is None else float(max(0, (made.as_of - until).days)),
        Fact.BOOKS_AGE_DAYS: None if coverage.last_on is None else float(max(0, (made.as_of - coverage.last_on).days)),
    }


def _new_facilities(made: Decision, base: Decision, own: Sequence[date]) -> float | None:
    """Those since the decision, without each that one of the lender's own loans explains.

    A loan of the lender explains one facility: the first that bank lines show from its pay-out on.
    """
    if made.borrowings is None or made.borrowings.new_count is None:
        return None
    begun = sorted(one.first_on for one in made.borrowings.facilities if is_new(one, one.first_on))
    for paid_on in sorted(own):
        shown_on = next((day for day in begun if timedelta(0) <= day - paid_on <= timedelta(days=OWN_SEEN_DAYS)), None)
        if shown_on is not None:
            begun.remove(shown_on)
    return float(sum(base.as_of < day and (made.as_of - day).days < NEW_DAYS for day in begun))


class WarningState(StrEnum):
    """How a warning stands. The codes are stored: they may be added to, and never change their meaning."""

    OPEN = "open"
    """A person has to answer."""
    SNOOZED = "snoozed"
    """Open, and set aside until a day; it is not stored, but follows from the day."""
    ANSWERED = "answered"
    """A person has answered; its signs still hold."""
    CLEARED = "cleared"
    """Its signs are over."""


class Answer(StrEnum):
    """What a person made of a warning. No answer ends, cuts or reprices a loan."""

    FALSE_ALARM = "false_alarm"
    """What was seen is not so."""
    EXPLAINED = "explained"
    """It is so, and does not matter."""
    WATCH = "watch"
    """The firm is watched more closely."""
    MEASURES = "measures"
    """Something is agreed with the firm, or prepared."""


class StepKind(StrEnum):
    """What happened to a warning after it was raised."""

    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    ANSWERED = "answered"
    ASKED_AGAIN = "asked_again"
    """It was answered long ago, and still stands."""
    RAISED_AGAIN = "raised_again"
    """A sign holds that it did not stand by; the step has the finding."""
    CLEARED = "cleared"


LONGEST_SNOOZE: Final = timedelta(days=90)


def due_after(due_on: date, snoozed_until: date) -> date:
    """Until when a person answers a warning that is snoozed: never earlier than without, and not before it is back."""
    return max(due_on, snoozed_until + timedelta(days=1))


class WarningRefusedError(Exception):
    """The step is not possible as the warning stands; the message says why."""


def state_on(stored: WarningState, snoozed_until: date | None, day: date) -> WarningState:
    """How a warning stands on a day. The last day of a snooze belongs to it."""
    is_snoozed = stored is WarningState.OPEN and snoozed_until is not None and day <= snoozed_until
    return WarningState.SNOOZED if is_snoozed else stored


def counted(stood_by: frozenset[str], state: WarningState, *, is_comparable: bool) -> frozenset[str]:
    """What a warning stands by that counts still.

    Once another model scores, the score is never known again: it counts until a person has answered.

    Args:
        stood_by: what its signs read.
        state: how it stands.
        is_comparable: whether the model is that of the decision.
    """
    is_over = state is WarningState.ANSWERED and not is_comparable
    return stood_by - {Fact.SCORE.value} if is_over else stood_by


def demand_step(kind: StepKind, state: WarningState) -> None:
    """Refuse what a person cannot do any more.

    Raises:
        WarningRefusedError: it is over; or it was answered, and is to be snoozed.
    """
    if state is WarningState.CLEARED:
        raise WarningRefusedError("the warning is cleared: its signs are over, and there is nothing left to do")
    if state is WarningState.ANSWERED and kind is StepKind.SNOOZED:
        raise WarningRefusedError("the warning was answered, and is not due: there is nothing to snooze")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a warning that is raised, or raised again, as they are stored."""

    triggers: str
    """Version of the file."""
    seen: tuple[Seen, ...]
    """Every sign of the trigger; those that held say so."""
    evidence: Evidence


def stood_by(findings: Iterable[Finding]) -> frozenset[str]:
    """What the signs read that held in any of these."""
    return frozenset(one.sign.reads for found in findings for one in found.seen if one.holds)


def with_known(before: Values, findings: Iterable[Finding]) -> Values:
    """Values at a decision, also those that only its warnings know: its books may be gone since these were raised.

    So a sign that is a change is over when it is, however long its warning stands.

    Args:
        before: values at the decision.
        findings: of warnings that compare with the same decision.
    """
    told = {one.sign.reads: one.before for found in findings for one in found.seen if one.before is not None}
    return {**told, **{name: value for name, value in before.items() if value is not None}}


_decoder: Final = msgspec.json.Decoder(Finding)
_encoder: Final = msgspec.json.Encoder(order="deterministic")


def encode(finding: Finding) -> bytes:
    """Its stored bytes."""
    return _encoder.encode(finding)


def decode(content: bytes) -> Finding:
    """The finding of stored bytes.

    Raises:
        msgspec.DecodeError: they are none.
    """
    return _decoder.decode(content)


def finding_of(
    judged: Judged, triggers: Triggers, made: Decision, base: Decision, behind: Mapping[str, Evidence]
) -> Finding:
    """What is stored of a warning that is raised, or raised again.

    Args:
        judged: the trigger.
        triggers: the file.
        made: the observation.
        base: the decision that is watched.
        behind: the documents behind the features that signs read, by name.
    """
    found = [_behind(one.sign.reads, made, base, behind) for one in judged.seen if one.holds]
    documents = dict.fromkeys(document for one in found for document in one.documents)
    evidence = Evidence(
        documents=tuple(documents)[:MOST_DOCUMENTS], total=max(len(documents), *(one.total for one in found), 0)
    )
    return Finding(triggers=triggers.version, seen=judged.seen, evidence=evidence)


def _behind(reads: str, made: Decision, base: Decision, behind: Mapping[str, Evidence]) -> Evidence:
    if reads in {Fact.SCORE, Fact.PD}:
        cost = [one for one in since_last(base, made).factors if one.points < 0]
        documents = tuple(dict.fromkeys(document for one in cost for document in one.documents))
        return Evidence(documents=documents[:MOST_DOCUMENTS], total=len(documents))
    if reads == Fact.NEW_FACILITY_COUNT and made.borrowings is not None:
        new = [one for one in made.borrowings.new_ones(made.as_of) if one.first_on > base.as_of]
        lines = tuple(
            Document(kind=DocumentKind.TRANSACTION, id=line, day=None, amount_cents=None)
            for one in new
            for line in one.lines
        )
        return Evidence(documents=lines[:MOST_DOCUMENTS], total=len(lines))
    return behind.get(reads, Evidence())
