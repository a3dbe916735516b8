"""One firm's account, as sevdesk would serve it: resource name to objects with the API's own keys and JSON types."""

from dataclasses import dataclass, field
from typing import Any

RESOURCES = (
    "Invoice",
    "InvoicePos",
    "CreditNote",
    "CreditNotePos",
    "Voucher",
    "VoucherPos",
    "Contact",
    "CheckAccount",
    "CheckAccountTransaction",
    "CheckAccountTransactionLog",
    "SevClient",
    "StaticCountry",
)
"""Every list resource that an account holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The complete content of one account."""

    firm: str
    """Short name, used on command lines and as folder name: ``healthy-agency``."""
    name: str
    token: str = field(repr=False)
    """32 lower-case hexadecimal digits, as in the Authorization header."""
    version: str = "2.0"
    """bookkeepingSystemVersion."""
    is_revoked: bool = False
    """The token was regenerated: every call answers 401."""
    objects: dict[str, list[dict[str, Any]]]
    """Resource to objects, newest document first, as the real lists look."""
