"""What changed since an earlier decision: the points of all factors are the change of the score, to the last bit."""

from math import fsum

import msgspec
from decision_cases import AS_OF, assess
from hypothesis import given
from hypothesis import strategies as st
from notice_builders import a_decision

from models.points import Contribution
from scoring.decisions.decision import Decision, Document, DocumentKind, Evidence, Reason
from scoring.decisions.since_last import MOST_DOCUMENTS, since_last
from scoring.texts.since_last import say_factor, say_since_last

NAMES = [
    "receivables_overdue_share", "customers_churn_share_12m", "revenue_log_12m", "liquidity_overdraft_days_90d"
]  # fmt: skip
DYADIC = st.integers(-(2**20), 2**20).map(lambda whole: whole / 2**10)
"""As points of tables are."""
VALUES = st.none() | st.floats(0, 100, allow_nan=False).map(lambda value: round(value, 2))


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """A decision with any factors, alone and in pairs."""
    factors = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.none() | st.sampled_from(NAMES)), unique=True))
    contributions = tuple(
        Contribution(
            feature=name,
            value=draw(VALUES),
            bin=None,
            points=draw(DYADIC),
            second_feature=second,
            second_value=None if second is None else draw(VALUES),
        )
        for name, second in factors
        if second != name
    )
    base = draw(DYADIC)
    score = fsum([base, *(one.points for one in contributions)])
    made = msgspec.structs.replace(assess(), base=base, score=score, contributions=contributions)
    return a_decision(made)


@given(before=decisions(), after=decisions())
def test_points_add_up_to_the_change_of_the_score(before: Decision, after: Decision) -> None:
    """In any order, since all are multiples of one number; and the other way round all signs turn."""
    found = since_last(before, after)
    assert found.points is not None
    assert found.base is not None
    assert found.base + sum(factor.points for factor in found.factors) == found.points
    sizes = [abs(factor.points) for factor in found.factors]
    assert sizes == sorted(sizes, reverse=True)
    back = since_last(after, before)
    assert back.points == -found.points
    assert {factor.features: -factor.points for factor in back.factors} == {
        factor.features: factor.points for factor in found.factors
    }


@given(decision=decisions())
def test_nothing_changed_between_a_decision_and_itself(decision: Decision) -> None:
    """No factor, no cause."""
    found = since_last(decision, decision)
    assert (found.points, found.base, found.factors, found.came, found.gone) == (0.0, 0.0, (), (), ())


@given(before=decisions(), after=decisions())
def test_every_change_is_said(before: Decision, after: Decision) -> None:
    """In both languages, without a name of code."""
    found = since_last(before, after)
    for text in (say_since_last(found, before, after), *map(say_factor, found.factors)):
        for words in (text.de, text.en):
            assert words.endswith(".")
            assert not {"_", "{", "}"} & set(words)
            assert "None" not in words


@given(known=st.sets(st.integers(1, 60)), now=st.lists(st.integers(1, 60), unique=True), is_main_factor=st.booleans())
def test_documents_are_those_that_are_new(known: set[int], now: list[int], *, is_main_factor: bool) -> None:
    """The weightiest first, and not too many."""

    def made(ids: list[int]) -> Decision:
        documents = tuple(Document(kind=DocumentKind.INVOICE, id=one, day=AS_OF, amount_cents=1) for one in ids)
        reason = Reason(
            code="X", feature=NAMES[0] if is_main_factor else NAMES[1], direction="negative", points=-1.0, value=0.5,
            typical=None, unit="ratio", missing=None, evidence=Evidence(documents=documents, total=len(documents)),
        )  # fmt: skip
        factor = Contribution(feature=NAMES[0], value=float(len(ids)), bin=None, points=float(len(ids)))
        changed = {"contributions": (factor,), "reasons": (reason,), "base": 0.0, "score": float(len(ids))}
        return a_decision(msgspec.structs.replace(assess(), **changed))

    found = since_last(made(sorted(known)), made(now))
    ids = [document.id for factor in found.factors for document in factor.documents]
    wanted = [one for one in now if one not in known] if is_main_factor else []
    assert ids == (wanted[:MOST_DOCUMENTS] if len(known) != len(now) else [])


def test_without_a_score_no_points_are_compared() -> None:
    """The recommendation is."""
    scored = a_decision(assess())
    bare = a_decision(msgspec.structs.replace(assess(), score=None, base=None, contributions=()))
    for before, after in ((scored, bare), (bare, scored), (bare, bare)):
        found = since_last(before, after)
        assert (found.points, found.base, found.factors) == (None, None, ())
        assert "score" in say_since_last(found, before, after).en
