"""Signs of trouble: when one holds, when it is over, and what is not known."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from decision_cases import AS_OF, CIRCUMSTANCES, COVERAGE, assess
from notice_builders import a_decision

from features.derive import CATALOGUE
from forecast.facilities import Borrowings, Facility, FacilityKind, FacilityState
from scoring.decisions.decision import Decision, Document, DocumentKind, Evidence
from scoring.decisions.warnings import (
    Bound,
    Fact,
    Finding,
    Outcome,
    Seen,
    Sign,
    StepKind,
    TriggersError,
    WarningRefusedError,
    WarningState,
    counted,
    decode,
    demand_step,
    due_after,
    encode,
    finding_of,
    judge,
    load_triggers,
    state_on,
    stood_by,
    values_of,
    with_known,
)
from scoring.runtime.triggers import newest_triggers_file
from scoring.texts.warnings import TITLES, say_finding, say_sign

_COUNT = "liquidity_tax_trouble_count_12m_v2"
TRIGGERS = load_triggers(newest_triggers_file().read_bytes(), CATALOGUE)
LEVEL = Sign(reads="x", bound=Bound.AT_LEAST, level=0.5, level_clear=0.4)
RISE = Sign(reads="x", bound=Bound.AT_LEAST, change=0.2, change_clear=0.1)
FALL = Sign(reads="x", bound=Bound.AT_MOST, change=80.0, change_clear=40.0)
BOTH = Sign(reads="x", bound=Bound.AT_LEAST, level=0.5, level_clear=0.4, change=0.2, change_clear=0.1)


@pytest.mark.parametrize(
    ("sign", "value", "before", "holds", "lasts"),
    [
        (LEVEL, 0.5, None, True, True),  # the threshold itself counts
        (LEVEL, 0.4999, None, False, True),  # between both: nothing is raised, nothing cleared
        (LEVEL, 0.4, None, False, False),
        (LEVEL, None, 0.9, None, None),
        (RISE, 0.7, 0.5, True, True),  # 0.7 - 0.5 is a little less than 0.2 in binary
        (RISE, 0.65, 0.5, False, True),
        (RISE, 0.6, 0.5, False, False),
        (RISE, 0.3, 0.5, False, False),  # it became better
        (RISE, 0.9, None, None, None),  # what it was before is not known
        (FALL, 480.0, 560.0, True, True),
        (FALL, 500.0, 560.0, False, True),
        (FALL, 520.0, 560.0, False, False),
        (FALL, 700.0, 560.0, False, False),
        (BOTH, 0.55, 0.35, True, True),
        (BOTH, 0.55, 0.45, False, False),  # as high as before
        (BOTH, 0.45, 0.1, False, True),
        (BOTH, 0.38, 0.1, False, False),
        (BOTH, 0.55, None, None, None),
        (BOTH, 0.45, None, False, None),  # below the level, whatever it was before
        (BOTH, 0.38, None, False, False),  # both must hold: one half decides
    ],
)
def test_a_sign_holds_and_is_over_at_two_thresholds(
    sign: Sign, value: float | None, before: float | None, *, holds: bool | None, lasts: bool | None
) -> None:
    """A change counts in the direction of the bound; what is not known is neither."""
    assert sign.holds(value, before) is holds
    assert sign.lasts(value, before) is lasts


def _overdue(value: float | None, before: float | None, *, stands: bool) -> Outcome:
    name = "payables_overdue_share_v2"
    standing = {"overdue": frozenset({name})} if stands else {}
    found = judge(TRIGGERS, {name: value}, {name: before}, standing)
    return next(one.outcome for one in found if one.trigger.name == "overdue")


@pytest.mark.parametrize(
    ("value", "before", "stands", "expected"),
    [
        (0.8, 0.3, False, Outcome.RAISED),
        (0.7, 0.3, False, Outcome.QUIET),
        (0.7, 0.3, True, Outcome.STANDS),
        (0.5, 0.3, True, Outcome.CLEARED),
        (None, 0.3, False, Outcome.QUIET),  # a value that is missing raises nothing
        (None, 0.3, True, Outcome.STANDS),  # whoever hides what raised it clears nothing
        (0.8, None, False, Outcome.QUIET),
        (0.8, None, True, Outcome.STANDS),
        (0.5, None, True, Outcome.CLEARED),  # its level is over, whatever it was at the decision
    ],
)
def test_a_warning_is_raised_stands_and_is_cleared(
    value: float | None, before: float | None, *, stands: bool, expected: Outcome
) -> None:
    """Of bills that are overdue: from 80 % on and 40 points more than at the decision; over at half."""
    assert _overdue(value, before, stands=stands) is expected


def test_a_missing_value_that_did_not_raise_it_holds_nothing_up() -> None:
    """The other sign of the trigger was never known."""
    found = judge(TRIGGERS, {"pd": 0.05}, {"pd": 0.03}, {"score_drop": frozenset({"pd"})})
    assert next(one for one in found if one.trigger.name == "score_drop").outcome is Outcome.CLEARED


def _facility(first_on: date, kind: FacilityKind = FacilityKind.LOAN) -> Facility:
    return Facility(
        kind=kind,
        funder=None,
        party=1,
        state=FacilityState.RUNNING,
        course=None,
        rhythm=None,
        instalment_cents=None,
        payments=1,
        first_on=first_on,
        last_on=first_on,
        paid_out_cents=1_000_000,
        lines=(4711,),
    )


def _owing(*days: date) -> Borrowings:
    none = (0,) * 60
    facilities = tuple(_facility(day) for day in days)
    return Borrowings(
        facilities=facilities, expected=none, low=none, high=none, new_count=len(days), funder_count=len(days)
    )


def _observed(**changes: object) -> Decision:
    circumstances = msgspec.structs.replace(CIRCUMSTANCES, as_of=date(2026, 6, 30), own_loans=changes.pop("own", None))
    return a_decision(assess(), as_of=date(2026, 6, 30), circumstances=circumstances, **changes)


BASE = a_decision(assess(), borrowings=_owing())


@pytest.mark.parametrize(
    ("days", "own", "expected"),
    [
        ([], [], 0.0),
        ([date(2026, 5, 4)], [], 1.0),
        ([AS_OF], [], 0.0),  # it was there at the decision
        ([date(2026, 4, 1), date(2026, 5, 4)], [], 1.0),  # the first is 90 days old
        ([date(2026, 5, 4)], [date(2026, 5, 4)], 0.0),  # the lender's own
        ([date(2026, 6, 3)], [date(2026, 5, 4)], 0.0),  # seen with its first instalment
        ([date(2026, 4, 1)], [AS_OF], 0.0),  # paid out on the day of the decision, on the account on the next
        ([date(2026, 5, 4)], [date(2026, 6, 29)], 1.0),  # no line shows the own one yet
        ([date(2026, 5, 4), date(2026, 5, 5)], [date(2026, 5, 4)], 1.0),
        ([date(2026, 4, 1), date(2026, 6, 20)], [date(2026, 4, 1)], 1.0),  # the own one is old, the other is not
        ([date(2026, 6, 20)], [date(2026, 4, 1)], 1.0),  # too late to be the own one
        ([date(2026, 5, 4), date(2026, 6, 20)], [date(2026, 5, 4), date(2026, 6, 20)], 0.0),
    ],
)
def test_new_facilities_are_those_since_the_decision_but_the_lenders_own(
    days: list[date], own: list[date], expected: float
) -> None:
    """Those of less than 90 days before 30 June; each own loan explains one."""
    found = values_of(_observed(borrowings=_owing(*days)), BASE, own)
    assert found[Fact.NEW_FACILITY_COUNT] == expected


def test_an_old_own_loan_hides_no_foreign_one() -> None:
    """The own loan is of April, the foreign one of November."""
    days = [date(2026, 4, 5), date(2026, 11, 1)]
    made = a_decision(assess(), as_of=date(2026, 11, 20), borrowings=_owing(*days))
    assert values_of(made, BASE, days[:1])[Fact.NEW_FACILITY_COUNT] == 1.0
    assert values_of(made, BASE, days)[Fact.NEW_FACILITY_COUNT] == 0.0


def test_an_own_loan_that_refinanced_another_is_not_foreign() -> None:
    """The first has ended; as many of them are open as at the decision."""
    ended = msgspec.structs.replace(_facility(date(2026, 4, 2)), state=FacilityState.ENDED)
    owing = msgspec.structs.replace(_owing(), facilities=(ended, _facility(date(2026, 6, 1))))
    found = values_of(_observed(borrowings=owing), BASE, [date(2026, 6, 1)])
    assert found[Fact.NEW_FACILITY_COUNT] == 0.0


_RECEIVABLES, _PAYABLES = "receivables_over_60d_share_v2", "payables_overdue_share_v2"


@pytest.mark.parametrize(
    ("receivables", "payables", "stood_by", "expected"),
    [
        (0.7, 0.9, {_RECEIVABLES}, Outcome.RAISED_AGAIN),
        (0.3, 0.9, {_RECEIVABLES}, Outcome.RAISED_AGAIN),  # what raised it is over, another sign holds
        (0.7, 0.9, {_RECEIVABLES, _PAYABLES}, Outcome.STANDS),  # told once
        (0.3, None, {_RECEIVABLES, _PAYABLES}, Outcome.STANDS),  # whoever hides the second clears nothing
        (0.3, 0.5, {_RECEIVABLES, _PAYABLES}, Outcome.CLEARED),
        (0.3, None, {_RECEIVABLES}, Outcome.CLEARED),  # the second was never there
        (0.3, 0.7, {_RECEIVABLES}, Outcome.CLEARED),  # nor is it between its thresholds
    ],
)
def test_a_further_sign_raises_a_standing_warning_again(
    receivables: float, payables: float | None, stood_by: set[str], expected: Outcome
) -> None:
    """Both were low at the decision."""
    now, before = {_RECEIVABLES: receivables, _PAYABLES: payables}, {_RECEIVABLES: 0.1, _PAYABLES: 0.1}
    found = judge(TRIGGERS, now, before, {"overdue": frozenset(stood_by)})
    assert next(one.outcome for one in found if one.trigger.name == "overdue") is expected


@pytest.mark.parametrize(
    ("due_on", "until", "expected"),
    [
        (date(2026, 6, 10), date(2026, 6, 30), date(2026, 7, 1)),  # not overdue on the day it is back
        (date(2026, 6, 30), date(2026, 6, 30), date(2026, 7, 1)),
        (date(2026, 7, 9), date(2026, 6, 30), date(2026, 7, 9)),  # a short snooze brings nothing forward
    ],
)
def test_a_snoozed_warning_is_due_once_it_is_back(due_on: date, until: date, expected: date) -> None:
    """On the day after the snooze at the earliest."""
    assert due_after(due_on, until) == expected


@pytest.mark.parametrize(
    ("sign", "value", "german", "english"),
    [
        (
            Sign(reads=_PAYABLES, bound=Bound.AT_LEAST, level=0.8, level_clear=0.5, change=0.4, change_clear=0.2),
            0.9,
            "Gewarnt wird ab 80,0 %, wenn der Anstieg mindestens 40 Prozentpunkte beträgt.",
            "A warning is raised at 80.0% or more, where the rise is at least 40 percentage points.",
        ),
        (
            Sign(reads="liquidity_wage_age_days_v2", bound=Bound.AT_LEAST, level=38.0, level_clear=34.0),
            40.0,
            "Gewarnt wird ab 38 Tagen.",
            "A warning is raised at 38 days or more.",
        ),
        (
            Sign(reads="books_age_days", bound=Bound.AT_MOST, level=45.0, level_clear=50.0),
            40.0,
            "Gewarnt wird bis 45 Tage.",
            "A warning is raised at 45 days or less.",
        ),
        (
            Sign(reads="liquidity_tax_trouble_count_12m_v2", bound=Bound.AT_LEAST, change=1.0, change_clear=0.0),
            1.0,
            "Gewarnt wird ab einem Anstieg um 1.",
            "A warning is raised at a rise of 1 or more.",
        ),
        (  # a feature that the catalogue has no more
            Sign(reads="gone_v1", bound=Bound.AT_LEAST, level=1.5, level_clear=1.0),
            2.0,
            "gone_v1: 2,00. Gewarnt wird ab 1,50.",
            "gone_v1: 2.00. A warning is raised at 1.50 or more.",
        ),
    ],
)
def test_a_sign_is_said_as_lenders_say_it(sign: Sign, value: float, german: str, english: str) -> None:
    """Shares rise by percentage points."""
    said = say_sign(Seen(sign=sign, value=value, before=None, holds=True))
    assert said.de.endswith(german)
    assert said.en.endswith(english)


def test_a_feed_that_is_gone_is_as_old_as_its_last_day() -> None:
    """Also where no account is fed any more: cutting the feed hides nothing."""
    fed = msgspec.structs.replace(COVERAGE, bank_data_until=date(2026, 3, 30))
    base = a_decision(assess(), circumstances=msgspec.structs.replace(CIRCUMSTANCES, coverage=fed))
    assert values_of(_observed(), base)[Fact.FEED_AGE_DAYS] == 92.0
    assert values_of(_observed(), BASE)[Fact.FEED_AGE_DAYS] is None
    assert values_of(_observed(), BASE)[Fact.BOOKS_AGE_DAYS] == 92.0


def test_scores_of_different_models_are_not_compared() -> None:
    """Their probabilities are."""
    versions = msgspec.structs.replace(BASE.versions, model_sha256="f" * 64)
    found = values_of(a_decision(assess(), versions=versions), BASE)
    assert found[Fact.SCORE] is None
    assert found[Fact.PD] == BASE.assessment.pd


@pytest.mark.parametrize(
    ("state", "is_comparable", "expected"),
    [
        (WarningState.OPEN, False, Outcome.STANDS),  # nobody has looked yet
        (WarningState.ANSWERED, True, Outcome.STANDS),  # it is not known this time
        (WarningState.ANSWERED, False, Outcome.CLEARED),
    ],
)
def test_a_warning_of_a_score_ends_with_its_model_once_it_is_answered(
    state: WarningState, *, is_comparable: bool, expected: Outcome
) -> None:
    """The score is never known again; the probability of default counts on."""
    left = {"score_drop": counted(frozenset({"score"}), state, is_comparable=is_comparable)}
    found = judge(TRIGGERS, {"pd": 0.05}, {"score": 560.0, "pd": 0.03}, left)
    assert next(one.outcome for one in found if one.trigger.name == "score_drop") is expected
    both = counted(frozenset({"score", "pd"}), WarningState.ANSWERED, is_comparable=False)
    found = judge(TRIGGERS, {"pd": 0.19}, {"score": 560.0, "pd": 0.03}, {"score_drop": both})
    assert next(one.outcome for one in found if one.trigger.name == "score_drop") is Outcome.STANDS


@pytest.mark.parametrize(
    ("value", "known", "expected"),
    [
        (4.0, {}, Outcome.STANDS),
        (3.0, {}, Outcome.CLEARED),
        (4.0, {_COUNT: 4.0}, Outcome.CLEARED),  # what the decision itself knows comes first
    ],
)
def test_a_change_is_judged_by_what_its_warning_knows(value: float, known: dict[str, float], expected: Outcome) -> None:
    """Where the value at the decision is not known any more: else it could never be over."""
    raised = next(one for one in judge(TRIGGERS, {_COUNT: 4.0}, {_COUNT: 3.0}, {}) if one.trigger.name == "tax_unpaid")
    finding = Finding(triggers="1", seen=raised.seen, evidence=Evidence())
    before = with_known({_COUNT: None, **known}, [finding])
    found = judge(TRIGGERS, {_COUNT: value}, before, {"tax_unpaid": stood_by([finding])})
    assert next(one.outcome for one in found if one.trigger.name == "tax_unpaid") is expected


def test_a_finding_keeps_its_documents_and_says_what_it_saw() -> None:
    """In both languages, with value, value before and threshold."""
    name = "liquidity_returned_debit_count_90d_v2"
    line = Document(kind=DocumentKind.TRANSACTION, id=7, day=date(2026, 6, 1), amount_cents=-5000)
    made = _observed(row={name: 2.0})
    judged = next(
        one for one in judge(TRIGGERS, values_of(made, BASE), {name: 0.0}, {}) if one.trigger.name == "returned_debits"
    )
    assert judged.outcome is Outcome.RAISED
    finding = finding_of(judged, TRIGGERS, made, BASE, {name: Evidence(documents=(line,), total=1)})
    assert decode(encode(finding)) == finding
    assert finding.evidence == Evidence(documents=(line,), total=1)
    assert stood_by([finding]) == {name}
    assert say_finding(finding).de == (
        "Eigene Rücklastschriften, 90 Tage: 2, bei der Entscheidung 0. Gewarnt wird ab 1."
    )
    assert say_finding(finding).en == (
        "The firm's own returned debits, 90 days: 2, 0 at the decision. A warning is raised at 1 or more."
    )


def test_every_trigger_that_ships_has_a_title() -> None:
    """And none is left over."""
    assert [one.name for one in TRIGGERS.triggers] == list(TITLES)


_FILE = """
version = "x"
asks_again_days = 90
[[triggers]]
name = "{name}"
severity = "high"
respond_days = 5
[[triggers.signs]]
reads = "{reads}"
bound = "at_least"
{thresholds}
"""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reads": "sales"}, "`reads`: no such feature or fact: sales"),
        ({"name": "Score drop"}, "small letters"),
        ({"thresholds": "level = 0.5"}, "needs a second threshold"),
        ({"thresholds": ""}, "needs a `level` or a `change`"),
        ({"thresholds": "level = 0.5\nlevel_clear = 0.5"}, "good side"),
        ({"thresholds": "change = 0.5\nchange_clear = 0.6"}, "below `change`"),
        ({"thresholds": "level = 0.5\nlevel_clear = 0.4\nhigher = 1"}, "higher"),
        ({"thresholds": "level = true\nlevel_clear = 0.4"}, "level: must be a number or nothing"),
    ],
)
def test_a_file_of_triggers_that_does_not_hold_is_refused(changes: dict[str, str], message: str) -> None:
    """With the key, and what it must be."""
    filled = {"name": "late", "reads": "pd", "thresholds": "level = 0.5\nlevel_clear = 0.4"} | changes
    with pytest.raises(TriggersError) as refused:
        load_triggers(_FILE.format(**filled).encode(), CATALOGUE)
    assert message in str(refused.value)


def test_a_snooze_ends_by_itself() -> None:
    """Its last day belongs to it; one that is answered or cleared is not snoozed."""
    until = date(2026, 6, 30)
    assert state_on(WarningState.OPEN, until, until) is WarningState.SNOOZED
    assert state_on(WarningState.OPEN, until, date(2026, 7, 1)) is WarningState.OPEN
    assert state_on(WarningState.CLEARED, until, until) is WarningState.CLEARED


@pytest.mark.parametrize(
    ("kind", "state", "is_refused"),
    [
        (StepKind.ANSWERED, WarningState.OPEN, False),
        (StepKind.ANSWERED, WarningState.ANSWERED, False),
        (StepKind.SNOOZED, WarningState.OPEN, False),
        (StepKind.SNOOZED, WarningState.ANSWERED, True),
        (StepKind.ASSIGNED, WarningState.ANSWERED, False),
        (StepKind.ASSIGNED, WarningState.CLEARED, True),
        (StepKind.ANSWERED, WarningState.CLEARED, True),
    ],
)
def test_what_is_over_takes_no_step(kind: StepKind, state: WarningState, *, is_refused: bool) -> None:
    """And what was answered is not due, so it is not snoozed."""
    if is_refused:
        with pytest.raises(WarningRefusedError):
            demand_step(kind, state)
    else:
        demand_step(kind, state)


def test_the_guide_has_every_threshold() -> None:
    """Its table of triggers is that of the file, in the order of the file."""
    guide = Path(__file__).parents[3].joinpath("docs", "warnings.md").read_text(encoding="utf-8")
    table = guide.partition("| trigger | severity")[2].partition("\n\n")[0].splitlines()[2:]
    expected = []
    for one in TRIGGERS.triggers:
        for place, sign in enumerate(one.signs):
            reads = f"[`{sign.reads}`](features/{sign.reads}.md)" if sign.reads in CATALOGUE else f"`{sign.reads}`"
            named = ["", "", ""] if place else [f"`{one.name}`", one.severity, str(one.respond_days)]
            level = "-" if sign.level is None else f"{sign.level:g}, {sign.level_clear:g}"
            change = "-" if sign.change is None else f"{sign.change:g}, {sign.change_clear:g}"
            expected.append([*named, reads, sign.bound, level, change])
    assert [[cell.strip() for cell in row.split("|")[1:-1]] for row in table] == expected


@pytest.mark.parametrize(("unread", "expected"), [(False, Outcome.STANDS), (True, Outcome.CLEARED)])
def test_what_the_lenders_own_policy_does_not_read_any_more_is_over(unread: bool, expected: Outcome) -> None:  # noqa: FBT001
    """And raises nothing: the firm hid nothing. What the firm keeps from being read stands."""
    names = frozenset({Fact.FEED_AGE_DAYS}) if unread else frozenset()
    stale = next(one for one in TRIGGERS.triggers if one.name == "stale_feed")
    assert any(sign.reads == Fact.FEED_AGE_DAYS for sign in stale.signs)
    old = {Fact.FEED_AGE_DAYS: 400.0, Fact.BOOKS_AGE_DAYS: 0.0}
    raised = next(one for one in judge(TRIGGERS, old, {}, {}, names) if one.trigger is stale)
    assert (raised.outcome is Outcome.RAISED) is not unread
    standing = {"stale_feed": frozenset({Fact.FEED_AGE_DAYS})}
    left = next(one for one in judge(TRIGGERS, {Fact.BOOKS_AGE_DAYS: 0.0}, {}, standing, names) if one.trigger is stale)
    assert left.outcome is expected
