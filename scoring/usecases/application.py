"""One application for a loan, checked, as the flow takes it."""

from datetime import date

import msgspec

from scoring.base.credentials import Credential
from scoring.base.secrets import Secret
from scoring.decisions.decision import Terms


class ApplicationError(Exception):
    """An application that cannot be worked on as it is."""


class UnknownConnectionError(ApplicationError):
    """The lender has no such connection."""


class ForeignConnectionError(ApplicationError):
    """The connection belongs to another borrower than the application names."""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What a lender asks about a borrower."""

    borrower_ref: str
    """The lender's own name for the borrower."""
    terms: Terms
    payout_iban: Secret | None
    as_of: date | None
    """Observation date; None is the day of the fetch."""
    connection_id: str | None
    """Exactly one of this and ``credential`` is set."""
    credential: Credential | None
