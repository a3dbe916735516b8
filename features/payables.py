"""Payables: how the firm itself pays its suppliers. Gross amounts."""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, cent_days, count, total
from features.needs import BANK_LINES, at_least, bank_history, by_name
from features.views import View, in_year

_LOG = frozenset({Resource.PAYMENT_LOG})
_BILLS = frozenset({Resource.VOUCHERS, Resource.PAYMENT_LOG})

# Conditions that measures share with the evidence of their features, so that it shows what was counted.
# Without a stated due date there is no delay to hold against the firm: 30 days are only assumed.
_FELL_DUE = in_year("due_day") & (pl.col("gross_cents") > 0) & ~pl.col("is_due_assumed")
_IS_OVERDUE = pl.col("dpd") > 0
# Without an upper end: the running month counts, so that yesterday's fee is not hidden.
_IS_FEE = (pl.col("nature") == "reminder_fee") & (pl.col("amount_cents") < 0) & (pl.col("day") >= pl.col("year_day"))

MEASURES = (
    count("bill_due_count", View.PAYABLES, _FELL_DUE),
    total("bill_due_cents", View.PAYABLES, "gross_cents", _FELL_DUE),
    cent_days("bill_delay_cent_days", View.PAYABLES, _FELL_DUE),
    count("bill_open_count", View.PAYABLES, pl.col("open_cents") > 0),
    Measure(name="bill_open_cents", view=View.PAYABLES, aggregate=pl.col("open_cents").sum()),
    total("bill_overdue_cents", View.PAYABLES, "open_cents", _IS_OVERDUE),
    count("reminder_fee_count", View.BANK, _IS_FEE),
)

TERMS: tuple[Term, ...] = ()


FEATURES = (
    Feature(
        name="payables_own_delay_days_12m",
        group=Group.PAYABLES,
        unit=Unit.DAYS,
        label=Text(de="Zahlungsverzug bei Lieferanten", en="Payment delay to suppliers"),
        meaning=Text(
            de="Wie viele Tage nach Fälligkeit das Unternehmen seine Lieferanten im Mittel bezahlt, nach Betrag "
            "gewichtet. Es zählen Rechnungen mit angegebener Frist aus den letzten zwölf vollen Monaten.",
            en="How many days after the due date the firm pays suppliers on average, weighted by amount. Covers "
            "bills of the last twelve full months that state a due date.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_BILLS,
        fallback=_LOG,
        history_months=18,
        precision=1,
        measures=("bill_delay_cent_days", "bill_due_cents", "bill_due_count"),
        expression=pl.col("bill_delay_cent_days"),
        denominator=pl.col("bill_due_cents"),
        needs=(at_least(10, "bill_due_count", "bills due"),),
        source="AP-02; own",
        evidence=(
            Selection(
                view=View.PAYABLES,
                where=_FELL_DUE & (pl.col("delay_days") > 0),
                weight=pl.col("gross_cents").cast(pl.Int128) * pl.col("delay_days"),
            ),
        ),
    ),
    Feature(
        name="payables_overdue_share",
        group=Group.PAYABLES,
        unit=Unit.SHARE,
        label=Text(de="Überfälliger Anteil der Verbindlichkeiten", en="Overdue share of payables"),
        meaning=Text(
            de="Der Anteil der unbezahlten Lieferantenrechnungen, nach Betrag, deren Fälligkeit vor dem "
            "Stichtag liegt.",
            en="The share of unpaid supplier bills, by amount, whose due date lies before the observation date.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_BILLS,
        fallback=_LOG,
        history_months=36,
        precision=4,
        measures=("bill_overdue_cents", "bill_open_cents", "bill_open_count"),
        expression=pl.col("bill_overdue_cents"),
        denominator=pl.col("bill_open_cents"),
        needs=(at_least(5, "bill_open_count", "open bills"),),
        source="AP-03; ageing of payables",
        evidence=(Selection(view=View.PAYABLES, where=_IS_OVERDUE, weight=pl.col("open_cents")),),
    ),
    Feature(
        name="payables_reminder_fee_count_12m",
        group=Group.PAYABLES,
        unit=Unit.COUNT,
        label=Text(de="Gezahlte Mahngebühren", en="Reminder fees paid"),
        meaning=Text(
            de="Wie oft das Unternehmen in den letzten zwölf vollen Monaten und im laufenden Monat Mahn- oder "
            "Inkassogebühren bezahlt hat.",
            en="How often the firm paid reminder or collection fees in the last twelve full months and the "
            "current month.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=BANK_LINES,
        history_months=14,
        precision=0,
        measures=("bank_history_months", "reminder_fee_count"),
        expression=pl.col("reminder_fee_count"),
        needs=(bank_history(6, "reminder_fee_count"),),
        source="AP-06; reminder fees as a sign of arrears",
        evidence=(Selection(view=View.BANK, where=_IS_FEE, weight=-pl.col("amount_cents")),),
    ),
)


# Catalogue 2: of the views in ``features.recognised``.

# A bill that was booked off without money may have been paid by the owner, or not at all: it shows neither.
_FELL_DUE_2 = _FELL_DUE & pl.col("is_day_known") & ~pl.col("is_lost")
_IS_FEE_2 = (
    (pl.col("category") == "reminder_fee") & (pl.col("amount_cents") < 0) & (pl.col("day") >= pl.col("year_day"))
)

MEASURES_2 = (
    count("bill_due_count", View.PAYABLES, _FELL_DUE_2),
    total("bill_due_cents", View.PAYABLES, "gross_cents", _FELL_DUE_2),
    cent_days("bill_delay_cent_days", View.PAYABLES, _FELL_DUE_2),
    count("reminder_fee_count", View.BANK, _IS_FEE_2),
)

_BY_NAME = by_name(FEATURES)

FEATURES_2 = (
    _BY_NAME["payables_own_delay_days_12m"].again(
        2,
        evidence=(
            Selection(
                view=View.PAYABLES,
                where=_FELL_DUE_2 & (pl.col("delay_days") > 0),
                weight=pl.col("gross_cents").cast(pl.Int128) * pl.col("delay_days"),
            ),
        ),
    ),
    _BY_NAME["payables_overdue_share"].again(2),
    _BY_NAME["payables_reminder_fee_count_12m"].again(
        2, evidence=(Selection(view=View.BANK, where=_IS_FEE_2, weight=-pl.col("amount_cents")),)
    ),
)
