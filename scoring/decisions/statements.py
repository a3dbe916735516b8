"""What is signed about a lender's business: numbered statements, each of which holds the digest of the one before.

A statement names no person. What it says of stored bytes is a salted digest; the salt is kept beside those bytes and
goes with them, so that a statement stays valid after an erasure and tells nothing.
"""

import hashlib
from enum import StrEnum
from typing import Final

import msgspec

SCHEMA: Final = 1
OPERATOR: Final = ""
"""In place of a lender, in statements about what is in force for all of them."""

Fact = str | int | bool | list[str] | None


class StatementKind(StrEnum):
    """What a statement is about."""

    DECISION = "decision"
    CONNECTION = "connection"
    """It was made, changed or deleted."""
    CONSENT = "consent"
    ERASURE = "erasure"
    """Of a borrower, with the decisions whose records were destroyed."""
    REMOVAL = "removal"
    """Of what reached the end of its retention."""
    LOAN = "loan"
    """Entries of a loan."""
    REVIEW = "review"
    """A step of a case."""
    NOTICE = "notice"
    """It was issued to the applicant."""
    POLICY = "policy"
    PROMOTION = "promotion"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One link of a chain."""

    schema: int = SCHEMA
    kind: StatementKind
    lender: str
    number: int
    """From 1, without gaps."""
    previous: str | None
    """SHA-256 of the signed statement before this one; null in the first."""
    at: str
    """UTC instant, ISO 8601, milliseconds."""
    object: str
    """Identifier of what it is about."""
    facts: dict[str, Fact]
    """By kind, see ``docs/statements.md``."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a chain."""

    number: int
    sha256: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The ends of all chains at one moment, to be kept outside of the database."""

    schema: int = SCHEMA
    at: str
    chains: dict[str, Head]
    """By lender."""


class StatementError(Exception):
    """A signed text holds no statement that this version knows."""


_encoder: Final = msgspec.json.Encoder(order="deterministic")
_statements: Final = msgspec.json.Decoder(Statement)
_checkpoints: Final = msgspec.json.Decoder(Checkpoint)


def encode(content: Statement | Checkpoint) -> bytes:
    """What is signed."""
    return _encoder.encode(content)


def decode(payload: bytes) -> Statement:
    """The statement in a verified payload.

    Raises:
        StatementError: it is none, or of a newer version.
    """
    try:
        return _statements.decode(payload)
    except msgspec.DecodeError:
        raise StatementError("holds no statement that this version knows") from None


def decode_checkpoint(payload: bytes) -> Checkpoint:
    """The checkpoint in a verified payload.

    Raises:
        StatementError: it is none, or of a newer version.
    """
    try:
        return _checkpoints.decode(payload)
    except msgspec.DecodeError:
        raise StatementError("holds no checkpoint that this version knows") from None


def digest_of(signed: str) -> str:
    """SHA-256 of a signed statement, in hexadecimal: what the next one holds."""
    return hashlib.sha256(signed.encode()).hexdigest()
