"""What is added to the recognition of bank lines from outside the books.

A lender adds its own rules, what persons said of lines, and what is not kept; application and account, what the firm is
called.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from typing_extensions import override

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


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """What application and account call the firm whose books are read; neither ``repr`` nor ``str`` shows it."""

    names: frozenset[str] = frozenset()
    is_company: bool = False
    """Whether its name must tell a legal form: then nobody else has it. An owner's private account has a person's."""

    @override
    def __repr__(self) -> str:
        return "Called()"


NOT_TOLD = Called()
