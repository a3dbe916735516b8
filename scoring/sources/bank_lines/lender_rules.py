"""A lender's own rules for bank lines, in one reviewed file per version.

What a rule says goes before the rules of the service, and is certain.
"""

import codecs
import hashlib
import re
from typing import Annotated, Literal

import msgspec
import msgspec.toml
import polars as pl
from msgspec import Meta

from features.ledger import CATEGORY
from scoring.base.toml import in_words
from scoring.sources.bank_lines.rules import DIRECTIONS, Direction

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
Cents = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
_SHORTEST_ACCOUNT = 4
MOST_RULES = 100
"""Of one lender, those for all lenders included: each is looked for in every line."""


class LenderRulesError(ValueError):
    """A file of rules does not say what it must say; the message names the rule and the key."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: no key may be missing, misspelt or of the wrong type."""


class LenderRule(_Part, frozen=True, kw_only=True):
    """One rule. All that it names must hold."""

    id: Name
    """Recorded with the facts as ``lender/<id>``."""
    category: str
    """As in ``features.ledger.CATEGORY``."""
    direction: Literal["in", "out"] | None = None
    """Money in or out; left out where it is as the category says, or does not matter to it."""
    account: Annotated[str, Meta(min_length=_SHORTEST_ACCOUNT, max_length=64)] | None = None
    """Account number of the counterparty; blanks and capitals do not matter."""
    text: Annotated[str, Meta(min_length=3, max_length=200)] | None = None
    """Regular expression, found in purpose, counterparty or booking text; capitals do not matter. Each of the three is
    a line of its own to ``^`` and ``$``."""
    amount_at_least_cents: Cents | None = None
    """Whatever the sign of the amount."""
    amount_at_most_cents: Cents | None = None
    """Whatever the sign of the amount."""

    def __post_init__(self) -> None:
        if self.category not in CATEGORY.categories:
            raise ValueError(f'rule "{self.id}": `category`: there is no "{self.category[:64]}"')
        goes = DIRECTIONS[self.category]
        if self.direction is not None and goes not in (self.direction, Direction.EITHER):
            raise ValueError(f'rule "{self.id}": `direction`: "{self.category}" is money {goes}')
        if self.account is not None and len(compact(self.account)) < _SHORTEST_ACCOUNT:
            raise ValueError(f'rule "{self.id}": `account` must have at least {_SHORTEST_ACCOUNT} letters or digits')
        if self.account is None and self.text is None:
            raise ValueError(f'rule "{self.id}": `text` or `account` must say which lines are meant')
        low, high = self.amount_at_least_cents, self.amount_at_most_cents
        if low is not None and high is not None and low > high:
            raise ValueError(f'rule "{self.id}": `amount_at_least_cents` is above `amount_at_most_cents`')
        if self.text is not None and (reason := _refused(self.text)):
            raise ValueError(f'rule "{self.id}": `text`: {reason}')

    @property
    def condition(self) -> pl.Expr:
        """Of ``amount_cents``, ``account`` and ``text`` as ``LenderRules`` has them."""
        amount = pl.col("amount_cents")
        conditions = [fits_direction(pl.lit(self.category))]
        if self.direction is not None:
            conditions.append(amount > 0 if self.direction == "in" else amount < 0)
        if self.account is not None:
            conditions.append(pl.col("account") == compact(self.account))
        if self.amount_at_least_cents is not None:
            conditions.append(amount.abs() >= self.amount_at_least_cents)
        if self.amount_at_most_cents is not None:
            conditions.append(amount.abs() <= self.amount_at_most_cents)
        if self.text is not None:
            conditions.append(pl.col("text").str.contains(f"(?im){self.text}"))
        return pl.all_horizontal(conditions).fill_null(value=False)


class _OneLender(_Part, frozen=True, kw_only=True):
    rules: tuple[LenderRule, ...]


class _File(_Part, frozen=True, kw_only=True):
    version: Annotated[str, Meta(min_length=1, max_length=64)]
    rules: tuple[LenderRule, ...] = ()
    lenders: dict[str, _OneLender] = {}

    def __post_init__(self) -> None:
        for lender in (None, *self.lenders):
            rules = _of(self, lender)
            of_whom = f"lender {lender}" if lender is not None else "all lenders"
            if len(rules) > MOST_RULES:
                raise ValueError(f"`rules` of {of_whom}: {len(rules)} rules apply, at most {MOST_RULES} may")
            seen: set[str] = set()
            for rule in rules:
                if rule.id in seen:
                    raise ValueError(f'rule "{rule.id}" of {of_whom}: each `id` may stand once')
                seen.add(rule.id)


class LenderRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that apply to the books that one lender reads, in their order."""

    version: str
    """Of the file."""
    digest: str
    """SHA-256 of the file."""
    rules: tuple[LenderRule, ...]


class RulesFile(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of all lenders."""

    content: bytes
    version: str
    digest: str
    """SHA-256 of the content."""
    lenders: dict[str, tuple[LenderRule, ...]]
    """By lender; a lender's own rules come before those for all."""
    shared: tuple[LenderRule, ...]

    def of(self, lender_id: str) -> LenderRules:
        """The rules for the books that this lender reads."""
        rules = self.lenders.get(lender_id, self.shared)
        return LenderRules(version=self.version, digest=self.digest, rules=rules)


def load_rules(content: bytes) -> RulesFile:
    """Read the rules from the bytes of their TOML file.

    Raises:
        LenderRulesError: The file is not TOML, a key is missing, unknown, of the wrong type or out of range, a pattern
            cannot be matched in linear time, or two values contradict each other. The message names rule and key.
    """
    try:
        file = msgspec.toml.decode(content.removeprefix(codecs.BOM_UTF8), type=_File, strict=True)
    except UnicodeDecodeError as error:
        raise LenderRulesError(f"rules are not UTF-8 text: {error.reason} at byte {error.start}") from error
    except msgspec.ValidationError as error:
        raise LenderRulesError(f"rules do not hold: {in_words(error)}") from error
    except msgspec.DecodeError as error:
        raise LenderRulesError(f"rules are not valid TOML: {error}") from error
    except RecursionError as error:
        raise LenderRulesError("rules are not valid TOML: values are nested too deeply") from error
    return RulesFile(
        content=content,
        version=file.version,
        digest=hashlib.sha256(content).hexdigest(),
        lenders={lender: _of(file, lender) for lender in file.lenders},
        shared=file.rules,
    )


_IN = [category for category, goes in DIRECTIONS.items() if goes is Direction.IN]
_OUT = [category for category, goes in DIRECTIONS.items() if goes is Direction.OUT]


def fits_direction(category: pl.Expr) -> pl.Expr:
    """Whether the money of a line goes the way of a category: what is paid is no receipt. Zero fits all."""
    amount, name = pl.col("amount_cents"), category.cast(pl.String)
    return ~((amount > 0) & name.is_in(_OUT) | (amount < 0) & name.is_in(_IN))


def compact(account: str) -> str:
    """An account number without blanks, in capitals."""
    return re.sub(r"\s", "", account).upper()


def _of(file: _File, lender: str | None) -> tuple[LenderRule, ...]:
    return (*(file.lenders[lender].rules if lender is not None else ()), *file.rules)


_UNRELATED = ("qqqqqqqqqqqqqqq qqqqqqqqqqqqqqq", "zzzzzzzzzzzzzzz zzzzzzzzzzzzzzz")
"""Texts that only a pattern for any words has in common."""
_NOT_LINEAR = {"look-around": "look-ahead and look-behind", "backreferences": "references to a group"}


def _refused(pattern: str) -> str | None:
    """Why a pattern cannot be used; None where it can."""
    try:
        matches = pl.Series(["", *_UNRELATED]).str.contains(f"(?im){pattern}")
    except pl.exceptions.ComputeError as error:
        for sign, what in _NOT_LINEAR.items():
            if sign in str(error):
                return f"{what} cannot be matched in linear time"
        if "size limit" in str(error):
            return "the pattern is too large: repeat less"
        return "this is not a regular expression"
    return "the pattern matches every text" if matches[0] or matches[1:].all() else None
