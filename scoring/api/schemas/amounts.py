"""Amounts of money and rates on the wire."""

from typing import Annotated

import msgspec
from msgspec import Meta

APPLIED_FOR = r"^(0*([1-9][0-9]{0,7}(\.[0-9]{1,2})?|100000000(\.0{1,2})?)|0+\.(0[1-9]|[1-9][0-9]?))$"
"""An amount above 0 and not above ``applications.HIGHEST_AMOUNT``."""
RATE = r"^[0-9]{1,2}(\.[0-9]{1,2})?$"
"""Percent per year, with at most two decimal places."""


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of money."""

    value: Annotated[
        str,
        Meta(
            description="Decimal number with two decimal places, as text.",
            examples=["25000.00"],
            extra_json_schema={"pattern": r"^-?[0-9]+\.[0-9]{2}$"},
        ),
    ]
    currency: Annotated[str, Meta(description="ISO 4217; EUR.")]


class AmountRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The requested amount."""

    value: Annotated[
        str,
        Meta(
            max_length=32,
            description="Decimal number with at most two decimal places, as text: 0.01 to 100000000.00.",
            examples=["25000.00"],
            extra_json_schema={"pattern": r"^-?[0-9]+(\.[0-9]{1,2})?$"},
        ),
    ]
    currency: Annotated[str, Meta(max_length=16, description="EUR.", extra_json_schema={"enum": ["EUR"]})]
