"""Revenue: net sales by month of issue; a cancelled invoice counts until its cancellation is visible."""

import polars as pl

from features.feature import Actionable, Feature, Group, Missing, Need, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import SALES, at_least, by_name, sales_history
from features.recognised import ACTIVE_CENTS
from features.series import median, median_deviation, quotient, series, slope_per_month
from features.views import WINDOW_90D, View, in_last_days, in_year

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

NET_BEFORE = tuple(f"sales_net_month_{age}" for age in range(MONTHS, 2 * MONTHS))
"""Net sales of each month of the year before."""
_RECENT = in_last_days(WINDOW_90D)
# The same days of the year before.
_YEAR_AGO = in_last_days(365 + WINDOW_90D, until=365)
_IS_TICKET = in_year() & pl.col("is_invoice") & (pl.col("net_cents") > 0)
_IS_TICKET_3M = _IS_TICKET & (pl.col("age") < 3)
_IS_TICKET_BEFORE = _IS_TICKET & (pl.col("age") >= 3)


def _squares(name: str, first: int, last: int) -> Measure:
    """The sum of squares of months; in 128 bits, as they do not fit into 64."""
    net = pl.when(pl.col("age").is_between(first, last)).then("net_cents").otherwise(0).cast(pl.Int128)
    return Measure(name=name, view=View.SALES_MONTHS, aggregate=(net * net).sum())


def _ticket(name: str, where: pl.Expr) -> Measure:
    """The amount in the middle, of an even number the higher one of two: one large invoice is no trend."""
    middle = pl.col("net_cents").filter(where).sort().get(where.sum() // 2, null_on_oob=True)
    return Measure(name=name, view=View.SALES, aggregate=middle, has_empty=False)


MEASURES_2 = (
    *(
        Measure(
            name=name,
            view=View.SALES_MONTHS,
            aggregate=pl.col("net_cents").filter(pl.col("age") == age).sum(),
        )
        for age, name in enumerate(NET_BEFORE, start=MONTHS)
    ),
    _net("sales_net_year_before_cents", 12, 23),
    _squares("sales_net_squares", 0, 11),
    _squares("sales_net_squares_before", 12, 23),
    total("sales_net_90d_cents", View.SALES, "net_cents", _RECENT),
    total("sales_net_90d_before_cents", View.SALES, "net_cents", _YEAR_AGO),
    count("ticket_count", View.SALES, _IS_TICKET),
    count("ticket_3m_count", View.SALES, _IS_TICKET_3M),
    count("ticket_before_count", View.SALES, _IS_TICKET_BEFORE),
    _ticket("ticket_12m_cents", _IS_TICKET),
    _ticket("ticket_3m_cents", _IS_TICKET_3M),
    _ticket("ticket_before_cents", _IS_TICKET_BEFORE),
    total("lost_net_12m_cents", View.RECEIVABLES, _LOST_NET, in_year()),
    total("credited_net_12m_cents", View.CREDIT_NOTES, "net_cents", in_year()),
)


_YEARS = ("sales_net_12m_cents", "sales_net_year_before_cents")
SUMS_OF_3M = tuple(f"sales_net_3m_{age}_cents" for age in range(MONTHS - 2))
"""Net sales of three months in a row, the last of them ``age`` full months before the last full month."""
PEAKS_OF_3M = tuple(f"sales_net_3m_peak_{age}_cents" for age in range(MONTHS - 2))
"""The best three months up to these."""


FALLS_OF_3M = tuple(f"sales_net_3m_fall_{age}" for age in range(MONTHS - 2))
"""How far these are below that, as a share of it."""


def _season(months: pl.Expr, one: str, other: str) -> pl.Expr:
    """Twelve times the sum of the products of deviations in two years.

    The deviation of a month is twelve times its net sales minus those of its year, in whole cents. Multiplied out, the
    sum of twelve products is 144 times that of the products of months minus 12 times that of the years.
    """
    return 144 * months - 12 * pl.col(one).cast(pl.Int128) * pl.col(other)


TERMS_2 = (
    *(
        Term(name=name, reads=NET_BY_MONTH, expression=pl.sum_horizontal(NET_BY_MONTH[age : age + 3]))
        for age, name in enumerate(SUMS_OF_3M)
    ),
    *(
        Term(name=name, reads=SUMS_OF_3M[age:], expression=pl.max_horizontal(SUMS_OF_3M[age:]))
        for age, name in enumerate(PEAKS_OF_3M)
    ),
    *(
        Term(
            name=name,
            reads=(sums, peak),
            expression=quotient(pl.col(peak) - pl.col(sums).clip(0), pl.col(peak)),
        )
        for name, sums, peak in zip(FALLS_OF_3M, SUMS_OF_3M, PEAKS_OF_3M, strict=True)
    ),
    Term(
        name="seasonal_agreement",
        reads=(*NET_BY_MONTH, *NET_BEFORE, *_YEARS),
        expression=2
        * _season(
            pl.sum_horizontal(
                pl.col(one).cast(pl.Int128) * pl.col(other) for one, other in zip(NET_BY_MONTH, NET_BEFORE, strict=True)
            ),
            *_YEARS,
        ),
    ),
    Term(
        name="seasonal_variation",
        reads=("sales_net_squares", "sales_net_squares_before", *_YEARS),
        expression=_season(pl.col("sales_net_squares"), _YEARS[0], _YEARS[0])
        + _season(pl.col("sales_net_squares_before"), _YEARS[1], _YEARS[1]),
    ),
)

_BY_NAME = by_name(FEATURES)
_SALES = SALES | {Resource.RECOGNITION}

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
    Feature(
        name="revenue_growth_12m_v2",
        catalogue=2,
        group=Group.REVENUE,
        unit=Unit.RATIO,
        label=Text(de="Umsatzwachstum im Jahresvergleich", en="Revenue growth year on year"),
        meaning=Text(
            de="Die Veränderung des Nettoumsatzes der letzten zwölf vollen Monate gegenüber den zwölf Monaten davor. "
            "0,1 heißt: ein Zehntel mehr.",
            en="The change in net revenue of the last twelve full months against the twelve months before. 0.1 means "
            "one tenth more.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=26,
        precision=4,
        measures=("sales_history_months", "sales_net_12m_cents", "sales_net_year_before_cents"),
        expression=quotient(pl.col("sales_net_12m_cents"), pl.col("sales_net_year_before_cents")) - 1,
        needs=(sales_history(24),),
        source="RV-02; growth, standard",
        evidence=_SOLD_12M,
    ),
    Feature(
        name="revenue_change_90d_v2",
        catalogue=2,
        group=Group.REVENUE,
        unit=Unit.RATIO,
        label=Text(de="Umsatz, 90 Tage im Vorjahresvergleich", en="Revenue of 90 days compared with last year"),
        meaning=Text(
            de="Die Veränderung des Nettoumsatzes der letzten 90 Tage gegenüber denselben 90 Tagen des Vorjahres. -0,2 "
            "heißt: ein Fünftel weniger.",
            en="The change in net revenue of the last 90 days against the same 90 days a year before. -0.2 means one "
            "fifth less.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=17,
        precision=4,
        measures=("sales_history_months", "sales_net_90d_cents", "sales_net_90d_before_cents"),
        expression=quotient(pl.col("sales_net_90d_cents"), pl.col("sales_net_90d_before_cents")) - 1,
        needs=(sales_history(15),),
        source="RV-05 by days, so that the running month counts: 90 days against those 365 days earlier, own",
        evidence=(Selection(view=View.SALES, where=_RECENT, weight=pl.col("net_cents").abs()),),
    ),
    Feature(
        name="revenue_seasonality_24m_v2",
        catalogue=2,
        group=Group.REVENUE,
        unit=Unit.RATIO,
        label=Text(de="Stärke der Saison", en="Strength of the season"),
        meaning=Text(
            de="Wie ähnlich sich die Monate der letzten beiden Jahre im Nettoumsatz verteilen. 1 heißt: Beide Jahre "
            "verlaufen gleich, 0 heißt: Es gibt keine Saison.",
            en="How much alike the months of the last two years are in net revenue. 1 means that both years take the "
            "same course, 0 that there is no season.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NEVER,
        resources=_SALES,
        history_months=26,
        precision=4,
        measures=("sales_history_months", "seasonal_agreement", "seasonal_variation"),
        expression=pl.col("seasonal_agreement").clip(0),
        denominator=pl.col("seasonal_variation"),
        needs=(sales_history(24),),
        source="RV-06; 1 minus the variance that the mean of both years leaves, with one degree of freedom per month, "
        "over the variance of months around their year; at least 0",
    ),
    Feature(
        name="revenue_zero_months_12m_v2",
        catalogue=2,
        group=Group.REVENUE,
        unit=Unit.MONTHS,
        label=Text(de="Monate ohne Umsatz", en="Months without revenue"),
        meaning=Text(
            de="In wie vielen der letzten zwölf vollen Monate der Nettoumsatz unter 10 Euro lag.",
            en="In how many of the last twelve full months net revenue was below 10 euro.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=14,
        precision=0,
        measures=("sales_history_months", "sales_net_series"),
        expression=_SERIES.list.eval((pl.element() < ACTIVE_CENTS).cast(pl.Int32)).list.sum(),
        needs=(sales_history(6),),
        source="RV-07; of a younger firm the months that it has, own",
    ),
    Feature(
        name="revenue_drawdown_share_12m_v2",
        catalogue=2,
        group=Group.REVENUE,
        unit=Unit.SHARE,
        label=Text(de="Größter Umsatzrückgang", en="Largest fall of revenue"),
        meaning=Text(
            de="Um welchen Anteil der Nettoumsatz dreier Monate unter den besten drei Monaten davor lag. Es zählt der "
            "tiefste Rückgang in den letzten zwölf vollen Monaten.",
            en="By which share net revenue of three months fell below the best three months before. The deepest fall "
            "within the last twelve full months counts.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=14,
        precision=4,
        measures=("sales_history_months", *FALLS_OF_3M),
        expression=pl.max_horizontal(FALLS_OF_3M),
        needs=(sales_history(12),),
        source="RV-08; peak to trough of sums of three months in a row, at most 1, own",
    ),
    Feature(
        name="revenue_ticket_12m_cents_v2",
        catalogue=2,
        group=Group.REVENUE,
        unit=Unit.CENTS,
        label=Text(de="Typischer Rechnungsbetrag", en="Typical invoice amount"),
        meaning=Text(
            de="Der Nettobetrag, den die Hälfte der Rechnungen der letzten zwölf vollen Monate höchstens hat.",
            en="The net amount that half of the invoices in the last twelve full months do not exceed.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=14,
        precision=0,
        measures=("ticket_count", "ticket_12m_cents"),
        expression=pl.col("ticket_12m_cents"),
        needs=(at_least(20, "ticket_count", "invoices above 0"),),
        source="RV-09; median of invoices above 0 instead of the mean, own",
    ),
    Feature(
        name="revenue_ticket_change_12m_v2",
        catalogue=2,
        group=Group.REVENUE,
        unit=Unit.RATIO,
        label=Text(de="Veränderung des Rechnungsbetrags", en="Change in the invoice amount"),
        meaning=Text(
            de="Die Veränderung des typischen Nettobetrags der Rechnungen der letzten drei vollen Monate gegenüber "
            "den neun Monaten davor.",
            en="The change in the typical net amount of invoices of the last three full months against the nine months "
            "before.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=14,
        precision=4,
        measures=(
            *("sales_history_months", "ticket_3m_count", "ticket_before_count"),
            *("ticket_3m_cents", "ticket_before_cents"),
        ),
        expression=quotient(pl.col("ticket_3m_cents"), pl.col("ticket_before_cents")) - 1,
        needs=(
            sales_history(12),
            Need(
                holds=(pl.col("ticket_3m_count") >= 5) & (pl.col("ticket_before_count") >= 5),
                cause=Missing.TOO_FEW_DOCUMENTS,
                text="5 invoices above 0 in either period",
            ),
        ),
        source="RV-09; trend, of medians, own",
    ),
)
