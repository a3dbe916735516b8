"""Keys and signatures: what is no key is told at start, and what is no signature is no error of the service."""

import json

import pytest
from service import SIGNING_KEYS

from scoring.base.signing import SignatureError, SigningKeys

KEY = json.loads(SIGNING_KEYS)["keys"][0]


@pytest.mark.parametrize("said", [{"alg": "EdDSA"}, {"alg": "Ed25519", "use": "sig"}, {"key_ops": ["sign"]}])
def test_keys_of_other_tools_sign_and_verify(said: dict[str, object]) -> None:
    """Those tools say what the key is for, by the older name of the algorithm or for one of both uses."""
    keys = SigningKeys(json.dumps({"keys": [KEY | said]}))
    assert keys.verify(keys.sign(b"{}")) == b"{}"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"keys": [KEY | {"alg": "RS256"}]}),
        json.dumps({"keys": [KEY | {"use": "enc"}]}),
        json.dumps({"keys": ["-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----", KEY]}),
        json.dumps({"keys": "abc"}),
        "[" * 100_000,
        "\0",
    ],
)
def test_what_is_no_key_is_told_before_it_signs(text: str) -> None:
    """By a sentence without the key."""
    with pytest.raises(ValueError, match="key") as caught:
        SigningKeys(text)
    assert KEY["d"] not in str(caught.value)


@pytest.mark.parametrize("token", ["", "..", "." * 100_000, "\ud800.e30.e30", "A" * 1_000_000, "bnVsbA.e30.e30"])
def test_what_is_no_signed_statement_is_told(token: str) -> None:
    """Whatever it is."""
    with pytest.raises(SignatureError):
        SigningKeys(SIGNING_KEYS).verify(token)
