"""``promotions``: requests to put a policy or a model in force, and what another person decides on them."""

import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Final, TypeVar

import msgspec
from anyio import CapacityLimiter
from cyclopts import App, Parameter

from scoring.base.identifiers import day_in_berlin
from scoring.base.secrets import DecryptionError
from scoring.commands.reasons import demand_reason
from scoring.commands.session import (
    answer,
    cipher_of,
    counted,
    give_up,
    prepare,
    read_settings,
    signer_of,
    with_database,
)
from scoring.decisions.promotions import PromotionState, PromotionStateError, TwoPersonsError
from scoring.runtime.in_force import InForce, read_in_force
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Trail, Who
from scoring.store.database import Database
from scoring.store.principals import Principal, find_principal
from scoring.store.promotion_requests import OvertakenError, PromotionChangedError, StoredRequest
from scoring.texts.left_out import say_left_out
from scoring.usecases.backtest import Backtest
from scoring.usecases.promotions import (
    POLICY,
    NotAllowedError,
    Promotions,
    Simulated,
    UnfitError,
    UnknownPromotionError,
    evidence_of,
)

T = TypeVar("T")
app = App(
    name="promotions",
    help="List requests to put a policy or a model in force; approve, reject, withdraw them, roll back.",
)
SINCE: Final = "First day of the stored applications that are decided again, YYYY-MM-DD; 90 days ago by default."
_DAYS: Final = timedelta(days=90)
_PAGE: Final = 200
_REFUSED: Final = (
    NotAllowedError,
    TwoPersonsError,
    PromotionStateError,
    UnfitError,
    UnknownPromotionError,
    OvertakenError,
    PromotionChangedError,
    ServingError,
    DecryptionError,
)
Id = Annotated[str, Parameter(help="Of the request.")]
Reason = Annotated[str, Parameter(help="Why, in a sentence.")]
_ASKED: Final = "Your API key is asked for, or read from standard input."


@app.command(name="list", help=f"List requests, newest first, with who made and who ended them. {_ASKED}")
def show_all() -> None:
    """List requests."""

    async def work(promotions: Promotions, who: Who, principal: Principal) -> list[StoredRequest]:
        found: list[StoredRequest] = []
        before = None
        while True:
            page, before = await promotions.list(who, principal, before=before, limit=_PAGE)
            found += page
            if before is None:
                return found

    for one in _as_person(work):
        _tell(one)


@app.command(
    name="show",
    help="Print a request and what was found when it was made, as JSON; on standard error in words what was decided"
    f" again and what was not. {_ASKED}",
)
def show(request_id: Id, /) -> None:
    """Print a request."""
    one = _as_person(lambda promotions, who, principal: promotions.read(who, principal, request_id))
    found = {"request": one.request, "state": one.state, "evidence": evidence_of(one)}
    sys.stderr.write("".join(f"{line}\n" for line in _in_words(evidence_of(one).simulated)))
    answer(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())


@app.command(name="approve", help=f"Approve what another person has requested. {_ASKED}")
def approve(request_id: Id, /, *, reason: Reason) -> None:
    """Approve."""
    one = _end(request_id, PromotionState.APPROVED, reason)
    answer(f"{one.request.subject.name} is approved; running services take it up within seconds")


@app.command(name="reject", help=f"Reject what another person has requested. {_ASKED}")
def reject(request_id: Id, /, *, reason: Reason) -> None:
    """Reject."""
    _tell(_end(request_id, PromotionState.REJECTED, reason))


@app.command(name="withdraw", help=f"Withdraw what you have requested. {_ASKED}")
def withdraw(request_id: Id, /, *, reason: Reason) -> None:
    """Withdraw."""
    _tell(_end(request_id, PromotionState.WITHDRAWN, reason))


@app.command(name="rollback")
def rollback(
    name: Annotated[str, Parameter(help="Of the model, such as sme; or `policy`.")],
    /,
    *,
    reason: Reason,
    own: Annotated[bool, Parameter(negative=(), help="The policy of your lender alone.")] = False,
) -> None:
    """Go back to what was in force before the newest approval; one person is enough.

    Only the newest approval is rolled back, within 14 days, and not two in a row: anything further takes a request and
    another person. Running services follow within seconds. Your API key is asked for, or read from standard input.
    Exit status: 0 rolled back, 2 it cannot be.

    Args:
        name: what.
        reason: why, in a sentence.
        own: whose policy.
    """
    demand_reason(reason)
    undone, after = _as_person(
        lambda promotions, who, principal: promotions.roll_back(who, principal, name, is_own=own, reason=reason.strip())
    )
    subject = undone.request.subject
    now = (
        after.versions.model
        if name != POLICY
        else (after if subject.lender is None else after.of(subject.lender)).policy.version
    )
    answer(f"{subject.name} is rolled back, {now} is in force; running services take it up within seconds")


def request(
    make: Callable[[Promotions, Who, Principal, date], Awaitable[StoredRequest]], *, reason: str, since: date | None
) -> None:
    """Make a request in the name of whose key is given, and print its identifier.

    Args:
        make: makes it; is given the first day of the applications to decide again.
        reason: must be there.
        since: that day; None is 90 days ago.
    """
    demand_reason(reason)
    settings = read_settings()
    begin = since or day_in_berlin(clock_of(settings)()) - _DAYS
    made = _as_person(lambda promotions, who, principal: make(promotions, who, principal, begin))
    simulated = evidence_of(made).simulated
    summary = simulated.summary
    until = day_in_berlin(datetime.fromisoformat(made.request.expires_at))
    answer(f"{made.request.id}\t{made.request.subject.name}\trequested, until {until}")
    for line in _in_words(simulated):
        answer(line)
    for name, count in summary.swaps.items():
        if count:
            answer(f"{name}\t{count}")
    answer("another person has to approve it: scoring promotions approve " + made.request.id)


def _in_words(simulated: Simulated) -> Iterator[str]:
    """Whom the comparison is about, and whom it is not."""
    yield f"{counted(simulated.summary.count, 'application')} decided again, {simulated.left_out} left out"
    for one in simulated.causes:
        yield f"  {one.count} left out: {say_left_out(one.cause, one.about).en}"
    if simulated.person_count == 0:
        yield "no natural person was compared: what would change for natural persons is not known"


def _end(request_id: str, to: PromotionState, reason: str) -> StoredRequest:
    demand_reason(reason)
    return _as_person(
        lambda promotions, who, principal: promotions.end(who, principal, request_id, to, reason=reason.strip())
    )


def _as_person(work: Callable[[Promotions, Who, Principal], Awaitable[T]]) -> T:
    """Do something in the name of whose key is given."""
    settings = prepare(read_settings())
    key = _ask_for_key()

    async def run(database: Database) -> T:
        principal = await find_principal(database, key)
        if principal is None:
            raise NotAllowedError("the key is unknown or revoked")
        who = Who(lender_id=principal.lender_id, principal_id=principal.id)
        return await work(await _promotions_of(settings, database), who, principal)

    try:
        return with_database(settings, run)
    except _REFUSED as error:
        give_up(str(error))


def _ask_for_key() -> str:
    """The API key of a person: typed without echo, or the first line of standard input."""
    return getpass.getpass("Your API key: ").strip() if sys.stdin.isatty() else sys.stdin.readline().strip()


async def _promotions_of(settings: Settings, database: Database) -> Promotions:
    signer, clock = signer_of(settings), clock_of(settings)
    return Promotions(
        backtest=Backtest(
            database=database,
            cipher=cipher_of(settings),
            signer=signer,
            settings=settings,
            workers=CapacityLimiter(1),
        ),
        in_force=InForce(await read_in_force(settings, database, signer)),
        clock=clock,
        randomness=os.urandom,
        trail=Trail(database=database, clock=clock, randomness=os.urandom),
    )


def _tell(one: StoredRequest) -> None:
    made, whose = one.request, one.request.subject.lender or "all lenders"
    ended = "" if one.ended_by is None else f"{one.ended_by.name}: {one.end_reason}"
    if one.undone is not None:
        ended += f"; {one.undone.by.name}: {one.undone.reason}"
    subject = f"{made.subject.kind} {made.subject.name}\t{whose}"
    answer(f"{made.id}\t{subject}\t{made.by.name}: {made.reason}\t{one.state}\t{ended}")
