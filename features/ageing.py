"""Quality of receivables: how old, disputed and doubtful they are. Of the views in ``features.recognised``.

Gross amounts. What a customer keeps back until its release is open and not overdue.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import FELL_DUE, LOG, OPEN_ITEMS, at_least, sales_history
from features.views import View, in_year

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()

_OPEN_ITEMS = OPEN_ITEMS | {Resource.RECOGNITION}
_REMINDERS = frozenset({Resource.INVOICES, Resource.REMINDERS, Resource.RECOGNITION})

# Conditions that measures share with the evidence of their features, so that it shows what was counted.
_DPD = pl.col("dpd")
_BANDS = {"1_30": _DPD.is_between(1, 30), "31_60": _DPD.is_between(31, 60), "61_90": _DPD.is_between(61, 90)}
_OVER_90 = _DPD > 90
_OVER_180 = _DPD > 180
_UNPAID = pl.col("paid_day").is_null()
# Thirty days ago it was 1 to 30 days past due, and unpaid.
_WAS_LATE = (
    (pl.col("gross_cents") > 0)
    & pl.col("is_day_known")
    & (pl.col("as_of_day") - pl.col("due_day")).is_between(31, 60)
    & (_UNPAID | (pl.col("paid_day") > pl.col("as_of_day") - 30))
)
# Booked off since then it was not paid either.
_HAS_ROLLED = _WAS_LATE & (_UNPAID | pl.col("is_lost"))
_NOTED = in_year()
_IS_FIRM = in_year() & (pl.col("level") >= 2)
_DISCOUNT_UNTIL = pl.col("day") + pl.col("discount_days")
# As long as the discount can still be taken, nobody has let it go.
_HAS_OFFER = (
    in_year()
    & pl.col("is_invoice")
    & (pl.col("gross_cents") > 0)
    & pl.col("is_day_known")
    & (pl.col("discount_days") > 0)
    & (pl.col("as_of_day") >= _DISCOUNT_UNTIL)
)
_IS_EARLY = _HAS_OFFER & ~pl.col("is_lost") & (pl.col("paid_day") <= _DISCOUNT_UNTIL)
_PAID_PART = pl.min_horizontal("reduced_cents", "gross_cents") - pl.col("lost_cents")
_IS_PART_PAID = FELL_DUE & (((pl.col("owed_cents") > 0) & (_DPD > 0)) | pl.col("is_lost")) & (_PAID_PART > 0)
_IS_CROSS_AGED = 2 * pl.col("late_cents") > pl.col("open_cents")

MEASURES_2 = (
    *(
        total(f"overdue_{band}_cents", View.RECEIVABLES, "owed_cents", is_of_band)
        for band, is_of_band in (*_BANDS.items(), ("over_90", _OVER_90), ("over_180", _OVER_180))
    ),
    count("was_late_count", View.RECEIVABLES, _WAS_LATE),
    total("was_late_cents", View.RECEIVABLES, "gross_cents", _WAS_LATE),
    total("rolled_cents", View.RECEIVABLES, "gross_cents", _HAS_ROLLED),
    count("correction_count", View.CORRECTIONS, _NOTED),
    # Twice the median is a whole number, like all measures.
    Measure(
        name="twice_correction_days",
        view=View.CORRECTIONS,
        aggregate=(2 * (pl.col("day") - pl.col("invoiced_day")).filter(_NOTED).median()).cast(pl.Int64),
        has_empty=False,
    ),
    count("dunned_firmly_count", View.DUNNED, _IS_FIRM),
    total("dunning_levels", View.DUNNED, "level", in_year()),
    count("discount_offer_count", View.RECEIVABLES, _HAS_OFFER),
    count("paid_early_count", View.RECEIVABLES, _IS_EARLY),
    count("fell_due_count", View.RECEIVABLES, FELL_DUE),
    count("part_paid_count", View.RECEIVABLES, _IS_PART_PAID),
    Measure(name="debtor_count", view=View.DEBTORS, aggregate=pl.len()),
    total("cross_aged_cents", View.DEBTORS, "open_cents", _IS_CROSS_AGED),
)


def _band(first: int, last: int) -> Feature:
    """The share of one age band: a document that ages on leaves it, so that a small share is good or bad."""
    band = f"{first}_{last}"
    return Feature(
        name=f"receivables_overdue_{band}d_share_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de=f"Anteil {first} bis {last} Tage überfällig", en=f"Share {first} to {last} days past due"),
        meaning=Text(
            de=f"Der Anteil der offenen Forderungen, die seit {first} bis {last} Tagen überfällig sind.",
            en=f"The share of open receivables that are {first} to {last} days past due.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NOW,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=4,
        measures=(f"overdue_{band}_cents", "open_cents", "open_count"),
        expression=pl.col(f"overdue_{band}_cents"),
        denominator=pl.col("open_cents"),
        needs=(at_least(5, "open_count", "open documents"),),
        source="AQ-02 to AQ-05; ageing. No sign: what grows older leaves the band, own",
        evidence=(Selection(view=View.RECEIVABLES, where=_BANDS[band], weight=pl.col("owed_cents")),),
    )


def _is_of_cross_aged() -> pl.Expr:
    """Open documents of customers who are cross-aged: in evidence only, where there is one point."""
    late = pl.when(_DPD > 60).then("owed_cents").otherwise(0)
    of_customer = 2 * late.sum().over("customer") > pl.col("open_cents").sum().over("customer")
    # A document that names nobody is a customer of its own.
    alone = 2 * late > pl.col("open_cents")
    return (pl.col("open_cents") > 0) & pl.when(pl.col("customer").is_null()).then(alone).otherwise(of_customer)


FEATURES_2 = (
    _band(1, 30),
    _band(31, 60),
    _band(61, 90),
    Feature(
        name="receivables_over_90d_share_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Anteil über 90 Tage überfällig", en="Share over 90 days past due"),
        meaning=Text(
            de="Der Anteil der offenen Forderungen, die seit mehr als 90 Tagen überfällig sind.",
            en="The share of open receivables that are more than 90 days past due.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=4,
        measures=("overdue_over_90_cents", "open_cents", "open_count"),
        expression=pl.col("overdue_over_90_cents"),
        denominator=pl.col("open_cents"),
        needs=(at_least(5, "open_count", "open documents"),),
        source="AQ-05; ageing",
        evidence=(Selection(view=View.RECEIVABLES, where=_OVER_90, weight=pl.col("owed_cents")),),
    ),
    Feature(
        name="receivables_roll_share_30d_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Weiterhin unbezahlter Anteil, 30 Tage", en="Share still unpaid, 30 days"),
        meaning=Text(
            de="Der Anteil der Rechnungen, nach Betrag, die vor 30 Tagen bis zu 30 Tage überfällig waren und seither "
            "nicht ganz bezahlt wurden.",
            en="The share, by amount, of what was up to 30 days past due 30 days ago and is not paid in full today.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=4,
        measures=("sales_history_months", "was_late_count", "rolled_cents", "was_late_cents"),
        expression=pl.col("rolled_cents"),
        denominator=pl.col("was_late_cents"),
        needs=(sales_history(6), at_least(3, "was_late_count", "documents past due 30 days ago")),
        source="AQ-07; roll rate from 1-30 to 31-60 days. Whole documents by gross amount: who paid a part has not "
        "paid, and what was booked off was not, own",
        evidence=(Selection(view=View.RECEIVABLES, where=_HAS_ROLLED, weight=pl.col("gross_cents")),),
    ),
    Feature(
        name="receivables_over_180d_share_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Vermutlich verlorener Anteil", en="Share presumably lost"),
        meaning=Text(
            de="Was seit mehr als 180 Tagen überfällig ist, im Verhältnis zu den Bruttorechnungen der letzten zwölf "
            "vollen Monate.",
            en="What is more than 180 days past due, relative to gross invoicing of the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=4,
        measures=("sales_history_months", "overdue_over_180_cents", "invoiced_12m_cents"),
        # What was invoiced before may be more than was invoiced since.
        expression=pl.min_horizontal("overdue_over_180_cents", "invoiced_12m_cents"),
        denominator=pl.col("invoiced_12m_cents"),
        needs=(sales_history(12),),
        source="AQ-08; write-off proxy, both sides gross, at most 1, own",
        evidence=(Selection(view=View.RECEIVABLES, where=_OVER_180, weight=pl.col("owed_cents")),),
    ),
    Feature(
        name="receivables_correction_days_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.DAYS,
        label=Text(de="Zeit bis zur Gutschrift", en="Time until a credit note"),
        meaning=Text(
            de="Wie viele Tage nach der Rechnung eine Gutschrift gewöhnlich folgt. Es zählen Gutschriften der letzten "
            "zwölf vollen Monate, die eine Rechnung nennen.",
            en="How many days after the invoice a credit note usually follows. Covers credit notes of the last twelve "
            "full months that name an invoice.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=frozenset({Resource.INVOICES, Resource.CREDIT_NOTES, Resource.RECOGNITION}),
        history_months=36,
        precision=1,
        measures=("correction_count", "twice_correction_days"),
        expression=pl.col("twice_correction_days") / 2,
        needs=(at_least(5, "correction_count", "credit notes that name an invoice"),),
        source="AQ-10; median, own",
        evidence=(Selection(view=View.CORRECTIONS, where=_NOTED, weight=pl.col("day") - pl.col("invoiced_day")),),
    ),
    Feature(
        name="receivables_dunned_firmly_share_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Anteil mehrfach gemahnter Rechnungen", en="Share of invoices with a second reminder"),
        meaning=Text(
            de="Der Anteil der Rechnungen der letzten zwölf vollen Monate, für die es eine Mahnung der zweiten oder "
            "einer höheren Stufe gab.",
            en="The share of invoices of the last twelve full months that had a reminder of the second "
            "or a higher level.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_REMINDERS,
        history_months=14,
        precision=4,
        measures=("dunned_firmly_count", "invoice_12m_count"),
        expression=pl.col("dunned_firmly_count"),
        denominator=pl.col("invoice_12m_count"),
        needs=(at_least(20, "invoice_12m_count", "invoices"),),
        source="AQ-11 from the second level on: reminding punctually is good practice, own",
        evidence=(Selection(view=View.DUNNED, where=_IS_FIRM, weight=pl.col("gross_cents")),),
    ),
    Feature(
        name="receivables_dunning_depth_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.RATIO,
        label=Text(de="Mittlere Mahnstufe", en="Average level of reminders"),
        meaning=Text(
            de="Bis zu welcher Stufe eine gemahnte Rechnung im Mittel gemahnt wurde. Es zählen Rechnungen der letzten "
            "zwölf vollen Monate; 1 ist die erste Mahnung.",
            en="Up to which level an invoice with a reminder was reminded on average. Covers invoices of the last "
            "twelve full months; 1 is the first reminder.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_REMINDERS,
        history_months=14,
        precision=4,
        measures=("dunned_12m_count", "dunning_levels"),
        expression=pl.col("dunning_levels"),
        denominator=pl.col("dunned_12m_count"),
        needs=(at_least(5, "dunned_12m_count", "invoices with a reminder"),),
        source="AQ-12; mean of the highest level of each invoice that has a reminder, own",
        evidence=(Selection(view=View.DUNNED, where=in_year(), weight=pl.col("level")),),
    ),
    Feature(
        name="receivables_paid_early_share_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="In der Skontofrist bezahlter Anteil", en="Share paid in the discount period"),
        meaning=Text(
            de="Der Anteil der Rechnungen mit Skonto, die in der Skontofrist ganz bezahlt wurden. Es zählen Rechnungen "
            "der letzten zwölf vollen Monate, deren Frist vorbei ist.",
            en="The share of invoices with an early-payment discount that were paid in full within its period. Covers "
            "invoices of the last twelve full months whose period is over.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=14,
        precision=4,
        measures=("discount_offer_count", "paid_early_count"),
        expression=pl.col("paid_early_count"),
        denominator=pl.col("discount_offer_count"),
        needs=(at_least(10, "discount_offer_count", "invoices with a discount"),),
        source="AQ-13; by number, without days of grace, own",
    ),
    Feature(
        name="receivables_part_paid_share_12m_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Anteil nur teilweise bezahlter Rechnungen", en="Share of documents paid in part only"),
        meaning=Text(
            de="Der Anteil der in den letzten zwölf vollen Monaten fälligen Rechnungen, die nur teilweise beglichen "
            "sind. Der Rest ist überfällig oder wurde ausgebucht.",
            en="The share of documents due in the last twelve full months that are settled in part only. The rest is "
            "overdue or was written off.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=18,
        precision=4,
        measures=("part_paid_count", "fell_due_count"),
        expression=pl.col("part_paid_count"),
        denominator=pl.col("fell_due_count"),
        needs=(at_least(20, "fell_due_count", "documents due"),),
        source="AQ-14; by number, own",
        evidence=(Selection(view=View.RECEIVABLES, where=_IS_PART_PAID, weight=pl.col("gross_cents")),),
    ),
    Feature(
        name="receivables_cross_aged_share_v2",
        catalogue=2,
        group=Group.RECEIVABLES,
        unit=Unit.SHARE,
        label=Text(de="Forderungen an säumige Kunden", en="Receivables from delinquent customers"),
        meaning=Text(
            de="Der Anteil der offenen Forderungen an Kunden, deren offener Betrag zu mehr als der Hälfte seit über "
            "60 Tagen überfällig ist.",
            en="The share of open receivables from customers whose open amount is more than half overdue for more "
            "than 60 days.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=4,
        measures=("cross_aged_cents", "open_cents", "debtor_count"),
        expression=pl.col("cross_aged_cents"),
        denominator=pl.col("open_cents"),
        needs=(at_least(5, "debtor_count", "customers who owe something"),),
        source="AQ-15; cross-ageing as in asset-based lending",
        evidence=(Selection(view=View.RECEIVABLES, where=_is_of_cross_aged(), weight=pl.col("open_cents")),),
    ),
)
