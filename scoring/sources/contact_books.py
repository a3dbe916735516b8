"""Names of a firm's customers and suppliers, by source.

Apart from the registry of sources, so that no decision can reach a name: only the command that prints them gets here.
"""

from datetime import datetime

from scoring.base.credentials import Credential
from scoring.sources.errors import InvalidRequestError
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.reading.contacts import ContactKind, NamedContact, list_contacts
from scoring.sources.sevdesk.transport.connection import RequestLimits

__all__ = ["ContactKind", "NamedContact", "read_contacts"]


async def read_contacts(
    http: HttpClient,
    credential: Credential,
    kind: ContactKind,
    *,
    sevdesk_url: str,
    since: datetime | None,
    deadline_seconds: float,
) -> list[NamedContact]:
    """Organisations and persons, those that were changed last at the end.

    Args:
        http: A client.
        credential: Of a firm that agreed to this.
        kind: Which of them.
        sevdesk_url: Such as ``https://my.sevdesk.de/api/v1``.
        since: Only what was made or changed in this second or later.
        deadline_seconds: For all of it, waits included.

    Raises:
        SourceError: They could not be read; ``InvalidRequestError`` where the source is not sevdesk.
    """
    if credential.source != "sevdesk":  # a secret is for its own source alone
        raise InvalidRequestError(f"contacts are read from sevdesk alone, not from {credential.source}")
    limits = RequestLimits(deadline_seconds=deadline_seconds)
    client = SevdeskClient(http, sevdesk_url, credential.secret, limits=limits)
    return await list_contacts(client, kind, since=since)
