"""Value added tax, catalogue 2: what is due by the documents against what was paid to the tax office.

Who invents sales pays no tax on them. What is due by documents is tax on sales minus tax on bills. When it falls due
depends on the firm's rhythm (monthly or quarterly returns, due on the tenth of the next month), on a permanent
extension by one month (Dauerfristverlängerung), and on whether tax is owed as invoiced (Soll) or as received (Ist).
None of this is in the books. So the twelve months of payments are compared with twelve months of documents under every
rhythm and basis that the firm's payments leave open, and the least that would be due counts.

How would a firm that badly wants the loan beat it? It pays the tax on what it invents: then it costs 19 % of it. It
books invented bills against invented sales: those are not paid through the bank, which other features see. It leaves
what it invents unpaid, as if it owed tax only on what is received: those invoices are overdue. It calls a payment to
anybody one of value added tax: lines that only their text says to be one count, too, because banks of honest firms
write no more. It pays none at all, on any day: then nothing is said, because the tax may be paid from elsewhere.

How would an honest firm be hurt? It pays tax from an account that is not in the books (note ``own_account_missing``);
it belongs to a tax group whose head pays; a payment to the tax office covers several taxes (it counts in full); bills
are missing in the books, and their tax with them; another tax is paid back while it had more to deduct than it owed.
So the share is a reason to ask, and never part of a score.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Missing, Need, Risk, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import BANK_LINES, SALES, at_least, bank_history
from features.series import quotient
from features.views import View

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()

YEAR = 12
DELAYS = (1, 2, 3, 4)
"""By how many months documents lie before the payment of their tax: 1 for monthly returns, 2 with the extension; 1 to 3
for quarterly ones, 4 with it."""
MONTHLY_DELAYS = 2
"""The first so many of these are those of monthly returns."""
MONTHLY = 8
"""Who pays in at least so many of twelve months files monthly."""

_AGE = pl.col("age")


def _of_documents(name: str, delay: int) -> Measure:
    return total(
        f"vat_{name}_{delay}_cents", View.VAT_MONTHS, f"{name}_cents", _AGE.is_between(delay, delay + YEAR - 1)
    )


_OF_PAYMENTS = _AGE.is_between(0, YEAR - 1)
_SURPLUS = pl.col("deductible_cents") - pl.col("issued_cents")
_OF_REFUNDS = _AGE.is_between(0, DELAYS[-1] + YEAR - 1)
QUARTERS = tuple(range((DELAYS[-1] + YEAR + 1) // 3 + 1))
"""Calendar quarters that these months may lie in, the last one first."""

MEASURES_2 = (
    *(_of_documents(name, delay) for name in ("issued", "received", "deductible") for delay in DELAYS),
    total("vat_paid_cents", View.VAT_MONTHS, "paid_cents", _OF_PAYMENTS),
    total("vat_refunded_cents", View.VAT_MONTHS, "refunded_cents", _OF_PAYMENTS),
    # Months and quarters in which more was deductible than due: only then the tax office pays back value added tax, and
    # what else it pays back is not this tax.
    total("vat_monthly_surplus_cents", View.VAT_MONTHS, _SURPLUS.clip(0), _OF_REFUNDS),
    *(
        total(f"vat_quarter_{number}_cents", View.VAT_MONTHS, _SURPLUS, _OF_REFUNDS & (pl.col("quarter") == number))
        for number in QUARTERS
    ),
    count("vat_paid_months", View.VAT_MONTHS, _OF_PAYMENTS & (pl.col("paid_cents") > 0)),
    count("vat_ever_paid_months", View.VAT_MONTHS, pl.col("paid_cents") > 0),
)


def _due(basis: str, delay: int) -> pl.Expr:
    return pl.col(f"vat_{basis}_{delay}_cents") - pl.col(f"vat_deductible_{delay}_cents")


def _least(delays: tuple[int, ...]) -> pl.Expr:
    return pl.min_horizontal(_due(basis, delay) for basis in ("issued", "received") for delay in delays).clip(0)


_IS_MONTHLY = pl.col("vat_paid_months") >= MONTHLY
_PAID = (pl.col("vat_paid_cents") - pl.min_horizontal("vat_refunded_cents", "vat_surplus_cents")).clip(0)

TERMS_2 = (
    Term(
        name="vat_due_cents",
        reads=(
            *(f"vat_{name}_{delay}_cents" for name in ("issued", "received", "deductible") for delay in DELAYS),
            "vat_paid_months",
        ),
        expression=pl.when(_IS_MONTHLY).then(_least(DELAYS[:MONTHLY_DELAYS])).otherwise(_least(DELAYS)),
    ),
    Term(
        name="vat_surplus_cents",
        reads=(
            "vat_monthly_surplus_cents",
            *(f"vat_quarter_{number}_cents" for number in QUARTERS),
            "vat_paid_months",
        ),
        expression=pl.when(_IS_MONTHLY)
        .then(pl.col("vat_monthly_surplus_cents"))
        .otherwise(pl.sum_horizontal(pl.col(f"vat_quarter_{number}_cents").clip(0) for number in QUARTERS)),
    ),
    Term(
        name="vat_shortfall_cents",
        reads=("vat_due_cents", "vat_paid_cents", "vat_refunded_cents", "vat_surplus_cents"),
        expression=(pl.col("vat_due_cents") - _PAID).clip(0),
    ),
)

_RESOURCES = SALES | BANK_LINES | {Resource.CREDIT_NOTES, Resource.PAYMENT_LOG, Resource.RECOGNITION, Resource.TAXES}
_FALLBACK = frozenset({Resource.PAYMENT_LOG})
SILENT_DAYS = 45
"""A bank that delivered nothing for longer has stopped: what was paid since is not seen."""
_ENOUGH = (
    bank_history(YEAR),
    Need(
        holds=pl.col("as_of_day") - pl.col("last_proven_day") <= SILENT_DAYS,
        cause=Missing.TOO_LITTLE_HISTORY,
        text=f"bank transactions of the last {SILENT_DAYS} days",
    ),
    Need(
        holds=pl.col("sales_history_months") >= YEAR + DELAYS[-1],
        cause=Missing.TOO_LITTLE_HISTORY,
        text=f"{YEAR + DELAYS[-1]} months of sales",
    ),
    # Who is never seen to pay this tax pays it from elsewhere, as far as these books tell.
    at_least(1, "vat_ever_paid_months", "month with a payment to the tax office"),
)
_HISTORY_MONTHS = YEAR + DELAYS[-1] + 2

FEATURES_2 = (
    Feature(
        name="trust_vat_shortfall_12m_cents_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.CENTS,
        label=Text(de="Fehlende Umsatzsteuerzahlung", en="Value added tax not paid"),
        meaning=Text(
            de="Die Umsatzsteuer, die nach den Belegen für zwölf Monate mindestens fällig war, abzüglich der Zahlungen "
            "an das Finanzamt in zwölf vollen Monaten.",
            en="The value added tax due by the documents of twelve months, at the least, less payments to the tax "
            "office in twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_RESOURCES,
        fallback=_FALLBACK,
        history_months=_HISTORY_MONTHS,
        precision=0,
        measures=(
            "bank_history_months",
            "last_proven_day",
            "sales_history_months",
            "vat_ever_paid_months",
            "vat_due_cents",
            "vat_shortfall_cents",
        ),
        expression=pl.col("vat_shortfall_cents"),
        needs=_ENOUGH,
        source="UStG sections 13, 13b, 16, 18, 20; least over rhythm, extension and basis, own",
    ),
    Feature(
        name="trust_vat_shortfall_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Anteil fehlender Umsatzsteuer", en="Share of value added tax not paid"),
        meaning=Text(
            de="Der Anteil der nach den Belegen mindestens fälligen Umsatzsteuer, der in den letzten zwölf vollen "
            "Monaten nicht gezahlt wurde.",
            en="The share of the value added tax due by documents, at the least, that was not paid in the last twelve "
            "full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_RESOURCES,
        fallback=_FALLBACK,
        history_months=_HISTORY_MONTHS,
        precision=4,
        measures=(
            "bank_history_months",
            "last_proven_day",
            "sales_history_months",
            "vat_ever_paid_months",
            "vat_shortfall_cents",
            "vat_due_cents",
        ),
        # Where nothing is due, nothing is lacking.
        expression=pl.when(pl.col("vat_due_cents") > 0)
        .then(quotient(pl.col("vat_shortfall_cents"), pl.col("vat_due_cents")))
        .otherwise(0.0),
        needs=_ENOUGH,
        source="UStG sections 13, 13b, 16, 18, 20; least over rhythm, extension and basis, own",
    ),
)
