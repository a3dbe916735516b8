"""A consent that a firm gave by a link: what came of it, and how the firm withdraws it."""

from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from sqlalchemy import Table, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, day_in_berlin, instant
from scoring.base.purposes import Purpose
from scoring.base.secrets import Cipher
from scoring.store import connections as stored
from scoring.store.audit import Action, Trail, Who
from scoring.store.connect_sessions import ConnectSession, Consent, find_consent
from scoring.store.connections import StoredConnection
from scoring.store.database import Database
from scoring.store.holders import find_holders
from scoring.store.statements import Signer
from scoring.store.tables import connections, consents, decisions, observations


class GivenConsent(msgspec.Struct, frozen=True, kw_only=True):
    """A consent and its state."""

    consent: Consent
    connection: StoredConnection | None
    """None once it was deleted, by the firm or by the lender."""
    holder: str | None
    """Whose account it is, as the firm confirmed it."""
    decided_on: tuple[date, ...]
    """Days in Berlin on which the lender decided on the firm since; its books were read for it."""
    observed_on: tuple[date, ...]
    """The same of monitoring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConsents:
    """What firms can see and withdraw. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    trail: Trail

    async def find(self, session: ConnectSession) -> GivenConsent | None:
        """The consent of a completed link; None where there is none any more."""
        consent = await find_consent(self.database, self.signer, lender_id=session.lender_id, session_id=session.id)
        if consent is None:
            return None
        connection = await stored.find_connection(
            self.database, lender_id=session.lender_id, connection_id=session.connection_id or ""
        )
        holders = await find_holders(
            self.database,
            self.cipher,
            lender_id=session.lender_id,
            connection_ids=[] if connection is None else [connection.id],
        )
        return GivenConsent(
            consent=consent,
            connection=connection,
            holder=holders.get(session.connection_id or ""),
            decided_on=await self._days(decisions, session, consent),
            observed_on=await self._days(observations, session, consent),
        )

    async def _days(self, table: Table, session: ConnectSession, consent: Consent) -> tuple[date, ...]:
        """Days on which the firm's books were read since its consent, until it withdrew it."""
        statement = select(table.c.created_at).where(
            (table.c.borrower_id == session.borrower_id) & (table.c.created_at >= consent.given_at)
        )
        if consent.withdrawn_at is not None:
            statement = statement.where(table.c.created_at <= consent.withdrawn_at)
        moments = await self.database.read_at_once(lambda found: found.execute(statement).scalars().all())
        return tuple(sorted({day_in_berlin(datetime.fromisoformat(moment)) for moment in moments}))

    async def withdraw(self, session: ConnectSession, purpose: Purpose, who: Who) -> None:
        """Withdraw an optional purpose; of the decision itself everything, which deletes the token.

        What is withdrawn already stays so.
        """
        if purpose is not Purpose.DECISION:
            await stored.withdraw_purpose(
                self.database,
                self.signer,
                lender_id=session.lender_id,
                connection_id=session.connection_id or "",
                purpose=purpose,
                mark=self.trail.mark(who, Action.PURPOSE_WITHDRAWN),
            )
            return
        mark = self.trail.mark(who, Action.CONSENT_WITHDRAWN)
        still = (consents.c.connect_session_id == session.id) & consents.c.withdrawn_at.is_(None)

        def work(connection: Connection) -> None:
            done = connection.execute(update(consents).where(still).values(withdrawn_at=instant(self.clock())))
            if done.rowcount:
                mark.put(connection, object_id=session.id, borrower_id=session.borrower_id)
            mine = connections.c.id == session.connection_id
            stored.delete_connections(connection, self.signer, mine, at=mark.at)

        await self.database.write_at_once(work)
