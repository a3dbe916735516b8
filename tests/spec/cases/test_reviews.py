"""Who may take which step, and what votes lead to."""

from datetime import date, timedelta

import msgspec
import pytest
from case_builders import NOW, TODAY, actor, authority, opened, powers, subject, then, voted

from scoring.base.identifiers import instant
from scoring.decisions.authority import Diverging, Office, Person
from scoring.decisions.cases import (
    Answered,
    Asked,
    Assigned,
    Case,
    CaseState,
    Claimed,
    Commented,
    Contest,
    Facts,
    Filed,
    Linked,
    Released,
    Reopened,
    ReviewReason,
    Withdrawn,
    decode_facts,
    encode_facts,
    is_by_applicant,
)
from scoring.decisions.decision import Verdict
from scoring.decisions.inquiries import ItemKind
from scoring.decisions.reviews import (
    APPLICANT,
    MOST_STEPS,
    SENTENCES,
    Ballot,
    Context,
    Refusal,
    StepRefusedError,
    refusal_of,
    vote_of,
)

APPROVE = Ballot(verdict=Verdict.APPROVE, reason=ReviewReason.AS_RECOMMENDED)
DECLINE = Ballot(verdict=Verdict.DECLINE, reason=ReviewReason.NOT_AFFORDABLE)
AROUND = Context(day=TODAY, names={f"pri-{name}": name for name in ("frieda", "fritz", "hans", "berta")})
BIG = {"amount_cents": 5_000_000, "limit_cents": 6_000_000}
BEN = Person(name="ben", rank="senior", office=Office.BACK)
REOPENED = Reopened(due_at=instant(NOW), undecided_days=90)


def approving(cents: int, **terms: int) -> Ballot:
    """An approval of another amount."""
    return Ballot(verdict=Verdict.APPROVE, reason=ReviewReason.TERMS_FIT, amount_cents=cents, **terms)


def refused(case: Case, by: str, ballot: Ballot, **changes: int) -> Refusal:
    """Why a vote is refused."""
    with pytest.raises(StepRefusedError) as error:
        vote_of(case, ballot, actor(by), powers(), now=NOW, exposure_cents=changes.get("exposure_cents", 0))
    return error.value.refusal


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.REFER, CaseState.OPEN),
        (Verdict.APPROVE, CaseState.DECIDED),
        (Verdict.DECLINE, CaseState.DECIDED),
    ],
)
def test_a_case_is_open_where_the_machine_refers(verdict: Verdict, state: CaseState) -> None:
    """Else the machine has decided, and its verdict is the resolution."""
    case = opened(verdict=verdict)
    assert case.state is state
    assert (None if case.resolution is None else case.resolution.verdict) is (
        None if state is CaseState.OPEN else verdict
    )


def test_one_vote_decides_below_the_second_vote() -> None:
    """The terms are those asked for, at the offered price, until the machine's decision ends."""
    case = voted(opened(), "fritz", APPROVE, powers())
    assert case.state is CaseState.DECIDED
    assert case.resolution is not None
    assert (case.resolution.verdict, case.resolution.amount_cents, case.resolution.term_months) == (
        Verdict.APPROVE,
        2_500_000,
        12,
    )
    assert (case.resolution.annual_rate_bps, case.resolution.valid_until) == (690, TODAY + timedelta(days=14))
    assert case.claimed_by is None


SECOND_FROM = [(2_999_999, CaseState.DECIDED), (3_000_000, CaseState.SECOND_VOTE)]


@pytest.mark.parametrize(("cents", "state"), SECOND_FROM)
def test_a_second_vote_is_asked_from_an_amount_on(cents: int, state: CaseState) -> None:
    """The bound itself needs it; what stands approved already counts, so that splitting does not help."""
    case = voted(opened(**BIG), "frieda", approving(cents), powers())
    split = voted(opened(**BIG), "frieda", approving(1_000_000), powers(), exposure_cents=cents - 1_000_000)
    assert (case.state, split.state) == (state, state)


@pytest.mark.parametrize(
    ("by", "cents", "exposure", "expected"),
    [
        ("fritz", 2_500_000, 0, None),
        ("fritz", 2_500_001, 0, Refusal.ABOVE_LIMIT),
        ("fritz", 2_400_000, 100_000, None),
        ("fritz", 2_400_000, 100_001, Refusal.ABOVE_LIMIT),
        ("berta", 2_999_999, 0, None),
        ("berta", 3_000_000, 0, Refusal.FRONT_OFFICE_FIRST),
    ],
)
def test_a_limit_holds_for_what_is_approved(by: str, cents: int, exposure: int, expected: Refusal | None) -> None:
    """With what stands approved for the same borrower."""
    case = then(opened(**BIG), Claimed(), by)
    if expected is None:
        vote = vote_of(case, approving(cents), actor(by), powers(), now=NOW, exposure_cents=exposure)
        assert vote.amount_cents == cents
    else:
        assert refused(case, by, approving(cents), exposure_cents=exposure) is expected


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("berta", None),
        ("bruno", None),
        ("frieda", Refusal.VOTED_BEFORE),
        ("hans", Refusal.BACK_OFFICE_SECOND),
        ("fritz", Refusal.BACK_OFFICE_SECOND),
        ("bodo", Refusal.SAME_LINE),
        ("stranger", Refusal.NO_AUTHORITY),
    ],
)
def test_the_second_vote_is_another_offices(by: str, expected: Refusal | None) -> None:
    """Neither the first person, nor the front office, nor the first one's line."""
    case = voted(opened(**BIG), "frieda", APPROVE, powers())
    assert refusal_of(case, Claimed(), actor(by), powers(), AROUND) is expected
    if expected is None:
        assert voted(case, by, APPROVE, powers()).state is CaseState.DECIDED
    else:
        assert refused(then(case, Claimed(), by), by, APPROVE) is expected


def test_a_first_vote_against_the_loan_ends_it() -> None:
    """Nobody votes a second time on a risk that is not taken."""
    case = voted(opened(**BIG), "frieda", DECLINE, powers())
    assert case.resolution is not None
    assert (case.state, case.resolution.verdict, case.resolution.amount_cents) == (
        CaseState.DECIDED,
        Verdict.DECLINE,
        None,
    )


@pytest.mark.parametrize("second", [DECLINE, approving(4_000_000), approving(5_000_000, term_months=6)])
def test_diverging_votes_decline_or_escalate(second: Ballot) -> None:
    """Another amount or term differs, too; who decides has a higher limit than both."""
    case = voted(opened(**BIG), "frieda", APPROVE, powers())
    declining = powers(authority(diverging=Diverging.DECLINE))
    declined = voted(voted(opened(**BIG), "frieda", APPROVE, declining), "berta", second, declining)
    assert declined.resolution is not None
    assert declined.resolution.verdict is Verdict.DECLINE
    escalated = voted(case, "berta", second, powers())
    assert (escalated.state, escalated.is_escalated, escalated.resolution) == (CaseState.OPEN, True, None)
    assert refusal_of(escalated, Claimed(), actor("bodo"), powers(), AROUND) is Refusal.NOT_HIGHER
    assert refusal_of(escalated, Claimed(), actor("berta"), powers(), AROUND) is Refusal.VOTED_BEFORE
    decided = voted(escalated, "hans", APPROVE, powers())
    assert decided.resolution is not None
    assert (decided.state, decided.resolution.verdict) == (CaseState.DECIDED, Verdict.APPROVE)


def test_votes_that_differ_decline_where_nobody_stands_above_them() -> None:
    """Both heads have voted: there is nobody to escalate to."""
    case = voted(voted(opened(**BIG), "hans", APPROVE, powers()), "bruno", DECLINE, powers())
    assert case.resolution is not None
    assert (case.state, case.resolution.verdict) == (CaseState.DECIDED, Verdict.DECLINE)


OVERRIDES = [
    ({}, APPROVE, 14),
    ({"recommendation": Verdict.DECLINE}, APPROVE, 7),
    ({"recommendation": Verdict.REFER}, APPROVE, 7),
    ({"limit_cents": 2_499_999}, APPROVE, 7),
    ({"max_term_months": 11}, APPROVE, 7),
    ({}, approving(2_500_000, annual_rate_bps=689), 7),
    ({}, approving(2_500_000, annual_rate_bps=690), 14),
    ({"valid_until": TODAY + timedelta(days=3), "limit_cents": 1}, APPROVE, 3),
]


@pytest.mark.parametrize(("changes", "ballot", "days"), OVERRIDES)
def test_an_override_expires(changes: dict[str, object], ballot: Ballot, days: int) -> None:
    """Earlier than the machine's decision, where it goes another way or further; never later."""
    case = voted(opened(**changes), "fritz", ballot, powers())
    assert case.resolution is not None
    until = case.resolution.valid_until
    assert until == TODAY + timedelta(days=days)
    assert case.state_on(until) is CaseState.DECIDED
    assert case.state_on(until + timedelta(days=1)) is CaseState.EXPIRED


@pytest.mark.parametrize(
    ("ballot", "expected"),
    [
        (approving(499_999), Refusal.TERMS_MISFIT),
        (approving(500_000), None),
        (approving(2_500_000, term_months=2), Refusal.TERMS_MISFIT),
        (approving(2_500_000, term_months=3), None),
        (approving(2_500_000, term_months=24), None),
        (approving(2_500_000, term_months=25), Refusal.TERMS_MISFIT),
        (approving(2_500_000, annual_rate_bps=1_290), None),
        (approving(2_500_000, annual_rate_bps=1_291), Refusal.TERMS_MISFIT),
        (approving(2_500_000, annual_rate_bps=-1), Refusal.TERMS_MISFIT),
        (Ballot(verdict=Verdict.REFER, reason=ReviewReason.OTHER), Refusal.REASON_MISFIT),
        (Ballot(verdict=Verdict.APPROVE, reason=ReviewReason.NOT_AFFORDABLE), Refusal.REASON_MISFIT),
        (Ballot(verdict=Verdict.DECLINE, reason=ReviewReason.COLLATERAL), Refusal.REASON_MISFIT),
        (
            Ballot(verdict=Verdict.DECLINE, reason=ReviewReason.OTHER, amount_cents=1),
            Refusal.TERMS_MISFIT,
        ),
    ],
)
def test_terms_and_reason_must_fit(ballot: Ballot, expected: Refusal | None) -> None:
    """Terms within the policy's product, a price of at most its highest, a reason for this verdict."""
    case = then(opened(), Claimed())
    if expected is None:
        vote_of(case, ballot, actor("fritz"), powers(), now=NOW, exposure_cents=0)
    else:
        assert refused(case, "fritz", ballot) is expected


def test_without_an_offer_the_price_must_be_said() -> None:
    """There is none to take."""
    case = then(opened(limit_cents=None, max_term_months=None, annual_rate_bps=None), Claimed())
    assert refused(case, "fritz", APPROVE) is Refusal.TERMS_MISFIT
    vote = vote_of(case, approving(2_500_000, annual_rate_bps=990), actor("fritz"), powers(), now=NOW, exposure_cents=0)
    assert vote.is_override


@pytest.mark.parametrize(("days", "expected"), [(0, None), (-1, Refusal.DECISION_EXPIRED)])
def test_an_expired_decision_is_not_approved(days: int, expected: Refusal | None) -> None:
    """Its last day still counts; it can be declined on any."""
    case = then(opened(valid_until=TODAY + timedelta(days=days)), Claimed())
    if expected is not None:
        assert refused(case, "fritz", APPROVE) is expected
    assert vote_of(case, DECLINE, actor("fritz"), powers(), now=NOW, exposure_cents=0).verdict is Verdict.DECLINE


STEPS: list[tuple[str, Case, Facts, str, Refusal | None]] = [
    ("claim", opened(), Claimed(), "fritz", None),
    ("claim what another has", then(opened(), Claimed()), Claimed(), "frieda", Refusal.CLAIMED_BY_ANOTHER),
    ("claim as requester", opened(asked_by="pri-fritz"), Claimed(), "fritz", Refusal.REQUESTER),
    ("claim without authority", opened(product="investment"), Claimed(), "fritz", Refusal.NO_AUTHORITY),
    ("claim what is decided", opened(verdict=Verdict.APPROVE), Claimed(), "fritz", Refusal.ENDED),
    ("release", then(opened(), Claimed()), Released(), "fritz", None),
    ("release as superior", then(opened(), Claimed()), Released(), "frieda", None),
    ("release as superior's superior", then(opened(), Claimed()), Released(), "hans", None),
    ("release what another has", then(opened(), Claimed()), Released(), "berta", Refusal.NOT_THE_HOLDER),
    ("release what nobody has", opened(), Released(), "fritz", Refusal.NOT_CLAIMED),
    ("assign", opened(), Assigned(to="pri-frieda"), "fritz", None),
    ("assign to the requester", opened(), Assigned(to="pri-system"), "fritz", Refusal.REQUESTER),
    ("assign as requester", opened(asked_by="pri-fritz"), Assigned(to="pri-frieda"), "fritz", Refusal.REQUESTER),
    ("ask", then(opened(), Claimed()), Asked(), "fritz", None),
    ("ask without a claim", opened(), Asked(), "fritz", Refusal.NOT_CLAIMED),
    ("answer what was not asked", opened(), Answered(), "fritz", Refusal.NOT_WAITING),
    ("answer", then(then(opened(), Claimed()), Asked()), Answered(), "fritz", None),
    ("ask while it waits", then(then(opened(), Claimed()), Asked()), Asked(), "fritz", Refusal.WAITING),
    ("reopen what is open", opened(), REOPENED, "fritz", Refusal.NOT_ENDED),
    ("reopen a decline", opened(verdict=Verdict.DECLINE), REOPENED, "fritz", None),
    ("withdraw", opened(), Withdrawn(), "fritz", None),
    ("withdraw an approval", opened(verdict=Verdict.APPROVE), Withdrawn(), "fritz", None),
    ("withdraw a decline", opened(verdict=Verdict.DECLINE), Withdrawn(), "fritz", Refusal.ENDED),
    ("reopen what was withdrawn", then(opened(), Withdrawn()), REOPENED, "fritz", Refusal.WITHDRAWN),
    ("comment on what was withdrawn", then(opened(), Withdrawn()), Commented(), "fritz", None),
]


@pytest.mark.parametrize(("case", "facts", "by", "expected"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_steps(case: Case, facts: Facts, by: str, expected: Refusal | None) -> None:
    """Each step, by whom it may be taken and when."""
    assert refusal_of(case, facts, actor(by), powers(), AROUND) is expected


@pytest.mark.parametrize("facts", [Claimed(), Released(), Assigned(to="pri-fritz"), Asked(), REOPENED])
def test_a_system_reviews_nothing(facts: Facts) -> None:
    """It comments, notes answers and withdraws; whatever its roles are."""
    case = opened(verdict=Verdict.DECLINE) if facts is REOPENED else opened()
    system = actor("fritz", is_person=False)
    assert refusal_of(case, facts, system, powers(), AROUND) is Refusal.NO_PERSON
    with pytest.raises(StepRefusedError) as error:
        vote_of(opened(), APPROVE, system, powers(), now=NOW, exposure_cents=0)
    assert error.value.refusal is Refusal.NO_PERSON


def test_a_vote_needs_a_claim() -> None:
    """So that two do not review at once, and the time is known."""
    assert refused(opened(), "fritz", APPROVE) is Refusal.NOT_CLAIMED
    assert refused(then(opened(), Claimed(), "frieda"), "fritz", APPROVE) is Refusal.CLAIMED_BY_ANOTHER
    case = then(opened(), Claimed())
    later = NOW + timedelta(minutes=7)
    assert vote_of(case, APPROVE, actor("fritz"), powers(), now=later, exposure_cents=0).seconds == 420


def test_waiting_for_the_applicant_is_no_time_of_the_lender() -> None:
    """The day by which the case should be decided moves by as much."""
    case = then(then(opened(), Claimed()), Asked(), at=NOW + timedelta(hours=2))
    assert (case.state, refused(case, "fritz", APPROVE)) == (CaseState.WAITING, Refusal.WAITING)
    answered = then(case, Answered(), at=NOW + timedelta(hours=50))
    assert answered.state is CaseState.OPEN
    assert answered.due_at == instant(NOW + timedelta(hours=24 + 48))


def test_an_answer_leads_back_to_the_second_vote() -> None:
    """Where the second voter asked."""
    case = then(voted(opened(**BIG), "frieda", APPROVE, powers()), Claimed(), "berta")
    assert then(then(case, Asked(), "berta"), Answered(), "berta").state is CaseState.SECOND_VOTE


def linked(**changes: object) -> Linked:
    """A new decision of the machine on the same application."""
    return Linked(subject=subject(decision_id="dec_2", **changes), due_at=instant(NOW), undecided_days=90)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Verdict.REFER, CaseState.OPEN), (Verdict.APPROVE, CaseState.DECIDED), (Verdict.DECLINE, CaseState.DECIDED)],
)
def test_a_new_decision_takes_the_place_of_the_one_before(verdict: Verdict, state: CaseState) -> None:
    """Where nobody has voted, the machine may decide; its requester does not review either."""
    case = then(opened(), linked(verdict=verdict, asked_by="pri-fritz"))
    assert (case.state, case.decisions) == (state, ("dec_1", "dec_2"))
    assert case.requesters == {"pri-system", "pri-fritz"}


def test_a_new_decision_does_not_undo_a_person() -> None:
    """A firm that was declined by a person is not approved by asking once more; earlier votes do not count."""
    case = then(voted(opened(**BIG), "frieda", DECLINE, powers()), linked(verdict=Verdict.APPROVE))
    assert (case.state, case.resolution, case.votes) == (CaseState.OPEN, None, ())


def test_what_nobody_decides_expires() -> None:
    """Ninety days after the newest decision ended; a new decision opens it again."""
    case = opened()
    last = TODAY + timedelta(days=14 + 90)
    assert (case.state_on(last), case.state_on(last + timedelta(days=1))) == (CaseState.OPEN, CaseState.EXPIRED)
    after_it = Context(day=last + timedelta(days=1), names={})
    assert refusal_of(case, Claimed(), actor("fritz"), powers(), after_it) is Refusal.ENDED
    assert refusal_of(case, linked(), actor("fritz"), powers(), after_it) is None
    declined = voted(opened(), "fritz", DECLINE, powers())
    assert declined.state_on(date(2099, 1, 1)) is CaseState.DECIDED


def test_a_reopened_case_begins_anew_with_persons() -> None:
    """Votes of before do not count; the machine does not decide any more."""
    case = then(opened(verdict=Verdict.DECLINE), REOPENED)
    assert (case.state, case.resolution, case.is_person_needed) == (CaseState.OPEN, None, True)


def test_without_a_file_the_role_may_vote_up_to_the_products_maximum() -> None:
    """Alone; a product that the policy does not have is nobody's."""
    free = powers(without_file=True)
    assert voted(opened(amount_cents=10_000_000), "anybody", APPROVE, free).state is CaseState.DECIDED
    assert refusal_of(opened(product="lease"), Claimed(), actor("anybody"), free, AROUND) is Refusal.NO_AUTHORITY
    no_role = actor("anybody", may_review=False)
    assert refusal_of(opened(), Claimed(), no_role, free, AROUND) is Refusal.NO_AUTHORITY


LINKED = Asked(link="apl_1", items=(ItemKind.DOCUMENT,))
CONTESTED = Reopened(
    due_at=instant(NOW),
    undecided_days=90,
    contest=Contest(link="apl_2", wants_talk=True, answer_by=date(2026, 10, 30)),
)
FILED = Filed(document="doc_1", sha256="a" * 64, media_type="application/pdf", size=7, link="apl_1")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answered(link="apl_1"), None),
        (Answered(), None),
        (Answered(link="apl_0"), Refusal.NOT_WAITING),
    ],
)
def test_an_answer_comes_by_the_link_that_is_waited_for(answer: Answered, expected: Refusal | None) -> None:
    """Or is noted by somebody; an older link answers nothing any more."""
    case = then(opened(), LINKED, "frieda")
    assert refusal_of(case, answer, APPLICANT, powers(), AROUND) is expected
    assert (
        refusal_of(
            then(case, Linked(subject=subject(), due_at=instant(NOW), undecided_days=90)),
            answer,
            APPLICANT,
            powers(),
            AROUND,
        )
        is Refusal.NOT_WAITING
    )


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (opened(), Refusal.NOT_ENDED),
        (opened(verdict=Verdict.DECLINE), None),
        (opened(verdict=Verdict.APPROVE), None),
        (opened(verdict=Verdict.APPROVE, valid_until=TODAY - timedelta(days=1)), None),
        (voted(opened(), "frieda", DECLINE, powers()), None),
        (then(opened(verdict=Verdict.DECLINE), CONTESTED), Refusal.NOT_ENDED),
        (then(opened(verdict=Verdict.APPROVE), Withdrawn()), Refusal.WITHDRAWN),
    ],
    ids=["open", "declined", "approved", "expired", "declined by a person", "contested", "withdrawn"],
)
def test_an_applicant_contests_what_has_ended(case: Case, expected: Refusal | None) -> None:
    """Once, and without any role; the same reopening without a contest is a reviewer's."""
    assert refusal_of(case, CONTESTED, APPLICANT, powers(), AROUND) is expected
    without = Refusal.NO_AUTHORITY if expected is None else expected
    assert refusal_of(case, REOPENED, APPLICANT, powers(), AROUND) is without


def test_a_contest_lasts_until_a_person_decides() -> None:
    """A new decision of the machine decides nothing, and does not end it."""
    case = then(opened(verdict=Verdict.DECLINE), CONTESTED)
    again = then(case, Linked(subject=subject(verdict=Verdict.APPROVE), due_at=instant(NOW), undecided_days=90))
    assert (case.state, case.contest, case.resolution) == (CaseState.OPEN, CONTESTED.contest, None)
    assert (again.state, again.contest) == (CaseState.OPEN, CONTESTED.contest)
    assert voted(again, "frieda", DECLINE, powers()).contest is None
    assert then(again, Withdrawn()).contest is None


def test_documents_change_nothing_but_the_number_of_steps() -> None:
    """In every state but that of a withdrawn case."""
    case = then(opened(), LINKED, "frieda")
    filed = then(case, FILED)
    assert msgspec.structs.replace(filed, number=case.number, changed_at=case.changed_at) == case
    assert refusal_of(opened(verdict=Verdict.DECLINE), FILED, APPLICANT, powers(), AROUND) is None
    assert refusal_of(then(case, Withdrawn()), FILED, APPLICANT, powers(), AROUND) is Refusal.WITHDRAWN


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FILED, True),
        (msgspec.structs.replace(FILED, link=None), False),
        (Answered(link="apl_1"), True),
        (Answered(), False),
        (CONTESTED, True),
        (REOPENED, False),
        (LINKED, False),
    ],
)
def test_what_an_applicant_did_itself(facts: Facts, expected: bool) -> None:  # noqa: FBT001  a table
    """With a link; what somebody passed on is that person's step."""
    assert is_by_applicant(facts) is expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ('{"kind":"asked"}', Asked()),
        ('{"kind":"answered"}', Answered()),
        ('{"kind":"reopened","due_at":"x","undecided_days":90}', Reopened(due_at="x", undecided_days=90)),
    ],
)
def test_steps_of_before_links_read_back(stored: str, expected: Facts) -> None:
    """Steps that were stored before links existed say the same."""
    assert decode_facts(stored) == expected


def test_every_refusal_has_a_sentence() -> None:
    """What is wrong, and what to do."""
    assert set(SENTENCES) == set(Refusal)


@pytest.mark.parametrize("facts", [Claimed(), Assigned(to="pri_1"), linked(), REOPENED])
def test_facts_read_back(facts: Facts) -> None:
    """As they were stored."""
    assert decode_facts(encode_facts(facts)) == facts


@pytest.mark.parametrize(
    ("declined_by", "by", "expected"),
    [
        ("fritz", "frieda", None),  # of a higher limit
        ("frieda", "fritz", Refusal.NOT_HIGHER),
        ("berta", "frieda", Refusal.NOT_HIGHER),  # of the same limit
        ("frieda", "frieda", None),  # who declined may think better of it
        ("hans", "frieda", Refusal.NOT_HIGHER),
    ],
)
@pytest.mark.parametrize("is_linked", [False, True])
def test_what_a_person_declined_is_not_approved_by_the_next(
    declined_by: str,
    by: str,
    expected: Refusal | None,
    is_linked: bool,  # noqa: FBT001
) -> None:
    """Neither by a look again nor by a new decision of the machine; declining once more is anybody's."""
    case = voted(opened(), declined_by, DECLINE, powers())
    anew = Linked(subject=subject(decision_id="dec_2"), due_at=instant(NOW), undecided_days=90)
    case = then(then(case, anew if is_linked else REOPENED), Claimed(), by)
    assert vote_of(case, DECLINE, actor(by), powers(), now=NOW, exposure_cents=0).verdict is Verdict.DECLINE
    if expected is not None:
        assert refused(case, by, APPROVE) is expected
    else:
        assert voted(case, by, APPROVE, powers()).state is CaseState.DECIDED


def test_a_second_vote_against_it_is_not_lost_when_the_case_is_reopened() -> None:
    """Another one of the back office cannot take its place; who gave it, or a head, can."""
    first = voted(opened(**BIG), "frieda", approving(5_000_000), powers())
    declined = voted(first, "berta", DECLINE, powers(authority(diverging=Diverging.DECLINE)))
    again = voted(then(declined, REOPENED), "frieda", approving(5_000_000), powers())
    other = msgspec.structs.replace(authority(), persons=(*authority().persons, BEN))
    claimed = then(again, Claimed(), "ben")
    with pytest.raises(StepRefusedError) as error:
        vote_of(claimed, approving(5_000_000), actor("ben"), powers(other), now=NOW, exposure_cents=0)
    assert error.value.refusal is Refusal.NOT_HIGHER
    assert again.state is CaseState.SECOND_VOTE
    for by in ("berta", "bruno"):
        assert voted(again, by, approving(5_000_000), powers()).state is CaseState.DECIDED


def test_an_approval_begins_anew_with_who_declined() -> None:
    """What a head approved after all, and somebody opened once more, is anybody's whose limit is high enough."""
    declined = voted(opened(), "frieda", DECLINE, powers())
    approved = voted(then(declined, REOPENED), "hans", APPROVE, powers())
    assert voted(then(approved, REOPENED), "fritz", APPROVE, powers()).state is CaseState.DECIDED


def test_a_case_of_a_hundred_steps_takes_no_further_notes() -> None:
    """Each step is proved at every reading. What decides or ends the case is still taken."""
    case = then(opened(), Claimed())
    while case.number < MOST_STEPS:
        assert refusal_of(case, Commented(), actor("fritz"), powers(), AROUND) is None
        case = then(case, Commented())
    for facts, expected in (
        (Commented(), Refusal.FULL),
        (Asked(), Refusal.FULL),
        (Released(), None),
        (Withdrawn(), None),
    ):
        assert refusal_of(case, facts, actor("fritz"), powers(), AROUND) is expected
    assert voted(case, "fritz", APPROVE, powers()).state is CaseState.DECIDED
