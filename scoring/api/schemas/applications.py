"""Wire types of applications."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from scoring.api.schemas.amounts import AmountRequest
from scoring.api.schemas.credentials import CredentialRequest, TokenText
from scoring.api.schemas.texts import NO_BLANK, PRINTABLE, PRINTED, BorrowerRef
from scoring.decisions.decision import LegalForm

TAX_NUMBER = r"^[ /.-]*([0-9][ /.-]*){9,13}$"
"""Nine digits in Austria, ten to thirteen in Germany, with what is written between them."""
VAT_ID = r"^[A-Za-z]{2,3}[ .-]*([0-9A-Za-z][ .-]*){2,20}$"


class ApplicantRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who applies, to be compared with the holder of the account. A mismatch refers."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=120,
            extra_json_schema={"pattern": f"^{NO_BLANK}({PRINTED}*{NO_BLANK})?$"},
            description="Firm, or first and last name, as the loan contract will have it.",
            examples=["Brandt Bau GmbH"],
        ),
    ]
    tax_number: (
        Annotated[
            str,
            Meta(
                max_length=32,
                description="Of the business, as the tax office writes it or in the unified form of 13 digits.",
                extra_json_schema={"pattern": TAX_NUMBER},
                examples=["133/8150/8159"],
            ),
        ]
        | None
    ) = None
    vat_id: (
        Annotated[
            str,
            Meta(
                max_length=32,
                description="For value added tax, with the letters of its country.",
                extra_json_schema={"pattern": VAT_ID},
                examples=["DE136695976"],
            ),
        ]
        | None
    ) = None


class ApplicationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application for a loan. Exactly one of ``connection_id``, ``credential`` and ``sevdesk_token`` is given."""

    borrower_ref: BorrowerRef
    legal_form: Annotated[LegalForm, Meta(description="`unknown` is treated as a natural person.")]
    product: Annotated[str, Meta(min_length=1, max_length=64, examples=["working_capital"])]
    amount: AmountRequest
    term_months: Annotated[int, Meta(ge=1, le=360, examples=[12])]
    purpose: (
        Annotated[
            str,
            Meta(max_length=200, description="Must not name persons.", extra_json_schema={"pattern": PRINTABLE}),
        ]
        | None
    ) = None
    payout_iban: Annotated[str, Meta(max_length=64, examples=["DE89370400440532013000"])] | None = None
    applicant: ApplicantRequest | None = None
    starts_business: (
        Annotated[
            bool,
            Meta(
                description="Whether the loan starts a trade or profession. Of natural persons it may then be consumer"
                " credit, see docs/deciding.md. Null where nobody asked."
            ),
        ]
        | None
    ) = None
    language: Literal["de", "en"] = "de"
    as_of: date | None = None
    connection_id: Annotated[str, Meta(max_length=64)] | None = None
    credential: CredentialRequest | None = None
    sevdesk_token: TokenText | None = None
    case_id: (
        Annotated[
            str,
            Meta(
                max_length=64,
                description="The case of which this is a new application of the same borrower; omit it for a new case.",
            ),
        ]
        | None
    ) = None
