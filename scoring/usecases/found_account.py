"""An account that a token opened on the page of a link, until the firm says whether it is its own.

The service keeps nothing of it: the browser that entered the token has it back, encrypted, for a quarter of an hour.
"""

import base64
import binascii
import hashlib
from datetime import datetime, timedelta
from typing import Final

import msgspec
from typing_extensions import override

from scoring.base.credentials import Credential, TokenCredential
from scoring.base.secrets import Cipher, DecryptionError, Sealed, Secret
from scoring.store.connect_sessions import ConnectSession

KEPT: Final = timedelta(minutes=15)
"""For so long the firm may think about it."""
_LONGEST: Final = 4096
"""Characters; browsers keep no longer cookie."""


class FoundAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose token works. Neither ``repr`` nor ``str`` shows anything of it."""

    source: str
    token: str
    name: str | None
    """As the other two: what the account says about its holder, null where it does not say it."""
    tax_number: str | None
    vat_id: str | None
    checked_at: str
    """When the source accepted the token."""

    def credential(self) -> Credential:
        """The token, as a credential of its source."""
        return TokenCredential(source=self.source, secret=Secret(self.token))

    @override
    def __repr__(self) -> str:
        return "FoundAccount()"


def seal_account(account: FoundAccount, cipher: Cipher, session: ConnectSession) -> str:
    """The account as a text for the browser, which serves this link alone."""
    sealed = cipher.seal(msgspec.json.encode(account), lender_id=session.lender_id, purpose=_purpose(session))
    return f"{base64.urlsafe_b64encode(sealed.sealed).decode()}.{sealed.key_id}"


def open_account(text: str, cipher: Cipher, session: ConnectSession, *, now: datetime) -> FoundAccount | None:
    """The account that a browser sends back; None where it is of another link, too old, or was changed."""
    body, _, key_id = text.partition(".")
    if len(text) > _LONGEST:
        return None
    try:
        sealed = Sealed(key_id=key_id, sealed=base64.urlsafe_b64decode(body))
        plain = cipher.open(sealed, lender_id=session.lender_id, purpose=_purpose(session))
        account = msgspec.json.decode(plain, type=FoundAccount)
    except (binascii.Error, ValueError, DecryptionError):
        return None
    age = now - datetime.fromisoformat(account.checked_at)
    return account if timedelta(0) <= age < KEPT else None


def mark_of(text: str) -> str:
    """Tells an account that a browser keeps from another one, for the form of the page on which it is shown."""
    return hashlib.sha256(text.encode()).hexdigest()


def _purpose(session: ConnectSession) -> str:
    return f"found account/{session.id}"
