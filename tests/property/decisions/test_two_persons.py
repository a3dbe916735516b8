"""Nothing is in force that fewer than two persons stand behind, whatever steps were signed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.promotions import (
    ENDS,
    Person,
    PromotionKind,
    PromotionState,
    PromotionStateError,
    Request,
    Step,
    Subject,
    TwoPersonsError,
    check_end,
    effective,
    is_same,
    to_undo,
)

NAMES = ("anna", "Anna ", "berta", "carla")
PERSONS = st.builds(Person, id=st.sampled_from(["p1", "p2", "p3", "p4"]), name=st.sampled_from(NAMES))
SUBJECTS = st.builds(
    Subject,
    kind=st.just(PromotionKind.POLICY),
    name=st.sampled_from(["2-a", "2-b"]),
    sha256=st.sampled_from(["aa", "bb"]),
    lender=st.sampled_from([None, "bank"]),
)
STEPS = st.builds(
    Step,
    request=st.sampled_from(["r1", "r2"]),
    to=st.sampled_from([one for one in PromotionState if one is not PromotionState.EXPIRED]),
    at=st.sampled_from(["2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"]),
    person=PERSONS,
    subject=SUBJECTS,
)


@given(st.lists(STEPS, max_size=12))
def test_an_approval_needs_an_earlier_request_of_the_same_thing_by_somebody_else(steps: list[Step]) -> None:
    """Forged, repeated and shuffled steps among them."""
    found = effective(steps)
    held = [*found.good, *found.undone]
    assert len(held) + sum(one.to is PromotionState.APPROVED for one in found.bad) == sum(
        step.to is PromotionState.APPROVED for step in steps
    )
    assert len({step.request for step in held}) == len(held)
    for step in held:
        place = next(n for n, one in enumerate(steps) if one is step)
        before = [one for one in steps[:place] if one.request == step.request]
        first = next(one for one in before if one.to is PromotionState.REQUESTED)
        assert first.subject == step.subject
        assert not is_same(first.person, step.person)
        assert not any(one.to in ENDS for one in before)


def approvals(*days: str) -> list[Step]:
    """One after the other, each by two persons."""
    steps = []
    for number, at in enumerate(days, 1):
        subject = Subject(kind=PromotionKind.MODEL, name=f"sme/{number}", sha256="aa", lender=None)
        for to, name in ((PromotionState.REQUESTED, "anna"), (PromotionState.APPROVED, "berta")):
            person = Person(id=name, name=name)
            steps.append(Step(request=f"r{number}", to=to, at=at, person=person, subject=subject))
    return steps


def rollback(of: Step, at: str) -> Step:
    """By one person."""
    return Step(
        request=of.request,
        to=PromotionState.ROLLED_BACK,
        at=at,
        person=Person(id="carla", name="carla"),
        subject=of.subject,
    )


@given(st.lists(st.sampled_from(["approve", "roll back", "forge"]), max_size=10))
def test_one_person_goes_back_one_step_and_no_further(doing: list[str]) -> None:
    """What is in force is the newest approval, or the one before it after a rollback: never one further back."""
    steps: list[Step] = []
    stack: list[str] = []
    is_undone = False
    for number, what in enumerate(doing):
        at = f"2026-01-{1 + number:02d}T00:00:00.000Z"
        if what == "approve":
            new = [msgspec.structs.replace(one, request=f"r{number}") for one in approvals(at)]
            steps += new
            stack.append(f"r{number}")
            is_undone = False
        elif what == "forge" and len(stack) > 1:  # of one that is not the newest, signed by who holds the key
            older = next(one for one in steps if one.request == stack[-2])
            steps.append(rollback(older, at))
        elif what == "roll back":
            try:
                step = to_undo(steps, "model sme", at)
            except PromotionStateError:
                assert is_undone or not stack
                continue
            assert not is_undone
            assert step.request == stack.pop()
            steps.append(rollback(step, at))
            is_undone = True
    assert [one.request for one in effective(steps).good] == stack[::-1]


@pytest.mark.parametrize(("time", "is_allowed"), [("00:00:00.000", True), ("00:00:00.001", False)])
def test_a_rollback_is_for_the_first_fourteen_days(time: str, is_allowed: bool) -> None:  # noqa: FBT001  a table
    """Later two persons have the time; a step that was signed nevertheless has no effect."""
    steps = approvals("2025-12-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z")
    newest, at = steps[-1], f"2026-01-15T{time}Z"
    if is_allowed:
        assert to_undo(steps, "model sme", at) == newest
    else:
        with pytest.raises(PromotionStateError, match="more than 14 days ago"):
            to_undo(steps, "model sme", at)
    found = effective([*steps, rollback(newest, at)])
    assert [one.subject.name for one in found.good] == (["sme/1"] if is_allowed else ["sme/2", "sme/1"])
    assert len(found.bad) == (0 if is_allowed else 1)


@pytest.mark.parametrize(("time", "is_good"), [("09:59:59.999", True), ("10:00:00.000", False)])
def test_an_approval_that_was_signed_after_the_request_expired_has_no_effect(time: str, is_good: bool) -> None:  # noqa: FBT001  a table
    """Whatever wrote it down."""
    request, approval = approvals("2026-01-31T10:00:00.000Z")
    request = msgspec.structs.replace(request, at="2026-01-01T10:00:00.000Z", expires_at="2026-01-31T10:00:00.000Z")
    found = effective([request, msgspec.structs.replace(approval, at=f"2026-01-31T{time}Z")])
    assert (len(found.good), len(found.bad)) == ((1, 0) if is_good else (0, 1))


@pytest.mark.parametrize(
    ("other", "is_one"),
    [
        ("anna müller", True),
        ("Anna  Mu\u0308ller ", True),  # composed of two signs
        ("Anna M\u00fcller\u200b", True),  # a space without width
        ("\u2066Anna Müller\u2069", True),  # marks of direction
        ("An\u00adna Müller", True),  # a soft hyphen
        ("Ａｎｎａ Müller", True),  # wide letters  # noqa: RUF001  that is the case
        ("Anna\u00a0Müller", True),  # a space that does not break
        *((f"Anna{sign} Müller{sign}", True) for sign in ("\ufe0f", "\u034f", "\u180b", "\u115f", "\u3164", "\u2800")),
        ("Anna Mueller", False),
        ("Annabel Müller", False),
    ],
)
def test_a_name_that_looks_the_same_is_one_person(other: str, is_one: bool) -> None:  # noqa: FBT001  a table
    """Two accounts of one person do not make two."""
    assert is_same(Person(id="p1", name="Anna Müller"), Person(id="p2", name=other)) is is_one


@given(
    st.lists(st.tuples(st.sampled_from(sorted(ENDS)), PERSONS, st.booleans(), st.integers(0, 40)), max_size=8), PERSONS
)
def test_what_the_checks_let_through_has_two_persons(
    tries: list[tuple[PromotionState, Person, bool, int]], requester: Person
) -> None:
    """Over random attempts to end one request, by persons and systems, on days before and after its end."""
    subject = Subject(kind=PromotionKind.MODEL, name="sme/4", sha256="aa", lender=None)
    request = Request(
        id="r1",
        subject=subject,
        by=requester,
        at="2026-01-01",
        reason="x",
        evidence_sha256="e",
        expires_at="2026-01-31",
    )
    steps = [Step(request="r1", to=PromotionState.REQUESTED, at="2026-01-01", person=requester, subject=subject)]
    stored = PromotionState.REQUESTED
    for end, person, is_person, day in tries:
        now = f"2026-0{1 + day // 31}-{1 + day % 31:02d}"
        actor = Person(id=person.id, name=person.name, is_person=is_person)
        try:
            check_end(request, request.state(stored, now), end, actor)
        except (PromotionStateError, TwoPersonsError):
            continue
        assert now < request.expires_at
        assert is_person
        stored = end
        steps.append(Step(request="r1", to=end, at=now, person=person, subject=subject))
    found = effective(steps)
    assert not found.bad
    assert len(steps) <= 2
    assert [is_same(one.person, requester) for one in found.good] == [False] * (stored is PromotionState.APPROVED)
