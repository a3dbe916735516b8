import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from rich.console import Console
from small_dataset import write_small_dataset

from features.derive import CATALOGUE
from features.feature import Group, Risk, Unit
from features.needs import SALES
from models.__main__ import build_app, main
from models.candidates import LEFT_TO_POLICY, candidate_features
from models.dataset import DatasetError, read_dataset, training_rows
from models.feature_pages import NO_EXAMPLE
from models.gates import gates, wrong_steps
from models.outcomes import Definition
from models.points import PointsTable
from models.records import (
    CARD,
    ESTIMATOR,
    REPORT,
    SCORECARD,
    TRAINING,
    VALIDATION,
    Estimate,
    Figures,
    TrainingRecord,
    Validation,
    to_json,
)
from models.registry import (
    CandidateError,
    OutputError,
    Registry,
    RegistryError,
    digest_of,
    read_record,
    training_digest,
)
from models.train import split, train
from models.validate import figures_of, read_candidate

AT = datetime(2025, 3, 1, tzinfo=UTC)


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: AT)
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


def test_from_dataset_to_champion(trained: tuple[Path, str, str], tmp_path: Path) -> None:
    """Train, validate, register, promote, list and show follow one another, each told what comes next."""
    registry = tmp_path / "artifacts"
    candidate, told_by_train, told_by_validate = trained
    assert "python -m models validate" in told_by_train
    assert "All gates passed" in told_by_validate
    assert "Registered sme 1" in run("register", candidate, "--name", "sme", "--version", "1", "--registry", registry)
    promoted = run("promote", "sme", "1", "--by", "A. Analyst", "--reason", "first [try]", "--registry", registry)
    assert "sme 1 is champion" in promoted
    listed = run("list", "--registry", registry)
    assert "simulated" in listed
    assert "promoted by A. Analyst: first [try]" in listed
    card = run("show", "sme", "--registry", registry)
    for part in ("Trained on simulated firms", "Intended use", "Label: CRR 178", "Gates", "Limits", "Evidence per"):
        assert part in card
    assert Registry(root=registry).champion("sme").manifest.training.trained_at == "2025-03-01T00:00:00Z"
    (registry / "sme" / "1").rename(tmp_path / "elsewhere")
    assert "The champion sme 1 is not in the registry" in run("list", "--registry", registry)


def test_features_without_points_are_listed_with_the_reason(trained: tuple[Path, str, str]) -> None:
    """Every candidate is selected or listed: in the record, and by name in what training prints, card and report."""
    folder, told_by_train, _ = trained
    record = read_record(folder / TRAINING, TrainingRecord)
    left_out = {entry.feature for entry in record.not_binned if entry.is_whole_feature}
    assert {*record.selected, *left_out} == set(record.candidates)
    assert not left_out & set(record.selected)
    assert "no_value" in {entry.reason for entry in record.not_binned}
    card, report = ((folder / file).read_text() for file in (CARD, REPORT))
    listed = card.partition("## Without points")[2].partition("## Points")[0]
    for name in left_out:
        assert name in told_by_train
        assert f"`{name}`" in listed
        assert name in report.partition('id="without"')[2]


def test_training_widens_the_interval_and_says_so(trained: tuple[Path, str, str]) -> None:
    """The table carries the points that the record, the command, the card and the report name."""
    folder, told_by_train, _ = trained
    record = read_record(folder / TRAINING, TrainingRecord)
    widening = record.widening
    assert widening is not None
    assert widening.refits == 5
    assert widening.share < 0.9
    stored = read_candidate(folder)
    assert (stored.table.schema, stored.table.widened_by) == (4, widening.points)
    said = (
        f"Of the scores of 5 models that were fitted again whole in training, the interval held {widening.share:.0%}: "
        f"it was widened by {widening.points:g} points at either end, so that it holds 90 %."
    )
    for text in (told_by_train, (folder / CARD).read_text(), (folder / REPORT).read_text()):
        assert " ".join(said.split()) in " ".join(text.split())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_training_does_not_write_over_what_was_validated(small_dataset: Path, candidate: Path) -> None:
    """It is refused before the dataset is read, and says what is there; every file stays."""
    before = contents(candidate)
    with pytest.raises(
        OutputError, match=r"holds validation\.json, card\.md, report\.html; name another folder, or delete"
    ):
        run("train", small_dataset / "nowhere", "--out", candidate)
    assert contents(candidate) == before


@pytest.mark.parametrize("threads", ["1", "3"])
def test_training_again_before_anything_was_found_of_a_candidate(
    small_dataset: Path, candidate: Path, threads: str
) -> None:
    """The folder can be taken again; in a process with another number of threads, the same data give the same bytes."""
    (candidate / VALIDATION).unlink()
    (candidate / CARD).unlink()
    (candidate / REPORT).unlink()
    before = (candidate / SCORECARD).read_bytes()
    (candidate / SCORECARD).write_bytes(b"of before")
    limits = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"], threads)
    command = [sys.executable, "-m", "models", "train", str(small_dataset), "--out", str(candidate)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | limits)
    assert (candidate / SCORECARD).read_bytes() == before


def test_an_output_that_cannot_be_written_is_refused_before_the_work(candidate: Path, tmp_path: Path) -> None:
    """A folder that is absent, a folder in place of a file, a file in place of a folder, a place in the dataset.

    The dataset does not exist, and is not yet asked for.
    """
    dataset = tmp_path / "dataset"
    (tmp_path / "file").touch()
    (candidate / REPORT).unlink()
    (candidate / REPORT).mkdir()
    for arguments, message in (
        (("report", candidate, "--dataset", dataset, "--out", tmp_path / "absent" / "report.html"), "absent is no"),
        (("report", candidate, "--dataset", dataset, "--out", candidate / REPORT), "it is a folder"),
        (("train", dataset, "--out", tmp_path / "file"), "file is no folder"),
        (("train", dataset, "--out", dataset / "candidate"), "would lie in the dataset folder"),
        (("validate", candidate, dataset), r"report\.html cannot be written: it is a folder"),
    ):
        with pytest.raises(OutputError, match=message):
            run(*arguments)


def test_what_can_be_told_without_features_is_told_before_they_are_derived(candidate: Path, tmp_path: Path) -> None:
    """Another dataset and too few bads are found in its files; its ledger, which breaks the contract, is not read."""
    dataset = write_small_dataset(tmp_path / "dataset", borrowers=3)
    invoices = pl.read_parquet(dataset / "ledger" / "invoices.parquet")
    invoices.with_columns(due_on=pl.lit(None, dtype=pl.Date)).write_parquet(dataset / "ledger" / "invoices.parquet")
    with pytest.raises(DatasetError, match="at least 30 of each"):
        run("train", dataset, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    for arguments in (
        ("validate", candidate, dataset),
        ("report", candidate, "--dataset", dataset, "--out", tmp_path / "report.html"),
    ):
        with pytest.raises(CandidateError, match="is not the dataset"):
            run(*arguments)


def test_an_empty_registry_is_an_empty_table(tmp_path: Path) -> None:
    """Nothing is registered in a folder that is there."""
    assert "AUC out of time" in run("list", "--registry", tmp_path)


def test_errors_of_the_user_end_with_status_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One line on standard error says what is wrong; there is no traceback."""
    for arguments, message in (
        (["train", str(tmp_path / "dataset"), "--out", str(tmp_path / "out")], "manifest.json does not exist"),
        (["validate", str(tmp_path), str(tmp_path / "dataset")], "training.json does not exist; name a candidate"),
        (["list", "--registry", str(tmp_path / "mistyped")], "mistyped does not exist; name the folder of a registry"),
        (["show", "sme", "--registry", str(tmp_path / "mistyped")], "mistyped does not exist"),
        (["train"], "requires an argument"),
        (
            ["train", "a", "--out", "b", "--pairs", "5"],
            "--pairs is 5: give 0 to 15; a scorecard has no pairs, boosting",
        ),
        (["train", "a", "--out", "b", "--estimator", "boosting", "--pairs", "16"], "--pairs is 16: give 0 to 15"),
        (["flatter"], "flatter"),
        (["show", "nothing", "--registry", str(tmp_path)], "no version of nothing"),
        (["promote", "sme", "1", "--by", "x", "--reason", "y", "--registry", str(tmp_path)], "is not registered"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        assert message in capsys.readouterr().err


def test_what_the_system_refuses_is_told_without_its_number(
    capsys: pytest.CaptureFixture[str], candidate: Path, tmp_path: Path
) -> None:
    """The place and the reason are for people."""
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit):
        main(["register", str(candidate), "--name", "sme", "--version", "1", "--registry", str(tmp_path / "file")])
    assert capsys.readouterr().err == f"error: {tmp_path / 'file' / 'sme'}: Not a directory\n"


@pytest.mark.parametrize("catalogue", [1, 2])
def test_amounts_and_what_belongs_to_the_policy_are_not_offered_to_a_model(catalogue: int) -> None:
    """Every feature is either offered or left out with a reason; bank data can be left out as a whole."""
    names, excluded = candidate_features(catalogue=catalogue)
    of_catalogue = {name for name, feature in CATALOGUE.items() if feature.catalogue == catalogue}
    assert {*names, *excluded} == of_catalogue
    assert not any(CATALOGUE[name].unit is Unit.CENTS for name in names)
    assert set(excluded) >= {name for name in of_catalogue if name.removesuffix("_v2") in LEFT_TO_POLICY}
    without, _ = candidate_features(catalogue=catalogue, bank_data=False)
    asks = {1: lambda feature: feature.is_bank_data, 2: lambda feature: feature.needs_bank_data}[catalogue]
    assert without == tuple(name for name in names if not asks(CATALOGUE[name]))
    # In catalogue 2 the documents tell what was paid, where no bank data are read.
    assert ("receivables_overdue_share_v2" in without) is (catalogue == 2)


@pytest.mark.parametrize("catalogue", [1, 2])
def test_flags_on_the_books_reach_no_model(catalogue: int) -> None:
    """How far books can be trusted leads to a person, not to fewer points."""
    names, _ = candidate_features(catalogue=catalogue)
    assert not [name for name in names if CATALOGUE[name].group is Group.TRUST]


def test_features_left_to_the_policy_exist() -> None:
    """A name that the catalogue does not know would leave out nothing."""
    assert set(LEFT_TO_POLICY) <= {name.removesuffix("_v2") for name in CATALOGUE}


def test_the_record_counts_the_parts(validated: Path) -> None:
    """Rows, bads and days of both parts, with the data and the label they came from."""
    record = read_record(validated / TRAINING, TrainingRecord)
    assert (record.train.rows, record.out_of_time.rows) == (1800, 900)
    assert (record.train.last_on, record.trained_until) == (date(2022, 6, 30), date(2022, 6, 30))
    assert record.cut_off == record.out_of_time.first_on == date(2023, 6, 30)
    assert record.dataset.kind == "simulated"
    assert record.definition == Definition.crr_178()
    assert set(record.selected) <= set(record.candidates)
    assert record.files[SCORECARD] == digest_of(validated / SCORECARD)


def test_the_validation_measures_both_parts(validated: Path) -> None:
    """Figures with intervals, bands that hold all rows, evidence for every candidate feature."""
    validation = read_record(validated / VALIDATION, Validation)
    figures = validation.out_of_time
    assert figures.auc.low < figures.auc.value < figures.auc.high
    assert figures.gini.value == pytest.approx(2 * figures.auc.value - 1)
    assert sum(band.rows for band in validation.bands) == figures.rows
    assert sum(quarter.bads for quarter in validation.quarters) == figures.bads + validation.train.bads
    assert validation.unseen_borrowers is None
    record = read_record(validated / TRAINING, TrainingRecord)
    assert tuple(feature.name for feature in validation.features) == record.candidates
    assert tuple(feature.name for feature in validation.features if feature.is_selected) == record.selected


def test_too_few_bads_are_refused(small_dataset: Path) -> None:
    """Nothing is fitted to a handful of defaults."""
    dataset = read_dataset(small_dataset)
    names, excluded = candidate_features()
    rows = training_rows(dataset, names, Definition.crr_178())
    bad = pl.col("outcome") == "bad"
    few = pl.concat([rows.filter(~bad), rows.filter(bad).head(20)])
    with pytest.raises(DatasetError, match="at least 30 of each"):
        train(
            dataset,
            few,
            [CATALOGUE[name] for name in names],
            definition=Definition.crr_178(),
            excluded=excluded,
            at=AT,
        )


def test_another_dataset_is_refused(candidate: Path, small_dataset: Path) -> None:
    """A candidate is validated on the split it was trained with."""
    record = read_record(candidate / TRAINING, TrainingRecord)
    other = msgspec.structs.replace(record.dataset, sha256="0" * 64)
    (candidate / TRAINING).write_bytes(to_json(msgspec.structs.replace(record, dataset=other)))
    with pytest.raises(CandidateError, match="not the dataset"):
        run("validate", candidate, small_dataset)


def with_another_split(record: TrainingRecord) -> TrainingRecord:
    """One that is measured from a month before, too."""
    return msgspec.structs.replace(record, cut_off=record.cut_off - timedelta(days=31))


def test_another_split_is_refused_before_models_are_fitted_again(candidate: Path, small_dataset: Path) -> None:
    """It takes minutes."""
    record = read_record(candidate / TRAINING, TrainingRecord)
    (candidate / TRAINING).write_bytes(to_json(with_another_split(record)))
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: AT)
    with pytest.raises(CandidateError, match=r"training\.json of the candidate says that it was trained until"):
        app(["validate", str(candidate), str(small_dataset)], exit_on_error=False, print_error=False)
    assert "Deriving features" in output.getvalue()
    assert "Fitting again" not in output.getvalue()


def test_no_report_sets_findings_of_one_split_beside_figures_of_another(
    candidate: Path, small_dataset: Path, tmp_path: Path
) -> None:
    """A candidate is refused, whether or not its validation goes along; of a registered version the page says it."""
    record = with_another_split(read_record(candidate / TRAINING, TrainingRecord))
    (candidate / TRAINING).write_bytes(to_json(record))
    out = tmp_path / "report.html"
    told = ("report", candidate, "--dataset", small_dataset, "--out", out)
    with pytest.raises(RegistryError, match=r"validation\.json is of another training\.json; validate again"):
        run(*told)
    validation = read_record(candidate / VALIDATION, Validation)
    validation = msgspec.structs.replace(validation, training_sha256=training_digest(record))
    (candidate / VALIDATION).write_bytes(to_json(validation))
    with pytest.raises(CandidateError, match=r"training\.json of a scorecard candidate says that it was trained until"):
        run(*told)
    assert not out.exists()
    registry = tmp_path / "artifacts"
    run("register", candidate, "--name", "sme", "--version", "1", "--registry", registry)
    run("report", "sme", "1", "--dataset", small_dataset, "--out", out, "--registry", registry)
    page = out.read_text()
    assert "The split of the record is not the one that the dataset gives." in page
    assert f"measured from {record.cut_off} on" in page


def test_another_feature_catalogue_is_refused(candidate: Path, small_dataset: Path) -> None:
    """Values of another catalogue may mean something else."""
    record = read_record(candidate / TRAINING, TrainingRecord)
    (candidate / TRAINING).write_bytes(to_json(msgspec.structs.replace(record, features_version="0")))
    with pytest.raises(CandidateError, match="feature catalogue 0"):
        run("validate", candidate, small_dataset)


@pytest.mark.parametrize("file", [SCORECARD, ESTIMATOR])
def test_a_candidate_with_a_changed_file_is_not_read(candidate: Path, file: str) -> None:
    """Neither table nor estimator is taken for what was trained."""
    (candidate / file).write_bytes((candidate / file).read_bytes() + b" ")
    with pytest.raises(CandidateError, match="is not the file"):
        read_candidate(candidate)


def test_an_estimator_file_with_foreign_types_is_not_loaded(candidate: Path) -> None:
    """Types are checked before anything is built from the file."""
    content = (candidate / ESTIMATOR).read_bytes()
    foreign = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(foreign, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "schema.json":
                data = data.replace(b'"models.woe"', b'"subprocess"').replace(b'"WoeScorecard"', b'"Popen"')
            new.writestr(name, data)
    (candidate / ESTIMATOR).write_bytes(foreign.getvalue())
    record = read_record(candidate / TRAINING, TrainingRecord)
    files = record.files | {ESTIMATOR: digest_of(candidate / ESTIMATOR)}
    (candidate / TRAINING).write_bytes(to_json(msgspec.structs.replace(record, files=files)))
    with pytest.raises(CandidateError, match=r"not trusted.*subprocess\.Popen"):
        read_candidate(candidate)


def figures(*, bads: int = 200, auc: float = 0.8, slope: float = 1.0, ratio: float = 1.0) -> Figures:
    """Figures that pass every gate unless told otherwise."""

    def about(value: float) -> Estimate:
        return Estimate(value=value, low=value - 0.03, high=value + 0.03)

    return Figures(
        rows=2000,
        bads=bads,
        bad_rate=bads / 2000,
        mean_pd=bads / 2000,
        auc=about(auc),
        gini=about(2 * auc - 1),
        ks=about(0.4),
        brier=about(0.1),
        observed_to_expected=about(ratio),
        calibration_slope=about(slope),
        calibration_intercept=about(0.0),
        bad_borrowers=bads,
    )


@pytest.mark.parametrize(
    ("found", "psi", "difference", "violations", "failed"),
    [
        (figures(), 0.1, 1e-12, 0, []),
        (figures(bads=150, auc=0.93, slope=0.73, ratio=1.30), 0.25, 1e-9, 0, []),
        (figures(slope=1.36, ratio=0.69), 0.1, 0.0, 0, []),
        (figures(bads=149), 0.1, 0.0, 0, ["out_of_time_bads"]),
        (figures(auc=0.67), 0.1, 0.0, 0, ["out_of_time_auc_low"]),
        (figures(auc=0.94), 0.1, 0.0, 0, ["out_of_time_auc"]),
        (figures(slope=0.72), 0.1, 0.0, 0, ["calibration_slope"]),
        (figures(slope=1.38), 0.1, 0.0, 0, ["calibration_slope_high"]),
        (figures(slope=float("nan")), 0.1, 0.0, 0, ["calibration_slope", "calibration_slope_high"]),
        (figures(ratio=1.31), 0.1, 0.0, 0, ["observed_to_expected"]),
        (figures(ratio=0.67), 0.1, 0.0, 0, ["observed_to_expected_low"]),
        (figures(), 0.26, 0.0, 0, ["population_stability"]),
        (figures(), 0.1, 0.0, 1, ["wrong_steps"]),
        (figures(), 0.1, 1e-6, 0, ["table_equals_estimator"]),
        (figures(), 0.1, float("nan"), 0, ["table_equals_estimator"]),
    ],
)
def test_gates_pass_at_their_threshold_and_fail_beyond(
    found: Figures, psi: float, difference: float, violations: int, failed: list[str]
) -> None:
    """Each gate has its threshold, at the end of an interval of 0.06; what could not be computed fails."""
    result = gates(found, psi=psi, psi_noise=0.05, difference=difference, violations=violations)
    assert failed == [gate.name for gate in result if not gate.passed]


def test_several_bad_rows_of_one_firm_are_one_bad() -> None:
    """Twenty bad firms with twelve rows each are no 240 bads."""
    found = scored_firms(bads=20, goods=200, rows_each=12)
    measured = figures_of(found)
    assert measured is not None
    assert (measured.bads, measured.bad_borrowers) == (240, 20)
    told = gates(measured, psi=0.1, psi_noise=0.0, difference=0.0, violations=0)
    assert [gate.value for gate in told if gate.name == "out_of_time_bads"] == [20.0]
    assert "out_of_time_bads" in {gate.name for gate in told if not gate.passed}


def scored_firms(*, bads: int, goods: int, rows_each: int) -> pl.DataFrame:
    """Scored rows, each firm as often."""
    firms = np.repeat(np.arange(bads + goods), rows_each)
    log_odds = np.random.default_rng(1).normal(-2.0, 1.0, len(firms))
    return pl.DataFrame(
        {
            "borrower": firms,
            "outcome": ["bad" if firm < bads else "good" for firm in firms],
            "log_odds": log_odds,
            "pd": 1 / (1 + np.exp(-log_odds)),
        }
    )


def test_training_needs_firms_that_went_bad_not_rows() -> None:
    """Three bad firms with twelve rows on the training side are no thirty bads."""
    days = [date(2021, month, 1) for month in range(1, 13)]
    rows = pl.DataFrame(
        {
            "borrower": [firm for firm in range(100) for _ in days],
            "as_of": days * 100,
            "outcome": ["bad" if firm < 3 else "good" for firm in range(100) for _ in days],
        }
    )
    with pytest.raises(
        DatasetError, match=r"3 firms with a bad and 97 with a good among 800 rows until .* at least 30"
    ):
        split(rows, horizon_months=0)


@pytest.mark.parametrize(
    "change",
    [
        {"cut_off": date(2021, 6, 30), "trained_until": date(2020, 6, 30)},
        {"trained_until": date(2022, 12, 30)},
        {"train": {"rows": 10}},
        {"out_of_time": {"bads": 900}},
    ],
)
def test_a_split_that_somebody_wrote_into_the_record_is_refused(
    candidate: Path, small_dataset: Path, change: dict[str, Any]
) -> None:
    """Else a model could be measured on what it was trained on."""
    stored = json.loads((candidate / TRAINING).read_bytes())
    for name, value in change.items():
        stored[name] = stored[name] | value if isinstance(value, dict) else value.isoformat()
    (candidate / TRAINING).write_text(json.dumps(stored))
    with pytest.raises(CandidateError, match=r"training\.json of the candidate .*Train again"):
        run("validate", candidate, small_dataset)


def test_steps_against_the_declared_direction_are_counted(validated: Path) -> None:
    """A table is read against the declarations, not against the estimator that made it."""
    table = PointsTable.from_json((validated / SCORECARD).read_bytes())
    declared = {name: CATALOGUE[name].risk for name in table.names}
    assert wrong_steps(table, declared) == 0
    turned = {name: Risk(-risk) for name, risk in declared.items()}
    assert wrong_steps(table, turned) > 0


def test_a_page_for_each_feature(tmp_path: Path) -> None:
    """With an example that the code itself works out, a figure, and one table of the evidence."""
    pages = tmp_path / "pages"
    (pages).mkdir()
    (pages / "gone.md").write_text("of a feature that was renamed")
    (pages / "README.md").write_text("# Evidence for each feature\n")
    dataset = write_small_dataset(tmp_path / "dataset", borrowers=60, resources=SALES)
    told = run("pages", dataset, "--out", pages)
    assert f"Wrote {len(CATALOGUE)} pages" in told
    assert {path.stem for path in pages.glob("*.md")} == CATALOGUE.keys() | {"README"}
    text = (pages / "revenue_log_12m.md").read_text(encoding="utf-8")
    assert "![Rows and bad rate by value](revenue_log_12m.svg)" in text
    assert "Firm 1 of the data on 2021-12-31:" in text
    assert "AUC of the lower value alone" in text
    assert "These data do not hold what this feature reads." in (pages / "liquidity_overdraft_days_90d.md").read_text()
    assert not (pages / "liquidity_overdraft_days_90d.svg").exists()
    assert "[`revenue_log_12m`](revenue_log_12m.md)" in (pages / "README.md").read_text(encoding="utf-8")


def test_pages_of_real_firms_tell_of_no_single_one(tmp_path: Path) -> None:
    """Neither its number nor what it has."""
    dataset = write_small_dataset(tmp_path / "dataset", borrowers=60, resources=SALES, kind="observed")
    run("pages", dataset, "--out", tmp_path / "pages")
    text = (tmp_path / "pages" / "revenue_log_12m.md").read_text(encoding="utf-8")
    assert NO_EXAMPLE in text
    assert "Firm 1" not in text


def test_pages_delete_nothing_else(tmp_path: Path) -> None:
    """A folder of guides stays as it is."""
    dataset = write_small_dataset(tmp_path / "dataset", borrowers=2)
    for name in ("README.md", "guide.md"):
        (tmp_path / name).write_text("# A guide")
    with pytest.raises(OutputError, match="holds other pages than those of features"):
        run("pages", dataset, "--out", tmp_path)
    assert (tmp_path / "guide.md").exists()


def test_pages_do_not_go_into_the_dataset(tmp_path: Path) -> None:
    """They would change its checksum."""
    dataset = write_small_dataset(tmp_path / "dataset", borrowers=2)
    with pytest.raises(OutputError, match="would lie in the dataset folder"):
        run("pages", dataset, "--out", dataset / "pages")
