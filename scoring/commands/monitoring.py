"""``monitoring``: monitored borrowers, for operators."""

import os
from functools import partial
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.commands.session import answer, give_up, read_settings, settings_for, with_database
from scoring.decisions.monitoring import EndCause, SubscriptionState
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import clock_of
from scoring.store import observations, subscriptions
from scoring.store.audit import Action
from scoring.store.observations import Observation
from scoring.store.subscriptions import Subscription, Wanted
from scoring.store.tables import monitoring_subscriptions

app = App(name="monitoring", help="Monitored borrowers: list and show them, read their books now, stop it.")
MonitoringId = Annotated[str, Parameter(help="As `monitoring list` prints it.")]
_MOST = 1000


@app.command(name="list")
def show_all(
    *,
    lender: Annotated[str | None, Parameter(help="Only borrowers of this lender.")] = None,
    state: Annotated[SubscriptionState | None, Parameter(help="Only those in this state.")] = None,
) -> None:
    """List monitored borrowers, newest first: identifier, lender, state, cause, due, observed, end. At most 1000."""
    search = partial(subscriptions.list_some, wanted=Wanted(lender_id=lender, state=state), limit=_MOST)
    for one in with_database(settings_for(lender), lambda database: database.read_at_once(search)):
        ends_on = "" if one.ends_on is None else one.ends_on.isoformat()
        answer(
            "\t".join(
                (one.id, one.lender_id, one.state, one.cause or "", one.next_at or "", one.observed_at or "", ends_on)
            )
        )


@app.command(name="show")
def show(monitoring_id: MonitoringId, /) -> None:
    """Print one monitored borrower and its observations, newest first: identifier, day, grade, score. At most 1000."""
    found = _find(monitoring_id)
    names = ("id", "lender_id", "state", "cause", "decision_id", "connection_id", "tries", "due_at", "observed_at")
    for name in (*names, "created_at", "ended_at", "ends_on"):
        answer(f"{name}\t{getattr(found, name) or ''}")
    listing = partial(observations.list_of, subscription_id=monitoring_id, before=None, limit=_MOST)
    listed: list[Observation] = with_database(read_settings(), lambda database: database.read_at_once(listing))
    for one in listed:
        answer("\t".join((one.id, one.as_of.isoformat(), one.grade or "", "" if one.score is None else str(one.score))))


@app.command(name="observe")
def observe(monitoring_id: MonitoringId, /) -> None:
    """Let a running service read and score the books now; where it was paused, it goes on."""
    found, settings = _find(monitoring_id), read_settings()
    clock = clock_of(settings)
    mark = operators_mark(Action.MONITORING_ASKED, clock, found.lender_id)

    def work(connection: Connection) -> bool:
        is_asked = subscriptions.ask_now(connection, monitoring_id, now=clock())
        if is_asked:
            mark.put(connection, object_id=monitoring_id, borrower_id=found.borrower_id)
        return is_asked

    if not with_database(settings, lambda database: database.write_at_once(work)):
        give_up(f"{monitoring_id} has ended ({found.cause}): nothing is read any more")
    answer(f"{monitoring_id} is due")


@app.command(name="end")
def end(monitoring_id: MonitoringId, /) -> None:
    """Stop monitoring a borrower; the books that were kept for it are deleted, observations stay."""
    found, settings = _find(monitoring_id), read_settings()
    at = instant(clock_of(settings)())
    mark = operators_mark(Action.MONITORING_ENDED, clock_of(settings), found.lender_id)
    mine = monitoring_subscriptions.c.id == monitoring_id

    def work(connection: Connection) -> bool:
        is_done = bool(subscriptions.end(connection, mine, EndCause.BY_LENDER, at=at, randomness=os.urandom))
        if is_done:
            mark.put(connection, object_id=monitoring_id, borrower_id=found.borrower_id)
        return is_done

    if not with_database(settings, lambda database: database.write_at_once(work)):
        give_up(f"{monitoring_id} has ended already ({found.cause})")
    answer(f"{monitoring_id} ended")


def _find(monitoring_id: str) -> Subscription:
    search = partial(subscriptions.find, subscription_id=monitoring_id, lender_id=None)
    found = with_database(read_settings(), lambda database: database.read_at_once(search))
    if found is None:
        give_up(f"there is no monitoring {monitoring_id!r}; `monitoring list` lists them")
    return found
