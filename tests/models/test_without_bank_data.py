"""A model without bank data, from the dataset folder to the policy that names it."""

import hashlib
import re
import shutil
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from service import a_serving, settings_in

from features.derive import CATALOGUE
from models.__main__ import build_app
from models.records import COMPARISON, TRAINING, VALIDATION, WITH_AND_WITHOUT, Comparison, TrainingRecord, Validation
from models.registry import CandidateError, Registry, RegistryError, read_record, training_digest
from scoring.decisions.policy import PolicyError
from scoring.runtime.serving import Serving, ServingError, combine, load_shadow, with_model_of_persons

AT = datetime(2025, 3, 1, tzinfo=UTC)


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: AT)
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


@pytest.fixture(scope="module")
def without(small_dataset: Path, validated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A registry with a model that was trained without bank data, and what its comparison printed."""
    folder = tmp_path_factory.mktemp("without")
    with_bank_data = Path(shutil.copytree(validated, folder / "with"))
    (with_bank_data / "validation.json").unlink()
    run("train", small_dataset, "--no-bank-data", "--estimator", "boosting", "--out", folder / "books")
    run("train", small_dataset, "--no-bank-data", "--refits", "0", "--out", folder / "other")
    told = run("compare", folder / "books", with_bank_data, small_dataset)
    run("compare", folder / "books", folder / "other", small_dataset)
    run("validate", folder / "books", small_dataset, "--refits", "0")
    told += run("register", folder / "books", "--name", "books", "--version", "1", "--registry", folder / "artifacts")
    return folder, told


def policy_of(folder: Path, bank_data: str, model: str = "books") -> Serving:
    """The newest policy, which names a model for natural persons."""
    registry = Registry(root=folder / "artifacts")
    digest = hashlib.sha256(registry.manifest_of(model, "1").read_bytes()).hexdigest()
    named = f'model = {{ name = "{model}", version = "1", manifest_sha256 = "{digest}" }}'
    made = a_serving()
    text = re.sub('bank_data = "[^"]*"', f'bank_data = "{bank_data}"\n{named}', made.policy_text, count=1)
    return with_model_of_persons(combine(made.card, made.table, text.encode()), registry)


def test_it_learns_from_what_documents_say_of_their_payments(without: tuple[Path, str]) -> None:
    """Delays count without bank data, and the record, the card and the list say that there were none."""
    folder, _ = without
    record = read_record(folder / "books" / TRAINING, TrainingRecord)
    assert not record.bank_data
    assert not any(CATALOGUE[name].needs_bank_data for name in record.candidates)
    assert "receivables_weighted_delay_days_12m_v2" in record.selected
    assert "**Trained without bank data.**" in (folder / "books" / "card.md").read_text()
    assert "simulated, without bank data" in run("list", "--registry", folder / "artifacts")


def test_what_bank_data_are_worth_is_told_of_both(without: tuple[Path, str]) -> None:
    """Each is scored with its own values on the same rows, and both folders have the comparison."""
    folder, told = without
    assert "boosting without bank data less scorecard: AUC" in told
    for name in ("books", "with"):
        comparison = read_record(folder / name / WITH_AND_WITHOUT, Comparison)
        assert (comparison.first.bank_data, comparison.second.bank_data) == (False, True)
    assert "## What bank data are worth" in (folder / "books" / "card.md").read_text()


def test_both_comparisons_are_told(without: tuple[Path, str]) -> None:
    """That of the other estimator is kept beside that of bank data, in folder, card and report."""
    folder, _ = without
    other = read_record(folder / "books" / COMPARISON, Comparison)
    assert (other.first.bank_data, other.second.bank_data) == (False, False)
    assert {WITH_AND_WITHOUT, COMPARISON} <= {path.name for path in (folder / "artifacts" / "books" / "1").iterdir()}
    card = (folder / "books" / "card.md").read_text()
    assert "## Compared with the other estimator" in card
    assert "boosting without bank data less scorecard: AUC" in card
    page = (folder / "books" / "report.html").read_text()
    assert '<h2 id="comparison">Compared with the other estimator</h2>' in page
    assert "<h2>What bank data are worth</h2>" in page


def test_a_policy_that_leaves_bank_data_out_takes_it(without: tuple[Path, str]) -> None:
    """For natural persons alone, and nothing of their accounts is read."""
    folder, told = without
    digest = hashlib.sha256((folder / "artifacts" / "books" / "1" / "manifest.json").read_bytes()).hexdigest()
    assert f'model = {{ name = "books", version = "1", manifest_sha256 = "{digest}" }}' in told
    found = policy_of(folder, "leave_out")
    assert found.of_persons is not None
    assert found.of_persons.versions.model == "books/1"


def test_a_policy_that_reads_bank_data_does_not(without: tuple[Path, str]) -> None:
    """The same features would have other values than those that it learned from."""
    with pytest.raises(PolicyError, match=r"books 1 was trained without bank data: set `bank_data = \"leave_out\"`"):
        policy_of(without[0], "read")


def test_one_that_saw_the_payment_log_is_refused_where_it_is_left_out(without: tuple[Path, str]) -> None:
    """Though documents tell of payments, too: it learned other values."""
    folder, _ = without
    registry = folder / "artifacts"
    if not (registry / "delays").exists():
        candidate = Path(shutil.copytree(folder / "books", folder / "delays"))
        path = candidate / TRAINING
        record = msgspec.structs.replace(read_record(path, TrainingRecord), bank_data=True)
        path.write_bytes(msgspec.json.encode(record))
        validation = read_record(candidate / VALIDATION, Validation)
        of_it = msgspec.structs.replace(validation, training_sha256=training_digest(record))
        (candidate / VALIDATION).write_bytes(msgspec.json.encode(of_it))
        run("register", candidate, "--name", "delays", "--version", "1", "--registry", registry)
    with pytest.raises(PolicyError, match="delays 1 reads bank data \\(receivables_weighted_delay_days_12m_v2"):
        policy_of(folder, "leave_out", "delays")


def test_it_is_not_promoted_and_scores_in_no_shadow(without: tuple[Path, str], tmp_path: Path) -> None:
    """Who is promoted scores whoever applies."""
    registry = without[0] / "artifacts"
    told = "books 1 was trained without bank data: it scores natural persons whose bank data a policy leaves out"
    with pytest.raises(RegistryError, match=told):
        run("promote", "books", "1", "--by", "A", "--reason", "B", "--registry", registry)
    settings = msgspec.structs.replace(settings_in(tmp_path), model_dir=registry, model_name="books", shadow_model="1")
    with pytest.raises(ServingError, match=f"SCORING_SHADOW_MODEL: {told}"):
        load_shadow(settings)


def test_it_replaces_no_model_that_reads_them(
    without: tuple[Path, str], small_dataset: Path, validated: Path, tmp_path: Path
) -> None:
    """A report against it would score it with values that it never saw."""
    candidate = Path(shutil.copytree(validated, tmp_path / "candidate"))
    asked = ("--against", "books/1", "--registry", without[0] / "artifacts", "--refits", "0")
    with pytest.raises(CandidateError, match="one of both was trained without bank data"):
        run("validate", candidate, small_dataset, *asked)
