import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from small_dataset import write_small_dataset

from features.derive import CATALOGUE
from models.card import model_card
from models.dataset import read_dataset, training_rows
from models.outcomes import Definition
from models.records import CARD, VALIDATION, to_json
from models.train import candidate_features, train
from models.validate import read_candidate, validate

AT = datetime(2025, 1, 15, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset folder of 900 firms on four days. Read only."""
    return write_small_dataset(tmp_path_factory.mktemp("small") / "dataset")


@pytest.fixture(scope="session")
def validated(small_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate folder, trained and validated on the small dataset; it passes every gate. Read only."""
    folder = tmp_path_factory.mktemp("validated") / "candidate"
    dataset = read_dataset(small_dataset)
    names, excluded = candidate_features()
    features = [CATALOGUE[name] for name in names]
    rows = training_rows(dataset, names, Definition.crr_178())
    train(dataset, rows, features, definition=Definition.crr_178(), excluded=excluded, at=AT).write(folder)
    stored = read_candidate(folder)
    validation = validate(stored, dataset, rows, features, at=AT)
    (folder / VALIDATION).write_bytes(to_json(validation))
    (folder / CARD).write_text(model_card(stored.table, stored.record, validation, CATALOGUE), encoding="utf-8")
    return folder


@pytest.fixture
def candidate(validated: Path, tmp_path: Path) -> Path:
    """A copy of the validated candidate, to be changed."""
    return Path(shutil.copytree(validated, tmp_path / "candidate"))
