"""A rule is set aside by two persons or not at all, after any sequence of steps that were allowed."""

from datetime import timedelta

from case_builders import NAMES, NOW, actor, opened, powers
from hypothesis import given
from hypothesis import strategies as st

from scoring.base.identifiers import day_in_berlin, instant
from scoring.decisions.cases import Opened, SnoozeAsked, SnoozeConfirmed, SnoozeEnded, Step, Withdrawn, after, fold
from scoring.decisions.reviews import Context, refusal_of
from scoring.decisions.snoozes import LONGEST, SNOOZABLE

PEOPLE = (*NAMES, "stranger", "system")
DAY = day_in_berlin(NOW)
RULES = st.sampled_from(("SALES_BURST", "LOSSES_HIGH", "PAYOUT_NOT_MATCHED", "GARNISHMENT"))
ASKED = st.builds(
    lambda rule, days: SnoozeAsked(rule=rule, until=DAY + timedelta(days=days)), RULES, st.integers(-1, 99)
)
STEPS = st.integers(1, 6)
DOING = st.one_of(
    ASKED,
    ASKED,
    st.builds(SnoozeConfirmed, step=STEPS),
    st.builds(SnoozeConfirmed, step=STEPS),
    st.builds(SnoozeEnded, step=STEPS),
    st.just(Withdrawn()),
)


@given(st.lists(st.tuples(st.sampled_from(PEOPLE), DOING, st.sampled_from((0, 0, 0, 1, 30))), max_size=12))
def test_two_persons_stand_behind_every_rule_that_is_set_aside(
    wanted: list[tuple[str, SnoozeAsked | SnoozeConfirmed | SnoozeEnded | Withdrawn, int]],
) -> None:
    """Never a system, never a requester, for a rule that may be, and for 90 days at most."""
    rules, now, case = powers(), NOW, opened()
    began = Opened(subject=case.subject, due_at=case.due_at, undecided_days=90)
    steps = [Step(number=1, at=instant(NOW), by=None, facts=began)]
    names = {f"pri-{name}": name for name in PEOPLE}
    by_step = {}
    for name, doing, days in wanted:
        now += timedelta(days=days)
        who = actor(name, is_person=name != "system")
        if refusal_of(case, doing, who, rules, Context(day=day_in_berlin(now), names=names)) is not None:
            continue
        step = Step(number=case.number + 1, at=instant(now), by=who.id, facts=doing)
        by_step[step.number] = (name, day_in_berlin(now), doing)
        steps.append(step)
        case = after(case, step)
        for one in case.snoozes:
            asker, asked_on, asked = by_step[one.step]
            assert isinstance(asked, SnoozeAsked)
            assert one.rule in SNOOZABLE
            assert asked_on < one.until <= asked_on + LONGEST
            assert asker not in {"system", "stranger"}
            assert one.asked_by not in case.requesters
            if one.is_in_force(day_in_berlin(now)):
                assert one.confirmed_by not in {None, one.asked_by, "pri-system", *case.requesters}
    assert fold(steps).snoozes == case.snoozes
