from dataclasses import asdict
from datetime import date

from sandbox.firms.simulation import simulate_firm, traits_of

TODAY = date(2026, 11, 20)


def test_a_firm_can_be_simulated_with_other_traits() -> None:
    """What is changed differs, all else is as drawn; and what only a loan feels leaves the history as it was."""
    traits, history = simulate_firm(9, 4, TODAY)
    changed, same = simulate_firm(9, 4, TODAY, changes={"walks_away": 1.0})
    assert asdict(changed) == asdict(traits) | {"walks_away": 1.0}
    assert same == history
    _, other = simulate_firm(9, 4, TODAY, changes={"overdraft": traits.overdraft + 1.0})
    assert other.daily.means != history.daily.means


def test_the_latent_quality_can_be_held() -> None:
    """Weak and strong, the firm has the same luck in all that does not depend on it."""
    weak, strong = traits_of(9, 4, quality=-1.0), traits_of(9, 4, quality=1.0)
    assert strong.margin - weak.margin > 0.059
    assert strong.buffer > weak.buffer
    assert strong.failing_customers < weak.failing_customers
    for name in ("months", "legal_form", "sales", "shock_rate", "customers", "overdraft", "misfortune", "rent"):
        assert getattr(weak, name) == getattr(strong, name)
