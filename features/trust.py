"""Trust: how reliable the books are."""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, full_months_since, total
from features.needs import BANK_LINES, SALES, at_least, bank_history, by_name, sales_history
from features.recognised import NO_SALES
from features.series import median, median_deviation, quotient, series
from features.views import View, in_last_days, in_year, in_year_to_date

BLOCK_DAYS = 30
BLOCKS = tuple(f"sales_net_block_{block}" for block in range(7))
"""Net sales of the last 30 days, then of each of the six stretches of 30 days before."""
LAST_YEAR = "sales_net_last_year"
"""Net sales of the 30 days that ended 365 days before the last 30 days do."""

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


# Catalogue 2: of the views in ``features.recognised``.

_MEANS, _AMOUNT = pl.col("means"), pl.col("amount_cents")
_TO_DATE = in_year_to_date()
_IS_UNTRACED_2 = _TO_DATE & (_MEANS.is_in(["manual", "stated", "clearing"]) | pl.col("is_own"))
_IS_LINE = _YEAR & ~pl.col("is_register")
_IS_TRADE_2 = _YEAR & ~pl.col("is_internal") & pl.col("is_proven") & (_AMOUNT > 0) & ~pl.col("category").is_in(NO_SALES)
_IS_DEPOSIT = _YEAR & pl.col("is_proven") & (_AMOUNT > 0) & (pl.col("category") == "cash_deposit")
_IS_WITHDRAWAL = _YEAR & ~pl.col("is_register") & (_AMOUNT < 0) & (pl.col("category") == "cash_withdrawal")
_IS_BACKDATED = _YEAR & ~pl.col("is_credible")

MEASURES_2 = (
    # A payment that was returned leaves both sums.
    count("receipt_count", View.RECEIPTS, _TO_DATE & (_AMOUNT > 0)),
    total("receipt_cents", View.RECEIPTS, "amount_cents", _TO_DATE),
    total("untraced_cents", View.RECEIPTS, "amount_cents", _IS_UNTRACED_2),
    total("till_12m_cents", View.RECEIPTS, "amount_cents", _YEAR & (_MEANS == "register")),
    total("deposited_12m_cents", View.BANK, "amount_cents", _IS_DEPOSIT),
    total("withdrawn_12m_cents", View.BANK, -_AMOUNT, _IS_WITHDRAWAL),
    total("cash_bills_12m_cents", View.CASH_BILLS, "amount_cents", _YEAR),
    total("bank_volume_cents", View.BANK, _AMOUNT.abs(), _IS_LINE),
    total("fed_volume_cents", View.BANK, _AMOUNT.abs(), _IS_LINE & pl.col("is_fed")),
    total("trade_inflow_12m_cents", View.BANK, "amount_cents", _IS_TRADE_2),
    total(LAST_YEAR, View.SALES, "net_cents", in_last_days(365 + BLOCK_DAYS, until=365)),
    Measure(name="active_months", view=View.ACTIVE_MONTHS, aggregate=pl.len()),
    total("backdated_12m_cents", View.SALES, pl.col("gross_cents").abs(), _IS_BACKDATED),
    total("written_12m_cents", View.SALES, pl.col("gross_cents").abs(), _YEAR),
    total("shared_payer_12m_cents", View.PAYERS, "amount_cents", pl.col("is_shared")),
    total("known_payer_12m_cents", View.PAYERS, "amount_cents", pl.lit(value=True)),
    total("round_trip_12m_cents", View.PARTNERS, pl.min_horizontal("in_cents", "out_cents"), pl.lit(value=True)),
)

TERMS_2 = (
    Term(
        name="usual_block_cents",
        reads=("sales_history_months", "median_block_cents", LAST_YEAR),
        # Who sells most in December sold most in the December before.
        expression=pl.when(pl.col("sales_history_months") >= 13)
        .then(pl.max_horizontal("median_block_cents", pl.col(LAST_YEAR).cast(pl.Float64)))
        .otherwise(pl.col("median_block_cents")),
    ),
    # Cash that was drawn before proves nothing when it is paid in or spent.
    Term(
        name="cash_out_12m_cents",
        reads=("deposited_12m_cents", "cash_bills_12m_cents", "withdrawn_12m_cents"),
        expression=(
            pl.col("deposited_12m_cents") + pl.col("cash_bills_12m_cents") - pl.col("withdrawn_12m_cents")
        ).clip(0),
    ),
    # What customers paid in cash is proven as far as it was paid into the bank or spent on bills; deposits of a firm
    # without a till are receipts themselves.
    Term(
        name="till_proven_12m_cents",
        reads=("till_12m_cents", "cash_out_12m_cents", "deposited_12m_cents", "withdrawn_12m_cents"),
        expression=pl.when(pl.col("till_12m_cents") > 0)
        .then(pl.min_horizontal("till_12m_cents", "cash_out_12m_cents"))
        .otherwise((pl.col("deposited_12m_cents") - pl.col("withdrawn_12m_cents")).clip(0)),
    ),
    Term(
        name="till_unproven_12m_cents",
        reads=("till_12m_cents", "till_proven_12m_cents"),
        expression=(pl.col("till_12m_cents") - pl.col("till_proven_12m_cents")).clip(0),
    ),
)

_BY_NAME = by_name(FEATURES)

FEATURES_2 = (
    _BY_NAME["trust_history_months"].again(
        2,
        meaning=Text(
            de="In wie vielen vollen Monaten Geschäft belegt ist: durch Belege, die zeitnah erfasst oder über die "
            "Bank bezahlt wurden, oder durch Umsätze, die die Bank geliefert hat.",
            en="In how many full months business is documented: by documents that were recorded near their day or "
            "paid through the bank, or by transactions that the bank delivered.",
        ),
        measures=("active_months",),
        expression=pl.col("active_months"),
        resources=SALES | BANK_LINES | {Resource.PAYMENT_LOG, Resource.RECOGNITION},
        fallback=BANK_LINES | {Resource.PAYMENT_LOG},
    ),
    _BY_NAME["trust_paid_without_inflow_share_12m"].again(
        2,
        meaning=Text(
            de="Der Anteil der auf Verkäufe gebuchten Zahlungen, nach Betrag, hinter dem kein von der Bank gelieferter "
            "Umsatz steht: Buchungen über Verrechnungskonten, von Hand erfasste Umsätze und Kasseneinnahmen, die "
            "weder eingezahlt noch belegt ausgegeben wurden. Es zählen die letzten zwölf vollen Monate und die Tage "
            "seither.",
            en="The share of payments booked on sales, by amount, without a transaction from the bank behind it: "
            "bookings over clearing accounts, transactions entered by hand, and cash that was neither paid in nor "
            "spent on bills. Covers the last twelve full months and the days since.",
        ),
        resources=SALES | BANK_LINES | {Resource.PAYMENT_LOG, Resource.RECOGNITION},
        measures=("untraced_cents", "receipt_cents", "receipt_count", "till_unproven_12m_cents"),
        # Where more was taken back than came in otherwise, it is all there is.
        expression=pl.min_horizontal(
            pl.col("untraced_cents").clip(0) + pl.col("till_unproven_12m_cents"), "receipt_cents"
        ),
        denominator=pl.col("receipt_cents"),
        needs=(at_least(5, "receipt_count", "payments"),),
        evidence=(Selection(view=View.RECEIPTS, where=_IS_UNTRACED_2, weight=_AMOUNT),),
    ),
    _BY_NAME["trust_bank_feed_share_12m"].again(
        2,
        meaning=Text(
            de="Der Anteil der Kontoumsätze der letzten zwölf vollen Monate, nach Betrag, die die Bank selbst "
            "geliefert hat. Kassen zählen nicht mit.",
            en="The share of bank transactions of the last twelve full months, by amount, that the bank itself "
            "delivered. Cash registers do not count.",
        ),
    ),
    _BY_NAME["trust_assumed_due_share_12m"].again(2),
    _BY_NAME["trust_sales_inflow_ratio_12m"].again(
        2,
        meaning=Text(
            de="Der Bruttoumsatz der letzten zwölf vollen Monate geteilt durch das Geld, das nachweislich von Kunden "
            "einging. Umbuchungen, Darlehen, Einlagen, Zuschüsse und Erstattungen zählen nicht, Kasseneinnahmen "
            "soweit sie eingezahlt oder belegt ausgegeben wurden. Deutlich über 1 heißt: Es ist mehr Umsatz gebucht, "
            "als Geld einging.",
            en="Gross sales of the last twelve full months divided by the money that demonstrably came from "
            "customers. Transfers, loans, contributions, grants and refunds do not count, cash as far as it was paid "
            "in or spent on bills. Far above 1, more sales are booked than money was received.",
        ),
        resources=SALES | BANK_LINES | {Resource.PAYMENT_LOG, Resource.RECOGNITION},
        measures=(
            "bank_history_months",
            "sales_gross_12m_cents",
            "trade_inflow_12m_cents",
            "till_proven_12m_cents",
        ),
        denominator=pl.col("trade_inflow_12m_cents") + pl.col("till_proven_12m_cents"),
    ),
    _BY_NAME["trust_sales_burst_score_30d"].again(2),
    Feature(
        name="trust_burst_in_season_score_30d_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SCORE,
        label=Text(de="Umsatzsprung über die Saison hinaus", en="Jump in sales beyond the season"),
        meaning=Text(
            de="Wie ungewöhnlich hoch der Nettoumsatz der letzten 30 Tage ist. Verglichen wird mit den sechs "
            "Zeiträumen von je 30 Tagen davor oder, wenn er höher war, mit dem Umsatz derselben Tage im Vorjahr.",
            en="How unusually high net sales of the last 30 days are. They are compared with the six 30-day periods "
            "before or, if these were higher, with the same days a year before.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NEVER,
        resources=SALES | {Resource.RECOGNITION},
        history_months=15,
        precision=2,
        measures=("sales_history_months", BLOCKS[0], "sales_block_series", "median_block_cents", "usual_block_cents"),
        expression=pl.col(BLOCKS[0]) - pl.col("usual_block_cents"),
        denominator=pl.max_horizontal(median_deviation(_BLOCK_SERIES, _MEDIAN_BLOCK) * 1.4826, _MEDIAN_BLOCK * 0.1),
        needs=(sales_history(7),),
        source="DQ-17; robust z as for the jump in sales, of the distance from the median or, with 13 months of sales, "
        "from the sales of the same days a year before if they are higher; own",
        evidence=(Selection(view=View.SALES, where=_block(0), weight=pl.col("net_cents")),),
    ),
    Feature(
        name="trust_backdated_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Nachträglich erfasste Verkäufe", en="Sales recorded late"),
        meaning=Text(
            de="Der Anteil der Verkäufe der letzten zwölf vollen Monate, nach Betrag, der erst nachträglich erfasst "
            "wurde: später als 45 Tage nach Ende des Quartals. Was bis dahin über die Bank bezahlt wurde, zählt nicht.",
            en="The share of sales of the last twelve full months, by amount, that was recorded late: more than 45 "
            "days after the end of the quarter. What was paid through the bank by then does not count.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=SALES | BANK_LINES | {Resource.PAYMENT_LOG, Resource.RECOGNITION},
        fallback=BANK_LINES | {Resource.PAYMENT_LOG},
        history_months=14,
        precision=4,
        measures=("backdated_12m_cents", "written_12m_cents"),
        expression=pl.col("backdated_12m_cents"),
        denominator=pl.col("written_12m_cents"),
        needs=(),
        source="DQ-10; own",
        evidence=(Selection(view=View.SALES, where=_IS_BACKDATED, weight=pl.col("gross_cents").abs()),),
    ),
    Feature(
        name="trust_shared_payer_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Zahlungen eines Kontos für mehrere Kunden", en="Payments by one account for several customers"),
        meaning=Text(
            de="Der Anteil der über die Bank bezahlten Beträge der letzten zwölf vollen Monate, der von Konten kam, "
            "die Rechnungen mehrerer Kunden bezahlten. Zahlungsdienstleister und Factoring zählen nicht.",
            en="The share of amounts paid through the bank in the last twelve full months that came from accounts "
            "which paid invoices of several customers. Payment providers and factoring do not count.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=SALES | BANK_LINES | {Resource.PAYMENT_LOG, Resource.RECOGNITION},
        history_months=14,
        precision=4,
        measures=("shared_payer_12m_cents", "known_payer_12m_cents"),
        # Where no line names an account, nobody is known to share one.
        expression=pl.when(pl.col("known_payer_12m_cents") > 0)
        .then(quotient(pl.col("shared_payer_12m_cents"), pl.col("known_payer_12m_cents")))
        .otherwise(0.0),
        needs=(),
        source="DQ-21; own",
    ),
    Feature(
        name="trust_round_trip_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Geld, das im Kreis fließt", en="Money that goes round"),
        meaning=Text(
            de="Der Anteil der Zahlungseingänge von Kunden der letzten zwölf vollen Monate, der von Konten kam, an die "
            "ebenso viel zurückfloss.",
            en="The share of money received from customers in the last twelve full months that came from accounts to "
            "which as much was paid back.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=BANK_LINES | {Resource.RECOGNITION},
        history_months=14,
        precision=4,
        measures=("round_trip_12m_cents", "trade_inflow_12m_cents"),
        expression=pl.when(pl.col("trade_inflow_12m_cents") > 0)
        .then(quotient(pl.col("round_trip_12m_cents"), pl.col("trade_inflow_12m_cents")))
        .otherwise(0.0),
        needs=(),
        source="DQ-21; circular money, own",
    ),
)
