"""What a lender adds to the recognition of bank lines: its own rules, what persons said of lines, what is not kept."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from scoring.sources.bank_lines.lender_rules import LenderRules


class LineKnowledge(msgspec.Struct, frozen=True, kw_only=True):
    """Of one borrower and source."""

    rules: LenderRules | None = None
    corrections: Mapping[str, str] = MappingProxyType({})
    """Category by the source's id of a line."""
    names_funders: bool = True
    """Whether known funders are kept as codes; the firm's consent may rule that out."""

    @property
    def digest(self) -> str | None:
        """Of the rules; null without any."""
        return None if self.rules is None else self.rules.digest


NOTHING_ADDED = LineKnowledge()
