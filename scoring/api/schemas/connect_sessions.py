"""Wire types of links with which a firm connects its account."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from scoring.api.schemas.connections import Purposes
from scoring.api.schemas.texts import BorrowerRef


class LenderIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the consent page names the lender: the firm must know who gets access, and whom to ask."""

    name: Annotated[
        str,
        Meta(min_length=1, max_length=120, description="The name that the firm knows.", examples=["Muster Bank AG"]),
    ]
    privacy_url: Annotated[
        str,
        Meta(
            max_length=2048,
            description="Address of the privacy notice, https.",
            examples=["https://bank.example/datenschutz"],
        ),
    ]
    privacy_email: Annotated[
        str,
        Meta(
            max_length=254,
            description="Contact for questions about data and for withdrawing consent.",
            examples=["datenschutz@bank.example"],
        ),
    ]


class ConnectSessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-time link with which a firm connects its sevdesk account itself."""

    borrower_ref: BorrowerRef
    return_url: Annotated[
        str,
        Meta(
            max_length=2048,
            description="The lender's page that the firm returns to: https (http for localhost), without user,"
            " password or fragment. `result` and `connect_session_id` are added to its query.",
            examples=["https://bank.example/application/4711"],
        ),
    ]
    lender: LenderIdentity
    language: Literal["de", "en"] = "de"
    """Initial language of the page; the reader can change it."""
    purposes: Annotated[
        Purposes,
        Meta(
            description="Purposes that the firm is asked to consent to. `decision` is required. `contacts` also asks to"
            " list its customers and suppliers, `write_back` to enter documents of granted loans in its books,"
            " `training` to train and check models on its books, `monitoring` to read its books again after the"
            " decision. Each has"
            " its own optional checkbox; the firm can connect without them."
        ),
    ] = msgspec.field(default_factory=lambda: ["decision"])
    expires_in_minutes: Annotated[int, Meta(ge=1, le=10080, description="At most seven days.")] = 60


class ConnectSessionLink(msgspec.Struct, frozen=True, kw_only=True):
    """A new link. Its address contains a secret that is shown only once."""

    connect_session_id: str
    url: Annotated[str, Meta(extra_json_schema={"format": "password"})]
    """To be opened in the firm's browser. Anyone who has it can use it once."""
    expires_at: str


class WithdrawalResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose that is withdrawn."""

    purpose: str
    withdrawn_at: str | None
    """Null where a version before 0.6 recorded the withdrawal, without its moment."""


class ConsentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The consent that the firm gave."""

    given_at: str
    language: str
    purposes: tuple[str, ...]
    """What the firm agreed to then. What is in ``withdrawn`` is not in force any more."""
    text_version: str
    text_sha256: str
    """Of ``text``, UTF-8."""
    text: str
    """The text of the page, word for word."""
    reads: tuple[str, ...] | None = None
    """What the text names as read, in the words of ``data.fetched``: nothing else is read. Null before version 14: no
    positions, tax rules and notes on documents are read then, and no codes of funders kept."""
    withdrawn_at: str | None = None
    """When the firm withdrew all of it, on the page of its link."""
    withdrawn: tuple[WithdrawalResponse, ...] = ()
    """Purposes that the firm withdrew, or that you withdrew for it; all of them once ``withdrawn_at`` is set."""


class ConnectSessionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """State of a link."""

    connect_session_id: str
    borrower_ref: str | None
    status: Literal["open", "completed", "cancelled", "expired", "failed"]
    """``failed``: too many tokens were rejected; create a new link."""
    created_at: str
    expires_at: str
    connection_id: str | None
    """Set once completed; use it in an application."""
    consent: ConsentResponse | None
    """Set once completed."""


class ConnectSessionList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of links, newest first."""

    items: list[ConnectSessionResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
