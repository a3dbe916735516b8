"""How carefully books are kept, catalogue 2: what is booked, locked, numbered, described and filed.

Flags that lead to questions and to a person, never into a score.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Missing, Need, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import BANK_LINES, at_least
from features.views import View, in_year, in_year_to_date

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()

_MARKS = frozenset({Resource.MARKS, Resource.RECOGNITION})
_MARKED_INVOICES = _MARKS | {Resource.INVOICES}
_AMOUNT, _GROSS = pl.col("amount_cents"), pl.col("gross_cents")
_YEAR = in_year()
_DAYS_OLD = pl.col("as_of_day") - pl.col("day")
GRACE_DAYS = 30
"""Days that a firm has to work on a bank line."""
OLD_DAYS = 90
MONTHS = 12
FEWEST_MONTHS = 3
_IS_YOUNG_LINE = (_DAYS_OLD > GRACE_DAYS) & (_DAYS_OLD <= OLD_DAYS)
_IS_OLD_LINE = _YEAR & (_DAYS_OLD > OLD_DAYS)
_IS_UNBOOKED = pl.col("is_unbooked") & (_AMOUNT != 0)
_IS_SENT = _YEAR & ~pl.col("is_void")
_IS_UNLOCKED = _IS_SENT & ~pl.col("is_locked")
_IS_EDITED = _IS_SENT & pl.col("is_edited")
_IS_WORDLESS = _IS_SENT & pl.col("is_wordless")
_HAS_KNOWN_SCAN = _YEAR & pl.col("has_scan").is_not_null()
_IS_SCANLESS = _YEAR & ~pl.col("has_scan")
_IS_BLANK_BILL = _YEAR & pl.col("is_blank")

MEASURES_2 = (
    total("young_lines_cents", View.MARKED_LINES, _AMOUNT.abs(), _IS_YOUNG_LINE),
    total("young_unbooked_cents", View.MARKED_LINES, _AMOUNT.abs(), _IS_YOUNG_LINE & _IS_UNBOOKED),
    total("old_lines_cents", View.MARKED_LINES, _AMOUNT.abs(), _IS_OLD_LINE),
    total("old_unbooked_cents", View.MARKED_LINES, _AMOUNT.abs(), _IS_OLD_LINE & _IS_UNBOOKED),
    count("young_line_count", View.MARKED_LINES, _IS_YOUNG_LINE),
    count("old_line_count", View.MARKED_LINES, _IS_OLD_LINE),
    count("sent_invoice_count", View.MARKS, _IS_SENT),
    count("locked_invoice_count", View.MARKS, _IS_SENT & pl.col("is_locked")),
    count("edited_invoice_count", View.EDITS, _IS_EDITED),
    count("wordless_invoice_count", View.WORDLESS, _IS_WORDLESS),
    Measure(name="numbered_count", view=View.NUMBERS, aggregate=pl.len()),
    Measure(name="missing_number_count", view=View.NUMBERS, aggregate=pl.col("gap").sum()),
    count("cancellation_count", View.CANCELLATIONS, in_year_to_date()),
    count("marked_bill_count", View.MARKED_BILLS, _YEAR),
    total("marked_bills_cents", View.MARKED_BILLS, _GROSS.abs(), _HAS_KNOWN_SCAN),
    total("scanless_bills_cents", View.MARKED_BILLS, _GROSS.abs(), _IS_SCANLESS),
    count("blank_bill_count", View.MARKED_BILLS, _IS_BLANK_BILL),
    Measure(
        name="newest_closed_age",
        view=View.CLOSED_MONTHS,
        aggregate=pl.col("age").filter(pl.col("is_closed") & (pl.col("age") >= 0)).min(),
        has_empty=False,
    ),
    count("months_with_facts", View.CLOSED_MONTHS, pl.col("age").is_between(0, MONTHS - 1)),
)

TERMS_2 = (
    # A cancellation takes a number of the same series, and no invoice has it.
    Term(
        name="number_gap_count",
        reads=("missing_number_count", "cancellation_count"),
        expression=(pl.col("missing_number_count") - pl.col("cancellation_count")).clip(0),
    ),
)

FEATURES_2 = (
    Feature(
        name="trust_unbooked_share_31_90d_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Nicht gebuchte Umsätze, 31 bis 90 Tage alt", en="Unbooked transactions, 31 to 90 days old"),
        meaning=Text(
            de="Der Anteil der 31 bis 90 Tage alten Kontoumsätze, nach Betrag, die noch nicht gebucht sind. "
            "Umbuchungen zwischen eigenen Konten und Kassen zählen nicht.",
            en="The share of bank transactions 31 to 90 days old, by amount, that are not booked yet. Transfers "
            "between own accounts and cash registers do not count.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=BANK_LINES | _MARKS,
        history_months=4,
        precision=4,
        measures=("young_unbooked_cents", "young_lines_cents", "young_line_count"),
        expression=pl.col("young_unbooked_cents"),
        denominator=pl.col("young_lines_cents"),
        needs=(at_least(10, "young_line_count", "bank transactions of these days"),),
        source="DQ-07; by age of the line; own",
        reconstructable=False,
        evidence=(Selection(view=View.MARKED_LINES, where=_IS_YOUNG_LINE & _IS_UNBOOKED, weight=_AMOUNT.abs()),),
    ),
    Feature(
        name="trust_unbooked_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Nicht gebuchte Umsätze, älter als 90 Tage", en="Unbooked transactions, older than 90 days"),
        meaning=Text(
            de="Der Anteil der über 90 Tage alten Kontoumsätze, nach Betrag, die noch nicht gebucht sind. Es zählen "
            "die letzten zwölf vollen Monate, ohne Umbuchungen zwischen eigenen Konten und Kassen.",
            en="The share of bank transactions more than 90 days old, by amount, that are not booked yet. Covers the "
            "last twelve full months, without transfers between own accounts and cash registers.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=BANK_LINES | _MARKS,
        history_months=14,
        precision=4,
        measures=("old_unbooked_cents", "old_lines_cents", "old_line_count"),
        expression=pl.col("old_unbooked_cents"),
        denominator=pl.col("old_lines_cents"),
        needs=(at_least(20, "old_line_count", "bank transactions of these days"),),
        source="DQ-07; by age of the line; own",
        reconstructable=False,
        evidence=(Selection(view=View.MARKED_LINES, where=_IS_OLD_LINE & _IS_UNBOOKED, weight=_AMOUNT.abs()),),
    ),
    Feature(
        name="trust_locked_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Festgeschriebene Rechnungen", en="Locked invoices"),
        meaning=Text(
            de="Der Anteil festgeschriebener Rechnungen der letzten zwölf vollen Monate, ohne stornierte. Was "
            "festgeschrieben ist, lässt sich nicht mehr unbemerkt ändern.",
            en="The share of locked invoices of the last twelve full months, without cancelled ones. What is locked "
            "cannot be changed unnoticed any more.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.NOW,
        resources=_MARKED_INVOICES,
        history_months=14,
        precision=4,
        measures=("locked_invoice_count", "sent_invoice_count"),
        expression=pl.col("locked_invoice_count"),
        denominator=pl.col("sent_invoice_count"),
        needs=(at_least(5, "sent_invoice_count", "invoices"),),
        source="DQ-08; GoBD: entries must not be changed so that they can no longer be told",
        evidence=(Selection(view=View.MARKS, where=_IS_UNLOCKED, weight=_GROSS.abs()),),
    ),
    Feature(
        name="trust_edited_invoice_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Nach dem Versand geänderte Rechnungen", en="Invoices changed after they were sent"),
        meaning=Text(
            de="Der Anteil der Rechnungen der letzten zwölf vollen Monate, die nach dem Versand geändert wurden. "
            "Zahlungen, Mahnungen, Gutschriften und erneuter Versand erklären eine Änderung.",
            en="The share of invoices of the last twelve full months that were changed after they were sent. "
            "Payments, reminders, credit notes and a new sending explain a change.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=_MARKED_INVOICES | {Resource.REMINDERS, Resource.CREDIT_NOTES, Resource.PAYMENT_LOG} | BANK_LINES,
        history_months=14,
        precision=4,
        measures=("edited_invoice_count", "sent_invoice_count"),
        expression=pl.col("edited_invoice_count"),
        denominator=pl.col("sent_invoice_count"),
        needs=(at_least(20, "sent_invoice_count", "invoices"),),
        source="DQ-09; the books keep the day of the last change alone; own",
        reconstructable=False,
        evidence=(Selection(view=View.EDITS, where=_IS_EDITED, weight=_GROSS.abs()),),
    ),
    Feature(
        name="trust_number_gap_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Fehlende Rechnungsnummern", en="Missing invoice numbers"),
        meaning=Text(
            de="Der Anteil der Nummern zwischen den Rechnungen eines Nummernkreises, die kein Beleg trägt. Es zählen "
            "die letzten zwölf vollen Monate und die Tage seither.",
            en="The share of numbers between the invoices of one series that no document has. Covers the last twelve "
            "full months and the days since.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=_MARKED_INVOICES,
        history_months=14,
        precision=4,
        measures=("number_gap_count", "numbered_count"),
        expression=pl.col("number_gap_count"),
        denominator=pl.col("number_gap_count") + pl.col("numbered_count"),
        needs=(at_least(20, "numbered_count", "numbered invoices"),),
        source="DQ-11; own: steps of more than 50 numbers begin another series",
        evidence=(Selection(view=View.NUMBERS, where=pl.col("gap") > 0, weight=pl.col("gap")),),
    ),
    Feature(
        name="trust_wordless_invoice_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Rechnungen ohne Leistungsbeschreibung", en="Invoices that do not say what was sold"),
        meaning=Text(
            de="Der Anteil der Rechnungen der letzten zwölf vollen Monate, auf denen weder Texte noch Positionen "
            "sagen, was verkauft wurde.",
            en="The share of invoices of the last twelve full months on which neither texts nor positions say what "
            "was sold.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=_MARKED_INVOICES | {Resource.POSITIONS},
        history_months=14,
        precision=4,
        measures=("wordless_invoice_count", "sent_invoice_count"),
        expression=pl.col("wordless_invoice_count"),
        denominator=pl.col("sent_invoice_count"),
        needs=(at_least(20, "sent_invoice_count", "invoices"),),
        source="DQ-16; § 14(4) no. 5 UStG asks for the kind of what was sold",
        evidence=(Selection(view=View.WORDLESS, where=_IS_WORDLESS, weight=_GROSS.abs()),),
    ),
    Feature(
        name="trust_blank_bill_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Eingangsrechnungen ohne Nummer", en="Bills without a number"),
        meaning=Text(
            de="Der Anteil der Eingangsrechnungen der letzten zwölf vollen Monate, die in der Buchhaltung weder "
            "Nummer noch Beschreibung haben.",
            en="The share of bills of the last twelve full months that have neither a number nor a description in the "
            "books.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_MARKS | {Resource.VOUCHERS},
        history_months=14,
        precision=4,
        measures=("blank_bill_count", "marked_bill_count"),
        expression=pl.col("blank_bill_count"),
        denominator=pl.col("marked_bill_count"),
        needs=(at_least(10, "marked_bill_count", "bills"),),
        source="DQ-16; own",
        evidence=(Selection(view=View.MARKED_BILLS, where=_IS_BLANK_BILL, weight=_GROSS.abs()),),
    ),
    Feature(
        name="trust_missing_scan_share_12m_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.SHARE,
        label=Text(de="Eingangsrechnungen ohne Beleg", en="Bills without the document"),
        meaning=Text(
            de="Der Anteil der Eingangsrechnungen der letzten zwölf vollen Monate, nach Betrag, zu denen in der "
            "Buchhaltung kein Beleg abgelegt ist.",
            en="The share of bills of the last twelve full months, by amount, whose document is not filed in the "
            "books.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_MARKS | {Resource.VOUCHERS},
        history_months=14,
        precision=4,
        measures=("scanless_bills_cents", "marked_bills_cents", "marked_bill_count"),
        expression=pl.col("scanless_bills_cents"),
        denominator=pl.col("marked_bills_cents"),
        needs=(at_least(10, "marked_bill_count", "bills"),),
        source="DQ-26; GoBD: no booking without a document",
        reconstructable=False,
        evidence=(Selection(view=View.MARKED_BILLS, where=_IS_SCANLESS, weight=_GROSS.abs()),),
    ),
    Feature(
        name="trust_closed_books_age_months_v2",
        catalogue=2,
        group=Group.TRUST,
        unit=Unit.MONTHS,
        label=Text(de="Abstand zum letzten abgeschlossenen Monat", en="Age of the last closed month"),
        meaning=Text(
            de="Volle Monate seit dem letzten, in dem alle Kontoumsätze gebucht und alle Rechnungen festgeschrieben "
            "sind. Höchstens 12.",
            en="Full months since the last one in which all bank transactions are booked and all invoices locked. At "
            "most 12.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NOW,
        resources=_MARKED_INVOICES | BANK_LINES,
        history_months=14,
        precision=0,
        measures=("newest_closed_age", "months_with_facts"),
        expression=pl.min_horizontal(pl.col("newest_closed_age").fill_null(MONTHS), MONTHS),
        needs=(
            Need(
                holds=pl.col("months_with_facts") >= FEWEST_MONTHS,
                cause=Missing.TOO_LITTLE_HISTORY,
                text=f"{FEWEST_MONTHS} months with bank transactions or invoices",
            ),
        ),
        source="DQ-24; closed-books month",
        reconstructable=False,
    ),
)
