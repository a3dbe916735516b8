"""What a firm gives so that its books can be read: a secret that never shows itself."""

from typing import TypeAlias

import msgspec

from scoring.base.secrets import Secret


class TokenCredential(msgspec.Struct, frozen=True, kw_only=True, tag="token"):
    """A token of one account; neither ``repr`` nor an error shows it."""

    source: str
    """Name of the source of books that it opens, such as ``sevdesk``."""
    secret: Secret


Credential: TypeAlias = TokenCredential
"""Every kind of credential, told apart by its tag; each source says which kind it takes."""
