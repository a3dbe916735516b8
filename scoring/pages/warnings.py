"""The list of early warnings, and the page of each with what its reader may do."""

from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, RawBody

from scoring.api.lists import page_of
from scoring.api.middleware import who_of
from scoring.api.warnings import READERS, documents_of
from scoring.base.identifiers import Clock, day_in_berlin, is_id
from scoring.decisions.warnings import LONGEST_SNOOZE, Answer, WarningRefusedError, WarningState
from scoring.pages.access import needs_person, session_secret, viewer_of
from scoring.pages.forms import FormFaultError, check_token, read_fields, read_text
from scoring.pages.rendering import Pages, redirect
from scoring.runtime.settings import Settings
from scoring.sources.registry import Sources
from scoring.store.audit import Who
from scoring.store.principals import Principal, Role
from scoring.store.warnings import PREFIX, Wanted
from scoring.texts.warnings import say_finding, say_sign, title_of
from scoring.usecases.cases import UnknownPersonError
from scoring.usecases.warnings import SnoozeTooLongError, UnknownWarningError, Warnings

_ON_A_PAGE: Final = 25
_STEPS: Final = frozenset({"assign", "snooze", "answer"})


@get("/warnings", guards=[needs_person(*READERS)])
async def get_list(
    request: Request[Any, Any, Any],
    warnings: NamedDependency[Warnings],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Newest first; by default those that a person has to answer."""
    reader = viewer_of(request).principal
    chosen, cursor = request.query_params.get("state", WarningState.OPEN.value), request.query_params.get("cursor", "")
    state = WarningState(chosen) if chosen in set(WarningState) else None
    found, names = await warnings.page(
        reader,
        who_of(request, reader),
        Wanted(state=state),
        owner=None,
        before=cursor if is_id(cursor, PREFIX) else None,
        limit=_ON_A_PAGE + 1,
    )
    items, after = page_of(found, _ON_A_PAGE, lambda one: one.id)
    return pages.respond(
        request,
        "warnings.html",
        items=items,
        names=names,
        titles={one.trigger: title_of(one.trigger) for one in items},
        states=tuple(WarningState),
        state=state,
        today=day_in_berlin(clock()),
        more=None if after is None else f"?{urlencode({'state': chosen, 'cursor': after})}",
    )


@get("/warnings/{warning_id:str}", guards=[needs_person(*READERS)])
async def get_one(
    request: Request[Any, Any, Any],
    warning_id: FromPath[str],
    warnings: NamedDependency[Warnings],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One warning: what was seen, what is behind it, and what was done."""
    done = request.query_params.get("done", "")
    return await _show(request, warning_id, warnings, sources, clock, pages, done=done if done in _STEPS else None)


@post("/warnings/{warning_id:str}/{step:str}", guards=[needs_person(Role.UNDERWRITE)])
async def post_step(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    body: RawBody,
    warning_id: FromPath[str],
    step: FromPath[str],
    settings: NamedDependency[Settings],
    warnings: NamedDependency[Warnings],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Assign, snooze or answer it."""
    if step not in _STEPS:
        raise NotFoundException
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    reader = viewer_of(request).principal
    try:
        await _take(warnings, reader, who_of(request, reader), warning_id, step, fields)
    except UnknownWarningError:
        raise NotFoundException from None
    except FormFaultError as error:
        problem, status = str(error), 400
    except SnoozeTooLongError:
        problem, status = "until", 400
    except UnknownPersonError:
        problem, status = "to", 400
    except WarningRefusedError:
        problem, status = "state", 409
    else:
        return redirect(f"/warnings/{warning_id}?{urlencode({'done': step})}")
    entered = {f"{step}-{name}": value for name, value in fields.items()}  # a slip in one form is not in the others
    return await _show(
        request, warning_id, warnings, sources, clock, pages, problem=problem, entered=entered, status_code=status
    )


async def _take(
    warnings: Warnings, reader: Principal, who: Who, warning_id: str, step: str, fields: dict[str, str]
) -> None:
    if step == "assign":
        await warnings.assign(reader, who, warning_id, name=fields.get("to", "").strip() or None)
        return
    text = read_text(fields, fault="text")
    if step == "snooze":
        try:
            until = date.fromisoformat(fields.get("until", ""))
        except ValueError:
            raise FormFaultError("until") from None
        await warnings.snooze(reader, who, warning_id, until=until, text=text)
        return
    made = fields.get("answer", "")
    if made not in set(Answer):
        raise FormFaultError("answer")
    await warnings.answer(reader, who, warning_id, answer=Answer(made), text=text)


async def _show(  # noqa: PLR0913  each is named by its caller
    request: Request[Any, Any, Any],
    warning_id: str,
    warnings: Warnings,
    sources: Sources,
    clock: Clock,
    pages: Pages,
    *,
    done: str | None = None,
    problem: str | None = None,
    entered: dict[str, str] | None = None,
    status_code: int = 200,
) -> Response[str]:
    viewer = viewer_of(request)
    reader, today = viewer.principal, day_in_berlin(clock())
    try:
        shown = await warnings.read(reader, who_of(request, reader), warning_id)
    except UnknownWarningError:
        raise NotFoundException from None
    state = shown.stored.state_on(today)
    return pages.respond(
        request,
        "warning.html",
        status_code=status_code,
        path=f"/warnings/{warning_id}",
        warning=shown.stored,
        title=title_of(shown.stored.trigger),
        state=state,
        is_overdue=shown.stored.is_overdue(today),
        signs=[say_sign(one) for one in shown.finding.seen if one.holds],
        documents=documents_of(shown, sources),
        total=shown.finding.evidence.total,
        steps=shown.steps,
        again={one.number: say_finding(one.finding) for one in shown.steps if one.finding is not None},
        names=shown.names,
        monitoring=shown.monitoring,
        asks_again_days=warnings.triggers.asks_again_days,
        longest_days=LONGEST_SNOOZE.days,
        answers=tuple(Answer),
        may_act=state is not WarningState.CLEARED and bool(reader.roles & {Role.UNDERWRITE, Role.ADMIN}),
        form_token=viewer.form_token,
        done=done,
        problem=problem,
        entered=entered or {},
    )
