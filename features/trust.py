"""Trust: how reliable the books are."""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Term, count, full_months_since, total
from features.needs import BANK_LINES, SALES, at_least, bank_history, sales_history
from features.series import median, median_deviation, series
from features.views import View, in_last_days, in_year

BLOCK_DAYS = 30
BLOCKS = tuple(f"sales_net_block_{block}" for block in range(7))
"""Net sales of the last 30 days, then of each of the six stretches of 30 days before."""

# Conditions that measures share with the evidence of their features, so that it shows what was counted.
_YEAR = in_year()
_IS_ASSUMED = _YEAR & pl.col("is_invoice") & pl.col("is_due_assumed")
# A payment below 0 takes back another one; it is not money received.
_IS_UNTRACED = _YEAR & (pl.col("source") == "document") & (pl.col("amount_cents") > 0)
_IS_TRADE_INFLOW = (
    _YEAR
    & ~pl.col("is_internal")
    & (pl.col("amount_cents") > 0)
    & (pl.col("nature") != "loan_proceeds")
    & (pl.col("nature") != "owner_contribution")
)


def _block(block: int) -> pl.Expr:
    return in_last_days((block + 1) * BLOCK_DAYS, until=block * BLOCK_DAYS)


MEASURES = (
    count("receipt_12m_count", View.RECEIPTS, _YEAR & (pl.col("amount_cents") > 0)),
    total("receipt_12m_cents", View.RECEIPTS, pl.col("amount_cents").clip(0), _YEAR),
    total("untraced_12m_cents", View.RECEIPTS, "amount_cents", _IS_UNTRACED),
    # A cash register has no bank that could feed it.
    total("bank_volume_cents", View.ACCOUNTS, "volume_cents", ~pl.col("is_register")),
    total("fed_volume_cents", View.ACCOUNTS, "volume_cents", pl.col("is_fed")),
    count("assumed_due_count", View.SALES, _IS_ASSUMED),
    total("sales_gross_12m_cents", View.SALES, "gross_cents", _YEAR),
    total("trade_inflow_12m_cents", View.BANK, "amount_cents", _IS_TRADE_INFLOW),
    *(total(name, View.SALES, "net_cents", _block(block)) for block, name in enumerate(BLOCKS)),
)

TERMS = (
    Term(
        name="first_day",
        reads=("sales_first_day", "bill_first_day", "bank_first_day"),
        expression=pl.min_horizontal("sales_first_day", "bill_first_day", "bank_first_day"),
    ),
    # Books without any document or line have no first day: a history of 0 months, not an unknown one.
    Term(name="history_months", reads=("first_day",), expression=full_months_since("first_day").fill_null(0)),
    Term(
        name="sales_block_series",
        reads=BLOCKS[1:],
        expression=series(BLOCKS[1:]),
    ),
    Term(name="median_block_cents", reads=("sales_block_series",), expression=median(pl.col("sales_block_series"))),
)

_BLOCK_SERIES, _MEDIAN_BLOCK = pl.col("sales_block_series"), pl.col("median_block_cents")

FEATURES = (
    Feature(
        name="trust_history_months",
        group=Group.TRUST,
        unit=Unit.MONTHS,
        label=Text(de="Zeitraum der Buchhaltung", en="Period covered by the books"),
        meaning=Text(
            de="Wie viele volle Monate seit dem ersten Beleg oder dem ersten Kontoumsatz vergangen sind.",
            en="How many full months have passed since the first document or bank transaction.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.NEVER,
        resources=SALES | BANK_LINES,
        fallback=BANK_LINES,
        history_months=60,
        precision=0,
        measures=("history_months",),
        expression=pl.col("history_months"),
        needs=(),
        source="DQ-01; own",
    ),
    Feature(
        name="trust_paid_without_inflow_share_12m",
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Bezahlt ohne Kontoumsatz", en="Paid without a bank transaction"),
        meaning=Text(
            de="Der Anteil der auf Rechnungen gebuchten Zahlungen, nach Betrag, dem kein Umsatz eines Kontos "
            "oder einer Kasse zugeordnet ist. Es zählen die letzten zwölf vollen Monate.",
            en="The share of payments booked on invoices, by amount, that are not linked to a transaction of an "
            "account or cash register. Covers the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=frozenset({Resource.INVOICES, Resource.PAYMENT_LOG, Resource.TRANSACTIONS}),
        history_months=14,
        precision=4,
        measures=("untraced_12m_cents", "receipt_12m_cents", "receipt_12m_count"),
        expression=pl.col("untraced_12m_cents"),
        denominator=pl.col("receipt_12m_cents"),
        needs=(at_least(5, "receipt_12m_count", "payments"),),
        source="DQ-05; ledger against bank",
        evidence=(Selection(view=View.RECEIPTS, where=_IS_UNTRACED, weight=pl.col("amount_cents")),),
    ),
    Feature(
        name="trust_bank_feed_share_12m",
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Direkt von der Bank gelieferter Anteil", en="Share delivered by the bank"),
        meaning=Text(
            de="Der Anteil der Kontoumsätze der letzten zwölf vollen Monate, nach Betrag, auf Konten, die die "
            "Bank direkt beliefert. Kassen zählen nicht mit.",
            en="The share of bank transactions of the last twelve full months, by amount, on accounts that the "
            "bank feeds directly. Cash registers do not count.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.NOW,
        resources=BANK_LINES,
        history_months=14,
        precision=4,
        measures=("fed_volume_cents", "bank_volume_cents"),
        expression=pl.col("fed_volume_cents"),
        denominator=pl.col("bank_volume_cents"),
        needs=(),
        source="DQ-02; provenance of bank data",
        reconstructable=False,
    ),
    Feature(
        name="trust_assumed_due_share_12m",
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Rechnungen ohne Zahlungsziel", en="Invoices without payment terms"),
        meaning=Text(
            de="Der Anteil der Rechnungen der letzten zwölf vollen Monate ohne Zahlungsziel. Für sie werden 30 "
            "Tage angenommen.",
            en="The share of invoices of the last twelve full months that state no payment terms. For them 30 "
            "days are assumed.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=frozenset({Resource.INVOICES}),
        history_months=14,
        precision=4,
        measures=("assumed_due_count", "invoice_12m_count"),
        expression=pl.col("assumed_due_count"),
        denominator=pl.col("invoice_12m_count"),
        needs=(),
        source="DQ-12; own",
        evidence=(Selection(view=View.SALES, where=_IS_ASSUMED, weight=pl.col("gross_cents")),),
    ),
    Feature(
        name="trust_sales_inflow_ratio_12m",
        group=Group.TRUST,
        unit=Unit.RATIO,
        label=Text(de="Gebuchter Umsatz im Verhältnis zum Geldeingang", en="Booked sales relative to money received"),
        meaning=Text(
            de="Der Bruttoumsatz der letzten zwölf vollen Monate geteilt durch das Geld, das auf Konten und in "
            "Kassen einging. Umbuchungen, Darlehen und Einlagen zählen nicht. Deutlich über 1 heißt: Es ist "
            "mehr Umsatz gebucht, als Geld einging.",
            en="Gross sales of the last twelve full months divided by the money received on accounts and in "
            "cash registers. Transfers, loans and owners' contributions do not count. Far above 1, more sales are "
            "booked than money was received.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=SALES | BANK_LINES,
        history_months=14,
        precision=4,
        measures=("bank_history_months", "sales_gross_12m_cents", "trade_inflow_12m_cents"),
        expression=pl.col("sales_gross_12m_cents"),
        denominator=pl.col("trade_inflow_12m_cents"),
        needs=(bank_history(12),),
        source="DQ-23; ledger revenue against bank inflow",
    ),
    Feature(
        name="trust_sales_burst_score_30d",
        group=Group.TRUST,
        unit=Unit.SCORE,
        label=Text(de="Umsatzsprung der letzten 30 Tage", en="Jump in sales, last 30 days"),
        meaning=Text(
            de="Wie ungewöhnlich hoch der Nettoumsatz der letzten 30 Tage ist, verglichen mit den sechs "
            "Zeiträumen von je 30 Tagen davor.",
            en="How unusually high net sales of the last 30 days are, compared with the six 30-day periods before.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NEVER,
        resources=SALES,
        history_months=9,
        precision=2,
        measures=("sales_history_months", BLOCKS[0], "sales_block_series", "median_block_cents"),
        # The usual deviation is 1.4826 times the median deviation (that of a normal distribution), at least a tenth
        # of the median: equal months would make any change infinitely unusual.
        expression=pl.col(BLOCKS[0]) - _MEDIAN_BLOCK,
        denominator=pl.max_horizontal(median_deviation(_BLOCK_SERIES, _MEDIAN_BLOCK) * 1.4826, _MEDIAN_BLOCK * 0.1),
        needs=(sales_history(7),),
        source="DQ-17; robust z: distance from the median in usual deviations (1.4826 times the median deviation, at "
        "least a tenth of the median), own",
        evidence=(Selection(view=View.SALES, where=_block(0), weight=pl.col("net_cents")),),
    ),
)
