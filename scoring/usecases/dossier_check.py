"""Checks a dossier by its files alone: digests, signatures, and the decision made again. No database is needed."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from features.derive import UnknownFeatureError
from models.registry import Registry, RegistryError
from scoring.base.signing import SignatureError, SigningKeys
from scoring.decisions import records
from scoring.decisions.decision import Decision
from scoring.decisions.policy import PolicyError
from scoring.decisions.records import NewerRecordError, RecordError
from scoring.decisions.statements import Statement, StatementError, StatementKind, decode
from scoring.runtime.serving import Serving, card_of, combine
from scoring.store import snapshots
from scoring.store.cases import digest_of_step
from scoring.store.loans import fact_of
from scoring.store.notices import digest_of_notice
from scoring.store.snapshots import Snapshot, SnapshotError
from scoring.usecases.decision_dossier import MANIFEST, SIGNED_MANIFEST, CaseFile, LoanFile, Manifest, NoticeFile
from scoring.usecases.replay import replay
from scoring.usecases.verify import ReceiptError, verify_receipt

T = TypeVar("T")
_OWN: Final = frozenset({MANIFEST, SIGNED_MANIFEST})
_BROKEN: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What files with other content than a dossier's lead to."""


class DossierError(Exception):
    """The folder is no dossier; the message says why."""


@dataclass(kw_only=True)
class Checked:
    """What was proved, and what is wrong."""

    decision_id: str
    proved: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def keys_in(folder: Path) -> SigningKeys:
    """The public keys that a dossier brings along. Whoever forged it forged them, too.

    Raises:
        DossierError: there are none.
    """
    try:
        return SigningKeys((folder / "keys.json").read_text())
    except (OSError, UnicodeDecodeError, ValueError):
        raise DossierError(f"{folder} holds no keys.json with public keys; give them with --keys") from None


def check(folder: Path, keys: SigningKeys) -> Checked:
    """Prove a dossier.

    Args:
        folder: as ``scoring dossier`` wrote it.
        keys: verify what was signed.

    Raises:
        DossierError: the folder is no dossier.
    """
    manifest = _manifest(folder)
    found = Checked(decision_id=manifest.decision_id)
    _part(found, "the list of files is signed", lambda: _signed_list(folder, keys))
    _part(found, f"{len(manifest.files)} files are as they were written", lambda: _files(folder, manifest))
    if found.findings:
        return found
    _part(found, "the decision is the one that was signed", lambda: _receipt(folder, manifest, keys))
    told = list[Statement]()
    _part(found, "the statements are signed", lambda: _statements(folder, keys, told))
    for name, said, work in (
        ("case.json", "the steps of the case are as they were signed", _case),
        ("notices.json", "the notices are as they were signed", _notices),
        ("loan.json", "the entries of the loan are as they were signed", _loan),
    ):
        if name in manifest.files:
            _part(found, said, lambda work=work: work(folder, told))  # type: ignore[misc]  # bound at once
    source = "books" if "snapshot.bin" in manifest.files else "recorded figures"
    _part(found, f"the decision made again from its {source} is the same", lambda: _replay(folder))
    return found


def _part(found: Checked, said: str, work: Callable[[], Iterator[str]]) -> None:
    try:
        wrong = list(work())
    except _BROKEN as error:
        wrong = [f"cannot be proved that {said}: a file has other content ({type(error).__name__})"]
    if wrong:
        found.findings += wrong
    else:
        found.proved.append(said)


def _manifest(folder: Path) -> Manifest:
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        raise DossierError(f"{folder} is no dossier: {MANIFEST} cannot be read ({error.strerror})") from None
    except (msgspec.DecodeError, RecursionError):
        raise DossierError(f"{folder} is no dossier: {MANIFEST} has other content") from None


def _signed_list(folder: Path, keys: SigningKeys) -> Iterator[str]:
    try:
        payload = keys.verify((folder / SIGNED_MANIFEST).read_text().strip())
    except OSError:
        yield f"{SIGNED_MANIFEST} is missing: nobody signed the list of files"
        return
    except SignatureError as error:
        yield f"{SIGNED_MANIFEST} {error}"
        return
    if payload != (folder / MANIFEST).read_bytes():
        yield f"{MANIFEST} is not the one that was signed"


def _files(folder: Path, manifest: Manifest) -> Iterator[str]:
    there = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    for path in sorted(manifest.files.keys() - there.keys()):
        yield f"{path} is missing"
    for path in sorted(there.keys() - manifest.files.keys() - _OWN):
        yield f"{path} was added"
    for path in sorted(manifest.files.keys() & there.keys()):
        if not _is_file(there[path]) or hashlib.sha256(there[path].read_bytes()).hexdigest() != manifest.files[path]:
            yield f"{path} was changed"


def _is_file(path: Path) -> bool:
    """Whether it is a file itself: a link leads out of the folder, and a pipe never ends."""
    return path.is_file() and not path.is_symlink()


def _receipt(folder: Path, manifest: Manifest, keys: SigningKeys) -> Iterator[str]:
    path = folder / "receipt.json"
    if not path.is_file():
        yield "receipt.json is missing: an earlier version made the decision, and nothing proves it"
        return
    try:
        found = verify_receipt(path.read_bytes(), keys)
    except (ReceiptError, SignatureError) as error:
        yield f"receipt.json: {error}"
        return
    if (found.object, found.lender) != (manifest.decision_id, manifest.lender_id):
        yield f"receipt.json is that of {found.object} of {found.lender}"
    if _receipt_record(folder) != (folder / "record.json").read_bytes():
        yield "record.json is not the record of the receipt"
    decision = _decision(folder)
    policy = hashlib.sha256((folder / "policy.toml").read_bytes()).hexdigest()
    if policy != decision.versions.policy_sha256:
        yield "policy.toml is not the policy of the decision"
    books = folder / "snapshot.bin"
    if books.is_file() and hashlib.sha256(books.read_bytes()).hexdigest() != decision.snapshot_sha256:
        yield "snapshot.bin is not what the decision was made from"


def _receipt_record(folder: Path) -> bytes:
    record: str = json.loads((folder / "receipt.json").read_bytes())["record"]
    return record.encode()


def _decision(folder: Path) -> Decision:
    try:
        return records.decode((folder / "record.json").read_bytes()).decision
    except (RecordError, NewerRecordError) as error:
        raise ValueError(str(error)) from None


def _statements(folder: Path, keys: SigningKeys, told: list[Statement]) -> Iterator[str]:
    for number, line in enumerate((folder / "statements.jsonl").read_text().splitlines(), start=1):
        try:
            told.append(decode(keys.verify(line)))
        except (SignatureError, StatementError) as error:
            yield f"statements.jsonl, line {number} {error}"


def _case(folder: Path, told: list[Statement]) -> Iterator[str]:
    case = _read(folder / "case.json", CaseFile)
    signed = {
        one.facts.get("step"): one.facts.get("digest")
        for one in told
        if case.case_id in {one.object, one.facts.get("case")}
    }
    salt = bytes.fromhex(case.salt)
    for step in case.steps:
        if signed.pop(step["number"], None) != digest_of_step(salt, case.case_id, step):
            yield f"step {step['number']} of the case is not what was signed"
    for number in signed:
        yield f"step {number} of the case is missing"


def _notices(folder: Path, told: list[Statement]) -> Iterator[str]:
    signed = {one.object: one.facts.get("digest") for one in told if one.kind is StatementKind.NOTICE}
    for one in _read(folder / "notices.json", list[NoticeFile]):
        name = str(one.signed["id"])
        if signed.get(name) != digest_of_notice(bytes.fromhex(one.salt), one.signed):
            yield f"notice {name} is not what was signed"
        elif hashlib.sha256((folder / one.file).read_bytes()).hexdigest() != one.signed["sha256"]:
            yield f"{one.file} is not the notice that was issued"


def _loan(folder: Path, told: list[Statement]) -> Iterator[str]:
    loan = _read(folder / "loan.json", LoanFile)
    signed = set[str]()
    for one in told:
        entries = one.facts.get("entries")
        if one.kind is StatementKind.LOAN and one.object == loan.loan_id and isinstance(entries, list):
            signed.update(entries)
    found = {fact_of(one["number"], bytes.fromhex(one["salt"]), one["content"].encode()) for one in loan.entries}
    if found != signed:
        yield "entries of the loan are not those that were signed"


def _replay(folder: Path) -> Iterator[str]:
    decision = _decision(folder)
    try:
        serving = _serving(folder, decision)
        report = replay(decision, _snapshot(folder, decision), serving)
    except (RegistryError, PolicyError, UnknownFeatureError, SnapshotError) as error:
        yield f"the decision cannot be made again: {error}"
        return
    for one in report.differences:
        yield f"made again, {one.field} is {one.replayed!r} and not {one.recorded!r}"


def _serving(folder: Path, decision: Decision) -> Serving:
    model = Registry(root=folder / "models").load(decision.model.name, decision.model.version)
    if model.sha256 != decision.versions.model_sha256:
        raise RegistryError("the model is not the one of the decision")
    return combine(card_of(model), model.table, (folder / "policy.toml").read_bytes())


def _snapshot(folder: Path, decision: Decision) -> Snapshot | None:
    path = folder / "snapshot.bin"
    return snapshots.decode(path.read_bytes(), sha256=decision.snapshot_sha256) if path.is_file() else None


def _read(path: Path, kind: type[T]) -> T:
    return msgspec.json.decode(path.read_bytes(), type=kind)
