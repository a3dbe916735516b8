"""Records of every schema to the decision of today, and today's decision to the facts that an older schema knows.

A change to what a record stores takes four steps: keep the structs of the schema that is in force under
``schema_<number>``, raise ``decision.SCHEMA``, give the kept schema a decoder here, and pin the new structure with the
test of record schemas.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from scoring.decisions import schema_1, schema_2, schema_3, schema_4, schema_5
from scoring.decisions.decision import SCHEMA, Decision
from scoring.decisions.words import Words


class RecordError(Exception):
    """Bytes that are no record of a decision."""


class NewerRecordError(Exception):
    """A record of a schema that a newer version of the service wrote."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a record holds."""

    decision: Decision
    words: Words | None
    """The sentences that a record of schema 1 holds; null where they are rendered from the facts."""
    purpose: str | None = None
    """Of the loan, in the words of a record before schema 4; later ones are kept apart."""


class _Numbered(msgspec.Struct):
    schema: int


_numbered: Final = msgspec.json.Decoder(_Numbered)
_decoder: Final = msgspec.json.Decoder(Decision)
_encoder: Final = msgspec.json.Encoder(order="deterministic")


def _decode_1(content: bytes) -> Recorded:
    decision, words = schema_1.decode(content)
    return Recorded(decision=decision, words=words, purpose=schema_3.purpose_of(content))


def _decode_3(content: bytes) -> Recorded:
    # What schema 3 added to schema 2 has defaults, and today's decision leaves the purpose out.
    return Recorded(decision=_decoder.decode(content), words=None, purpose=schema_3.purpose_of(content))


def _decode_6(content: bytes) -> Recorded:
    # What schemas 5 and 6 added to schema 4 has defaults.
    return Recorded(decision=_decoder.decode(content), words=None)


_DECODERS: Final[Mapping[int, Callable[[bytes], Recorded]]] = MappingProxyType(
    {1: _decode_1, 2: _decode_3, 3: _decode_3, 4: _decode_6, 5: _decode_6, 6: _decode_6}
)
_FACTS: Final[Mapping[int, type[msgspec.Struct]]] = MappingProxyType(
    {
        1: schema_1.DecisionV1,
        2: schema_2.DecisionV2,
        3: schema_3.DecisionV3,
        4: schema_4.DecisionV4,
        5: schema_5.DecisionV5,
        6: Decision,
    }
)


def schema_of(content: bytes) -> int:
    """The schema that a record names, whether or not this version knows it.

    Raises:
        RecordError: the bytes are no record.
    """
    try:
        return _numbered.decode(content).schema
    except msgspec.DecodeError as error:
        raise RecordError("is no decision") from error


def decode(content: bytes) -> Recorded:
    """What a record says, whatever its schema.

    Raises:
        RecordError: the bytes are no record.
        NewerRecordError: a newer version of the service wrote them.
    """
    try:
        schema = _numbered.decode(content).schema
        if schema > SCHEMA:
            raise NewerRecordError(f"was written with record schema {schema}; this version reads up to {SCHEMA}")
        if schema not in _DECODERS:
            raise RecordError(f"has the unknown record schema {schema}")
        return _DECODERS[schema](content)
    except msgspec.DecodeError as error:
        raise RecordError("is no decision") from error


def encode(decision: Decision) -> bytes:
    """The canonical bytes of a decision of today's schema."""
    return _encoder.encode(decision)


def facts(decision: Decision, schema: int) -> Any:  # noqa: ANN401  any JSON
    """Every fact of a decision that records of a schema know, as plain JSON values: what a replay compares."""
    plain = schema_1.plain(decision) if schema == 1 else msgspec.to_builtins(decision)
    known = msgspec.convert(plain, _FACTS[schema])
    return msgspec.json.decode(_encoder.encode(known))
