"""A dataset folder on disk to training rows: features by the same ``derive`` as online, and outcomes from repayments.

The folder is described in ``docs/design.md``. Facts are read and derived in chunks of borrowers, so that memory depends
on the chunk and not on the folder.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec
import msgspec.toml
import polars as pl

from features.contracts import LedgerError, check_ledger, validate_spine
from features.derive import derive
from features.feature import Missing
from features.ledger import BANK_DATA, Ledger, Resource
from features.ledger_versions import LedgerVersionError, difference, upgrade, version_of
from features.spine import SPINE
from models.outcomes import DECISIONS, FIRMS, REPAYMENTS, UNLIKELY_TO_PAY, Definition, outcomes
from models.records import DatasetReference
from models.without_bank_data import as_documents_tell

KEY = ["borrower", "as_of"]
BORROWERS_PER_CHUNK = 100

Progress = Callable[[int, int], None]
"""Called with the number of borrowers done, and of all."""


class DatasetError(ValueError):
    """A dataset folder that cannot be trained on; the message names the file and what to change."""


class DefinitionError(ValueError):
    """A file that does not say what counts as bad; the message names the file and the key."""


class DatasetManifest(msgspec.Struct, frozen=True, kw_only=True):
    """``manifest.json`` of a dataset folder."""

    schema: Literal[1, 2]
    kind: Literal["simulated", "observed"]
    end_on: date
    """Last day of the facts."""
    firms: int
    resources: tuple[Resource, ...]
    created_by: str
    description: str
    seed: int | None = None
    ledger: int = 1
    """Version of the ledger that the frames were written as; schema 1 does not name it."""


_NEWEST = 2


class _Numbered(msgspec.Struct, frozen=True):
    schema: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset folder that was checked, with everything but its facts in memory."""

    folder: Path
    manifest: DatasetManifest
    spine: pl.DataFrame
    """Every point that has facts, whether it became a loan or not."""
    repayments: pl.DataFrame
    unlikely_to_pay: pl.DataFrame
    """Empty where the folder does not have the file."""
    sha256: str
    """Over names and contents of all files."""
    bank_data: bool = True
    """False: features are derived as if bank data had not been fetched."""

    @property
    def loans(self) -> pl.DataFrame:
        """The points of the spine that became a loan."""
        return self.spine.join(self.repayments, on=KEY, how="semi", maintain_order="left")

    @property
    def declined(self) -> pl.DataFrame:
        """The points of the spine that became no loan, whoever did not want it."""
        return self.spine.join(self.repayments, on=KEY, how="anti", maintain_order="left")

    @property
    def fetched(self) -> frozenset[Resource]:
        """The resources that features may read."""
        resources = frozenset(self.manifest.resources)
        return resources if self.bank_data else resources - BANK_DATA

    @property
    def reference(self) -> DatasetReference:
        """Which data it is, as records say it."""
        return DatasetReference(
            sha256=self.sha256,
            kind=self.manifest.kind,
            description=self.manifest.description,
            created_by=self.manifest.created_by,
            firms=self.manifest.firms,
            end_on=self.manifest.end_on,
            seed=self.manifest.seed,
        )


def read_points(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The points of a dataset folder, and their decisions where it names them; repayments need not be there yet.

    Raises:
        DatasetError: a file is missing or has another schema.
    """
    _read_manifest(folder / "manifest.json")
    decisions = folder / "decisions.parquet"
    return read_frame(folder / "spine.parquet", SPINE), read_frame(decisions, DECISIONS) if decisions.exists() else None


def has_repayments(folder: Path) -> bool:
    """Whether a dataset folder says what became of any loan.

    Raises:
        DatasetError: the file cannot be read, or has another schema.
    """
    path = folder / "repayments.parquet"
    return path.exists() and not read_frame(path, REPAYMENTS).is_empty()


def read_dataset(folder: Path, *, outcomes_known: bool = True, bank_data: bool = True) -> Dataset:
    """Read and check a dataset folder.

    Args:
        folder: As ``docs/design.md`` describes it.
        outcomes_known: False does not look at repayments, for what needs no outcomes.
        bank_data: False derives features as if bank data had not been fetched.

    Raises:
        DatasetError: a file is missing or has another schema, or a loan is of no point of the spine.
    """
    manifest = _read_manifest(folder / "manifest.json")
    for name, schema in version_of(manifest.ledger).frames.items():
        _check_schema(folder / "ledger" / f"{name}.parquet", schema)
    # Facts stay on disk; spine and repayments have one row per loan and per instalment and fit into memory.
    spine = read_frame(folder / "spine.parquet", SPINE)
    repayments = (
        read_frame(folder / "repayments.parquet", REPAYMENTS) if outcomes_known else pl.DataFrame(schema=REPAYMENTS)
    )
    try:
        validate_spine(spine)
    except LedgerError as error:
        raise DatasetError(f"{folder / 'spine.parquet'}: {error}") from None
    if spine.filter(pl.col("as_of") > manifest.end_on).height:
        raise DatasetError(f"{folder / 'spine.parquet'} looks at days after {manifest.end_on}, the end of the facts")
    if spine.is_empty():
        raise DatasetError(f"{folder / 'spine.parquet'} is empty")
    if outcomes_known:
        _check_repaid(folder, spine, repayments)
    unlikely = folder / "unlikely_to_pay.parquet"
    return Dataset(
        folder=folder,
        manifest=manifest,
        spine=spine.sort(KEY),
        repayments=repayments,
        unlikely_to_pay=read_frame(unlikely, UNLIKELY_TO_PAY) if unlikely.exists() else UNLIKELY_TO_PAY.to_frame(),
        sha256=_digest(folder),
        bank_data=bank_data,
    )


def _check_repaid(folder: Path, spine: pl.DataFrame, repayments: pl.DataFrame) -> None:
    if repayments.is_empty():
        raise DatasetError(
            f"{folder / 'repayments.parquet'} is empty: python -m models outcomes takes what became of loans from a "
            "CSV file; or enter it in the service, then export again (docs/loans.md)"
        )
    loans = repayments.select(KEY).unique()
    if strangers := loans.join(spine, on=KEY, how="anti").height:
        raise DatasetError(
            f"{folder}: {strangers} loans are not in the spine; each (borrower, as_of) of repayments.parquet needs a "
            "row in spine.parquet"
        )


def feature_rows(dataset: Dataset, names: Sequence[str], progress: Progress | None = None) -> pl.DataFrame:
    """Derive features for the whole spine: its columns, and one Float64 per feature (null is missing).

    Raises:
        DatasetError: a feature reads what was never fetched.
    """
    return _derived(dataset, dataset.spine, names, progress)


def training_rows(
    dataset: Dataset, names: Sequence[str], definition: Definition, progress: Progress | None = None
) -> pl.DataFrame:
    """Derive features and join outcomes, for every point of the spine that became a loan.

    Args:
        dataset: A checked folder.
        names: Features to derive.
        definition: What counts as bad.
        progress: Called after each chunk of borrowers.

    Returns:
        ``borrower``, ``as_of``, ``is_reconstructed``, one Float64 per feature (null is missing), then ``outcome`` and
        ``worst_dpd``; sorted by borrower and as_of. Where the folder has ``firms.parquet``, the borrower is the firm,
        and several rows of one day may be of one.

    Raises:
        DatasetError: a feature reads what was never fetched, or ``firms.parquet`` does not fit the spine.
        RepaymentsError: repayments that contradict themselves.
    """
    labels = outcomes(dataset.repayments, definition, dataset.unlikely_to_pay).select(*KEY, "outcome", "worst_dpd")
    return rows_of(dataset, dataset.loans, names, progress, labels)


def declined_rows(dataset: Dataset, names: Sequence[str], progress: Progress | None = None) -> pl.DataFrame:
    """Features of the points that became no loan, as ``training_rows`` has them, without outcomes.

    Raises:
        DatasetError: a feature reads what was never fetched, or ``firms.parquet`` does not fit the spine.
    """
    return rows_of(dataset, dataset.declined, names, progress)


def rows_of(
    dataset: Dataset,
    points: pl.DataFrame,
    names: Sequence[str],
    progress: Progress | None = None,
    labels: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Features of any points, with the firm as the borrower, and with labels by borrower and as_of where given.

    Raises:
        DatasetError: a feature reads what was never fetched, or ``firms.parquet`` does not fit the spine.
    """
    rows = _derived(dataset, points, names, progress)
    return _of_firms(dataset, rows if labels is None else rows.join(labels, on=KEY, how="left", validate="1:1"))


def earlier_rows(
    dataset: Dataset,
    names: Sequence[str],
    *,
    since: date,
    days: int,
    borrowers: int,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Features as they were some days before a loan, under the day of the loan.

    Args:
        dataset: A checked folder.
        names: Features to derive.
        since: Loans from this day on.
        days: How much earlier.
        borrowers: At most so many, those with the lowest numbers.
        progress: Called after each chunk of borrowers.

    Raises:
        DatasetError: a feature reads what was never fetched, or ``firms.parquet`` does not fit the spine.
    """
    loans = dataset.loans.filter(pl.col("as_of") >= since)
    chosen = loans["borrower"].unique().sort().head(borrowers)
    before = loans.filter(pl.col("borrower").is_in(chosen.implode())).with_columns(
        pl.col("as_of").dt.offset_by(f"-{days}d")
    )
    derived = _derived(dataset, before, names, progress)
    return _of_firms(dataset, derived.with_columns(pl.col("as_of").dt.offset_by(f"{days}d")))


def _derived(dataset: Dataset, points: pl.DataFrame, names: Sequence[str], progress: Progress | None) -> pl.DataFrame:
    """Feature values of some points, in chunks of borrowers."""
    borrowers = points["borrower"].unique().sort().to_list()
    parts = [SPINE.to_frame().with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in names)]
    for start in range(0, len(borrowers), BORROWERS_PER_CHUNK):
        chunk = borrowers[start : start + BORROWERS_PER_CHUNK]
        parts.append(_derive_chunk(dataset, points, names, chunk[0], chunk[-1]))
        if progress is not None:
            progress(start + len(chunk), len(borrowers))
    return pl.concat(parts)


def read_firms(dataset: Dataset) -> pl.DataFrame | None:
    """Which borrowers are one firm; None where each is a firm of its own.

    Raises:
        DatasetError: the file has another schema.
    """
    path = dataset.folder / "firms.parquet"
    return read_frame(path, FIRMS) if path.exists() else None


def _of_firms(dataset: Dataset, rows: pl.DataFrame) -> pl.DataFrame:
    firms = read_firms(dataset)
    return (rows if firms is None else _by_firm(rows, firms, dataset.folder / "firms.parquet")).sort(KEY)


def _by_firm(rows: pl.DataFrame, firms: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The rows with the number of the firm as their borrower: several applications of one firm belong together."""
    if firms["borrower"].is_duplicated().any() or (unknown := rows.join(firms, on="borrower", how="anti").height):
        what = "a borrower twice" if firms["borrower"].is_duplicated().any() else f"no firm for {unknown} points"
        raise DatasetError(f"{path} has {what}; it needs one row with its firm for each borrower of spine.parquet")
    return rows.join(firms, on="borrower", how="left").with_columns(pl.col("firm").alias("borrower")).drop("firm")


def cut_off_date(rows: pl.DataFrame, share: float = 0.3) -> date:
    """First day of the out-of-time part: the most recent days that together hold closest to a share of the rows.

    Raises:
        DatasetError: all rows are of one day.
    """
    days = rows.group_by("as_of").len().sort("as_of")
    if days.height < 2:
        raise DatasetError("all rows are of one day; an out-of-time part needs at least two")
    # Without the first day: a cut-off there would leave nothing to train on.
    later = days.with_columns(share=pl.col("len").reverse().cum_sum().reverse() / rows.height)[1:]
    distances = (later["share"] - share).abs()
    first: date = later["as_of"][int(distances.arg_min() or 0)]
    return first


def ledger_of(dataset: Dataset, first: int, last: int) -> Ledger:
    """The facts of the borrowers from first to last.

    Raises:
        DatasetError: they break the contract of the ledger.
    """
    chosen = pl.col("borrower").is_between(first, last)
    facts = dataset.folder / "ledger"
    frames = {
        name: pl.scan_parquet(facts / f"{name}.parquet").filter(chosen).collect()
        for name in version_of(dataset.manifest.ledger).frames
    }
    try:
        ledger = upgrade(frames, frozenset(dataset.manifest.resources), dataset.manifest.ledger)
        check_ledger(ledger)
    except (LedgerVersionError, LedgerError) as error:
        raise DatasetError(f"{facts}, borrowers {first} to {last}: {error}") from error
    return ledger


def _derive_chunk(dataset: Dataset, points: pl.DataFrame, names: Sequence[str], first: int, last: int) -> pl.DataFrame:
    """Feature values of the points of the borrowers from first to last."""
    ledger = ledger_of(dataset, first, last)
    asked = points.filter(pl.col("borrower").is_between(first, last))
    if dataset.bank_data or not ledger.fetched & BANK_DATA:
        rows = derive(ledger, asked, names)
    else:
        rows = derive(*as_documents_tell(ledger, asked), names)
    # A model must not learn from what was not requested: online it would be requested, and have a value.
    for name in names:
        if (rows.causes[name] == Missing.NOT_FETCHED.value).any():
            raise DatasetError(
                f"{name} was not fetched: {dataset.folder / 'manifest.json'} lists "
                f"{sorted(dataset.manifest.resources)}. What nobody asked for is not a missing value; leave the "
                "feature out, or export the dataset with the resources that it reads."
            )
    return asked.select(SPINE.names()).hstack(rows.values.select(names))


def read_definition(path: Path) -> Definition:
    """A definition from a TOML file with the fields of ``Definition`` as keys.

    Raises:
        DefinitionError: a key is missing, unknown, or of the wrong kind, or thresholds are out of order.
        OSError: the file cannot be opened.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Definition)
    except (msgspec.DecodeError, ValueError) as error:
        raise DefinitionError(f"{path}: {error}") from error


def _read_manifest(path: Path) -> DatasetManifest:
    try:
        content = path.read_bytes()
        schema = msgspec.json.decode(content, type=_Numbered).schema
        if schema > _NEWEST:
            raise DatasetError(f"{path}: schema {schema} is of a newer version; this one reads schemas up to {_NEWEST}")
        manifest = msgspec.json.decode(content, type=DatasetManifest)
        version_of(manifest.ledger)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatasetError(f"{path} does not exist; name a dataset folder") from error
    except (msgspec.DecodeError, UnicodeDecodeError, LedgerVersionError) as error:
        raise DatasetError(f"{path}: {error}") from error
    return manifest


def _check_schema(path: Path, schema: pl.Schema) -> None:
    try:
        found = pl.scan_parquet(path).collect_schema()
    except (FileNotFoundError, pl.exceptions.PolarsError) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error
    if differs := difference(found, schema):
        raise DatasetError(f"{path}: {differs}")


def read_frame(path: Path, schema: pl.Schema) -> pl.DataFrame:
    """A file of a dataset folder.

    Raises:
        DatasetError: it cannot be read, or has another schema.
    """
    _check_schema(path, schema)
    return pl.read_parquet(path).select(schema.names())


def _digest(folder: Path) -> str:
    """SHA-256 over the names and digests of all files, in order of name."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()
