"""Writing into books, by source.

Apart from the registry of sources, so that nothing on the way to a decision can write: only its command gets here.
"""

from scoring.base.credentials import Credential
from scoring.sources.errors import InvalidRequestError
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.transport.connection import RequestLimits, TimeSource
from scoring.sources.sevdesk.transport.rate_limiter import TokenStates
from scoring.sources.sevdesk.writing.errors import (
    DifferentlyWrittenError,
    NotWrittenError,
    UnclearWriteError,
    WriteError,
)
from scoring.sources.sevdesk.writing.fee import Booked, FeeDocument, Plan, PlanError, Witness, carry_out, plan
from scoring.sources.sevdesk.writing.records import Contact
from scoring.sources.sevdesk.writing.sender import Account
from scoring.sources.sevdesk.writing.writer import SevdeskWriter

__all__ = [
    "Booked",
    "Contact",
    "DifferentlyWrittenError",
    "FeeDocument",
    "NotWrittenError",
    "Plan",
    "PlanError",
    "SevdeskWriter",
    "UnclearWriteError",
    "Witness",
    "WriteError",
    "carry_out",
    "open_writer",
    "plan",
]


def open_writer(
    http: HttpClient, credential: Credential, *, sevdesk_url: str, deadline_seconds: float
) -> SevdeskWriter:
    """What reads and changes one account.

    Args:
        http: A client.
        credential: Of a firm that agreed to this.
        sevdesk_url: Such as ``https://my.sevdesk.de/api/v1``.
        deadline_seconds: For each reading and each call, waits included.

    Raises:
        InvalidRequestError: The source is not sevdesk.
    """
    if credential.source != "sevdesk":  # a secret is for its own source alone
        raise InvalidRequestError(f"documents are entered in books at sevdesk alone, not at {credential.source}")
    timing = TimeSource()
    account = Account(
        http=http,
        base_url=sevdesk_url,
        token=credential.secret,
        limits=RequestLimits(deadline_seconds=deadline_seconds),
        timing=timing,
        token_states=TokenStates(timing.clock),
    )
    return SevdeskWriter(account)
