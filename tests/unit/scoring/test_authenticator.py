"""Codes of the app, against the numbers that RFC 6238 prints (appendix B, SHA-1; the last six of its eight digits)."""

import base64
import os
from datetime import UTC, datetime

import pytest
from authenticator import code_at
from service import KEY_MATERIAL

from scoring.base.secrets import Cipher, EncryptionKey, Secret
from scoring.store.audit import Trail
from scoring.store.database import Database
from scoring.usecases.second_factor import SecondFactors

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """In the service, and in the app that other tests use."""
    moment = datetime.fromtimestamp(seconds, UTC)
    database = Database(Secret("sqlite:///unused"))
    factors = SecondFactors(
        database=database,
        cipher=Cipher([EncryptionKey(id="k1", material=Secret(KEY_MATERIAL))], os.urandom),
        clock=lambda: moment,
        outside=lambda: moment,
        randomness=os.urandom,
        trail=Trail(database=database, clock=lambda: moment, randomness=os.urandom),
        demanded_of=frozenset(),
    )
    assert code_at(base64.b32encode(RFC_SECRET).decode(), moment) == code
    assert factors._step_of(RFC_SECRET, code) == seconds // 30
    assert factors._step_of(RFC_SECRET, f"{(int(code) + 1) % 1_000_000:06d}") is None
