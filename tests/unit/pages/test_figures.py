"""What figures say in words, and their tables: a reader without eyes for charts misses nothing."""

from datetime import date

import msgspec

from features.history import Age, Balance, BalanceStretch, DelayMonth, History, RevenueMonth
from scoring.pages.figures import Figure, figures_of
from scoring.pages.formats import Formats

EN = Formats("en")
HISTORY = History(
    ages=(
        Age(from_days=0, to_days=0, open_cents=300_00, count=2),
        Age(from_days=1, to_days=30, open_cents=100_00, count=1),
        Age(from_days=91, to_days=None, open_cents=0, count=0),
    ),
    revenue=(
        RevenueMonth(month=date(2026, 1, 1), net_cents=1000_00),
        RevenueMonth(month=date(2026, 2, 1), net_cents=250_00),
    ),
    delays=(
        DelayMonth(month=date(2026, 1, 1), count=3, delay_days=12.5),
        DelayMonth(month=date(2026, 2, 1), count=0, delay_days=None),
    ),
    balance=Balance(
        is_confirmed=True,
        stretches=(
            BalanceStretch(first_on=date(2026, 1, 20), last_on=date(2026, 2, 2), level_cents=500_00),
            BalanceStretch(first_on=date(2026, 2, 3), last_on=date(2026, 2, 5), level_cents=-40_00),
        ),
    ),
)


def told(history: History) -> dict[str, Figure]:
    """Figures by their identifier, without the spaces that do not break."""
    return {
        figure.id: msgspec.structs.replace(
            figure,
            summary=figure.summary.replace("\N{NO-BREAK SPACE}", " "),
            rows=tuple(tuple(cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row) for row in figure.rows),
        )
        for figure in figures_of(history, EN)
    }


def test_each_figure_says_what_it_shows() -> None:
    """In a sentence, from the numbers of the chart."""
    minus = "\N{MINUS SIGN}"
    assert {name: figure.summary for name, figure in told(HISTORY).items()} == {
        "ages": "€400 are open; of these €100 (25.0%) are overdue.",
        "delays": "Latest median delay 12.5 days, highest in Jan 2026 with 12.5 days. What is open counts with the"
        " days since it was due.",
        "revenue": "Highest month Jan 2026 with €1,000, lowest Feb 2026 with €250, latest €250.",
        "balance": f"Latest {minus}€40, lowest {minus}€40 on 3 Feb 2026; days below zero: 3.",
    }


def test_each_figure_has_its_table() -> None:
    """Row by row what the chart draws; the balance by month with its end and its lowest level."""
    minus = "\N{MINUS SIGN}"
    assert {name: figure.rows for name, figure in told(HISTORY).items()} == {
        "ages": (("not due", "€300.00", "2"), ("1\N{EN DASH}30", "€100.00", "1"), ("91+", "€0.00", "0")),
        "delays": (("Jan 2026", "12.5 days", "3"), ("Feb 2026", "\N{EN DASH}", "0")),
        "revenue": (("Jan 2026", "€1,000.00"), ("Feb 2026", "€250.00")),
        "balance": (("Jan 2026", "€500.00", "€500.00"), ("Feb 2026", f"{minus}€40.00", f"{minus}€40.00")),
    }


def test_a_level_that_no_bank_confirms_is_not_told_as_one() -> None:
    """Only its change is."""
    assert HISTORY.balance is not None
    unsure = msgspec.structs.replace(HISTORY.balance, is_confirmed=False)
    summary = told(msgspec.structs.replace(HISTORY, balance=unsure))["balance"].summary
    assert summary.startswith("The bank does not confirm the level")
    assert summary.endswith("Change over the period: \N{MINUS SIGN}€540.")


def test_nothing_to_draw_is_said() -> None:
    """An empty series and one that was never fetched differ."""
    empty = told(History(ages=(), revenue=(), delays=(), balance=Balance(is_confirmed=False, stretches=())))
    unknown = told(History(ages=None, revenue=None, delays=None, balance=None))
    assert all(figure.chart is None for figure in (*empty.values(), *unknown.values()))
    assert empty["revenue"].summary == "There is no full month with revenue."
    assert {figure.summary for figure in unknown.values()} == {"These data were not requested for the decision."}
