"""Signing in by password, and out."""

import re
from typing import Any, Final
from urllib.parse import quote, urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from scoring.api.middleware import who_of
from scoring.base.identifiers import Randomness
from scoring.base.secrets import Secret
from scoring.pages.access import (
    SESSION_COOKIE,
    browser_of,
    cookies_of,
    needs_passwords,
    needs_person,
    session_secret,
    viewer_of,
)
from scoring.pages.forms import check_token, form_cookie, form_secret, read_fields, secret_cookie, token_of
from scoring.pages.rendering import Pages, redirect
from scoring.runtime.settings import Settings
from scoring.store.audit import Action, Trail
from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.sessions import Lacks, close_session
from scoring.usecases.sign_in import PersonSignIn, SignedIn, new_secret
from scoring.usecases.sign_in_errors import TooManyTriesError, WrongPasswordError

START: Final = "/"
"""After sign-in: the first page that a person may see."""
_FIRST: Final = "/decisions"
_NEXT: Final = re.compile(r"(/decisions(/[a-z0-9_]{1,64})?|/audit)(\?[!-~]{0,1000})?|/account")
_LONGEST: Final = 200
"""Maximum length of a field."""
_STEPS: Final = {Lacks.CODE: "/sign-in/code", Lacks.SET_UP: "/sign-in/set-up"}
"""Where somebody does what is lacking."""
_STATUSES: Final = {"refused": 403, "provider-refused": 403, "not-a-person": 403, "provider-unavailable": 503}
"""HTTP status of the form by what it tells; 200 for all else."""


@get("/", guards=[needs_person(*Role)])
async def get_start(request: Request[Any, Any, Any]) -> Response[str]:
    """To the first page of the menu that the person may see: every role has one."""
    reader = viewer_of(request).principal
    others = "/promotions" if reader.sees_promotions else "/webhooks"
    asked = f"?{request.url.query}" if request.url.query else ""  # such as the language
    return redirect((_FIRST if reader.reads_decisions else others) + asked)


@get("/sign-in")
async def get_sign_in(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The form, with what went wrong at a provider."""
    asked = request.query_params
    told = asked.get("problem", "")
    return _form(
        request,
        settings,
        randomness,
        pages,
        {"next": asked.get("next", "")},
        told=told if told in _STATUSES else None,
    )


@post("/sign-in", guards=[needs_passwords])
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
    # PostgreSQL knows no NUL
    lender, name = (fields.get(field, "").replace("\0", "").strip()[:_LONGEST] for field in ("lender", "name"))
    try:
        signed_in = await sign_in.open(
            lender, name, Secret(fields.get("password", "")), browser=browser_of(request, settings)
        )
    except TooManyTriesError as error:
        return _form(request, settings, randomness, pages, fields, wait=error.seconds)
    except WrongPasswordError:
        return _form(request, settings, randomness, pages, fields, told="refused")
    return signed_in_at(page_wanted(fields.get("next", "")), signed_in, settings)


@post("/sign-out")
async def post_sign_out(
    request: Request[Any, Any, Any],
    body: RawBody,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    trail: NamedDependency[Trail],
) -> Response[str]:
    """End the session; the browser stays known."""
    secret = session_secret(request, settings)
    if secret is not None:
        check_token(secret, read_fields(body))
        await close_session(
            database,
            secret,
            marked=lambda principal: trail.mark(who_of(request, principal), Action.SIGNED_OUT),
        )
    answer = redirect("/sign-in")
    answer.cookies = [secret_cookie(SESSION_COOKIE, "", settings, max_age=0)]
    return answer


def signed_in_at(wanted: str, signed_in: SignedIn, settings: Settings) -> Response[str]:
    """To the page that was wanted, or to the one where the second factor is proved or set up."""
    if signed_in.lacks is not None:
        following = "" if wanted == START else f"?{urlencode({'next': wanted})}"
        wanted = _STEPS[signed_in.lacks] + following
    answer = redirect(wanted)
    answer.cookies = cookies_of(signed_in, settings)
    return answer


def page_wanted(text: str) -> str:
    """The page of the service that a text names, or the start."""
    return text if _NEXT.fullmatch(text) else START


def to_sign_in(request: Request[Any, Any, Any]) -> Response[str]:
    """To the form, and from there back to the page that was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_page = request.method == "GET" and _NEXT.fullmatch(wanted) and wanted != _FIRST
    return redirect(f"/sign-in?next={quote(wanted, safe='')}" if is_page else "/sign-in")


def _form(
    request: Request[Any, Any, Any],
    settings: Settings,
    randomness: Randomness,
    pages: Pages,
    fields: dict[str, str],
    *,
    told: str | None = None,
    wait: int = 0,
) -> Response[str]:
    """The form with what was typed, but for the password, under the secret that the browser has or gets.

    Args:
        request: what is answered.
        settings: which ways there are to sign in.
        randomness: for the secret.
        pages: renders it.
        fields: what was typed.
        told: the text of ``SignIn.problems`` that is shown.
        wait: seconds that the person has to wait, if any.
    """
    known = form_secret(request, settings)
    secret = known or new_secret(randomness)
    page = pages.respond(
        request,
        "sign_in.html",
        status_code=429 if wait else _STATUSES.get(told or "", 200),
        form_token=token_of(secret),
        lender=fields.get("lender", "")[:_LONGEST],
        name=fields.get("name", "")[:_LONGEST],
        next=fields.get("next", ""),
        told=told,
        wait=wait,
        is_provider_only=settings.is_provider_only,
        provider=None
        if settings.openid is None
        else f"/sign-in/provider?{urlencode({'next': fields.get('next', '')})}",
    )
    if wait:
        page.headers["Retry-After"] = str(wait)
    if known is None:
        page.cookies.append(form_cookie(secret, settings))
    return page
