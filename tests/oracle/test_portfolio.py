"""Aggregates of a whole portfolio a second time: by DuckDB, from the Parquet files, as ``portfolio.sql`` says."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from features.derive import CATALOGUE, derive
from features.feature import Feature, Missing
from models.dataset import ledger_of, read_dataset
from sandbox.portfolio.folder import write_portfolio

SQL = Path(__file__).with_name("portfolio.sql").read_text()
KEY = ["borrower", "as_of"]
FIRMS = 80


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated firms, some of them with copies, uploaded statements, own transfers and invented sales."""
    folder = tmp_path_factory.mktemp("portfolio") / "dataset"
    write_portfolio(folder, firms=FIRMS, seed=2, end_on=date(2026, 11, 23), jobs=1)
    return folder


def test_duckdb_and_the_product_agree_on_a_portfolio(portfolio: Path) -> None:
    """Value by value, null for null; whether sales have a history takes more than SQL has here."""
    dataset = read_dataset(portfolio)
    relation = duckdb.sql(SQL.format(ledger=portfolio / "ledger", spine=portfolio / "spine.parquet"))
    asked, names = relation.fetchall(), [name for name in relation.columns if name not in KEY]
    spine = dataset.spine
    found = derive(ledger_of(dataset, spine["borrower"][0], spine["borrower"][-1]), spine, names)
    values, causes = (frame.sort(KEY).select(*KEY, *names).rows() for frame in (found.values, found.causes))
    assert [row[:2] for row in asked] == [row[:2] for row in values]
    assert len(asked) > 5 * FIRMS
    for column, name in enumerate(names, len(KEY)):
        differing = [
            (*row[: len(KEY)], row[column], exact[column])
            for exact, row, cause in zip(asked, values, causes, strict=True)
            if not _agree(exact[column], row[column], CATALOGUE[name])
            and not (name.startswith("customers") and cause[column] == Missing.TOO_LITTLE_HISTORY)
        ]
        assert differing == [], name
        assert len({row[column] for row in values} - {None}) > 1


def _agree(exact: float | None, value: float | None, feature: Feature) -> bool:
    if exact is None or value is None:
        return exact is value
    # Half a unit of the last decimal, and what a double has of it.
    return abs(float(exact) - value) <= 0.5 * 10.0**-feature.precision * (1 + 1e-9)
