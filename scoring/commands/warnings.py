"""``warnings``: early warnings of monitored borrowers, for operators."""

import os
from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Annotated

from cyclopts import App, Parameter

from scoring.base.identifiers import day_in_berlin
from scoring.base.secrets import DecryptionError
from scoring.commands.reasons import demand_reason
from scoring.commands.session import answer as say
from scoring.commands.session import cipher_of, give_up, read_settings, settings_for, with_database
from scoring.decisions.warnings import Answer, WarningRefusedError, WarningState
from scoring.runtime.operator import operator
from scoring.runtime.settings import Settings, clock_of
from scoring.runtime.triggers import triggers_of
from scoring.store import warnings
from scoring.store.audit import Trail, Who
from scoring.store.database import Database
from scoring.store.decisions import RecordChangedError
from scoring.store.persons import PERSON
from scoring.store.principals import Principal, Role
from scoring.store.warnings import StoredWarning, Wanted
from scoring.texts.warnings import say_finding, title_of
from scoring.usecases.cases import UnknownPersonError
from scoring.usecases.warnings import ShownWarning, SnoozeTooLongError, UnknownWarningError, Warnings

app = App(name="warnings", help="Early warnings: list and show them, assign, snooze and answer them.")
WarningId = Annotated[str, Parameter(help="As `warnings list` prints it.")]
Why = Annotated[str, Parameter(help="For colleagues and auditors, and for the borrower who asks for access.")]
_MOST = 1000


@app.command(name="list")
def show_all(
    *,
    lender: Annotated[str | None, Parameter(help="Only warnings of this lender.")] = None,
    state: Annotated[WarningState | None, Parameter(help="Only those in this state today.")] = None,
    overdue: Annotated[bool, Parameter(negative=(), help="Only those that should have been answered by now.")] = False,
) -> None:
    """List warnings, newest first: identifier, lender, trigger, severity, state, due, raised. At most 1000."""
    settings = settings_for(lender)
    today = day_in_berlin(clock_of(settings)())
    wanted = Wanted(lender_id=lender, state=state, is_overdue=overdue or None)
    search = partial(warnings.list_some, wanted=wanted, day=today, limit=_MOST)
    for one in with_database(settings, lambda database: database.read_at_once(search)):
        told = (one.id, one.lender_id, one.trigger, one.severity, one.state_on(today), one.due_on.isoformat())
        say("\t".join((*told, one.raised_at)))


@app.command(name="show")
def show(warning_id: WarningId, /) -> None:
    """Print one warning: how it stands, what was seen, the documents behind it, and what was done."""
    shown = _do(warning_id, lambda used, reader, who: used.read(reader, who, warning_id))
    found, today = shown.stored, day_in_berlin(clock_of(read_settings())())
    say(f"title\t{title_of(found.trigger).en}")
    say(f"state\t{found.state_on(today)}")
    for name in ("id", "lender_id", "trigger", "severity", "due_on", "snoozed_until", "raised_at", "decision_id"):
        say(f"{name}\t{getattr(found, name) or ''}")
    say(f"owner\t{shown.names.get(found.owner or '', '')}")
    say(f"seen\t{say_finding(shown.finding).en}")
    for document in shown.finding.evidence.documents:
        cents = "" if document.amount_cents is None else str(document.amount_cents)
        say("\t".join((document.kind, str(document.id), str(document.day or ""), cents)))
    for step in shown.steps:
        by = shown.names.get(step.by, step.by)
        written = step.text or ("" if step.finding is None else say_finding(step.finding).en)
        say("\t".join((step.at, step.kind, by, str(step.until or step.answer or ""), written)))


@app.command(name="assign")
def assign(warning_id: WarningId, to: Annotated[str, Parameter(help="Name of a person of the lender.")], /) -> None:
    """Say who answers for a warning."""
    _do(warning_id, lambda used, reader, who: used.assign(reader, who, warning_id, name=to))
    say(f"{warning_id} is {to}'s")


@app.command(name="snooze")
def snooze(
    warning_id: WarningId,
    /,
    *,
    until: Annotated[date, Parameter(help="The last day, at most 90 days from today; it is due on the day after.")],
    reason: Why,
) -> None:
    """Set a warning aside until a day, with a reason."""
    demand_reason(reason)
    _do(warning_id, lambda used, reader, who: used.snooze(reader, who, warning_id, until=until, text=reason))
    say(f"{warning_id} is snoozed until {until}")


@app.command(name="answer")
def answer(warning_id: WarningId, made: Answer, /, *, reason: Why) -> None:
    """Write down what was made of a warning: false-alarm, explained, watch or measures. The loan stays as it is."""
    demand_reason(reason)
    _do(warning_id, lambda used, reader, who: used.answer(reader, who, warning_id, answer=made, text=reason))
    say(f"{warning_id} is answered")


def _do(warning_id: str, step: Callable[[Warnings, Principal, Who], Awaitable[ShownWarning]]) -> ShownWarning:
    """Do something about a warning for its lender, as the operator."""
    settings, one = read_settings(), _find(warning_id)
    who = operator(one.lender_id)
    reader = Principal(id="", lender_id=one.lender_id, kind=PERSON, name=who.name, roles=frozenset(Role))

    async def run(database: Database) -> ShownWarning:
        return await step(_warnings_of(settings, database), reader, who)

    try:
        return with_database(settings, run)
    except (WarningRefusedError, SnoozeTooLongError) as error:
        give_up(str(error))
    except UnknownPersonError:
        give_up(f"the lender {one.lender_id} has no person of this name; `principals list` lists them")
    except UnknownWarningError:
        give_up(f"the warning {warning_id} was erased meanwhile")
    except (RecordChangedError, DecryptionError) as error:
        give_up(f"the warning cannot be read: {error}")


def _warnings_of(settings: Settings, database: Database) -> Warnings:
    clock = clock_of(settings)
    return Warnings(
        database=database,
        cipher=cipher_of(settings),
        clock=clock,
        randomness=os.urandom,
        trail=Trail(database=database, clock=clock, randomness=os.urandom),
        triggers=triggers_of(settings),
    )


def _find(warning_id: str) -> StoredWarning:
    search = partial(warnings.find, warning_id=warning_id, lender_id=None)
    found = with_database(read_settings(), lambda database: database.read_at_once(search))
    if found is None:
        give_up(f"there is no warning {warning_id!r}; `warnings list` lists them")
    return found
