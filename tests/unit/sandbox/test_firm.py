from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import cache

import pytest

from sandbox.firms.simulation import simulate_firm, traits_of
from sandbox.life.traits import Traits

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


RATES: dict[str, tuple[Callable[[Traits], object], float, float]] = {
    "leases": (lambda t: t.leases, 0.2, 0.4),
    "online loans": (lambda t: t.borrows_online, 0.005, 0.06),
    "transfers by amount alone": (lambda t: t.saves and t.transfers == "bare", 0.02, 0.08),
    "money set aside": (lambda t: t.shuttles == 1, 0.06, 0.2),
    "credit cards": (lambda t: t.has_credit_card, 0.08, 0.2),
    "payment providers": (lambda t: t.provider_share, 0.07, 0.2),
    "factoring": (lambda t: t.sold_share, 0.005, 0.05),
    "retentions": (lambda t: t.retained_share, 0.04, 0.14),
    "late credit notes": (lambda t: t.late_credit_share, 0.05, 0.15),
    "enforcement": (lambda t: t.enforces, 0.05, 0.15),
    "invented sales": (lambda t: t.invented, 0.003, 0.03),
    "buried losses": (lambda t: t.buried_share, 0.001, 0.02),
    "outages": (lambda t: t.outages, 0.4, 0.8),
    "reconnected accounts": (lambda t: t.reconnected_days, 0.03, 0.1),
    "migrations": (lambda t: t.migrated_days, 0.03, 0.1),
    "empty tills": (lambda t: t.has_empty_till, 0.03, 0.1),
    "bills entered twice": (lambda t: t.repeated_bill_share, 0.06, 0.18),
    "statements imported twice": (lambda t: t.imported_twice_days, 0.005, 0.05),
}
"""What docs/simulation.md promises: who does it, and between which shares of firms that lies."""


@pytest.mark.parametrize("what", RATES)
def test_firms_do_it_as_often_as_promised(what: str) -> None:
    """Of the first 1,500 firms of a portfolio; the bounds leave room for chance."""
    does, least, most = RATES[what]
    assert least < sum(bool(does(traits)) for traits in _drawn()) / len(_drawn()) < most


def test_who_invents_sales_mostly_does_not_pay_back() -> None:
    """And moves money to and fro, unless the invented receipts are on the bank account already."""
    inventive = [traits for traits in _drawn() if traits.invented]
    assert all(traits.walks_away > 0.5 for traits in inventive)
    assert all((traits.shuttles == 6) is (traits.invented_paid_by == "cleared") for traits in inventive)


@cache
def _drawn() -> list[Traits]:
    return [traits_of(5, number) for number in range(1_500)]
