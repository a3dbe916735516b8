"""Records of schema 1, which versions 0.1 to 0.3 wrote: facts with their sentences among them.

Never changed. What it shares with later schemas is taken from there as long as it is the same.
"""

from datetime import date
from typing import Any, Final

import msgspec

from features.feature import Text
from scoring.decisions import decision as today
from scoring.decisions.decision import DocumentKind, Offer, StageTimes, Verdict
from scoring.decisions.policy import ReasonRules
from scoring.decisions.schema_2 import CoverageV2
from scoring.decisions.schema_3 import TermsV3
from scoring.decisions.schema_5 import ContributionV5, ModelCardV5
from scoring.decisions.words import CauseWords, Words


class CircumstancesV1(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the request that neither model nor books know."""

    as_of: date
    is_reconstructed: bool
    is_sandbox: bool
    coverage: CoverageV2


class EvidenceV1(msgspec.Struct, frozen=True, kw_only=True):
    """Identifiers, in sevdesk, of the documents behind a value."""

    invoices: tuple[int, ...] = ()
    vouchers: tuple[int, ...] = ()
    credit_notes: tuple[int, ...] = ()
    transactions: tuple[int, ...] = ()
    total: int = 0


_LISTS: Final = {kind: f"{kind.value}s" for kind in DocumentKind}
"""The field of evidence for each kind of document."""


class CauseV1(msgspec.Struct, frozen=True, kw_only=True):
    """Why a verdict is not better."""

    code: str


class ReasonV1(msgspec.Struct, frozen=True, kw_only=True):
    """A main factor of the score."""

    code: str
    feature: str
    direction: str
    points: float
    value: float | None
    typical: float | None
    unit: str
    evidence: EvidenceV1


class RuleResultV1(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and how it went."""

    id: str
    kind: str
    result: str
    value: float | str | None
    threshold: float | str | None


class AssessmentV1(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from score, row, terms and policy."""

    recommendation: Verdict
    verdict: Verdict
    automation: str
    legal_basis: str | None
    natural_person: bool
    score: float | None
    base: float | None
    pd: float | None
    grade: str | None
    offer: Offer | None
    causes: tuple[CauseV1, ...]
    reasons: tuple[ReasonV1, ...]
    contributions: tuple[ContributionV5, ...]
    rules: tuple[RuleResultV1, ...]
    score_low: float | None = None
    """Not in records of 0.1, as the other ends of intervals."""
    score_high: float | None = None
    pd_low: float | None = None
    pd_high: float | None = None


class VersionsV1(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that must be the same for a replay to agree."""

    model: str
    model_sha256: str
    features: str
    policy: str
    policy_sha256: str
    service: str


class DecisionV1(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a record."""

    schema: int = 1
    decision_id: str
    created_at: str
    valid_until: date
    borrower_digest: str
    as_of: date
    terms: TermsV3
    circumstances: CircumstancesV1
    row: dict[str, float | None]
    missing: dict[str, str]
    assessment: AssessmentV1
    model: ModelCardV5
    snapshot_sha256: str
    versions: VersionsV1
    timing: StageTimes


class SentenceV1(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a reason or a rule."""

    text: Text


class ExplanationV1(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a cause."""

    text: Text
    remedy: Text | None = None


class SentencesV1(msgspec.Struct, frozen=True, kw_only=True):
    """The words of an assessment."""

    causes: tuple[ExplanationV1, ...]
    reasons: tuple[SentenceV1, ...]
    rules: tuple[SentenceV1, ...]


class ProseV1(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a record: the same bytes, read for what the facts leave out."""

    assessment: SentencesV1


_facts: Final = msgspec.json.Decoder(DecisionV1)
_prose: Final = msgspec.json.Decoder(ProseV1)


def decode(content: bytes) -> tuple[today.Decision, Words]:
    """Facts and words of a record. What schema 1 did not store is null.

    Raises:
        msgspec.DecodeError: the bytes are no such record.
    """
    stored, said = _facts.decode(content), _prose.decode(content).assessment
    return _decision(stored), Words(
        causes=tuple(CauseWords(text=cause.text, remedy=cause.remedy) for cause in said.causes),
        reasons=tuple(reason.text for reason in said.reasons),
        rules=tuple(rule.text for rule in said.rules),
    )


def as_decided(assessment: today.Assessment, rules: ReasonRules) -> today.Assessment:
    """The assessment as the versions of schema 1 made it: evidence was looked for by a second ranking.

    It broke ties of positive points the other way round, so that a reason could be left without evidence.
    """
    ranked = sorted(assessment.contributions, key=lambda item: item.points)
    negative = [item.feature for item in ranked if item.points < 0][: rules.negative_at_most]
    positive = [item.feature for item in reversed(ranked) if item.points > 0][: rules.positive_at_most]
    reasons = tuple(
        reason
        if reason.feature in (*negative, *positive)
        else msgspec.structs.replace(reason, evidence=today.Evidence())
        for reason in assessment.reasons
    )
    return msgspec.structs.replace(assessment, reasons=reasons)


def plain(decision: today.Decision) -> dict[str, Any]:
    """Today's decision as plain values with the evidence of this schema; further fields are left in."""
    values: dict[str, Any] = msgspec.to_builtins(decision)
    for reason, shown in zip(decision.assessment.reasons, values["assessment"]["reasons"], strict=True):
        documents = reason.evidence.documents
        lists = {name: [each.id for each in documents if each.kind is kind] for kind, name in _LISTS.items()}
        shown["evidence"] = {**lists, "total": reason.evidence.total}
    return values


def _evidence(stored: EvidenceV1) -> dict[str, Any]:
    documents = [
        {"kind": kind, "id": identifier, "day": None, "amount_cents": None}
        for kind, name in _LISTS.items()
        for identifier in getattr(stored, name)
    ]
    return {"documents": documents, "total": stored.total}


def _decision(stored: DecisionV1) -> today.Decision:
    assessment = stored.assessment
    plain: dict[str, Any] = msgspec.to_builtins(stored)
    plain["versions"]["texts"] = None
    plain["circumstances"]["source"] = "sevdesk"
    plain["assessment"] |= {
        "causes": [
            {"code": cause.code, "rule": cause.code.removesuffix("_NOT_CHECKED")} for cause in assessment.causes
        ],
        "reasons": [
            msgspec.to_builtins(reason)
            | {
                "missing": None if reason.value is not None else stored.missing.get(reason.feature),
                "evidence": _evidence(reason.evidence),
            }
            for reason in assessment.reasons
        ],
        "rules": [
            msgspec.to_builtins(rule) | dict.fromkeys(("effect", "bound", "unit", "missing"))
            for rule in assessment.rules
        ],
    }
    return msgspec.convert(plain, today.Decision)
