"""Wire types of what is asked of applicants."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from scoring.api.schemas.cases import CaseText
from scoring.api.schemas.connect_sessions import LenderIdentity
from scoring.api.schemas.texts import PRINTABLE


class InquiryItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that an applicant is asked for."""

    kind: Literal["explanation", "corrected_booking", "document", "new_connection"]
    text: CaseText
    document_numbers: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=64, extra_json_schema={"pattern": PRINTABLE})]],
        Meta(max_length=20, description="Of documents in the firm's books, as it numbers them."),
    ] = []


class InquiryRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-time link with which the applicant answers."""

    items: Annotated[list[InquiryItem], Meta(min_length=1, max_length=10)]
    lender: LenderIdentity
    language: Literal["de", "en"] = "de"
    """Initial language of the page; the reader can change it. Your own texts stay as they are."""
    expires_in_days: Annotated[int, Meta(ge=1, le=60)] = 14
    decides_again: Annotated[
        bool, Meta(description="Decide again on fresh books by itself, once the applicant has answered with the link.")
    ] = False


class ContestLinkRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-time link with which the applicant contests what was decided."""

    lender: LenderIdentity
    language: Literal["de", "en"] = "de"
    """Initial language of the page; the reader can change it."""
    expires_in_days: Annotated[int, Meta(ge=1, le=365)] = 90


class ApplicantLinkMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new link. Its address contains a secret that is shown only once."""

    applicant_link_id: str
    url: Annotated[str, Meta(extra_json_schema={"format": "password"})]
    """Send the applicant here. Whoever has it can answer."""
    expires_at: str


class ContestRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the applicant says against a decision, passed on by you."""

    text: CaseText
    wants_talk: bool = False
    """The applicant wants to talk to a person. A person decides in any case."""


class AgainRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to decide again. All else is as in the newest application of the case."""

    connection_id: (
        Annotated[str, Meta(max_length=40, description="Default: the borrower's newest connection that works.")] | None
    ) = None
    payout_iban: (
        Annotated[
            str,
            Meta(
                max_length=64,
                description="It is stored nowhere, so it has to be given again; without it, a person is asked to look.",
            ),
        ]
        | None
    ) = None
