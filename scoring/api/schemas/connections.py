"""Wire types of connected accounts, and of what persons say of bank lines."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from features.ledger import CATEGORY
from scoring.api.schemas.credentials import CredentialRequest, TokenText
from scoring.api.schemas.texts import BorrowerRef

PurposeName = Literal["decision", "contacts", "write_back", "training", "monitoring"]
Purposes = Annotated[
    list[PurposeName],
    Meta(
        min_length=1,
        max_length=5,
        extra_json_schema={"uniqueItems": True, "contains": {"const": "decision"}},
    ),
]


class ConnectionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to connect. Exactly one of ``credential`` and ``sevdesk_token`` is given."""

    borrower_ref: BorrowerRef
    credential: CredentialRequest | None = None
    sevdesk_token: TokenText | None = None
    purposes: Annotated[
        Purposes,
        Meta(
            description="Purposes that the firm consented to; the lender keeps the proof. `decision` is required."
            " `contacts` also permits listing its customers and suppliers. `write_back` also permits entering documents"
            " of granted loans in its books. `training` also permits training and checking models on its books: only"
            " firms with it are in `scoring export --purpose training`. `monitoring` also permits reading its books"
            " again after the decision: only firms with it are monitored."
        ),
    ] = msgspec.field(default_factory=lambda: ["decision"])


class ConnectionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account; its credential is never shown."""

    connection_id: str
    source: str
    """The bookkeeping system, such as ``sevdesk``."""
    borrower_ref: str | None
    status: Literal["working", "rejected"]
    """Result of the last check."""
    created_at: str
    checked_at: str
    purposes: tuple[str, ...]
    """Purposes that the firm consented to and has not withdrawn."""
    holder: str | None
    """Name of the account, as the bookkeeping system told it and the firm confirmed it on the page of its link. Null
    where nobody was asked, where the system told none, and for who only analyses."""


class ConnectionList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of connections, newest first."""

    items: list[ConnectionResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


class LineCorrectionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one bank line is about."""

    line_id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            description="Identifier of the bank transaction in the bookkeeping system, as a decision shows it.",
            extra_json_schema={"pattern": "^[0-9A-Za-z._:-]*$"},
            examples=["4711"],
        ),
    ]
    category: Annotated[
        str,
        Meta(
            max_length=42,
            description="As docs/bank-lines.md explains them.",
            extra_json_schema={"enum": list(CATEGORY.categories)},
        ),
    ]


class LineCorrectionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A stored correction. Later decisions on the same borrower use the newest of each line."""

    line_id: str
    category: str
    corrected_by: str
    """Identifier of the principal whose key was used."""
    created_at: str


class LineCorrectionList(msgspec.Struct, frozen=True, kw_only=True):
    """The corrections that count for a borrower."""

    items: list[LineCorrectionResponse]
