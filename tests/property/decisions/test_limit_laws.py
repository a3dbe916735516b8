"""Laws of instalments and limits."""

from decision_cases import POLICY, ROW
from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.limits import Limit, highest_principal_cents, limit_of, monthly_instalment_cents

PRINCIPAL = st.integers(0, 100_000_000)
RATE = st.integers(0, 10_000)
MONTHS = st.integers(1, 120)
CENTS = st.integers(-10_000_000, 100_000_000)


def limit(term_months: int = 12, **changed: float) -> Limit:
    """The limit of the sound firm for working capital, with these values changed."""
    return limit_of(
        {**ROW, **changed},
        POLICY.products["working_capital"],
        term_months,
        limits=POLICY.limits,
        highest_annual_rate_bps=POLICY.pricing.highest_annual_rate_bps,
    )


@given(principal=PRINCIPAL, rate=RATE, months=MONTHS)
def test_instalments_repay_the_principal(principal: int, rate: int, months: int) -> None:
    """All instalments together are at least the principal, and no more than a cent each above it without interest."""
    total = monthly_instalment_cents(principal, rate, months) * months
    assert total >= principal
    if rate == 0:
        assert total - principal < months


@given(principal=PRINCIPAL, rate=RATE, months=MONTHS)
def test_the_schedule_ends_at_zero(principal: int, rate: int, months: int) -> None:
    """Booked month by month, the instalment pays the loan off in time, and one cent less would not."""
    instalment = monthly_instalment_cents(principal, rate, months)
    assert rest_after(principal, rate, months, instalment) <= 0
    if principal > 0:
        assert rest_after(principal, rate, months, instalment - 1) > 0


def rest_after(principal: int, rate: int, months: int, instalment: int) -> int:
    """What is owed after all instalments, in cents times 120000**months, so that nothing is rounded."""
    rest, scale = principal, 1
    for _ in range(months):
        scale *= 120_000
        rest = rest * (120_000 + rate) - instalment * scale
    return rest


@given(instalment=st.integers(0, 10_000_000), rate=RATE, months=MONTHS)
def test_highest_principal_inverts_the_instalment(instalment: int, rate: int, months: int) -> None:
    """The principal found is affordable, and one cent more is not."""
    principal = highest_principal_cents(instalment, rate, months)
    assert monthly_instalment_cents(principal, rate, months) <= instalment
    assert monthly_instalment_cents(principal + 1, rate, months) > instalment


@given(principal=PRINCIPAL, rates=st.tuples(RATE, RATE).map(sorted), months=MONTHS)
def test_a_higher_rate_never_lowers_the_instalment(principal: int, rates: list[int], months: int) -> None:
    """So what is affordable at the highest rate is affordable at every rate."""
    low, high = (monthly_instalment_cents(principal, rate, months) for rate in rates)
    assert low <= high


@given(
    name=st.sampled_from(
        ["liquidity_operating_surplus_12m_cents", "receivables_eligible_cents", "revenue_net_12m_cents"]
    ),
    pair=st.tuples(CENTS, CENTS).map(sorted),
    debt=CENTS,
    months=MONTHS,
)
def test_more_means_never_lower_the_limit(name: str, pair: list[int], debt: int, months: int) -> None:
    """The limit rises with surplus, receivables and revenue, and is never negative."""
    less, more = (
        limit(months, **{"liquidity_debt_service_12m_cents": float(debt), name: float(cents)}) for cents in pair
    )
    assert 0 <= less.cents <= more.cents


@given(pair=st.tuples(CENTS, CENTS).map(sorted), months=st.tuples(MONTHS, MONTHS).map(sorted))
def test_debt_lowers_and_time_raises_the_limit(pair: list[int], months: list[int]) -> None:
    """More existing debt service never raises the limit, a longer term never lowers it."""
    light, heavy = (limit(liquidity_debt_service_12m_cents=float(cents)) for cents in pair)
    assert heavy.cents <= light.cents
    short, long = (limit(term) for term in months)
    assert short.cents <= long.cents
