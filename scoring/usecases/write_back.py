"""Finds the connection to write to for a decision, or the reason why there is none."""

import msgspec

from scoring.base.purposes import Purpose
from scoring.base.secrets import Cipher
from scoring.decisions.decision import Verdict
from scoring.store import connections
from scoring.store.connect_sessions import find_lender_name
from scoring.store.connections import OpenedConnection
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision
from scoring.store.statements import Signer
from scoring.texts.rendering import words_of
from scoring.usecases.replay import UnknownDecisionError, load_record

_MOST_CONNECTIONS = 100


class NoTargetError(Exception):
    """Nothing may be written for this decision; the message says why."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The books of a granted loan's borrower."""

    stored: StoredDecision
    connection: OpenedConnection
    lender_name: str
    """The lender's name on the consent page, or its identifier."""


async def find_target(
    database: Database,
    cipher: Cipher,
    signer: Signer,
    decision_id: str,
    *,
    lender: str | None,
    connection_id: str | None,
    is_granted: bool,
) -> Target:
    """Find the books that belong to a decision.

    Args:
        database: where decisions and connections are.
        cipher: opens the token.
        signer: verifies what was signed.
        decision_id: the decision; it says which lender and borrower.
        lender: only where the decision is this lender's; None for any.
        connection_id: which connection of the borrower; None where only one has the purpose.
        is_granted: a person granted the loan where the decision referred it.

    Raises:
        UnknownDecisionError: there is no such decision.
        RecordChangedError: its record was changed.
        PurposesChangedError: the purposes of the connection were changed.
        DecryptionError: the token cannot be decrypted.
        NoTargetError: nothing may be written for it.
    """
    stored = await load_record(database, signer, decision_id)
    if lender not in {None, stored.lender_id}:
        raise UnknownDecisionError(f"there is no decision {decision_id}")
    _check_verdict(stored, is_granted=is_granted)
    if stored.borrower_ref is None:
        raise NoTargetError("the borrower of this decision was erased")
    found = await connections.list_connections(
        database, lender_id=stored.lender_id, borrower_ref=stored.borrower_ref, before=None, limit=_MOST_CONNECTIONS
    )
    if connection_id is not None:
        found = [one for one in found if one.id == connection_id]
    if not found:
        wanted = f"connection {connection_id!r}" if connection_id else "connection"
        raise NoTargetError(
            f"{stored.borrower_ref} of {stored.lender_id} has no {wanted}; ask the firm to connect its account"
        )
    found = _agreed(stored, found)
    if len(found) > 1:
        choice = ", ".join(f"{one.id} ({one.status}, {one.created_at})" for one in found)
        raise NoTargetError(f"{stored.borrower_ref} has several connections; name one with --connection: {choice}")
    identifier = found[0].id
    await connections.prove_purposes(
        database, signer, lender_id=stored.lender_id, connection_id=identifier, purposes=found[0].purposes
    )
    opened = await connections.open_connection(database, cipher, lender_id=stored.lender_id, connection_id=identifier)
    if opened is None:
        raise NoTargetError(f"connection {identifier} was just deleted")
    name = await find_lender_name(database, lender_id=stored.lender_id, connection_id=identifier)
    return Target(stored=stored, connection=opened, lender_name=name or stored.lender_id)


def _agreed(stored: StoredDecision, found: list[connections.StoredConnection]) -> list[connections.StoredConnection]:
    """The connections with the purpose write_back."""
    agreed = [one for one in found if Purpose.WRITE_BACK in one.purposes]
    if not agreed:
        consents = "; ".join(f"{one.id} covers {', '.join(one.purposes)}" for one in found)
        raise NoTargetError(
            f"{stored.borrower_ref} has not consented to entries in its books ({consents}): send the firm a new link"
            f" with the purposes {Purpose.DECISION} and {Purpose.WRITE_BACK}"
        )
    return agreed


def _check_verdict(stored: StoredDecision, *, is_granted: bool) -> None:
    verdict = stored.decision.assessment.verdict
    if verdict is Verdict.DECLINE:
        raise NoTargetError(f"{stored.decision_id} declines the loan; a loan that was not granted has no fee")
    if verdict is Verdict.REFER and not is_granted:
        said = stored.words or words_of(stored.decision)
        causes = "; ".join(cause.text.en for cause in said.causes)
        raise NoTargetError(
            f"{stored.decision_id} refers the loan to a person ({causes}); if that person granted it, use --granted"
        )
