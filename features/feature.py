"""What a feature is: one declaration from which value, documentation, constraint, reason and fetch plan follow."""

from enum import IntEnum, StrEnum
from typing import Any

import msgspec
import polars as pl

from features.ledger import BANK_DATA, Resource


class Group(StrEnum):
    """What a feature is about, and the first word of its name; one module or several define a group."""

    RECEIVABLES = "receivables"
    CUSTOMERS = "customers"
    REVENUE = "revenue"
    PAYABLES = "payables"
    LIQUIDITY = "liquidity"
    TRUST = "trust"


class Unit(StrEnum):
    """The unit of a value; decides how it is printed."""

    DAYS = "days"
    DAYS_PER_MONTH = "days_per_month"
    SHARE = "share"
    RATIO = "ratio"
    COUNT = "count"
    MONTHS = "months"
    CENTS = "cents"
    LOG_EURO = "log_euro"
    SCORE = "score"


class Risk(IntEnum):
    """What a higher value does to the probability of default; the monotone constraint of every model."""

    RAISES = 1
    LOWERS = -1
    OPEN = 0


class Actionable(StrEnum):
    """Whether the firm can change the value."""

    NOW = "now"
    WITH_TIME = "with_time"
    NEVER = "never"


class Missing(StrEnum):
    """Why a feature has no value."""

    NOT_FETCHED = "not_fetched"
    """The resource was not requested. This is not a missing value: training refuses it, and serving requests it."""
    TOO_LITTLE_HISTORY = "too_little_history"
    TOO_FEW_DOCUMENTS = "too_few_documents"
    BALANCE_LEVEL_UNVERIFIED = "balance_level_unverified"
    UNDEFINED = "undefined"
    """The formula has no value, for example because its denominator is 0 or less."""
    NOT_RECONSTRUCTABLE = "not_reconstructable"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """One text in the two languages of the service."""

    de: str
    en: str


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """A condition on measures; where it does not hold, the feature is missing with the cause."""

    holds: pl.Expr
    cause: Missing
    text: str = ""
    """The condition in words, for the reference."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The documents or bank lines behind a value: rows of one view that meet a condition, the heaviest first."""

    view: str
    """Name of the view (``features.views.View``) whose rows are selected."""
    where: pl.Expr
    weight: pl.Expr
    """Integer; the greater, the more a row explains the value."""


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature of a borrower on a day. A released definition never changes: a change is a new name."""

    name: str
    """``<group>_<measure>[_<window>][_<unit>]``."""
    group: Group
    unit: Unit
    label: Text
    """A short noun phrase, for tables and plots."""
    meaning: Text
    """One complete sentence for a reader without training."""
    risk: Risk
    actionable: Actionable
    resources: frozenset[Resource]
    history_months: int
    """Months of history the value looks at; the fetch plan asks for no more."""
    precision: int
    """Decimals kept; values are rounded before binning, so that the last bit of a float decides nothing."""
    measures: tuple[str, ...]
    """Names of the measures and terms that ``expression`` and ``needs`` read."""
    expression: pl.Expr
    """Elementwise over measures; null where undefined."""
    denominator: pl.Expr | None = None
    """What the expression is divided by, where that is above 0; else the value is undefined."""
    needs: tuple[Need, ...]
    """Checked in order; the first that fails names the cause."""
    source: str
    """Identifier or citation of the definition."""
    reconstructable: bool = True
    """False when the value reads fields that sevdesk edits in place."""
    fallback: frozenset[Resource] = frozenset()
    """Those of ``resources`` that may be absent: the value then rests on the others (payments on the documents' own
    fields), instead of being ``not_fetched``."""
    evidence: tuple[Selection, ...] = ()
    """The documents behind the value; empty when no single document explains it."""
    catalogue: int = 1
    """The catalogue that it belongs to: which facts its measures are taken of."""

    def again(self, catalogue: int, **changes: Any) -> "Feature":  # noqa: ANN401  of any field
        """This feature in a later catalogue: with ``_v<catalogue>`` behind its name, over the facts of that one.

        Args:
            catalogue: 2 or later.
            changes: fields that differ beside.
        """
        given = {
            "name": f"{self.name}_v{catalogue}",
            "resources": self.resources | {Resource.RECOGNITION},
            "catalogue": catalogue,
        }
        return msgspec.structs.replace(self, **given | changes)

    @property
    def is_bank_data(self) -> bool:
        """Whether the value depends on bank accounts, their lines or their log."""
        return bool(self.resources & BANK_DATA)

    @property
    def needs_bank_data(self) -> bool:
        """Whether there is no value without bank data; else the documents' own fields say what was paid, and when."""
        return bool((self.resources - self.fallback) & BANK_DATA)

    @property
    def bank_data_told(self) -> str:
        """Whether it rests on bank data, for tables."""
        if self.needs_bank_data:
            return "yes"
        return "if read, else the documents' own payments" if self.is_bank_data else "no"
