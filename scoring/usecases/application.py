"""A validated application for a loan."""

from datetime import date

import msgspec

from scoring.base.credentials import Credential
from scoring.base.secrets import Secret
from scoring.decisions.decision import Terms
from scoring.decisions.holders import Party


class ApplicationError(Exception):
    """An application that cannot be processed."""


class UnknownConnectionError(ApplicationError):
    """The lender has no such connection."""


class ForeignConnectionError(ApplicationError):
    """The connection belongs to a different borrower."""


class ForeignCaseError(ApplicationError):
    """The case belongs to a different borrower."""


class WhatIfError(ApplicationError):
    """A simulation that cannot be made; ``field`` names what of the request is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """A lender's application for a borrower."""

    borrower_ref: str
    """The lender's reference for the borrower."""
    terms: Terms
    purpose: str | None
    """Of the loan, in the applicant's words; no part of the record."""
    payout_iban: Secret | None
    as_of: date | None
    """Observation date; None is the day of the fetch."""
    connection_id: str | None
    """Exactly one of this and ``credential`` is set."""
    credential: Credential | None
    applicant: Party | None = None
    """Who applies, to be compared with the holder of the account; no part of the record. None is not compared."""
    case_id: str | None = None
    """The case of which this is a new application; None begins one."""
