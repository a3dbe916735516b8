"""Every fault on every resource, alone and in company: the whole books or the right error, never a wrong ledger.

The unchanged books are read once. Every fault must meet a request, or its test fails. ``make test-deep`` tries
thousands of combinations.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date
from functools import cache

import polars as pl
import pytest
import uvicorn

from features.ledger import Ledger, Resource
from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from sandbox.server.app import create_app
from sandbox.server.faults import Fault, Faults
from scoring.base.secrets import Secret
from scoring.sources.errors import (
    CredentialRejectedError,
    DeadlineExceededError,
    InconsistentAnswerError,
    InvalidRequestError,
    RateLimitedError,
    SourceError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.retry import RetryPolicy

TODAY = date(2026, 11, 26)
RESOURCES = (
    "Invoice", "CreditNote", "Voucher", "CheckAccount", "CheckAccountTransaction", "CheckAccountTransactionLog",
)  # fmt: skip
LOG = "CheckAccountTransactionLog"
ONE_PAGE = {"CreditNote", "Voucher"}
"""Of this firm; what goes wrong from the second request on cannot happen to them."""
LOG_REFUSED = Fault(resource=LOG, status=404)
LIMITS = RequestLimits(
    deadline_seconds=30.0,
    request_seconds=2.0,
    retry=RetryPolicy(attempts=4, first_wait=0.002, longest_wait=0.01, longest_retry_after=0.1),
)
COMBINATIONS = 3_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 40

Errors = tuple[type[SourceError], ...]
KINDS: dict[str, tuple[Fault, Errors]] = {
    "slow": (Fault(latency_s=0.05), ()),
    "unsteady": (Fault(latency_s=0.0, latency_up_to_s=0.1), ()),
    "drip": (Fault(drip_s=0.005), ()),
    "limited for a moment": (Fault(status=429, times=2), ()),
    "limited with a time": (Fault(status=429, retry_after=0, times=2), ()),
    "limited": (Fault(status=429), (RateLimitedError,)),
    "limited for long": (Fault(status=429, retry_after=60), (RateLimitedError,)),
    "500 that is a 400": (Fault(status=500), (InvalidRequestError,)),
    "400": (Fault(status=400), (InvalidRequestError,)),
    "502 for a moment": (Fault(status=502, body="html", times=2), ()),
    "503": (Fault(status=503), (SourceUnavailableError,)),
    "504 for a moment": (Fault(status=504, times=1), ()),
    "plain text error": (Fault(status=500, body="text"), (SourceUnavailableError,)),
    "404": (Fault(status=404), (InvalidRequestError,)),
    "403": (Fault(status=403), (CredentialRejectedError,)),
    "error in a success": (Fault(status=200), (InvalidRequestError,)),
    "HTML in a success": (Fault(body="html"), (UnexpectedAnswerError,)),
    "cut-off JSON": (Fault(body="truncated"), (UnexpectedAnswerError,)),
    "damaged JSON": (Fault(body="corrupt"), (UnexpectedAnswerError,)),
    "damaged second page": (Fault(body="corrupt", requests=(2,)), (UnexpectedAnswerError,)),
    "wrong content type": (Fault(content_type="text/html"), ()),
    "reset for a moment": (Fault(connection="reset", times=2), ()),
    "reset": (Fault(connection="reset"), (SourceUnavailableError,)),
    "stalls for a moment": (Fault(connection="stalled", times=1), ()),
    "inserted": (Fault(change="insert", requests=(2,)), (InconsistentAnswerError,)),
    "changed": (Fault(change="change", requests=(2,)), (InconsistentAnswerError,)),
    "deleted": (Fault(change="delete", requests=(2,)), (InconsistentAnswerError,)),
    "wrong total": (Fault(total_error=1), (InconsistentAnswerError,)),
    "wrong total once": (Fault(total_error=-1, times=1), ()),
    "rows shift": (Fault(row_shift=1), (InconsistentAnswerError,)),
    "rows shift once": (Fault(row_shift=-1, times=1), ()),
    "revoked": (Fault(is_revoked=True, from_request=2), (CredentialRejectedError,)),
}
"""What goes wrong, and the errors that it may be, if it is not the whole books."""


def can_meet(kind: str, resource: str) -> bool:
    """Whether a reading makes the request that the fault waits for."""
    fault = KINDS[kind][0]
    return resource not in ONE_PAGE or (fault.requests is None and fault.from_request is None)


@cache
def books() -> Books:
    """A firm whose invoices, bank lines and log have several pages."""
    persona = next(persona for persona in PERSONAS if persona.firm == "healthy-agency")
    return persona.books(TODAY)


@asynccontextmanager
async def listening(faults: Faults) -> AsyncIterator[str]:
    """The address of a fresh sandbox with these faults."""
    app = create_app([books()], today=lambda: TODAY, faults=faults)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.002)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/v1"
    finally:
        server.should_exit = True
        server.force_exit = True
        await serving


async def read(address: str, http: HttpClient) -> dict[str, pl.DataFrame]:
    """The ledger that a new client makes of the books.

    Balances are left out: they are asked for on their own, and a bank line that comes or goes at that very moment is
    in one and not in the other.
    """
    client = SevdeskClient(http, address, Secret(books().token), limits=LIMITS)
    fetched = await client.fetch(frozenset(Resource), fetched_on=TODAY)
    ledger, _ = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 32, payout_iban=None)
    return without_balances(ledger)


def without_balances(ledger: Ledger) -> dict[str, pl.DataFrame]:
    """The frames of a ledger but one."""
    return {name: frame for name, frame in ledger.frames().items() if name != "balances"}


def is_same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    """Whether two ledgers hold the same facts."""
    return all(one[name].equals(other[name]) for name in one)


class CountedFaults(Faults):
    """Faults that remember which of them were met, by their resource."""

    def __init__(self) -> None:
        super().__init__()
        self.met: set[str | None] = set()

    def take(self, firm: str, resource: str) -> Fault | None:
        """Note the fault that a request meets."""
        fault = super().take(firm, resource)
        if fault is not None:
            self.met.add(fault.resource)
        return fault


@pytest.fixture(scope="module")
def unchanged() -> list[dict[str, pl.DataFrame]]:
    """The ledger of the unchanged books, and what is known of them where the list of the payment log is refused."""

    async def readings() -> list[dict[str, pl.DataFrame]]:
        in_force = Faults()
        async with listening(in_force) as address, HttpClient() as http:
            whole = await read(address, http)
            in_force.add([LOG_REFUSED])
            return [whole, await read(address, http)]

    return asyncio.run(readings())


async def attempt(unchanged: list[dict[str, pl.DataFrame]], faults: Iterable[tuple[Fault, Errors]]) -> None:
    """One reading under these faults, compared with the readings without them.

    Raises:
        AssertionError: It gave a ledger that the books never had, or an error that the faults do not explain; or a
            fault met no request.
    """
    chosen = list(faults)
    allowed: Errors = tuple({error for _, errors in chosen for error in errors})
    in_force = CountedFaults()
    async with listening(in_force) as address, HttpClient() as http:
        in_force.add([fault for fault, _ in chosen])
        failure, found = None, {}
        try:
            found = await read(address, http)
        except SourceError as error:
            failure = error
        assert failure is None or isinstance(failure, allowed), f"{failure!r} is none of {allowed}"
        resources = {fault.resource for fault, _ in chosen if fault.resource}
        assert in_force.met & resources, "no fault met a request"
        if failure is not None:
            return
        # Where the books were read to the end, every fault must have met a request.
        assert in_force.met >= resources
        is_log_refused = any(fault.resource == LOG and fault.status in {403, 404} for fault, _ in chosen)
        possible = unchanged if is_log_refused else unchanged[:1]
        if any(fault.change for fault, _ in chosen):
            in_force.clear()
            possible = [*possible, await read(address, http)]
            if is_log_refused:
                in_force.add([LOG_REFUSED])
                possible.append(await read(address, http))
        assert any(is_same(found, one) for one in possible)


@pytest.mark.parametrize(
    ("kind", "resource"), [(kind, resource) for kind in KINDS for resource in RESOURCES if can_meet(kind, resource)]
)
async def test_a_fault_on_a_resource(unchanged: list[dict[str, pl.DataFrame]], kind: str, resource: str) -> None:
    """The whole books, as they were before or after, or the error that the fault is; within the deadline."""
    fault, errors = KINDS[kind]
    await attempt(unchanged, [(_on(fault, resource), errors)])


@pytest.mark.parametrize("seed", range(COMBINATIONS))
async def test_faults_in_company(unchanged: list[dict[str, pl.DataFrame]], seed: int) -> None:
    """Two or three faults on any resources, of which at most one changes the books."""
    dice = random.Random(seed)  # noqa: S311  the same combinations each time
    kinds = dice.sample(list(KINDS), dice.choice((2, 3)))
    changing = [kind for kind in kinds if KINDS[kind][0].change is not None]
    chosen = [kind for kind in kinds if kind not in changing[1:]]
    while True:  # of two faults on one resource, one could hide the other
        resources = dice.sample(RESOURCES, len(chosen))
        if all(map(can_meet, chosen, resources)):
            break
    faults = [(_on(KINDS[kind][0], resource), KINDS[kind][1]) for kind, resource in zip(chosen, resources, strict=True)]
    if any(fault.resource == "CheckAccount" and fault.status == 404 for fault, _ in faults):
        # where another fault lets the list through, its accounts are gone a moment later
        faults.append((Fault(), (InconsistentAnswerError,)))
    # what is late may be too late, and what is tried again may be tried too often
    await attempt(unchanged, [*faults, (Fault(), (DeadlineExceededError, SourceUnavailableError, RateLimitedError))])


def _on(fault: Fault, resource: str) -> Fault:
    fields = {name: getattr(fault, name) for name in fault.__struct_fields__}
    return Fault(**{**fields, "resource": resource})
