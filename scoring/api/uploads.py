"""Bodies with documents: read piece by piece, with a bound of their own."""

import re
from typing import Any, Final

from litestar import Request
from litestar.exceptions import ClientException

from scoring.usecases.inspection import FILE_BYTES

PAGE_BYTES: Final = 26 * 1024 * 1024
"""Largest form of an applicant's page, with all its documents."""
PORTFOLIO_BYTES: Final = 32 * 1024 * 1024
"""Largest file of applications."""
_ROUTES: Final = (
    (re.compile(rb"/v1/cases/[^/?]+/documents/?(\?.*)?"), FILE_BYTES),
    (re.compile(rb"/v1/portfolios/?(\?.*)?"), PORTFOLIO_BYTES),
    (re.compile(rb"/answer/[^/?]+/?(\?.*)?"), PAGE_BYTES),
)


def body_bytes_of(method: bytes, target: bytes) -> int | None:
    """The largest body of a request that may carry documents, by its address; None for every other request."""
    if method != b"POST":
        return None
    return next((most for address, most in _ROUTES if address.fullmatch(target)), None)


async def read_bounded(request: Request[Any, Any, Any], most: int) -> bytes:
    """A body of at most so many bytes.

    Raises:
        ClientException: it has more, status 413.
    """
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > most:
            raise ClientException(status_code=413)
    return bytes(found)
