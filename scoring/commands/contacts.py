"""``contacts``: a firm's customers and suppliers, with its consent."""

import json as json_text
from datetime import UTC, datetime
from typing import Annotated, Any

import structlog
from cyclopts import Parameter

from scoring.base.credentials import Credential
from scoring.base.identifiers import BERLIN, instant
from scoring.base.purposes import Purpose
from scoring.base.secrets import DecryptionError
from scoring.commands.session import answer, cipher_of, give_up, settings_for, signer_of, with_database
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import Settings, clock_of
from scoring.sources.contact_books import ContactKind, NamedContact, read_contacts
from scoring.sources.errors import SourceError
from scoring.sources.http import HttpClient
from scoring.store import connections
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database
from scoring.usecases.books import use

_log = structlog.get_logger(__name__)


class ContactsRefusedError(Exception):
    """There is no such connection, or no consent."""


def contacts(
    connection: str,
    /,
    *,
    kind: ContactKind = ContactKind.ALL,
    since: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    lender: str | None = None,
) -> None:
    """List a firm's customers and suppliers, with its consent. They are neither stored nor logged.

    One line per contact, separated by tabs: identifier, organisation or person, category, customer number, name,
    organisation of a person, last change (UTC). The most recently changed come last. Contacts deleted in sevdesk are
    not listed.

    Args:
        connection: such as con_01j00000000000000000000000.
        kind: category of the contacts in sevdesk.
        since: only contacts created or changed since then, such as 2026-11-30 (midnight in Berlin) or
            2026-11-30T08:15:00Z; without a time zone, the time is in Berlin.
        json: print one JSON document instead.
        lender: give up if the connection belongs to another lender.
    """
    settings = settings_for(lender)
    moment = None if since is None else _moment(since)
    try:
        found = with_database(
            settings, lambda database: _read(database, settings, connection, kind=kind, since=moment, lender=lender)
        )
    except (ContactsRefusedError, DecryptionError) as error:
        give_up(str(error))
    except SourceError as error:
        # messages of sevdesk may contain a name
        known = {name: value for name, value in error.fields().items() if name != "source_message"}
        fields = ", ".join(f"{name}={value!r}" for name, value in known.items())
        give_up(f"{error.what} ({fields}; requested at {settings.sevdesk_url})")
    if json:
        answer(json_text.dumps({"connection_id": connection, "contacts": [_object(one) for one in found]}, indent=2))
        return
    for one in found:
        answer(_line(one))


async def _read(
    database: Database,
    settings: Settings,
    connection_id: str,
    *,
    kind: ContactKind,
    since: datetime | None,
    lender: str | None,
) -> list[NamedContact]:
    lender_id = await connections.find_lender(database, connection_id)
    if lender_id is None or lender not in (None, lender_id):
        raise ContactsRefusedError(f"there is no connection {connection_id!r}")
    opened = await _open(database, settings, lender_id, connection_id)
    mark = operators_mark(Action.CONTACTS_READ, clock_of(settings), lender_id)
    await write_mark(database, mark, object_id=connection_id, borrower_id=opened.borrower_id)
    async with HttpClient() as http:

        async def read(credential: Credential) -> list[NamedContact]:
            return await read_contacts(
                http,
                credential,
                kind,
                sevdesk_url=settings.sevdesk_url,
                since=since,
                deadline_seconds=settings.fetch_deadline_seconds,
            )

        found = await use(database, clock_of(settings), opened, read, is_check=True)
    _log.info("contacts read", lender=lender_id, connection=connection_id, kind=kind, count=len(found))
    return found


async def _open(
    database: Database, settings: Settings, lender_id: str, connection_id: str
) -> connections.OpenedConnection:
    """The connection, if its consent includes contacts."""
    found = await connections.find_connection(database, lender_id=lender_id, connection_id=connection_id)
    if found is None:
        raise ContactsRefusedError(f"there is no connection {connection_id!r}")
    if Purpose.CONTACTS not in found.purposes:
        raise ContactsRefusedError(
            f"the consent of {connection_id} covers {', '.join(found.purposes)}, not contacts: send the firm a new link"
            " with the purposes decision and contacts"
        )
    try:
        await connections.prove_purposes(
            database, signer_of(settings), lender_id=lender_id, connection_id=connection_id, purposes=found.purposes
        )
    except connections.PurposesChangedError as error:
        raise ContactsRefusedError(str(error)) from None
    cipher = cipher_of(settings)
    opened = await connections.open_connection(database, cipher, lender_id=lender_id, connection_id=connection_id)
    if opened is None:
        raise ContactsRefusedError(f"{connection_id} was deleted just now")
    return opened


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError near the year 9999
        give_up(f"--since {text!r} is not a time: use a day such as 2026-11-30 or a time such as 2026-11-30T08:15:00Z")


def _line(contact: NamedContact) -> str:
    parts = (
        str(contact.id),
        _type(contact),
        contact.category,
        contact.customer_number,
        contact.name,
        None if contact.parent_id is None else str(contact.parent_id),
        None if contact.updated_at is None else instant(contact.updated_at),
    )
    return "\t".join(_plain(part or "") for part in parts)


def _plain(text: str) -> str:
    """Replace control characters, which could affect the terminal or the columns."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def _object(contact: NamedContact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "type": _type(contact),
        "category": contact.category,
        "customer_number": contact.customer_number,
        "name": contact.name,
        "parent_id": contact.parent_id,
        "updated_at": None if contact.updated_at is None else instant(contact.updated_at),
    }


def _type(contact: NamedContact) -> str:
    return "person" if contact.is_person else "organisation"
