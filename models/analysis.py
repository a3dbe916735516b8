"""The commands that train, compare, validate and draw: they need the packages of requirements-analysis.lock."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from features.derive import CATALOGUE, CATALOGUE_VERSION, is_fetched
from features.feature import Feature
from models.candidates import NOT_IN_DATASET, candidate_features
from models.card import (
    CONTENDER_HEAD,
    NOT_BINNED_HEAD,
    REJECTS_HEAD,
    Reported,
    contender_rows,
    gate_text,
    model_card,
    not_binned_rows,
    rejects_rows,
    verdict_text,
)
from models.compare import check_comparable, compare
from models.dataset import (
    Dataset,
    DatasetError,
    declined_rows,
    has_repayments,
    read_dataset,
    read_definition,
    read_points,
    training_rows,
)
from models.dataset import Progress as DerivedProgress
from models.outcome_tables import HEAD, by_definition, by_quarter
from models.outcomes import LOAN, Definition, outcomes
from models.records import (
    CARD,
    COMPARISON,
    ESTIMATOR,
    EXPERT,
    INDEX,
    INDEX_TITLE,
    MANIFEST,
    REPORT,
    SCORECARD,
    TRAINING,
    VALIDATION,
    Comparison,
    EstimatorKind,
    RejectMethod,
    TrainingRecord,
    Validation,
    to_json,
)
from models.registry import (
    ARTIFACTS,
    CandidateError,
    OutputError,
    Registry,
    open_registry,
    read_record,
    read_validation,
)
from models.repayments_file import HEADINGS, DecimalSign, RepaymentsFileError, join_repayments, read_repayments
from models.train import BAGS, Rejects, split, train
from models.validate import StoredCandidate, check_dataset, read_candidate, validate

DatasetFolder = Annotated[
    Path, Parameter(help="Dataset folder: manifest.json, ledger/, spine.parquet, repayments.parquet.")
]
CandidateFolder = Annotated[Path, Parameter(help="Candidate folder, as train writes it.")]
MOST_FACTOR = 10.0
"""Of parcelling."""
DEFINITION_HELP = (
    "TOML file that says what is bad: name, bad_above_dpd, good_below_dpd, horizon_months, materiality_cents, "
    "counts_unlikely_to_pay. CRR 178 without one."
)
RegistryFolder = Annotated[Path, Parameter(name="--registry", help="Folder of the registered models.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The commands; each records what it did.

    Args:
        console: Where tables and progress go.
        clock: Returns the time for records, with time zone.
    """

    console: Console
    clock: Callable[[], datetime]

    def outcomes(
        self,
        dataset: Annotated[Path, Parameter(help="Folder of `scoring export`; repayments need not be there yet.")],
        file: Annotated[Path, Parameter(help="CSV file, one row per instalment or part of one.")],
        *,
        column: Annotated[
            tuple[str, ...],
            Parameter(help=f"What the file calls a column, as NAME=HEADING. Names: {', '.join(HEADINGS)}."),
        ] = (),
        observed_until: Annotated[
            date | None, Parameter(help="Day up to which payments are known, where the file has no such column.")
        ] = None,
        decimal: Annotated[DecimalSign | None, Parameter(help="What separates cents, if amounts do not tell.")] = None,
        definition: Annotated[tuple[Path, ...], Parameter(help=DEFINITION_HELP)] = (),
        replace: Annotated[bool, Parameter(help="Write over repayments that are there.")] = False,
    ) -> None:
        """Take what became of loans from a CSV file into a dataset folder, and report it.

        Writes repayments.parquet and unlikely_to_pay.parquet. Says what was left out and why, and counts good, bad and
        indeterminate loans by CRR 178 and by every definition that is named.
        """
        definitions = [Definition.crr_178(), *map(read_definition, definition)]
        written = dataset / "repayments.parquet"
        if not replace and has_repayments(dataset):
            raise OutputError(f"{written} has repayments; --replace writes over them")
        points, decisions = read_points(dataset)
        rows = read_repayments(file, _headings(column), decimal=decimal, observed_until=observed_until)
        if to_come := rows.filter(pl.col("observed_until") > self.clock().date())["observed_until"].to_list():
            raise RepaymentsFileError(f"{file}: payments cannot be known up to {to_come[0]}, a day to come")
        joined = join_repayments(rows, points, decisions)
        loans = joined.repayments.select(LOAN).unique().height
        self._say(
            f"{loans} loans with {joined.repayments.height} instalments or parts of them, of {joined.rows} rows; "
            f"{points.height - loans} of {points.height} points of the dataset became no loan."
        )
        if joined.left_out:
            lines = [(one.reason, str(one.rows), one.example) for one in joined.left_out]
            self._table("Not taken", ("left out", "rows", "the first"), lines)
        if not loans:
            raise DatasetError(f"{file} has no loan of {dataset}: compare its identifiers with decisions.parquet")
        found = [(one, outcomes(joined.repayments, one, joined.unlikely_to_pay)) for one in definitions]
        self._table("by definition", ("definition", *HEAD), by_definition(found))
        self._table(f"by quarter of the decision; {definitions[0].name}", ("quarter", *HEAD), by_quarter(found[0][1]))
        for one in definitions:
            self._say(f"{one.name}. {one.describe()}")
        self._say(
            "Outcomes exist for loans that were granted, and for nobody who was declined: a model that learns from "
            "them knows firms like those that were lent to."
        )
        # Unlikely first: new repayments must not stand beside what was found of others.
        _write(joined.unlikely_to_pay, dataset / "unlikely_to_pay.parquet")
        _write(joined.repayments, written)
        self._say(f"Wrote {written}. Next: python -m models train {dataset} --out FOLDER")

    def train(  # noqa: PLR0913  each goes into the record
        self,
        dataset: DatasetFolder,
        *,
        out: Annotated[Path, Parameter(help="Candidate folder to write; not one that was compared or validated.")],
        estimator: Annotated[EstimatorKind, Parameter(help="Kind of model.")] = "scorecard",
        bank_data: Annotated[bool, Parameter(help="Use features that depend on bank accounts.")] = True,
        definition: Annotated[Path | None, Parameter(help=DEFINITION_HELP)] = None,
        rejects: Annotated[
            RejectMethod | None,
            Parameter(help="Whether applications that became no loan count, and how; the effect is told."),
        ] = None,
        parcel_factor: Annotated[
            float, Parameter(help="Of parcelling: how much worse declined firms are than loans with the same score.")
        ] = 1.5,
        catalogue: Annotated[
            Literal[1, 2], Parameter(help="Of the features; facts from before 0.5 have those of 1 alone.")
        ] = 2,
    ) -> None:
        """Train a candidate on a dataset folder.

        Trains on the earlier observation days; the most recent ones, about 30 % of the rows, are kept for validation.
        The same dataset gives the same scorecard.json, byte for byte.
        """
        meant = Definition.crr_178() if definition is None else read_definition(definition)
        found = [file for file in (COMPARISON, VALIDATION, CARD, REPORT, MANIFEST, EXPERT) if (out / file).exists()]
        if found:
            raise OutputError(f"{out} holds {', '.join(found)}; name another folder, or delete this one first")
        _check_outputs(dataset, out / SCORECARD, out / ESTIMATOR, out / TRAINING)
        source = self._dataset(dataset)
        split(outcomes(source.repayments, meant, source.unlikely_to_pay), meant)
        names, excluded = candidate_features(
            catalogue=catalogue, bank_data=bank_data, fetched=frozenset(source.manifest.resources)
        )
        if not 1.0 <= parcel_factor <= MOST_FACTOR:
            raise DatasetError(f"--parcel-factor is {parcel_factor}: give 1 to {MOST_FACTOR:g}")
        rows = self._rows(source, names, meant)
        told = None
        if rejects is not None:
            derived = self._derived("Those that became no loan", lambda done: declined_rows(source, names, done))
            told = Rejects(method=rejects, factor=parcel_factor, rows=derived)
        with self.console.status(f"Fitting the {estimator}, then {BAGS} times to samples of the firms"):
            candidate = train(
                source,
                rows,
                _declared(names),
                definition=meant,
                excluded=excluded,
                at=self.clock(),
                kind=estimator,
                rejects=told,
            )
        candidate.write(out)
        record = candidate.record
        self._say(
            f"Trained on {record.train.rows} rows with {record.train.bads} bads until {record.trained_until}; "
            f"{record.out_of_time.rows} rows with {record.out_of_time.bads} bads are kept for validation."
        )
        if absent := [name for name, reason in excluded.items() if reason == NOT_IN_DATASET]:
            self._say(f"Left out, because the dataset does not have what they rest on: {', '.join(absent)}")
        self._say(f"{len(record.selected)} of {len(names)} features selected: {', '.join(record.selected)}")
        if record.rejects is not None:
            self._table(
                f"What {record.rejects.method} did: {record.rejects.declined} applications became no loan",
                REJECTS_HEAD,
                rejects_rows(record.rejects),
            )
        if record.not_binned:
            self._table("Without points", NOT_BINNED_HEAD, not_binned_rows(record.not_binned))
        self._say(f"Wrote {out}. Next: python -m models validate {out} {dataset}")

    def compare(
        self,
        first: Annotated[Path, Parameter(help="Candidate folder, as train writes it.")],
        second: Annotated[Path, Parameter(help="Another candidate, trained on the same dataset.")],
        dataset: DatasetFolder,
    ) -> None:
        """Compare two candidates on the same out-of-time rows.

        Reports which one is better, and whether the difference may be chance. Writes comparison.json into both
        folders; validate and register include it.
        """
        sides = read_candidate(first), read_candidate(second)
        names = tuple(dict.fromkeys(name for side in sides for name in self._offered(side)))
        _check_outputs(dataset, first / COMPARISON, second / COMPARISON)
        check_comparable(*sides)
        source = self._dataset(dataset)
        check_dataset(source, sides[0].record, "the candidates")
        rows = self._rows(source, names, sides[0].record.definition)
        with self.console.status("Comparing, with intervals"):
            comparison = compare(*sides, source, rows, at=self.clock())
        table = Table(*CONTENDER_HEAD)
        for cells in contender_rows(comparison):
            table.add_row(*cells)
        self.console.print(table)
        self._say(f"{comparison.rows} rows with {comparison.bads} bads out of time. {verdict_text(comparison)}")
        for folder in (first, second):
            (folder / COMPARISON).write_bytes(to_json(comparison))
        better = first if comparison.better == "first" else second
        self._say(f"Wrote {COMPARISON} into both. Next: python -m models validate {better} {dataset}")

    def validate(self, candidate: CandidateFolder, dataset: DatasetFolder) -> None:
        """Validate a candidate on the out-of-time part of its dataset; write validation.json, card.md and report.html.

        A candidate that fails a gate cannot be promoted. The exit status is 0 in this case, too.
        """
        stored = read_candidate(candidate)
        record = stored.record
        features = _declared(self._offered(stored))
        _check_outputs(dataset, candidate / VALIDATION, candidate / CARD, candidate / REPORT)
        source = self._dataset(dataset)
        check_dataset(source, record, "the candidate")
        rows = self._rows(source, record.candidates, record.definition)
        with self.console.status("Measuring, with intervals"):
            validation = validate(stored, source, rows, features, at=self.clock())
        (candidate / VALIDATION).write_bytes(to_json(validation))
        comparison = _comparison_of(candidate, record)
        card = model_card(stored.table, record, validation, CATALOGUE, comparison)
        (candidate / CARD).write_text(card, encoding="utf-8")
        reported = Reported(
            title=f"a {record.estimator} candidate",
            table=stored.table,
            record=record,
            validation=validation,
            comparison=comparison,
        )
        self._write_report(reported, rows, candidate / REPORT)
        self._report(validation)
        if validation.has_passed:
            self._say(f"All gates passed. Next: python -m models register {candidate} --name NAME --version N")
        else:
            self._say("Not every gate is passed: this candidate can be registered for the record, not promoted.")

    def report(
        self,
        model: Annotated[str, Parameter(help="Candidate folder, or with a version the name of a registered model.")],
        version: Annotated[str | None, Parameter(help="Registered version.")] = None,
        *,
        dataset: DatasetFolder,
        out: Annotated[Path, Parameter(help="HTML file to write.")],
        registry: RegistryFolder = ARTIFACTS,
    ) -> None:
        """Write the HTML report of a validated candidate or a registered version.

        The dataset must be the one that the model was trained on.
        """
        reported = _candidate(Path(model)) if version is None else _registered(open_registry(registry), model, version)
        if not out.parent.is_dir():
            raise OutputError(f"{out} cannot be written: {out.parent} is no folder")
        _check_outputs(dataset, out)
        source = self._dataset(dataset)
        check_dataset(source, reported.record, reported.title)
        rows = self._rows(source, reported.table.names, reported.record.definition)
        self._write_report(reported, rows, out)
        self._say(f"Wrote {out}.")

    def pages(
        self,
        dataset: DatasetFolder,
        *,
        out: Annotated[Path, Parameter(help="Folder of the pages; those that were there are deleted.")],
    ) -> None:
        """Write a page for each feature: formula, example, distribution, and how it relates to outcomes.

        README.md has the table of all of them. Features that the dataset does not have are told without figures.
        """
        _check_outputs(dataset, out / INDEX)
        _check_pages(out)
        source = self._dataset(dataset)
        fetched = frozenset(source.manifest.resources)
        names = tuple(name for name, feature in CATALOGUE.items() if is_fetched(feature, fetched))
        rows = self._rows(source, names, Definition.crr_178())
        out.mkdir(parents=True, exist_ok=True)
        for old in [*out.glob("*.md"), *out.glob("*.svg")]:
            old.unlink()
        # As for the report.
        from models.feature_pages import write_pages  # noqa: PLC0415

        columns = (TextColumn("Writing pages"), BarColumn(), MofNCompleteColumn(), TextColumn("features"))
        with Progress(*columns, TimeRemainingColumn(), console=self.console) as progress:
            task = progress.add_task("write", total=len(CATALOGUE))
            write_pages(source, rows, names, out, lambda: progress.advance(task))
        self._say(f"Wrote {len(CATALOGUE)} pages, {len(names)} with figures, and {out / INDEX}.")

    def _offered(self, stored: StoredCandidate) -> tuple[str, ...]:
        """The candidate features of a model, if it was trained with a catalogue that is here."""
        record = stored.record
        known = sorted({str(feature.catalogue) for feature in CATALOGUE.values()})
        if record.features_version not in known:
            raise CandidateError(
                f"a candidate was trained with feature catalogue {record.features_version}; "
                f"here are {', '.join(known)}. Train again."
            )
        return record.candidates

    def _write_report(self, reported: Reported, rows: pl.DataFrame, path: Path) -> None:
        # Drawing takes a second to import; the other commands need not wait for it.
        from models.report import report  # noqa: PLC0415

        with self.console.status("Drawing the report"):
            page = report(reported, rows, CATALOGUE)
        path.write_text(page, encoding="utf-8")

    def _dataset(self, folder: Path) -> Dataset:
        with self.console.status("Checking the dataset"):
            return read_dataset(folder)

    def _rows(self, dataset: Dataset, names: tuple[str, ...], definition: Definition) -> pl.DataFrame:
        """The training rows of a dataset, with a progress bar; it takes minutes: check first what can be checked."""
        return self._derived("Deriving features", lambda told: training_rows(dataset, names, definition, told))

    def _derived(self, doing: str, work: Callable[[DerivedProgress], pl.DataFrame]) -> pl.DataFrame:
        """What is derived firm by firm, with a progress bar."""
        columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn("firms"))
        with Progress(*columns, TimeRemainingColumn(), console=self.console) as progress:
            task = progress.add_task("derive", total=None)
            return work(lambda done, total: progress.update(task, completed=done, total=total))

    def _report(self, validation: Validation) -> None:
        figures = validation.out_of_time
        self._say(
            f"Out of time: AUC {figures.auc.value:.3f} ({figures.auc.low:.3f} to {figures.auc.high:.3f}), "
            f"{figures.bads} bads among {figures.rows} rows"
        )
        table = Table("gate", "asked", "found", "result")
        for gate in validation.gates:
            table.add_row(gate.name, *gate_text(gate), style=None if gate.passed else "bold red")
        self.console.print(table)

    def _table(self, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        table = Table(*head, title=title)
        for cells in rows:
            table.add_row(*cells)
        self.console.print(table)

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _write(frame: pl.DataFrame, path: Path) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    frame.write_parquet(beside)
    beside.replace(path)


def _headings(columns: Sequence[str]) -> dict[str, str]:
    """What the file calls columns, from NAME=HEADING."""
    found: dict[str, str] = {}
    for column in columns:
        name, sign, heading = column.partition("=")
        if not (sign and name and heading.strip()):
            raise RepaymentsFileError(f"--column {column!r}: write NAME=HEADING, such as due_on=Faelligkeit")
        if name in found:
            raise RepaymentsFileError(f"--column {name}=... is there twice: {found[name]!r} and {heading!r}")
        found[name] = heading.strip()
    return found


def _declared(names: tuple[str, ...]) -> list[Feature]:
    unknown = [name for name in names if name not in CATALOGUE]
    if unknown:
        raise CandidateError(f"feature catalogue {CATALOGUE_VERSION} does not have {', '.join(unknown)}; train again")
    return [CATALOGUE[name] for name in names]


def _check_outputs(dataset: Path, *files: Path) -> None:
    """Check before the work that its results can be written."""
    for file in files:
        # A dataset is identified by the checksum of all its files.
        if file.resolve().is_relative_to(dataset.resolve()):
            raise OutputError(f"{file} would lie in the dataset folder {dataset} and change it; name a place outside")
        existing = next(path for path in (file, *file.absolute().parents) if path.exists())
        if existing == file and file.is_dir():
            raise OutputError(f"{file} cannot be written: it is a folder")
        if existing != file and not existing.is_dir():
            raise OutputError(f"{file} cannot be written: {existing} is no folder")
        if not os.access(existing, os.W_OK):
            raise OutputError(f"{file} cannot be written: no permission to write to {existing}")


def _check_pages(folder: Path) -> None:
    """Check that what will be deleted in a folder are earlier pages of features."""
    index = folder / INDEX
    if any(folder.glob("*.md")) and not (
        index.is_file() and index.read_text(encoding="utf-8").startswith(f"{INDEX_TITLE}\n")
    ):
        raise OutputError(f"{folder} holds other pages than those of features; name another folder")


def _comparison_of(folder: Path, record: TrainingRecord) -> Comparison | None:
    """The comparison in a folder, if it is one of the model of this record."""
    if not (folder / COMPARISON).exists():
        return None
    comparison = read_record(folder / COMPARISON, Comparison)
    sides = {comparison.first.scorecard_sha256, comparison.second.scorecard_sha256}
    return comparison if record.files[SCORECARD] in sides else None


def _candidate(folder: Path) -> Reported:
    """A candidate folder, as a report needs it."""
    stored = read_candidate(folder)
    validation = read_validation(folder)
    if validation.files != stored.record.files:
        raise CandidateError(f"{folder / VALIDATION} is of other files; validate again")
    return Reported(
        title=f"a {stored.record.estimator} candidate",
        table=stored.table,
        record=stored.record,
        validation=validation,
        comparison=_comparison_of(folder, stored.record),
    )


def _registered(models: Registry, name: str, version: str) -> Reported:
    """A registered version, as a report needs it."""
    model = models.load(name, version)
    training, validation = model.manifest.training, model.manifest.validation
    if training is None or validation is None:
        raise CandidateError(f"{name} {version} was set by people and never measured: there is nothing to report on")
    return Reported(
        title=f"{name} {version}",
        table=model.table,
        record=training,
        validation=validation,
        comparison=_comparison_of(models.root / name / version, training),
    )
