"""Liquidity: money in and out of bank and cash accounts. Transfers between own accounts are neither.

A level (lowest balance, days overdrawn) exists only where a bank confirms the level of every account.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import BANK_LINES, LEVELS, VERIFIED, at_least, bank_days, bank_history, by_name
from features.recognised import DEBT_SERVICE, IS_BELIEVED, PROCEEDS
from features.views import WINDOW_90D, View, in_last_days, in_year

# Conditions that measures share with the evidence of their features, so that it shows what was counted.
_IS_EXTERNAL = ~pl.col("is_internal")
_IS_OUTFLOW = _IS_EXTERNAL & (pl.col("amount_cents") < 0)
_RECENT = in_last_days(WINDOW_90D)
_IS_RETURNED = (pl.col("nature") == "returned_debit") & _RECENT
# Without an upper end: the running month counts, so that yesterday's garnishment is not hidden.
_IS_GARNISHMENT = (pl.col("nature") == "garnishment") & (pl.col("day") >= pl.col("year_day"))
_YEAR = in_year() & _IS_EXTERNAL
_IS_DEBT_SERVICE = pl.col("nature") == "debt_service"
# Financing is not business: neither what the firm repays nor what it was lent or given by its owners.
_IS_OPERATING = (
    _YEAR & ~_IS_DEBT_SERVICE & (pl.col("nature") != "loan_proceeds") & (pl.col("nature") != "owner_contribution")
)


MEASURES = (
    total("inflow_90d_cents", View.BANK, "amount_cents", _RECENT & _IS_EXTERNAL & (pl.col("amount_cents") > 0)),
    total("outflow_90d_cents", View.BANK, -pl.col("amount_cents"), _RECENT & _IS_OUTFLOW),
    count("returned_debit_count", View.BANK, _IS_RETURNED),
    count("garnishment_count", View.BANK, _IS_GARNISHMENT),
    total("operating_surplus_cents", View.BANK, "amount_cents", _IS_OPERATING),
    total("debt_service_cents", View.BANK, -pl.col("amount_cents"), _YEAR & _IS_DEBT_SERVICE),
    Measure(name="minimum_balance_cents", view=View.BALANCE, aggregate=pl.col("level_cents").min(), has_empty=False),
    total("overdraft_days", View.BALANCE, "length_days", pl.col("level_cents") < 0),
    # An account with lines and no known level is null: not verified either.
    count("unverified_count", View.LEVELS, ~pl.col("is_level_verified").fill_null(value=False)),
)

TERMS = (
    Term(
        name="debt_service_12m_cents",
        reads=("debt_service_cents",),
        # More may have been refunded than paid; that is no income.
        expression=pl.col("debt_service_cents").clip(0),
    ),
)


FEATURES = (
    Feature(
        name="liquidity_inflow_outflow_ratio_90d",
        group=Group.LIQUIDITY,
        unit=Unit.RATIO,
        label=Text(de="Zahlungseingänge zu Zahlungsausgängen, 90 Tage", en="Inflow to outflow, 90 days"),
        meaning=Text(
            de="Zahlungseingänge geteilt durch Zahlungsausgänge der letzten 90 Tage, ohne Umbuchungen zwischen "
            "eigenen Konten. Unter 1 ging mehr hinaus als herein.",
            en="Money received divided by money paid in the last 90 days, without transfers between own "
            "accounts. Below 1, more went out than came in.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=BANK_LINES,
        history_months=4,
        precision=4,
        measures=("bank_history_days", "inflow_90d_cents", "outflow_90d_cents"),
        expression=pl.col("inflow_90d_cents"),
        denominator=pl.col("outflow_90d_cents"),
        needs=(bank_days(WINDOW_90D),),
        source="CF-06; account analysis practice",
        evidence=(Selection(view=View.BANK, where=_RECENT & _IS_OUTFLOW, weight=-pl.col("amount_cents")),),
    ),
    Feature(
        name="liquidity_minimum_balance_months_90d",
        group=Group.LIQUIDITY,
        unit=Unit.MONTHS,
        label=Text(de="Niedrigster Kontostand in Monatsausgaben", en="Lowest balance, in months of spending"),
        meaning=Text(
            de="Der niedrigste Tagesendstand aller Konten zusammen in den letzten 90 Tagen, geteilt durch die "
            "mittleren Ausgaben eines Monats. Als solche gilt ein Drittel der Zahlungsausgänge dieser "
            "Tage.",
            en="The lowest end-of-day balance of all accounts together in the last 90 days, divided by average "
            "monthly spending. Monthly spending is one third of the money paid in these days.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=LEVELS,
        history_months=4,
        precision=3,
        measures=("bank_history_days", "unverified_count", "minimum_balance_cents", "outflow_90d_cents"),
        # Over a third of the outflow of 90 days; times 3 instead, so that only one division rounds.
        expression=pl.col("minimum_balance_cents") * 3,
        denominator=pl.col("outflow_90d_cents"),
        needs=(bank_days(WINDOW_90D), VERIFIED),
        source="CF-02; account analysis practice",
    ),
    Feature(
        name="liquidity_overdraft_days_90d",
        group=Group.LIQUIDITY,
        unit=Unit.DAYS,
        label=Text(de="Tage mit Kontostand unter null", en="Days with a balance below zero"),
        meaning=Text(
            de="An wie vielen der letzten 90 Tage der Tagesendstand aller Konten zusammen unter null lag.",
            en="On how many of the last 90 days the end-of-day balance of all accounts together was below zero.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=LEVELS,
        history_months=4,
        precision=0,
        measures=("bank_history_days", "unverified_count", "overdraft_days"),
        expression=pl.col("overdraft_days"),
        needs=(bank_days(WINDOW_90D), VERIFIED),
        source="CF-04; account analysis practice",
    ),
    Feature(
        name="liquidity_returned_debit_count_90d",
        group=Group.LIQUIDITY,
        unit=Unit.COUNT,
        label=Text(de="Rücklastschriften, 90 Tage", en="Returned direct debits, 90 days"),
        meaning=Text(
            de="Wie viele Lastschriften in den letzten 90 Tagen zurückgegeben wurden, eigene und die von Kunden.",
            en="How many direct debits were returned in the last 90 days, the firm's own and those of customers.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=BANK_LINES,
        history_months=4,
        precision=0,
        measures=("bank_history_days", "returned_debit_count"),
        expression=pl.col("returned_debit_count"),
        needs=(bank_days(WINDOW_90D, "returned_debit_count"),),
        source="CF-11; account analysis practice",
        evidence=(Selection(view=View.BANK, where=_IS_RETURNED, weight=pl.col("amount_cents").abs()),),
    ),
    Feature(
        name="liquidity_garnishment_count_12m",
        group=Group.LIQUIDITY,
        unit=Unit.COUNT,
        label=Text(de="Pfändungen", en="Garnishments"),
        meaning=Text(
            de="Wie viele Kontoumsätze der letzten zwölf vollen Monate und des laufenden Monats auf eine "
            "Pfändung hindeuten.",
            en="How many bank transactions of the last twelve full months and the current month suggest a garnishment.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=BANK_LINES,
        history_months=14,
        precision=0,
        measures=("bank_history_months", "garnishment_count"),
        expression=pl.col("garnishment_count"),
        needs=(bank_history(12, "garnishment_count"),),
        source="CF-12; account analysis practice",
        evidence=(Selection(view=View.BANK, where=_IS_GARNISHMENT, weight=pl.col("amount_cents").abs()),),
    ),
    Feature(
        name="liquidity_debt_service_cover_12m",
        group=Group.LIQUIDITY,
        unit=Unit.RATIO,
        label=Text(de="Deckung des bestehenden Schuldendienstes", en="Coverage of existing debt service"),
        meaning=Text(
            de="Wie oft der Überschuss aus dem laufenden Geschäft der letzten zwölf vollen Monate die Raten "
            "bestehender Kredite und Leasingverträge deckt.",
            en="How many times the operating surplus of the last twelve full months covers the instalments of "
            "existing loans and leases.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=BANK_LINES,
        history_months=14,
        precision=4,
        measures=("bank_history_months", "operating_surplus_cents", "debt_service_12m_cents"),
        expression=pl.col("operating_surplus_cents"),
        denominator=pl.col("debt_service_12m_cents"),
        needs=(bank_history(12),),
        source="CF-17; debt service coverage of existing debt",
        evidence=(Selection(view=View.BANK, where=_YEAR & _IS_DEBT_SERVICE, weight=-pl.col("amount_cents")),),
    ),
    Feature(
        name="liquidity_operating_surplus_12m_cents",
        group=Group.LIQUIDITY,
        unit=Unit.CENTS,
        label=Text(de="Überschuss aus dem laufenden Geschäft", en="Operating surplus"),
        meaning=Text(
            de="Zahlungseingänge minus Zahlungsausgänge der letzten zwölf vollen Monate, einschließlich Steuern "
            "und Entnahmen. Ohne Kreditraten, Kreditauszahlungen, Einlagen und Umbuchungen.",
            en="Money received minus money paid in the last twelve full months, including taxes and drawings. "
            "Without loan instalments, loan proceeds, owners' contributions and own transfers.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=BANK_LINES,
        history_months=14,
        precision=0,
        measures=("bank_history_months", "operating_surplus_cents"),
        expression=pl.col("operating_surplus_cents"),
        needs=(bank_history(12),),
        source="CF-17, numerator; input of the policy",
    ),
    Feature(
        name="liquidity_debt_service_12m_cents",
        group=Group.LIQUIDITY,
        unit=Unit.CENTS,
        label=Text(de="Bestehender Schuldendienst", en="Existing debt service"),
        meaning=Text(
            de="Die Summe der Raten für Kredite und Leasing in den letzten zwölf vollen Monaten, abzüglich "
            "Erstattungen.",
            en="The sum of instalments for loans and leases in the last twelve full months, less refunds.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=BANK_LINES,
        history_months=14,
        precision=0,
        measures=("bank_history_months", "debt_service_12m_cents"),
        expression=pl.col("debt_service_12m_cents"),
        needs=(bank_history(12),),
        source="CF-17, denominator; input of the policy",
        evidence=(Selection(view=View.BANK, where=_YEAR & _IS_DEBT_SERVICE, weight=-pl.col("amount_cents")),),
    ),
)


# Catalogue 2: of the views in ``features.recognised``.

_AMOUNT = pl.col("amount_cents")
_RETURNED_2 = (pl.col("category") == "returned_debit") & (_AMOUNT != 0) & _RECENT
_IS_ORDER = (pl.col("category") == "garnishment") & (pl.col("day") >= pl.col("year_day"))
_IS_CERTAIN = pl.col("certainty") == "certain"
_IS_DEBT_SERVICE_2 = pl.col("category").is_in(DEBT_SERVICE)
_IS_OPERATING_2 = _YEAR & IS_BELIEVED & ~_IS_DEBT_SERVICE_2 & ~pl.col("category").is_in(PROCEEDS)
_IS_DRAWN = pl.col("category") == "owner_drawing"
_IS_INSOLVENCY = (pl.col("category") == "insolvency_own") & (pl.col("day") >= pl.col("year_day"))
_COLLECTED = (pl.col("category") == "collected_debit") & _YEAR & pl.col("is_proven")
_CUSTOMER_RETURN = (pl.col("category") == "returned_customer_debit") & (_AMOUNT != 0) & _YEAR

MEASURES_2 = (
    total("inflow_90d_cents", View.BANK, "amount_cents", _RECENT & _IS_EXTERNAL & (_AMOUNT > 0) & pl.col("is_proven")),
    count("returned_debit_count", View.BANK, _RETURNED_2),
    count("garnishment_count", View.BANK, _IS_ORDER & _IS_CERTAIN),
    count("garnishment_suspected_count", View.BANK, _IS_ORDER & ~_IS_CERTAIN),
    count("insolvency_sign_count", View.BANK, _IS_INSOLVENCY),
    total("operating_surplus_cents", View.BANK, "amount_cents", _IS_OPERATING_2),
    total("debt_service_cents", View.BANK, -_AMOUNT, _YEAR & IS_BELIEVED & _IS_DEBT_SERVICE_2),
    total("drawn_12m_cents", View.BANK, -_AMOUNT, _YEAR & IS_BELIEVED & _IS_DRAWN),
    total("collected_debit_cents", View.BANK, "amount_cents", _COLLECTED),
    count("collected_debit_count", View.BANK, _COLLECTED),
    total("customer_return_cents", View.BANK, -_AMOUNT, _CUSTOMER_RETURN),
)

_BY_NAME = by_name(FEATURES)
_SERVICE = (Selection(view=View.BANK, where=_YEAR & _IS_DEBT_SERVICE_2, weight=-_AMOUNT),)
_LINES_2 = BANK_LINES | {Resource.RECOGNITION}

FEATURES_2 = (
    _BY_NAME["liquidity_inflow_outflow_ratio_90d"].again(2),
    _BY_NAME["liquidity_minimum_balance_months_90d"].again(2),
    _BY_NAME["liquidity_overdraft_days_90d"].again(2),
    _BY_NAME["liquidity_returned_debit_count_90d"].again(
        2,
        label=Text(de="Eigene Rücklastschriften, 90 Tage", en="The firm's own returned debits, 90 days"),
        meaning=Text(
            de="Wie viele Lastschriften zulasten des Unternehmens in den letzten 90 Tagen mangels Deckung "
            "zurückgegeben wurden. Das Entgelt der Bank dafür zählt nicht noch einmal.",
            en="How many direct debits on the firm were returned for missing cover in the last 90 days. The bank's "
            "fee for it does not count again.",
        ),
        evidence=(Selection(view=View.BANK, where=_RETURNED_2, weight=_AMOUNT.abs()),),
    ),
    _BY_NAME["liquidity_garnishment_count_12m"].again(
        2,
        meaning=Text(
            de="Wie viele Kontoumsätze der letzten zwölf vollen Monate und des laufenden Monats eine Pfändung beim "
            "Unternehmen belegen. Pfändungen, die es als Gläubiger oder Arbeitgeber betreffen, zählen nicht.",
            en="How many bank transactions of the last twelve full months and the current month show a garnishment "
            "against the firm. Garnishments that concern it as a creditor or employer do not count.",
        ),
        evidence=(Selection(view=View.BANK, where=_IS_ORDER & _IS_CERTAIN, weight=_AMOUNT.abs()),),
    ),
    _BY_NAME["liquidity_debt_service_cover_12m"].again(2, evidence=_SERVICE),
    _BY_NAME["liquidity_operating_surplus_12m_cents"].again(2),
    _BY_NAME["liquidity_debt_service_12m_cents"].again(2, evidence=_SERVICE),
    Feature(
        name="liquidity_drawings_12m_cents_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.CENTS,
        label=Text(de="Entnahmen, 12 Monate", en="Drawings, 12 months"),
        meaning=Text(
            de="Entnahmen und Ausschüttungen der letzten zwölf vollen Monate. Einlagen werden nicht abgezogen.",
            en="Drawings and distributions of the last twelve full months. Contributions are not deducted.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=14,
        precision=0,
        measures=("bank_history_months", "drawn_12m_cents"),
        expression=pl.col("drawn_12m_cents").clip(0),
        needs=(bank_history(12),),
        source="CF-19 in cents; input of the policy",
        evidence=(Selection(view=View.BANK, where=_YEAR & _IS_DRAWN, weight=-_AMOUNT),),
    ),
    Feature(
        name="liquidity_garnishment_suspected_count_12m_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.COUNT,
        label=Text(de="Mögliche Pfändungen", en="Possible garnishments"),
        meaning=Text(
            de="Wie viele Kontoumsätze der letzten zwölf vollen Monate und des laufenden Monats auf eine Pfändung "
            "beim Unternehmen hindeuten, ohne sie zu belegen.",
            en="How many bank transactions of the last twelve full months and the current month hint at a "
            "garnishment against the firm without showing one.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=14,
        precision=0,
        measures=("bank_history_months", "garnishment_suspected_count"),
        expression=pl.col("garnishment_suspected_count"),
        needs=(bank_history(12, "garnishment_suspected_count"),),
        source="CF-12, weak evidence; own",
        evidence=(Selection(view=View.BANK, where=_IS_ORDER & ~_IS_CERTAIN, weight=_AMOUNT.abs()),),
    ),
    Feature(
        name="liquidity_insolvency_sign_count_12m_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.COUNT,
        label=Text(de="Hinweise auf eigene Insolvenz", en="Signs of the firm's own insolvency"),
        meaning=Text(
            de="Wie viele Kontoumsätze der letzten zwölf vollen Monate und des laufenden Monats auf ein "
            "Insolvenzverfahren des Unternehmens hindeuten. Zahlungen aus der Insolvenz eines Kunden zählen nicht.",
            en="How many bank transactions of the last twelve full months and the current month hint at insolvency "
            "proceedings of the firm. Payments out of a customer's insolvency do not count.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=_LINES_2,
        history_months=14,
        precision=0,
        measures=("bank_history_months", "insolvency_sign_count"),
        expression=pl.col("insolvency_sign_count"),
        needs=(bank_history(12, "insolvency_sign_count"),),
        source="own",
        evidence=(Selection(view=View.BANK, where=_IS_INSOLVENCY, weight=_AMOUNT.abs()),),
    ),
    Feature(
        name="liquidity_customer_return_share_12m_v2",
        catalogue=2,
        group=Group.LIQUIDITY,
        unit=Unit.SHARE,
        label=Text(de="Rücklastschriften von Kunden", en="Debits returned by customers"),
        meaning=Text(
            de="Der Anteil der von Kunden eingezogenen Lastschriften der letzten zwölf vollen Monate, nach Betrag, "
            "der zurückgegeben wurde.",
            en="The share of debits collected from customers in the last twelve full months, by amount, that was "
            "returned.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_LINES_2,
        history_months=14,
        precision=4,
        measures=("collected_debit_count", "collected_debit_cents", "customer_return_cents"),
        # What was collected before may be returned since.
        expression=pl.min_horizontal(pl.col("customer_return_cents").clip(0), "collected_debit_cents"),
        denominator=pl.col("collected_debit_cents"),
        needs=(at_least(5, "collected_debit_count", "debits collected"),),
        source="CF-11, customers' returns; own",
        evidence=(Selection(view=View.BANK, where=_CUSTOMER_RETURN, weight=_AMOUNT.abs()),),
    ),
)
