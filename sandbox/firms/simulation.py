"""Simulates one firm: draws its sales and costs, lets its days pass, and writes down what its books hold."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np

from sandbox.bookkeeping.bookkeeper import Bookkeeper
from sandbox.bookkeeping.history import DailyMeans, History
from sandbox.life.abroad import go_abroad
from sandbox.life.burst import burst
from sandbox.life.calendar import Calendar, calendar, months_before
from sandbox.life.cash import run
from sandbox.life.circle import circulate
from sandbox.life.collecting import be_paid_by_provider, sell_receivables
from sandbox.life.contracts import contract
from sandbox.life.costs import Costs, incur, put_off_taxes
from sandbox.life.inventing import invent
from sandbox.life.lending import borrow
from sandbox.life.orders import WITHOUT_CASH, Sales
from sandbox.life.private_spending import spend_privately
from sandbox.life.sales import sell
from sandbox.life.settling import bury, credit_at_end, credit_later, retain
from sandbox.life.traits import Traits, draw_traits


def simulate(traits: Traits, seed: np.random.SeedSequence, end_on: date, *, key: int = 0, holder: str = "") -> History:
    """Simulate one firm until ``end_on``.

    Args:
        traits: what the firm is like.
        seed: of this firm's random numbers; the same seed, traits and ``end_on`` give the same books.
        end_on: last day of the books; nothing is recorded later.
        key: number of the firm, from which the identifiers of its objects start.
        holder: its name.
    """
    # Three streams: recording and oddities can change without changing how the firm lives.
    living_rng, recording_rng, oddity_rng = (np.random.Generator(np.random.PCG64(child)) for child in seed.spawn(3))
    when = calendar(end_on, traits.months)
    sales = sell(traits, when, living_rng)
    if traits.currencies:
        go_abroad(sales, traits, when, oddity_rng)
    _settle_otherwise(sales, traits, when, oddity_rng)
    costs = incur(traits, when, sales, living_rng)
    _misbehave(traits, when, sales, costs, oddity_rng)
    cash = run(traits, when, _inflow(sales, when.days), costs, living_rng)
    last = when.last if cash.died is None else cash.died
    daily = DailyMeans(first=when.start, means=cash.means, monthly_sales=_monthly_sales(sales, when.days))
    history = History(
        key=key,
        holder=holder or f"Firma {key}",
        end_on=end_on.toordinal(),
        opened_on=when.start + when.opens,
        kept_since=when.start + when.opens,
        died_on=None if cash.died is None else when.start + cash.died,
        is_small_business=traits.is_small_business,
        system_2_since=_system_2_since(traits, end_on),
        daily=daily,
    )
    Bookkeeper(traits, when, last, recording_rng, history).write(sales, costs, cash)
    return history


def _misbehave(traits: Traits, when: Calendar, sales: Sales, costs: Costs, rng: np.random.Generator) -> None:
    """What firms do that most do not do; nothing is drawn for the others."""
    if traits.bursts:
        burst(sales, traits, when, rng)
    if traits.related_sales:
        circulate(sales, costs, traits, when, rng)
    if traits.private_spending:
        spend_privately(costs, traits, when, rng)
    if traits.tax_delay:
        put_off_taxes(costs, traits, rng)
    if traits.invented:
        invent(sales, traits, when, rng)
    contract(costs, traits, when, rng)
    borrow(costs, traits.borrowed, when)


def _settle_otherwise(sales: Sales, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Ways in which invoices end that most firms do not have; nothing is drawn for the others."""
    if traits.retained_share:
        retain(sales, traits, rng)
    if traits.buried_share or traits.short_closed_share:
        bury(sales, traits, when, rng)
    if traits.late_credit_share:
        credit_later(sales, traits, when, rng)
    if traits.is_credited_at_end:
        credit_at_end(sales, when)
    if traits.sold_share:
        sell_receivables(sales, traits, when, rng)
    if traits.provider_share:
        be_paid_by_provider(sales, traits, when, rng)


def _system_2_since(traits: Traits, end_on: date) -> int:
    if traits.months_on_system_2 is None:
        return 0
    if traits.months_on_system_2 == 0:
        return end_on.toordinal() + 1
    return months_before(end_on, traits.months_on_system_2).toordinal()


def firm_seed(seed: int, number: int) -> np.random.SeedSequence:
    """The seed of firm ``number`` of the portfolio ``seed``; it does not depend on how many firms there are."""
    return np.random.SeedSequence(seed, spawn_key=(number,))


def traits_of(seed: int, number: int, *, quality: float | None = None) -> Traits:
    """The traits of firm ``number`` of the portfolio ``seed``, drawn as ``draw_traits`` says."""
    drawing, _ = firm_seed(seed, number).spawn(2)
    return draw_traits(np.random.Generator(np.random.PCG64(drawing)), quality=quality)


def simulate_firm(
    seed: int,
    number: int,
    end_on: date,
    *,
    quality: float | None = None,
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Traits, History]:
    """Firm ``number`` of the portfolio ``seed``: its traits are drawn, then it is simulated.

    Args:
        seed: of the portfolio.
        number: of the firm.
        end_on: last day of the books.
        quality: the latent quality, instead of the one drawn.
        changes: traits that this firm shall have instead of those drawn. The seed stays the same; where a change
            draws more or fewer random numbers, all later ones differ.
    """
    traits = replace(traits_of(seed, number, quality=quality), **changes)
    _, living = firm_seed(seed, number).spawn(2)
    return traits, simulate(traits, living, end_on, key=number)


def _inflow(sales: Sales, days: int) -> list[int]:
    """What customers move on the bank account, by day."""
    inflow = [0] * days
    for receipt in sales.receipts:
        if receipt.day < days and receipt.kind not in WITHOUT_CASH:
            inflow[receipt.day] += receipt.amount
    for payout in sales.payouts:
        if payout.day < days:
            inflow[payout.day] += payout.amount
    for day, net, tax in sales.till:
        if day + 1 < days:
            inflow[day + 1] += net + tax
    return inflow


def _monthly_sales(sales: Sales, days: int) -> list[int]:
    """Net sales of the trailing 365 days over 12, for each day."""
    daily = np.zeros(days, dtype=np.int64)
    np.add.at(daily, np.array(sales.issued, dtype=np.int64), np.array(sales.net, dtype=np.int64))
    for day, net, _ in sales.till:
        daily[day] += net
    total = np.cumsum(daily)
    before = np.concatenate([np.zeros(min(365, days), dtype=np.int64), total[: max(0, days - 365)]])
    trailing: list[int] = ((total - before) // 12).tolist()
    return trailing
