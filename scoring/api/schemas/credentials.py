"""What opens an account at a source."""

from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.sources.registry import NAMES

TokenText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=256,
        description="Short form of a credential for sevdesk: an API token, 32 hexadecimal digits. Never stored with an"
        " application, never returned.",
        extra_json_schema={"format": "password", "pattern": "^[0-9a-fA-F]{32}$"},
    ),
]


class CredentialRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Access to an account in a bookkeeping system."""

    source: Annotated[
        str,
        Meta(
            max_length=32,
            description="The bookkeeping system.",
            examples=list(NAMES),
            extra_json_schema={"enum": list(NAMES)},
        ),
    ]
    secret: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=4096,
            description="As the bookkeeping system issues it; for sevdesk an API token, 32 hexadecimal digits. Never"
            " stored with an application, never returned.",
            extra_json_schema={"format": "password"},
        ),
    ]
