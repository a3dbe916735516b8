"""Nothing is in force that fewer than two persons stand behind, whatever steps were signed."""

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
    at=st.just("2026-01-01T00:00:00.000Z"),
    person=PERSONS,
    subject=SUBJECTS,
)


@given(st.lists(STEPS, max_size=12))
def test_an_approval_needs_an_earlier_request_of_the_same_thing_by_somebody_else(steps: list[Step]) -> None:
    """Forged, repeated and shuffled steps among them."""
    good, bad = effective(steps)
    assert len(good) + len(bad) == sum(step.to is PromotionState.APPROVED for step in steps)
    assert len({step.request for step in good}) == len(good)
    for step in good:
        place = next(n for n, one in enumerate(steps) if one is step)
        before = [one for one in steps[:place] if one.request == step.request]
        first = next(one for one in before if one.to is PromotionState.REQUESTED)
        assert first.subject == step.subject
        assert not is_same(first.person, step.person)
        assert all(one.to is PromotionState.REQUESTED for one in before)


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
    good, bad = effective(steps)
    assert not bad
    assert len(steps) <= 2
    assert [is_same(one.person, requester) for one in good] == [False] * (stored is PromotionState.APPROVED)
