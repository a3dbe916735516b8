"""Wire types of cases."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from scoring.api.schemas.amounts import AmountRequest, Money
from scoring.api.schemas.texts import PRINTABLE, VISIBLE
from scoring.decisions.cases import CaseState
from scoring.decisions.decision import Verdict

ReviewReasonName = Literal[
    "as_recommended",
    "data_explained",
    "one_off",
    "collateral",
    "known_customer",
    "terms_fit",
    "not_affordable",
    "data_doubtful",
    "information_missing",
    "other_knowledge",
    "other",
]
CaseText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        description="For colleagues and auditors, and for the borrower who asks for access; encrypted, and erased with"
        " the borrower.",
        extra_json_schema={"pattern": VISIBLE},
        examples=["Annual accounts of 2025 seen; the loss was a single claim."],
    ),
]


class CaseTextRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written with a step."""

    text: CaseText


class SnoozeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule to be set aside for the borrower, until a day."""

    rule: Annotated[str, Meta(min_length=1, max_length=64, description="Code of a rule.", examples=["SALES_BURST"])]
    until: Annotated[date, Meta(description="The last day, at most 90 days from today.")]
    text: CaseText


class AssignmentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On whose desk a case is put."""

    to: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            description="Name of a person.",
            extra_json_schema={"pattern": PRINTABLE},
            examples=["anna"],
        ),
    ]


class VoteRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a person votes. Terms that an approval leaves out are those asked for, at the offered price."""

    step: Annotated[
        int, Meta(ge=1, le=1_000_000, description="The newest step that you have read; a newer one refuses the vote.")
    ]
    verdict: Literal["approve", "decline"]
    reason: ReviewReasonName
    text: CaseText
    amount: AmountRequest | None = None
    term_months: Annotated[int, Meta(ge=1, le=360)] | None = None
    annual_rate_percent: (
        Annotated[
            str,
            Meta(
                max_length=6,
                description="Nominal interest per year.",
                examples=["6.90"],
                extra_json_schema={"pattern": "^[0-9]{1,2}([.][0-9]{1,2})?$"},
            ),
        ]
        | None
    ) = None


class PrincipalResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A person or a system of the lender."""

    principal_id: str
    name: str | None


class VoteResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A vote."""

    verdict: Verdict
    reason: ReviewReasonName
    amount: Money | None
    """Of an approval, as the next three."""
    term_months: int | None
    annual_rate_percent: str | None
    valid_until: date | None
    is_override: bool
    """Whether it goes another way, or further, than the machine recommended."""
    exposure: Money
    """What else stood approved for the borrower."""
    authority: str | None
    """Digest of the file of authority; null without one."""
    seconds: int
    """From the claim to the vote."""
    had_read_recommendation: bool | None
    """Whether the person had opened the machine's decision before; null where the lender does not hide it."""
    had_opened: bool | None
    """Whether the person had opened the case or its decision before; null where that is not known."""
    then: Literal["decided", "second_vote", "escalated"]
    """What the vote led to."""


class CaseStepResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a case. Steps are never changed."""

    number: int
    kind: str
    """``opened``, ``linked``, ``claimed``, ``released``, ``assigned``, ``commented``, ``asked``, ``answered``,
    ``filed``, ``voted``, ``reopened``, ``snooze_asked``, ``snooze_confirmed``, ``snooze_ended``, ``withdrawn``,
    ``guarantor_named`` or ``guarantor_freed``."""
    at: str
    by: PrincipalResponse | None
    """Null where the applicant or the service did it."""
    by_applicant: bool
    """The applicant did it itself, with a link."""
    text: str | None
    """What was written; null without, and after erasure of the borrower."""
    decision_id: str | None
    """Of ``opened`` and ``linked``."""
    to: PrincipalResponse | None
    """Of ``assigned``."""
    vote: VoteResponse | None
    """Of ``voted``."""
    document_id: str | None
    """Of ``filed``."""
    rule: str | None
    """Of ``snooze_asked``, as ``until``."""
    until: date | None
    about_step: int | None
    """Of ``snooze_confirmed`` and ``snooze_ended``: the step that asked for it."""
    guarantor_id: str | None
    """Of ``guarantor_named`` and ``guarantor_freed``."""


class ResolutionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What may be acted on, until its last day."""

    verdict: Verdict
    amount: Money | None
    """Of an approval, as the next two."""
    term_months: int | None
    annual_rate_percent: str | None
    valid_until: date
    by_person: bool


class ContestResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant contests a decision (Art. 22(3) GDPR)."""

    by_link: bool
    """It did so itself; else somebody passed it on."""
    wants_talk: bool
    """It wants to talk to a person."""
    answer_by: date
    """One month after it came."""


class CaseSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A case, without its steps."""

    case_id: str
    status: CaseState
    step: int
    """Number of the newest step."""
    borrower_ref: str | None
    """Null once the borrower was erased."""
    decision_id: str
    """The newest decision of the machine."""
    product: str
    amount: Money
    """Asked for."""
    term_months: int
    recommendation: Verdict | None
    """Of the machine; null as long as it is hidden from you."""
    opened_at: str
    changed_at: str
    due_at: str
    """By when it should be decided; the time in which the applicant is asked does not count."""
    is_late: bool
    expires_on: date | None
    """Its last day; null for what does not expire."""
    claimed_by: PrincipalResponse | None
    assigned_to: PrincipalResponse | None
    is_escalated: bool
    """Votes differ, and somebody with a higher limit decides."""
    resolution: ResolutionResponse | None
    contest: ContestResponse | None
    """The applicant contests what was decided, and nobody has decided since."""
    why_no_review: str | None
    """Why you may not review it, as a stable code; null where you may."""
    links: dict[str, str]


class AskedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the applicant is asked for now."""

    number: int
    """From 1, as on the applicant's page."""
    kind: Literal["explanation", "corrected_booking", "document", "new_connection"]
    text: str
    document_numbers: tuple[str, ...]


class ApplicantLinkResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A link to the applicant, without its secret."""

    applicant_link_id: str
    kind: Literal["inquiry", "contest"]
    status: Literal["open", "used", "cancelled", "expired"]
    language: str
    decides_again: bool
    created_at: str
    expires_at: str
    ended_at: str | None
    connection_id: str | None
    """The account that the applicant connected for it."""


class CaseDocumentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a case."""

    document_id: str
    name: str | None
    """As the sender has it; null once it was erased."""
    media_type: str
    size: int
    """In bytes."""
    added_at: str
    by: PrincipalResponse | None
    by_applicant: bool
    step: int
    """That put it into the case; the step is signed and has its digest."""
    links: dict[str, str]


class SnoozeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is to be, is or was set aside for the borrower."""

    step: int
    """That asked for it."""
    rule: str
    until: date
    status: Literal["asked", "in_force", "ended", "over"]
    """``ended`` by a person, ``over`` by the calendar."""
    asked_by: PrincipalResponse | None
    confirmed_by: PrincipalResponse | None
    ended_by: PrincipalResponse | None


class CaseResponse(CaseSummary, frozen=True, kw_only=True):
    """A case."""

    snoozes: tuple[SnoozeResponse, ...]
    """Rules set aside in this case; they hold for every new decision on the borrower."""

    decisions: tuple[str, ...]
    """Every decision of the machine in it, oldest first."""
    steps: tuple[CaseStepResponse, ...]
    documents: tuple[CaseDocumentResponse, ...]
    applicant_links: tuple[ApplicantLinkResponse, ...]
    """Links with which the applicant was asked, or may contest, oldest first."""
    asked: tuple[AskedItem, ...]
    """What is asked for with the link that the case waits for; empty where it waits for none."""


class CaseList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of cases."""

    items: list[CaseSummary]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page, with the same ``sort``; null on the last."""
    damaged: list[str]
    """Cases whose stored steps were altered; they count towards the page."""
