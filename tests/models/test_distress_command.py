"""``models outcomes --from-books``, and a model that learned from them: what each says, records and refuses."""

import shutil
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import msgspec
import polars as pl
import pytest
from rich.console import Console
from service import application, running
from small_dataset import write_small_dataset

from features.derive import CATALOGUE, measures_of
from features.measure import Term
from features.views import View
from models.__main__ import build_app
from models.candidates import candidate_features
from models.dataset import DatasetError, DefinitionError, read_dataset
from models.distress import DISTRESS
from models.distress_dataset import OUTCOMES_FILE, RECORD_FILE, distress_rows, read_distress, write_distress
from models.distress_definition import EVENTS, DistressDefinition, Event
from models.findings import FINDINGS, Findings
from models.outcomes import Definition, outcomes
from models.records import REPORT, DistressRecord, TrainingRecord
from models.registry import CandidateError, OutputError, Registry, read_record
from models.repayments_file import RepaymentsFileError
from models.technical_file import technical_file
from models.train import train
from sandbox.portfolio.folder import write_portfolio
from scoring.decisions.decision import ModelOutcome
from scoring.runtime.serving import card_of, combine, newest_policy_file

AT = datetime(2026, 11, 30, tzinfo=UTC)


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: AT)
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books of simulated firms, without what became of loans."""
    folder = tmp_path_factory.mktemp("portfolio") / "dataset"
    write_portfolio(folder, firms=12, seed=3, end_on=date(2026, 11, 23), jobs=1)
    (folder / "repayments.parquet").unlink()
    return folder


@pytest.fixture(scope="module")
def made(portfolio: Path) -> tuple[Path, str]:
    """The same with outcomes from its books, and what the command said."""
    return portfolio, run("outcomes", portfolio, "--from-books")


def test_outcomes_come_from_books_alone(made: tuple[Path, str]) -> None:
    """Repayments need not be there; what was left out is told, and what the files say is what was printed."""
    folder, said = made
    found, record = read_distress(folder)
    assert found.schema == DISTRESS
    assert (record.definition, found["left_out"].null_count()) == (DistressDefinition.usual(), record.good + record.bad)
    assert sum(record.left_out.values()) + record.good + record.bad == found.height
    assert sum(record.events.values()) == record.bad
    told = ("It is no default on a loan", "in distress already", "All points are reconstructed", "own insolvency")
    assert [words for words in told if words not in said] == []
    assert f"{record.left_out['not_over']}" in said


def test_the_same_books_give_the_same_bytes_and_nothing_is_written_over(made: tuple[Path, str], tmp_path: Path) -> None:
    """Unless it is asked for."""
    folder = tmp_path / "dataset"
    shutil.copytree(made[0], folder)
    with pytest.raises(OutputError, match="--replace writes over it"):
        run("outcomes", folder, "--from-books")
    run("outcomes", folder, "--from-books", "--replace")
    for name in (OUTCOMES_FILE, RECORD_FILE):
        assert (folder / name).read_bytes() == (made[0] / name).read_bytes()


def test_a_file_of_repayments_and_books_are_not_taken_together(made: tuple[Path, str], tmp_path: Path) -> None:
    """And books that lack what events are read from are refused, as is a second definition."""
    folder = made[0]
    with pytest.raises(RepaymentsFileError, match="name a CSV file of repayments, or --from-books"):
        run("outcomes", folder)
    with pytest.raises(RepaymentsFileError, match="name a CSV file of repayments, or --from-books"):
        run("outcomes", folder, tmp_path / "loans.csv", "--from-books")
    given = ("--column", "due_on=Tag", "--decimal", ",", "--observed-until", "2025-01-01")
    with pytest.raises(RepaymentsFileError, match="not for books: --column, --observed-until, --decimal"):
        run("outcomes", folder, "--from-books", *given)
    with pytest.raises(DefinitionError, match="takes one --definition"):
        run("outcomes", folder, "--from-books", "--definition", "a.toml", "--definition", "b.toml")
    bare = write_small_dataset(tmp_path / "bare", borrowers=2, resources=frozenset({"invoices"}))
    with pytest.raises(DatasetError, match="has no accounts, balances, recognition, transactions, vouchers"):
        run("outcomes", bare, "--from-books")
    with pytest.raises(DatasetError, match="has no outcomes from books"):
        run("train", bare, "--outcome", "distress", "--out", tmp_path / "out")
    with pytest.raises(DefinitionError, match="give --definition to outcomes"):
        run("train", folder, "--outcome", "distress", "--definition", "a.toml", "--out", tmp_path / "out")
    with pytest.raises(DatasetError, match="--rejects is about loans"):
        run("train", folder, "--outcome", "distress", "--rejects", "reweighting", "--out", tmp_path / "out")


WORDS: dict[Event, tuple[frozenset[str], frozenset[View]]] = {
    "insolvency": (frozenset({"insolvency_own"}), frozenset()),
    "garnishment": (frozenset({"garnishment"}), frozenset()),
    "returned_debits": (frozenset({"returned_debit"}), frozenset()),
    "levies_unpaid": (frozenset(), frozenset({View.LEVIES, View.STAFF_MONTHS})),
    "overdue_bills": (frozenset(), frozenset()),
    "overdraft": (frozenset(), frozenset({View.BALANCE, View.LONG_BALANCE})),
    "wages_stopped": (frozenset(), frozenset({View.STAFF_MONTHS})),
}
"""Categories that expressions name, and views that are made of an event's source alone."""
OF_LATE_BILLS = ("delay_days", "dpd", "open_cents")


def declared(name: str, event: Event) -> bool:
    """Whether the declarations of a feature say that it reads the source of an event."""
    categories, views = WORDS[event]
    for measure in measures_of(name).values():
        if isinstance(measure, Term):
            continue
        text = measure.aggregate.meta.serialize(format="json")
        if event == "levies_unpaid" and measure.view is View.STAFF_MONTHS and "has_contributions" not in text:
            continue  # of these months, wages alone
        if any(f'"{one}"' in text for one in categories) or measure.view in views:
            return True
        if event == "overdue_bills" and measure.view is View.PAYABLES and any(one in text for one in OF_LATE_BILLS):
            return True
    return False


@pytest.mark.parametrize("event", EVENTS)
def test_every_feature_that_is_declared_to_read_the_source_of_an_event_is_marked(
    made: tuple[Path, str], event: Event
) -> None:
    """Found by wording facts anew, and here by what declarations name: none of these may be missing."""
    _, record = read_distress(made[0])
    fetched = frozenset(read_dataset(made[0], outcomes_known=False).manifest.resources)
    names = [name for number in (1, 2) for name in candidate_features(catalogue=number, fetched=fetched)[0]]
    reading = {name for name in names if declared(name, event)}
    marked = {name for name in names if event in record.marked.get(name, ())}
    assert reading - marked == set()
    assert len(marked) < len(names) / 3, "a mark that all have says nothing"


FEW = ("receivables_weighted_delay_days_12m", "receivables_on_time_share_12m", "customers_top1_share_12m")
"""Features enough to train on in seconds."""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> tuple[Registry, str]:
    """A registry with a model that learned from distress, and what validating it said."""
    folder = tmp_path_factory.mktemp("trained")
    dataset = write_small_dataset(folder / "dataset", borrowers=400)
    source = read_dataset(dataset)
    known = outcomes(source.repayments, Definition.crr_178(), source.unlikely_to_pay)
    is_bad = pl.col("outcome") == "bad"
    found = known.select("borrower", "as_of", "outcome").with_columns(
        left_out=None, event=pl.when(is_bad).then(pl.lit("overdue_bills")), event_on=None, known_on=None
    )
    record = DistressRecord(
        schema=1,
        definition=DistressDefinition.usual(),
        good=found.filter(~is_bad).height,
        bad=found.filter(is_bad).height,
        left_out={"silent": 3},
        events={"overdue_bills": found.filter(is_bad).height},
        known_after_window=0,
        marked=dict.fromkeys(FEW, ("overdue_bills",)),
    )
    write_distress(dataset, found.cast(dict(DISTRESS)).select(DISTRESS.names()), record)
    source = read_dataset(dataset)
    rows = distress_rows(source, FEW)
    train(source, rows, [CATALOGUE[name] for name in FEW], definition=record, excluded={}, at=AT).write(
        folder / "model"
    )
    said = run("validate", folder / "model", dataset)
    run("register", folder / "model", "--name", "sme", "--version", "9", "--registry", folder / "registry")
    training = msgspec.json.decode((folder / "model" / "training.json").read_bytes())
    assert (training["distress"] is None, training["definition"], training["table"]) == (False, None, None)
    return Registry(root=folder / "registry"), said


def test_a_model_of_distress_says_so_wherever_it_is_named(registry: tuple[Registry, str]) -> None:
    """In manifest, list, card and decision, with the words that it shares with its outcome, and how it ranks loans."""
    models, said = registry
    model = models.load("sme", "9")
    manifest, card = model.manifest, models.card("sme", "9")
    training, validation = manifest.training, manifest.validation
    assert training is not None
    assert validation is not None
    assert (manifest.outcome, manifest.rests_on) == ("distress", "simulated distress")
    assert manifest.definition == DistressDefinition.usual().name
    assert validation.against_loans is not None
    assert validation.against_loans.auc.low > 0.5
    assert f"AUC {validation.against_loans.auc.value:.3f}" in said
    assert "Predicts distress, not default." in card
    assert "falls into distress" in card
    assert f"AUC {validation.against_loans.auc.value:.3f}" in card
    assert all(name in card.partition("in the words of the outcome")[2] for name in training.selected)
    assert "simulated" in run("list", "--registry", models.root)
    assert card_of(model).outcome is ModelOutcome.DISTRESS
    page = (models.root.parent / "model" / REPORT).read_text(encoding="utf-8")
    assert "more firms fell into distress than were predicted" in page
    file = technical_file(models, "sme", "9", None, CATALOGUE)
    assert "falls into distress within 12 months" in file
    assert f"AUC {validation.against_loans.auc.value:.3f}" in file
    assert not any(text in file for text in ("defaults on a loan", "later loans than", "on later loans,"))


def test_a_model_of_defaults_is_not_replaced_by_one_of_distress(registry: tuple[Registry, str]) -> None:
    """Nor the reverse: whom the two approve cannot be set side by side."""
    folder = registry[0].root.parent
    with pytest.raises(CandidateError, match="it predicts default, and this model distress"):
        run("validate", folder / "model", folder / "dataset", "--against", "sme/4")
    found = read_record(folder / "model" / FINDINGS, Findings)
    assert [one.found for one in found.alarms if one.name == "last_days"] == [None]


async def test_a_decision_says_what_its_pd_is_of(registry: tuple[Registry, str], tmp_path: Path) -> None:
    """And a person makes it, whatever is recommended."""
    model = registry[0].load("sme", "9")
    serving = combine(card_of(model), model.table, newest_policy_file().read_bytes())
    async with running(tmp_path, serving=serving, model_dir=registry[0].root) as service:
        decided = (await service.post("/v1/decisions", application())).json()
    assert decided["versions"]["model_outcome"] == "distress"
    assert decided["pd"]["definition"] == "distress in the firm's own books, 12 months"
    assert decided["verdict"] == "refer"
    (cause,) = (cause for cause in decided["causes"] if cause["code"] == "MODEL_PREDICTS_DISTRESS")
    assert "predicts distress in the firm's books, not default on a loan" in str(cause)


def test_a_record_that_contradicts_itself_is_refused(registry: tuple[Registry, str]) -> None:
    """A model of distress cannot pass for one of defaults."""
    training = registry[0].load("sme", "9").manifest.training
    assert training is not None
    content = msgspec.to_builtins(training)
    for change in ({"distress": None}, {"definition": msgspec.to_builtins(Definition.crr_178())}):
        with pytest.raises(msgspec.ValidationError, match="one of these"):
            msgspec.convert({**content, **change}, type=TrainingRecord)
