"""Connecting a sevdesk account: nothing is kept that was not seen to work."""

from collections.abc import Sequence

from sqlalchemy.engine import Connection as SyncConnection

from scoring.base.token import Token
from scoring.sources.errors import CredentialRejectedError, SourceError
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.store import connect_sessions, connections
from scoring.store.connect_sessions import ConnectSession, Consent
from scoring.store.connections import StoredConnection
from scoring.usecases.assess import Desk


async def connect(
    desk: Desk, *, lender_id: str, borrower_ref: str, token: Token, purposes: Sequence[str]
) -> StoredConnection:
    """Check a token and keep it.

    Raises:
        SourceError: the token is rejected, or sevdesk could not be asked.
    """
    await _client(desk, token).check_token()
    return await connections.add_connection(
        desk.database,
        desk.cipher,
        lender_id=lender_id,
        borrower_ref=borrower_ref,
        token=token,
        purposes=purposes,
        now=desk.clock(),
        randomness=desk.randomness,
    )


async def connect_by_link(desk: Desk, session: ConnectSession, *, token: Token, consent: Consent) -> None:
    """Check the token that a firm gave on the page of a link; keep token and consent and use the link up, or nothing.

    Raises:
        SessionEndedError: the link is not open any more; nothing was kept.
        SourceError: the token is rejected, or sevdesk could not be asked; the link stays open while it has tries.
    """
    await connect_sessions.take_try(desk.database, session, now=desk.clock())
    try:
        await _client(desk, token).check_token()
    except CredentialRejectedError:
        await connect_sessions.fail_if_worn_out(desk.database, session, now=desk.clock())
        raise
    except SourceError:
        await connect_sessions.give_back_try(desk.database, session)
        raise

    def work(connection: SyncConnection) -> None:
        identifier = connections.insert_connection(
            connection,
            desk.cipher,
            lender_id=session.lender_id,
            borrower_id=session.borrower_id,
            token=token,
            purposes=consent.purposes,
            now=desk.clock(),
            randomness=desk.randomness,
        )
        connect_sessions.complete_session(connection, session, consent, connection_id=identifier)

    await desk.database.write_at_once(work)


async def check(desk: Desk, *, lender_id: str, connection_id: str) -> StoredConnection | None:
    """Ask whether a stored token still works, and remember the answer; None where the lender has no such connection.

    Raises:
        SourceError: sevdesk could not be asked; a rejected token is not an error here.
    """
    found = await connections.find_token(desk.database, desk.cipher, lender_id=lender_id, connection_id=connection_id)
    if found is None:
        return None
    try:
        await _client(desk, found.token).check_token()
        status = connections.WORKING
    except CredentialRejectedError:
        status = connections.REJECTED
    await connections.note_check(
        desk.database, lender_id=lender_id, connection_id=connection_id, status=status, now=desk.clock()
    )
    return await connections.find_connection(desk.database, lender_id=lender_id, connection_id=connection_id)


def _client(desk: Desk, token: Token) -> SevdeskClient:
    return desk.client(token, deadline_seconds=desk.settings.check_deadline_seconds)
