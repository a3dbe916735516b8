"""Decisions as earlier versions stored them: their exact bytes, and those of their snapshots.

Version 0.1 is from before scores had an interval, 0.2 from before lists were read by stretches of time, 0.3 the last
that stored sentences, 0.4 the first that stored facts alone, and the last with catalogue 1 of the features, 0.5 the
last with the purpose of the loan in the record, 0.6 the first that signed, 0.7 the first that compared the
holder of the account. Those from 0.3 on were decided without a person: the decline of 0.3 says nevertheless that one
decides.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from decision_cases import assess
from service import settings_in

from features import derive
from scoring.api.present import present_decision
from scoring.decisions import records
from scoring.decisions.decision import Decision, Verdict
from scoring.decisions.records import Recorded
from scoring.runtime.serving import load_recorded
from scoring.sources.registry import Sources
from scoring.store import snapshots
from scoring.store.decisions import StoredDecision
from scoring.texts import catalogue
from scoring.texts.rendering import render, words_of
from scoring.usecases import evaluate
from scoring.usecases.changes import find_changes, find_offers
from scoring.usecases.replay import replay
from scoring.usecases.simulate import WhatIf, simulated

GOLDEN = Path(__file__).parent / "golden"
DIGESTS = {
    "0_1": "bd440bb05f991d14a3b2e71c88f22df91b55ee5540cd4337217dc2da49bdda21",
    "0_2": "eea7f471ea04c83c397c88b2183eff4833e3f31be89b2e70c79217e460f4b526",
    "0_3_approve": "65b31c8b1e4bf0d901f29e70e67ba2eab7bffde8668493bf72030c699a83b513",
    "0_3_decline": "adf89dcadb57c44f8f659b1d26ec8db932afe58453b88b9caad15074c90672d5",
    "0_4_approve": "f80e168c2eff0116236332f32f65719763985c639a3039391e4ab5f6bad29d67",
    "0_4_decline": "118cf9bb51c27906dd0e85b5ee27574a6cd555baf10d1ad198553854e0c9d468",
    "0_5_approve": "7ebbe187522f1a9d118aff7b1846c5622fb86259e93538ff8aabe406613a6aef",
    "0_5_decline": "28ba21e8e51cb0cb258f05f5272eb4b296955e3729d689b332ea05027a97d108",
    "0_6_approve": "e1075e1862872f9088ad8e4f254843bd98ccdf23db4bc2ed00de2460bd57f2dd",
    "0_6_decline": "26c70761adce006899caf70584f4e1a615721aa03de4f1d837267342139be573",
    "0_7_approve": "9ca94158a1a9def679d512cd97ec5c8fa833d265750c853015ebf5dd1cd52ff8",
    "0_7_decline": "65e8adaad8ead258f27692a9db604cf087f5a0fd1cda93ad4b2cebbd3392a2be",
}
"""Of the records, by version: they were written once and are never written anew."""


def record(version: str) -> bytes:
    """The stored bytes of the decision."""
    return (GOLDEN / f"decision_{version}.json").read_bytes()


def recorded(version: str) -> Recorded:
    """Facts and words as the code of today reads them."""
    return records.decode(record(version))


def decision_of(version: str) -> Decision:
    """The facts."""
    return recorded(version).decision


def stored(version: str) -> StoredDecision:
    """The decision as the store gives it."""
    found = recorded(version)
    return StoredDecision(decision=found.decision, words=found.words, lender_id="bank", borrower_ref=None)


@pytest.mark.parametrize(("version", "digest"), DIGESTS.items())
def test_the_stored_bytes_are_those_of_that_version(version: str, digest: str) -> None:
    """Those of 0.1 have no interval."""
    assert hashlib.sha256(record(version)).hexdigest() == digest
    assert (b"score_low" in record(version)) == (version != "0_1")


@pytest.mark.parametrize(
    ("version", "model"),
    [
        ("0_1", "sme/1"),
        ("0_2", "sme/2"),
        ("0_3_approve", "sme/2"),
        ("0_3_decline", "sme/2"),
        ("0_4_approve", "sme/2"),
        ("0_4_decline", "sme/2"),
        ("0_5_approve", "sme/3"),
        ("0_5_decline", "sme/3"),
        ("0_6_approve", "sme/3"),
        ("0_6_decline", "sme/3"),
        ("0_7_approve", "sme/3"),
        ("0_7_decline", "sme/3"),
    ],
)
def test_an_old_decision_replays_bit_for_bit(tmp_path: Path, version: str, model: str) -> None:
    """Its model, registered then, still loads, and everything that follows from its snapshot is what was recorded."""
    decision = decision_of(version)
    assert decision.versions.model == model
    content = (GOLDEN / f"snapshot_{version}.bin").read_bytes()
    snapshot = snapshots.decode(content, sha256=decision.snapshot_sha256)
    report = replay(decision, snapshot, load_recorded(settings_in(tmp_path), decision))
    assert (report.differences, report.agrees) == ((), True)


def test_the_words_of_0_3_are_shown_as_they_were_stored() -> None:
    """To the letter, true or not."""
    shown = present_decision(stored("0_3_decline"), Sources())
    assert (shown.verdict, shown.automation.mode) == ("decline", "fully_automated")
    assert (
        "Days overdrawn of the last 90: cannot be checked because the account balance is not confirmed by the bank."
        " A person therefore decides."
    ) in [cause.text.en for cause in shown.causes]


@pytest.mark.parametrize("version", [version for version in DIGESTS if version < "0_4"])
def test_an_old_decision_is_shown_in_its_own_words(version: str) -> None:
    """Every sentence that its bytes hold, unchanged, beside its code."""
    shown = msgspec.json.decode(msgspec.json.encode(present_decision(stored(version), Sources())))
    kept = msgspec.json.decode(record(version))["assessment"]
    for reason in shown["reasons"]:
        documents = reason["evidence"].pop("documents")
        lists = [reason["evidence"][name] for name in ("invoices", "vouchers", "credit_notes", "transactions")]
        assert [document["id"] for document in documents] == [number for numbers in lists for number in numbers]
        assert {(document["number"], document["date"], document["amount"]) for document in documents} <= {(None,) * 3}
    assert {cause.pop("evidence") for cause in shown["causes"]} <= {None}
    assert {reason.pop("second") for reason in shown["reasons"]} == {None}
    for name in ("causes", "reasons", "rules"):
        assert shown[name] == kept[name]
    assert shown["versions"]["texts"] is None


def test_the_facts_of_0_4_are_shown_in_its_texts() -> None:
    """What later versions store beside is empty."""
    shown = present_decision(stored("0_4_decline"), Sources())
    assert shown.versions.texts == "1"
    assert "Bank transactions of" not in shown.causes[0].text.en
    assert (shown.readings, shown.data.set_aside_count, shown.data.bank_data_until) == ((), 0, None)
    assert {cause.evidence for cause in shown.causes} == {None}


def test_a_decision_from_before_intervals_is_shown_without_one() -> None:
    """Score and PD are there, their ends are null."""
    decision = decision_of("0_1")
    shown = present_decision(stored("0_1"), Sources())
    assert shown.score is not None
    assert shown.pd is not None
    assert (shown.score.value, shown.score.low, shown.score.high) == (decision.assessment.score, None, None)
    assert (shown.pd.value, shown.pd.low, shown.pd.high) == (decision.assessment.pd, None, None)


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A later version: one feature more, before all others, and a catalogue of texts in which every word is another."""
    known = dict(derive.CATALOGUE)
    first = next(iter(known.values()))
    later = {"receivables_new": msgspec.structs.replace(first, name="receivables_new"), **known}
    for module in (derive, evaluate):
        monkeypatch.setattr(module, "CATALOGUE", later)
    texts = (catalogue.CATALOGUES / "v1.toml").read_text()
    (tmp_path / "v1.toml").write_text(texts)
    reworded = re.sub(r'(\.(?:de|en) = ")', r"\1Better: ", texts).replace('version = "1"', 'version = "9"')
    (tmp_path / "v9.toml").write_text(reworded)
    monkeypatch.setattr(catalogue, "CATALOGUES", tmp_path)
    catalogue.released.cache_clear()
    yield
    catalogue.released.cache_clear()


@pytest.mark.usefixtures("grown")
@pytest.mark.parametrize("version", DIGESTS)
def test_what_is_added_and_said_otherwise_later_changes_no_old_decision(tmp_path: Path, version: str) -> None:
    """Facts are compared, and only those that its record knows; no word enters the comparison."""
    decision = decision_of(version)
    snapshot = snapshots.decode((GOLDEN / f"snapshot_{version}.bin").read_bytes(), sha256=decision.snapshot_sha256)
    serving = load_recorded(settings_in(tmp_path), decision)
    assert serving.versions.texts == "9"
    report = replay(decision, snapshot, serving)
    assert (report.differences, report.agrees) == ((), True)


@pytest.mark.usefixtures("grown")
def test_a_decision_is_shown_in_the_words_of_its_day() -> None:
    """To the byte; the same facts in a later decision are said in later words."""
    decision = msgspec.structs.replace(decision_of("0_2"), schema=2, assessment=assess(pd=0.088))
    then, now = (
        msgspec.structs.replace(decision, versions=msgspec.structs.replace(decision.versions, texts=texts))
        for texts in ("1", "9")
    )
    assert words_of(then) == render(then.assessment, catalogue.released()["1"])
    assert words_of(then).causes[0].text.en.startswith("The probability of default is 8.8")
    assert words_of(now).causes[0].text.en.startswith("Better: The probability of default is 8.8")
    unknown = msgspec.structs.replace(decision, versions=msgspec.structs.replace(decision.versions, texts="99"))
    assert words_of(unknown) == words_of(now)


@pytest.mark.parametrize("version", DIGESTS)
def test_what_would_change_an_old_decision_is_worked_out_with_its_own_versions(tmp_path: Path, version: str) -> None:
    """Of every schema: an approval needs no change and has offers, and a simulation of nothing agrees."""
    decision = decision_of(version)
    content = (GOLDEN / f"snapshot_{version}.bin").read_bytes()
    serving = load_recorded(settings_in(tmp_path), decision)
    books = snapshots.KeptBooks(content, sha256=decision.snapshot_sha256)
    changes = find_changes(decision, books, serving)
    offers = find_offers(decision, books, serving)
    is_approved = decision.assessment.recommendation is Verdict.APPROVE
    assert not (is_approved and changes)
    assert bool(offers.offers) >= is_approved
    nothing = simulated(decision, books, WhatIf(), recorded=serving, wanted=serving)
    assert nothing.differences == ()
