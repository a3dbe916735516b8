"""The commands that train, compare, validate and draw: they need the packages of requirements-analysis.lock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import polars as pl
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from features.derive import CATALOGUE, CATALOGUE_VERSION, is_fetched
from features.feature import Feature
from features.ledger import BANK_DATA
from models.candidates import NOT_IN_DATASET, candidate_features
from models.card import Reported, model_card
from models.committee import Asked, find
from models.compare import check_comparable, compare
from models.coverage import interval_coverage
from models.cut_offs import IFD, read_cut_offs
from models.dataset import (
    Dataset,
    DatasetError,
    DefinitionError,
    declined_rows,
    has_repayments,
    read_dataset,
    read_definition,
    read_points,
    training_rows,
)
from models.dataset import Progress as DerivedProgress
from models.days import day_of
from models.distress_dataset import OUTCOMES_FILE as DISTRESS_FILE
from models.distress_dataset import (
    distress_of,
    distress_rows,
    has_distress,
    read_distress,
    read_distress_definition,
    write_distress,
)
from models.distress_definition import DistressDefinition
from models.distress_words import EVENT_HEAD, against_text, event_rows, known_text, left_out_rows
from models.findings import FINDINGS, Findings
from models.outcome_tables import HEAD, by_definition, by_quarter
from models.outcomes import LOAN, Definition, outcomes
from models.points import MOST_PAIRS, PointsTable
from models.progress import fits_shown
from models.records import (
    CARD,
    COMPARISON,
    ESTIMATOR,
    INDEX,
    INDEX_TITLE,
    REPORT,
    SCORECARD,
    TRAINING,
    VALIDATION,
    WITH_AND_WITHOUT,
    Comparison,
    DistressRecord,
    EstimatorKind,
    IntervalCoverage,
    Outcome,
    RejectMethod,
    TrainingRecord,
    Validation,
    to_json,
)
from models.refits import REFITS
from models.registry import (
    CandidateError,
    OutputError,
    Registry,
    RegistryError,
    check_validation_of,
    open_registry,
    read_record,
    read_validation,
)
from models.registry_report import registry_report
from models.repayments_file import HEADINGS, DecimalSign, RepaymentsFileError, join_repayments, read_repayments
from models.reporting import ReportOptions, question
from models.table_commands import TableCommands, TableOptions, check_candidate_folder, check_outputs
from models.table_text import as_held_out
from models.table_training import rows_of_record
from models.train import Candidate, Rejects, Source, split, train
from models.validate import StoredCandidate, check_dataset, check_split, read_candidate, validate
from models.variables import Declared
from models.wording import (
    CONTENDER_HEAD,
    NOT_BINNED_HEAD,
    REJECTS_HEAD,
    contender_rows,
    gate_text,
    not_binned_rows,
    rejects_rows,
    verdict_text,
    widening_text,
)

_Made = TypeVar("_Made")
DatasetFolder = Annotated[
    Path, Parameter(help="Dataset folder: manifest.json, ledger/, spine.parquet, repayments.parquet.")
]
CandidateFolder = Annotated[Path, Parameter(help="Candidate folder, as train writes it.")]
PARCEL_FACTOR, MOST_FACTOR = 1.5, 10.0
"""Of parcelling: where none is named, and at most."""
NEWEST_CATALOGUE: Literal[2] = 2
"""Of the features, where none is named."""
DEFINITION_HELP = (
    "TOML file that says what is bad: name, bad_above_dpd, good_below_dpd, horizon_months, materiality_cents, "
    "counts_unlikely_to_pay. CRR 178 without one."
)
NO_OPTIONS = ReportOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """The data of a model, as validation and report need it."""

    source: Source
    rows: pl.DataFrame
    catalogue: Mapping[str, Declared]
    told: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The commands; each records what it did.

    Args:
        console: Where tables and progress go.
        clock: Returns the time for records, with time zone.
    """

    console: Console
    clock: Callable[[], datetime]

    def outcomes(  # noqa: PLR0913  each is named by who calls it
        self,
        dataset: Annotated[Path, Parameter(help="Folder of `scoring export`; repayments need not be there yet.")],
        file: Annotated[
            Path | None, Parameter(help="CSV file, one row per instalment or part of one; none with --from-books.")
        ] = None,
        *,
        from_books: Annotated[
            bool, Parameter(help="Make outcomes of distress from the firms' own books, in place of a file.")
        ] = False,
        column: Annotated[
            tuple[str, ...],
            Parameter(help=f"What the file calls a column, as NAME=HEADING. Names: {', '.join(HEADINGS)}."),
        ] = (),
        observed_until: Annotated[
            date | None, Parameter(help="Day up to which payments are known, where the file has no such column.")
        ] = None,
        decimal: Annotated[DecimalSign | None, Parameter(help="What separates cents, if amounts do not tell.")] = None,
        definition: Annotated[tuple[Path, ...], Parameter(help=DEFINITION_HELP)] = (),
        replace: Annotated[bool, Parameter(help="Write over outcomes that are there.")] = False,
    ) -> None:
        """Take what became of loans from a CSV file into a dataset folder, and report it; or look into the books.

        Of a file, writes repayments.parquet and unlikely_to_pay.parquet. Says what was left out and why, and counts
        good, bad and indeterminate loans by CRR 178 and by every definition that is named.

        With --from-books, writes distress.parquet and distress.json: distress that befell firms after days in the past,
        as their books told it later. It is no default on a loan.
        """
        if from_books == (file is not None):
            raise RepaymentsFileError("name a CSV file of repayments, or --from-books to look into the books")
        if file is None:
            asked = {"--column": column, "--observed-until": observed_until, "--decimal": decimal}
            if given := [name for name, value in asked.items() if value]:
                raise RepaymentsFileError(f"these are for a CSV file, not for books: {', '.join(given)}")
            self._from_books(dataset, definition, replace=replace)
            return
        definitions = [Definition.crr_178(), *map(read_definition, definition)]
        written = dataset / "repayments.parquet"
        if not replace and has_repayments(dataset):
            raise OutputError(f"{written} has repayments; --replace writes over them")
        points, decisions = read_points(dataset)
        rows = read_repayments(file, _headings(column), decimal=decimal, observed_until=observed_until)
        if to_come := rows.filter(pl.col("observed_until") > day_of(self.clock()))["observed_until"].to_list():
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

    def _from_books(self, folder: Path, definitions: Sequence[Path], *, replace: bool) -> None:
        if len(definitions) > 1:
            raise DefinitionError("--from-books takes one --definition: the features are joined to one outcome")
        definition = read_distress_definition(definitions[0] if definitions else None)
        if has_distress(folder) and not replace:
            raise OutputError(f"{folder / DISTRESS_FILE} is there already; --replace writes over it")
        source = self._dataset(folder, "distress")
        found, record = self._derived("Looking into books", lambda told: distress_of(source, definition, told))
        self._say(f"{definition.name}. {definition.describe()}")
        over = found.filter(pl.col("left_out").ne_missing("not_over")).with_columns(is_mature=True)
        self._table("by quarter of the point", ("quarter", *HEAD), by_quarter(over))
        self._table("Without an outcome", ("why", "points"), left_out_rows(record))
        offered, _ = candidate_features(fetched=source.fetched)
        self._table("Bad by event", EVENT_HEAD, event_rows(record, offered))
        self._say(known_text(record))
        write_distress(folder, found, record)
        self._say(
            f"Wrote {folder / DISTRESS_FILE}. Next: python -m models train {folder} --outcome distress --out FOLDER"
        )

    def train(  # noqa: PLR0913  each goes into the record
        self,
        dataset: DatasetFolder | None = None,
        *,
        table: Annotated[
            Path | None,
            Parameter(help="Table to train on in place of a dataset folder: CSV with a head line, or Parquet."),
        ] = None,
        columns: Annotated[TableOptions | None, Parameter(name="*")] = None,
        out: Annotated[Path, Parameter(help="Candidate folder to write; not one that was compared or validated.")],
        estimator: Annotated[
            EstimatorKind, Parameter(help="Kind of model; average is the mean of both others.")
        ] = "scorecard",
        pairs: Annotated[
            int,
            Parameter(
                help=f"Boosting and average: pairs of features that act together, at most, up to {MOST_PAIRS}. Fewer "
                "stand where fewer predict better on firms that were not fitted to.",
            ),
        ] = 0,
        refits: Annotated[
            int,
            Parameter(
                help="How often the model is fitted again to samples of the firms, to widen the interval of a score "
                "until it holds nine of ten of their scores; 0 leaves the interval narrower than it says.",
                validator=Number(gte=0, lte=100),
            ),
        ] = REFITS,
        bank_data: Annotated[
            bool,
            Parameter(
                help="Without, the model learns from what documents say of their payments alone, for natural persons "
                "whose bank data the policy leaves out."
            ),
        ] = True,
        definition: Annotated[Path | None, Parameter(help=DEFINITION_HELP)] = None,
        rejects: Annotated[
            RejectMethod | None,
            Parameter(help="Whether applications that became no loan count, and how; the effect is told."),
        ] = None,
        parcel_factor: Annotated[
            float, Parameter(help="Of parcelling: how much worse declined firms are than loans with the same score.")
        ] = PARCEL_FACTOR,
        outcome: Annotated[
            Outcome, Parameter(help="What to predict: default on loans, or distress, as outcomes --from-books made it.")
        ] = "default",
        catalogue: Annotated[
            Literal[1, 2], Parameter(help="Of the features; facts from before 0.5 have those of 1 alone.")
        ] = NEWEST_CATALOGUE,
    ) -> None:
        """Train a candidate on a dataset folder, or with --table on any table.

        Trains on the earlier observation days; the most recent ones, about 30 % of the rows, are kept for validation.
        The same dataset gives the same scorecard.json, byte for byte.

        A table needs --target. Without --directions, nothing is trained: a file is written that suggests a direction
        and bins for each column, to be read, corrected and given as --directions.
        """
        _check_pairs(pairs, estimator)
        if table is not None:
            asked = {
                "the dataset": dataset,
                "--definition": definition,
                "--rejects": rejects,
                "--outcome": outcome != "default",
                "--no-bank-data": not bank_data,
                "--catalogue": catalogue != NEWEST_CATALOGUE,
                "--parcel-factor": parcel_factor != PARCEL_FACTOR,
            }
            if given := [name for name, value in asked.items() if value]:
                raise DatasetError(f"these are for dataset folders, not for a table: {', '.join(given)}")
            TableCommands(console=self.console, clock=self.clock).train(table, columns, out, estimator, pairs, refits)
            return
        if dataset is None or columns is not None:
            raise DatasetError("name a dataset folder, or a table: --table FILE --target COLUMN")
        meant = _meant(dataset, outcome, definition, rejects)
        check_candidate_folder(out)
        check_outputs(dataset, out / SCORECARD, out / ESTIMATOR, out / TRAINING)
        source = self._dataset(dataset, outcome, bank_data=bank_data)
        label = meant.definition if isinstance(meant, DistressRecord) else meant
        split(_outcomes_of(source, meant), horizon_months=label.horizon_months)
        # What was exported without bank data tells of payments as documents do.
        bank_data = bool(source.fetched & BANK_DATA)
        names, excluded = candidate_features(catalogue=catalogue, bank_data=bank_data, fetched=source.fetched)
        if not 1.0 <= parcel_factor <= MOST_FACTOR:
            raise DatasetError(f"--parcel-factor is {parcel_factor}: give 1 to {MOST_FACTOR:g}")
        rows = self._rows(source, names, label)
        told = None
        if rejects is not None:
            derived = self._derived("Those that became no loan", lambda done: declined_rows(source, names, done))
            told = Rejects(method=rejects, factor=parcel_factor, rows=derived)
        refits = 0 if rejects is not None else refits
        with fits_shown(self.console, f"Fitting the {estimator}, then again to other samples", 1 + refits) as done:
            candidate = train(
                source,
                rows,
                _declared(names),
                definition=meant,
                excluded=excluded,
                at=self.clock(),
                kind=estimator,
                rejects=told,
                pairs=pairs,
                refits=refits,
                bank_data=bank_data,
                done=done,
            )
        candidate.write(out)
        self._tell_trained(candidate, pairs)
        self._say(f"Wrote {out}. Next: python -m models validate {out} {dataset}")

    def _tell_trained(self, candidate: Candidate, asked_pairs: int) -> None:
        """What training found."""
        record, pairs = candidate.record, candidate.table.pairs
        self._say(
            f"Trained on {record.train.rows} rows with {record.train.bads} bads until {record.trained_until}; "
            f"{record.out_of_time.rows} rows with {record.out_of_time.bads} bads are kept for validation."
        )
        if absent := [name for name, reason in record.excluded.items() if reason == NOT_IN_DATASET]:
            self._say(f"Left out, because the dataset does not have what they rest on: {', '.join(absent)}")
        self._say(f"{len(record.selected)} of {len(record.candidates)} features selected: {', '.join(record.selected)}")
        if asked_pairs:
            found = ": " + ", ".join(pair.name for pair in pairs) if pairs else ""
            self._say(f"{len(pairs)} of at most {asked_pairs} pairs{found}")
        if record.widening is not None:
            self._say(widening_text(record.widening))
        if record.distress is not None:
            self._say("The model predicts distress, not default on a loan.")
            self._table("Words of the outcome in the model", EVENT_HEAD, event_rows(record.distress, record.selected))
        if record.rejects is not None:
            self._say("The interval of a score was not widened: refits do not count applications that became no loan.")
            self._table(
                f"What {record.rejects.method} did: {record.rejects.declined} applications became no loan",
                REJECTS_HEAD,
                rejects_rows(record.rejects),
            )
        if record.not_binned:
            self._table("Without points", NOT_BINNED_HEAD, not_binned_rows(record.not_binned))

    def compare(
        self,
        first: Annotated[Path, Parameter(help="Candidate folder, as train writes it.")],
        second: Annotated[Path, Parameter(help="Another candidate, trained on the same dataset.")],
        dataset: DatasetFolder,
    ) -> None:
        """Compare two candidates on the same out-of-time rows.

        Reports which one is better, and whether the difference may be chance. Writes comparison.json into both
        folders, or bank_data.json where one of both was trained without bank data; validate and register include them.
        """
        sides = read_candidate(first), read_candidate(second)
        for side in sides:
            _check_catalogue(side.record)
        is_of_bank_data = sides[0].record.bank_data != sides[1].record.bank_data
        file = WITH_AND_WITHOUT if is_of_bank_data else COMPARISON
        check_outputs(dataset, first / file, second / file)
        check_comparable(*sides)
        first_names, second_names = (side.record.candidates for side in sides)
        if is_of_bank_data:
            source, rows, _ = self._opened(sides[0].record, dataset, first_names, "the candidates")
            _, others, _ = self._opened(sides[1].record, dataset, second_names, "the candidates")
        else:
            names = tuple(dict.fromkeys((*first_names, *second_names)))
            source, rows, _ = self._opened(sides[0].record, dataset, names, "the candidates")
            others = rows
        with self.console.status("Comparing, with intervals"):
            comparison = compare(*sides, source, (rows, others), at=self.clock())
        table = Table(*CONTENDER_HEAD)
        for cells in contender_rows(comparison):
            table.add_row(*cells)
        self.console.print(table)
        told = f"{comparison.rows} rows with {comparison.bads} bads out of time. {verdict_text(comparison)}"
        self._say(as_held_out(told, sides[0].record))
        for folder in (first, second):
            (folder / file).write_bytes(to_json(comparison))
        better = first if comparison.better == "first" else second
        self._say(f"Wrote {file} into both. Next: python -m models validate {better} {dataset}")

    def validate(
        self,
        candidate: CandidateFolder,
        dataset: DatasetFolder,
        *,
        refits: Annotated[int, Parameter(validator=Number(gte=0, lte=100))] = REFITS,
        options: ReportOptions = NO_OPTIONS,
    ) -> None:
        """Validate a candidate on the out-of-time part of its dataset.

        Writes validation.json, findings.json, card.md and report.html. A candidate that fails a gate cannot be
        promoted. The exit status is 0 in this case, too.

        Args:
            candidate: folder that `train` wrote.
            dataset: the one that it was trained on.
            refits: how often the model is fitted again, to see how often the interval of a score holds; 0 does not.
            options: what the report compares with.
        """
        stored = read_candidate(candidate)
        record = stored.record
        check_outputs(dataset, *(candidate / file for file in (VALIDATION, FINDINGS, CARD, REPORT)))
        opened = self._asked(options, stored.table, record, dataset, "the candidate")
        check_split(opened.rows, record, "the candidate")
        features = [opened.catalogue[name] for name in record.candidates]
        loans = None
        if record.distress is not None and isinstance(opened.source, Dataset) and has_repayments(opened.source.folder):
            loans = self._rows(opened.source, stored.table.names, Definition.crr_178())
        coverage = self._coverage(stored, opened, features, refits)
        with self.console.status("Measuring, with intervals"):
            validation = validate(
                stored, opened.source, opened.rows, features, at=self.clock(), loans=loans, coverage=coverage
            )
        reported = Reported(
            title=f"a {record.estimator} candidate",
            table=stored.table,
            record=record,
            validation=validation,
            comparisons=_comparisons_of(candidate, record),
        )
        findings = self._found(reported, opened)
        (candidate / VALIDATION).write_bytes(to_json(validation))
        (candidate / FINDINGS).write_bytes(to_json(findings))
        card = model_card(stored.table, record, validation, opened.catalogue, reported.comparisons, findings)
        (candidate / CARD).write_text(card, encoding="utf-8")
        self._write_report(reported, findings, opened, candidate / REPORT)
        self._report(validation, record)
        for alarm in (one for one in findings.alarms if one.is_raised):
            self._say(f"Alarm {alarm.name}: {alarm.subject}, {alarm.found:.3f} above {alarm.limit:g}. {alarm.meaning}.")
        if record.table is not None:
            self._say(
                "A model of a table is not registered. Next: python -m models export "
                f"{candidate} --as sql --out score.sql"
            )
        elif validation.has_passed:
            self._say(f"All gates passed. Next: python -m models register {candidate} --name NAME --version N")
        else:
            self._say("Not every gate is passed: this candidate can be registered for the record, not promoted.")

    def report(
        self,
        model: Annotated[
            str | None,
            Parameter(help="Candidate folder, or with a version the name of a registered model; all if none is named."),
        ] = None,
        version: Annotated[str | None, Parameter(help="Registered version.")] = None,
        *,
        dataset: Annotated[Path | None, Parameter(help="Dataset folder that the model was trained on.")] = None,
        out: Annotated[Path, Parameter(help="HTML file to write.")],
        options: ReportOptions = NO_OPTIONS,
    ) -> None:
        """Write the HTML report of a validated candidate or a registered version, or of a whole registry.

        Of a model, the dataset must be the one that it was trained on. A candidate must be measured on the split that
        the dataset gives; of a registered version the page says where it was not. Of a registry, name neither model nor
        dataset: the page sets all its versions side by side.
        """
        if not out.parent.is_dir():
            raise OutputError(f"{out} cannot be written: {out.parent} is no folder")
        if model is None:
            if dataset is not None or version is not None:
                raise DatasetError("name the model, too: a registry has no dataset and no version of its own")
            found = registry_report(open_registry(options.registry), CATALOGUE)
            out.write_text(found.page, encoding="utf-8")
            self._say(f"Wrote {out}.")
            if found.damaged:
                raise RegistryError("; ".join(found.damaged))
            return
        if dataset is None:
            raise DatasetError(f"name the dataset that {model} was trained on: --dataset FOLDER")
        models = options.registry
        reported = _candidate(Path(model)) if version is None else _registered(open_registry(models), model, version)
        check_outputs(dataset, out)
        opened = self._asked(options, reported.table, reported.record, dataset, reported.title)
        doubt = None
        try:
            check_split(opened.rows, reported.record, reported.title)
        except CandidateError as error:
            if version is None:
                raise
            doubt = str(error)
        self._write_report(reported, self._found(reported, opened), opened, out, doubt)
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
        check_outputs(dataset, out / INDEX)
        _check_pages(out)
        source = self._dataset(dataset)
        names = tuple(name for name, feature in CATALOGUE.items() if is_fetched(feature, source.fetched))
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

    def _opened(
        self, record: TrainingRecord, path: Path, names: tuple[str, ...], title: str
    ) -> tuple[Source, pl.DataFrame, Mapping[str, Declared]]:
        """The data of a record, its rows, and what is declared of their columns.

        Args:
            record: Of the training.
            path: What is said to be its dataset folder or table.
            names: Features to derive.
            title: Names the model in errors.
        """
        if record.table is not None:
            with self.console.status("Reading the table"):
                found = rows_of_record(record.table, path, day_of(self.clock()))
            check_dataset(found.source, record, title)
            return found.source, found.rows, found.catalogue
        _declared(names)
        source, definition = self._books(record, path, title)
        return source, self._rows(source, names, definition), CATALOGUE

    def _books(self, record: TrainingRecord, path: Path, title: str) -> tuple[Dataset, Definition | DistressDefinition]:
        """The dataset of a record, and what is bad in it."""
        _check_catalogue(record)
        source = self._dataset(path, record.outcome, bank_data=record.bank_data)
        check_dataset(source, record, title)
        return source, record.label

    def _asked(
        self, options: ReportOptions, table: PointsTable, record: TrainingRecord, path: Path, title: str
    ) -> _Opened:
        """The data of a record, with all that a report asks for beside."""
        if record.table is not None:
            if options.segments is not None or options.against is not None:
                raise DatasetError("a model of a table has no segments and replaces none: leave out these options")
            source, rows, catalogue = self._opened(record, path, record.candidates, title)
            cut_offs = IFD if options.policy is None else read_cut_offs(options.policy)
            told = Asked(cut_offs=cut_offs, known=None, revenue=None, rival=None, earlier=None)
            return _Opened(source=source, rows=rows, catalogue=catalogue, told=told)
        _declared(record.candidates)
        books, definition = self._books(record, path, title)
        asked = question(options, books, table, record)
        rows = self._rows(books, asked.names, definition)
        told = asked.asked(books, table, record, self._derived)
        return _Opened(source=books, rows=rows, catalogue=CATALOGUE, told=told)

    def _coverage(
        self, stored: StoredCandidate, opened: _Opened, features: Sequence[Declared], refits: int
    ) -> IntervalCoverage | None:
        """How often the interval of a score holds, with a progress bar."""
        known = opened.rows.filter(pl.col("outcome") != "indeterminate")
        training = known.filter(pl.col("as_of") <= stored.record.trained_until)
        later = known.filter(pl.col("as_of") >= stored.record.cut_off)
        with fits_shown(self.console, "Fitting again to other samples", refits) as done:
            return interval_coverage(stored.table, stored.record, features, training, later, refits=refits, done=done)

    def _found(self, reported: Reported, opened: _Opened) -> Findings:
        """What a committee asks for, measured."""
        features = [opened.catalogue[name] for name in reported.record.candidates if name in opened.rows.columns]
        with self.console.status("Looking at segments, grades and signs of a leak"):
            return find(reported, features, opened.rows, opened.told, at=self.clock())

    def _write_report(
        self, reported: Reported, findings: Findings, opened: _Opened, path: Path, doubt: str | None = None
    ) -> None:
        # Drawing takes a second to import; the other commands need not wait for it.
        from models.report import report  # noqa: PLC0415

        with self.console.status("Drawing the report"):
            page = report(reported, findings, opened.rows, opened.catalogue, doubt)
        path.write_text(page, encoding="utf-8")

    def _dataset(self, folder: Path, outcome: Outcome = "default", *, bank_data: bool = True) -> Dataset:
        is_known = outcome == "default" or has_repayments(folder)
        with self.console.status("Checking the dataset"):
            return read_dataset(folder, outcomes_known=is_known, bank_data=bank_data)

    def _rows(
        self, dataset: Dataset, names: tuple[str, ...], definition: Definition | DistressDefinition
    ) -> pl.DataFrame:
        """The training rows of a dataset, with a progress bar; it takes minutes: check first what can be checked."""
        if isinstance(definition, DistressDefinition):
            return self._derived("Deriving features", lambda told: distress_rows(dataset, names, told))
        return self._derived("Deriving features", lambda told: training_rows(dataset, names, definition, told))

    def _derived(self, doing: str, work: Callable[[DerivedProgress], _Made]) -> _Made:
        """What is derived firm by firm, with a progress bar."""
        columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn("firms"))
        with Progress(*columns, TimeRemainingColumn(), console=self.console) as progress:
            task = progress.add_task("derive", total=None)
            return work(lambda done, total: progress.update(task, completed=done, total=total))

    def _report(self, validation: Validation, record: TrainingRecord) -> None:
        figures = validation.out_of_time
        part = as_held_out("Out of time", record)
        self._say(
            f"{part}: AUC {figures.auc.value:.3f} ({figures.auc.low:.3f} to {figures.auc.high:.3f}), "
            f"{figures.bads} bads among {figures.rows} rows"
        )
        if record.distress is not None:
            self._say(f"These are of distress. {against_text(validation.against_loans)}")
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


def _meant(
    folder: Path, outcome: Outcome, definition: Path | None, rejects: RejectMethod | None
) -> Definition | DistressRecord:
    """What a model is to predict."""
    if outcome == "default":
        return Definition.crr_178() if definition is None else read_definition(definition)
    if definition is not None:
        raise DefinitionError("distress was defined when its outcomes were made: give --definition to outcomes")
    if rejects is not None:
        raise DatasetError("--rejects is about loans: outcomes from books are of every firm, whoever was lent to")
    return read_distress(folder)[1]


def _outcomes_of(source: Dataset, meant: Definition | DistressRecord) -> pl.DataFrame:
    """The outcomes alone, for what can be checked before features are derived."""
    if isinstance(meant, DistressRecord):
        return read_distress(source.folder)[0]
    return outcomes(source.repayments, meant, source.unlikely_to_pay)


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


def _check_catalogue(record: TrainingRecord) -> None:
    """Check that the features of a model are here; a model of a table has none."""
    known = sorted({str(feature.catalogue) for feature in CATALOGUE.values()})
    if record.table is None and record.features_version not in known:
        raise CandidateError(
            f"a candidate was trained with feature catalogue {record.features_version}; "
            f"here are {', '.join(known)}. Train again."
        )


def _check_pairs(pairs: int, estimator: EstimatorKind) -> None:
    if not 0 <= pairs <= MOST_PAIRS or (pairs and estimator == "scorecard"):
        raise DatasetError(
            f"--pairs is {pairs}: give 0 to {MOST_PAIRS}; a scorecard has no pairs, boosting and average do"
        )


def _declared(names: tuple[str, ...]) -> list[Feature]:
    unknown = [name for name in names if name not in CATALOGUE]
    if unknown:
        raise CandidateError(f"feature catalogue {CATALOGUE_VERSION} does not have {', '.join(unknown)}; train again")
    return [CATALOGUE[name] for name in names]


def _check_pages(folder: Path) -> None:
    """Check that what will be deleted in a folder are earlier pages of features."""
    index = folder / INDEX
    if any(folder.glob("*.md")) and not (
        index.is_file() and index.read_text(encoding="utf-8").startswith(f"{INDEX_TITLE}\n")
    ):
        raise OutputError(f"{folder} holds other pages than those of features; name another folder")


def _comparisons_of(folder: Path, record: TrainingRecord) -> tuple[Comparison, ...]:
    """The comparisons in a folder that are of the model of this record."""
    found = [
        read_record(folder / file, Comparison) for file in (COMPARISON, WITH_AND_WITHOUT) if (folder / file).exists()
    ]
    return tuple(
        one for one in found if record.files[SCORECARD] in {one.first.scorecard_sha256, one.second.scorecard_sha256}
    )


def _candidate(folder: Path) -> Reported:
    """A candidate folder, as a report needs it."""
    stored = read_candidate(folder)
    validation = read_validation(folder)
    if validation.files != stored.record.files:
        raise CandidateError(f"{folder / VALIDATION} is of other files; validate again")
    check_validation_of(folder, stored.record, validation)
    return Reported(
        title=f"a {stored.record.estimator} candidate",
        table=stored.table,
        record=stored.record,
        validation=validation,
        comparisons=_comparisons_of(folder, stored.record),
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
        comparisons=_comparisons_of(models.root / name / version, training),
    )
