"""Notices for tests: what is told of an application, with one thing changed."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec
from decision_cases import AS_OF, CIRCUMSTANCES, MISSING, MODEL, ROW, TERMS, assess

from scoring.decisions.decision import Assessment, Decision, LegalForm, StageTimes, Versions
from scoring.decisions.notices import Sender, standing_of
from scoring.texts.catalogue import newest
from scoring.texts.notice_letter import Told
from scoring.texts.rendering import words_of

SENDER = Sender(
    name="Muster Bank AG",
    address="Bahnhofstraße 1, 10115 Berlin",
    contact="Kreditservice, Frau Petra Beispiel",
    email="kredit@bank.example",
    phone="+49 30 1234567",
    privacy_email="datenschutz@bank.example",
)


def a_decision(assessment: Assessment, **changes: Any) -> Decision:  # noqa: ANN401  fields of a decision
    """The record of an assessment."""
    values: dict[str, Any] = {
        "decision_id": "dec_1",
        "created_at": "2026-03-31T10:00:00.000Z",
        "valid_until": AS_OF + timedelta(days=14),
        "borrower_digest": "b" * 64,
        "as_of": AS_OF,
        "terms": TERMS,
        "circumstances": CIRCUMSTANCES,
        "row": dict(ROW),
        "missing": dict(MISSING),
        "assessment": assessment,
        "model": MODEL,
        "snapshot_sha256": "c" * 64,
        "versions": Versions(
            model="sme/3",
            model_sha256="0" * 64,
            features="2",
            policy="1",
            policy_sha256="1" * 64,
            service="0.8.0",
            texts=newest().version,
        ),
        "timing": StageTimes(fetch=0, parse=0, derive=0, score=0, decide=0, own=0, total=0),
    }
    return Decision(**values | changes)


def told(
    assessment: Assessment | None = None,
    *,
    legal_form: LegalForm = LegalForm.GMBH,
    decided: Mapping[str, Any] | None = None,
    **changes: Any,  # noqa: ANN401  fields of what is told
) -> Told:
    """What is told of an approved application, unless something else is said."""
    terms = msgspec.structs.replace(TERMS, legal_form=legal_form)
    assessment = assessment or assess(terms={"legal_form": legal_form})
    decision = a_decision(assessment, **{"terms": terms} | dict(decided or {}))
    values: dict[str, Any] = {
        "notice_id": "ntc_1",
        "issued_on": date(2026, 4, 1),
        "borrower_ref": "firm-1",
        "applicant": None,
        "decision": decision,
        "words": words_of(decision),
        "standing": standing_of(decision, None, (), AS_OF),
        "changes": (),
        "sender": SENDER,
        "statement": 17,
        "kept_until": date(2036, 3, 31),
    }
    return Told(**values | changes)
