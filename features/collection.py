"""Speed of receivables: how long customers take to pay. Of the views in ``features.recognised``; gross amounts.

Delays are right-censored, see ``features.receivables``: what is still open or was lost counts with its days so far.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term
from features.needs import FELL_DUE_2, LOG, OPEN_ITEMS, at_least
from features.views import View

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()

_OPEN_ITEMS = OPEN_ITEMS | {Resource.RECOGNITION}
_DELAY = pl.col("delay_days").filter(FELL_DUE_2)

MEASURES_2 = (
    # Twice the median is a whole number, like all measures.
    Measure(
        name="twice_median_delay_days",
        view=View.RECEIVABLES,
        aggregate=(2 * _DELAY.median()).cast(pl.Int64),
        has_empty=False,
    ),
)

_DELAYED = (
    Selection(
        view=View.RECEIVABLES,
        where=FELL_DUE_2 & (pl.col("delay_days") > 0),
        weight=pl.col("gross_cents").cast(pl.Int128) * pl.col("delay_days"),
    ),
)

FEATURES_2 = (
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
)
