"""Figures for the history of the books: each a chart, a summary sentence and a table."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import msgspec

from features.feature import Text
from features.history import Age, Balance, BalanceStretch, DelayMonth, History, RevenueMonth
from scoring.decisions.cash_ahead import CashAhead
from scoring.pages.charts import Chart, band, columns, steps
from scoring.pages.formats import NO_BREAK, Formats
from scoring.pages.texts.decision import Figures
from scoring.texts.cash_ahead import CASES, KINDS, say_cash_ahead

FLOW_MONTHS: Final = 4
"""Months whose flows are shown by kind: the running one, and three."""
MISSING: Final = "\N{EN DASH}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One chart with its words. Without a chart the summary says why."""

    id: str
    title: str
    summary: str
    chart: Chart | None = None
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """The first cell of a row is its heading."""


def figures_of(history: History, f: Formats) -> tuple[Figure, ...]:
    """All figures of a decision's books, in the order of the page."""
    return (
        _ages(history.ages, f),
        _delays(history.delays, f),
        _revenue(history.revenue, f),
        _balance(history.balance, f),
    )


def _ages(ages: tuple[Age, ...] | None, f: Formats) -> Figure:
    figure = _empty("ages", Figures.ages, Figures.not_fetched if ages is None else Figures.ages_none, f)
    total = sum(age.open_cents for age in ages or ())
    if ages is None or not total:
        return figure
    late = total - ages[0].open_cents
    names = [_age(age, f) for age in ages]
    return msgspec.structs.replace(
        figure,
        summary=f.say(Figures.ages_say).format(total=f.euro(total), late=f.euro(late), share=f.percent(late / total)),
        chart=columns([age.open_cents / 100 for age in ages], names, f.number),
        head=(f.say(Figures.age), f.say(Figures.open_amount), f.say(Figures.count)),
        rows=tuple((name, f.money(age.open_cents), f.number(age.count)) for name, age in zip(names, ages, strict=True)),
    )


def _age(age: Age, f: Formats) -> str:
    if age.from_days == 0:
        return f.say(Figures.not_due).replace(" ", NO_BREAK)
    return f"{age.from_days}+" if age.to_days is None else f"{age.from_days}\N{EN DASH}{age.to_days}"


def _revenue(months: tuple[RevenueMonth, ...] | None, f: Formats) -> Figure:
    figure = _empty("revenue", Figures.revenue, Figures.not_fetched if months is None else Figures.revenue_none, f)
    if not months:
        return figure
    best, worst = (pick(months, key=lambda month: month.net_cents) for pick in (max, min))
    return msgspec.structs.replace(
        figure,
        summary=f.say(Figures.revenue_say).format(
            best=f.month(best.month),
            best_amount=f.euro(best.net_cents),
            worst=f.month(worst.month),
            worst_amount=f.euro(worst.net_cents),
            last_amount=f.euro(months[-1].net_cents),
        ),
        chart=columns(
            [month.net_cents / 100 for month in months], [f.short_month(month.month) for month in months], f.number
        ),
        head=(f.say(Figures.month), f.say(Figures.revenue_head)),
        rows=tuple((f.month(month.month), f.money(month.net_cents)) for month in months),
    )


def _delays(months: tuple[DelayMonth, ...] | None, f: Formats) -> Figure:
    figure = _empty("delays", Figures.delays, Figures.not_fetched if months is None else Figures.delays_none, f)
    delays = [(month.month, month.delay_days) for month in months or () if month.delay_days is not None]
    if not months or not delays:
        return figure
    worst, worst_days = max(delays, key=lambda month: month[1])
    return msgspec.structs.replace(
        figure,
        summary=f.say(Figures.delays_say).format(
            last=f.days(delays[-1][1]), worst=f.month(worst), worst_days=f.days(worst_days)
        ),
        chart=columns(
            [month.delay_days for month in months], [f.short_month(month.month) for month in months], f.number
        ),
        head=(f.say(Figures.month), f.say(Figures.delay_head), f.say(Figures.due_head)),
        rows=tuple((f.month(month.month), f.days(month.delay_days), f.number(month.count)) for month in months),
    )


def _balance(balance: Balance | None, f: Formats) -> Figure:
    figure = _empty("balance", Figures.balance, Figures.not_fetched if balance is None else Figures.balance_none, f)
    if balance is None or not balance.stretches:
        return figure
    stretches = balance.stretches
    lowest = min(stretches, key=lambda stretch: stretch.level_cents)
    if balance.is_confirmed:
        below = sum((stretch.last_on - stretch.first_on).days + 1 for stretch in stretches if stretch.level_cents < 0)
        summary = f.say(Figures.balance_say).format(
            last=f.euro(stretches[-1].level_cents),
            worst=f.euro(lowest.level_cents),
            worst_day=f.day(lowest.first_on),
            days=f.number(below),
        )
    else:
        change = f.euro(stretches[-1].level_cents - stretches[0].level_cents)
        summary = f"{f.say(Figures.balance_unconfirmed)} {f.say(Figures.balance_change_say).format(change=change)}"
    return msgspec.structs.replace(
        figure,
        summary=summary,
        chart=steps(
            [(stretch.first_on, stretch.last_on, stretch.level_cents / 100) for stretch in stretches],
            f.number,
            f.short_month,
        ),
        head=(f.say(Figures.month), f.say(Figures.end_head), f.say(Figures.lowest_head)),
        rows=tuple((f.month(month), f.money(end), f.money(low)) for month, end, low in _by_month(stretches)),
    )


def cash_figure(found: CashAhead, as_of: date, f: Formats) -> Figure:
    """Cash ahead: with the instalment as a band, without the loan as a second line; a table of the ends of months."""
    figure = Figure(id="cash", title=f.say(Figures.cash), summary=f.say(say_cash_ahead(found)))
    if not found.cases:
        return figure
    expected, today = found.cases[0], found.level_cents or 0
    pairs = list(zip(expected.with_instalment.days, expected.without_loan.days, strict=True))
    start = (as_of, today / 100, today / 100, today / 100, today / 100)
    drawn = [
        (one.day, one.low_cents / 100, one.median_cents / 100, one.high_cents / 100, other.median_cents / 100)
        for one, other in pairs
    ]
    return msgspec.structs.replace(
        figure,
        chart=band([start, *drawn], f.number, f.short_month),
        head=tuple(
            f.say(text)
            for text in (
                Figures.month,
                Figures.cash_low,
                Figures.cash_median,
                Figures.cash_high,
                Figures.cash_below,
                Figures.cash_without,
            )
        ),
        rows=tuple(
            (
                f.month(one.day),
                f.money(one.low_cents),
                f.money(one.median_cents),
                f.money(one.high_cents),
                MISSING if one.below_zero is None else f.percent(one.below_zero),
                f.money(other.median_cents),
            )
            for one, other in pairs
            if (one.day + timedelta(1)).day == 1
        ),
    )


def cash_cases(found: CashAhead, f: Formats) -> tuple[str, ...]:
    """What each case under stress leads to, with the instalment; empty where the level is not confirmed."""
    said = []
    for one in found.cases[1:]:
        line = one.with_instalment
        if line.gap is not None:
            lowest = min(day.median_cents for day in line.days)
            said.append(
                f.say(Figures.cash_case).format(
                    case=f.say(CASES[one.case]),
                    gap=f.percent(line.gap),
                    median=f.euro(lowest),
                    day=f.day(line.worst_on),
                )
            )
    return tuple(said)


def cash_flows(found: CashAhead, f: Formats) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """What is expected by kind in each of the next months: a head and rows."""
    months = found.flows[:FLOW_MONTHS]
    kinds = [kind for kind in KINDS if any(kind in month.cents for month in months)]
    head = (f.say(Figures.cash_flows), *(f.month(month.month) for month in months))
    return head, tuple((f.say(KINDS[kind]), *(f.euro(month.cents.get(kind, 0)) for month in months)) for kind in kinds)


def _by_month(stretches: tuple[BalanceStretch, ...]) -> Iterator[tuple[date, int, int]]:
    """First day of each month, its last level and its lowest."""
    months: dict[date, list[int]] = {}
    for stretch in stretches:
        month = stretch.first_on.replace(day=1)
        while month <= stretch.last_on:
            months.setdefault(month, []).append(stretch.level_cents)
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    for month, levels in months.items():
        yield month, levels[-1], min(levels)


def _empty(identifier: str, title: Text, summary: Text, f: Formats) -> Figure:
    return Figure(id=identifier, title=f.say(title), summary=f.say(summary))
