"""Faults on demand: how the sandbox is made slow, broken or wrong for the tests of a client."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from sandbox.account.standing import STANDING
from sandbox.objects.books import RESOURCES

FAULTY_RESOURCES = (*RESOURCES, *STANDING, "ReceiptGuidance", "Tools")
"""What a fault can be put on: the first part of the path."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=600)]
Number = Annotated[int, msgspec.Meta(ge=1)]
_SENDABLE = re.compile(r"([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?")
_SENDABLE_MEANS = "one line of ASCII without blanks at its ends: nothing else can be sent as a header"


class FaultError(ValueError):
    """A fault that could never apply: it names a firm or a resource that is not served, or contradicts itself."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong with matching requests. Every field left out stays as it should be."""

    firm: str | None = None
    """Short name of the firm, None for every firm."""
    resource: str | None = None
    """First part of the path (``Invoice``, ``Tools``), None for every one."""
    requests: tuple[Number, ...] | None = None
    """Which of the matching requests it meets, counted from 1 in the order of their arrival; None for all."""
    from_request: Number | None = None
    """It meets this matching request and all later ones."""
    times: Number | None = None
    """Requests that it meets before it wears out, None for all until it is cleared."""
    latency_s: Seconds = 0.0
    """Seconds to wait before the answer."""
    latency_up_to_s: Seconds | None = None
    """The wait is drawn anew for each request, between ``latency_s`` and this."""
    drip_s: Annotated[float, msgspec.Meta(gt=0, le=60)] | None = None
    """Seconds between pieces of the body, which has sixteen."""
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    """Answer with the error envelope under this HTTP status; 200 is an error that rides in a success."""
    is_written: bool = False
    """With a ``status``: a write is done all the same, and the answer hides it."""
    retry_after: str | int | None = None
    """Value of the ``Retry-After`` header, verbatim."""
    body: Literal["json", "html", "text", "truncated", "corrupt"] = "json"
    """An HTML page or plain text instead of JSON, only its first half, or JSON with damaged bytes in the middle."""
    content_type: str | None = None
    """Media type of the response, independent of its content."""
    connection: Literal["reset", "stalled"] | None = None
    """The connection is cut in the middle of the body, or the body stops there for ever."""
    total_error: int = 0
    """Added to ``total``."""
    row_shift: int = 0
    """Rows that appeared in front of the list since its first page (negative: vanished): later pages move by them."""
    change: Literal["insert", "change", "delete"] | None = None
    """Before the answer the books change: the newest object of the list is copied, changed or deleted."""
    is_revoked: bool = False
    """The token is refused, as if it had been regenerated."""


CATALOGUE: Mapping[str, Fault] = {
    "slow": Fault(latency_s=2),
    "unsteady": Fault(latency_s=0.05, latency_up_to_s=1),
    "slow drip": Fault(resource="Invoice", drip_s=0.2),
    "rate limited, with a time": Fault(status=429, retry_after=2, times=3),
    "rate limited, without one": Fault(status=429, times=3),
    "a 500 that is a 400": Fault(resource="Voucher", status=500),
    "bad gateway": Fault(status=502, body="html", times=2),
    "unavailable": Fault(status=503, times=2),
    "gateway timeout": Fault(status=504, times=2),
    "plain text error": Fault(status=500, body="text"),
    "error in a success": Fault(resource="Invoice", status=200),
    "HTML in a success": Fault(resource="Invoice", body="html"),
    "cut-off JSON": Fault(resource="Invoice", body="truncated"),
    "damaged JSON": Fault(resource="Invoice", body="corrupt"),
    "wrong content type": Fault(content_type="text/html"),
    "connection reset": Fault(resource="Invoice", connection="reset", times=1),
    "connection stalls": Fault(resource="Invoice", connection="stalled", times=1),
    "row inserted between pages": Fault(resource="Invoice", requests=(2,), change="insert"),
    "row changed between pages": Fault(resource="Invoice", requests=(2,), change="change"),
    "row deleted between pages": Fault(resource="Invoice", requests=(2,), change="delete"),
    "wrong total": Fault(resource="Invoice", total_error=1),
    "token revoked in mid-fetch": Fault(from_request=5, is_revoked=True),
    "write done, answer an error": Fault(resource="Voucher", status=500, is_written=True, times=1),
    "payment log missing": Fault(resource="CheckAccountTransactionLog", status=404),
}
"""What can go wrong, by name, with an example of each."""


@dataclass(slots=True)
class _InForce:
    """A fault with what is left of it."""

    fault: Fault
    left: int | None
    seen: int = 0
    """Matching requests so far."""
    rolls: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311  the same waits each time

    def meets(self, firm: str, resource: str) -> bool:
        """Whether a request meets it; counts the request where it matches."""
        fault = self.fault
        if fault.firm not in {None, firm} or fault.resource not in {None, resource}:
            return False
        self.seen += 1
        if fault.requests is not None and self.seen not in fault.requests:
            return False
        return fault.from_request is None or self.seen >= fault.from_request


class Faults:
    """The faults in force, in order: the first that meets a request is the one that it gets.

    Args:
        faults: Faults from the start.
        sleep: Waits that many seconds; injected, so that tests need not wait.
    """

    def __init__(
        self, faults: Iterable[Fault] = (), *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._in_force: list[_InForce] = []
        self.sleep = sleep
        """Waits that many seconds."""
        self.add(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Put faults behind those already in force."""
        self._in_force.extend(_InForce(fault, fault.times) for fault in faults)

    def clear(self) -> None:
        """Let everything work again."""
        self._in_force.clear()

    def in_force(self) -> list[Fault]:
        """Return the faults with the number of times that each still applies."""
        return [msgspec.structs.replace(one.fault, times=one.left) for one in self._in_force]

    def take(self, firm: str, resource: str) -> Fault | None:
        """Return the fault that a request meets, with the wait that it gets, and use it up by one."""
        # All count the request, so that a number means the same whatever else is in force.
        met = [one for one in self._in_force if one.meets(firm, resource)]
        if not met:
            return None
        one = met[0]
        if one.left is not None:
            one.left -= 1
            if one.left == 0:
                self._in_force.remove(one)
        longest = one.fault.latency_up_to_s
        if longest is None:
            return one.fault
        return msgspec.structs.replace(one.fault, latency_s=one.rolls.uniform(one.fault.latency_s, longest))

    async def wait(self, fault: Fault) -> None:
        """Wait as long as the fault says."""
        if fault.latency_s > 0:
            await self.sleep(fault.latency_s)


def check_fault(fault: Fault, firms: Collection[str]) -> None:
    """Check that a fault can apply.

    Raises:
        FaultError: An unknown firm or resource, with those that there are, fields that contradict each other, or a
            header that cannot be sent.
    """
    if fault.firm is not None and fault.firm not in firms:
        raise FaultError(f"No firm {fault.firm!r} is served; there are: {', '.join(sorted(firms)) or 'none'}.")
    if fault.resource is not None and fault.resource not in FAULTY_RESOURCES:
        raise FaultError(f"No resource {fault.resource!r} is served; there are: {', '.join(FAULTY_RESOURCES)}.")
    if fault.requests is not None and fault.from_request is not None:
        raise FaultError(
            "Give requests or from_request, not both: one lists requests, the other means all from one on."
        )
    if fault.latency_up_to_s is not None and fault.latency_up_to_s < fault.latency_s:
        raise FaultError("latency_up_to_s is the longest wait: it must not be below latency_s.")
    if fault.change is not None and fault.resource is None:
        raise FaultError("A change needs a resource whose objects change.")
    if fault.is_written and fault.status is None:
        raise FaultError("is_written needs a status under which the write is hidden.")
    if isinstance(fault.retry_after, str) and not _SENDABLE.fullmatch(fault.retry_after):
        raise FaultError(f"retry_after must be {_SENDABLE_MEANS}.")
    if fault.content_type is not None and not _SENDABLE.fullmatch(fault.content_type):
        raise FaultError(f"content_type must be {_SENDABLE_MEANS}.")
    if fault.is_revoked and (fault.status is not None or fault.change is not None):
        raise FaultError("A revoked token is refused with 401: give neither status nor change.")


def read_faults(given: Iterable[str], file: Path | None) -> list[Fault]:
    """Faults as they are given on a command line: names of the catalogue or JSON objects, and a file with a list.

    Raises:
        FaultError: A text that is neither, or a file that cannot be read; it says which.
    """
    faults = [_read(text) for text in given]
    if file is None:
        return faults
    try:
        return faults + msgspec.json.decode(file.read_bytes(), type=list[Fault])
    except OSError as error:
        raise FaultError(f"{file} cannot be read: {error.strerror}.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FaultError(f"{file} is no list of faults: {error}.") from None


def _read(text: str) -> Fault:
    if text in CATALOGUE:
        return CATALOGUE[text]
    try:
        return msgspec.json.decode(text.encode(), type=Fault)
    except msgspec.MsgspecError as error:
        raise FaultError(f"{text!r} is neither a fault that `faults` lists nor one in JSON: {error}.") from None
