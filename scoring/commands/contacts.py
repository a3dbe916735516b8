"""``contacts``: a firm's customers and suppliers, where the firm has agreed to that."""

import json as json_text
from datetime import UTC, datetime
from typing import Annotated, Any

import structlog
from cyclopts import Parameter

from scoring.base.credentials import Credential
from scoring.base.identifiers import BERLIN, instant
from scoring.base.purposes import Purpose
from scoring.base.secrets import DecryptionError
from scoring.commands.session import answer, cipher_of, give_up, read_settings, with_database
from scoring.runtime.settings import Settings, clock_of
from scoring.sources.contact_books import ContactKind, NamedContact, read_contacts
from scoring.sources.errors import SourceError
from scoring.sources.http import HttpClient
from scoring.store import connections
from scoring.store.database import Database
from scoring.usecases.books import use

_log = structlog.get_logger(__name__)


class ContactsRefusedError(Exception):
    """There is no such connection, or the firm has not agreed."""


def contacts(
    connection: str,
    /,
    *,
    kind: ContactKind = ContactKind.ALL,
    since: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    lender: str | None = None,
) -> None:
    """Print a firm's customers and suppliers, where the firm has agreed to that; nothing of them is stored or logged.

    One line each, tabs between: identifier, organisation or person, category, customer number, name, organisation that
    a person belongs to, last change (UTC). Those that changed last stand at the end. What was deleted in sevdesk is
    only missing.

    Args:
        connection: such as con_01j00000000000000000000000.
        kind: by the category that a contact has in sevdesk.
        since: only what was made or changed since then: 2026-11-30 (a day begins at midnight in Berlin), or
            2026-11-30T08:15:00Z; without a zone it is a time in Berlin.
        json: print one JSON document instead.
        lender: only where the connection is this lender's.
    """
    settings = read_settings()
    moment = None if since is None else _moment(since)
    try:
        found = with_database(
            settings, lambda database: _read(database, settings, connection, kind=kind, since=moment, lender=lender)
        )
    except (ContactsRefusedError, DecryptionError) as error:
        give_up(str(error))
    except SourceError as error:
        # sevdesk's own words may hold a name
        known = {name: value for name, value in error.fields().items() if name != "source_message"}
        fields = ", ".join(f"{name}={value!r}" for name, value in known.items())
        give_up(f"{error.what} ({fields}; asked at {settings.sevdesk_url})")
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
    """A connection that may be read for contacts."""
    found = await connections.find_connection(database, lender_id=lender_id, connection_id=connection_id)
    if found is None:
        raise ContactsRefusedError(f"there is no connection {connection_id!r}")
    if Purpose.CONTACTS not in found.purposes:
        raise ContactsRefusedError(
            f"the consent behind {connection_id} is for {', '.join(found.purposes)}, not for contacts: ask the firm"
            " with a new link whose purposes are decision and contacts"
        )
    cipher = cipher_of(settings)
    opened = await connections.open_connection(database, cipher, lender_id=lender_id, connection_id=connection_id)
    if opened is None:
        raise ContactsRefusedError(f"{connection_id} was deleted just now")
    return opened


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).astimezone(UTC)
    except (ValueError, OverflowError):  # the second for times at the end of all years
        give_up(f"--since {text!r} is no time: give a day such as 2026-11-30, or a time such as 2026-11-30T08:15:00Z")


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
    """A text of a stranger in which nothing moves the cursor, colours the window or starts a column."""
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
