"""Laws of the search for changes and offers."""

from decision_cases import POLICY, TERMS
from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.changes import Passes, largest_amount, nearest_term, smallest, terms_that_pass

PRODUCT = POLICY.products["working_capital"]
LIMITS = st.lists(
    st.integers(0, 12_000_000), min_size=PRODUCT.maximum_term_months, max_size=PRODUCT.maximum_term_months
)


def rising(limits: list[int]) -> Passes:
    """Passes up to a limit that does not fall with the term, within the product."""

    def passes(amount_cents: int, term_months: int) -> bool:
        limit = max(limits[:term_months])
        is_lent = PRODUCT.minimum_cents <= amount_cents <= PRODUCT.maximum_cents
        is_term = PRODUCT.minimum_term_months <= term_months <= PRODUCT.maximum_term_months
        return is_lent and is_term and amount_cents <= limit

    return passes


@given(limits=LIMITS, months=st.integers(PRODUCT.minimum_term_months, PRODUCT.maximum_term_months))
def test_no_larger_amount_passes(limits: list[int], months: int) -> None:
    """As one finds by trying all, from the largest down."""
    passes = rising(limits)
    amounts = range(PRODUCT.maximum_cents, PRODUCT.minimum_cents - 1, -10_000)
    assert largest_amount(PRODUCT, 10_000, months, passes=passes) == next(
        (amount for amount in amounts if passes(amount, months)), None
    )


@given(limits=LIMITS, months=st.integers(1, 40), cents=st.integers(1, 12_000_000))
def test_no_nearer_term_passes(limits: list[int], months: int, cents: int) -> None:
    """As one finds by trying all, from the term that was asked for on."""
    passes = rising(limits)
    first = min(max(months, PRODUCT.minimum_term_months), PRODUCT.maximum_term_months)
    terms = range(first, PRODUCT.maximum_term_months + 1)
    assert nearest_term(PRODUCT, cents, months, passes=passes) == next(
        (term for term in terms if passes(cents, term)), None
    )


@given(limits=LIMITS, months=st.integers(1, 40), cents=st.integers(1, 12_000_000))
def test_whatever_terms_are_named_pass(limits: list[int], months: int, cents: int) -> None:
    """And differ from what was asked for, which does not."""
    passes = rising(limits)
    asked = type(TERMS)(
        **{name: getattr(TERMS, name) for name in TERMS.__struct_fields__}
        | {"amount_cents": cents, "term_months": months}
    )
    if passes(cents, months):
        return
    for way in terms_that_pass(PRODUCT, asked, 10_000, passes=passes):
        assert passes(*way)
        assert way != (cents, months)


@given(weights=st.lists(st.integers(0, 9), max_size=10), wanted=st.integers(0, 40))
def test_the_smallest_passes_and_nothing_less_does(weights: list[int], wanted: int) -> None:
    """Without any one of its items it fails; where all together fail, there is none."""

    def passes(some: tuple[int, ...]) -> bool:
        return sum(weights[place] for place in some) >= wanted

    places = tuple(range(len(weights)))
    found = smallest(places, passes=passes)
    if found is None:
        assert not places or not passes(places)
        return
    assert passes(found)
    assert len(found) == 1 or not any(passes(tuple(p for p in found if p != place)) for place in found)
