import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from models.findings import FINDINGS, Findings
from models.gates import contradicted, gates_until_0_7
from models.points import PointsTable
from models.records import (
    CARD,
    ESTIMATOR,
    MANIFEST,
    SCORECARD,
    TRAINING,
    VALIDATION,
    Manifest,
    TrainingRecord,
    Validation,
    to_json,
)
from models.registry import (
    ARTIFACTS,
    STAGES,
    Registry,
    RegistryError,
    check_promotable,
    digest_of,
    read_record,
    training_digest,
)

AT = datetime(2025, 2, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An empty registry."""
    return Registry(root=tmp_path / "artifacts")


@pytest.fixture
def promoted(registry: Registry, validated: Path) -> Registry:
    """A registry whose champion is sme 1."""
    registry.register(validated, name="sme", version="1", at=AT)
    registry.promote("sme", "1", by="A. Analyst", reason="first version", at=AT)
    return registry


def fail_gate(candidate: Path, name: str) -> None:
    """Write a validation in which one gate is not passed."""
    validation = read_record(candidate / VALIDATION, Validation)
    gates = tuple(
        msgspec.structs.replace(gate, passed=False) if gate.name == name else gate for gate in validation.gates
    )
    (candidate / VALIDATION).write_bytes(to_json(msgspec.structs.replace(validation, gates=gates)))


def test_the_champion_is_what_was_registered_and_promoted(promoted: Registry, validated: Path) -> None:
    """Table, manifest and digest come back as they went in."""
    model = promoted.champion("sme")
    assert model.table == PointsTable.from_json((validated / SCORECARD).read_bytes())
    assert model.sha256 == digest_of(validated / SCORECARD)
    manifest = model.manifest
    assert (manifest.name, manifest.version, manifest.registered_at) == ("sme", "1", "2025-02-01T09:30:00Z")
    assert manifest.is_simulated
    assert manifest.horizon_months == 12
    assert manifest.definition == "CRR 178, 90 days past due, 12 months"
    assert manifest.features == model.table.names
    assert promoted.card("sme", "1").startswith("# Model card")


def test_the_history_of_promotions_is_kept(promoted: Registry, validated: Path) -> None:
    """Who, when, why, and what was replaced; the last promotion stands, and an earlier version can come back."""
    promoted.register(validated, name="sme", version="1.1", at=AT)
    promoted.promote("sme", "1.1", by="B. Boss", reason="more firms", at=AT + timedelta(days=1))
    promoted.promote("sme", "1", by="B. Boss", reason="back again", at=AT + timedelta(days=2))
    history = promoted.stages().promotions
    assert [(entry.version, entry.replaced) for entry in history] == [("1", None), ("1.1", "1"), ("1", "1.1")]
    assert (history[1].by, history[1].reason, history[1].at) == ("B. Boss", "more firms", "2025-02-02T09:30:00Z")
    assert promoted.champion("sme").manifest.version == "1"
    assert promoted.versions() == [("sme", "1"), ("sme", "1.1")]


def test_versions_are_sorted_as_numbers(registry: Registry, validated: Path) -> None:
    """Version 10 follows version 9."""
    for version in ("10", "9", "9.1"):
        registry.register(validated, name="sme", version=version, at=AT)
    assert registry.versions() == [("sme", "9"), ("sme", "9.1"), ("sme", "10")]


def test_a_registered_version_cannot_be_replaced(promoted: Registry, validated: Path) -> None:
    """A version is for ever."""
    with pytest.raises(RegistryError, match="registered already"):
        promoted.register(validated, name="sme", version="1", at=AT)


@pytest.mark.parametrize("gate", ["out_of_time_bads", "out_of_time_auc", "calibration_slope", "population_stability"])
def test_a_failed_gate_blocks_promotion_not_registration(registry: Registry, candidate: Path, gate: str) -> None:
    """The version is on record, and cannot be served."""
    fail_gate(candidate, gate)
    registry.register(candidate, name="sme", version="1", at=AT)
    with pytest.raises(RegistryError, match=f"cannot be promoted: it fails {gate}"):
        registry.promote("sme", "1", by="A", reason="r", at=AT)
    assert not (registry.root / STAGES).exists()


def test_a_table_that_is_not_proved_equal_cannot_be_registered(registry: Registry, candidate: Path) -> None:
    """What would be served must be what was trained."""
    fail_gate(candidate, "table_equals_estimator")
    with pytest.raises(RegistryError, match="not proved equal"):
        registry.register(candidate, name="sme", version="1", at=AT)
    validation = read_record(candidate / VALIDATION, Validation)
    (candidate / VALIDATION).write_bytes(to_json(msgspec.structs.replace(validation, gates=())))
    with pytest.raises(RegistryError, match="not proved equal"):
        registry.register(candidate, name="sme", version="1", at=AT)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("out_of_time_bads", {"at_least": 1.0, "value": 2.0}),
        ("out_of_time_auc_low", {"at_least": 0.1, "value": 0.31}),
        ("observed_to_expected", {"at_most": 9.0}),
        ("population_stability", {"value": 0.0}),
    ],
)
def test_gates_that_somebody_wrote_are_not_registered(
    registry: Registry, candidate: Path, name: str, change: dict[str, float]
) -> None:
    """Bounds stand in the code, and what was found stands in the figures."""
    validation = read_record(candidate / VALIDATION, Validation)
    gates = tuple(msgspec.structs.replace(gate, **change) if gate.name == name else gate for gate in validation.gates)
    (candidate / VALIDATION).write_bytes(to_json(msgspec.structs.replace(validation, gates=gates)))
    with pytest.raises(RegistryError, match=rf"gates do not follow from its figures \({name}\); validate again"):
        registry.register(candidate, name="sme", version="1", at=AT)


@pytest.mark.parametrize("left_out", ["calibration_slope", "population_stability", "wrong_steps"])
def test_a_gate_that_is_left_out_is_missed(registry: Registry, candidate: Path, left_out: str) -> None:
    """When it is registered, and when it is promoted although it was registered."""
    registry.register(candidate, name="sme", version="1", at=AT)
    validation = read_record(candidate / VALIDATION, Validation)
    fewer = msgspec.structs.replace(validation, gates=tuple(one for one in validation.gates if one.name != left_out))
    (candidate / VALIDATION).write_bytes(to_json(fewer))
    with pytest.raises(RegistryError, match=left_out):
        registry.register(candidate, name="sme", version="2", at=AT)
    path = registry.root / "sme" / "1" / MANIFEST
    path.write_bytes(to_json(msgspec.structs.replace(read_record(path, Manifest), validation=fewer)))
    told = rf"sme 1 cannot be promoted: its gates do not follow from its figures \({left_out}\)"
    with pytest.raises(RegistryError, match=told):
        registry.promote("sme", "1", by="A", reason="r", at=AT)


@pytest.mark.parametrize("version", ["1", "2", "3", "4", "5"])
def test_a_version_that_ships_is_promoted_by_the_gates_of_its_time(tmp_path: Path, version: str) -> None:
    """As it is served: its manifest is known by its digest."""
    registry = Registry(root=Path(shutil.copytree(ARTIFACTS, tmp_path / "artifacts")))
    (registry.root / STAGES).unlink()
    registry.promote("sme", version, by="A", reason="r", at=AT)
    assert registry.champion("sme").manifest.version == version


def test_why_a_version_that_ships_is_not_promoted_is_said(tmp_path: Path) -> None:
    """Its gates are those of its time, and none is failed: it never saw bank data."""
    registry = Registry(root=Path(shutil.copytree(ARTIFACTS, tmp_path / "artifacts")))
    with pytest.raises(RegistryError, match="books 1 was trained without bank data"):
        registry.promote("books", "1", by="A", reason="r", at=AT)
    model = registry.load("books", "1")
    check_promotable(model.manifest, model.table, ships=True)
    with pytest.raises(RegistryError, match="its gates do not follow from its figures"):
        check_promotable(model.manifest, model.table)


def few_firms(validation: Validation, training_sha256: str | None) -> Validation:
    """A validation of 20 bad firms with 240 bad rows, dressed as one of 0.7."""
    figures = msgspec.structs.replace(validation.out_of_time, bads=240, bad_borrowers=None)
    asked = gates_until_0_7(
        figures,
        psi=validation.stability.psi,
        psi_noise=validation.stability.noise,
        difference=validation.table_difference,
        violations=0,
    )
    return msgspec.structs.replace(validation, out_of_time=figures, gates=asked, training_sha256=training_sha256)


def test_the_gates_of_0_7_are_for_what_was_measured_before_0_8(candidate: Path) -> None:
    """A validation that names its training record counts firms."""
    validation = read_record(candidate / VALIDATION, Validation)
    assert contradicted(few_firms(validation, None), 0) == ()
    assert "out_of_time_bads" in contradicted(few_firms(validation, validation.training_sha256), 0)
    without_figure = msgspec.structs.replace(validation.out_of_time, bad_borrowers=None)
    assert contradicted(msgspec.structs.replace(validation, out_of_time=without_figure), 0) == ("out_of_time_bads",)


def turned(table: PointsTable) -> PointsTable:
    """The same with one feature against its declared direction."""
    feature = next(one for one in table.features if len(set(one.points)) > 1)
    against = msgspec.structs.replace(feature, points=feature.points[::-1])
    return msgspec.structs.replace(table, features=tuple(against if one is feature else one for one in table.features))


def test_wrong_steps_are_counted_in_the_table(registry: Registry, candidate: Path) -> None:
    """When it is registered, and when it is promoted although it was registered: not what the validation tells."""
    registry.register(candidate, name="sme", version="1", at=AT)
    for folder in (candidate, registry.root / "sme" / "1"):
        path = folder / SCORECARD
        path.write_bytes(turned(PointsTable.from_json(path.read_bytes())).to_json())
    files = {SCORECARD: digest_of(candidate / SCORECARD)}
    training, validation = (
        read_record(candidate / TRAINING, TrainingRecord),
        read_record(candidate / VALIDATION, Validation),
    )
    training = msgspec.structs.replace(training, files=training.files | files)
    validation = msgspec.structs.replace(
        validation, files=validation.files | files, training_sha256=training_digest(training)
    )
    (candidate / TRAINING).write_bytes(to_json(training))
    (candidate / VALIDATION).write_bytes(to_json(validation))
    findings = read_record(candidate / FINDINGS, Findings)
    (candidate / FINDINGS).write_bytes(to_json(msgspec.structs.replace(findings, files=validation.files)))
    told = r"gates do not follow from its figures \(wrong_steps\)"
    with pytest.raises(RegistryError, match=told):
        registry.register(candidate, name="sme", version="2", at=AT)
    path = registry.root / "sme" / "1" / MANIFEST
    manifest = read_record(path, Manifest)
    path.write_bytes(
        to_json(
            msgspec.structs.replace(manifest, training=training, validation=validation, files=manifest.files | files)
        )
    )
    with pytest.raises(RegistryError, match=told):
        registry.promote("sme", "1", by="A", reason="r", at=AT)


@pytest.mark.parametrize("digest", ["0" * 64, None])
def test_a_version_with_the_validation_of_another_training_is_not_promoted(
    registry: Registry, candidate: Path, digest: str | None
) -> None:
    """The figures of one training say nothing of another; what counts firms names its own."""
    registry.register(candidate, name="sme", version="1", at=AT)
    path = registry.root / "sme" / "1" / MANIFEST
    manifest = read_record(path, Manifest)
    assert manifest.validation is not None
    of_another = msgspec.structs.replace(manifest.validation, training_sha256=digest)
    path.write_bytes(to_json(msgspec.structs.replace(manifest, validation=of_another)))
    with pytest.raises(RegistryError, match="sme 1 cannot be promoted: its validation is of another training record"):
        registry.promote("sme", "1", by="A", reason="r", at=AT)
    model = registry.load("sme", "1")
    with pytest.raises(RegistryError, match="sme 1 cannot be served: its validation is of another training record"):
        check_promotable(model.manifest, model.table)


def test_a_later_version_finds_the_same_digest_of_a_training(candidate: Path) -> None:
    """A field that it adds has its default in what was trained before; any other change is another training."""
    record = read_record(candidate / TRAINING, TrainingRecord)
    later = msgspec.defstruct("Later", [("added", int | None, None)], bases=(TrainingRecord,), kw_only=True)
    told = msgspec.convert(msgspec.to_builtins(record), later)
    assert training_digest(told) == training_digest(record)
    assert training_digest(msgspec.structs.replace(told, added=1)) != training_digest(record)
    rows = msgspec.structs.replace(record.train, rows=record.train.rows + 1)
    assert training_digest(msgspec.structs.replace(record, train=rows)) != training_digest(record)


def test_a_validation_of_0_7_is_told_to_be_made_again(registry: Registry, candidate: Path) -> None:
    """It does not say which training it is of."""
    validation = read_record(candidate / VALIDATION, Validation)
    (candidate / VALIDATION).write_bytes(to_json(msgspec.structs.replace(validation, training_sha256=None)))
    told = r"validation\.json was written before 0\.8 and does not say which training it is of; validate again"
    with pytest.raises(RegistryError, match=told):
        registry.register(candidate, name="sme", version="1", at=AT)


def test_a_training_record_that_changed_after_validation_is_refused(registry: Registry, candidate: Path) -> None:
    """The validation is of one split, and names it."""
    record = read_record(candidate / TRAINING, TrainingRecord)
    changed = msgspec.structs.replace(record, cut_off=record.cut_off - timedelta(days=1))
    (candidate / TRAINING).write_bytes(to_json(changed))
    with pytest.raises(RegistryError, match=r"validation\.json is of another training\.json; validate again"):
        registry.register(candidate, name="sme", version="1", at=AT)


@pytest.mark.parametrize("file", [SCORECARD, ESTIMATOR])
def test_a_candidate_that_changed_after_validation_is_refused(registry: Registry, candidate: Path, file: str) -> None:
    """The validation holds for its files and no others."""
    (candidate / file).write_bytes((candidate / file).read_bytes() + b" ")
    with pytest.raises(RegistryError, match="is not the file"):
        registry.register(candidate, name="sme", version="1", at=AT)
    assert registry.versions() == []


@pytest.mark.parametrize("file", [SCORECARD, ESTIMATOR, VALIDATION, CARD, "training.json"])
def test_an_incomplete_candidate_is_refused(registry: Registry, candidate: Path, file: str) -> None:
    """Every file is needed, and the error names the one that is not there."""
    (candidate / file).unlink()
    with pytest.raises(RegistryError, match=file):
        registry.register(candidate, name="sme", version="1", at=AT)


def test_a_candidate_is_validated_before_it_is_registered(registry: Registry, candidate: Path) -> None:
    """The error says so, with the command."""
    (candidate / VALIDATION).unlink()
    with pytest.raises(RegistryError, match=f"must be validated first; python -m models validate {candidate} DATASET"):
        registry.register(candidate, name="sme", version="1", at=AT)


@pytest.mark.parametrize(
    ("file", "message"),
    [(SCORECARD, "scorecard.json has changed"), (MANIFEST, "manifest.json has changed")],
)
def test_a_tampered_champion_is_not_served(promoted: Registry, file: str, message: str) -> None:
    """One changed byte in table or manifest is an error, not a score."""
    path = promoted.root / "sme" / "1" / file
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(RegistryError, match=message):
        promoted.champion("sme")


def test_a_tampered_table_is_found_even_with_a_matching_manifest(promoted: Registry) -> None:
    """The promotion remembers the manifest, so both cannot be exchanged together."""
    folder = promoted.root / "sme" / "1"
    table = PointsTable.from_json((folder / SCORECARD).read_bytes())
    (folder / SCORECARD).write_bytes(msgspec.structs.replace(table, base=table.base + 100.0).to_json())
    manifest = read_record(folder / MANIFEST, Manifest)
    files = manifest.files | {SCORECARD: digest_of(folder / SCORECARD)}
    (folder / MANIFEST).write_bytes(to_json(msgspec.structs.replace(manifest, files=files)))
    with pytest.raises(RegistryError, match=r"manifest\.json has changed since sme 1 was promoted"):
        promoted.champion("sme")


@pytest.mark.parametrize("file", [SCORECARD, MANIFEST])
def test_a_champion_whose_files_are_gone_is_an_error(promoted: Registry, file: str) -> None:
    """The error names the file."""
    (promoted.root / "sme" / "1" / file).unlink()
    with pytest.raises(RegistryError, match=file):
        promoted.champion("sme")


def test_changed_evidence_blocks_promotion_and_reading_the_card(registry: Registry, validated: Path) -> None:
    """The estimator and the card are part of what is promoted."""
    registry.register(validated, name="sme", version="1", at=AT)
    for file in (ESTIMATOR, CARD):
        path = registry.root / "sme" / "1" / file
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        with pytest.raises(RegistryError, match=f"{file} has changed"):
            registry.promote("sme", "1", by="A", reason="r", at=AT)
        if file == CARD:
            with pytest.raises(RegistryError, match=f"{file} has changed"):
                registry.card("sme", "1")
        path.write_bytes(content)


def test_a_manifest_cannot_deny_that_firms_were_simulated(registry: Registry, validated: Path) -> None:
    """The flag follows from the dataset; a manifest that says otherwise is refused."""
    registry.register(validated, name="sme", version="1", at=AT)
    path = registry.root / "sme" / "1" / MANIFEST
    manifest = read_record(path, Manifest)
    path.write_bytes(to_json(msgspec.structs.replace(manifest, is_simulated=False)))
    with pytest.raises(RegistryError, match="contradicts itself"):
        registry.load("sme", "1")


def test_a_promotion_needs_a_person_and_a_reason(registry: Registry, validated: Path) -> None:
    """Blank is nobody."""
    registry.register(validated, name="sme", version="1", at=AT)
    for by, reason in (("", "why"), ("who", " ")):
        with pytest.raises(RegistryError, match="person"):
            registry.promote("sme", "1", by=by, reason=reason, at=AT)


def test_the_champion_is_not_promoted_again(promoted: Registry) -> None:
    """The history has no entry that changed nothing."""
    before = promoted.stages()
    with pytest.raises(RegistryError, match="sme 1 is promoted already, since 2025-02-01T09:30:00Z; nothing was chan"):
        promoted.promote("sme", "1", by="B. Boss", reason="once more", at=AT + timedelta(days=1))
    assert promoted.stages() == before


def test_nothing_promoted_is_an_error_that_says_so(registry: Registry) -> None:
    """So is a broken history."""
    with pytest.raises(RegistryError, match="no version of sme is promoted"):
        registry.champion("sme")
    registry.root.mkdir()
    (registry.root / STAGES).write_text("{}")
    with pytest.raises(RegistryError, match=r"stages\.json"):
        registry.champion("sme")


@pytest.mark.parametrize(
    ("name", "version"), [("../sme", "1"), ("sme", "../1"), ("Sme", "1"), ("", "1"), ("sme", ""), ("sme", "1/2")]
)
def test_names_and_versions_cannot_leave_the_registry(registry: Registry, name: str, version: str) -> None:
    """They are checked before a path is made of them."""
    with pytest.raises(RegistryError, match="is no"):
        registry.load(name, version)


def test_an_unknown_version_is_an_error(promoted: Registry) -> None:
    """It says what is not there."""
    with pytest.raises(RegistryError, match="sme 2 is not registered"):
        promoted.promote("sme", "2", by="A", reason="r", at=AT)


def test_serving_needs_no_scikit_learn(promoted: Registry) -> None:
    """Loading and applying the champion imports neither scikit-learn nor NumPy's and SciPy's weight with it."""
    program = (
        "import sys, pathlib; from models.registry import Registry; "
        f"model = Registry(root=pathlib.Path({str(promoted.root)!r})).champion('sme'); "
        "model.table.score(dict.fromkeys(model.table.names)); "
        "sys.exit(bool({'sklearn', 'scipy', 'skops'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
