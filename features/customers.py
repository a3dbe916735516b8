"""Customers: concentration of revenue on one of them, and customers lost. Net amounts."""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.measure import Measure, Term, count, total
from features.needs import SALES, by_name, sales_history
from features.views import View, in_year

MEASURES = (
    # A customer with negative sales counts as 0 in both measures, so that a share stays between 0 and 1.
    Measure(
        name="top_customer_12m_cents", view=View.CUSTOMERS, aggregate=pl.col("net_cents").clip(0).max().fill_null(0)
    ),
    Measure(name="customers_12m_cents", view=View.CUSTOMERS, aggregate=pl.col("net_cents").clip(0).sum()),
    total("unnamed_12m_cents", View.SALES, "net_cents", in_year() & pl.col("customer").is_null()),
    count("former_customer_count", View.CUSTOMERS, pl.col("was_active")),
    count("lost_customer_count", View.CUSTOMERS, pl.col("was_active") & ~pl.col("is_active")),
)

TERMS: tuple[Term, ...] = ()

_IN_WINDOW = pl.when(in_year()).then("net_cents").otherwise(0)
_IS_NAMED = pl.col("customer").is_not_null()
_LARGEST = (
    pl.col("customer")
    .filter(_IS_NAMED)
    # Of two customers with equal revenue the one with the higher key, so that the evidence is the same each time.
    .sort_by(_IN_WINDOW.sum().over("customer").filter(_IS_NAMED), pl.col("customer").filter(_IS_NAMED))
    .last()
)
"""The known customer with the highest net revenue: in evidence only, where there is one point."""

FEATURES = (
    Feature(
        name="customers_top1_share_12m",
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Umsatzanteil des größten Kunden", en="Revenue share of the largest customer"),
        meaning=Text(
            de="Der Anteil des Kunden mit dem höchsten Nettoumsatz am Nettoumsatz der letzten zwölf vollen Monate.",
            en="The largest customer's share of net revenue in the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "top_customer_12m_cents", "customers_12m_cents", "unnamed_12m_cents"),
        expression=pl.col("top_customer_12m_cents"),
        denominator=pl.col("customers_12m_cents") + pl.col("unnamed_12m_cents").clip(0),
        needs=(sales_history(6),),
        source="CU-01; customer concentration",
        evidence=(
            Selection(
                view=View.SALES,
                where=in_year() & (pl.col("customer") == _LARGEST),
                weight=pl.col("net_cents"),
            ),
        ),
    ),
    Feature(
        name="customers_churn_share_12m",
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Anteil verlorener Kunden", en="Share of lost customers"),
        meaning=Text(
            de="Der Anteil der Kunden mit Rechnung vor sieben bis zwölf vollen Monaten, die seither keine mehr "
            "erhielten.",
            en="The share of customers invoiced seven to twelve full months ago that have not been invoiced since.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "lost_customer_count", "former_customer_count"),
        expression=pl.col("lost_customer_count"),
        denominator=pl.col("former_customer_count"),
        needs=(sales_history(12),),
        source="CU-07; own",
    ),
)


# Catalogue 2: of the views in ``features.recognised``.

MEASURES_2 = (total("sales_net_year_cents", View.SALES, "net_cents", in_year()),)

_BY_NAME = by_name(FEATURES)

FEATURES_2 = (
    _BY_NAME["customers_top1_share_12m"].again(
        2,
        meaning=Text(
            de="Der Anteil des Kunden mit dem höchsten Nettoumsatz am gesamten Nettoumsatz der letzten zwölf vollen "
            "Monate, von dem Kunden mit negativem Umsatz abgezogen sind.",
            en="The largest customer's share of all net revenue in the last twelve full months, from which customers "
            "with negative revenue are deducted.",
        ),
        measures=("sales_history_months", "top_customer_12m_cents", "sales_net_year_cents"),
        # More is taken back from others than the largest customer is short of: it is all there is.
        expression=pl.min_horizontal("top_customer_12m_cents", "sales_net_year_cents"),
        denominator=pl.col("sales_net_year_cents"),
    ),
    _BY_NAME["customers_churn_share_12m"].again(2),
)
