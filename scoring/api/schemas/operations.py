"""Wire types for operators."""

import msgspec


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """State of the service."""

    status: str
    checks: dict[str, str] = {}
