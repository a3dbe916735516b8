"""Wire types of requests of data subjects."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from features.feature import Text
from scoring.api.schemas.texts import BorrowerRef

IdentityCheckName = Literal["in_person", "identity_document", "known_contact", "qualified_signature", "signed_in"]


class SubjectRequestRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data subject, or who speaks for it, asked of the lender."""

    borrower_ref: BorrowerRef
    kind: Literal["access", "erasure", "restriction"]
    """Art. 15, 17 and 18 GDPR."""
    received_on: Annotated[date, Meta(description="When it arrived; not in the future. The month begins then.")]
    identity_check: Annotated[
        IdentityCheckName | None,
        Meta(description="How it was proved who asks. Without it the request is recorded, and nothing is carried out."),
    ] = None


class SubjectRequestChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened to an open request. At least one field is given."""

    identity_check: IdentityCheckName | UnsetType = UNSET
    extended_for: (
        Annotated[
            Literal["complexity", "number"],
            Meta(description="Two more months, within the first; tell the data subject why."),
        ]
        | UnsetType
    ) = UNSET
    refused_for: (
        Annotated[
            Literal["identity_unproven", "unfounded", "excessive"],
            Meta(description="Ends the request."),
        ]
        | UnsetType
    ) = UNSET


class SubjectRequestLift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a restriction ends."""

    told_on: Annotated[
        date, Meta(description="When the data subject was told that it ends: first that, then this (Art. 18(3) GDPR).")
    ]


class KeptResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What stays after an erasure."""

    what: str
    """``decisions`` (with their records), ``rows`` (of decisions without one), ``audit``, ``requests``, or the reason
    of a hold."""
    count: int | None
    until: str | None
    """Last day of the hold; null where it has none."""
    why: Text


class SubjectRequestResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A request of a data subject."""

    subject_request_id: str
    borrower_ref: str | None
    """Null once the borrower was erased."""
    kind: Literal["access", "erasure", "restriction"]
    status: Literal["open", "restricted", "done", "lifted", "refused"]
    """``restricted``: an erasure that waits until nothing must be kept any more.
    ``lifted``: a restriction that has ended."""
    received_on: date
    due_on: date
    days_left: int | None
    """Below 0 when it is late; null when it has ended."""
    extended_for: str | None
    identity_check: str | None
    identity_checked_by: str | None
    refused_for: str | None
    recorded_at: str
    recorded_by: str
    ended_at: str | None
    told_on: str | None
    """When the data subject was told that its restriction ends; null where it was not lifted."""
    destroyed: dict[str, int] | None
    """What was destroyed, as counts; null where nothing was carried out."""
    kept: list[KeptResponse] | None


class SubjectRequestList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of requests, newest first."""

    items: list[SubjectRequestResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
