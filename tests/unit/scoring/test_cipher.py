"""Encryption at rest."""

import base64
import os

import pytest

from scoring.base.secrets import Cipher, DecryptionError, EncryptionKey, Sealed, Secret


def key(identifier: str) -> EncryptionKey:
    """A fresh key."""
    return EncryptionKey(id=identifier, material=Secret(base64.b64encode(os.urandom(32)).decode()))


OLD, NEW = key("old"), key("new")


def test_what_was_sealed_opens_again() -> None:
    """For the same lender and purpose; the bytes say nothing."""
    cipher = Cipher([NEW], os.urandom)
    sealed = cipher.seal(b"0123456789abcdef", lender_id="bank", purpose="sevdesk token/con_1")
    assert cipher.open(sealed, lender_id="bank", purpose="sevdesk token/con_1") == b"0123456789abcdef"
    assert b"0123456789abcdef" not in sealed.sealed


@pytest.mark.parametrize(("lender", "purpose"), [("other", "token/1"), ("bank", "token/2"), ("bank", "snapshot/1")])
def test_another_row_does_not_open(lender: str, purpose: str) -> None:
    """Bytes that were moved to another lender or another row are refused."""
    cipher = Cipher([NEW], os.urandom)
    sealed = cipher.seal(b"secret", lender_id="bank", purpose="token/1")
    with pytest.raises(DecryptionError):
        cipher.open(sealed, lender_id=lender, purpose=purpose)


@pytest.mark.parametrize("position", [0, 12, -1])
def test_a_changed_bit_is_noticed(position: int) -> None:
    """In the nonce, the ciphertext and the tag."""
    cipher = Cipher([NEW], os.urandom)
    sealed = bytearray(cipher.seal(b"secret", lender_id="bank", purpose="token/1").sealed)
    sealed[position] ^= 1
    with pytest.raises(DecryptionError):
        cipher.open(Sealed(key_id="new", sealed=bytes(sealed)), lender_id="bank", purpose="token/1")


def test_cut_off_bytes_are_refused() -> None:
    """Shorter than a nonce."""
    with pytest.raises(DecryptionError):
        Cipher([NEW], os.urandom).open(Sealed(key_id="new", sealed=b"abc"), lender_id="bank", purpose="token/1")


def test_an_older_key_still_opens_after_rotation() -> None:
    """The newest key seals, every configured key opens, a removed one is asked for by name."""
    sealed = Cipher([OLD], os.urandom).seal(b"secret", lender_id="bank", purpose="token/1")
    rotated = Cipher([NEW, OLD], os.urandom)
    assert rotated.open(sealed, lender_id="bank", purpose="token/1") == b"secret"
    assert rotated.seal(b"x", lender_id="bank", purpose="token/1").key_id == "new"
    with pytest.raises(DecryptionError, match="'old' is not configured"):
        Cipher([NEW], os.urandom).open(sealed, lender_id="bank", purpose="token/1")
