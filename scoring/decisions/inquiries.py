"""What an applicant is asked for with a link, and what it answers: words, which stand beside the steps of a case."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec

MOST_ITEMS: Final = 10
"""Of one inquiry."""
MOST_NUMBERS: Final = 20
"""Documents that one item may name."""
LONGEST_TEXT: Final = 2000
"""Of an item and of an answer, in characters."""
LONGEST_NUMBER: Final = 64
"""Of a document's number, in characters."""


class ItemKind(StrEnum):
    """What is asked for. The codes are stored: they may be added to, and never change their meaning."""

    EXPLANATION = "explanation"
    CORRECTED_BOOKING = "corrected_booking"
    """The applicant corrects documents in its books itself; nothing is written from here."""
    DOCUMENT = "document"
    NEW_CONNECTION = "new_connection"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is asked for."""

    kind: ItemKind
    text: str
    """In the words of who asks."""
    document_numbers: tuple[str, ...] = ()
    """Of documents in the books, as the firm numbers them."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the applicant answers to one item."""

    text: str = ""
    files: tuple[str, ...] = ()
    """Names of the documents that it sent."""
    is_connected: bool = False
    """It connected its account with the link."""


class NothingAnsweredError(Exception):
    """An item has no answer; ``number`` says which, from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(f"item {number} has no answer")
        self.number = number


def demand_answers(items: Sequence[Item], answers: Sequence[Answer]) -> None:
    """Refuse answers that leave an item out. A firm that cannot give what was asked for says so in a text.

    Raises:
        NothingAnsweredError: the first item without an answer.
    """
    for number, (item, answer) in enumerate(zip(items, answers, strict=True), start=1):
        if not (answer.text or answer.files or (answer.is_connected and item.kind is ItemKind.NEW_CONNECTION)):
            raise NothingAnsweredError(number)


_items: Final = msgspec.json.Decoder(tuple[Item, ...])


def encode_items(items: Sequence[Item]) -> str:
    """As they are encrypted."""
    return msgspec.json.encode(items).decode()


def decode_items(stored: str) -> tuple[Item, ...]:
    """What ``encode_items`` wrote.

    Raises:
        msgspec.DecodeError: it is something else.
    """
    return _items.decode(stored)


def plain_items(items: Sequence[Item]) -> str:
    """What was asked, as a text for whoever reads the case."""
    return "\n".join(
        f"{number}. {item.text}" + (f" ({', '.join(item.document_numbers)})" if item.document_numbers else "")
        for number, item in enumerate(items, start=1)
    )


def plain_answers(answers: Sequence[Answer]) -> str:
    """What was answered, as a text for whoever reads the case."""
    return "\n".join(_plain(number, answer) for number, answer in enumerate(answers, start=1))


def _plain(number: int, answer: Answer) -> str:
    def parts() -> Iterator[str]:
        if answer.text:
            yield answer.text
        if answer.files:
            yield f"[{', '.join(answer.files)}]"
        if answer.is_connected:
            yield "[sevdesk]"

    return f"{number}. {' '.join(parts())}"
