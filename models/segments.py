"""Segments of firms: by legal form, age, size and sector. Reports read them, models never do.

Size is the revenue in the books. The others are what the lender knows: ``segments.parquet`` of the dataset folder, or a
table that the lender names.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import polars as pl

from models.dataset import Dataset, DatasetError
from models.outcomes import DECISIONS, FIRMS, SEGMENTS

LEGAL_FORM, AGE, SIZE, SECTOR = "legal form", "age of the firm", "size", "sector"
DIMENSIONS = (LEGAL_FORM, AGE, SIZE, SECTOR)
"""Columns of labels that ``with_segments`` adds."""

UNKNOWN = "unknown"
KNOWN_OF_FIRMS = tuple(name for name in SEGMENTS if name != "borrower")
AGES: Mapping[int, str] = MappingProxyType({3: "under 3 years", 10: "3 to 10 years", 20: "10 to 20 years"})
OLDEST = "20 years or more"
REVENUES: Mapping[int, str] = MappingProxyType(
    {100_000: "under 100,000 EUR", 500_000: "100,000 to 500,000 EUR", 2_000_000: "500,000 to 2 million EUR"}
)
"""Net sales of twelve months; 2 million is where the EU's micro enterprises end."""
LARGEST = "2 million EUR or more"


def revenue_feature(catalogue: str) -> str:
    """The feature that says the size of a firm, in cents."""
    return "revenue_net_12m_cents" if catalogue == "1" else f"revenue_net_12m_cents_v{catalogue}"


def read_segments(dataset: Dataset, file: Path | None = None) -> pl.DataFrame:
    """What is known of firms, one row per borrower as ``training_rows`` numbers them; empty where nothing is.

    Args:
        dataset: A checked folder.
        file: CSV or Parquet with ``borrower`` or ``decision_id`` and any of legal_form, founded_on, sector; None takes
            ``segments.parquet`` of the folder, where it is there.

    Raises:
        DatasetError: the table cannot be read, lacks a column, names a borrower twice, or knows nobody of the dataset.
    """
    path = file or dataset.folder / "segments.parquet"
    if file is None and not path.exists():
        return SEGMENTS.to_frame()
    told = _with_borrower(_read(path), dataset, path)
    missing = [name for name in KNOWN_OF_FIRMS if name not in told.columns]
    if len(missing) == len(KNOWN_OF_FIRMS):
        raise DatasetError(f"{path} has none of {', '.join(KNOWN_OF_FIRMS)}: name the columns so")
    try:
        whole = told.with_columns(pl.lit(None, dtype=SEGMENTS[name]).alias(name) for name in missing)
        if whole["founded_on"].dtype == pl.String:
            whole = whole.with_columns(_day(pl.col("founded_on").str.strip_chars().replace("", None)))
        known = whole.select(pl.col(name).cast(dtype) for name, dtype in SEGMENTS.items())
    except pl.exceptions.PolarsError as error:
        raise DatasetError(
            f"{path}: a cell cannot be read ({str(error).splitlines()[0]}); write borrower as a whole number, "
            "founded_on as 2019-03-31 or 31.03.2019"
        ) from error
    if known["borrower"].is_duplicated().any():
        raise DatasetError(f"{path} names a borrower twice; it needs one row for each")
    if known.join(dataset.spine, on="borrower", how="semi").is_empty():
        raise DatasetError(f"{path} knows no borrower of {dataset.folder}: compare the identifiers")
    return _of_firms(known, dataset)


def with_segments(rows: pl.DataFrame, known: pl.DataFrame, revenue: str | None) -> pl.DataFrame:
    """The rows with one column of labels for each dimension.

    Args:
        rows: As ``training_rows`` gives them, with the feature of the revenue, if there is one.
        known: As ``read_segments`` gives it.
        revenue: Name of the feature of the revenue, in cents; null where the dataset does not have it.
    """
    euro = pl.lit(None, dtype=pl.Float64) if revenue is None else pl.col(revenue) / 100
    years = (pl.col("as_of") - pl.col("founded_on")).dt.total_days() / 365.25
    return (
        rows.join(known, on="borrower", how="left", maintain_order="left")
        .with_columns(
            pl.col("legal_form").str.strip_chars().replace("", None).fill_null(UNKNOWN).alias(LEGAL_FORM),
            _banded(years, AGES, OLDEST).alias(AGE),
            _banded(euro, REVENUES, LARGEST).alias(SIZE),
            pl.col("sector").str.strip_chars().replace("", None).fill_null(UNKNOWN).alias(SECTOR),
        )
        .drop("legal_form", "founded_on")
    )


def in_order(dimension: str, names: list[str]) -> list[str]:
    """Segments of a dimension as people list them: bands from small to large, others by name, the unknown last."""
    bands = [*AGES.values(), OLDEST, *REVENUES.values(), LARGEST]
    key = {name: place for place, name in enumerate(bands)} if dimension in (AGE, SIZE) else {}
    return sorted(names, key=lambda name: (name == UNKNOWN, key.get(name, 0), name))


def _banded(value: pl.Expr, bounds: Mapping[int, str], last: str) -> pl.Expr:
    label = pl.lit(last)
    for bound, name in sorted(bounds.items(), reverse=True):
        label = pl.when(value < bound).then(pl.lit(name)).otherwise(label)
    # A firm that is observed before it was founded, or sells less than nothing, is in no band.
    return pl.when(value.is_null() | (value < 0)).then(pl.lit(UNKNOWN)).otherwise(label)


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            head = file.readline()
        return pl.read_csv(path, infer_schema=False, separator=";" if head.count(";") > head.count(",") else ",")
    except FileNotFoundError as error:
        raise DatasetError(f"{path} does not exist; name a CSV or Parquet file of firms") from error
    except pl.exceptions.PolarsError as error:
        raise DatasetError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from error


def _day(text: pl.Expr) -> pl.Expr:
    """A day as Germans or computers write it; anything else is an error."""
    is_german = text.str.contains(r"^\d{1,2}\.\d{1,2}\.\d{4}$")
    written = pl.when(is_german).then(text.str.replace(r"^(\d+)\.(\d+)\.(\d+)$", "$3-$2-$1")).otherwise(text)
    return written.str.to_date("%Y-%m-%d")


def _with_borrower(told: pl.DataFrame, dataset: Dataset, path: Path) -> pl.DataFrame:
    """A table by decision becomes one by borrower."""
    if "borrower" in told.columns:
        return told
    decisions = dataset.folder / "decisions.parquet"
    if "decision_id" not in told.columns or not decisions.exists():
        raise DatasetError(
            f"{path} has no column borrower, nor decision_id for a dataset of `scoring export`: say which firm a row is"
        )
    named = pl.read_parquet(decisions).select(DECISIONS.names())
    return told.join(named.select("decision_id", "borrower"), on="decision_id", how="inner")


def _of_firms(known: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Where several borrowers are one firm, the newest that is known of it."""
    path = dataset.folder / "firms.parquet"
    if not path.exists():
        return known
    firms = pl.read_parquet(path).select(FIRMS.names())
    newest = dataset.spine.group_by("borrower").agg(pl.col("as_of").max())
    return (
        known.join(firms, on="borrower", how="inner")
        .join(newest, on="borrower", how="left")
        .sort("firm", "as_of", "borrower")
        .group_by("firm", maintain_order=True)
        .agg(pl.col(name).drop_nulls().last() for name in KNOWN_OF_FIRMS)
        .rename({"firm": "borrower"})
    )
