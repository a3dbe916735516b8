"""Receivables: how fast customers pay, and the quality of what is open. Gross amounts.

Delays are right-censored: the population is what fell due in the window, and what is still open enters with its days
past due. Looking at paid invoices only would make a payer who stops paying look better.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, cent_days, count, total
from features.needs import BANK_LINES, FELL_DUE, FELL_DUE_2, LOG, OPEN_ITEMS, at_least, by_name, sales_history
from features.series import add_up, quotient, series, slope_per_month, used_up
from features.views import View, in_year, in_year_to_date, month_start

MONTHS = 12
GROSS_BY_MONTH = tuple(f"sales_gross_month_{age}" for age in range(-1, MONTHS))
"""Gross sales of the running month, then of the month ``age`` full months before the last full month."""
DELAY_BY_MONTH = tuple(f"median_delay_month_{age}" for age in range(MONTHS))
"""Median delay of what fell due in that month."""

# Conditions that measures share with the evidence of their features, so that it shows what was counted.
_OPEN = pl.col("open_cents") > 0
# On its due date a document is not overdue yet: it can be paid until the end of that day.
_IS_OVERDUE = pl.col("dpd") > 0
# Receivables more than 60 days past due are commonly not lent against.
_IS_LATE = pl.col("dpd") > 60

MEASURES = (
    *(
        Measure(
            name=name,
            view=View.SALES_MONTHS,
            aggregate=pl.col("gross_cents").filter(pl.col("age") == age).sum(),
        )
        for age, name in enumerate(GROSS_BY_MONTH, start=-1)
    ),
    *(
        # A month has one row in this view, or none: without a document due it has no delay, which is not a delay of 0.
        Measure(
            name=name,
            view=View.DUE_MONTHS,
            aggregate=pl.col("delay_days").filter(pl.col("due_age") == age).first(),
            has_empty=False,
        )
        for age, name in enumerate(DELAY_BY_MONTH)
    ),
    Measure(
        name="sales_gross_3m_cents",
        view=View.SALES_MONTHS,
        aggregate=pl.col("gross_cents").filter(pl.col("age").is_between(0, 2)).sum(),
    ),
    Measure(name="due_month_count", view=View.DUE_MONTHS, aggregate=pl.len()),
    Measure(name="open_cents", view=View.RECEIVABLES, aggregate=pl.col("open_cents").sum()),
    count("open_count", View.RECEIVABLES, _OPEN),
    total("overdue_cents", View.RECEIVABLES, "open_cents", _IS_OVERDUE),
    total("late_cents", View.RECEIVABLES, "open_cents", _IS_LATE),
    # Not of customers who are cross-aged: more than half of what they owe is late. Doubled instead of divided, so that
    # it is a comparison of whole cents.
    total("eligible_cents", View.DEBTORS, "current_cents", 2 * pl.col("late_cents") <= pl.col("open_cents")),
    count("due_count", View.RECEIVABLES, FELL_DUE),
    total("due_cents", View.RECEIVABLES, "gross_cents", FELL_DUE),
    # What is still open has no paid day: null, which counts as not on time.
    total("on_time_cents", View.RECEIVABLES, "gross_cents", FELL_DUE & (pl.col("paid_day") <= pl.col("due_day"))),
    cent_days("delay_cent_days", View.RECEIVABLES, FELL_DUE),
    total("invoiced_12m_cents", View.SALES, "gross_cents", in_year()),
    total("credited_12m_cents", View.CREDIT_NOTES, "gross_cents", in_year()),
    total("discounted_12m_cents", View.DISCOUNTS, "amount_cents", in_year()),
    count("dunned_12m_count", View.DUNNED, in_year()),
)


def _countback() -> pl.Expr:
    """Days from the day of observation back to where sales add up to what is open.

    Months that are used up count in full, so that only the month in which the walk stops needs a quotient: of its days
    those count that its sales are needed for.
    """
    used_up, start, end = pl.col("months_used_up").clip(0, MONTHS), pl.col("stop_start_day"), pl.col("stop_end_day")
    covered = pl.col("sales_gross_covered").list.get(used_up)
    spare = quotient(covered - pl.col("open_cents"), pl.col("sales_gross_series").list.get(used_up))
    return (
        pl.when(pl.col("open_cents") == 0)
        .then(0.0)
        .when(pl.col("months_used_up") > MONTHS)
        .then(pl.col("as_of_day") + 1 - start)
        .otherwise(pl.col("as_of_day") + 1 - start - spare * (end - start))
    )


TERMS = (
    Term(
        name="sales_gross_series",
        reads=GROSS_BY_MONTH,
        expression=pl.concat_list(GROSS_BY_MONTH),
    ),
    Term(
        name="sales_gross_covered",
        reads=("sales_gross_series",),
        expression=add_up(pl.col("sales_gross_series")),
    ),
    Term(
        name="months_used_up",
        reads=("sales_gross_covered", "open_cents"),
        expression=used_up(pl.col("sales_gross_covered"), pl.col("open_cents")),
    ),
    # Sales of all months may not cover what is open: then the walk ends with the last of them.
    Term(
        name="stop_start_day",
        reads=("months_used_up",),
        expression=month_start(pl.col("months_used_up").clip(0, MONTHS)),
    ),
    Term(
        name="stop_end_day",
        reads=("months_used_up",),
        # The running month ends with the day of observation, not with its last day.
        expression=pl.when(pl.col("months_used_up") == 0)
        .then(pl.col("as_of_day") + 1)
        .otherwise(month_start(pl.col("months_used_up").clip(0, MONTHS) - 1)),
    ),
    Term(
        name="median_delay_series",
        reads=DELAY_BY_MONTH,
        expression=series(DELAY_BY_MONTH),
    ),
)


FEATURES = (
    Feature(
        name="receivables_dso_days_3m",
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Außenstandsdauer (DSO)", en="Days sales outstanding (DSO)"),
        meaning=Text(
            de="Wie viele Tage Umsatz noch nicht bezahlt sind. Offene Forderungen geteilt durch den "
            "Bruttoumsatz der letzten drei vollen Monate, mal deren Tage.",
            en="How many days of sales are unpaid. Open receivables divided by gross sales of the last three "
            "full months, times the days of these months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=1,
        measures=("sales_history_months", "open_cents", "sales_gross_3m_cents"),
        expression=quotient(pl.col("open_cents"), pl.col("sales_gross_3m_cents"))
        * (pl.col("end_day") - pl.col("quarter_day")),
        needs=(sales_history(3),),
        source="AR-01; days sales outstanding",
        evidence=(Selection(view=View.RECEIVABLES, where=_OPEN, weight=pl.col("open_cents")),),
    ),
    Feature(
        name="receivables_countback_dso_days",
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Außenstandsdauer (Count-back)", en="Days sales outstanding (count-back)"),
        meaning=Text(
            de="Wie viele Tage der Umsatz zurückreicht, der den offenen Forderungen entspricht. Gezählt wird "
            "monatsweise vom Stichtag zurück, höchstens über zwölf volle Monate.",
            en="How many days back it takes for sales to equal the open receivables. Counted month by month "
            "from the observation date, over at most twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=1,
        measures=(
            "sales_history_months",
            "open_cents",
            "sales_gross_series",
            "sales_gross_covered",
            "months_used_up",
            "stop_start_day",
            "stop_end_day",
        ),
        expression=_countback(),
        needs=(sales_history(6),),
        source="AR-02; count-back method",
        evidence=(Selection(view=View.RECEIVABLES, where=_OPEN, weight=pl.col("open_cents")),),
    ),
    Feature(
        name="receivables_weighted_delay_days_12m",
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Mittlerer Zahlungsverzug der Kunden", en="Average payment delay of customers"),
        meaning=Text(
            de="Wie viele Tage nach Fälligkeit Kunden im Mittel zahlen, nach Betrag gewichtet. Es zählt, was in "
            "den letzten zwölf vollen Monaten fällig wurde; Offenes mit den bisherigen Tagen.",
            en="How many days after the due date customers pay on average, weighted by amount. Covers amounts "
            "due in the last twelve full months; open amounts count with their days so far.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=18,
        precision=1,
        measures=("delay_cent_days", "due_cents", "due_count"),
        expression=pl.col("delay_cent_days"),
        denominator=pl.col("due_cents"),
        needs=(at_least(10, "due_count", "documents due"),),
        source="AR-07; own",
        evidence=(
            Selection(
                view=View.RECEIVABLES,
                where=FELL_DUE & (pl.col("delay_days") > 0),
                weight=pl.col("gross_cents").cast(pl.Int128) * pl.col("delay_days"),
            ),
        ),
    ),
    Feature(
        name="receivables_delay_trend_days_12m",
        group=Group.RECEIVABLES,
        unit=Unit.DAYS_PER_MONTH,
        label=Text(de="Trend des Zahlungsverzugs der Kunden", en="Trend of customers' payment delay"),
        meaning=Text(
            de="Um wie viele Tage der typische Zahlungsverzug der Kunden je Monat zunimmt, über die letzten "
            "zwölf vollen Monate. Negativ heißt: Sie zahlen pünktlicher.",
            en="By how many days the typical payment delay of customers grows per month, over the last twelve "
            "full months. Negative means that they pay more punctually.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=18,
        precision=2,
        measures=("median_delay_series", "due_month_count", "sales_history_months"),
        expression=slope_per_month(pl.col("median_delay_series"), MONTHS),
        needs=(sales_history(6), at_least(6, "due_month_count", "months with documents due")),
        source="AR-10; Theil-Sen slope of monthly medians, own",
    ),
    Feature(
        name="receivables_on_time_share_12m",
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Pünktlich bezahlter Anteil", en="Share paid on time"),
        meaning=Text(
            de="Der Anteil der in den letzten zwölf vollen Monaten fälligen Beträge, die spätestens am Tag der "
            "Fälligkeit ganz beglichen waren.",
            en="The share of the amounts due in the last twelve full months that were fully settled by their due date.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=18,
        precision=4,
        measures=("on_time_cents", "due_cents", "due_count"),
        expression=pl.col("on_time_cents"),
        denominator=pl.col("due_cents"),
        needs=(at_least(10, "due_count", "documents due"),),
        source="AR-11; share of amounts paid by the due date",
        evidence=(
            Selection(
                view=View.RECEIVABLES,
                where=FELL_DUE & (pl.col("delay_days") > 0),
                weight=pl.col("gross_cents"),
            ),
        ),
    ),
    Feature(
        name="receivables_overdue_share",
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Überfälliger Anteil der Forderungen", en="Overdue share of receivables"),
        meaning=Text(
            de="Der Anteil der offenen Forderungen, deren Fälligkeit vor dem Stichtag liegt.",
            en="The share of open receivables whose due date lies before the observation date.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=4,
        measures=("overdue_cents", "open_cents", "open_count"),
        expression=pl.col("overdue_cents"),
        denominator=pl.col("open_cents"),
        needs=(at_least(5, "open_count", "open documents"),),
        source="AQ-01; ageing",
        evidence=(Selection(view=View.RECEIVABLES, where=_IS_OVERDUE, weight=pl.col("open_cents")),),
    ),
    Feature(
        name="receivables_over_60d_share",
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Anteil über 60 Tage überfällig", en="Share over 60 days past due"),
        meaning=Text(
            de="Der Anteil der offenen Forderungen, die seit mehr als 60 Tagen überfällig sind.",
            en="The share of open receivables that are more than 60 days past due.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=4,
        measures=("late_cents", "open_cents", "open_count"),
        expression=pl.col("late_cents"),
        denominator=pl.col("open_cents"),
        needs=(at_least(5, "open_count", "open documents"),),
        source="AQ-06; ageing",
        evidence=(Selection(view=View.RECEIVABLES, where=_IS_LATE, weight=pl.col("open_cents")),),
    ),
    Feature(
        name="receivables_dilution_share_12m",
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Anteil von Gutschriften und Skonti", en="Share of credit notes and discounts"),
        meaning=Text(
            de="Gutschriften und gezogene Skonti der letzten zwölf vollen Monate im Verhältnis zu den "
            "Bruttorechnungen.",
            en="Credit notes and discounts taken in the last twelve full months, relative to gross invoicing.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "credited_12m_cents", "discounted_12m_cents", "invoiced_12m_cents"),
        expression=pl.col("credited_12m_cents") + pl.col("discounted_12m_cents"),
        denominator=pl.col("invoiced_12m_cents"),
        needs=(sales_history(6),),
        source="AQ-09; dilution as in asset-based lending",
        evidence=(
            Selection(view=View.CREDIT_NOTES, where=in_year(), weight=pl.col("gross_cents")),
            Selection(view=View.DISCOUNTS, where=in_year(), weight=pl.col("amount_cents")),
        ),
    ),
    Feature(
        name="receivables_dunned_share_12m",
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Anteil gemahnter Rechnungen", en="Share of invoices with a reminder"),
        meaning=Text(
            de="Der Anteil der Rechnungen der letzten zwölf vollen Monate, die bis zum Stichtag mindestens "
            "einmal gemahnt wurden.",
            en="The share of invoices of the last twelve full months for which at least one reminder was sent "
            "by the observation date.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=frozenset({Resource.INVOICES, Resource.REMINDERS}),
        history_months=14,
        precision=4,
        measures=("dunned_12m_count", "invoice_12m_count"),
        expression=pl.col("dunned_12m_count"),
        denominator=pl.col("invoice_12m_count"),
        needs=(at_least(20, "invoice_12m_count", "invoices"),),
        source="AQ-11; own",
        evidence=(Selection(view=View.DUNNED, where=in_year(), weight=pl.col("gross_cents")),),
    ),
    Feature(
        name="receivables_eligible_cents",
        group=Group.RECEIVABLES,
        unit=Unit.CENTS,
        label=Text(de="Beleihbare Forderungen", en="Eligible receivables"),
        meaning=Text(
            de="Offene Forderungen, die höchstens 60 Tage überfällig sind. Kunden, deren offener Betrag zu mehr "
            "als der Hälfte länger überfällig ist, zählen nicht.",
            en="Open receivables at most 60 days past due. Customers whose open amount is more than half "
            "overdue for longer do not count.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.NOW,
        resources=OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=0,
        measures=("eligible_cents",),
        expression=pl.col("eligible_cents"),
        needs=(),
        source="AQ-15 and AQ-16 without concentration cap; input of the policy",
        evidence=(Selection(view=View.RECEIVABLES, where=_OPEN & ~_IS_LATE, weight=pl.col("open_cents")),),
    ),
)


# Catalogue 2: of the views in ``features.recognised``.

NEW_PART = 4
"""Of what known payers owe, one part in so many may be owed by others."""
_LOST, _UNPAID = pl.col("lost_cents").cast(pl.Int128), pl.col("unpaid_days")

MEASURES_2 = (
    count("due_count", View.RECEIVABLES, FELL_DUE_2),
    total("due_cents", View.RECEIVABLES, "gross_cents", FELL_DUE_2),
    total(
        "on_time_cents",
        View.RECEIVABLES,
        "gross_cents",
        FELL_DUE_2 & ~pl.col("is_lost") & (pl.col("paid_day") <= pl.col("due_day")),
    ),
    # The lost part of a document is as late as if it were still open, the rest as late as it was paid.
    Measure(
        name="delay_cent_days",
        view=View.RECEIVABLES,
        aggregate=pl.when(FELL_DUE_2)
        .then((pl.col("gross_cents") - _LOST) * pl.col("rest_delay_days") + _LOST * _UNPAID)
        .otherwise(pl.lit(0, dtype=pl.Int128))
        .sum(),
    ),
    # What is kept back until a later day is open, and not late.
    total("overdue_cents", View.RECEIVABLES, "owed_cents", _IS_OVERDUE),
    total("late_cents", View.RECEIVABLES, "owed_cents", _IS_LATE),
    total("lost_12m_cents", View.LOSSES, "amount_cents", in_year()),
    total("lost_to_date_cents", View.LOSSES, "amount_cents", in_year_to_date()),
    total("voided_to_date_cents", View.VOIDED, "amount_cents", in_year_to_date()),
    total("waived_to_date_cents", View.WAIVED, "amount_cents", in_year_to_date()),
    *(
        total(name, View.KNOWN_DEBTORS, name, 2 * pl.col("late_cents") <= pl.col("open_cents"))
        for name in ("credible_cents", "known_cents")
    ),
    # What is owed to nobody in particular may be owed to anybody who owes the firm.
    total("anonymous_credit_cents", View.CREDITS, "credit_cents", pl.col("customer").is_null()),
)

_BY_NAME = by_name(FEATURES)
_DELAYED = FELL_DUE_2 & (pl.col("delay_days") > 0)

FEATURES_2 = (
    _BY_NAME["receivables_dso_days_3m"].again(2),
    _BY_NAME["receivables_countback_dso_days"].again(2),
    _BY_NAME["receivables_weighted_delay_days_12m"].again(
        2,
        meaning=Text(
            de="Wie viele Tage nach Fälligkeit Kunden im Mittel zahlen, nach Betrag gewichtet. Es zählt, was in "
            "den letzten zwölf vollen Monaten fällig wurde; Offenes und Ausgebuchtes mit den bisherigen Tagen.",
            en="How many days after the due date customers pay on average, weighted by amount. Covers amounts due in "
            "the last twelve full months; what is open or was written off counts with its days so far.",
        ),
        evidence=(
            Selection(
                view=View.RECEIVABLES,
                where=_DELAYED,
                weight=pl.col("gross_cents").cast(pl.Int128) * pl.col("delay_days"),
            ),
        ),
    ),
    _BY_NAME["receivables_delay_trend_days_12m"].again(2),
    _BY_NAME["receivables_on_time_share_12m"].again(
        2,
        meaning=Text(
            de="Der Anteil der in den letzten zwölf vollen Monaten fälligen Beträge, die spätestens am Tag der "
            "Fälligkeit ganz beglichen waren. Was ausgebucht oder verkürzt abgeschlossen wurde, zählt nicht als "
            "beglichen.",
            en="The share of the amounts due in the last twelve full months that were fully settled by their due "
            "date. What was written off or closed short does not count as settled.",
        ),
        evidence=(Selection(view=View.RECEIVABLES, where=_DELAYED, weight=pl.col("gross_cents")),),
    ),
    _BY_NAME["receivables_overdue_share"].again(
        2, evidence=(Selection(view=View.RECEIVABLES, where=_IS_OVERDUE, weight=pl.col("owed_cents")),)
    ),
    _BY_NAME["receivables_over_60d_share"].again(
        2, evidence=(Selection(view=View.RECEIVABLES, where=_IS_LATE, weight=pl.col("owed_cents")),)
    ),
    _BY_NAME["receivables_dilution_share_12m"].again(
        2,
        label=Text(
            de="Anteil von Gutschriften, Skonti und Ausfällen", en="Share of credit notes, discounts and losses"
        ),
        meaning=Text(
            de="Gutschriften, gezogene Skonti und ausgebuchte Beträge der letzten zwölf vollen Monate im Verhältnis "
            "zu den Bruttorechnungen.",
            en="Credit notes, discounts taken and amounts written off in the last twelve full months, relative to "
            "gross invoicing.",
        ),
        measures=(*_BY_NAME["receivables_dilution_share_12m"].measures, "lost_12m_cents"),
        expression=pl.col("credited_12m_cents") + pl.col("discounted_12m_cents") + pl.col("lost_12m_cents"),
        evidence=(
            *_BY_NAME["receivables_dilution_share_12m"].evidence,
            Selection(view=View.LOSSES, where=in_year(), weight=pl.col("amount_cents")),
        ),
    ),
    _BY_NAME["receivables_dunned_share_12m"].again(2),
    _BY_NAME["receivables_eligible_cents"].again(
        2,
        meaning=Text(
            de="Offene Forderungen, die höchstens 60 Tage überfällig sind, abzüglich dessen, was dem Kunden aus "
            "Gutschriften und Überzahlungen zusteht. Kunden, deren offener Betrag zu mehr als der Hälfte länger "
            "überfällig ist, verkaufte Forderungen und Sicherheitseinbehalte zählen nicht.",
            en="Open receivables at most 60 days past due, less what the customer is owed from credit notes and "
            "overpayments. Customers whose open amount is more than half overdue for longer, sold receivables and "
            "retentions do not count.",
        ),
        measures=("eligible_cents", "anonymous_credit_cents"),
        expression=(pl.col("eligible_cents") - pl.col("anonymous_credit_cents")).clip(0),
        evidence=(
            Selection(view=View.RECEIVABLES, where=pl.col("lendable_cents") > 0, weight=pl.col("lendable_cents")),
        ),
    ),
    Feature(
        name="receivables_loss_share_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Ausgebuchter Anteil", en="Share written off"),
        meaning=Text(
            de="Was in den letzten zwölf vollen Monaten und seither ohne Zahlung ausgebucht oder verkürzt "
            "abgeschlossen wurde, im Verhältnis zu den Bruttorechnungen.",
            en="What was written off or closed short without payment in the last twelve full months and since, "
            "relative to gross invoicing.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS | {Resource.RECOGNITION},
        fallback=LOG,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "lost_to_date_cents", "invoiced_12m_cents"),
        # Losses on what was invoiced before may be more than was invoiced since.
        expression=pl.min_horizontal(pl.col("lost_to_date_cents").clip(0), "invoiced_12m_cents"),
        denominator=pl.col("invoiced_12m_cents"),
        needs=(sales_history(6),),
        source="AQ-09, losses alone; own",
        evidence=(Selection(view=View.LOSSES, where=in_year_to_date(), weight=pl.col("amount_cents")),),
    ),
    Feature(
        name="receivables_given_up_share_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Ausgebuchter oder unbezahlt stornierter Anteil", en="Share written off or cancelled unpaid"),
        meaning=Text(
            de="Was in den letzten zwölf vollen Monaten und seither ohne Zahlung entfiel, im Verhältnis zu den "
            "Bruttorechnungen. Dazu zählen Ausbuchungen, späte Stornos, negative Rechnungen und Gutschriften auf "
            "Unbezahltes.",
            en="What ended without payment in the last twelve full months and since, relative to gross invoicing. "
            "That is what was written off, late cancellations, negative invoices, and credit notes on what was "
            "unpaid.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS | {Resource.RECOGNITION},
        fallback=LOG,
        history_months=14,
        precision=4,
        measures=(
            *("sales_history_months", "lost_to_date_cents", "voided_to_date_cents", "waived_to_date_cents"),
            "invoiced_12m_cents",
        ),
        expression=pl.min_horizontal(
            pl.col("lost_to_date_cents").clip(0) + pl.col("voided_to_date_cents") + pl.col("waived_to_date_cents"),
            "invoiced_12m_cents",
        ),
        denominator=pl.col("invoiced_12m_cents"),
        needs=(sales_history(6),),
        source="AQ-09, losses whatever they are called; late is more than 30 days after issue, or after the due day "
        "and 14 days after issue, own",
        evidence=tuple(
            Selection(view=view, where=in_year_to_date(), weight=pl.col("amount_cents"))
            for view in (View.LOSSES, View.VOIDED, View.WAIVED)
        ),
    ),
    Feature(
        name="receivables_known_eligible_cents_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.CENTS,
        label=Text(de="Beleihbare Forderungen gegen bekannte Zahler", en="Eligible receivables from known payers"),
        meaning=Text(
            de="Beleihbare Forderungen aus zeitnah erfassten Belegen. Je Kunde zählt so viel, wie er in zwei Jahren "
            "über die Bank bezahlt hat. Darüber hinaus zählt höchstens ein Viertel dieser Summe.",
            en="Eligible receivables of documents recorded near their day. Of each customer as much counts as that "
            "customer paid through the bank in two years. Beyond that, at most a quarter of the sum counts.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=OPEN_ITEMS | BANK_LINES | {Resource.RECOGNITION},
        fallback=LOG | BANK_LINES,
        history_months=36,
        precision=0,
        measures=("credible_cents", "known_cents", "anonymous_credit_cents"),
        # Whoever grows has new customers.
        expression=(
            pl.min_horizontal("credible_cents", pl.col("known_cents") + pl.col("known_cents") // NEW_PART)
            - pl.col("anonymous_credit_cents")
        ).clip(0),
        needs=(),
        source="AQ-15 and AQ-16, debtors verified by the bank; input of the policy, own",
    ),
)
