"""Wire types of loans."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from scoring.api.schemas.amounts import APPLIED_FOR, Money
from scoring.api.schemas.texts import NO_BLANK, PRINTABLE, PRINTED

LoanRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        extra_json_schema={"pattern": f"^{NO_BLANK}({PRINTED}*{NO_BLANK})?$"},
        description="The lender's own reference: printable, no spaces at the ends, no personal name.",
        examples=["loan-4711"],
    ),
]
Proof = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        extra_json_schema={"pattern": PRINTABLE},
        description="What proves it, such as the number of a file. Sealed; destroyed when the borrower is erased.",
    ),
]
CorrectionName = Literal["wrong_amount", "wrong_day", "wrong_loan", "entered_twice", "payment_returned", "other"]
RatePercent = Annotated[
    str,
    Meta(
        max_length=6,
        description="Interest per year in percent, with at most two decimal places, as text.",
        examples=["7.25"],
        extra_json_schema={"pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$"},
    ),
]
Corrects = Annotated[str, Meta(max_length=120, description="`entry_ref` of the entry in whose place this one stands.")]


class LoanAmount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount above 0."""

    value: Annotated[
        str,
        Meta(
            max_length=32,
            description="Decimal number with at most two decimal places, as text: 0.01 to 100000000.00.",
            examples=["1050.00"],
            extra_json_schema={"pattern": APPLIED_FOR},
        ),
    ]
    currency: Annotated[str, Meta(max_length=16, description="EUR.", extra_json_schema={"enum": ["EUR"]})]


class InstalmentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is due on one day, interest included."""

    due_on: date
    amount: LoanAmount


class LoanRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A loan that was granted."""

    loan_ref: LoanRef
    decision_id: Annotated[str, Meta(max_length=64, description="The decision that approves it.")]
    granted_on: date
    amount: LoanAmount
    term_months: Annotated[int, Meta(ge=1, le=360, examples=[12])]
    annual_rate_percent: RatePercent
    entry_ref: LoanRef = "granted"
    """Of the granting, as an entry of the loan."""


class _LoanEntryRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every entry has."""

    entry_ref: LoanRef
    happened_on: Annotated[date, Meta(description="Not in the future.")]
    corrects: Corrects | UnsetType = UNSET
    """Together with ``why``."""
    why: CorrectionName | UnsetType = UNSET
    proof: Proof | UnsetType = UNSET


class LoanConditionEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition before pay-out that you confirm."""

    kind: Literal["condition_met"]
    condition: Annotated[str, Meta(max_length=40, examples=["identity"])]
    proof: Proof


class LoanAmountEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that went out or came in, or that is expected no more."""

    kind: Literal["paid_out", "paid", "redeemed", "written_off", "recovered"]
    amount: LoanAmount


class LoanPlanEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The instalments that were agreed."""

    kind: Literal["planned"]
    instalments: Annotated[list[InstalmentRequest], Meta(min_length=1, max_length=600)]


class LoanRestructuringEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Instalments in place of all that are unpaid."""

    kind: Literal["restructured"]
    instalments: Annotated[list[InstalmentRequest], Meta(min_length=1, max_length=600)]
    is_forbearance: Annotated[
        bool, Meta(description="Granted because of difficulties to pay: outcomes follow the plan of before.")
    ]


class LoanClosingEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of the file."""

    kind: Literal["closed"]


class LoanTermsEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The granting, corrected."""

    kind: Literal["granted"]
    corrects: Corrects
    why: CorrectionName
    amount: LoanAmount
    term_months: Annotated[int, Meta(ge=1, le=360)]
    annual_rate_percent: RatePercent


class LoanRemovalEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry was wrong, and nothing stands in its place."""

    kind: Literal["removed"]
    corrects: Corrects
    why: CorrectionName


class LoanConditionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A condition before pay-out."""

    condition: str
    days: int | None
    """How old the confirmation may be on the day of the pay-out; null for any age."""
    met_on: date | None
    """Null while it is open."""
    confirmed_by: str | None


class InstalmentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An instalment, or what one payment settled of it."""

    due_on: date
    amount: Money
    ended_on: date | None
    """The day on which it was settled; null while it is unpaid."""
    is_replaced: bool
    """It ended because other instalments were agreed."""


class LoanEntryResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it was stored."""

    number: int
    kind: Literal[
        "granted",
        "condition_met",
        "planned",
        "paid_out",
        "paid",
        "redeemed",
        "restructured",
        "written_off",
        "recovered",
        "closed",
        "removed",
    ]
    entry_ref: str
    happened_on: date
    corrects: str | None
    why: CorrectionName | None
    corrected_by: str | None
    """``entry_ref`` of the entry that stands in its place; null where it counts."""
    amount: Money | None
    term_months: int | None
    annual_rate_percent: str | None
    condition: str | None
    instalment_count: int | None
    is_forbearance: bool | None
    proof: str | None
    recorded_at: str
    recorded_by: str


class LoanSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A loan as it stands."""

    loan_id: str
    loan_ref: str
    borrower_ref: str | None
    decision_id: str
    created_at: str
    status: Literal["granted", "running", "repaid", "written_off", "cancelled"]
    is_open: bool
    """Whether something may still come. An open loan keeps its borrower from erasure."""
    closed_on: date | None
    granted_on: date
    amount: Money
    term_months: int
    annual_rate_percent: str
    open_conditions: list[str]
    paid_out: Money
    paid: Money
    unpaid: Money
    """All instalments that are not settled, due or not."""
    overpaid: Money
    written_off: Money
    recovered: Money
    as_of: date
    """Today: the day of the figures below."""
    overdue: Money
    days_past_due: int
    """Counted as the definition of default counts them; small sums do not count."""
    worst_days_past_due: int
    defaulted_on: date | None
    """The first day with more days past due than the definition lets pass; null where there is none."""
    definition: str
    """Of default."""
    is_forborne: bool


class LoanResponse(LoanSummary, frozen=True, kw_only=True):
    """A loan with its schedule and all entries."""

    conditions: list[LoanConditionResponse]
    schedule: list[InstalmentResponse]
    entries: list[LoanEntryResponse]
    """In the order in which they were entered; corrected ones stay."""


class LoanList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of loans, newest first."""

    items: list[LoanSummary]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
