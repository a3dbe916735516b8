"""Signing in and out."""

import re
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from scoring.base.identifiers import Randomness
from scoring.base.secrets import Secret
from scoring.pages.access import SESSION_COOKIE, session_secret
from scoring.pages.forms import check_token, form_cookie, form_secret, read_fields, secret_cookie, token_of
from scoring.pages.rendering import Pages, redirect
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.sessions import close_session
from scoring.usecases.sign_in import PersonSignIn, TooManyTriesError, WrongPasswordError, new_secret

START: Final = "/decisions"
"""Page after sign-in."""
_NEXT: Final = re.compile(r"/decisions(/[a-z0-9_]{1,64})?(\?[!-~]{0,1000})?")
_LONGEST: Final = 200
"""Maximum length of a field."""


@get("/")
async def get_start() -> Response[str]:
    """To the list of decisions."""
    return redirect(START)


@get("/sign-in")
async def get_sign_in(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The form."""
    return _form(request, settings, randomness, pages, {"next": request.query_params.get("next", "")})


@post("/sign-in")
async def post_sign_in(
    request: Request[Any, Any, Any],
    body: RawBody,
    sign_in: NamedDependency[PersonSignIn],
    settings: NamedDependency[Settings],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Start a session if the password is right, else give the same response for every failure."""
    fields = read_fields(body)
    check_token(form_secret(request, settings), fields)
    lender, name = (fields.get(field, "").strip()[:_LONGEST] for field in ("lender", "name"))
    try:
        secret = await sign_in.open(
            lender,
            name,
            Secret(fields.get("password", "")),
            address="" if request.client is None else request.client.host,
            replaced=session_secret(request, settings),
        )
    except TooManyTriesError as error:
        return _form(request, settings, randomness, pages, fields, wait=error.seconds)
    except WrongPasswordError:
        return _form(request, settings, randomness, pages, fields, is_refused=True)
    wanted = fields.get("next", "")
    answer = redirect(wanted if _NEXT.fullmatch(wanted) else START)
    answer.cookies = [secret_cookie(SESSION_COOKIE, secret, settings)]
    return answer


@post("/sign-out")
async def post_sign_out(
    request: Request[Any, Any, Any],
    body: RawBody,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[str]:
    """End the session."""
    secret = session_secret(request, settings)
    if secret is not None:
        check_token(secret, read_fields(body))
        await close_session(database, secret)
    answer = redirect("/sign-in")
    answer.cookies = [secret_cookie(SESSION_COOKIE, "", settings, max_age=0)]
    return answer


def to_sign_in(request: Request[Any, Any, Any]) -> Response[str]:
    """To the form, and from there back to the page that was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_page = request.method == "GET" and _NEXT.fullmatch(wanted) and wanted != START
    return redirect(f"/sign-in?next={quote(wanted, safe='')}" if is_page else "/sign-in")


def _form(
    request: Request[Any, Any, Any],
    settings: Settings,
    randomness: Randomness,
    pages: Pages,
    fields: dict[str, str],
    *,
    is_refused: bool = False,
    wait: int = 0,
) -> Response[str]:
    """The form with what was typed, but for the password, under the secret that the browser has or gets."""
    known = form_secret(request, settings)
    secret = known or new_secret(randomness)
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
        page.cookies.append(form_cookie(secret, settings))
    return page
