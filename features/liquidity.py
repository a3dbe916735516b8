"""Liquidity: money in and out of bank and cash accounts. Transfers between own accounts are neither.

A level (lowest balance, days overdrawn) exists only where a bank confirms the level of every account.
"""

import polars as pl

from features.feature import Actionable, Feature, Group, Missing, Need, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import BANK_LINES, bank_days, bank_history
from features.views import WINDOW_90D, View, in_last_days, in_year

_LEVELS = BANK_LINES | {Resource.BALANCES}

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


_VERIFIED = Need(
    holds=pl.col("unverified_count") == 0,
    cause=Missing.BALANCE_LEVEL_UNVERIFIED,
    text="every level confirmed by the bank",
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
        resources=_LEVELS,
        history_months=4,
        precision=3,
        measures=("bank_history_days", "unverified_count", "minimum_balance_cents", "outflow_90d_cents"),
        # Over a third of the outflow of 90 days; times 3 instead, so that only one division rounds.
        expression=pl.col("minimum_balance_cents") * 3,
        denominator=pl.col("outflow_90d_cents"),
        needs=(bank_days(WINDOW_90D), _VERIFIED),
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
        resources=_LEVELS,
        history_months=4,
        precision=0,
        measures=("bank_history_days", "unverified_count", "overdraft_days"),
        expression=pl.col("overdraft_days"),
        needs=(bank_days(WINDOW_90D), _VERIFIED),
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
