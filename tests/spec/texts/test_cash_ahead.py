"""What cash does ahead, in sentences: literal, in both languages."""

from datetime import date

import msgspec

from forecast.cash import Case, Kind
from scoring.decisions.cash_ahead import CashAhead, CashCase, CashDay, CashLine
from scoring.texts.cash_ahead import CASES, KINDS, say_cash_ahead

WORST = date(2026, 10, 12)
DAY = CashDay(day=WORST, low_cents=-1_200_000, median_cents=345_600, high_cents=2_000_000, below_zero=0.31)
LINE = CashLine(days=(DAY,), worst_on=WORST, days_below_zero=0, gap=0.31)
FOUND = CashAhead(
    cause=None,
    level_cents=500_000,
    instalment_cents=176_298,
    first_due_on=date(2026, 10, 30),
    foreseen_months=12,
    cases=(CashCase(case=Case.EXPECTED, without_loan=msgspec.structs.replace(LINE, gap=0.124), with_instalment=LINE),),
)


def test_every_case_and_every_kind_has_a_name() -> None:
    """In both languages."""
    assert set(CASES) == set(Case)
    assert set(KINDS) == set(Kind)


def test_the_risk_and_the_worst_day_are_said() -> None:
    """With the instalment and without, and what is not counted on."""
    said = say_cash_ahead(FOUND)
    assert said.de == (
        "Mit der Rate von 1.763 € im Monat endet der Tag mit dem höchsten Risiko mit einer Wahrscheinlichkeit von"
        " 31,0 % im Minus, ohne das Darlehen mit 12,4 %. Am niedrigsten ist der mittlere Stand mit der Rate am"
        " 12.10.2026: 3.456 € (mit 80 % Wahrscheinlichkeit zwischen -12.000 € und 20.000 €). Der ausgezahlte Betrag"
        " gilt als sofort für seinen Zweck ausgegeben; neue Kredite, Einlagen und Zuschüsse sind nicht eingerechnet."
    )
    assert said.en.startswith(
        "With the instalment of €1,763 a month, the day at highest risk ends below zero with a probability of 31.0%;"
        " without the loan, of 12.4%. With the instalment the median is lowest on 12 October 2026: €3,456 (between"
    )


def test_without_a_level_changes_are_said_and_no_risk() -> None:
    """And why."""
    day = msgspec.structs.replace(DAY, below_zero=None)
    line = CashLine(days=(day,), worst_on=WORST, days_below_zero=None, gap=None)
    case = CashCase(case=Case.EXPECTED, without_loan=line, with_instalment=line)
    said = say_cash_ahead(
        msgspec.structs.replace(FOUND, cause="balance_level_unverified", level_cents=None, cases=(case,))
    )
    assert said.en.startswith("The amounts are changes since the day of observation, no levels, because ")
    assert "below zero" not in said.en
    assert "im Minus" not in said.de


def test_why_nothing_is_said() -> None:
    """Too few documents."""
    said = say_cash_ahead(msgspec.structs.replace(FOUND, cause="too_few_documents", level_cents=None, cases=()))
    assert said.de == "Es gibt keine Liquiditätsvorschau, weil es dafür zu wenige Belege gibt."
    assert said.en == "There is no look ahead at cash, because there are too few documents."
