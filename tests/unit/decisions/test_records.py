"""Records of every schema: what each stores, and what the code of today makes of it."""

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from decision_cases import POLICY, assess

from models.points import Contribution
from scoring.decisions import records, schema_1, schema_2, schema_3, schema_4, schema_5
from scoring.decisions.decide import with_evidence
from scoring.decisions.decision import SCHEMA, Assessment, Decision, Document, DocumentKind, Evidence
from scoring.decisions.records import NewerRecordError, RecordError

GOLDEN = Path(__file__).parents[2] / "integration" / "api" / "golden"
STRUCTURES = Path(__file__).parent / "record_schemas"
STORED: dict[int, tuple[type[msgspec.Struct], ...]] = {
    1: (schema_1.DecisionV1, schema_1.ProseV1),
    2: (schema_2.DecisionV2,),
    3: (schema_3.DecisionV3,),
    4: (schema_4.DecisionV4,),
    5: (schema_5.DecisionV5,),
    6: (Decision,),
}
"""What each schema reads of its bytes."""


def structure(kinds: tuple[type[msgspec.Struct], ...]) -> str:
    """One line for each field: its type, and whether it may be left out; one for each enumeration."""
    lines = []
    for kind in kinds:
        for name, definition in sorted(msgspec.json.schema(kind)["$defs"].items()):
            if "enum" in definition:
                lines.append(f"{name}: {' | '.join(definition['enum'])}")
            for field, content in definition.get("properties", {}).items():
                optional = "" if field in definition.get("required", ()) else "?"
                lines.append(f"{name}.{field}{optional}: {_type(content)}")
    return "\n".join(lines) + "\n"


def _type(content: dict[str, Any]) -> str:
    """A type of JSON schema in short."""
    if "anyOf" in content:
        return " | ".join(_type(one) for one in content["anyOf"])
    if "$ref" in content:
        return str(content["$ref"]).rpartition("/")[2]
    if content["type"] == "array":
        return f"[{_type(content['items'])}]"
    if content["type"] == "object":
        return f"{{{_type(content['additionalProperties'])}}}"
    return str(content.get("format", content["type"]))


@pytest.mark.parametrize("schema", STORED)
def test_what_a_schema_stores_never_changes(schema: int) -> None:
    """A new field, type or value is a new schema: ``scoring.decisions.records`` says which steps that takes."""
    golden, found = STRUCTURES / f"{schema}.txt", structure(STORED[schema])
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found)
    assert golden.read_text() == found


def test_every_schema_has_a_decoder_and_is_pinned() -> None:
    """Up to the one that is written."""
    assert sorted(STORED) == list(range(1, SCHEMA + 1))
    assert STORED[SCHEMA] == (Decision,)


def test_a_record_holds_no_sentence() -> None:
    """Facts alone: neither texts in two languages, nor fields for them."""
    assert not re.search(r"\bText\b|\.(?:text|remedy|de|en)\b", structure((Decision,)))


@pytest.mark.parametrize("version", ["0_1", "0_2", "0_3_approve", "0_3_decline"])
def test_facts_of_schema_1_survive(version: str) -> None:
    """Everything that the bytes hold beside their sentences comes out again, to the bit."""
    content = (GOLDEN / f"decision_{version}.json").read_bytes()
    stored = json.loads(content)
    for part, names in (("causes", ("text", "remedy")), ("reasons", ("text",)), ("rules", ("text",))):
        for item in stored["assessment"][part]:
            for name in names:
                item.pop(name, None)
    stored["assessment"] = dict.fromkeys(("score_low", "score_high", "pd_low", "pd_high")) | stored["assessment"]
    assert records.facts(records.decode(content).decision, 1) == stored


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no decision"),
        (b"not JSON", "no decision"),
        (b"{}", "no decision"),
        (b'{"schema":2}', "no decision"),
        (b'{"schema":"2"}', "no decision"),
        (b'{"schema":0}', "unknown record schema 0"),
    ],
)
def test_bytes_that_are_no_record_are_refused(content: bytes, said: str) -> None:
    """By saying so, whatever is wrong with them."""
    with pytest.raises(RecordError, match=said):
        records.decode(content)


def test_a_record_of_a_newer_version_is_not_guessed_at() -> None:
    """However well the rest of it would fit."""
    content = (GOLDEN / "decision_0_2.json").read_bytes().replace(b'"schema":1', b'"schema":99')
    with pytest.raises(NewerRecordError, match=f"schema 99; this version reads up to {SCHEMA}"):
        records.decode(content)


def test_facts_that_an_older_schema_does_not_know_are_left_out() -> None:
    """A later assessment may say more; what is compared with an old record is what that record could say."""

    class LaterAssessment(Assessment, frozen=True, kw_only=True):
        fraud_score: float | None = None

    class LaterDecision(Decision, frozen=True, kw_only=True):
        assessment: LaterAssessment
        reviewed_by: str | None = None

    decision = records.decode((GOLDEN / "decision_0_2.json").read_bytes()).decision
    fields = {name: getattr(decision, name) for name in Decision.__struct_fields__}
    assessment = {name: getattr(decision.assessment, name) for name in Assessment.__struct_fields__}
    later = LaterDecision(
        **fields | {"assessment": LaterAssessment(**assessment, fraud_score=0.5), "reviewed_by": "anna"}
    )
    for schema in STORED:
        assert records.facts(later, schema) == records.facts(decision, schema)


def test_schema_1_looked_for_evidence_by_a_ranking_of_its_own() -> None:
    """Of equal points that help it took the last, where reasons take the first: one reason was left without."""
    names = ("revenue_log_12m", "receivables_overdue_share", "receivables_dso_days_3m", "revenue_trend_12m")
    contributions = tuple(Contribution(feature=name, value=1.0, bin=0, points=10.0) for name in names)
    chosen = msgspec.structs.replace(assess(), contributions=contributions)
    reasons = tuple(msgspec.structs.replace(assess().reasons[0], feature=name, points=10.0) for name in names[:3])
    behind = Document(kind=DocumentKind.INVOICE, id=1, day=date(2026, 1, 1), amount_cents=100)
    found = {name: Evidence(documents=(behind,), total=1) for name in names}
    today = with_evidence(msgspec.structs.replace(chosen, reasons=reasons), found)
    then = schema_1.as_decided(today, POLICY.reasons)
    assert [reason.evidence.total for reason in today.reasons] == [1, 1, 1]
    assert [reason.evidence.total for reason in then.reasons] == [0, 1, 1]
