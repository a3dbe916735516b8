"""Whose account it is: name and tax numbers of the one client of sevdesk that a token opens.

The list is undocumented. sevdesk shows every client by reference only, so nothing here may keep books from being read.
"""

import structlog

from scoring.sources.errors import (
    AccessDeniedError,
    InconsistentAnswerError,
    InvalidRequestError,
    SourceError,
    UnexpectedAnswerError,
)
from scoring.sources.port import AccountHolder
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.words.records import SevClient

_log = structlog.get_logger("scoring.sevdesk")
_LONGEST = 200
"""Characters; a firm's name has fewer."""
_NOT_TOLD = (AccessDeniedError, InconsistentAnswerError, InvalidRequestError, UnexpectedAnswerError)
"""What an undocumented list may answer although the account can be read."""


async def read_holder(client: SevdeskClient) -> AccountHolder:
    """Name and tax numbers; of several clients none, as nothing says which of them the books are of.

    Raises:
        SourceError: As ``SevdeskClient.fetch``, but for answers to this list alone.
    """
    try:
        found = await client.list_all("SevClient", SevClient, takes_offset=False)
    except _NOT_TOLD as error:
        return _untold(error)
    if len(found) != 1:
        return _untold(None)
    return AccountHolder(
        name=_line(found[0].name), tax_number=_line(found[0].tax_number), vat_id=_line(found[0].vat_number)
    )


def _untold(error: SourceError | None) -> AccountHolder:
    _log.warning("sevdesk_holder_not_told", error=None if error is None else type(error).__name__)
    return AccountHolder()


def _line(text: str | None) -> str | None:
    """One line of visible characters, of bounded length; null where nothing is left."""
    visible = "".join(one if one.isprintable() else " " for one in text or "")
    return " ".join(visible.split())[:_LONGEST].strip() or None
