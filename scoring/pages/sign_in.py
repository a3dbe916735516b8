"""Signing in and out."""

import re
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

import anyio.to_thread
import structlog
from anyio import CapacityLimiter
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from scoring.base.secrets import Secret
from scoring.pages.access import SESSION_COOKIE, session_secret
from scoring.pages.forms import check_token, form_cookie, form_secret, new_secret, read_fields, secret_cookie, token_of
from scoring.pages.rendering import Pages, redirect
from scoring.store.persons import Person, find_person
from scoring.store.sessions import close_session, open_session
from scoring.store.sign_ins import attempt_of, forgive, start_attempt
from scoring.usecases.assess import Desk
from scoring.usecases.passwords import NOBODYS_HASH, is_password

START: Final = "/decisions"
"""Where a person lands."""
_NEXT: Final = re.compile(r"/decisions(/[a-z0-9_]{1,64})?(\?[!-~]{0,1000})?")
_LONGEST: Final = 200
"""Characters of a field that are looked at."""
_log = structlog.get_logger(__name__)


@get("/")
async def get_start() -> Response[str]:
    """To the list of decisions."""
    return redirect(START)


@get("/sign-in")
async def get_sign_in(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], pages: NamedDependency[Pages]
) -> Response[str]:
    """The form."""
    return _form(request, desk, pages, {"next": request.query_params.get("next", "")})


@post("/sign-in")
async def post_sign_in(
    request: Request[Any, Any, Any],
    body: RawBody,
    desk: NamedDependency[Desk],
    pages: NamedDependency[Pages],
    hashing: NamedDependency[CapacityLimiter],
) -> Response[str]:
    """Start a session where the password is right; else the same answer, whatever was wrong."""
    fields = read_fields(body)
    check_token(form_secret(request, desk.settings), fields)
    lender, name = (fields.get(field, "").strip()[:_LONGEST] for field in ("lender", "name"))
    address = "" if request.client is None else request.client.host
    attempt = attempt_of(lender_id=lender, name=name, address=address)
    wait = await start_attempt(desk.database, attempt, now=desk.clock(), randomness=desk.randomness)
    if wait:
        return _form(request, desk, pages, fields, wait=wait)
    person = await find_person(desk.database, lender_id=lender, name=name)
    is_right = await _knows_password(person, fields, hashing)
    if person is None or not is_right or person.disabled_at is not None:
        _log.info("sign-in refused")
        return _form(request, desk, pages, fields, is_refused=True)
    await forgive(desk.database, attempt)
    secret = new_secret(desk.randomness)
    await open_session(
        desk.database,
        person.principal,
        secret,
        replaced=session_secret(request, desk.settings),
        now=desk.clock(),
        lasts=timedelta(hours=desk.settings.session_hours),
    )
    _log.info("signed in", lender=person.principal.lender_id, principal=person.principal.id)
    wanted = fields.get("next", "")
    answer = redirect(wanted if _NEXT.fullmatch(wanted) else START)
    answer.cookies = [secret_cookie(SESSION_COOKIE, secret, desk.settings)]
    return answer


@post("/sign-out")
async def post_sign_out(request: Request[Any, Any, Any], body: RawBody, desk: NamedDependency[Desk]) -> Response[str]:
    """End the session."""
    secret = session_secret(request, desk.settings)
    if secret is not None:
        check_token(secret, read_fields(body))
        await close_session(desk.database, secret)
    answer = redirect("/sign-in")
    answer.cookies = [secret_cookie(SESSION_COOKIE, "", desk.settings, max_age=0)]
    return answer


def to_sign_in(request: Request[Any, Any, Any]) -> Response[str]:
    """To the form, and from there back to the page that was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_page = request.method == "GET" and _NEXT.fullmatch(wanted) and wanted != START
    return redirect(f"/sign-in?next={quote(wanted, safe='')}" if is_page else "/sign-in")


async def _knows_password(person: Person | None, fields: dict[str, str], hashing: CapacityLimiter) -> bool:
    hashed = NOBODYS_HASH if person is None else person.password_hash
    password = Secret(fields.get("password", ""))
    return await anyio.to_thread.run_sync(is_password, password, hashed, limiter=hashing)


def _form(
    request: Request[Any, Any, Any],
    desk: Desk,
    pages: Pages,
    fields: dict[str, str],
    *,
    is_refused: bool = False,
    wait: int = 0,
) -> Response[str]:
    """The form with what was typed, but for the password, under the secret that the browser has or gets."""
    known = form_secret(request, desk.settings)
    secret = known or new_secret(desk.randomness)
    page = pages.respond(
        request,
        "sign_in.html",
        status_code=429 if wait else 403 if is_refused else 200,
        form_token=token_of(secret),
        lender=fields.get("lender", "")[:_LONGEST],
        name=fields.get("name", "")[:_LONGEST],
        next=fields.get("next", ""),
        is_refused=is_refused,
        wait=wait,
    )
    if wait:
        page.headers["Retry-After"] = str(wait)
    if known is None:
        page.cookies.append(form_cookie(secret, desk.settings))
    return page
