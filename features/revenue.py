"""Revenue: net sales by month of issue; a cancelled invoice counts until its cancellation is visible."""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, total
from features.needs import SALES, by_name, sales_history
from features.series import median, median_deviation, quotient, series, slope_per_month
from features.views import View, in_year

MONTHS = 12
NET_BY_MONTH = tuple(f"sales_net_month_{age}" for age in range(MONTHS))
"""Net sales of the month ``age`` full months before the last full month."""


def _net(name: str, first: int, last: int) -> Measure:
    months = pl.col("age").is_between(first, last)
    return Measure(name=name, view=View.SALES_MONTHS, aggregate=pl.col("net_cents").filter(months).sum())


MEASURES = (
    *(
        Measure(
            name=name,
            view=View.SALES_MONTHS,
            aggregate=pl.col("net_cents").filter(pl.col("age") == age).sum(),
        )
        for age, name in enumerate(NET_BY_MONTH)
    ),
    _net("sales_net_12m_cents", 0, 11),
    _net("sales_net_3m_cents", 0, 2),
    _net("sales_net_3m_before_cents", 12, 14),
)

TERMS = (
    # As many months as there is history for; the others have no value rather than 0.
    Term(
        name="sales_net_series",
        reads=("sales_history_months", *NET_BY_MONTH),
        expression=series(NET_BY_MONTH).list.head(pl.col("sales_history_months").clip(0)),
    ),
    Term(name="median_month_cents", reads=("sales_net_series",), expression=median(pl.col("sales_net_series"))),
)


_SERIES = pl.col("sales_net_series")
_SOLD_12M = (Selection(view=View.SALES, where=in_year(), weight=pl.col("net_cents").abs()),)
_SUM_12M = ("sales_history_months", "sales_net_12m_cents")
_SERIES_12M = ("sales_history_months", "sales_net_series", "median_month_cents")

FEATURES = (
    Feature(
        name="revenue_log_12m",
        group=Group.REVENUE,
        unit=Unit.LOG_EURO,
        label=Text(de="Umsatzgröße, 12 Monate", en="Revenue size, 12 months"),
        meaning=Text(
            de="Der Nettoumsatz der letzten zwölf vollen Monate, als Maß für die Größe des Unternehmens.",
            en="Net revenue of the last twelve full months, as a measure of the firm's size.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=14,
        precision=3,
        measures=_SUM_12M,
        # Negative sales have no logarithm; they count as none.
        expression=(pl.col("sales_net_12m_cents").clip(0).cast(pl.Float64) / 100).log1p(),
        needs=(sales_history(6),),
        source="RV-01; size, standard: natural logarithm of 1 plus net revenue in euro",
        evidence=_SOLD_12M,
    ),
    Feature(
        name="revenue_net_12m_cents",
        group=Group.REVENUE,
        unit=Unit.CENTS,
        label=Text(de="Nettoumsatz, 12 Monate", en="Net revenue, 12 months"),
        meaning=Text(
            de="Die Summe aller Rechnungen und Erlösbelege der letzten zwölf vollen Monate ohne Umsatzsteuer. "
            "Stornierte Rechnungen zählen nicht; Gutschriften sind nicht abgezogen.",
            en="All invoices and revenue vouchers of the last twelve full months, without value added tax. "
            "Cancelled invoices do not count; credit notes are not deducted.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=14,
        precision=0,
        measures=_SUM_12M,
        expression=pl.col("sales_net_12m_cents"),
        needs=(sales_history(6),),
        source="own; input of the policy",
        evidence=_SOLD_12M,
    ),
    Feature(
        name="revenue_trend_12m",
        group=Group.REVENUE,
        unit=Unit.RATIO,
        label=Text(de="Umsatztrend je Monat", en="Revenue trend per month"),
        meaning=Text(
            de="Um welchen Anteil eines typischen Monatsumsatzes der Nettoumsatz je Monat steigt oder fällt, "
            "über die letzten zwölf vollen Monate. -0,05 heißt: fünf Prozent weniger je Monat.",
            en="The share of a median month's revenue by which net revenue rises or falls per month, over the "
            "last twelve full months. -0.05 means five percent less each month.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=14,
        precision=4,
        measures=_SERIES_12M,
        expression=slope_per_month(_SERIES, MONTHS),
        denominator=pl.col("median_month_cents"),
        needs=(sales_history(6),),
        source="RV-03; Theil-Sen slope (median slope between any two months) over the median month, own",
    ),
    Feature(
        name="revenue_volatility_12m",
        group=Group.REVENUE,
        unit=Unit.RATIO,
        label=Text(de="Schwankung des Umsatzes", en="Revenue volatility"),
        meaning=Text(
            de="Wie weit der Nettoumsatz eines Monats gewöhnlich vom typischen Monatsumsatz abweicht, als "
            "Anteil davon, über die letzten zwölf vollen Monate.",
            en="How far a month's net revenue typically deviates from the median month, as a share of it, over "
            "the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=14,
        precision=4,
        measures=_SERIES_12M,
        expression=median_deviation(_SERIES, pl.col("median_month_cents")),
        denominator=pl.col("median_month_cents"),
        needs=(sales_history(6),),
        source="RV-04; median deviation from the median month, over that median, own",
    ),
    Feature(
        name="revenue_drop_3m",
        group=Group.REVENUE,
        unit=Unit.RATIO,
        label=Text(
            de="Umsatz im Vergleich zum Vorjahresquartal", en="Revenue compared with the same quarter last year"
        ),
        meaning=Text(
            de="Die Veränderung des Nettoumsatzes der letzten drei vollen Monate gegenüber denselben Monaten "
            "des Vorjahres. -0,2 heißt: ein Fünftel weniger.",
            en="The change in net revenue of the last three full months against the same months a year before. "
            "-0.2 means one fifth less.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=17,
        precision=4,
        measures=("sales_history_months", "sales_net_3m_cents", "sales_net_3m_before_cents"),
        expression=quotient(pl.col("sales_net_3m_cents"), pl.col("sales_net_3m_before_cents")) - 1,
        needs=(sales_history(15),),
        source="RV-05; own",
        evidence=(Selection(view=View.SALES, where=pl.col("age").is_between(0, 2), weight=pl.col("net_cents").abs()),),
    ),
)


# Catalogue 2: of the views in ``features.recognised``.

_LOST_NET = (
    pl.when(pl.col("gross_cents") > 0)
    .then(pl.col("lost_cents").cast(pl.Int128) * pl.col("net_cents") // pl.col("gross_cents"))
    .otherwise(0)
    .cast(pl.Int64)
)

MEASURES_2 = (
    total("lost_net_12m_cents", View.RECEIVABLES, _LOST_NET, in_year()),
    total("credited_net_12m_cents", View.CREDIT_NOTES, "net_cents", in_year()),
)

_BY_NAME = by_name(FEATURES)

FEATURES_2 = (
    _BY_NAME["revenue_log_12m"].again(2),
    _BY_NAME["revenue_net_12m_cents"].again(
        2,
        meaning=Text(
            de="Die Summe aller Rechnungen und Erlösbelege der letzten zwölf vollen Monate ohne Umsatzsteuer, "
            "abzüglich Gutschriften und dessen, was davon ausgebucht wurde. Stornierte Rechnungen und Doppel zählen "
            "nicht.",
            en="All invoices and revenue vouchers of the last twelve full months, without value added tax, less "
            "credit notes and write-offs. Cancelled invoices and copies do not count.",
        ),
        resources=SALES | {Resource.CREDIT_NOTES, Resource.PAYMENT_LOG, Resource.RECOGNITION},
        fallback=frozenset({Resource.PAYMENT_LOG}),
        measures=(*_SUM_12M, "lost_net_12m_cents", "credited_net_12m_cents"),
        expression=pl.col("sales_net_12m_cents") - pl.col("lost_net_12m_cents") - pl.col("credited_net_12m_cents"),
    ),
    _BY_NAME["revenue_trend_12m"].again(2),
    _BY_NAME["revenue_volatility_12m"].again(2),
    _BY_NAME["revenue_drop_3m"].again(2),
)
