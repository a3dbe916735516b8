"""What the signed states of a connection say about the purposes of a consent."""

from typing import Any

from scoring.decisions.statements import Fact, Statement, StatementKind
from scoring.store.connect_sessions import Consent, Withdrawal, _withdrawals

FIRST, SECOND, LAST = (f"2026-10-0{day}T10:00:00.000Z" for day in (1, 2, 3))


def a_state(at: str, **facts: Fact) -> Statement:
    """A statement about a connection."""
    return Statement(
        kind=StatementKind.CONNECTION, lender="bank", number=1, previous=None, at=at, object="con_1", facts=facts
    )


def told(*states: Statement, **changes: Any) -> list[tuple[str, str | None]]:  # noqa: ANN401  fields of Consent
    """Purposes and moments, for a consent to the decision and to contacts."""
    values: dict[str, Any] = {"language": "de", "purposes": ("decision", "contacts"), "text": "", "text_version": "8"}
    consent = Consent(**{**values, "text_sha256": "", "given_at": FIRST, **changes})
    found: list[Withdrawal] = list(_withdrawals(consent, states))
    return [(one.purpose, one.withdrawn_at) for one in found]


def test_a_purpose_is_withdrawn_with_the_first_state_without_it() -> None:
    """Once, however many states follow."""
    both, one = ["decision", "contacts"], ["decision"]
    assert told(a_state(FIRST, purposes=both)) == []
    states = (a_state(FIRST, purposes=both), a_state(SECOND, purposes=one), a_state(LAST, purposes=one))
    assert told(*states) == [("contacts", SECOND)]


def test_what_an_earlier_version_withdrew_has_no_moment() -> None:
    """It signed nothing then; the moment of signing is not that of the withdrawal."""
    assert told(a_state(SECOND, purposes=["decision"], signed_later=True)) == [("contacts", None)]


def test_a_deleted_connection_withdraws_nothing_and_a_withdrawn_consent_the_rest() -> None:
    """Whoever deleted it may have had other reasons; the consent says when all of it was withdrawn."""
    states = (a_state(FIRST, purposes=["decision", "contacts"]), a_state(LAST, is_deleted=True))
    assert told(*states) == []
    assert told(*states, withdrawn_at=LAST) == [("decision", LAST), ("contacts", LAST)]
    assert told(withdrawn_at=LAST) == [("decision", LAST), ("contacts", LAST)], "signed by nobody yet"
