from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks import default_process
from benchmarks.population import Population, invoices_of, payment_lines, population
from models.dataset import read_dataset
from models.outcomes import Definition, outcomes
from sandbox.firms.simulation import simulate_firm
from sandbox.portfolio.folder import write_portfolio
from sandbox.portfolio.ledger_schemas import LEDGER

END = date(2026, 6, 30)
MONDAY = date(2026, 1, 19)
ISSUED = MONDAY - timedelta(days=14)
SATURDAY = MONDAY - timedelta(days=2)


def _later(days: int) -> date:
    return MONDAY + timedelta(days=days)


def _invoice(number: int, due: date = MONDAY) -> tuple[Any, ...]:
    terms = (ISSUED, due, False, None)
    copy, sold, retained = (False, None), None, (0, None, None)
    return 0, "invoice", number, 5, *terms, 10_000, 10_000, ISSUED, None, *copy, sold, *retained


def _payment(number: int, cents: int, on: date) -> tuple[Any, ...]:
    return 0, "invoice", number, 1, cents, "bank", True, on, on


INVOICES = [
    *(_invoice(number, SATURDAY if number in {2, 3} else MONDAY) for number in range(1, 10)),
    _invoice(10, END - timedelta(days=89)),
]
PAYMENTS = [
    _payment(1, 10_000, MONDAY),
    _payment(2, 10_000, MONDAY),
    _payment(3, 10_000, _later(1)),
    _payment(5, 4_000, MONDAY),
    _payment(7, 10_000, MONDAY), _payment(7, -10_000, _later(2)), _payment(7, 10_000, _later(15)),
    _payment(9, 9_800, _later(-7)),
]  # fmt: skip
ROWS: dict[str, list[tuple[Any, ...]]] = {
    "invoices": INVOICES,
    "closings": [
        *PAYMENTS,
        (0, "invoice", 4, 1, 10_000, "clearing", True, _later(200), _later(200)),
        (0, "invoice", 9, None, 200, "discount", True, _later(-7), _later(-7)),
    ],
    "cancellations": [(0, 100, 6, ISSUED, ISSUED)],
    "credit_notes": [(0, 200, 8, 5, ISSUED, 10_000, 10_000, ISSUED)],
    "reminders": [(0, 300 + level, 7, level, _later(12), _later(12)) for level in (1, 2)],
}


@pytest.fixture
def invoices(tmp_path: Path) -> pl.DataFrame:
    """Ten invoices of one firm, those that are looked at."""
    (tmp_path / "ledger").mkdir()
    for name, rows in ROWS.items():
        known = dict(list(LEDGER[name].items())[: len(rows[0])])  # the last columns play no part here
        frame = pl.DataFrame(rows, schema=known, orient="row")
        frame.write_parquet(tmp_path / "ledger" / f"{name}.parquet")
    firms = pl.DataFrame({"borrower": [0], "ended_on": [END], "legal_form": ["ug"]})
    dataset = type("Dataset", (), {"folder": tmp_path})()
    return invoices_of(Population(dataset=dataset, firms=firms)).sort("document_id")


def test_what_became_of_an_invoice(invoices: pl.DataFrame) -> None:
    """Due on a Saturday, it may be paid on Monday; returned debits, parts and write-offs do not pay it.

    Left aside are the cancelled (6), the credited in full (8), and those due in the last 90 days (10).
    """
    found = invoices.with_columns(late=pl.when("is_paid").then("late")).select("document_id", "is_paid", "late").rows()
    assert found == [
        (1, True, 0),
        (2, True, 0),
        (3, True, 1),
        (4, False, None),
        (5, False, None),
        (7, True, 15),
        (9, True, -7),
    ]


def test_shares_are_of_what_was_looked_at(invoices: pl.DataFrame) -> None:
    """Two of seven late, one of these by more than a week; of 70,000 cents 10,000 and 6,000 lost."""
    lines = dict(payment_lines(invoices))
    assert lines["invoices looked at"] == "7"
    assert lines["paid after the due day"] == "28.6 %"
    assert lines["paid more than 7 days after it"] == "14.3 %"
    assert lines["not paid in full"] == "28.6 %"
    assert lines["days late, of the late"] == "4, 8, 12; mean 8.0"
    assert lines["lost, by amount: written off or open"] == "22.9 %"
    assert lines["invoices with a reminder"] == "14.3 %"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty firms, written."""
    folder = tmp_path_factory.mktemp("population") / "dataset"
    write_portfolio(folder, firms=40, seed=2, end_on=END)
    return folder


def test_the_end_of_a_firm_is_seen_in_its_accounts(dataset: Path) -> None:
    """Firms whose accounts fall silent are those that died in the simulation, and no other."""
    firms = population(read_dataset(dataset), 2).firms
    died = [simulate_firm(2, number, END)[1].died_on for number in range(40)]
    assert sum(day is not None for day in died) >= 2
    assert firms["is_insolvent"].to_list() == [day is not None for day in died]


def test_the_portfolio_as_it_is_has_the_outcomes_of_its_dataset(dataset: Path) -> None:
    """Nothing switched off: the same loans end the same way as in the folder that is written."""
    as_it_is = default_process.variants(dict.fromkeys(default_process.AVERAGED, 0.1))[0]
    loans = default_process.scored(2, 0, 40, END, as_it_is)
    expected = outcomes(read_dataset(dataset).repayments, Definition.crr_178())
    key = ["borrower", "as_of", "outcome"]
    assert loans.select(key).sort(key).equals(expected.select(key).sort(key))


def test_switching_off_what_happens_after_the_grant_leaves_the_scores() -> None:
    """Luck after the grant is in no books: the same scores, and fewer bads."""
    as_it_is, *others = default_process.variants(dict.fromkeys(default_process.AVERAGED, 0.1))
    (lucky,) = (variant for variant in others if set(variant.changes) == {"misfortune", "walks_away"})
    before, after = (default_process.scored(2, 0, 40, END, variant) for variant in (as_it_is, lucky))
    assert before.drop("outcome").equals(after.drop("outcome"))
    assert (after["outcome"] == "bad").sum() < (before["outcome"] == "bad").sum()


def test_draws_weigh_firms() -> None:
    """A draw that has only the second firm, twice, gives its rate and its ranking."""
    loans = pl.DataFrame(
        {
            "borrower": [0, 0, 1, 1, 1],
            "score": [600.0, 500.0, 400.0, 450.0, 700.0],
            "outcome": ["good", "good", "bad", "good", "indeterminate"],
        }
    )
    found = default_process.figures_of(loans, [np.array([0.0, 2.0])])
    assert (found.loans, found.rate, found.auc) == (5, pytest.approx(0.2), 1.0)
    assert found.rates.tolist() == [pytest.approx(1 / 3)]
    assert found.aucs.tolist() == [1.0]
