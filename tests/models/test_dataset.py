import shutil
from datetime import date
from pathlib import Path

import msgspec
import polars as pl
import pytest
from small_dataset import DAYS, write_small_dataset

from features.derive import CATALOGUE
from features.ledger import Resource
from models.dataset import DatasetError, cut_off_date, read_dataset, training_rows
from models.outcomes import UNLIKELY_TO_PAY, Definition

NAMES = ("receivables_overdue_share", "revenue_log_12m")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset folder of three firms, to be changed."""
    return write_small_dataset(tmp_path / "dataset", borrowers=3)


def test_rows_are_features_and_outcomes_of_the_whole_spine(folder: Path) -> None:
    """One row per firm and day, sorted, with the features asked for and the outcome of the loan."""
    rows = training_rows(read_dataset(folder), NAMES, Definition.crr_178())
    assert ["borrower", "as_of", "is_reconstructed", *NAMES, "outcome", "worst_dpd"] == rows.columns
    assert [(borrower, day) for borrower in (1, 2, 3) for day in DAYS] == rows.select("borrower", "as_of").rows()
    assert rows["outcome"].null_count() == 0
    assert rows["revenue_log_12m"].null_count() == 0


def test_progress_is_told(folder: Path) -> None:
    """The callback hears how many firms are done."""
    heard: list[tuple[int, int]] = []
    training_rows(read_dataset(folder), NAMES, Definition.crr_178(), lambda done, total: heard.append((done, total)))
    assert heard == [(3, 3)]


def test_chunks_of_firms_do_not_change_values(tmp_path: Path) -> None:
    """250 firms are derived in three chunks; a firm has the values that it has alone."""
    dataset = read_dataset(write_small_dataset(tmp_path / "many", borrowers=250))
    rows = training_rows(dataset, NAMES, Definition.crr_178())
    alone = tmp_path / "alone"
    shutil.copytree(dataset.folder, alone)
    for name in ("spine", "repayments"):
        path = alone / f"{name}.parquet"
        pl.read_parquet(path).filter(pl.col("borrower") == 207).write_parquet(path)
    single = training_rows(read_dataset(alone), NAMES, Definition.crr_178())
    assert single.equals(rows.filter(pl.col("borrower") == 207))


def test_what_was_never_fetched_is_refused(tmp_path: Path) -> None:
    """A feature that reads bank lines cannot be trained where nobody asked for them."""
    resources = frozenset(Resource) - {Resource.TRANSACTIONS}
    dataset = read_dataset(write_small_dataset(tmp_path / "dataset", borrowers=3, resources=resources))
    with pytest.raises(DatasetError, match="liquidity_inflow_outflow_ratio_90d was not fetched"):
        training_rows(dataset, [*NAMES, "liquidity_inflow_outflow_ratio_90d"], Definition.crr_178())


def test_the_digest_follows_the_content(folder: Path) -> None:
    """Equal folders have equal digests, whatever they are called; a changed file has another."""
    first = read_dataset(folder).sha256
    again = folder.rename(folder.with_name("elsewhere"))
    assert first == read_dataset(again).sha256
    spine = pl.read_parquet(again / "spine.parquet")
    spine.with_columns(is_reconstructed=pl.lit(value=True)).write_parquet(again / "spine.parquet")
    assert first != read_dataset(again).sha256


def change_manifest(folder: Path, **changes: object) -> None:
    """Write other values into the manifest."""
    path = folder / "manifest.json"
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | changes))


def change(folder: Path, name: str, *columns: pl.Expr, keep: pl.Expr | None = None) -> None:
    """Write other values into a parquet file."""
    path = folder / f"{name}.parquet"
    frame = pl.read_parquet(path).with_columns(*columns)
    (frame if keep is None else frame.filter(keep)).write_parquet(path)


def test_manifests_of_another_form_are_refused(folder: Path) -> None:
    """Unknown schema, kind or resource, broken JSON and an absent file are named."""
    for changes, message in (
        ({"schema": 3}, "schema 3 is of a newer version"),
        ({"schema": 2, "ledger": 99}, "the ledger has version 99; known are versions up to "),
        ({"kind": "guessed"}, "kind"),
        ({"resources": ["minds"]}, "resources"),
    ):
        shutil.copytree(folder, folder.with_name("changed"))
        change_manifest(folder.with_name("changed"), **changes)
        with pytest.raises(DatasetError, match=message):
            read_dataset(folder.with_name("changed"))
        shutil.rmtree(folder.with_name("changed"))
    (folder / "manifest.json").write_text("{")
    with pytest.raises(DatasetError, match=r"manifest\.json"):
        read_dataset(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(DatasetError, match="does not exist"):
        read_dataset(folder)


def test_a_folder_that_names_the_version_of_its_ledger_is_read_as_such(tmp_path: Path) -> None:
    """As one of schema 1, which has the first."""
    folder = write_small_dataset(tmp_path / "old", borrowers=3, ledger=1)
    before = training_rows(read_dataset(folder), NAMES, Definition.crr_178())
    change_manifest(folder, schema=2, ledger=1)
    assert training_rows(read_dataset(folder), NAMES, Definition.crr_178()).equals(before)


def test_borrowers_that_are_one_firm_belong_together(folder: Path) -> None:
    """Each with the facts of its own, and the number of the firm, by which everything is grouped."""
    alone = training_rows(read_dataset(folder), NAMES, Definition.crr_178())
    firms = pl.DataFrame({"borrower": [1, 2, 3], "firm": [70, 80, 70]})
    firms.write_parquet(folder / "firms.parquet")
    rows = training_rows(read_dataset(folder), NAMES, Definition.crr_178())
    assert rows["borrower"].to_list() == [70] * 2 * len(DAYS) + [80] * len(DAYS)
    assert sorted(rows.drop("borrower").rows()) == sorted(alone.drop("borrower").rows())


@pytest.mark.parametrize(
    ("borrowers", "problem"), [([1, 2], "no firm for"), ([1, 2, 3, 3], "a borrower twice")], ids=["missing", "twice"]
)
def test_firms_that_do_not_fit_are_refused(folder: Path, borrowers: list[int], problem: str) -> None:
    """The file is named."""
    pl.DataFrame({"borrower": borrowers, "firm": borrowers}).write_parquet(folder / "firms.parquet")
    with pytest.raises(DatasetError, match=rf"firms\.parquet has {problem}"):
        training_rows(read_dataset(folder), NAMES, Definition.crr_178())


def test_the_first_catalogue_has_the_same_rows_of_a_later_ledger(folder: Path, tmp_path: Path) -> None:
    """The facts of version 1 stay beside what was added; features of catalogue 2 are refused where they are alone."""
    old = read_dataset(write_small_dataset(tmp_path / "old", borrowers=3, ledger=1))
    names = [name for name, feature in CATALOGUE.items() if feature.catalogue == 1]
    rows = training_rows(old, names, Definition.crr_178())
    assert training_rows(read_dataset(folder), names, Definition.crr_178()).equals(rows)
    with pytest.raises(DatasetError, match="revenue_log_12m_v2 was not fetched"):
        training_rows(old, [*NAMES, "revenue_log_12m_v2"], Definition.crr_178())


def test_ledgers_of_another_schema_are_refused(folder: Path) -> None:
    """A column of another type, one too many, a missing or broken file are named."""
    change(folder, "ledger/invoices", pl.col("net_cents").cast(pl.Float64))
    with pytest.raises(DatasetError, match=r"invoices\.parquet: column net_cents is Float64, not Int64"):
        read_dataset(folder)
    change(folder, "ledger/invoices", pl.col("net_cents").cast(pl.Int64), pl.lit(1).alias("status"))
    with pytest.raises(DatasetError, match="column status is Int32, not None"):
        read_dataset(folder)
    (folder / "ledger/invoices.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match=r"invoices\.parquet cannot be read"):
        read_dataset(folder)
    (folder / "ledger/invoices.parquet").unlink()
    with pytest.raises(DatasetError, match=r"invoices\.parquet cannot be read"):
        read_dataset(folder)


def test_a_point_twice_is_refused(folder: Path) -> None:
    """A firm is looked at once a day."""
    spine = pl.read_parquet(folder / "spine.parquet")
    pl.concat([spine, spine.head(1)]).write_parquet(folder / "spine.parquet")
    with pytest.raises(DatasetError, match="twice"):
        read_dataset(folder)


def test_a_point_after_the_end_of_the_facts_is_refused(folder: Path) -> None:
    """A later day would look at facts that nobody has seen yet."""
    change_manifest(folder, end_on=date(2023, 6, 29))
    with pytest.raises(DatasetError, match="after 2023-06-29"):
        read_dataset(folder)


def test_a_point_without_loan_is_left_out_and_a_loan_without_point_refused(folder: Path) -> None:
    """Nobody knows what would have become of who was declined; a loan without books teaches nothing."""
    shutil.copytree(folder, folder.with_name("other"))
    change(folder, "repayments", keep=pl.col("borrower") > 1)
    dataset = read_dataset(folder)
    assert dataset.spine.height - dataset.loans.height == 4
    assert training_rows(dataset, ["revenue_net_12m_cents"], Definition.crr_178())["borrower"].min() == 2
    change(folder.with_name("other"), "spine", keep=pl.col("borrower") > 1)
    with pytest.raises(DatasetError, match="4 loans are not in the spine"):
        read_dataset(folder.with_name("other"))


def test_who_was_found_unlikely_to_pay_is_bad(folder: Path) -> None:
    """The file need not be there; where it is, training takes it."""
    before = training_rows(read_dataset(folder), [], Definition.crr_178())
    loan = before.filter(pl.col("outcome") == "good").row(0, named=True)
    found = pl.DataFrame([(loan["borrower"], loan["as_of"], loan["as_of"])], schema=UNLIKELY_TO_PAY, orient="row")
    found.write_parquet(folder / "unlikely_to_pay.parquet")
    after = training_rows(read_dataset(folder), [], Definition.crr_178())
    changed = after.filter(before["outcome"] != after["outcome"])
    assert changed.select("borrower", "as_of", "outcome").rows() == [(loan["borrower"], loan["as_of"], "bad")]


def test_a_dataset_without_repayments_says_what_to_do(folder: Path) -> None:
    """An export may hold none; the error names the command that adds them."""
    change(folder, "repayments", keep=pl.lit(value=False))
    with pytest.raises(DatasetError, match=r"repayments\.parquet is empty: python -m models outcomes.*docs/loans\.md"):
        read_dataset(folder)


def test_an_empty_spine_is_refused(folder: Path) -> None:
    """There is nothing to train on."""
    change(folder, "spine", keep=pl.lit(value=False))
    with pytest.raises(DatasetError, match=r"spine\.parquet is empty"):
        read_dataset(folder)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([70, 30], 2),
        ([10, 90], 2),
        ([25, 25, 25, 25], 4),
        ([30, 30, 20, 20], 4),
        ([40, 30, 16, 14], 3),
    ],
)
def test_the_cut_leaves_the_most_recent_days_that_hold_about_30_percent(counts: list[int], expected: int) -> None:
    """Whole days are kept together, the earlier days always train."""
    days = [date(2024, 1, number) for number, count in enumerate(counts, start=1) for _ in range(count)]
    assert cut_off_date(pl.DataFrame({"as_of": days})) == date(2024, 1, expected)


def test_one_day_cannot_be_cut() -> None:
    """Out of time needs a second day."""
    with pytest.raises(DatasetError, match="one day"):
        cut_off_date(pl.DataFrame({"as_of": [date(2024, 1, 1)] * 9}))


def test_facts_that_break_the_contract_of_the_ledger_are_refused(folder: Path) -> None:
    """A document without a due date has the right schema and is still no fact."""
    change(folder, "ledger/invoices", pl.lit(None, dtype=pl.Date).alias("due_on"))
    with pytest.raises(DatasetError, match="invoices"):
        training_rows(read_dataset(folder), NAMES, Definition.crr_178())
