"""Early warnings do not flap, and nothing that is hidden clears one."""

from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.warnings import Bound, Outcome, Severity, Sign, Trigger, Triggers, judge

NUMBERS = st.integers(-50, 50).map(float)


@st.composite
def signs(draw: st.DrawFn) -> Sign:
    """Any sign of one value."""
    bound = draw(st.sampled_from(Bound))
    good = -1.0 if bound is Bound.AT_LEAST else 1.0
    level = draw(st.none() | NUMBERS)
    change = draw(NUMBERS.filter(lambda one: one > 0)) if level is None else draw(st.none() | st.just(7.0))
    return Sign(
        reads="x",
        bound=bound,
        level=level,
        level_clear=None if level is None else level + good * draw(st.integers(1, 20)),
        change=change,
        change_clear=None if change is None else change * draw(st.sampled_from([0.0, 0.25, 0.75])),
    )


def _triggers(sign: Sign) -> Triggers:
    trigger = Trigger(name="one", severity=Severity.HIGH, respond_days=5, signs=(sign,))
    return Triggers(version="x", asks_again_days=90, triggers=(trigger,))


def _courses(sign: Sign, values: list[float | None], before: float) -> list[tuple[Outcome, float | None]]:
    standing: dict[str, frozenset[str]] = {}
    found = []
    for value in values:
        (judged,) = judge(_triggers(sign), {"x": value}, {"x": before}, standing)
        found.append((judged.outcome, value))
        if judged.outcome is Outcome.RAISED:
            standing = {"one": frozenset({"x"})}
        elif judged.outcome is Outcome.CLEARED:
            standing = {}
    return found


@given(sign=signs(), values=st.lists(st.none() | NUMBERS, max_size=20), before=NUMBERS)
def test_it_is_raised_and_cleared_in_turn_at_different_thresholds(
    sign: Sign, values: list[float | None], before: float
) -> None:
    """Raised only by a value that holds, cleared only by one that does not last; nothing is both."""
    is_standing = False
    for outcome, value in _courses(sign, values, before):
        holds, lasts = sign.holds(value, before), sign.lasts(value, before)
        assert not (holds and lasts is False)
        expected = (
            (Outcome.CLEARED if lasts is False else Outcome.STANDS)
            if is_standing
            else (Outcome.RAISED if holds else Outcome.QUIET)
        )
        assert outcome is expected
        is_standing = outcome in {Outcome.RAISED, Outcome.STANDS}


@given(sign=signs(), values=st.lists(st.none() | NUMBERS, max_size=20), before=NUMBERS)
def test_what_is_not_known_changes_nothing(sign: Sign, values: list[float | None], before: float) -> None:
    """Without the values that are hidden, all others find the warning as they would have found it."""
    course = _courses(sign, values, before)
    assert all(outcome in {Outcome.QUIET, Outcome.STANDS} for outcome, value in course if value is None)
    known = [one for one in course if one[1] is not None]
    assert known == _courses(sign, [value for value in values if value is not None], before)
