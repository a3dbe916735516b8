"""The cost side of a simulation: bills of suppliers, wages, rent, taxes, loans, each an obligation with a due day."""

from dataclasses import dataclass, field

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.orders import Sales
from sandbox.life.traits import PERSONS, Traits

WAGES, DEBT, RENT, SOCIAL, TAX, BILL, DRAWING, PRIVATE = range(8)
"""Kinds of obligations; the lower is paid first when money is short."""

RELATED = 97
"""Number among the suppliers of a related company, which is a customer as well."""

SOCIAL_SHARE = 0.28
"""Social security contributions as a share of wages and contributions together."""


@dataclass(slots=True, eq=False)
class Obligation:
    """Something to pay. Money is signed cents, positive: to pay."""

    kind: int
    due: int
    amount: int
    text: str
    party: str
    """Key of the payee: ``supplier:3``, ``staff``, ``tax``, ..."""
    is_debit: bool = False
    """The payee collects it on the day."""
    bill: int = -1
    """Index into the bills, or -1."""
    planned: int = 0
    """Day on which the firm means to pay."""
    nature: str | None = None
    """What its bank line is about; None: what its kind says."""


@dataclass(slots=True, kw_only=True)
class Bills:
    """Bills as parallel lists."""

    supplier: list[int] = field(default_factory=list)
    issued: list[int] = field(default_factory=list)
    deadline: list[int] = field(default_factory=list)
    is_stated: list[bool] = field(default_factory=list)
    """The books hold the deadline."""
    net: list[int] = field(default_factory=list)
    tax: list[int] = field(default_factory=list)
    rate: list[int] = field(default_factory=list)
    is_debit: list[bool] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Costs:
    """Everything the firm has to pay, and what a normal month costs."""

    bills: Bills
    obligations: list[Obligation]
    proceeds: list[tuple[int, int]]
    """Day and cents of loans paid out to the firm."""
    monthly_outflow: int
    """Cents that leave in a normal month, value added tax included."""
    on_card: list[Obligation] = field(default_factory=list)
    """Bills that are paid with the credit card on the day; the card's own account is settled monthly."""


def incur(traits: Traits, when: Calendar, sales: Sales, rng: np.random.Generator) -> Costs:
    """Draw every cost of the firm from its demand and its traits."""
    months = len(when.month_first)
    scale = _scale(traits)
    level = _cost_level(traits, sales.demand, rng)
    wages = traits.wages * scale * traits.sales * level
    overhead = traits.overhead * scale * traits.sales * level
    # Materials are bought for this month's demand; wages and overheads follow it late.
    materials = traits.materials * scale * traits.sales * sales.demand * np.exp(rng.normal(0, 0.12, months))
    bills = _bills(traits, when, materials, overhead, rng)
    obligations = [
        Obligation(
            BILL,
            bills.deadline[i],
            bills.net[i] + bills.tax[i],
            "",
            f"supplier:{bills.supplier[i]}",
            bills.is_debit[i],
            i,
            max(bills.issued[i] + 1, bills.deadline[i] + (0 if bills.is_debit[i] else delay)),
        )
        for i, delay in enumerate(
            np.round(rng.normal(traits.bill_delay, 3.0, len(bills.net))).astype(np.int64).tolist()
        )
    ]
    obligations += _monthly(traits, when, wages, level)
    monthly_sales, monthly_input = _tax_base(when, sales, bills)
    profit = monthly_sales[0] - monthly_input[0] - (wages + traits.rent * scale * traits.sales) * 100
    obligations += _taxes(traits, when, monthly_sales[1] - monthly_input[1], profit)
    debts, proceeds = _debts(traits, when)
    outflow = (1 - traits.margin) * traits.sales * 100 * (1 + traits.vat_rate / 100 * 0.8)
    return Costs(bills=bills, obligations=obligations + debts, proceeds=proceeds, monthly_outflow=round(outflow))


def put_off_taxes(costs: Costs, traits: Traits, rng: np.random.Generator) -> None:
    """Plan to pay taxes late: by some days or weeks, at times by so many that the tax office does not wait."""
    taxes = [due for due in costs.obligations if due.kind == TAX and due.amount > 0]
    for due, delay in zip(taxes, rng.normal(traits.tax_delay, 0.6 * traits.tax_delay, len(taxes)), strict=True):
        due.planned = due.due + max(0, round(float(delay)))


def _scale(traits: Traits) -> float:
    """Factor on the cost shares such that the margin comes out."""
    shares = traits.materials + traits.wages + traits.rent + traits.overhead
    free = 1.0 - traits.margin - traits.drawings - traits.debt_service - traits.leases
    return max(0.1, free) / shares


def _cost_level(traits: Traits, demand: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fixed costs follow demand slowly and not fully, and drift."""
    months = len(demand)
    smooth, value = np.empty(months), float(demand[demand > 0][0]) if (demand > 0).any() else 0.0
    for month in range(months):
        # Exponential smoothing: after three months two thirds of a change have arrived.
        value += 0.3 * (float(demand[month]) - value)
        smooth[month] = value
    drift, value = np.empty(months), 0.0
    for month, step in enumerate(rng.normal(0.0, traits.cost_noise, months).tolist()):
        value = 0.93 * value + step
        drift[month] = value + traits.cost_drift * (month - months / 2) / 12
    # 12 % of fixed costs stay, whatever the demand.
    level: np.ndarray = (0.12 + 0.88 * smooth) * np.exp(drift)
    return np.where(demand > 0, level, 0.0) if traits.is_new else level


def _bills(
    traits: Traits, when: Calendar, materials: np.ndarray, overhead: np.ndarray, rng: np.random.Generator
) -> Bills:
    months = len(when.month_first)
    firsts = np.array(when.month_first)
    lengths = np.diff(np.append(firsts, when.days))
    per_month = max(1.5, min(12.0, traits.invoices_per_month * 0.6))
    counts = np.where(materials > 0, rng.poisson(per_month, months) + 1, 0)
    counts = np.where(lengths < 15, counts // 2, counts)
    month = np.repeat(np.arange(months), counts)
    total = len(month)
    part = rng.gamma(2.0, 1.0, total)
    sums = np.bincount(month, weights=part, minlength=months)
    net = materials[month] * part / sums[month] * np.minimum(1.0, lengths[month] / 30)
    day = firsts[month] + np.floor(rng.random(total) * lengths[month]).astype(np.int64)
    supplier = rng.integers(0, max(1, traits.suppliers - 2), total)
    term = rng.choice([14, 30], p=[0.6, 0.4], size=traits.suppliers)
    # The last two suppliers are the ones of overheads, which collect by direct debit early in the month.
    fixed_month = np.repeat(np.arange(months), 2)
    fixed_net = np.repeat(overhead, 2) * np.tile([0.6, 0.4], months)
    fixed_day = firsts[fixed_month] + np.tile([1, 8], months)
    fixed_supplier = np.tile([traits.suppliers - 2, traits.suppliers - 1], months)
    keep = (fixed_day < when.days) & (fixed_net > 0)
    day = np.concatenate([day, fixed_day[keep]])
    net_cents = np.maximum(100, np.round(np.concatenate([net, fixed_net[keep]]) * 100)).astype(np.int64)
    supplier = np.concatenate([supplier, fixed_supplier[keep]])
    debit = np.concatenate([np.zeros(total, dtype=bool), np.ones(int(keep.sum()), dtype=bool)])
    working = np.array(when.next_working)
    day = np.minimum(working[day], when.last)
    rate = np.where(rng.random(len(day)) < 0.1, 7, 19)
    deadline = np.where(debit, working[day + 7], day + term[supplier])
    order = np.argsort(day, kind="stable")
    return Bills(
        supplier=supplier[order].tolist(),
        issued=day[order].tolist(),
        deadline=deadline[order].tolist(),
        is_stated=(rng.random(len(day)) >= traits.no_deadline_share).tolist(),
        net=net_cents[order].tolist(),
        tax=((net_cents * rate + 50) // 100)[order].tolist(),
        rate=rate[order].tolist(),
        is_debit=debit[order].tolist(),
    )


def _monthly(traits: Traits, when: Calendar, wages: np.ndarray, level: np.ndarray) -> list[Obligation]:
    """Wages and contributions at the end of each month, rent and the owner's living at its start."""
    due: list[Obligation] = []
    working = when.next_working
    for month, first in enumerate(when.month_first):
        label = f"{when.month_of_year[month]:02d}"
        pay = round(float(wages[month]) * 100)
        if pay > 20_000:
            social = round(pay * SOCIAL_SHARE)
            due.append(Obligation(WAGES, working[first + 27], pay - social, f"Lohn Gehalt {label}", "staff"))
            due.append(Obligation(SOCIAL, working[first + 25], social, f"Beitraege {label}", "insurer", is_debit=True))
        rent = round(traits.rent * _scale(traits) * traits.sales * 100)
        if rent > 1_000 and level[month] > 0:
            due.append(Obligation(RENT, working[first + 2], rent, f"Miete {label}", "landlord"))
        living = round(traits.drawings * traits.sales * 100)
        if living > 0 and level[month] > 0:
            due.append(Obligation(DRAWING, working[first + 4], living, "Privatentnahme", "owner"))
    return due


def _tax_base(when: Calendar, sales: Sales, bills: Bills) -> tuple[np.ndarray, np.ndarray]:
    """Net and tax per month, of sales and of bills: two arrays of two rows."""
    months = len(when.month_first)

    def sums(days: list[int], cents: list[int]) -> np.ndarray:
        month = np.searchsorted(when.month_first, days, side="right") - 1
        total: np.ndarray = np.bincount(month, weights=cents, minlength=months)[:months]
        return total

    till_days = [day for day, _, _ in sales.till]
    net = sums(sales.issued, sales.net) + sums(till_days, [net for _, net, _ in sales.till])
    tax = sums(sales.issued, sales.tax) + sums(till_days, [tax for _, _, tax in sales.till])
    return (
        np.stack([net, tax]),
        np.stack([sums(bills.issued, bills.net), sums(bills.issued, bills.tax)]),
    )


def _taxes(traits: Traits, when: Calendar, vat: np.ndarray, profit: np.ndarray) -> list[Obligation]:
    """Value added tax on the tenth of the next month; income or corporate tax four times a year."""
    due: list[Obligation] = []
    rate = 0.26 if traits.legal_form in PERSONS else 0.30
    name = "Einkommensteuer" if traits.legal_form in PERSONS else "Koerperschaftsteuer"
    for month in range(1, len(when.month_first)):
        day = when.next_working[when.month_first[month] + 9]
        owed = 0 if traits.is_small_business else round(float(vat[month - 1]))
        if abs(owed) > 1_000:
            label = f"{when.month_of_year[month - 1]:02d}"
            due.append(Obligation(TAX, day, owed, f"Umsatzsteuer {label}", "tax"))
        if when.month_of_year[month] in {3, 6, 9, 12} and month >= 3:
            # A quarter of the trailing year's profit; before the first year is over, of what there is.
            base = float(profit[max(0, month - 12) : month].mean()) * 3
            base -= traits.drawings * traits.sales * 100 if rate < 0.3 else 0.0
            if base > 50_000:
                quarter = f"{when.month_of_year[month] // 3}. Quartal"
                due.append(Obligation(TAX, day, round(base * rate), f"{name} {quarter}", "tax"))
    return due


def _debts(traits: Traits, when: Calendar) -> tuple[list[Obligation], list[tuple[int, int]]]:
    """Instalments of bank loans, the one that existed before and the one that was taken in between."""
    due: list[Obligation] = []
    proceeds: list[tuple[int, int]] = []
    instalment = round(traits.debt_service * traits.sales * 100)
    opened = next((m for m, first in enumerate(when.month_first) if first >= when.opens), 0)
    granted = None if traits.loan_in_month is None else opened + traits.loan_in_month
    for month, first in enumerate(when.month_first):
        day = when.next_working[first + 14]
        if instalment:
            due.append(Obligation(DEBT, day, instalment, "Darlehen 4711 Tilgung und Zinsen", "bank", is_debit=True))
        if granted is not None and month == granted:
            proceeds.append((day, round(traits.sales * 150)))
        if granted is not None and granted < month <= granted + 36:
            new = round(traits.sales * 150 / 36 * 1.08)
            if traits.borrows_online:
                text = f"iwoca Rate {month - granted}"
                due.append(Obligation(DEBT, day, new, text, "lender", is_debit=True, nature="other"))
            else:
                due.append(Obligation(DEBT, day, new, "Darlehen 4712 Tilgung und Zinsen", "bank", is_debit=True))
    return due, proceeds
