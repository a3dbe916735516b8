"""Putting a policy or a model in force takes two persons: one requests it, another one approves.

What counts is a chain of signed steps. An approval that is not by a second person has no effect, whoever wrote it down.
One person rolls back what was approved last, and nothing more: what comes back had its two persons before.
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

LASTS: Final = timedelta(days=30)
"""How long a request waits for its approval: what it was checked against grows old."""


ROLLED_BACK_WITHIN: Final = timedelta(days=14)
"""Of its approval: what is wrong shows soon, and later there is time for two persons."""


class PromotionKind(StrEnum):
    """What is put in force."""

    POLICY = "policy"
    MODEL = "model"


class PromotionState(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """By who made it."""
    SUPERSEDED = "superseded"
    """A newer request for the same thing took its place."""
    EXPIRED = "expired"
    """Nobody approved it in time; follows from the clock, without a step."""
    ROLLED_BACK = "rolled_back"
    """It was approved, and one person went back to what was in force before."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes a step."""

    id: str
    """Of the principal: two keys of one person have the same."""
    name: str
    is_person: bool = True


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is about."""

    kind: PromotionKind
    name: str
    """The version of a policy, or ``NAME/VERSION`` of a model."""
    sha256: str
    """Of the policy's text, or of the model's manifest."""
    lender: str | None
    """Whose policy it is to be; None is what is in force for all lenders."""

    @property
    def place(self) -> str:
        """What it would take the place of: of one place, one request is open at most."""
        return (
            f"policy {self.lender or ''}" if self.kind is PromotionKind.POLICY else f"model {self.name.split('/')[0]}"
        )


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request to put something in force."""

    id: str
    subject: Subject
    by: Person
    at: str
    reason: str
    evidence_sha256: str
    """Of what was found when it was made: the check, and stored applications decided again."""
    expires_at: str

    def state(self, stored: PromotionState, now: str) -> PromotionState:
        """Where it stands at a moment."""
        is_over = stored is PromotionState.REQUESTED and now >= self.expires_at
        return PromotionState.EXPIRED if is_over else stored


class PromotionStateError(Exception):
    """The request has ended."""


class TwoPersonsError(Exception):
    """This person may not take this step; the message says who may."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        """``no_person``, ``requester`` or ``not_the_requester``."""


ENDS: Final = frozenset({PromotionState.APPROVED, PromotionState.REJECTED, PromotionState.WITHDRAWN})
"""What a person may do to an open request."""


def check_requester(person: Person) -> None:
    """Refuse systems.

    Raises:
        TwoPersonsError: it is none.
    """
    if not person.is_person:
        raise TwoPersonsError("no_person", "only a person may do this: use the key or the session of a person")


def check_end(request: Request, state: PromotionState, end: PromotionState, person: Person) -> None:
    """Refuse what would not leave two persons behind a promotion.

    Args:
        request: which is to end.
        state: where it stands now.
        end: one of ``ENDS``.
        person: who wants it.

    Raises:
        PromotionStateError: the request has ended already.
        TwoPersonsError: this person may not.
    """
    check_requester(person)
    if state is not PromotionState.REQUESTED:
        raise PromotionStateError(_SENTENCES[state])
    is_requester = is_same(person, request.by)
    if end is PromotionState.WITHDRAWN and not is_requester:
        raise TwoPersonsError("not_the_requester", "only who made the request withdraws it: reject it instead")
    if end is not PromotionState.WITHDRAWN and is_requester:
        raise TwoPersonsError("requester", "who made the request does not decide on it: another person has to")


def is_same(one: Person, other: Person) -> bool:
    """Whether two principals are one person: the same one, or of the same name at another lender."""
    return one.id == other.id or _plain(one.name) == _plain(other.name)


def _plain(name: str) -> str:
    """A name as it is seen: composed or not, wide or not, upper or lower case, without signs that show nothing."""
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", name) if not _is_unseen(sign))
    return " ".join(unicodedata.normalize("NFKC", seen.casefold()).split())


def _is_unseen(sign: str) -> bool:
    """Whether it is of format, of private use or not assigned, or one of the others that fonts leave out."""
    return unicodedata.category(sign) in {"Cf", "Cn", "Co"} or sign in _FILLERS or "\ufe00" <= sign <= "\ufe0f"


_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Default_Ignorable_Code_Point (Unicode 15.1) that are of other categories, and the empty pattern of Braille."""

_SENTENCES: Final = {
    PromotionState.APPROVED: "the request was approved already",
    PromotionState.REJECTED: "the request was rejected: make a new one",
    PromotionState.WITHDRAWN: "the request was withdrawn: make a new one",
    PromotionState.SUPERSEDED: "a newer request took its place",
    PromotionState.EXPIRED: "nobody approved the request in time: make a new one",
    PromotionState.ROLLED_BACK: "the request was approved and rolled back: make a new one",
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A signed step of a request."""

    request: str
    to: PromotionState
    at: str
    person: Person
    subject: Subject
    expires_at: str | None = None
    """From when on the request waits no longer."""


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from the steps, newest first."""

    good: tuple[Step, ...]
    """Approvals that two persons stand behind and nobody has rolled back: the first of a place is in force."""
    undone: tuple[Step, ...]
    """Approvals that were rolled back."""
    bad: tuple[Step, ...]
    """Approvals that no second person stands behind in time, and rollbacks that nobody may make alone."""


def effective(steps: Iterable[Step]) -> Effective:
    """Which approvals hold.

    Args:
        steps: in the order in which they were signed.
    """
    requested: dict[str, Step] = {}
    ended: set[str] = set()
    good: list[Step] = []
    undone: list[Step] = []
    bad: list[Step] = []
    is_last_undone: dict[str, bool] = {}
    """Of each place, whether its newest step is a rollback."""
    for step in steps:
        place = step.subject.place
        if step.to is PromotionState.REQUESTED:
            requested.setdefault(step.request, step)
            continue
        if step.to is PromotionState.ROLLED_BACK:
            newest = next((one for one in reversed(good) if one.subject.place == place), None)
            if newest is not None and _may_undo(newest, step, is_twice=is_last_undone.get(place, False)):
                good.remove(newest)
                undone.append(newest)
                is_last_undone[place] = True
            else:
                bad.append(step)
            continue
        if step.to is PromotionState.APPROVED:
            first = requested.get(step.request)
            is_good = (
                first is not None
                and step.request not in ended
                and first.subject == step.subject
                and not is_same(first.person, step.person)
                and (first.expires_at is None or step.at < first.expires_at)
            )
            (good if is_good else bad).append(step)
            is_last_undone[place] = is_last_undone.get(place, False) and not is_good
        ended.add(step.request)
    return Effective(good=tuple(good[::-1]), undone=tuple(undone[::-1]), bad=tuple(bad[::-1]))


def to_undo(steps: Iterable[Step], place: str, now: str) -> Step:
    """The approval that one person may roll back.

    Args:
        steps: in the order in which they were signed.
        place: of what, see ``Subject.place``.
        now: the present.

    Raises:
        PromotionStateError: there is none; the message says what to do instead.
    """
    found = effective(steps)
    newest = next((one for one in found.good if one.subject.place == place), None)
    last_undone = next((one for one in found.undone if one.subject.place == place), None)
    if last_undone is not None and (newest is None or newest.at < last_undone.at):
        raise PromotionStateError(
            f"{last_undone.subject.name} was rolled back already, and one person goes back one step alone: request the"
            " version that is to be in force, and let another person approve it"
        )
    if newest is None:
        raise PromotionStateError("nothing was approved here that could be rolled back: what is in force began so")
    if not _in_time(newest, now):
        raise PromotionStateError(
            f"{newest.subject.name} was approved more than {ROLLED_BACK_WITHIN.days} days ago: request the version that"
            " is to be in force, and let another person approve it"
        )
    return newest


def _may_undo(approval: Step, step: Step, *, is_twice: bool) -> bool:
    is_this = (approval.request, approval.subject) == (step.request, step.subject)
    return is_this and not is_twice and _in_time(approval, step.at)


def _in_time(approval: Step, now: str) -> bool:
    return datetime.fromisoformat(now) <= datetime.fromisoformat(approval.at) + ROLLED_BACK_WITHIN
