"""Every source of books, by name: the one place that knows which there are."""

from typing import Final

import msgspec

from scoring.base.credentials import Credential
from scoring.sources.http import HttpClient
from scoring.sources.observer import Observer
from scoring.sources.port import BookSource, DocumentKey
from scoring.sources.sevdesk.adapter import SevdeskSource

SEVDESK: Final = SevdeskSource.NAME
"""What the short form of a request and the page of a link mean."""
NAMES: Final = (SEVDESK,)
"""Of all sources, as requests may name them."""


class CredentialFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a credential."""

    field: str
    message: str


class Sources:
    """The sources of one process.

    Args:
        sources: Each with a name of its own.
    """

    def __init__(self, *sources: BookSource) -> None:
        self._by_name = {source.name: source for source in sources}

    def __getitem__(self, name: str) -> BookSource:
        return self._by_name[name]

    def link_to(self, source: str, document: DocumentKey) -> str | None:
        """Where a document is opened at its source; None where there is no such place, or the source is unknown."""
        return self._by_name[source].link_to(document) if source in self._by_name else None

    def find_fault(self, credential: Credential) -> CredentialFault | None:
        """What is wrong with a credential as far as that is known without asking its source; None where nothing is."""
        source = self._by_name.get(credential.source)
        if source is None:
            message = f"is not a source of books; known: {', '.join(self._by_name)}"
            return CredentialFault(field="source", message=message)
        fault = source.find_fault(credential)
        return None if fault is None else CredentialFault(field="secret", message=fault)


def open_sources(
    http: HttpClient, *, sevdesk_url: str, is_sevdesk_sandbox: bool, observer: Observer | None = None
) -> Sources:
    """Every source, as the settings have it.

    Args:
        http: The pooled client of the process.
        sevdesk_url: Such as ``https://my.sevdesk.de/api/v1``.
        is_sevdesk_sandbox: Whether the books there are made up.
        observer: Is notified of what is asked of the sources.
    """
    return Sources(SevdeskSource(http, sevdesk_url, is_sandbox=is_sevdesk_sandbox, observer=observer))
