"""Registered versions of models, and the one that is served.

``ROOT/<name>/<version>/`` holds ``manifest.json``, ``scorecard.json``, ``estimator.skops``, ``card.md`` and, since
version 0.2, ``report.html`` and ``comparison.json``, since 0.8 ``findings.json`` and
``bank_data.json``; it is never changed.
``ROOT/stages.json`` is the history of promotions. Reading the champion needs no scikit-learn.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypeVar

import msgspec

from features.derive import CATALOGUE
from models.expert import GATES as EXPERT_GATES
from models.expert import ExpertError, check_card, check_table, meant, read_card
from models.findings import FINDINGS, Findings
from models.gates import EQUALITY_GATE, contradicted, holds, is_until_0_7, wrong_steps
from models.points import InvalidTableError, PointsTable
from models.records import (
    CARD,
    COMPARISON,
    ESTIMATOR,
    EXPERT,
    MANIFEST,
    REPORT,
    SCORECARD,
    TRAINING,
    VALIDATION,
    WITH_AND_WITHOUT,
    ExpertRecord,
    Manifest,
    Promotion,
    Stages,
    TrainingRecord,
    Validation,
    to_json,
)

ARTIFACTS = Path(__file__).parent / "artifacts"
"""The registry that is part of the repository."""

SHIPPED: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("sme", "1"): "92f8337838d82780a08a8cc84c3fc70182fae93775fa1947d00e8eab4078ea14",
        ("sme", "2"): "198897e1d89915e2c0be1754860b97d2b81d0918ab83bc5cf38a5c312ab11f14",
        ("sme", "3"): "d041483a2cb6509be584cb29bc26b0561858d7bb99fd67216aa893aa29ccc9dc",
        ("sme", "4"): "43850fcd4b8b6573467ada4ef0ae86a4b98cefb4f59ff7d89393332f949a3f90",
        ("sme", "5"): "862ee896385a68219c10ca21d7d46751c0047163a8a91e6b1018c6ee01b8561c",
        ("books", "1"): "45694ef27487e25669aa9304f9a4ba84c7b9c143c9a491fb042682c0522ff2e0",
        ("books", "2"): "9061fc74fa5f584caec6d9bdb06753ebbf3c1e395294f9952647de7651c3797f",
    }
)
"""SHA-256 of the manifest of every version that ships with this one."""

STAGES = "stages.json"
SERVED_FILES = (SCORECARD, ESTIMATOR, CARD)
EVIDENCE_FILES = (COMPARISON, WITH_AND_WITHOUT, FINDINGS, REPORT)
"""Kept with a version where the candidate has them."""
EXPERT_FILES = frozenset({SCORECARD, CARD})
"""Of a scorecard of experts; the rest is in its manifest."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,2}")

Record = TypeVar("Record", bound=msgspec.Struct)


class RegistryError(ValueError):
    """A model that cannot be registered, promoted or served; the message says what is wrong and where."""


class CandidateError(ValueError):
    """A candidate that cannot be used; the message says what is wrong."""


class OutputError(ValueError):
    """A file of a candidate that could not be written; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """One registered version, verified and ready to score."""

    manifest: Manifest
    table: PointsTable
    sha256: str
    """Of ``scorecard.json``, as the manifest has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The registered models under a folder."""

    root: Path = ARTIFACTS

    def register(self, candidate: Path, *, name: str, version: str, at: datetime) -> Manifest:
        """Store a validated candidate, or a scorecard of experts, under a name and version, for ever.

        A candidate that fails gates can be registered but not promoted. One whose points table differs from its
        estimator cannot be registered.

        Args:
            candidate: Folder that ``train`` and ``validate`` have written, or ``expert``.
            name: Lower-case letters, digits and underscores.
            version: Numbers with dots, such as 1 or 1.2.
            at: Time of the registration, with time zone.

        Raises:
            RegistryError: not validated, changed since, the table differs from the estimator, gates do not follow from
                their figures, or the version exists.
        """
        folder = self._folder(name, version)
        if folder.exists():
            raise RegistryError(f"{name} {version} is registered already and cannot change; take another version")
        if (candidate / EXPERT).exists():
            manifest = _expert_manifest(candidate, name, version, at)
            self._place(candidate, folder, manifest)
            return manifest
        training = read_training(candidate)
        if training.table is not None:
            raise RegistryError(
                f"{candidate} was trained on a table: its columns are no features of the catalogue, so the service "
                "cannot score with it. Use it elsewhere: python -m models export"
            )
        validation = read_validation(candidate)
        kept = [*SERVED_FILES, *(file for file in EVIDENCE_FILES if (candidate / file).exists())]
        files = {file: digest_of(candidate / file) for file in kept}
        _check_validated(candidate, training, validation, files)
        table = _read_table(candidate / SCORECARD)
        if wrong := ", ".join(contradicted(validation, _wrong_steps(table, str(candidate / SCORECARD)))):
            raise RegistryError(
                f"{candidate / VALIDATION}: gates do not follow from its figures ({wrong}); validate again"
            )
        manifest = Manifest(
            schema=1,
            name=name,
            version=version,
            registered_at=stamp(at),
            is_simulated=training.dataset.kind == "simulated",
            horizon_months=training.label.horizon_months,
            definition=training.label.name,
            features_version=training.features_version,
            features=table.names,
            files=files,
            training=training,
            validation=validation,
            outcome=training.outcome,
        )
        self._place(candidate, folder, manifest)
        return manifest

    def promote(self, name: str, version: str, *, by: str, reason: str, at: datetime) -> Promotion:
        """Make a registered version the champion of its name.

        Args:
            name: Of the model.
            version: Which must have passed every gate.
            by: The person responsible.
            reason: Why, in a sentence.
            at: Time of the promotion, with time zone.

        Raises:
            RegistryError: not registered, changed since, promoted already, it could not be served, or person or reason
                is missing.
        """
        if not by.strip() or not reason.strip():
            raise RegistryError("a promotion needs a person (by) and a reason")
        model = self.load(name, version)
        self.check_files(name, version)
        check_reads_bank_data(model.manifest)
        sha256 = digest_of(self.manifest_of(name, version))
        check_promotable(model.manifest, model.table, ships=SHIPPED.get((name, version)) == sha256, verb="promoted")
        stages = self.stages()
        standing = stages.champion(name)
        if standing is not None and (standing.version, standing.manifest_sha256) == (version, sha256):
            raise RegistryError(f"{name} {version} is promoted already, since {standing.at}; nothing was changed")
        promotion = Promotion(
            name=name,
            version=version,
            at=stamp(at),
            by=by.strip(),
            reason=reason.strip(),
            replaced=standing.version if standing else None,
            manifest_sha256=sha256,
        )
        _write_atomically(self.root / STAGES, to_json(Stages(schema=1, promotions=(*stages.promotions, promotion))))
        return promotion

    def champion(self, name: str) -> ServedModel:
        """The version that is served under a name.

        Raises:
            RegistryError: no champion, or its files are missing or have changed.
        """
        promotion = self.stages().champion(name)
        if promotion is None:
            raise RegistryError(f"no version of {name} is promoted in {self.root / STAGES}")
        manifest = self._folder(name, promotion.version) / MANIFEST
        if digest_of(manifest) != promotion.manifest_sha256:
            raise RegistryError(f"{manifest} has changed since {name} {promotion.version} was promoted")
        return self.load(name, promotion.version)

    def load(self, name: str, version: str) -> ServedModel:
        """A registered version, its points table verified against the manifest.

        Raises:
            RegistryError: not registered, or its files are missing or have changed.
        """
        folder = self._folder(name, version)
        if not folder.is_dir():
            raise RegistryError(f"{name} {version} is not registered in {self.root}")
        manifest = read_record(folder / MANIFEST, Manifest)
        if (manifest.name, manifest.version) != (name, version):
            raise RegistryError(f"{folder / MANIFEST} is that of {manifest.name} {manifest.version}")
        if manifest.is_simulated != manifest.knows_simulated_firms_alone:
            raise RegistryError(f"{folder / MANIFEST} contradicts itself on whether the firms were simulated")
        sha256 = digest_of(folder / SCORECARD)
        if sha256 != manifest.files.get(SCORECARD):
            raise RegistryError(f"{folder / SCORECARD} has changed since it was registered")
        table = _read_table(folder / SCORECARD)
        if table.names != manifest.features:
            raise RegistryError(f"{folder / MANIFEST} lists other features than {SCORECARD}")
        if manifest.expert is not None:
            _check_expert(folder / MANIFEST, manifest.expert, table)
            if set(manifest.files) != EXPERT_FILES:
                raise RegistryError(f"{folder / MANIFEST} has other files than a scorecard of experts has")
        return ServedModel(manifest=manifest, table=table, sha256=sha256)

    def manifest_of(self, name: str, version: str) -> Path:
        """Path of a version's manifest, whether or not it is registered.

        Raises:
            RegistryError: name or version cannot be one.
        """
        return self._folder(name, version) / MANIFEST

    def check_files(self, name: str, version: str) -> None:
        """Prove that every file of a version is the one that was registered.

        Raises:
            RegistryError: one has changed or is missing.
        """
        folder = self._folder(name, version)
        for file, sha256 in self.load(name, version).manifest.files.items():
            if digest_of(folder / file) != sha256:
                raise RegistryError(f"{folder / file} has changed since it was registered")

    def card(self, name: str, version: str) -> str:
        """The model card of a registered version, as Markdown.

        Raises:
            RegistryError: not registered, or changed since.
        """
        path = self._folder(name, version) / CARD
        if digest_of(path) != self.load(name, version).manifest.files.get(CARD):
            raise RegistryError(f"{path} has changed since it was registered")
        return path.read_text(encoding="utf-8")

    def versions(self) -> list[tuple[str, str]]:
        """Name and version of everything registered, sorted."""
        found = [(path.parent.parent.name, path.parent.name) for path in self.root.glob(f"*/*/{MANIFEST}")]
        return sorted(
            (key for key in found if _NAME.fullmatch(key[0]) and _VERSION.fullmatch(key[1])),
            key=lambda key: (key[0], [int(part) for part in key[1].split(".")]),
        )

    def stages(self) -> Stages:
        """The history of promotions; empty where nothing was promoted yet."""
        path = self.root / STAGES
        return read_record(path, Stages) if path.exists() else Stages(schema=1, promotions=())

    def _folder(self, name: str, version: str) -> Path:
        if not _NAME.fullmatch(name):
            raise RegistryError(f"{name!r} is no model name: lower-case letters, digits, underscores")
        if not _VERSION.fullmatch(version):
            raise RegistryError(f"{version!r} is no version: numbers with dots, such as 1 or 1.2")
        return self.root / name / version

    def _place(self, candidate: Path, folder: Path, manifest: Manifest) -> None:
        """Write a folder beside its final place and rename it: a version is complete or absent."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".registering-") as temporary:
            draft = Path(temporary) / "draft"
            draft.mkdir()
            for file in manifest.files:
                shutil.copyfile(candidate / file, draft / file)
                if digest_of(draft / file) != manifest.files[file]:
                    raise RegistryError(f"{candidate / file} changed while it was registered")
            (draft / MANIFEST).write_bytes(to_json(manifest))
            try:
                draft.rename(folder)
            except OSError as error:
                raise RegistryError(f"{folder} cannot be written: {error}") from error


def check_promotable(
    manifest: Manifest, table: PointsTable, *, ships: bool = False, verb: Literal["promoted", "served"] = "served"
) -> None:
    """Prove that a model may score: every gate is passed, by its own figures, and every step goes the declared way.

    What a gate asks is not read from the manifest, and what was found follows from the figures: who can write files
    could make both fit.

    Args:
        manifest: Of the version.
        table: Its points.
        ships: Its manifest is known by its digest: it keeps the gates that it was measured by.
        verb: What it is to be; for the error.

    Raises:
        RegistryError: it may not; the message names the gates and features.
    """
    title = f"{manifest.name} {manifest.version} cannot be {verb}"
    if manifest.rests_on == "table":
        raise RegistryError(f"{title}: it was trained on a table, not on books")
    failed = {gate.name for gate in manifest.gates if not (gate.passed and holds(gate))}
    if manifest.expert is not None:
        failed |= EXPERT_GATES - {gate.name for gate in manifest.gates}
    if failed:
        raise RegistryError(f"{title}: it fails {', '.join(sorted(failed))}")
    violations = _wrong_steps(table, title)
    validation = manifest.validation
    if validation is not None and not ships:
        if wrong := contradicted(validation, violations):
            raise RegistryError(f"{title}: its gates do not follow from its figures ({', '.join(wrong)})")
        is_of_it = manifest.training is not None and validation.training_sha256 == training_digest(manifest.training)
        if not (is_of_it or is_until_0_7(validation)):
            raise RegistryError(f"{title}: its validation is of another training record")
    if violations:
        raise RegistryError(f"{title}: its points go against the declared direction of risk")
    if manifest.expert is not None:
        try:
            check_card(read_card(manifest.expert.text))
        except ExpertError as error:
            raise RegistryError(f"{title}: {error}") from error


def check_reads_bank_data(manifest: Manifest) -> None:
    """Check that a model may score whoever applies: one that was trained without bank data may not.

    Raises:
        RegistryError: it was trained without.
    """
    if not manifest.bank_data:
        raise RegistryError(
            f"{manifest.name} {manifest.version} was trained without bank data: it scores natural persons whose bank "
            "data a policy leaves out. Name it in `natural_persons.model` of such a policy; do not promote it"
        )


def _wrong_steps(table: PointsTable, title: str) -> int:
    """Steps of a table of books against the direction that the catalogue declares."""
    if unknown := sorted(set(table.names) - CATALOGUE.keys()):
        raise RegistryError(f"{title}: this version has no feature {', '.join(unknown)}")
    return wrong_steps(table, {feature: CATALOGUE[feature].risk for feature in table.names})


def open_registry(root: Path) -> Registry:
    """A registry to read from.

    Raises:
        RegistryError: there is no such folder.
    """
    if not root.is_dir():
        raise RegistryError(f"{root} does not exist; name the folder of a registry")
    return Registry(root=root)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        RegistryError: the file cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise RegistryError(f"{path} cannot be read: {error.strerror}") from error


def read_record(path: Path, kind: type[Record]) -> Record:
    """Read a JSON record.

    Raises:
        RegistryError: the file cannot be read, or does not follow its schema.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise RegistryError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RegistryError(f"{path}: {error}") from error


def read_training(candidate: Path) -> TrainingRecord:
    """The training record of a candidate folder.

    Raises:
        RegistryError: the folder is not a candidate's, or the record cannot be read.
    """
    path = candidate / TRAINING
    if not path.exists():
        raise RegistryError(f"{path} does not exist; name a candidate folder, as `python -m models train` writes it")
    return read_record(path, TrainingRecord)


def training_digest(record: TrainingRecord) -> str:
    """SHA-256 of a training record, by which its validation knows it.

    Fields with their default do not count: a later version that adds one finds the same digest.
    """
    return hashlib.sha256(msgspec.json.encode(_without_defaults(record), order="deterministic")).hexdigest()


def _without_defaults(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        told = {field.name: (getattr(value, field.name), field.default) for field in msgspec.structs.fields(value)}
        return {name: _without_defaults(one) for name, (one, default) in told.items() if one != default}
    if isinstance(value, dict):
        return {key: _without_defaults(one) for key, one in value.items()}
    return [_without_defaults(one) for one in value] if isinstance(value, tuple | list) else value


def read_validation(candidate: Path) -> Validation:
    """The validation of a candidate folder.

    Raises:
        RegistryError: it was not validated yet, or the validation cannot be read.
    """
    path = candidate / VALIDATION
    if not path.exists():
        raise RegistryError(
            f"{path} does not exist: a candidate must be validated first; python -m models validate {candidate} DATASET"
        )
    return read_record(path, Validation)


def check_validation_of(candidate: Path, training: TrainingRecord, validation: Validation) -> None:
    """Check that the validation in a candidate folder is of the training record there.

    Raises:
        RegistryError: it is of another, or does not say of which.
    """
    if validation.training_sha256 is None:
        raise RegistryError(
            f"{candidate / VALIDATION} was written before 0.8 and does not say which training it is of; validate again"
        )
    if validation.training_sha256 != training_digest(training):
        raise RegistryError(f"{candidate / VALIDATION} is of another {TRAINING}; validate again")


def stamp(at: datetime) -> str:
    """An instant as ISO 8601 in UTC, to the second.

    Raises:
        ValueError: without a time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time stamp needs a time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_expert(candidate: Path) -> tuple[ExpertRecord, PointsTable]:
    """The record of a scorecard of experts, and its table, proved to follow from it.

    Raises:
        RegistryError: a file cannot be read, or has changed since.
    """
    record = read_record(candidate / EXPERT, ExpertRecord)
    table = _read_table(candidate / SCORECARD)
    _check_expert(candidate / EXPERT, record, table)
    changed = [file for file, sha256 in record.files.items() if digest_of(candidate / file) != sha256]
    if changed or set(record.files) != EXPERT_FILES:
        raise RegistryError(f"{candidate / EXPERT} lists other files than are there: {', '.join(changed) or 'too few'}")
    return record, table


def _check_validated(
    candidate: Path, training: TrainingRecord, validation: Validation, files: Mapping[str, str]
) -> None:
    """Check that what would be registered is what was trained and what was validated.

    Raises:
        RegistryError: it is not.
    """
    # What is registered must be what was trained and what was validated, file by file.
    for record, recorded in ((TRAINING, training.files), (VALIDATION, validation.files)):
        for file, sha256 in recorded.items():
            if files.get(file) != sha256:
                raise RegistryError(f"{candidate / file} is not the file that {record} lists; validate again")
    if FINDINGS in files and read_record(candidate / FINDINGS, Findings).files != validation.files:
        raise RegistryError(f"{candidate / FINDINGS} is of other files; validate again")
    missing = {SCORECARD, ESTIMATOR} - validation.files.keys()
    if missing:
        raise RegistryError(f"{candidate / VALIDATION} does not cover {sorted(missing)}; validate again")
    equality = [gate for gate in validation.gates if gate.name == EQUALITY_GATE]
    if not equality or not equality[0].passed:
        raise RegistryError(f"{candidate}: the points table was not proved equal to the estimator")
    check_validation_of(candidate, training, validation)


def _expert_manifest(candidate: Path, name: str, version: str, at: datetime) -> Manifest:
    record, table = read_expert(candidate)
    found = [file for file in (ESTIMATOR, TRAINING, VALIDATION) if (candidate / file).exists()]
    if found:
        raise RegistryError(f"{candidate} has {EXPERT}, and {', '.join(found)} of a trained model: take another folder")
    return Manifest(
        schema=1,
        name=name,
        version=version,
        registered_at=stamp(at),
        is_simulated=record.portfolio is not None and record.portfolio.dataset.kind == "simulated",
        horizon_months=record.definition.horizon_months,
        definition=meant(record),
        features_version=record.features_version,
        features=table.names,
        files=record.files,
        expert=record,
    )


def _check_expert(path: Path, record: ExpertRecord, table: PointsTable) -> None:
    try:
        check_table(record, table)
    # A record that was made by hand may break arithmetic, too.
    except (ValueError, ArithmeticError) as error:
        raise RegistryError(f"{path}: {error}") from error


def _read_table(path: Path) -> PointsTable:
    try:
        return PointsTable.from_json(path.read_bytes())
    except (OSError, InvalidTableError) as error:
        raise RegistryError(f"{path}: {error}") from error


def _write_atomically(path: Path, content: bytes) -> None:
    """Old content or new, never half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        file.write(content)
        file.flush()
        # Before the rename, or a power cut could leave an empty file under the final name.
        os.fsync(file.fileno())
    # Temporary files are readable by their owner only; the service may run as another user.
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
