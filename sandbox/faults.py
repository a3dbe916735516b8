"""Faults on demand: how the sandbox is made slow, broken or wrong for the tests of a client."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Annotated, Literal

import msgspec

from sandbox.books import RESOURCES

_HTML = b"<!DOCTYPE html><html><head><title>sevdesk</title></head><body><h1>Bad Gateway</h1></body></html>"
_TEXT = b"Internal Server Error"

FAULTY_RESOURCES = (*RESOURCES, "Tools")
"""What a fault can be put on: the first part of the path."""


class FaultError(ValueError):
    """A fault that could never apply: it names a firm or a resource that is not served."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong with matching requests. Every field left out stays as it should be."""

    firm: str | None = None
    """Short name of the firm, None for every firm."""
    resource: str | None = None
    """First part of the path (``Invoice``, ``Tools``), None for every one."""
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Requests that it meets before it wears out, None for all until it is cleared."""
    latency_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 0.0
    """Seconds to wait before the answer."""
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    """Answer with the error envelope under this HTTP status; 200 is an error that rides in a success."""
    retry_after: str | int | None = None
    """Value of the ``Retry-After`` header, verbatim."""
    body: Literal["json", "html", "text", "truncated"] = "json"
    """Send an HTML page or plain text instead of JSON, or only the first half of the JSON."""
    total_error: int = 0
    """Added to ``total``."""
    row_shift: int = 0
    """Rows that appeared in front of the list since its first page (negative: vanished): later pages move by them."""


class Faults:
    """The faults in force, in order: the first that matches a request is the one that it meets.

    Args:
        faults: Faults from the start.
        sleep: Waits that many seconds; injected, so that tests need not wait.
    """

    def __init__(
        self, faults: Iterable[Fault] = (), *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._left: list[tuple[Fault, int | None]] = []
        self._sleep = sleep
        self.add(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Put faults behind those already in force."""
        self._left.extend((fault, fault.times) for fault in faults)

    def clear(self) -> None:
        """Let everything work again."""
        self._left.clear()

    def in_force(self) -> list[Fault]:
        """Return the faults with the number of times that each still applies."""
        return [msgspec.structs.replace(fault, times=times) for fault, times in self._left]

    def take(self, firm: str, resource: str) -> Fault | None:
        """Return the fault that a request meets, and use it up by one."""
        for position, (fault, times) in enumerate(self._left):
            if fault.firm in {None, firm} and fault.resource in {None, resource}:
                if times == 1:
                    del self._left[position]
                elif times is not None:
                    self._left[position] = (fault, times - 1)
                return fault
        return None

    async def wait(self, fault: Fault) -> None:
        """Wait as long as the fault says."""
        if fault.latency_s > 0:
            await self._sleep(fault.latency_s)


def check_fault(fault: Fault, firms: Collection[str]) -> None:
    """Check that a fault can apply.

    Raises:
        FaultError: An unknown firm or resource, with those that there are.
    """
    if fault.firm is not None and fault.firm not in firms:
        raise FaultError(f"No firm {fault.firm!r} is served; there are: {', '.join(sorted(firms)) or 'none'}.")
    if fault.resource is not None and fault.resource not in FAULTY_RESOURCES:
        raise FaultError(f"No resource {fault.resource!r} is served; there are: {', '.join(FAULTY_RESOURCES)}.")


def spoil(body: bytes, fault: Fault) -> tuple[bytes, str]:
    """Return the body that goes out, and its media type (to which the charset of texts is added)."""
    match fault.body:
        case "html":
            return _HTML, "text/html"
        case "text":
            return _TEXT, "text/plain"
        case "truncated":
            return body[: len(body) // 2], "application/json"
        case "json":
            return body, "application/json"
