"""The queue of cases, and the page of each with what its reader may do."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, RawBody

from features.derive import CATALOGUE
from features.feature import Group, Unit
from scoring.api.cases import is_late
from scoring.api.middleware import who_of
from scoring.base.identifiers import Clock, day_in_berlin, instant, is_id
from scoring.decisions.cases import (
    REASONS,
    Answered,
    Asked,
    CaseState,
    Claimed,
    Commented,
    Facts,
    GuarantorNamed,
    Released,
    ReviewReason,
    SnoozeConfirmed,
    SnoozeEnded,
    Withdrawn,
    is_by_applicant,
)
from scoring.decisions.decision import Decision, Verdict
from scoring.decisions.inquiries import ItemKind
from scoring.decisions.reviews import Ballot, Refusal, StepRefusedError
from scoring.decisions.snoozes import SNOOZABLE
from scoring.pages.access import needs_person, session_secret, viewer_of
from scoring.pages.formats import Formats
from scoring.pages.forms import FormFaultError, check_token, read_fields, read_hundredths, read_text
from scoring.pages.rendering import Pages, language_of, redirect
from scoring.runtime.settings import Settings
from scoring.store.applicant_links import LinkStatus
from scoring.store.borrowers import NOTHING_KEPT, BorrowerRestrictedError
from scoring.store.cases import PREFIX, Sort, kind_of
from scoring.store.decisions import StoredDecision
from scoring.store.guarantors import Guarantor, Person
from scoring.store.principals import Role
from scoring.texts.catalogue import newest
from scoring.texts.rendering import words_of
from scoring.usecases.cases import (
    OPEN,
    READERS,
    CaseMovedError,
    Cases,
    Desk,
    Listed,
    ShownCase,
    UnknownPersonError,
    Wanted,
    actor_of,
    snoozable_of,
)
from scoring.usecases.guarantors import Guarantors, UnknownGuarantorError

_ON_A_PAGE: Final = 25
_LONGEST_NAME, _LONGEST_ADDRESS = 120, 300
_MOST_DIGITS: Final = 7
_FIELDS: Final = ("desk", "state", "product", "borrower", "sort")
_PLAIN: Final[dict[str, Facts]] = {"claim": Claimed(), "release": Released()}
_WRITTEN: Final[dict[str, Facts]] = {
    "comment": Commented(),
    "ask": Asked(),
    "answer": Answered(),
    "withdraw": Withdrawn(),
}
_SNOOZES: Final[dict[str, type[SnoozeConfirmed | SnoozeEnded]]] = {
    "snooze-confirm": SnoozeConfirmed,
    "snooze-end": SnoozeEnded,
}
_STEPS: Final = (*_PLAIN, *_WRITTEN, *_SNOOZES, "snooze", "assign", "vote", "reopen", "guarantor", "release-guarantor")
WRITERS: Final = (Role.APPLY, Role.UNDERWRITE)
_DONE: Final = (*_STEPS, "again")
ITEM_ROWS: Final = 3
"""Of the form that asks the applicant."""
_ALL: Final = "all"
"""In place of a state."""
_CONFLICT: Final = 409


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Values of the form, and the filter."""

    fields: dict[str, str]
    wanted: Wanted
    cursor: str | None
    is_wrong: bool


@get("/cases", guards=[needs_person(*READERS)])
async def get_queue(
    request: Request[Any, Any, Any],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The filtered queue."""
    reader = viewer_of(request).principal
    choice = _chosen(request)
    found = Listed(items=(), damaged=(), next_cursor=None)
    if not choice.is_wrong:
        found = await reviews.list(
            who_of(request, reader), reader, choice.wanted, after=choice.cursor, limit=_ON_A_PAGE
        )
    kept = {name: value for name, value in choice.fields.items() if value}
    now = instant(clock())
    render = partial(
        pages.respond,
        request,
        "cases.html",
        status_code=400 if choice.is_wrong else 200,
        choice=choice,
        items=[(one, is_late(one, now)) for one in found.items],
        damaged=found.damaged,
        may_review=actor_of(reader).may_review,
        products=sorted(reviews.in_force.serving.of(reader.lender_id).policy.products),
        form_token=viewer_of(request).form_token,
        more=None if found.next_cursor is None else f"?{urlencode({**kept, 'cursor': found.next_cursor})}",
        first=f"?{urlencode(kept)}" if choice.cursor else None,
    )
    return await anyio.to_thread.run_sync(render, limiter=workers)


def _chosen(request: Request[Any, Any, Any]) -> Chosen:
    """Read the filter from the address."""
    given = request.query_params
    fields = {name: str(given.get(name, "")).strip() for name in _FIELDS}
    cursor = given.get("cursor") or None
    is_wrong = any(name not in {*_FIELDS, "cursor", "lang"} or len(given.getall(name)) > 1 for name in given.dict())
    for name, known in (("desk", {*Desk}), ("state", {*CaseState, _ALL}), ("sort", {*Sort})):
        is_wrong |= bool(fields[name]) and fields[name] not in known
    for name in ("borrower", "product"):
        is_wrong |= len(fields[name]) > 120 or not fields[name].isprintable()
    is_wrong |= cursor is not None and not is_id(cursor, PREFIX)
    if is_wrong:
        return Chosen(fields=fields, wanted=Wanted(), cursor=None, is_wrong=True)
    state = fields["state"]
    wanted = Wanted(
        states=tuple(CaseState) if state == _ALL else (CaseState(state),) if state else OPEN,
        product=fields["product"] or None,
        borrower_ref=fields["borrower"] or None,
        desk=Desk(fields["desk"]) if fields["desk"] else None,
        sort=Sort(fields["sort"]) if fields["sort"] else Sort.DUE,
    )
    return Chosen(fields=fields, wanted=wanted, cursor=cursor, is_wrong=False)


@get("/cases/{case_id:str}", guards=[needs_person(*READERS)])
async def get_case_page(
    request: Request[Any, Any, Any],
    case_id: FromPath[str],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One case."""
    done = request.query_params.get("done", "")
    return await show_case(request, case_id, reviews, clock, workers, pages, done=done if done in _DONE else None)


@post("/cases/{case_id:str}/{step:str}", guards=[needs_person(*WRITERS)])
async def post_step(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    body: RawBody,
    case_id: FromPath[str],
    step: FromPath[str],
    settings: NamedDependency[Settings],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Take a step; what is refused is told on the page, with what was entered."""
    if step not in _STEPS:
        raise NotFoundException
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    try:
        await _take(request, reviews, case_id, step, fields)
    except StepRefusedError as error:
        told = error.refusal.value
    except CaseMovedError:
        told = "moved"
    except BorrowerRestrictedError:
        told = "restricted"
    except UnknownPersonError:
        told = "no_name"
    except UnknownGuarantorError:
        told = "unknown_guarantor"
    except FormFaultError as error:
        told = str(error)
    else:
        return redirect(f"/cases/{case_id}?done={step}")
    return await show_case(
        request, case_id, reviews, clock, workers, pages, told=told, entered={**fields, "form": step}
    )


async def _take(
    request: Request[Any, Any, Any], reviews: Cases, case_id: str, step: str, fields: dict[str, str]
) -> None:
    """Take a step from the fields of its form.

    Raises:
        FormFaultError: a field cannot be read.
    """
    reader = viewer_of(request).principal
    who = who_of(request, reader)
    if step in _PLAIN:
        await reviews.move(who, reader, case_id, _PLAIN[step])
    elif step == "assign":
        await reviews.assign(who, reader, case_id, name=fields.get("to", "").strip()[:64])
    elif step == "vote":
        ballot, text = _ballot(fields), read_text(fields)
        await reviews.move(who, reader, case_id, ballot, text=text, seen=_step(fields))
    elif step == "snooze":
        rule, until = fields.get("rule", "")[:64], _day(fields)
        await reviews.snooze(who, reader, case_id, rule=rule, until=until, text=read_text(fields))
    elif step in _SNOOZES:
        await reviews.move(who, reader, case_id, _SNOOZES[step](step=_step(fields)), text=read_text(fields))
    elif step == "reopen":
        await reviews.reopen(who, reader, case_id, text=read_text(fields))
    elif step == "guarantor":
        await Guarantors(cases=reviews).name(who, reader, case_id, _guarantor(fields, day_in_berlin(reviews.clock())))
    elif step == "release-guarantor":
        await Guarantors(cases=reviews).release(who, reader, case_id, fields.get("guarantor", ""))
    else:
        await reviews.move(who, reader, case_id, _WRITTEN[step], text=read_text(fields))


def _step(fields: dict[str, str]) -> int:
    """The number of a step; 0, which no step has, where there is none."""
    number = fields.get("step", "")
    return int(number) if number.isdecimal() and len(number) <= _MOST_DIGITS else 0  # `int` refuses thousands of them


def _day(fields: dict[str, str]) -> date:
    try:
        return date.fromisoformat(fields.get("until", "").strip())
    except ValueError:
        raise FormFaultError("no_day") from None


def _guarantor(fields: dict[str, str], today: date) -> Person:
    """Who guarantees.

    Raises:
        FormFaultError: the name or a day is missing, or cannot be read.
    """
    name, address = (" ".join(fields.get(field, "").split()) for field in ("name", "address"))
    if not name or len(name) > _LONGEST_NAME or len(address) > _LONGEST_ADDRESS:
        raise FormFaultError("no_guarantor")
    days: dict[str, date | None] = {}
    for field in ("consented_on", "birth_date"):
        entered = fields.get(field, "").strip()
        try:
            days[field] = date.fromisoformat(entered) if entered else None
        except ValueError:
            raise FormFaultError("no_guarantor") from None
    consented_on, birth_date = days["consented_on"], days["birth_date"]
    if consented_on is None or max(consented_on, birth_date or consented_on) > today:
        raise FormFaultError("no_guarantor")
    if not (name + address).isprintable():
        raise FormFaultError("no_guarantor")
    return Person(name=name, birth_date=birth_date, address=address or None, consented_on=consented_on)


def _ballot(fields: dict[str, str]) -> Ballot:
    verdict, reason = fields.get("verdict", ""), fields.get("reason", "")
    if verdict not in {Verdict.APPROVE, Verdict.DECLINE} or reason not in set(ReviewReason):
        raise FormFaultError("no_choice")
    if verdict == Verdict.DECLINE:  # the terms that the form shows are those of an approval
        return Ballot(verdict=Verdict.DECLINE, reason=ReviewReason(reason))
    term = fields.get("term_months", "").strip()
    if term and (not term.isdecimal() or len(term) > 3):
        raise FormFaultError("no_number")
    return Ballot(
        verdict=Verdict.APPROVE,
        reason=ReviewReason(reason),
        amount_cents=read_hundredths(fields.get("amount", "")),
        term_months=int(term) if term else None,
        annual_rate_bps=read_hundredths(fields.get("rate", "")),
    )


async def show_case(  # noqa: PLR0913  one argument for each part
    request: Request[Any, Any, Any],
    case_id: str,
    reviews: Cases,
    clock: Clock,
    workers: CapacityLimiter,
    pages: Pages,
    *,
    done: str | None = None,
    told: str | None = None,
    entered: dict[str, str] | None = None,
    made: str | None = None,
) -> Response[str]:
    """The page of a case.

    Args:
        request: What is answered.
        case_id: Which case.
        reviews: Reads it.
        clock: The present.
        workers: Render it.
        pages: The templates.
        done: What was just done, by its code.
        told: Why something was not done, by its code.
        entered: What was entered in the form that was refused, with its step as ``form``.
        made: The address of a link that was just made, which is shown this once.
    """
    reader = viewer_of(request).principal
    shown = await reviews.read(who_of(request, reader), reader, case_id)
    decision = await reviews.decision_of(shown)
    named: Sequence[Guarantor] = ()
    if any(isinstance(step.facts, GuarantorNamed) for step in shown.stored.steps):
        named = await Guarantors(cases=reviews).of_case(who_of(request, reader), reader, case_id)
    lender = await reviews.newest_order(reader.lender_id)
    entered = lender | (entered or {})
    render = partial(_render, request, pages, reviews, clock, shown, decision, named, done, told, entered, made)
    return await anyio.to_thread.run_sync(render, limiter=workers)


def _render(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    pages: Pages,
    reviews: Cases,
    clock: Clock,
    shown: ShownCase,
    stored: StoredDecision | None,
    named: Sequence[Guarantor],
    done: str | None,
    told: str | None,
    entered: dict[str, str],
    made: str | None,
) -> Response[str]:
    f = Formats(language_of(request))
    viewer, case, now = viewer_of(request), shown.stored.case, clock()
    powers, actor = reviews.powers(viewer.principal.lender_id), actor_of(viewer.principal)
    words = None if stored is None else stored.words or words_of(stored.decision)
    second_from = None
    if powers.rules is not None:
        second_from = powers.rules.second_vote_from_cents.get(case.subject.product)
    is_mine = case.claimed_by == viewer.principal.id
    is_open = shown.state in OPEN
    return pages.respond(
        request,
        "case.html",
        status_code=200 if told is None else _CONFLICT,
        page=f"/cases/{shown.stored.id}",
        others=urlencode({"state": _ALL, "sort": Sort.NEWEST, "borrower": shown.stored.borrower_ref or ""}),
        shown=shown,
        case=case,
        steps=[(step, kind_of(step.facts), is_by_applicant(step.facts)) for step in shown.stored.steps],
        item_kinds=[kind.value for kind in ItemKind],
        item_rows=range(1, ITEM_ROWS + 1),
        entered=entered,
        made=made,
        links=[link for link in shown.applicant_links if link.status is LinkStatus.OPEN],
        is_late=is_late(shown, instant(now)),
        is_over=is_open and day_in_berlin(now) > case.subject.valid_until,
        is_mine=is_mine,
        may_review=actor.may_review,
        may_write=bool(viewer.principal.roles & {*WRITERS, Role.ADMIN}),
        may_claim=is_open and case.claimed_by is None and shown.why_no_vote is None,
        may_vote=is_mine and shown.why_no_vote is None and shown.state is not CaseState.WAITING,
        why=None if shown.why_no_vote in {None, Refusal.ENDED, Refusal.WITHDRAWN} else shown.why_no_vote,
        limit=powers.limit(actor, case.subject.product),
        second_from=second_from,
        suggested=_suggested(shown, f) | entered,
        reasons_for={verdict: [one for one in ReviewReason if one in REASONS[verdict]] for verdict in REASONS},
        persons=sorted(shown.names.values()) if powers.rules is None else [one.name for one in powers.rules.persons],
        decision=None if stored is None else stored.decision,
        snoozes=[(one, one.status(day_in_berlin(now))) for one in case.snoozes],
        snoozable=() if stored is None or shown.is_hidden else snoozable_of(stored.decision),
        subjects={rule: newest().rules[rule].subject for rule in SNOOZABLE},
        purpose=None if stored is None else stored.purpose,
        guarantors=named,
        particulars=NOTHING_KEPT if stored is None else stored.particulars,
        reasons=()
        if stored is None or words is None
        else zip(stored.decision.assessment.reasons, words.reasons, strict=True),
        causes=() if words is None else words.causes,
        reliability=() if stored is None else _reliability(stored.decision),
        form_token=viewer.form_token,
        done=done,
        told=told,
    )


def _reliability(decision: Decision) -> list[tuple[str, float, Unit]]:
    """Values that say how far the books can be relied on, without the bounds that a policy sets."""
    return [
        (feature.name, value, feature.unit)
        for feature in CATALOGUE.values()
        if feature.group is Group.TRUST and (value := decision.row.get(feature.name)) is not None
    ]


def _suggested(shown: ShownCase, f: Formats) -> dict[str, str]:
    """What the form for a vote shows at first: the first vote's terms, else those asked for at the offered price."""
    case = shown.stored.case
    votes = [vote for _, vote in case.votes if vote.amount_cents is not None]
    if votes:
        amount, term, rate = votes[0].amount_cents, votes[0].term_months, votes[0].annual_rate_bps
    else:
        amount, term = case.subject.amount_cents, case.subject.term_months
        rate = None if shown.is_hidden else case.subject.annual_rate_bps
    return {
        "amount": f.number((amount or 0) / 100, 2),
        "term_months": str(term),
        "rate": "" if rate is None else f.number(rate / 100, 2),
        "verdict": "",
        "reason": "",
        **dict.fromkeys(("name", "consented_on", "birth_date", "address"), ""),
    }
