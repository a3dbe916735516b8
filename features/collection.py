"""Speed of receivables: how long customers take to pay. Of the views in ``features.recognised``; gross amounts.

Delays are right-censored, see ``features.receivables``: what is still open or was lost counts with its days so far.
"""

from collections.abc import Iterable
from functools import reduce
from operator import add

import polars as pl

from features.feature import Actionable, Feature, Group, Missing, Need, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import BANK_LINES, FELL_DUE_2, LOG, OPEN_ITEMS, SALES, at_least, sales_history
from features.recognised import HALF_YEAR
from features.series import add_up, quotient, share_needed, used_up
from features.views import WINDOW_90D, View, in_last_days, in_year, month_start

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()

MONTHS = 12
_OPEN_ITEMS = OPEN_ITEMS | {Resource.RECOGNITION}
_INVOICES = frozenset({Resource.INVOICES, Resource.RECOGNITION})
_DELAY = pl.col("delay_days").filter(FELL_DUE_2)
_DUE_COUNT = FELL_DUE_2.sum()
_LATE_PLACE = (9 * _DUE_COUNT + 9) // 10 - 1
"""Of the delays in order, the place of the first that at least nine in ten are not above; below 0 if there is none."""

# Conditions that measures share with the evidence of their features, so that it shows what was counted.
_RECENT = in_last_days(WINDOW_90D)
# Money that came from an own account collects nothing, and neither does what was booked off.
_IS_COLLECTED = _RECENT & pl.col("is_owed") & ~pl.col("is_own") & (pl.col("means") != "clearing")
_HAS_TERM = in_year() & pl.col("is_invoice") & ~pl.col("is_due_assumed") & (pl.col("gross_cents") > 0)
_HAS_TERM_3M = _HAS_TERM & (pl.col("age") < 3)
_HAS_TERM_BEFORE = _HAS_TERM & (pl.col("age") >= 3)

_ISSUED_DAYS = pl.col("as_of_day") - pl.col("day")
_TERM_DAYS = pl.col("due_day") - pl.col("day")

BILLED_BY_MONTH = tuple(f"billed_month_{age}_cents" for age in range(-1, MONTHS))
"""Gross amounts above 0 of the running month, then of the month ``age`` full months before the last full month."""
OPEN_DAYS_BY_MONTH = tuple(f"open_month_{age}_cent_days" for age in range(-1, MONTHS))
"""What is open of that month, times the days since issue."""
DSO_BY_MONTH = tuple(f"true_dso_month_{age}_days" for age in range(-1, MONTHS))
"""That over the gross amounts of the month."""
_GROSS_BY_MONTH = tuple(f"sales_gross_month_{age}" for age in range(-1, MONTHS))
_GROSS_BEFORE = tuple(f"sales_gross_month_{age}" for age in range(MONTHS, MONTHS + HALF_YEAR))
_GROSS_6M_BEFORE = (*_GROSS_BY_MONTH[1 + HALF_YEAR :], *_GROSS_BEFORE)
"""The twelve full months before the last six."""


def _weighted_days(name: str, view: View, amount: str, days: pl.Expr, where: pl.Expr) -> Measure:
    """The sum of an amount times days; in 128 bits, as the largest do not fit into 64."""
    product = pl.col(amount).cast(pl.Int128) * days
    nothing = pl.lit(0, dtype=pl.Int128)
    return Measure(name=name, view=view, aggregate=pl.when(where).then(product).otherwise(nothing).sum())


def _of_months(ages: Iterable[int]) -> Iterable[tuple[str, str, pl.Expr]]:
    for position, age in enumerate(ages):
        yield BILLED_BY_MONTH[position], OPEN_DAYS_BY_MONTH[position], pl.col("age") == age


MEASURES_2 = (
    # Twice the median is a whole number, like all measures.
    Measure(
        name="twice_median_delay_days",
        view=View.RECEIVABLES,
        aggregate=(2 * _DELAY.median()).cast(pl.Int64),
        has_empty=False,
    ),
    Measure(
        name="late_delay_days",
        view=View.RECEIVABLES,
        aggregate=_DELAY.sort().get(_LATE_PLACE, null_on_oob=True),
        has_empty=False,
    ),
    *(
        total(billed, View.RECEIVABLES, pl.col("gross_cents").clip(0), of_month)
        for billed, _, of_month in _of_months(range(-1, MONTHS))
    ),
    *(
        _weighted_days(open_days, View.RECEIVABLES, "open_cents", _ISSUED_DAYS, of_month)
        for _, open_days, of_month in _of_months(range(-1, MONTHS))
    ),
    _weighted_days("open_older_cent_days", View.RECEIVABLES, "open_cents", _ISSUED_DAYS, pl.col("age") >= MONTHS),
    total("collected_90d_cents", View.RECEIPTS, "amount_cents", _IS_COLLECTED),
    total("lost_90d_cents", View.LOSSES, "amount_cents", _RECENT),
    *(
        Measure(
            name=name,
            view=View.SALES_MONTHS,
            aggregate=pl.col("gross_cents").filter(pl.col("age") == age).sum(),
        )
        for age, name in enumerate(_GROSS_BEFORE, start=MONTHS)
    ),
    Measure(name="open_before_6m_cents", view=View.EARLIER_RECEIVABLES, aggregate=pl.col("open_cents").sum()),
    count("term_count", View.SALES, _HAS_TERM),
    count("term_3m_count", View.SALES, _HAS_TERM_3M),
    count("term_before_count", View.SALES, _HAS_TERM_BEFORE),
    *(
        total(name, View.SALES, "gross_cents", where)
        for name, where in (
            ("with_term_cents", _HAS_TERM),
            ("with_term_3m_cents", _HAS_TERM_3M),
            ("with_term_before_cents", _HAS_TERM_BEFORE),
        )
    ),
    *(
        _weighted_days(name, View.SALES, "gross_cents", _TERM_DAYS, where)
        for name, where in (
            ("term_cent_days", _HAS_TERM),
            ("term_3m_cent_days", _HAS_TERM_3M),
            ("term_before_cent_days", _HAS_TERM_BEFORE),
        )
    ),
)

_OPEN = Selection(view=View.RECEIVABLES, where=pl.col("open_cents") > 0, weight=pl.col("open_cents"))
_OVERDUE = Selection(view=View.RECEIVABLES, where=pl.col("dpd") > 0, weight=pl.col("owed_cents"))
_DELAYED = (
    Selection(
        view=View.RECEIVABLES,
        where=FELL_DUE_2 & (pl.col("delay_days") > 0),
        weight=pl.col("gross_cents").cast(pl.Int128) * pl.col("delay_days"),
    ),
)
_DAYS_3M = pl.col("end_day") - pl.col("quarter_day")


def _days_of_sales(measure: pl.Expr) -> pl.Expr:
    return quotient(measure, pl.col("sales_gross_3m_cents")) * _DAYS_3M


def _true_dso() -> pl.Expr:
    """Month by month, from the running one back; what is older counts against a mean month."""
    older = pl.col("open_older_cent_days")
    mean = quotient(MONTHS * older, pl.sum_horizontal(BILLED_BY_MONTH[1:]))
    return reduce(add, map(pl.col, DSO_BY_MONTH)) + pl.when(older == 0).then(0.0).otherwise(mean)


def _count_back(amount: str, to_end: pl.Expr, to_start: pl.Expr, share: str) -> pl.Expr:
    """Days of the months that are used up, and of the last one as many as its share that is needed."""
    return pl.when(pl.col(amount) > 0).then(to_end + (to_start - to_end) * pl.col(share)).otherwise(0.0)


def _at(name: str, series: str, months: str) -> Term:
    """Of a list by month the value of the month in which the walk stops; null where all are used up."""
    return Term(name=name, reads=(series, months), expression=pl.col(series).list.get(pl.col(months), null_on_oob=True))


TERMS_2 = (
    *(
        # A month without sales has nothing open either.
        Term(
            name=name,
            reads=(open_days, billed),
            expression=quotient(pl.col(open_days), pl.col(billed)).fill_null(0.0),
        )
        for name, open_days, billed in zip(DSO_BY_MONTH, OPEN_DAYS_BY_MONTH, BILLED_BY_MONTH, strict=True)
    ),
    _at("sold_now", "sales_gross_series", "months_used_up"),
    _at("covered_now", "sales_gross_covered", "months_used_up"),
    Term(name="gross_before_series", reads=_GROSS_6M_BEFORE, expression=pl.concat_list(_GROSS_6M_BEFORE)),
    Term(
        name="gross_before_covered",
        reads=("gross_before_series",),
        expression=add_up(pl.col("gross_before_series")),
    ),
    Term(
        name="months_used_up_before",
        reads=("gross_before_covered", "open_before_6m_cents"),
        expression=used_up(pl.col("gross_before_covered"), pl.col("open_before_6m_cents")),
    ),
    _at("sold_before", "gross_before_series", "months_used_up_before"),
    _at("covered_before", "gross_before_covered", "months_used_up_before"),
    Term(
        name="share_needed_now",
        reads=("open_cents", "covered_now", "sold_now"),
        expression=share_needed(pl.col("open_cents"), pl.col("covered_now"), pl.col("sold_now")),
    ),
    Term(
        name="share_needed_before",
        reads=("open_before_6m_cents", "covered_before", "sold_before"),
        expression=share_needed(pl.col("open_before_6m_cents"), pl.col("covered_before"), pl.col("sold_before")),
    ),
    # The walk of the count-back in ``features.receivables``.
    Term(
        name="days_to_start_now",
        reads=("stop_start_day",),
        expression=pl.col("as_of_day") + 1 - pl.col("stop_start_day"),
    ),
    Term(
        name="days_to_end_now",
        reads=("months_used_up", "stop_start_day", "stop_end_day"),
        expression=pl.col("as_of_day")
        + 1
        - pl.when(pl.col("months_used_up") > MONTHS).then("stop_start_day").otherwise("stop_end_day"),
    ),
    *(
        Term(
            name=f"dso_{when}_days",
            reads=(amount, f"days_to_end_{when}", f"days_to_start_{when}", f"share_needed_{when}"),
            expression=_count_back(
                amount, pl.col(f"days_to_end_{when}"), pl.col(f"days_to_start_{when}"), f"share_needed_{when}"
            ),
        )
        for when, amount in (("now", "open_cents"), ("before", "open_before_6m_cents"))
    ),
    *(
        Term(
            name=name,
            reads=("months_used_up_before",),
            expression=month_start(HALF_YEAR) - month_start(pl.col("months_used_up_before") + months),
        )
        for name, months in (("days_to_end_before", HALF_YEAR), ("days_to_start_before", HALF_YEAR + 1))
    ),
)


FEATURES_2 = (
    Feature(
        name="receivables_true_dso_days_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Außenstandsdauer nach Rechnungsmonat", en="Days sales outstanding by month of issue"),
        meaning=Text(
            de="Wie alt die offenen Forderungen sind, jede gemessen am Bruttoumsatz des Monats, in dem sie gestellt "
            "wurde. Was älter als zwölf volle Monate ist, wird am mittleren Monat gemessen.",
            en="How old the open receivables are, each measured against gross sales of the month in which it was "
            "invoiced. What is older than twelve full months is measured against the mean month.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=1,
        measures=("sales_history_months", "open_older_cent_days", *BILLED_BY_MONTH, *DSO_BY_MONTH),
        expression=_true_dso(),
        needs=(sales_history(6),),
        source="AR-03; days since issue times open amount over sales of that month above 0, added up",
        evidence=(_OPEN,),
    ),
    Feature(
        name="receivables_best_dso_days_3m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Bestmögliche Außenstandsdauer", en="Best possible days sales outstanding"),
        meaning=Text(
            de="Wie viele Tage Umsatz offen, aber noch nicht fällig sind. Nicht überfällige Forderungen geteilt durch "
            "den Bruttoumsatz der letzten drei vollen Monate, mal deren Tage.",
            en="How many days of sales are open but not due yet. Receivables that are not overdue divided by gross "
            "sales of the last three full months, times the days of these months.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=1,
        measures=("sales_history_months", "open_cents", "overdue_cents", "sales_gross_3m_cents"),
        expression=_days_of_sales(pl.col("open_cents") - pl.col("overdue_cents")),
        needs=(sales_history(3),),
        source="AR-04; best possible days sales outstanding",
    ),
    Feature(
        name="receivables_delinquent_days_3m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Überfällige Tage Umsatz", en="Average days delinquent"),
        meaning=Text(
            de="Wie viele Tage Umsatz überfällig sind. Überfällige Forderungen geteilt durch den Bruttoumsatz der "
            "letzten drei vollen Monate, mal deren Tage.",
            en="How many days of sales are overdue. Overdue receivables divided by gross sales of the last three full "
            "months, times the days of these months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=1,
        measures=("sales_history_months", "overdue_cents", "sales_gross_3m_cents"),
        expression=_days_of_sales(pl.col("overdue_cents")),
        needs=(sales_history(3),),
        source="AR-05; days sales outstanding minus best possible ones",
        evidence=(_OVERDUE,),
    ),
    Feature(
        name="receivables_collected_share_90d_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Eingezogener Anteil, 90 Tage", en="Share collected, 90 days"),
        meaning=Text(
            de="Was Kunden in den letzten 90 Tagen bezahlt haben, im Verhältnis zu dem, was sie hätten bezahlen "
            "müssen. Dazu gehört auch, was heute überfällig ist oder ausgebucht wurde.",
            en="What customers paid in the last 90 days, relative to what they should have paid. That includes what is "
            "overdue today or was written off.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS | BANK_LINES,
        fallback=LOG | BANK_LINES,
        history_months=36,
        precision=4,
        measures=("sales_history_months", "collected_90d_cents", "lost_90d_cents", "overdue_cents"),
        expression=pl.col("collected_90d_cents").clip(0),
        denominator=pl.col("collected_90d_cents").clip(0) + pl.col("lost_90d_cents").clip(0) + pl.col("overdue_cents"),
        needs=(sales_history(3),),
        source="AR-06; collection effectiveness: receipts over receipts, losses and what is overdue. Beginning "
        "receivables plus sales minus ending ones are what was collected; losses are not, own",
        evidence=(_OVERDUE, Selection(view=View.LOSSES, where=_RECENT, weight=pl.col("amount_cents"))),
    ),
    Feature(
        name="receivables_median_delay_days_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Typischer Zahlungsverzug der Kunden", en="Typical payment delay of customers"),
        meaning=Text(
            de="Wie viele Tage nach Fälligkeit die Hälfte der Rechnungen bezahlt ist. Es zählt, was in den letzten "
            "zwölf vollen Monaten fällig wurde; Offenes und Ausgebuchtes mit den bisherigen Tagen.",
            en="How many days after the due date half of all documents are paid. Covers what fell due in the last "
            "twelve full months; what is open or was written off counts with its days so far.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=18,
        precision=1,
        measures=("twice_median_delay_days", "due_count"),
        expression=pl.col("twice_median_delay_days") / 2,
        needs=(at_least(10, "due_count", "documents due"),),
        source="AR-08; median over documents, own",
        evidence=_DELAYED,
    ),
    Feature(
        name="receivables_late_delay_days_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Zahlungsverzug, den neun von zehn einhalten", en="Payment delay that nine in ten keep to"),
        meaning=Text(
            de="Wie viele Tage nach Fälligkeit neun von zehn Rechnungen bezahlt sind. Es zählt, was in den letzten "
            "zwölf vollen Monaten fällig wurde; Offenes und Ausgebuchtes mit den bisherigen Tagen.",
            en="How many days after the due date nine in ten documents are paid. Covers what fell due in the last "
            "twelve full months; what is open or was written off counts with its days so far.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=18,
        precision=0,
        measures=("late_delay_days", "due_count"),
        expression=pl.col("late_delay_days"),
        needs=(at_least(20, "due_count", "documents due"),),
        source="AR-09; 90th percentile, the smallest delay that at least nine in ten documents do not exceed, own",
        evidence=_DELAYED,
    ),
    Feature(
        name="receivables_dso_change_days_6m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Veränderung der Außenstandsdauer", en="Change in days sales outstanding"),
        meaning=Text(
            de="Um wie viele Tage die Außenstandsdauer (Count-back) heute über der vor sechs vollen Monaten liegt. "
            "Negativ heißt: Kunden zahlen schneller.",
            en="By how many days sales outstanding (count-back) exceed those of six full months ago. Negative means "
            "that customers pay faster.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=1,
        measures=("sales_history_months", "dso_now_days", "dso_before_days"),
        expression=pl.col("dso_now_days") - pl.col("dso_before_days"),
        needs=(sales_history(12),),
        source="AR-12; count-back at the day of observation minus count-back at the end of the month before the last "
        "six full ones, by what is known today, own",
        evidence=(_OPEN,),
    ),
    Feature(
        name="receivables_term_days_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Mittleres Zahlungsziel", en="Average payment term"),
        meaning=Text(
            de="Wie viele Tage Zahlungsziel Kunden im Mittel haben, nach Betrag gewichtet. Es zählen Rechnungen der "
            "letzten zwölf vollen Monate mit angegebenem Zahlungsziel, das höchstens als 90 Tage gelesen wird.",
            en="How many days customers have for payment on average, weighted by amount. Covers invoices of the last "
            "twelve full months that state a term, which is read as at most 90 days.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=_INVOICES,
        history_months=14,
        precision=1,
        measures=("term_count", "term_cent_days", "with_term_cents"),
        expression=pl.col("term_cent_days"),
        denominator=pl.col("with_term_cents"),
        needs=(at_least(10, "term_count", "invoices with a term"),),
        source="AR-13; term weighted by gross amount",
        evidence=(
            Selection(view=View.SALES, where=_HAS_TERM, weight=pl.col("gross_cents").cast(pl.Int128) * _TERM_DAYS),
        ),
    ),
    Feature(
        name="receivables_term_change_days_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Verlängerung des Zahlungsziels", en="Extension of payment terms"),
        meaning=Text(
            de="Um wie viele Tage das mittlere Zahlungsziel der letzten drei vollen Monate über dem der neun Monate "
            "davor liegt, nach Betrag gewichtet.",
            en="By how many days the average payment term of the last three full months exceeds that of the nine "
            "months before, weighted by amount.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=SALES | {Resource.RECOGNITION},
        history_months=14,
        precision=1,
        measures=(
            "sales_history_months",
            *("term_3m_count", "term_3m_cent_days", "with_term_3m_cents"),
            *("term_before_count", "term_before_cent_days", "with_term_before_cents"),
        ),
        expression=quotient(pl.col("term_3m_cent_days"), pl.col("with_term_3m_cents"))
        - quotient(pl.col("term_before_cent_days"), pl.col("with_term_before_cents")),
        needs=(
            sales_history(12),
            Need(
                holds=(pl.col("term_3m_count") >= 5) & (pl.col("term_before_count") >= 5),
                cause=Missing.TOO_FEW_DOCUMENTS,
                text="5 invoices with a term in either period",
            ),
        ),
        source="AR-14; AR-13 of three months minus that of the nine before",
        evidence=(
            Selection(view=View.SALES, where=_HAS_TERM_3M, weight=pl.col("gross_cents").cast(pl.Int128) * _TERM_DAYS),
        ),
    ),
)
