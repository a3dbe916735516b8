"""Bank accounts, catalogue 2: how money and levels move over weeks and months. Transfers between own accounts do not.

A level is compared with the average spending of a month: a third of the money paid in the last 90 days, whatever the
window of the level, so that features differ by the level alone.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term
from features.needs import LEVELS, VERIFIED, bank_days
from features.views import WINDOW_90D, View

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()

_LEVELS_2 = LEVELS | {Resource.RECOGNITION}
_LEVEL, _LENGTH = pl.col("level_cents").cast(pl.Int128), pl.col("length_days")

MEASURES_2 = (Measure(name="balance_90d_cent_days", view=View.BALANCE, aggregate=(_LEVEL * _LENGTH).sum()),)

TERMS_2: tuple[Term, ...] = ()

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
)
