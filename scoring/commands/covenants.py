"""``covenants``: covenants of loans, for operators."""

import os
from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Annotated

from cyclopts import App, Parameter

from scoring.base.identifiers import day_in_berlin
from scoring.base.secrets import DecryptionError
from scoring.commands.reasons import demand_reason
from scoring.commands.session import answer, cipher_of, give_up, read_settings, settings_for, with_database
from scoring.decisions.covenants import CovenantRefusedError, CovenantState, Measured
from scoring.runtime.operator import operator
from scoring.runtime.settings import Settings, clock_of
from scoring.store import covenants
from scoring.store.audit import Trail, Who
from scoring.store.covenants import StoredCovenant, Wanted
from scoring.store.database import Database
from scoring.store.decisions import RecordChangedError
from scoring.store.persons import PERSON
from scoring.store.principals import Principal, Role
from scoring.usecases.covenants import Covenants, ShownCovenant, UnknownCovenantError, WaiverTooLongError

app = App(name="covenants", help="Covenants of loans: list and show them, waive and end them.")
CovenantId = Annotated[str, Parameter(help="As `covenants list` prints it.")]
Why = Annotated[str, Parameter(help="For colleagues and auditors, and for the borrower who asks for access.")]
_MOST = 1000


@app.command(name="list")
def show_all(
    *,
    lender: Annotated[str | None, Parameter(help="Only covenants of this lender.")] = None,
    state: Annotated[CovenantState | None, Parameter(help="Only those in this state.")] = None,
    late: Annotated[bool, Parameter(negative=(), help="Only those that should have been tested by now.")] = False,
) -> None:
    """List covenants, newest first: identifier, lender, loan, feature, bound, threshold, state, due. At most 1000."""
    settings = settings_for(lender)
    wanted = Wanted(lender_id=lender, state=state, is_late=late or None)
    search = partial(covenants.list_some, wanted=wanted, day=day_in_berlin(clock_of(settings)()), limit=_MOST)
    for one in with_database(settings, lambda database: database.read_at_once(search)):
        agreed = one.covenant
        said = (agreed.feature, agreed.bound, f"{agreed.threshold:g}", agreed.state, agreed.due_on.isoformat())
        answer("\t".join((one.id, one.lender_id, one.loan_ref, *said)))


@app.command(name="show")
def show(covenant_id: CovenantId, /) -> None:
    """Print one covenant with its tests and waivers, at most the newest 1000."""
    shown = _do(covenant_id, lambda used, reader, who: used.read(reader, who, covenant_id, limit=_MOST))
    found, agreed = shown.stored, shown.stored.covenant
    for name in ("id", "lender_id", "loan_id", "loan_ref", "tested_on", "created_at"):
        answer(f"{name}\t{getattr(found, name) or ''}")
    for name in ("feature", "bound", "threshold", "rhythm_days", "cure_days", "state", "due_on"):
        answer(f"{name}\t{getattr(agreed, name)}")
    for name in ("cure_until", "waived_until"):
        answer(f"{name}\t{getattr(agreed, name) or ''}")
    for step in shown.steps:
        seen = step.measured
        value = "" if seen is None else _said(seen)
        by = shown.names.get(step.by, step.by)
        answer("\t".join((step.at, step.kind, by, step.state, value, str(step.until or ""), step.text or "")))


@app.command(name="waive")
def waive(
    covenant_id: CovenantId,
    /,
    *,
    until: Annotated[date, Parameter(help="The last day, at most 366 days ahead.")],
    reason: Why,
) -> None:
    """Waive tests that fail until a day, with a reason."""
    demand_reason(reason)
    _do(covenant_id, lambda used, reader, who: used.waive(reader, who, covenant_id, until=until, text=reason))
    answer(f"{covenant_id}: tests that fail are waived until {until}")


@app.command(name="end")
def end(covenant_id: CovenantId, /, *, reason: Why) -> None:
    """End a covenant, with a reason; its history stays."""
    demand_reason(reason)
    _do(covenant_id, lambda used, reader, who: used.end(reader, who, covenant_id, text=reason))
    answer(f"{covenant_id} ended")


def _said(seen: Measured) -> str:
    if seen.is_moot:
        return "moot"
    return (seen.missing or "") if seen.value is None else f"{seen.value:g}"


def _do(covenant_id: str, step: Callable[[Covenants, Principal, Who], Awaitable[ShownCovenant]]) -> ShownCovenant:
    """Do something about a covenant for its lender, as the operator."""
    settings, one = read_settings(), _find(covenant_id)
    who = operator(one.lender_id)
    reader = Principal(id="", lender_id=one.lender_id, kind=PERSON, name=who.name, roles=frozenset(Role))

    async def run(database: Database) -> ShownCovenant:
        return await step(_covenants_of(settings, database), reader, who)

    try:
        return with_database(settings, run)
    except (CovenantRefusedError, WaiverTooLongError) as error:
        give_up(str(error))
    except UnknownCovenantError:
        give_up(f"the covenant {covenant_id} was erased meanwhile")
    except (RecordChangedError, DecryptionError) as error:
        give_up(f"the covenant cannot be read: {error}")


def _covenants_of(settings: Settings, database: Database) -> Covenants:
    clock = clock_of(settings)
    return Covenants(
        database=database,
        cipher=cipher_of(settings),
        clock=clock,
        randomness=os.urandom,
        trail=Trail(database=database, clock=clock, randomness=os.urandom),
    )


def _find(covenant_id: str) -> StoredCovenant:
    search = partial(covenants.find, covenant_id=covenant_id, lender_id=None)
    found = with_database(read_settings(), lambda database: database.read_at_once(search))
    if found is None:
        give_up(f"there is no covenant {covenant_id!r}; `covenants list` lists them")
    return found
