"""Bookkeeping, catalogue 2: flags on books and payments. They lead to questions and to a person, never into a score."""

import math
from functools import reduce
from operator import add

import polars as pl

from features.feature import Actionable, Feature, Group, Missing, Need, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import BANK_LINES, SALES, at_least, sales_history
from features.recognised import COLLECTIVE, NEW_DAYS, NO_SALES
from features.views import View, in_last_days, in_year, in_year_to_date

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()

_ALL = SALES | BANK_LINES | {Resource.PAYMENT_LOG, Resource.RECOGNITION}
_INVOICES = frozenset({Resource.INVOICES, Resource.RECOGNITION})
_AMOUNT, _GROSS, _BOOKED, _BANKED = (
    pl.col(name) for name in ("amount_cents", "gross_cents", "booked_cents", "banked_cents")
)
_YEAR, _TO_DATE = in_year(), in_year_to_date()
# Cash has no line at a bank.
_IS_CASHLESS = _TO_DATE & (pl.col("means") != "register")
# No more of a line than came in over it, or of a returned payment than went out. What lenders and owners gave pays for
# no sale, whatever it is booked on.
_MATCHED = (
    pl.when("is_income")
    .then(pl.min_horizontal(_BANKED.clip(0), _AMOUNT))
    .when(_AMOUNT < 0)
    .then(pl.max_horizontal(_BANKED.clip(upper_bound=0), _AMOUNT))
    .otherwise(0)
)
_IS_FROM_PAYER = _YEAR & (_AMOUNT > 0) & ~pl.col("category").is_in([*NO_SALES, *COLLECTIVE])
_UNEXPLAINED = _AMOUNT - pl.min_horizontal(_BOOKED.clip(0), _AMOUNT)
_IS_ROUND = _YEAR & pl.col("is_invoice") & (_GROSS > 0) & (_GROSS % 100 == 0)
_IS_REPEATED = _YEAR & pl.col("is_repeated") & (_GROSS > 0)
_IS_NEW = in_last_days(NEW_DAYS)

DIGITS = tuple(f"first_digit_{digit}_count" for digit in range(1, 10))
BENFORD = tuple(math.log10(1 + 1 / digit) for digit in range(1, 10))
"""How often amounts that nobody made up begin with each digit."""
FEWEST_OF_BENFORD = 500
MAGNITUDES = 1000
"""The largest invoice over the smallest: amounts of one size have the digits of that size."""

MEASURES_2 = (
    Measure(
        name="last_fed_day",
        view=View.BANK,
        aggregate=pl.col("day").filter(pl.col("is_fed") & ~pl.col("is_register")).max(),
        has_empty=False,
    ),
    count("cashless_receipt_count", View.RECEIPTS, _IS_CASHLESS & (_AMOUNT > 0)),
    total("cashless_receipt_cents", View.RECEIPTS, "amount_cents", _IS_CASHLESS),
    total("provider_receipt_cents", View.RECEIPTS, "amount_cents", _TO_DATE & (pl.col("means") == "provider")),
    total("matched_cents", View.BOOKED, _MATCHED, pl.lit(value=True)),
    total("payer_inflow_12m_cents", View.BOOKED, "amount_cents", _IS_FROM_PAYER),
    total("unexplained_12m_cents", View.BOOKED, _UNEXPLAINED, _IS_FROM_PAYER),
    count("round_invoice_count", View.SALES, _IS_ROUND),
    *(count(name, View.DIGITS, pl.col("digit") == digit) for digit, name in enumerate(DIGITS, start=1)),
    Measure(name="digit_count", view=View.DIGITS, aggregate=pl.len()),
    Measure(name="smallest_invoice_cents", view=View.DIGITS, aggregate=pl.col("net_cents").min(), has_empty=False),
    Measure(name="largest_invoice_cents", view=View.DIGITS, aggregate=pl.col("net_cents").max(), has_empty=False),
    Measure(
        name="peak_month_cents",
        view=View.SALES_MONTHS,
        aggregate=_GROSS.filter(pl.col("age").is_between(0, 11)).max().clip(0).fill_null(0),
    ),
    Measure(name="credited_after_peak_cents", view=View.PEAK_NOTES, aggregate=_GROSS.sum()),
    total("repeated_invoice_cents", View.REPEATED, "gross_cents", _IS_REPEATED),
    total("positive_invoice_cents", View.REPEATED, "gross_cents", _YEAR & (_GROSS > 0)),
    Measure(name="buyers_30d_cents", view=View.BUYERS, aggregate=pl.col("net_cents").sum()),
    total("new_buyers_30d_cents", View.BUYERS, "net_cents", _IS_NEW),
)

OFF_BENFORD = tuple(f"first_digit_{digit}_off" for digit in range(1, 10))
"""How far the share of each digit is from that; as terms, because a sum of them is then nine columns."""


def _share_of(digit: str) -> pl.Expr:
    return pl.col(digit).cast(pl.Float64) / pl.col("digit_count").cast(pl.Float64)


TERMS_2 = tuple(
    Term(name=name, reads=(digit, "digit_count"), expression=(_share_of(digit) - expected).abs())
    for name, digit, expected in zip(OFF_BENFORD, DIGITS, BENFORD, strict=True)
)

FEATURES_2 = (
    Feature(
        name="trust_bank_line_age_days_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.DAYS,
        label=Text(de="Alter des jüngsten Bankumsatzes", en="Age of the newest bank transaction"),
        meaning=Text(
            de="Wie viele Tage der jüngste Umsatz zurückliegt, den die Bank selbst geliefert hat.",
            en="How many days ago the newest transaction took place that the bank itself delivered.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=BANK_LINES | {Resource.RECOGNITION},
        history_months=14,
        precision=0,
        measures=("last_fed_day",),
        expression=pl.col("as_of_day") - pl.col("last_fed_day"),
        needs=(),
        source="DQ-03; in days; the day of the newest line, as the books do not tell earlier days of synchronisation",
    ),
    Feature(
        name="trust_bank_match_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Durch die Bank gedeckte Zahlungen", en="Payments matched by the bank"),
        meaning=Text(
            de="Der Anteil der unbaren Zahlungen auf Verkäufe, nach Betrag, den Eingänge bei der Bank oder einem "
            "Zahlungsdienstleister belegen. Es zählen die letzten zwölf vollen Monate und die Tage seither.",
            en="The share of cashless payments on sales, by amount, that money received at the bank or a payment "
            "provider shows. Covers the last twelve full months and the days since.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NOW,
        resources=_ALL,
        history_months=14,
        precision=4,
        measures=("cashless_receipt_count", "matched_cents", "provider_receipt_cents", "cashless_receipt_cents"),
        expression=pl.min_horizontal(
            (pl.col("matched_cents") + pl.col("provider_receipt_cents")).clip(0), "cashless_receipt_cents"
        ),
        denominator=pl.col("cashless_receipt_cents"),
        needs=(at_least(5, "cashless_receipt_count", "cashless payments"),),
        source="DQ-04; of a line counts no more than came in over it, and none of what lenders and owners gave; own",
    ),
    Feature(
        name="trust_unexplained_inflow_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Geldeingänge ohne Rechnung", en="Money received without an invoice"),
        meaning=Text(
            de="Der Anteil der Zahlungseingänge von Kunden der letzten zwölf vollen Monate, nach Betrag, der auf "
            "keinen Verkauf gebucht ist. Zahlungsdienstleister, Factoring und Lastschrifteinzüge zählen nicht.",
            en="The share of money received from customers in the last twelve full months, by amount, that is booked "
            "on no sale. Payment providers, factoring and collected debits do not count.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_ALL,
        history_months=14,
        precision=4,
        measures=("unexplained_12m_cents", "payer_inflow_12m_cents"),
        expression=pl.col("unexplained_12m_cents"),
        denominator=pl.col("payer_inflow_12m_cents"),
        needs=(),
        source="DQ-06; own",
        evidence=(Selection(view=View.BOOKED, where=_IS_FROM_PAYER & (_UNEXPLAINED > 0), weight=_UNEXPLAINED),),
    ),
    Feature(
        name="trust_round_amount_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Rechnungen über volle Euro", en="Invoices over whole euro"),
        meaning=Text(
            de="Der Anteil der Rechnungen der letzten zwölf vollen Monate, deren Bruttobetrag auf volle Euro lautet.",
            en="The share of invoices of the last twelve full months whose gross amount is in whole euro.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NEVER,
        resources=_INVOICES,
        history_months=14,
        precision=4,
        measures=("round_invoice_count", "invoice_12m_count"),
        expression=pl.col("round_invoice_count"),
        denominator=pl.col("invoice_12m_count"),
        needs=(at_least(20, "invoice_12m_count", "invoices"),),
        source="DQ-13; a forensic test, weak: fixed prices are round, too",
        evidence=(Selection(view=View.SALES, where=_IS_ROUND, weight=_GROSS),),
    ),
    Feature(
        name="trust_benford_deviation_24m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.RATIO,
        label=Text(de="Abweichung der ersten Ziffern vom Benfordschen Gesetz", en="First digits against Benford's law"),
        meaning=Text(
            de="Wie weit die Häufigkeiten der ersten Ziffern der Nettobeträge im Mittel von denen abweichen, die "
            "natürliche Beträge haben. Es zählen die Rechnungen der letzten 24 vollen Monate.",
            en="How far the frequencies of the first digits of net amounts are on average from those of natural "
            "amounts. Covers the invoices of the last 24 full months.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NEVER,
        resources=_INVOICES,
        history_months=26,
        precision=4,
        measures=("digit_count", "smallest_invoice_cents", "largest_invoice_cents", *OFF_BENFORD),
        expression=reduce(add, map(pl.col, OFF_BENFORD)) / 9,
        needs=(
            at_least(FEWEST_OF_BENFORD, "digit_count", "invoices"),
            Need(
                holds=pl.col("largest_invoice_cents") // MAGNITUDES >= pl.col("smallest_invoice_cents"),
                cause=Missing.TOO_FEW_DOCUMENTS,
                text="amounts over three orders of magnitude",
            ),
        ),
        source="DQ-14; mean absolute deviation of the shares of the first digits from log10(1 + 1/d)",
    ),
    Feature(
        name="trust_credit_after_peak_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Gutschriften nach dem stärksten Monat", en="Credit notes after the strongest month"),
        meaning=Text(
            de="Gutschriften der 60 Tage nach dem umsatzstärksten Monat als Anteil seines Bruttoumsatzes, höchstens 1. "
            "Gesucht wird dieser Monat unter den letzten zwölf vollen.",
            en="Credit notes of the 60 days after the month with the highest sales as a share of its gross sales, at "
            "most 1. That month is one of the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=SALES | {Resource.CREDIT_NOTES, Resource.RECOGNITION},
        history_months=14,
        precision=4,
        measures=("sales_history_months", "credited_after_peak_cents", "peak_month_cents"),
        expression=pl.min_horizontal("credited_after_peak_cents", "peak_month_cents"),
        denominator=pl.col("peak_month_cents"),
        needs=(sales_history(6),),
        source="DQ-19; own",
        evidence=(Selection(view=View.PEAK_NOTES, where=pl.lit(value=True), weight=_GROSS),),
    ),
    Feature(
        name="trust_repeated_invoice_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Gleiche Rechnungen kurz nacheinander", en="Equal invoices within days"),
        meaning=Text(
            de="Der Anteil der Rechnungen, nach Betrag, vor denen derselbe Kunde binnen drei Tagen schon eine über "
            "denselben Betrag bekam. Es zählen die letzten zwölf vollen Monate.",
            en="The share of invoices, by amount, before which the same customer had received one over the same amount "
            "within three days. Covers the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=_INVOICES,
        history_months=14,
        precision=4,
        measures=("invoice_12m_count", "repeated_invoice_cents", "positive_invoice_cents"),
        expression=pl.col("repeated_invoice_cents"),
        denominator=pl.col("positive_invoice_cents"),
        needs=(at_least(20, "invoice_12m_count", "invoices"),),
        source="DQ-20; own: copies under the same number are left out of all sales",
        evidence=(Selection(view=View.REPEATED, where=_IS_REPEATED, weight=_GROSS),),
    ),
    Feature(
        name="trust_new_customer_share_30d_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Umsatz mit neuen Kunden, 30 Tage", en="Sales to new customers, 30 days"),
        meaning=Text(
            de="Der Anteil am Nettoumsatz mit bekannten Kunden der letzten 30 Tage, der auf Kunden entfällt, deren "
            "erste Rechnung in diese Tage fällt.",
            en="The share of net sales to known customers of the last 30 days that went to customers whose first "
            "invoice is of these days.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NEVER,
        resources=SALES | {Resource.RECOGNITION},
        history_months=14,
        precision=4,
        measures=("sales_history_months", "new_buyers_30d_cents", "buyers_30d_cents"),
        expression=pl.col("new_buyers_30d_cents"),
        denominator=pl.col("buyers_30d_cents"),
        needs=(sales_history(6),),
        source="DQ-25; own: a customer is new from the first document on, as the books do not tell when it was entered",
        evidence=(
            Selection(
                view=View.SALES,
                where=_IS_NEW
                & (pl.col("as_of_day") - pl.col("day").min().over("customer") < NEW_DAYS)
                & pl.col("customer").is_not_null(),
                weight=pl.col("net_cents"),
            ),
        ),
    ),
)
