"""Credentials for reading a firm's books. Their secrets never appear in output."""

from typing import TypeAlias

import msgspec

from scoring.base.secrets import Secret


class TokenCredential(msgspec.Struct, frozen=True, kw_only=True, tag="token"):
    """An API token for one account; ``repr`` and errors never contain it."""

    source: str
    """Name of the bookkeeping system, such as ``sevdesk``."""
    secret: Secret


Credential: TypeAlias = TokenCredential
"""All kinds of credential, distinguished by their tag. Each source defines which kind it accepts."""
