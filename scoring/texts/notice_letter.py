"""A notice before it is printed: what it is made of, its parts, and how texts and numbers are said in one language."""

import re
from datetime import date
from typing import Final

import msgspec

from features.feature import Text, Unit
from scoring.decisions.changes import Change
from scoring.decisions.decision import Decision
from scoring.decisions.notices import Sender, Standing
from scoring.decisions.words import Words
from scoring.texts.rendering import format_value, say_day

_MINUS: Final = re.compile(r"^-(?=[\d€])")
_KEPT_TOGETHER: Final = re.compile(r"(?<=\d) (?=%|€|Punkte\b|points\b|Tage?n?\b|days?\b|Monate?n?\b|months?\b)")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One factor."""

    label: str
    meaning: str
    value: str
    typical: str
    effect: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading and what stands below it."""

    title: str
    text: str = ""
    items: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    note: str = ""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in one language, as it is printed."""

    language: str
    title: str
    sender: str
    sender_address: str
    references: tuple[tuple[str, str], ...]
    sample: str | None
    """What is printed across the top where the data are invented."""
    greeting: str
    lead: str
    sections: tuple[Section, ...]
    closing: str
    contact: str
    """Below the sender, who has signed: how to reach a person."""
    receipt: str
    """In small print: what names the model, the policy and this letter."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a notice is made of."""

    notice_id: str
    issued_on: date
    borrower_ref: str
    applicant: str | None
    """Its name, as the application states it."""
    decision: Decision
    words: Words
    standing: Standing
    changes: tuple[Change, ...] | None
    """None where the books are gone."""
    sender: Sender
    statement: int | None
    """Number of the signed statement of the decision."""
    kept_until: date
    """The day after which the decision may be deleted."""


class Voice:
    """Says texts and numbers in one language."""

    def __init__(self, language: str) -> None:
        self.language = "en" if language == "en" else "de"

    def __call__(self, text: Text, **filling: str) -> str:
        """A text with its gaps filled; numbers and their units stay on one line."""
        found: str = getattr(text, self.language)
        found = found.format_map(filling) if filling else found
        return _KEPT_TOGETHER.sub("\N{NO-BREAK SPACE}", found)

    def figure(self, figure: Text) -> str:
        """A value, with a real minus sign."""
        return _MINUS.sub("\N{MINUS SIGN}", self(figure))

    def day(self, day: date) -> str:
        """A day."""
        return self(say_day(day))

    def money(self, cents: int) -> str:
        """An amount in euro."""
        return self(format_value(float(cents), Unit.CENTS))

    def count(self, count: int, nouns: tuple[Text, Text]) -> str:
        """A number of things.

        Args:
            count: how many.
            nouns: one of them, and more.
        """
        return self(format_value(float(count), Unit.COUNT, nouns=nouns))

    def months(self, months: int) -> str:
        """A number of months, not behind a preposition."""
        return self(format_value(float(months), Unit.MONTHS))
