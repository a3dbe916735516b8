"""Bank accounts, catalogue 2: how money and levels move over weeks and months. Transfers between own accounts do not.

A level is compared with the average spending of a month: a third of the money paid in the last 90 days, whatever the
window of the level, so that features differ by the level alone.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import BANK_LINES, LEVELS, VERIFIED, at_least, bank_days, bank_history
from features.recognised import ACTIVE_CENTS, COLLECTIVE, DEBT_SERVICE, IS_BELIEVED, IS_INCOME, NO_SALES, PROCEEDS
from features.series import median, median_deviation, series, slope_per_month
from features.views import WINDOW_90D, WINDOW_180D, View, in_last_days, in_year, in_year_to_date

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()

WEEKS = 25
"""Whole weeks in 180 days."""
HALF_YEAR = 6
YEAR = 12
RUNWAY_MONTHS = 24
"""A longer runway, also one without an end, is one of two years: who looks further guesses."""
LOWS = tuple(f"lowest_week_{week}_cents" for week in range(WEEKS))
"""The lowest end-of-day level of the last seven days, then of the seven before, and so on."""
PERIODS = 3
SURPLUSES = tuple(f"surplus_month_{age}_cents" for age in range(YEAR + PERIODS - 1))
MOVES = tuple(f"moved_month_{age}_cents" for age in range(YEAR + PERIODS - 1))
"""Operating surplus of the month ``age`` full months before the last full month: 14 months; and what came less what
went by lines that are called transfers, without the other side of them."""
INCOMES = tuple(f"income_month_{age}_cents" for age in range(YEAR))
SERVICES = tuple(f"service_month_{age}_cents" for age in range(HALF_YEAR))
"""Income, and debt service, of the month ``age`` full months before the last full month."""

_LINES_2 = BANK_LINES | {Resource.RECOGNITION}
_LEVELS_2 = LEVELS | {Resource.RECOGNITION}
_AMOUNT, _CATEGORY, _PAYER = pl.col("amount_cents"), pl.col("category"), pl.col("counterparty_account")
# In 128 bits: the largest levels times days, and their squares, do not fit into 64.
_LEVEL, _LENGTH, _ENDED = pl.col("level_cents").cast(pl.Int128), pl.col("length_days"), pl.col("ended_days")
_RECENT, _AGE = in_last_days(WINDOW_90D), pl.col("age")
# Whoever entered it: where money out of an account counts, so does money into it.
_IS_BUSINESS = in_year() & ~pl.col("is_internal") & ~_CATEGORY.is_in([*DEBT_SERVICE, *PROCEEDS])
_KNOWN_PERIODS = (pl.col("bank_history_months").cast(pl.Int64) - (YEAR - 1)).clip(1, PERIODS)
_IN_HALF_YEAR = _AGE.is_between(0, HALF_YEAR - 1)
# Below seven days of the average spending of 90: both times 90.
_IS_LOW = pl.col("outflow_90d_cents").cast(pl.Int128) * 7 > _LEVEL * WINDOW_90D
_DAYS_OF_90 = (pl.min_horizontal(_ENDED + _LENGTH, WINDOW_90D) - _ENDED).clip(0)
_IS_LENT = ~pl.col("is_internal") & (_AMOUNT > 0) & (_CATEGORY == "loan_proceeds")
_IS_FROM_CUSTOMER = (
    in_year() & IS_INCOME & ~_CATEGORY.is_in([*NO_SALES, *COLLECTIVE]) & pl.col("counterparty_account").is_not_null()
)
_IS_OF_HALF_YEAR = (
    ~pl.col("is_internal")
    & IS_BELIEVED
    & (pl.col("day").cast(pl.Date) >= pl.col("end_day").cast(pl.Date).dt.offset_by("-6mo"))
    & (pl.col("day") < pl.col("end_day"))
)
_TO_DATE = in_year_to_date()
_IS_WAGE = ~pl.col("is_internal") & (_AMOUNT < 0) & (_CATEGORY == "wages")
_IS_GAP = pl.col("age").is_between(1, YEAR) & pl.col("is_later") & pl.col("has_wages") & ~pl.col("has_contributions")


def _over_periods(months: tuple[str, ...]) -> pl.Expr:
    """The sum over all periods: a month counts as often as there are periods that hold it."""
    return pl.sum_horizontal(
        pl.col(name) * (pl.min_horizontal(age + 1, _KNOWN_PERIODS) - max(0, age + 1 - YEAR)).clip(0)
        for age, name in enumerate(months)
    )


def _lowest(name: str, view: View, first: int, last: int) -> Measure:
    """The lowest level of the days that lie from ``first`` to ``last`` days before the day of observation."""
    level = pl.col("level_cents").filter((last >= _ENDED) & (first < _ENDED + _LENGTH))
    return Measure(name=name, view=view, aggregate=level.min(), has_empty=False)


MEASURES_2 = (
    Measure(name="balance_90d_cent_days", view=View.BALANCE, aggregate=(_LEVEL * _LENGTH).sum()),
    Measure(name="balance_90d_square_days", view=View.BALANCE, aggregate=(_LEVEL * _LEVEL * _LENGTH).sum()),
    total("cash_cents", View.BALANCE, "level_cents", _ENDED == 0),
    total("low_balance_days", View.LONG_BALANCE, _DAYS_OF_90, _IS_LOW),
    _lowest("minimum_30d_cents", View.BALANCE, 0, 29),
    _lowest("minimum_180d_cents", View.LONG_BALANCE, 0, WINDOW_180D - 1),
    *(_lowest(name, View.LONG_BALANCE, 7 * week, 7 * week + 6) for week, name in enumerate(LOWS)),
    *(total(name, View.BANK_MONTHS, "income_cents", _AGE.eq(age)) for age, name in enumerate(INCOMES)),
    *(total(name, View.BANK_MONTHS, "service_cents", _AGE.eq(age)) for age, name in enumerate(SERVICES)),
    *(total(name, View.BANK_MONTHS, "surplus_cents", _AGE.eq(age)) for age, name in enumerate(SURPLUSES)),
    *(total(name, View.BANK_MONTHS, "moved_cents", _AGE.eq(age)) for age, name in enumerate(MOVES)),
    total("lenient_surplus_cents", View.BANK, "amount_cents", _IS_BUSINESS & (_CATEGORY != "transfer")),
    total("moved_12m_cents", View.BANK, "amount_cents", _IS_BUSINESS & (_CATEGORY == "transfer")),
    total("income_6m_cents", View.BANK_MONTHS, "income_cents", _IN_HALF_YEAR),
    total("drawn_6m_cents", View.BANK_MONTHS, "drawn_cents", _IN_HALF_YEAR),
    total("burn_6m_cents", View.BANK_MONTHS, -pl.col("net_cents"), _IN_HALF_YEAR),
    # One cent is no inflow.
    count("inflow_90d_count", View.INFLOWS, _AMOUNT >= ACTIVE_CENTS),
    Measure(name="top_payer_12m_cents", view=View.PARTNERS, aggregate=pl.col("in_cents").max().fill_null(0)),
    # A null is one funder: pay-outs that name no account may be parts of one loan.
    Measure(name="funder_count", view=View.BANK, aggregate=_PAYER.filter(_IS_LENT).n_unique()),
    Measure(name="known_funder_count", view=View.BANK, aggregate=_PAYER.filter(_IS_LENT & ~_RECENT).n_unique()),
    count("tax_trouble_count", View.LEVIES, _TO_DATE & pl.col("is_tax")),
    count("contribution_trouble_count", View.LEVIES, _TO_DATE & pl.col("is_contribution")),
    count("contribution_month_count", View.STAFF_MONTHS, _AGE.is_between(1, YEAR) & pl.col("has_contributions")),
    count("contribution_gap_count", View.STAFF_MONTHS, _IS_GAP),
    count("wage_month_count", View.STAFF_MONTHS, _AGE.is_between(1, YEAR) & pl.col("has_wages")),
    Measure(name="last_wage_day", view=View.BANK, aggregate=pl.col("day").filter(_IS_WAGE).max(), has_empty=False),
)

_BALANCE_VARIANCE = pl.col("balance_90d_square_days") * WINDOW_90D - pl.col("balance_90d_cent_days") * pl.col(
    "balance_90d_cent_days"
)

TERMS_2 = (
    Term(name="lowest_week_series", reads=LOWS, expression=series(LOWS)),
    Term(
        name="income_series",
        reads=("bank_history_months", *INCOMES),
        # As many months as there is history for; the others have no value rather than 0.
        expression=series(INCOMES).list.head(pl.col("bank_history_months").clip(0)),
    ),
    Term(name="median_income_cents", reads=("income_series",), expression=median(pl.col("income_series"))),
    Term(
        name="smoothed_surplus_sum_cents",
        reads=("bank_history_months", *SURPLUSES, *MOVES),
        # What is called a transfer may be a cost, and is no surplus.
        expression=_over_periods(SURPLUSES) + pl.min_horizontal(_over_periods(MOVES), 0),
    ),
    Term(
        name="lenient_surplus_12m_cents",
        reads=("lenient_surplus_cents", "moved_12m_cents"),
        expression=pl.col("lenient_surplus_cents") + pl.col("moved_12m_cents").clip(0),
    ),
    Term(
        name="service_month_cents",
        reads=SERVICES,
        # The upper median of six months: what was paid in three of them is an instalment, in two it is not yet.
        expression=pl.concat_list(SERVICES).list.sort().list.get(HALF_YEAR // 2).clip(0),
    ),
    Term(
        name="new_funder_count",
        reads=("funder_count", "known_funder_count"),
        expression=pl.col("funder_count").cast(pl.Int64) - pl.col("known_funder_count").cast(pl.Int64),
    ),
)


_LARGEST_PAYER = (
    _PAYER.filter(_IS_FROM_CUSTOMER)
    # Of two payers with equal sums the one with the higher key, so that the evidence is the same each time.
    .sort_by(
        pl.when(_IS_FROM_CUSTOMER).then(_AMOUNT).otherwise(0).sum().over(_PAYER).filter(_IS_FROM_CUSTOMER),
        _PAYER.filter(_IS_FROM_CUSTOMER),
    )
    .last()
)
"""The account that paid most: in evidence only, where there is one point."""
_FIRST_LENT = pl.col("day").filter(_IS_LENT).min().over(_PAYER)


def _lowest_balance(days: int, history_months: int, measure: str) -> Feature:
    return Feature(
        name=f"liquidity_minimum_balance_months_{days}d_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.MONTHS,
        label=Text(
            de=f"Niedrigster Kontostand in Monatsausgaben, {days} Tage",
            en=f"Lowest balance, in months of spending, {days} days",
        ),
        meaning=Text(
            de=f"Der niedrigste Tagesendstand aller Konten zusammen in den letzten {days} Tagen, geteilt durch die "
            "mittleren Ausgaben eines Monats. Als solche gilt ein Drittel der Zahlungsausgänge der letzten 90 Tage.",
            en=f"The lowest end-of-day balance of all accounts together in the last {days} days, divided by average "
            "monthly spending. Monthly spending is one third of the money paid in the last 90 days.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_LEVELS_2,
        history_months=history_months,
        precision=3,
        measures=("bank_history_days", "unverified_count", measure, "outflow_90d_cents"),
        expression=pl.col(measure) * 3,
        denominator=pl.col("outflow_90d_cents"),
        needs=(bank_days(max(days, WINDOW_90D)), VERIFIED),
        source="CF-02; account analysis practice",
    )


def _trouble(name: str, measure: str, label: Text, meaning: Text, where: pl.Expr, source: str) -> Feature:
    return Feature(
        name=name,
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.COUNT,
        label=label,
        meaning=meaning,
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=14,
        precision=0,
        measures=("bank_history_months", measure),
        expression=pl.col(measure),
        needs=(bank_history(6, measure),),
        source=source,
        evidence=(Selection(view=View.LEVIES, where=_TO_DATE & where, weight=_AMOUNT.abs()),),
    )


FEATURES_2 = (
    Feature(
        name="liquidity_mean_balance_months_90d_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.MONTHS,
        label=Text(de="Mittlerer Kontostand in Monatsausgaben", en="Average balance, in months of spending"),
        meaning=Text(
            de="Der Durchschnitt der Tagesendstände aller Konten zusammen in den letzten 90 Tagen, geteilt durch die "
            "mittleren Ausgaben eines Monats. Als solche gilt ein Drittel der Zahlungsausgänge dieser Tage.",
            en="The average of the end-of-day balances of all accounts together in the last 90 days, divided by "
            "average monthly spending. Monthly spending is one third of the money paid in these days.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_LEVELS_2,
        history_months=4,
        precision=3,
        measures=("bank_history_days", "unverified_count", "balance_90d_cent_days", "outflow_90d_cents"),
        # The sum over 90 days, over 90, over a third of the outflow: times 3 over 90 is one over 30.
        expression=pl.col("balance_90d_cent_days"),
        denominator=pl.col("outflow_90d_cents") * 30,
        needs=(bank_days(WINDOW_90D), VERIFIED),
        source="CF-01; account analysis practice",
    ),
    _lowest_balance(30, 4, "minimum_30d_cents"),
    _lowest_balance(WINDOW_180D, 7, "minimum_180d_cents"),
    Feature(
        name="liquidity_balance_volatility_days_90d_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.DAYS,
        label=Text(de="Schwankung des Kontostands in Tagesausgaben", en="Balance volatility, in days of spending"),
        meaning=Text(
            de="Wie weit der Tagesendstand aller Konten zusammen in den letzten 90 Tagen um seinen Durchschnitt "
            "schwankt, geteilt durch die mittleren Ausgaben eines Tages.",
            en="How far the end-of-day balance of all accounts together varied around its average in the last 90 "
            "days, divided by average daily spending.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LEVELS_2,
        history_months=4,
        precision=1,
        measures=(
            *("bank_history_days", "unverified_count", "outflow_90d_cents"),
            *("balance_90d_cent_days", "balance_90d_square_days"),
        ),
        # The root is 90 times the standard deviation, the outflow 90 times that of a day.
        expression=_BALANCE_VARIANCE.cast(pl.Float64).sqrt(),
        denominator=pl.col("outflow_90d_cents"),
        needs=(bank_days(WINDOW_90D), VERIFIED),
        source="CF-03; standard deviation of the 90 end-of-day levels (over 90, not 89) over a 90th of the outflow; "
        "own",
    ),
    Feature(
        name="liquidity_low_balance_days_90d_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.DAYS,
        label=Text(de="Tage mit knappem Kontostand", en="Days with a low balance"),
        meaning=Text(
            de="An wie vielen der letzten 90 Tage der Tagesendstand aller Konten zusammen nicht für die mittleren "
            "Ausgaben von sieben Tagen reichte.",
            en="On how many of the last 90 days the end-of-day balance of all accounts together did not cover average "
            "spending of seven days.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LEVELS_2,
        history_months=4,
        precision=0,
        measures=("bank_history_days", "unverified_count", "low_balance_days"),
        expression=pl.col("low_balance_days"),
        needs=(bank_days(WINDOW_90D), VERIFIED),
        source="CF-05; own: average spending is that of the 90 days",
    ),
    Feature(
        name="liquidity_balance_trend_180d_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.RATIO,
        label=Text(de="Trend des wöchentlichen Tiefststands", en="Trend of the weekly lowest balance"),
        meaning=Text(
            de="Um wie viele Monatsausgaben der niedrigste Kontostand der Woche je Monat steigt oder fällt, über die "
            "letzten 25 Wochen. -0,1 heißt: Jeden Monat fehlt ein weiteres Zehntel der Ausgaben eines Monats.",
            en="By how many months of spending the lowest balance of a week rises or falls per month, over the last "
            "25 weeks. -0.1 means that another tenth of monthly spending is gone each month.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_LEVELS_2,
        history_months=7,
        precision=4,
        measures=("bank_history_days", "unverified_count", "lowest_week_series", "outflow_90d_cents"),
        # Per week; a month of 30 days has 30/7 of them, and spends a third of the outflow.
        expression=slope_per_month(pl.col("lowest_week_series"), WEEKS) * 90,
        denominator=pl.col("outflow_90d_cents") * 7,
        needs=(bank_days(WINDOW_180D), VERIFIED),
        source="CF-20; Theil-Sen slope (median slope between any two weeks) of the weekly minimum, per 30 days, over a "
        "third of the outflow of 90 days, own",
    ),
    Feature(
        name="liquidity_runway_months_6m_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.MONTHS,
        label=Text(de="Reichweite der Barmittel", en="Cash runway"),
        meaning=Text(
            de="Wie viele Monate das Geld auf allen Konten reicht, wenn weiter so viel fehlt wie in den letzten sechs "
            "vollen Monaten. Kreditauszahlungen und Einlagen gelten nicht als Eingang. Wo nichts fehlt, sind es 24 wie "
            "bei jeder längeren Reichweite, ohne Geld auf den Konten 0.",
            en="How many months the money on all accounts lasts if as much is short each month as in the last six full "
            "months. Loan proceeds and owners' contributions are no money in here. Where nothing is short it is 24, as "
            "for every longer runway; without money on the accounts 0.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_LEVELS_2,
        history_months=8,
        precision=1,
        measures=("bank_history_months", "unverified_count", "cash_cents", "burn_6m_cents"),
        expression=pl.when(pl.col("cash_cents") <= 0)
        .then(0.0)
        .when(pl.col("burn_6m_cents") <= 0)
        .then(float(RUNWAY_MONTHS))
        .otherwise(
            pl.min_horizontal(
                pl.col("cash_cents").cast(pl.Float64) * HALF_YEAR / pl.col("burn_6m_cents").cast(pl.Float64),
                pl.lit(float(RUNWAY_MONTHS)),
            )
        ),
        needs=(bank_history(HALF_YEAR), VERIFIED),
        source="CF-07; level at the end of the day of observation over a sixth of the net outflow of six full months, "
        "without loan proceeds and owners' contributions; no net outflow is the cap, no cash is 0: own",
    ),
    Feature(
        name="liquidity_income_volatility_12m_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.RATIO,
        label=Text(de="Schwankung der Geldeingänge", en="Volatility of money received"),
        meaning=Text(
            de="Wie weit die Geldeingänge eines Monats gewöhnlich vom typischen Monat abweichen, als Anteil davon. Es "
            "zählen Zahlungen von Kunden und Bareinzahlungen der letzten zwölf vollen Monate.",
            en="How far the money received in a month typically deviates from the median month, as a share of it. "
            "Covers money from customers and cash paid in of the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=14,
        precision=4,
        measures=("bank_history_months", "income_series", "median_income_cents"),
        expression=median_deviation(pl.col("income_series"), pl.col("median_income_cents")),
        denominator=pl.col("median_income_cents"),
        needs=(bank_history(HALF_YEAR),),
        source="CF-08; median deviation from the median month, over that median, as of revenue: one large payment "
        "does not decide it, own",
    ),
    Feature(
        name="liquidity_inflow_count_90d_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.COUNT,
        label=Text(de="Anzahl der Geldeingänge, 90 Tage", en="Number of inflows, 90 days"),
        meaning=Text(
            de="Wie viele Geldeingänge von mindestens 10 Euro die letzten 90 Tage hatten, von Kunden und als "
            "Bareinzahlung. Was ein Konto an einem Tag zahlte, ist einer; ebenso, was an einem Tag kein Konto nennt.",
            en="How many inflows of at least 10 euro the last 90 days had, from customers and as cash paid in. What an "
            "account paid on one day is one, and so is what names no account on one day.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=4,
        precision=0,
        measures=("bank_history_days", "inflow_90d_count"),
        expression=pl.col("inflow_90d_count"),
        needs=(bank_days(WINDOW_90D),),
        source="CF-09; funders ask for 10 a month, which are 30 here; by day and payer, so parts of a payment are one",
        evidence=(Selection(view=View.BANK, where=_RECENT & IS_INCOME, weight=_AMOUNT),),
    ),
    Feature(
        name="liquidity_top_payer_share_12m_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.SHARE,
        label=Text(de="Anteil des größten Zahlers", en="Share of the largest payer"),
        meaning=Text(
            de="Der Anteil des Kontos, von dem am meisten kam, an den Zahlungseingängen von Kunden der letzten zwölf "
            "vollen Monate. Zahlungsdienstleister, Factoring und Lastschrifteinzüge sind kein Zahler, zählen aber zum "
            "Ganzen.",
            en="The share of the account that paid most in the money received from customers in the last twelve full "
            "months. Payment providers, factoring and collected debits are no payer, but part of the whole.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=14,
        precision=4,
        measures=("bank_history_days", "top_payer_12m_cents", "trade_inflow_12m_cents"),
        # Where no line names an account, it is not known who pays.
        expression=pl.when(pl.col("top_payer_12m_cents") > 0).then("top_payer_12m_cents"),
        denominator=pl.col("trade_inflow_12m_cents"),
        needs=(bank_days(WINDOW_90D),),
        source="CF-10; account analysis practice: payers are told by their account numbers",
        evidence=(Selection(view=View.BANK, where=_IS_FROM_CUSTOMER & (_PAYER == _LARGEST_PAYER), weight=_AMOUNT),),
    ),
    Feature(
        name="liquidity_debt_service_month_6m_cents_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.CENTS,
        label=Text(de="Bestehender Schuldendienst je Monat", en="Existing debt service per month"),
        meaning=Text(
            de="Was in einem typischen der letzten sechs vollen Monate für Kredite und Leasing gezahlt wurde. Was "
            "nicht in mindestens drei dieser Monate anfiel, zählt nicht.",
            en="What was paid for loans and leases in a typical one of the last six full months. What was not due in "
            "at least three of these months does not count.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=8,
        precision=0,
        measures=("bank_history_months", "service_month_cents"),
        expression=pl.col("service_month_cents"),
        needs=(bank_history(HALF_YEAR),),
        source="CF-15; upper median of the sums of six full months, less refunds, at least 0: own",
        evidence=(Selection(view=View.BANK, where=_IS_OF_HALF_YEAR & _CATEGORY.is_in(DEBT_SERVICE), weight=-_AMOUNT),),
    ),
    Feature(
        name="liquidity_smoothed_surplus_12m_cents_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.CENTS,
        label=Text(de="Überschuss aus dem laufenden Geschäft, geglättet", en="Operating surplus, smoothed"),
        meaning=Text(
            de="Der Überschuss aus dem laufenden Geschäft von zwölf vollen Monaten, im Mittel über drei Zeiträume: "
            "Der letzte endet mit dem letzten vollen Monat, jeder andere einen Monat früher. Reichen die "
            "Kontoumsätze weniger als 14 volle Monate zurück, sind es weniger Zeiträume. Ohne Zuschüsse und "
            "Versicherungsleistungen. Was als Umbuchung bezeichnet ist, zählt nur, soweit mehr hinausging als "
            "hereinkam.",
            en="The operating surplus of twelve full months, as the mean of three periods: the last one ends with the "
            "last full month, each other one a month earlier. Where bank transactions reach back less than 14 full "
            "months, there are fewer periods. Without grants and insurance benefits. What is called a transfer counts "
            "only as far as more went out than came in.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=16,
        precision=0,
        measures=("bank_history_months", "smoothed_surplus_sum_cents"),
        expression=pl.col("smoothed_surplus_sum_cents"),
        denominator=_KNOWN_PERIODS,
        needs=(bank_history(YEAR),),
        source="CF-17, numerator; own: the mean of three periods, as one payment around a month's end moves one of "
        "them by as much as a month's spending; input of the policy",
    ),
    Feature(
        name="liquidity_lenient_surplus_12m_cents_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.CENTS,
        label=Text(
            de="Überschuss aus dem laufenden Geschäft, in der für die Firma günstigsten Lesart",
            en="Operating surplus, lenient",
        ),
        meaning=Text(
            de="Zahlungseingänge minus Zahlungsausgänge der letzten zwölf vollen Monate, ohne Kreditraten, "
            "Kreditauszahlungen und Einlagen. Auch Eingänge, die nicht die Bank geliefert hat, zählen, ebenso "
            "Zuschüsse und Versicherungsleistungen. Was als Umbuchung bezeichnet ist, zählt nur, soweit mehr "
            "hereinkam als hinausging.",
            en="Money received minus money paid in the last twelve full months, without loan instalments, loan "
            "proceeds and owners' contributions. Money in that the bank did not deliver counts, too, and so do grants "
            "and insurance benefits. What is called a transfer counts only as far as more came in than went out.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=14,
        precision=0,
        measures=("bank_history_months", "lenient_surplus_12m_cents"),
        expression=pl.col("lenient_surplus_12m_cents"),
        needs=(bank_history(YEAR),),
        source="CF-17, numerator; own: every doubt in favour of the firm, so that none of them declines it; input of "
        "the policy",
    ),
    Feature(
        name="liquidity_drawings_share_6m_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.SHARE,
        label=Text(de="Entnahmen im Verhältnis zu den Geldeingängen", en="Drawings relative to money received"),
        meaning=Text(
            de="Entnahmen und Ausschüttungen der letzten sechs vollen Monate als Anteil der Geldeingänge von Kunden "
            "und der Bareinzahlungen dieser Monate, höchstens 1.",
            en="Drawings and distributions of the last six full months as a share of what customers paid and of cash "
            "paid in, at most 1.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_LINES_2,
        history_months=8,
        precision=4,
        measures=("bank_history_months", "drawn_6m_cents", "income_6m_cents"),
        expression=pl.min_horizontal(pl.col("drawn_6m_cents").clip(0), "income_6m_cents"),
        denominator=pl.col("income_6m_cents"),
        needs=(bank_history(HALF_YEAR),),
        source="CF-19; own",
        evidence=(Selection(view=View.BANK, where=_IS_OF_HALF_YEAR & (_CATEGORY == "owner_drawing"), weight=-_AMOUNT),),
    ),
    Feature(
        name="liquidity_new_funder_count_90d_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.COUNT,
        label=Text(de="Neue Kreditgeber, 90 Tage", en="New funders, 90 days"),
        meaning=Text(
            de="Von wie vielen Konten in den letzten 90 Tagen zum ersten Mal ein Kredit ausgezahlt wurde. "
            "Auszahlungen, die kein Konto nennen, zählen zusammen als eines.",
            en="From how many accounts a loan was paid out for the first time in the last 90 days. Pay-outs that name "
            "no account count as one together.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=_LINES_2,
        history_months=14,
        precision=0,
        measures=("bank_history_days", "new_funder_count"),
        expression=pl.col("new_funder_count"),
        needs=(bank_days(WINDOW_90D, "new_funder_count"),),
        source="CF-16; stacking: accounts that paid out a loan, without those that had done so before; own",
        evidence=(
            Selection(
                view=View.BANK,
                where=_IS_LENT & (pl.col("as_of_day") - _FIRST_LENT < WINDOW_90D),
                weight=_AMOUNT,
            ),
        ),
    ),
    _trouble(
        "liquidity_tax_trouble_count_12m_v2",
        "tax_trouble_count",
        Text(de="Säumnis bei Steuern", en="Late or returned tax payments"),
        Text(
            de="Wie viele Mahngebühren, Säumniszuschläge und Rücklastschriften ein Konto betrafen, an das auch Steuern "
            "gezahlt wurden. Es zählen die letzten zwölf vollen Monate und der laufende Monat.",
            en="How many late fees and returned debits concerned an account to which taxes were paid, too. "
            "Covers the last twelve full months and the current month.",
        ),
        pl.col("is_tax"),
        "CF-13, without due dates; own",
    ),
    _trouble(
        "liquidity_social_security_trouble_count_12m_v2",
        "contribution_trouble_count",
        Text(de="Säumnis bei Sozialabgaben", en="Late or returned social security payments"),
        Text(
            de="Wie viele Mahngebühren, Säumniszuschläge und Rücklastschriften ein Konto betrafen, an das auch "
            "Sozialabgaben gezahlt wurden. Es zählen die letzten zwölf vollen Monate und der laufende Monat.",
            en="How many late fees and returned debits concerned an account to which social security "
            "contributions were paid, too. Covers the last twelve full months and the current month.",
        ),
        pl.col("is_contribution"),
        "CF-14, without due dates; own",
    ),
    Feature(
        name="liquidity_social_security_gap_count_12m_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.COUNT,
        label=Text(de="Monate ohne Sozialabgaben", en="Months without social security payments"),
        meaning=Text(
            de="In wie vielen von zwölf Monaten Löhne gezahlt wurden, aber bis zum Fünften des Folgemonats keine "
            "Sozialabgaben. Es zählen die zwölf Monate vor dem letzten vollen Monat, ab den ersten Sozialabgaben.",
            en="In how many of twelve months wages were paid, but no social security contributions by the fifth of "
            "the next month. Covers the twelve months before the last full month, from the first contributions on.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=15,
        precision=0,
        measures=("contribution_month_count", "contribution_gap_count"),
        expression=pl.col("contribution_gap_count"),
        needs=(at_least(3, "contribution_month_count", "months with contributions"),),
        source="CF-14, without due dates; own",
    ),
    Feature(
        name="liquidity_wage_age_days_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.DAYS,
        label=Text(de="Alter der jüngsten Lohnzahlung", en="Age of the newest wage payment"),
        meaning=Text(
            de="Wie viele Tage vor dem jüngsten Kontoumsatz zuletzt Löhne gezahlt wurden. Nur für Unternehmen, die in "
            "mindestens sechs der zwölf Monate vor dem letzten vollen Monat Löhne gezahlt haben.",
            en="How many days before the newest bank transaction wages were last paid. Only for firms that paid wages "
            "in at least six of the twelve months before the last full month.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_LINES_2,
        history_months=15,
        precision=0,
        measures=("wage_month_count", "last_proven_day", "last_wage_day"),
        # Of the newest line, so that a feed that stands still is no wage that was missed.
        expression=(pl.col("last_proven_day") - pl.col("last_wage_day")).clip(0),
        needs=(at_least(6, "wage_month_count", "months with wages"),),
        source="payroll that was missed, without due dates; own",
        evidence=(Selection(view=View.BANK, where=_IS_WAGE, weight=pl.col("day")),),
    ),
)
