"""Wire types of management accounts."""

from datetime import date

import msgspec

from features.feature import Text
from scoring.api.schemas.amounts import Money


class AccountLineResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a profit and loss account."""

    line: str
    """A kind of income or cost, ``vat``, or a sum: ``gross_profit``, ``operating_result``, ``result_before_tax``."""
    label: Text
    is_sum: bool
    amounts: tuple[Money, ...]
    """Of each month. Income and costs are both positive."""
    total: Money


class ProfitAndLossResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A profit and loss account by month."""

    lines: tuple[AccountLineResponse, ...]
    """In the order of the form (BWA), sums among them."""
    apart: tuple[AccountLineResponse, ...]
    """What no result contains: taxes on income, loans, the owner's money, fixed assets; positive is spent."""


class UnmappedAccountResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A booking account whose kind is not known."""

    account: int | None
    """Its number; null for positions without one."""
    position_count: int
    net: Money


class ManagementAccountsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Profit and loss accounts of the twelve full months before a decision."""

    decision_id: str
    as_of: date
    text: Text
    """What to know beside the figures."""
    months: tuple[date, ...]
    """The first day of each, oldest first."""
    documents: ProfitAndLossResponse | None
    """Net, by the month of issue; null where no documents were read."""
    bank: ProfitAndLossResponse | None
    """Gross, by the month of the bank line; null where bank lines were not read."""
    difference: tuple[Money, ...] | None
    """By month, the result of the documents less that of the bank, costs without a document left out; null where one
    of both accounts is."""
    only_paid: tuple[str, ...]
    """Costs without a document: no document has this kind, and more was paid than documents without a kind hold."""
    has_positions: bool
    """Whether positions of documents were read; without them bills have no kind of cost."""
    document_count: int
    without_positions: int
    contradicting: int
    """Documents whose positions do not add up to them."""
    unmapped: tuple[UnmappedAccountResponse, ...]
    """The largest first."""
