"""How much a firm can borrow, in exact integer arithmetic: annuity, affordability and the smallest of all limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor

from msgspec.structs import replace

from forecast.facilities import Borrowings, highest_year_cents
from forecast.largest_instalment import LargestInstalment
from scoring.decisions.decision import CashFlow, OwnLoans, PendingLoan
from scoring.decisions.loans import Loan
from scoring.decisions.policy import SURPLUS, LimitRules, Policy, Product

REVENUE = "revenue_net_12m_cents"
RECEIVABLES = "receivables_eligible_cents"
KNOWN_RECEIVABLES = "receivables_known_eligible_cents"
DEBT_SERVICE = "liquidity_debt_service_12m_cents"
DRAWINGS = "liquidity_drawings_12m_cents"
VAT_SHORTFALL = "trust_vat_shortfall_12m_cents"

LONGEST_TERM_MONTHS = 1200
"""A century: beyond it the exact fractions would only grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The limit of one application."""

    cents: int
    """The smallest constraint, rounded down to the step of the policy. Not to be offered while inputs are missing."""
    binding: str
    """Name of the smallest constraint."""
    constraints: dict[str, int]
    """Each constraint that could be computed, in cents, by name."""
    missing: tuple[str, ...]
    """Features without which a constraint could not be computed."""
    observed_cents: int
    """``cents`` without what is only inferred, debt service to come, tax that was not paid, who is a known payer and
    cash ahead, without what was repaid beyond usual instalments, by the better of smoothed and lenient surplus, and
    with instalments as part of what an owner lives on: what else lowers the limit declines nobody."""
    cash_flow: CashFlow | None = None
    """Null where the bound from cash flow could not be computed."""


def monthly_instalment_cents(principal_cents: int, annual_rate_bps: int, term_months: int) -> int:
    """Equal monthly instalment, paid in arrears, that repays ``principal_cents`` with interest.

    The annuity formula ``P * r / (1 - (1 + r) ** -n)`` with ``r`` one twelfth of the nominal annual rate, computed in
    fractions and rounded up to the cent, so that the loan is always repaid by the last instalment.

    Raises:
        ValueError: Principal or rate is negative, or the term is not 1 to 1200 months.
    """
    if principal_cents < 0:
        raise ValueError(f"principal must not be negative, is {principal_cents} cents")
    return ceil(principal_cents * _instalment_factor(annual_rate_bps, term_months))


def highest_principal_cents(instalment_cents: int, annual_rate_bps: int, term_months: int) -> int:
    """The largest principal whose monthly instalment is not above ``instalment_cents``; the inverse of the annuity."""
    return floor(max(0, instalment_cents) / _instalment_factor(annual_rate_bps, term_months))


def affordable_instalment_cents(surplus_12m_cents: int, debt_service_12m_cents: int, cover_ratio: float) -> int:
    """The largest monthly instalment that leaves ``cover_ratio`` over all debt service, old and new; at least 0."""
    payable = Fraction(surplus_12m_cents) / _decimal(cover_ratio) - max(0, debt_service_12m_cents)
    return max(0, floor(payable / 12))


def limit_of(  # noqa: PLR0913  each is named by its caller
    row: Mapping[str, float | None],
    product: Product,
    term_months: int,
    *,
    limits: LimitRules,
    highest_annual_rate_bps: int,
    is_person: bool = False,
    borrowings: Borrowings | None = None,
    own_loans: OwnLoans | None = None,
    largest_instalment: LargestInstalment | None = None,
    lenient_surplus_cents: int | None = None,
) -> Limit:
    """The limit for a product and term: the least that product, revenue, receivables, cash flow and cash ahead allow.

    A term beyond the product's longest counts as the longest, since a longer term would raise the limit. Since policy 4
    one below its shortest counts as the shortest: on a term that is not offered a person decides, and nobody is
    declined for it.

    Args:
        row: the features of ``limit_inputs``, by the names that they have in catalogue 1.
        product: what is asked for.
        term_months: for how long.
        limits: of the policy.
        highest_annual_rate_bps: of the policy.
        is_person: the owner lives on the firm, and no salary is among its costs.
        borrowings: what the firm owes elsewhere; None where the policy does not look ahead.
        own_loans: what the lender itself has lent; None where the policy does not look at it.
        largest_instalment: what cash ahead carries; None where the policy does not look at it.
        lenient_surplus_cents: with every doubt in favour of the firm, where the surplus of the row is smoothed.
    """
    revenue, receivables = (_cents(row, name) for name in (REVENUE, RECEIVABLES))
    constraints = {"product_maximum": product.maximum_cents}
    if revenue is not None:
        constraints["revenue"] = floor(_decimal(product.revenue_months) * max(0, revenue) / 12)
    if receivables is not None and product.receivables_share is not None:
        constraints["receivables"] = floor(_decimal(product.receivables_share) * max(0, receivables))
    term_months = min(term_months, product.maximum_term_months)
    if limits.looks_ahead:
        term_months = max(term_months, product.minimum_term_months)
    cash_flow = _cash_flow(row, limits, term_months, is_person=is_person, borrowings=borrowings)
    if cash_flow is not None and own_loans is not None:
        cash_flow = replace(cash_flow, debt_service_pending_cents=pending_cents(own_loans, 12))
    if cash_flow is not None:
        cash_flow = replace(cash_flow, surplus_lenient_cents=lenient_surplus_cents)
    observed = min(constraints.values())
    known = _cents(row, KNOWN_RECEIVABLES) if limits.payers_must_be_known else None
    if known is not None and "receivables" in constraints and product.receivables_share is not None:
        of_known = floor(_decimal(product.receivables_share) * max(0, known))
        constraints["receivables"] = min(constraints["receivables"], of_known)
    if cash_flow is not None:
        expected, seen = (
            highest_principal_cents(
                affordable_instalment_cents(*of_a_year, limits.cover_ratio), highest_annual_rate_bps, term_months
            )
            for of_a_year in (available(cash_flow), _observed(cash_flow))
        )
        constraints["cash_flow"], observed = expected, min(observed, seen)
    carried = None if largest_instalment is None else largest_instalment.of_term(term_months)
    if carried is not None:
        # Due each month, as the instalment is.
        lacking = 0 if cash_flow is None else ceil(Fraction(_lacking(cash_flow), 12))
        left = carried - pending_cents(own_loans, 1) - lacking
        constraints["cash_ahead"] = highest_principal_cents(left, highest_annual_rate_bps, term_months)
    binding = min(constraints, key=lambda name: constraints[name])
    return Limit(
        cents=constraints[binding] // limits.step_cents * limits.step_cents,
        binding=binding,
        constraints=constraints,
        missing=tuple(name for name in limit_inputs(product, limits, is_person=is_person) if row.get(name) is None),
        observed_cents=observed // limits.step_cents * limits.step_cents,
        cash_flow=cash_flow,
    )


def limit_for(  # noqa: PLR0913  each is named by its caller
    row: Mapping[str, float | None],
    product: Product,
    term_months: int,
    policy: Policy,
    *,
    is_person: bool,
    borrowings: Borrowings | None,
    own_loans: OwnLoans | None = None,
    largest_instalment: LargestInstalment | None = None,
) -> Limit:
    """The limit by a policy, of a row with the names of the policy's catalogue."""
    return limit_of(
        {
            name: row.get(policy.feature(name))
            for name in (*limit_inputs(product, policy.limits, is_person=is_person), *deductions(policy.limits))
        },
        product,
        term_months,
        limits=policy.limits,
        highest_annual_rate_bps=policy.pricing.highest_annual_rate_bps,
        is_person=is_person,
        borrowings=borrowings,
        own_loans=own_loans,
        largest_instalment=largest_instalment,
        lenient_surplus_cents=None if policy.lenient_surplus is None else _cents(row, policy.lenient_surplus),
    )


def own_loans(found: Sequence[Loan], last_line_on: date | None) -> OwnLoans:
    """What the lender has lent to a borrower itself, and of which of these loans no bank line tells yet.

    A loan that is paid out on the day of the last bank line may arrive on the next: it counts as not seen, since a
    second loan on top of one that is not seen costs more than one that is counted twice for a day. So does one of which
    a part is to be paid out still.

    Args:
        found: All open loans.
        last_line_on: The day of the last bank line; None where there is none.
    """
    unseen = [
        one
        for one in found
        if one.paid_out_on is None
        or last_line_on is None
        or one.paid_out_on >= last_line_on
        or one.paid_out_cents < one.terms.amount_cents
    ]
    return OwnLoans(
        open_count=len(found),
        exposure_cents=sum(one.exposure_cents for one in found),
        pending=tuple(
            PendingLoan(
                instalment_cents=monthly_instalment_cents(
                    one.terms.amount_cents, one.terms.annual_rate_bps, one.terms.term_months
                ),
                term_months=one.terms.term_months,
            )
            for one in unseen
        ),
    )


def pending_cents(own: OwnLoans | None, months: int) -> int:
    """What the lender's own loans that no bank line shows cost in the first months."""
    return 0 if own is None else sum(one.instalment_cents * min(months, one.term_months) for one in own.pending)


def limit_inputs(product: Product, limits: LimitRules, *, is_person: bool) -> tuple[str, ...]:
    """The features that the limit of a product is computed from, by the names that they have in catalogue 1."""
    receivables = () if product.receivables_share is None else (RECEIVABLES,)
    drawings = (DRAWINGS,) if is_person and limits.drawings_cents_at_least is not None else ()
    return (REVENUE, *receivables, SURPLUS, DEBT_SERVICE, *drawings)


def deductions(limits: LimitRules) -> tuple[str, ...]:
    """Features that lower the limit where they have a value, by the names that they have in catalogue 1."""
    known = (KNOWN_RECEIVABLES,) if limits.payers_must_be_known else ()
    return (*known, *((VAT_SHORTFALL,) if limits.deducts_vat_shortfall else ()))


def available(cash_flow: CashFlow) -> tuple[int, int]:
    """Surplus and debt service that count, in cents a year.

    Drawings are among what the surplus was left by, so only what is missing to the floor is deducted. So is tax that
    was due and has not left it.
    """
    observed = cash_flow.debt_service_observed_cents - cash_flow.debt_service_refinanced_cents
    debt_service = max(observed, cash_flow.debt_service_projected_cents or 0) + cash_flow.debt_service_pending_cents
    deducted = _lacking(cash_flow) + (cash_flow.vat_shortfall_cents or 0)
    return cash_flow.surplus_cents - deducted, debt_service


def _observed(cash_flow: CashFlow) -> tuple[int, int]:
    """The same as the firm's lines show it: nothing that is only inferred, and nothing that will not come back.

    Where every doubt is in favour of the firm, so is whose instalments its account paid: those of the owner's home or
    car are part of what it lives on, and count once.
    """
    usual = cash_flow.debt_service_observed_cents - cash_flow.debt_service_extra_cents
    debt_service = usual + cash_flow.debt_service_pending_cents
    surplus, last = cash_flow.surplus_cents, cash_flow.surplus_lenient_cents
    if last is None:
        return surplus - _lacking(cash_flow), debt_service
    return max(surplus, last) - max(0, _lacking(cash_flow) - max(0, usual)), debt_service


def _lacking(cash_flow: CashFlow) -> int:
    return max(0, (cash_flow.drawings_floor_cents or 0) - (cash_flow.drawings_cents or 0))


def _cash_flow(
    row: Mapping[str, float | None],
    limits: LimitRules,
    term_months: int,
    *,
    is_person: bool,
    borrowings: Borrowings | None,
) -> CashFlow | None:
    """None where one of its features has no value."""
    surplus, debt_service, drawings = (_cents(row, name) for name in (SURPLUS, DEBT_SERVICE, DRAWINGS))
    floor = limits.drawings_cents_at_least if is_person else None
    if surplus is None or debt_service is None or (floor is not None and drawings is None):
        return None
    owed = borrowings if limits.looks_ahead else None
    extra = 0 if owed is None else min(owed.extra_cents, max(0, debt_service))
    return CashFlow(
        surplus_cents=surplus,
        drawings_cents=None if floor is None else drawings,
        drawings_floor_cents=None if floor is None else 12 * floor,
        vat_shortfall_cents=_cents(row, VAT_SHORTFALL) if limits.deducts_vat_shortfall else None,
        debt_service_observed_cents=debt_service,
        debt_service_projected_cents=None if owed is None else highest_year_cents(owed.expected, term_months),
        debt_service_extra_cents=extra,
        debt_service_refinanced_cents=0 if owed is None else min(owed.refinanced_cents, extra),
    )


def _cents(row: Mapping[str, float | None], name: str) -> int | None:
    value = row.get(name)
    return None if value is None else round(value)


def _decimal(ratio: float) -> Fraction:
    """The number as the policy file writes it: 0.85 means 85/100, not the nearest binary fraction."""
    return Fraction(repr(ratio))


def _instalment_factor(annual_rate_bps: int, term_months: int) -> Fraction:
    """Instalment per unit of principal."""
    if annual_rate_bps < 0:
        raise ValueError(f"annual rate must not be negative, is {annual_rate_bps} basis points")
    if not 1 <= term_months <= LONGEST_TERM_MONTHS:
        raise ValueError(f"term must be 1 to {LONGEST_TERM_MONTHS} months, is {term_months}")
    rate = Fraction(annual_rate_bps, 120_000)
    if rate == 0:
        return Fraction(1, term_months)
    return rate / (1 - (1 + rate) ** -term_months)
