"""Keys and signatures: what is no key is told at start, and what is no signature is no error of the service."""

import json
from pathlib import Path

import pytest
from service import SIGNING_KEYS

from scoring.base.signing import SignatureError, SigningKeys
from scoring.decisions.statements import Checkpoint, encode
from scoring.usecases.checkpoints import append_line
from scoring.usecases.verify import read_checkpoints

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


def test_a_checkpoint_after_a_torn_line_is_a_line_of_its_own(tmp_path: Path) -> None:
    """A crash in the middle of a line takes no later checkpoint with it; empty lines are nothing."""
    keys, path = SigningKeys(SIGNING_KEYS), tmp_path / "checkpoints.jws"
    line = keys.sign(encode(Checkpoint(at="2026-01-01T00:00:00.000Z", chains={})))
    path.write_text(f"{line}\n\n{line[:40]}")
    append_line(path, line)
    first, empty, torn, last = path.read_text().splitlines()
    assert (first, empty, torn, last) == (line, "", line[:40], line)
    assert len(read_checkpoints(f"{first}\n\n{last}\n", keys)) == 2
