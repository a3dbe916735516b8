"""What the browser keeps of an account until the firm has confirmed it."""

import base64
import os
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from unit.pages.test_consent import a_session

from scoring.base.secrets import Cipher, EncryptionKey, Secret
from scoring.usecases.found_account import FoundAccount, open_account, seal_account

AT = datetime(2026, 10, 1, 10, tzinfo=UTC)
ACCOUNT = FoundAccount(
    source="sevdesk",
    token="0123456789abcdef0123456789abcdef",
    name="Bäckerei Öztürk " + "ß" * 180,
    tax_number="133/8150/8159" * 15,
    vat_id="DE136695976" * 15,
    checked_at="2026-10-01T10:00:00.000Z",
)


def a_cipher(*keys: tuple[str, str]) -> Cipher:
    """With keys of one letter each."""
    made = [EncryptionKey(id=name, material=Secret(letter * 43 + "=")) for name, letter in keys]
    return Cipher(made, os.urandom)


CIPHER = a_cipher(("k1", "A"))


def test_it_comes_back_as_it_was_and_fits_into_a_cookie() -> None:
    """Also the longest that sevdesk may tell, and after the key was changed for a newer one."""
    sealed = seal_account(ACCOUNT, CIPHER, a_session())
    assert open_account(sealed, CIPHER, a_session(), now=AT) == ACCOUNT
    assert open_account(sealed, a_cipher(("k2", "B"), ("k1", "A")), a_session(), now=AT) == ACCOUNT
    assert len(sealed) < 3800
    assert ACCOUNT.token not in sealed
    assert f"{ACCOUNT!r} {ACCOUNT}" == "FoundAccount() FoundAccount()"


@pytest.mark.parametrize(
    ("after", "is_there"),
    [
        (timedelta(seconds=-1), False),
        (timedelta(0), True),
        (timedelta(minutes=14, seconds=59), True),
        (timedelta(minutes=15), False),
    ],
)
def test_its_time_is_a_quarter_of_an_hour(after: timedelta, *, is_there: bool) -> None:
    """And not before it began."""
    sealed = seal_account(ACCOUNT, CIPHER, a_session())
    assert (open_account(sealed, CIPHER, a_session(), now=AT + after) is not None) is is_there


def test_it_is_of_one_link_of_one_lender_under_one_key() -> None:
    """Whatever else opens nothing."""
    sealed, session = seal_account(ACCOUNT, CIPHER, a_session()), a_session()
    body, _, key = sealed.partition(".")
    wrong = (
        (sealed, CIPHER, a_session(id="cns_2")),
        (sealed, CIPHER, a_session(lender_id="other")),
        (sealed, a_cipher(("k1", "B")), session),
        (sealed, a_cipher(("k2", "A")), session),
        (f"{body[:-8]}.{key}", CIPHER, session),
        (f"{body}.k9", CIPHER, session),
        (body, CIPHER, session),
        ("", CIPHER, session),
        ("ä.k1", CIPHER, session),
        (f"{body}{'A' * 5000}.{key}", CIPHER, session),
    )
    assert [open_account(text, cipher, link, now=AT) for text, cipher, link in wrong] == [None] * len(wrong)


def test_what_another_version_wrote_is_not_taken() -> None:
    """During an upgrade the firm enters its token again."""
    plain = msgspec.json.encode({"source": "sevdesk", "token": "x"})
    sealed = CIPHER.seal(plain, lender_id="bank", purpose="found account/cns_1").sealed
    text = f"{base64.urlsafe_b64encode(sealed).decode()}.k1"
    assert open_account(text, CIPHER, a_session(), now=AT) is None
