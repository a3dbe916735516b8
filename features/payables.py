"""Payables: how the firm itself pays its suppliers. Gross amounts."""

import polars as pl

from features.feature import Actionable, Feature, Group, Missing, Need, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, cent_days, count, total
from features.needs import BANK_LINES, OPEN_ITEMS, at_least, bank_history, bill_history, by_name, sales_history
from features.series import quotient
from features.views import View, in_full_months, in_year

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

_RECENT_DUE = _FELL_DUE_2 & in_full_months(0, 2, "due_day")
_DUE_BEFORE = _FELL_DUE_2 & in_full_months(3, 11, "due_day")
_IS_UNNAMED = in_year() & pl.col("supplier").is_null()
_POSITIVE, _NOTHING = pl.col("net_cents").clip(0).cast(pl.Int128), pl.lit(0, dtype=pl.Int128)
STRETCHED_DAYS = 60
"""Between firms a longer term takes an express agreement (§ 271a BGB)."""
# By the earlier of its own day and that of its entry, which nobody can edit.
_IS_STRETCHED = (pl.col("dpd") == 0) & (pl.col("as_of_day") - pl.min_horizontal("day", "entered_day") > STRETCHED_DAYS)

MEASURES_2 = (
    count("bill_due_count", View.PAYABLES, _FELL_DUE_2),
    total("bill_due_cents", View.PAYABLES, "gross_cents", _FELL_DUE_2),
    cent_days("bill_delay_cent_days", View.PAYABLES, _FELL_DUE_2),
    count("reminder_fee_count", View.BANK, _IS_FEE_2),
    total("reminder_fee_cents", View.BANK, -pl.col("amount_cents"), _IS_FEE_2),
    total("purchased_3m_cents", View.PAYABLES, "gross_cents", in_full_months(0, 2)),
    count("bill_due_3m_count", View.PAYABLES, _RECENT_DUE),
    total("bill_due_3m_cents", View.PAYABLES, "gross_cents", _RECENT_DUE),
    cent_days("bill_delay_3m_cent_days", View.PAYABLES, _RECENT_DUE),
    count("bill_due_before_count", View.PAYABLES, _DUE_BEFORE),
    total("bill_due_before_cents", View.PAYABLES, "gross_cents", _DUE_BEFORE),
    cent_days("bill_delay_before_cent_days", View.PAYABLES, _DUE_BEFORE),
    total("bill_stretched_cents", View.PAYABLES, "open_cents", _IS_STRETCHED),
    total("purchased_12m_gross_cents", View.PAYABLES, pl.col("gross_cents").clip(0), in_year()),
    Measure(
        name="top_supplier_12m_cents", view=View.SUPPLIERS, aggregate=pl.col("net_cents").clip(0).max().fill_null(0)
    ),
    Measure(name="suppliers_12m_cents", view=View.SUPPLIERS, aggregate=pl.col("net_cents").clip(0).sum()),
    # Squares of cents do not fit into 64 bits.
    Measure(name="suppliers_12m_squares", view=View.SUPPLIERS, aggregate=(_POSITIVE * _POSITIVE).sum()),
    total("unnamed_bills_12m_cents", View.PAYABLES, pl.col("net_cents").clip(0), _IS_UNNAMED),
    Measure(
        name="unnamed_bills_12m_squares",
        view=View.PAYABLES,
        aggregate=pl.when(_IS_UNNAMED).then(_POSITIVE * _POSITIVE).otherwise(_NOTHING).sum(),
    ),
)

TERMS_2 = (
    Term(
        name="purchased_12m_cents",
        reads=("suppliers_12m_cents", "unnamed_bills_12m_cents"),
        expression=pl.col("suppliers_12m_cents") + pl.col("unnamed_bills_12m_cents"),
    ),
    Term(
        name="days_payable",
        reads=("bill_open_cents", "purchased_3m_cents"),
        expression=quotient(pl.col("bill_open_cents"), pl.col("purchased_3m_cents"))
        * (pl.col("end_day") - pl.col("quarter_day")),
    ),
)

_BILLS_2 = _BILLS | {Resource.RECOGNITION}
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
    Feature(
        name="payables_dpo_days_3m_v2",
        catalogue=2,
        group=Group.PAYABLES,
        unit=Unit.DAYS,
        label=Text(de="Laufzeit der Verbindlichkeiten (DPO)", en="Days payable outstanding (DPO)"),
        meaning=Text(
            de="Wie viele Tage Einkauf noch nicht bezahlt sind. Offene Lieferantenrechnungen geteilt durch den "
            "Bruttoeinkauf der letzten drei vollen Monate, mal deren Tage.",
            en="How many days of purchases are unpaid. Open supplier bills divided by gross purchases of the last "
            "three full months, times the days of these months.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=_BILLS_2,
        fallback=_LOG,
        history_months=36,
        precision=1,
        measures=("bill_history_months", "days_payable"),
        expression=pl.col("days_payable"),
        needs=(bill_history(3),),
        source="AP-01; days payable outstanding",
        evidence=(Selection(view=View.PAYABLES, where=pl.col("open_cents") > 0, weight=pl.col("open_cents")),),
    ),
    Feature(
        name="payables_delay_change_days_12m_v2",
        catalogue=2,
        group=Group.PAYABLES,
        unit=Unit.DAYS,
        label=Text(de="Veränderung des eigenen Zahlungsverzugs", en="Change in own payment delay"),
        meaning=Text(
            de="Der mittlere Zahlungsverzug bei Lieferanten in den letzten drei vollen Monaten "
            "minus dem der neun Monate davor, nach Betrag gewichtet.",
            en="The average payment delay to suppliers in the last three full months minus that "
            "of the nine months before, weighted by amount.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_BILLS_2,
        fallback=_LOG,
        history_months=18,
        precision=1,
        measures=(
            "bill_history_months",
            *("bill_due_3m_count", "bill_delay_3m_cent_days", "bill_due_3m_cents"),
            *("bill_due_before_count", "bill_delay_before_cent_days", "bill_due_before_cents"),
        ),
        expression=quotient(pl.col("bill_delay_3m_cent_days"), pl.col("bill_due_3m_cents"))
        - quotient(pl.col("bill_delay_before_cent_days"), pl.col("bill_due_before_cents")),
        needs=(
            bill_history(12),
            Need(
                holds=(pl.col("bill_due_3m_count") >= 5) & (pl.col("bill_due_before_count") >= 5),
                cause=Missing.TOO_FEW_DOCUMENTS,
                text="5 bills due in either period",
            ),
        ),
        source="AP-04; AP-02 of three months minus that of the nine before",
        evidence=(
            Selection(
                view=View.PAYABLES,
                where=_RECENT_DUE & (pl.col("delay_days") > 0),
                weight=pl.col("gross_cents").cast(pl.Int128) * pl.col("delay_days"),
            ),
        ),
    ),
    Feature(
        name="payables_top1_share_12m_v2",
        catalogue=2,
        group=Group.PAYABLES,
        unit=Unit.SHARE,
        label=Text(de="Einkaufsanteil des größten Lieferanten", en="Purchase share of the largest supplier"),
        meaning=Text(
            de="Der Anteil des Lieferanten mit dem höchsten Nettobetrag am Einkauf der letzten zwölf vollen Monate.",
            en="The largest supplier's share of net purchases in the last twelve full months.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=frozenset({Resource.VOUCHERS, Resource.RECOGNITION}),
        history_months=14,
        precision=4,
        measures=("bill_history_months", "top_supplier_12m_cents", "purchased_12m_cents"),
        expression=pl.col("top_supplier_12m_cents"),
        denominator=pl.col("purchased_12m_cents"),
        needs=(bill_history(6),),
        source="AP-05; supplier concentration, of suppliers above 0",
    ),
    Feature(
        name="payables_hhi_12m_v2",
        catalogue=2,
        group=Group.PAYABLES,
        unit=Unit.RATIO,
        label=Text(de="Lieferantenkonzentration (Herfindahl-Index)", en="Supplier concentration (Herfindahl index)"),
        meaning=Text(
            de="Die Summe der quadrierten Anteile aller Lieferanten am Einkauf der letzten zwölf vollen Monate, netto. "
            "Bei 1 gibt es nur einen Lieferanten.",
            en="The sum of the squared shares of all suppliers in net purchases of the last twelve full months. 1 "
            "means that there is one supplier only.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=frozenset({Resource.VOUCHERS, Resource.RECOGNITION}),
        history_months=14,
        precision=4,
        measures=(
            *("bill_history_months", "suppliers_12m_squares", "unnamed_bills_12m_squares", "purchased_12m_cents"),
        ),
        expression=pl.col("suppliers_12m_squares") + pl.col("unnamed_bills_12m_squares"),
        denominator=pl.col("purchased_12m_cents").cast(pl.Float64) ** 2,
        needs=(bill_history(6),),
        source="AP-05; Herfindahl-Hirschman index of suppliers above 0. Each bill without a supplier is one of its own",
    ),
    Feature(
        name="payables_reminder_fee_12m_cents_v2",
        catalogue=2,
        group=Group.PAYABLES,
        unit=Unit.CENTS,
        label=Text(de="Summe gezahlter Mahngebühren", en="Sum of reminder fees paid"),
        meaning=Text(
            de="Wie viel Mahn- oder Inkassogebühren das Unternehmen in den letzten zwölf vollen Monaten und im "
            "laufenden Monat bezahlt hat.",
            en="How much the firm paid in reminder or collection fees in the last twelve full months and the current "
            "month.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=BANK_LINES | {Resource.RECOGNITION},
        history_months=14,
        precision=0,
        measures=("bank_history_months", "reminder_fee_count", "reminder_fee_cents"),
        expression=pl.col("reminder_fee_cents"),
        needs=(bank_history(6, "reminder_fee_count"),),
        source="AP-06; sum",
        evidence=(Selection(view=View.BANK, where=_IS_FEE_2, weight=-pl.col("amount_cents")),),
    ),
    Feature(
        name="payables_cash_gap_days_3m_v2",
        catalogue=2,
        group=Group.PAYABLES,
        unit=Unit.DAYS,
        label=Text(de="Vorfinanzierung in Tagen", en="Cash conversion gap"),
        meaning=Text(
            de="Um wie viele Tage das Unternehmen seine Umsätze länger vorfinanziert als seine Lieferanten ihm den "
            "Einkauf. Außenstandsdauer minus Laufzeit der Verbindlichkeiten.",
            en="By how many days the firm waits longer for its customers than its suppliers wait for it. Days sales "
            "outstanding minus days payable outstanding.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_BILLS_2 | OPEN_ITEMS,
        fallback=_LOG,
        history_months=36,
        precision=1,
        measures=(
            *("sales_history_months", "bill_history_months"),
            *("open_cents", "sales_gross_3m_cents", "days_payable"),
        ),
        expression=quotient(pl.col("open_cents"), pl.col("sales_gross_3m_cents"))
        * (pl.col("end_day") - pl.col("quarter_day"))
        - pl.col("days_payable"),
        needs=(sales_history(6), bill_history(6)),
        source="AP-07; AR-01 minus AP-01, without stocks",
    ),
    Feature(
        name="payables_stretched_months_v2",
        catalogue=2,
        group=Group.PAYABLES,
        unit=Unit.RATIO,
        label=Text(de="Alte Verbindlichkeiten, die nicht fällig sind", en="Old payables that are not due"),
        meaning=Text(
            de="Offene Lieferantenrechnungen, die älter als 60 Tage und nach ihrer Frist noch nicht fällig sind, im "
            "Verhältnis zum mittleren Bruttoeinkauf eines Monats. Ihr Alter zählt ab dem früheren aus "
            "Rechnungsdatum und Tag der Erfassung.",
            en="Open supplier bills older than 60 days and not yet due, relative to the average gross purchases of a "
            "month. Their age counts from the earlier of their date and the day of entry.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_BILLS_2,
        fallback=_LOG,
        history_months=36,
        precision=4,
        measures=("bill_history_months", "bill_stretched_cents", "purchased_12m_gross_cents"),
        expression=12 * pl.col("bill_stretched_cents"),
        denominator=pl.col("purchased_12m_gross_cents"),
        needs=(bill_history(6),),
        source="AP-03; § 271a BGB, own",
        evidence=(Selection(view=View.PAYABLES, where=_IS_STRETCHED, weight=pl.col("open_cents")),),
    ),
)
