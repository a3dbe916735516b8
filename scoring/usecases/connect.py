"""Connecting an account: only working credentials are stored."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from sqlalchemy.engine import Connection as SyncConnection

from features.ledger import Resource
from scoring.base.credentials import Credential
from scoring.base.identifiers import Clock, Randomness, instant
from scoring.base.secrets import Cipher, Secret
from scoring.runtime.in_force import InForce
from scoring.runtime.serving import resources_of
from scoring.runtime.settings import Settings
from scoring.sources.errors import CredentialRejectedError, SourceError
from scoring.sources.registry import SEVDESK
from scoring.store import connect_sessions, connections
from scoring.store.audit import Action, Trail, Who
from scoring.store.connect_sessions import ConnectSession, Consent, SessionOrder
from scoring.store.connections import StoredConnection
from scoring.store.database import Database
from scoring.store.statements import Signer
from scoring.usecases.application import UnknownConnectionError
from scoring.usecases.books import BookAccess
from scoring.usecases.found_account import FoundAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Connects accounts. Built once, from the parts that this takes."""

    books: BookAccess
    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    randomness: Randomness
    trail: Trail
    in_force: InForce
    settings: Settings

    def reads_for(self, lender_id: str) -> frozenset[Resource]:
        """Everything that this lender's decisions read of an account that is connected by a link."""
        serving = self.in_force.serving.of(lender_id)
        plan = msgspec.structs.replace(serving.plan, resources=serving.reads)
        return self.books.sources[SEVDESK].reads(resources_of(plan, self.settings))

    async def connect(
        self, *, lender_id: str, who: Who, borrower_ref: str, credential: Credential, purposes: Sequence[str]
    ) -> StoredConnection:
        """Check a credential and store it.

        Raises:
            BorrowerRestrictedError: the borrower's data are only kept.
            SourceError: the credential is rejected, or the source could not be asked.
        """
        await self.books.check(credential)
        return await connections.add_connection(
            self.database,
            self.cipher,
            self.signer,
            lender_id=lender_id,
            borrower_ref=borrower_ref,
            credential=credential,
            purposes=purposes,
            now=self.clock(),
            randomness=self.randomness,
            mark=self.trail.mark(who, Action.CONNECTION_MADE),
        )

    async def add_link(self, order: SessionOrder, who: Who) -> tuple[str, Secret]:
        """Create a one-time link; returns its identifier and the secret in its address.

        Raises:
            BorrowerRestrictedError: the borrower's data are only kept.
        """
        return await connect_sessions.add_session(
            self.database,
            self.cipher,
            order,
            now=self.clock(),
            randomness=self.randomness,
            mark=self.trail.mark(who, Action.LINK_MADE),
        )

    async def find_link(self, secret: str) -> ConnectSession | None:
        """The link with this secret in its address, in any state."""
        return await connect_sessions.find_by_secret(self.database, secret, now=self.clock())

    async def decline(self, session: ConnectSession, who: Who) -> None:
        """Close a link without connecting."""
        mark = self.trail.mark(who, Action.LINK_DECLINED)
        await connect_sessions.cancel_session(self.database, session, now=self.clock(), mark=mark)

    async def find_account(self, session: ConnectSession, *, who: Who, credential: Credential) -> FoundAccount:
        """Check what a firm gave on the page of a link, and ask whose account it opens; stores neither.

        Raises:
            SessionEndedError: the link is not open any more, or all its tries are being made.
            SourceError: the credential is rejected, or the source could not be asked; the link stays open while it has
                tries.
        """
        await connect_sessions.take_try(self.database, session, now=self.clock())
        try:
            await self.books.check(credential)
            holder = await self.books.read_holder(credential)
        except CredentialRejectedError:
            mark = self.trail.mark(who, Action.LINK_FAILED)
            await connect_sessions.fail_if_worn_out(self.database, session, now=self.clock(), mark=mark)
            raise
        except SourceError:
            await connect_sessions.give_back_try(self.database, session)
            raise
        await connect_sessions.give_back_try(self.database, session)  # wrong tokens alone are counted
        return FoundAccount(
            source=credential.source,
            token=credential.secret.reveal(),
            name=holder.name,
            tax_number=holder.tax_number,
            vat_id=holder.vat_id,
            checked_at=instant(self.clock()),
        )

    async def connect_by_link(
        self, session: ConnectSession, *, who: Who, account: FoundAccount, consent: Consent
    ) -> None:
        """Keep the account that the firm confirmed, and its consent, and use the link up; or nothing.

        Raises:
            SessionEndedError: the link is not open any more; nothing was kept.
            BorrowerRestrictedError: the borrower was restricted meanwhile; nothing was kept.
        """

        def work(connection: SyncConnection) -> None:
            identifier = connections.insert_connection(
                connection,
                self.cipher,
                self.signer,
                lender_id=session.lender_id,
                borrower_id=session.borrower_id,
                credential=account.credential(),
                purposes=consent.purposes,
                now=self.clock(),
                randomness=self.randomness,
                checked_at=account.checked_at,
                holder=account.name,
                link_id=session.id,
            )
            connect_sessions.complete_session(
                connection,
                self.signer,
                session,
                consent,
                connection_id=identifier,
                mark=self.trail.mark(who, Action.CONSENT_GIVEN),
            )

        await self.database.write_at_once(work)

    async def check(self, *, lender_id: str, who: Who, connection_id: str) -> StoredConnection:
        """Check whether a stored credential still works, and store the result.

        Raises:
            UnknownConnectionError: the lender has no such connection.
            SourceError: the source could not be asked; a rejected credential is not an error here.
        """
        opened = await self.books.open(lender_id=lender_id, connection_id=connection_id)
        await self.trail.note(who, Action.CONNECTION_CHECKED, object_id=connection_id, borrower_id=opened.borrower_id)
        with suppress(CredentialRejectedError):
            await self.books.check(opened)
        found = await connections.find_connection(self.database, lender_id=lender_id, connection_id=connection_id)
        if found is None:
            raise UnknownConnectionError("there is no connection with this identifier")
        return found
