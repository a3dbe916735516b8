"""Secrets that do not show themselves, and what a source says of credentials before it is asked."""

import pickle

import pytest

from scoring.base.credentials import TokenCredential
from scoring.base.secrets import Secret
from scoring.sources.contact_books import ContactKind, read_contacts
from scoring.sources.errors import InvalidRequestError
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.adapter import SevdeskSource
from scoring.sources.writers import open_writer

TEXT = "0123456789abcdef0123456789abcdef"


def test_a_secret_never_shows_itself() -> None:
    """Neither repr nor str nor a format shows it, also within a credential, and pickling it is refused."""
    secret = Secret(TEXT)
    credential = TokenCredential(source="sevdesk", secret=secret)
    assert TEXT not in f"{secret} {secret!r} {[secret]} {credential} {credential!r}"
    assert secret.reveal() == TEXT
    for shown in (secret, credential):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(shown)


def test_secrets_are_compared_by_their_text() -> None:
    """Two secrets of the same text are equal."""
    assert Secret(TEXT) == Secret(TEXT)
    assert hash(Secret(TEXT)) == hash(Secret(TEXT))
    assert Secret(TEXT) != Secret("f" * 32)


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        (TEXT, True),
        (TEXT.upper(), True),
        (TEXT[:-1], False),
        (TEXT + "0", False),
        (TEXT[:-1] + "g", False),
        (f"{TEXT}\n", False),
        ("", False),
    ],
)
def test_tokens_of_sevdesk_are_32_hexadecimal_digits(text: str, is_good: bool) -> None:  # noqa: FBT001  a case
    """In either case of letters, and nothing else."""
    source = SevdeskSource(HttpClient(), "https://sevdesk.example/api/v1")
    fault = source.find_fault(TokenCredential(source="sevdesk", secret=Secret(text)))
    assert (fault is None) is is_good
    assert fault is None or not text or text not in fault


async def test_a_secret_is_sent_to_no_other_source() -> None:
    """Names of contacts and writing are there for sevdesk alone: the secret of another source is not tried on it."""
    other = TokenCredential(source="other", secret=Secret(TEXT))
    address = "https://sevdesk.example/api/v1"
    with pytest.raises(InvalidRequestError, match="not from other"):
        await read_contacts(HttpClient(), other, ContactKind.ALL, sevdesk_url=address, since=None, deadline_seconds=1.0)
    with pytest.raises(InvalidRequestError, match="not at other"):
        open_writer(HttpClient(), other, sevdesk_url=address, deadline_seconds=1.0)
