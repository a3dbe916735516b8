"""The second factor: proving it at sign-in, and setting it up: there if a role demands it, or when a person wants."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from scoring.api.middleware import who_of
from scoring.base.secrets import Secret
from scoring.pages.access import (
    SignInNeededError,
    Viewer,
    browser_of,
    cookies_of,
    lacking_of,
    needs_lacking,
    needs_passwords,
    needs_person,
    session_secret,
    viewer_of,
)
from scoring.pages.forms import check_token, read_fields
from scoring.pages.rendering import Pages, redirect
from scoring.pages.sign_in import page_wanted, signed_in_at
from scoring.runtime.settings import Settings
from scoring.store.principals import Role
from scoring.store.sessions import Lacks
from scoring.usecases.second_factor import AlreadySetUpError, Offer, SecondFactors
from scoring.usecases.sign_in import PersonSignIn, SignedIn
from scoring.usecases.sign_in_errors import TooManyTriesError, WrongCodeError, WrongPasswordError

ACCOUNT: Final = "/account"
_STATUSES: Final = {"code": 403, "refused": 403, "expired": 403}
"""HTTP status of a form by what it tells."""


@get("/sign-in/code", guards=[needs_passwords, needs_lacking(Lacks.CODE)])
async def get_code(request: Request[Any, Any, Any], pages: NamedDependency[Pages]) -> Response[str]:
    """The form for the code."""
    return _code_form(request, pages, request.query_params.get("next", ""))


@post("/sign-in/code", guards=[needs_passwords, needs_lacking(Lacks.CODE)])
async def post_code(
    request: Request[Any, Any, Any],
    body: RawBody,
    sign_in: NamedDependency[PersonSignIn],
    settings: NamedDependency[Settings],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Start the session if the code is right."""
    fields, principal = _checked(request, body, settings), lacking_of(request).principal
    browser = browser_of(request, settings)
    device = await sign_in.known_device(principal.lender_id, principal.name, browser)
    try:
        await sign_in.factors.prove(principal, fields.get("code", ""), device=device, who=who_of(request, principal))
    except TooManyTriesError as error:
        return _code_form(request, pages, fields.get("next", ""), wait=error.seconds)
    except WrongCodeError:
        return _code_form(request, pages, fields.get("next", ""), told="code")
    try:
        signed_in = await sign_in.complete(principal, browser=browser, replaces=True)
    except WrongPasswordError as error:
        raise SignInNeededError(str(error)) from None
    return signed_in_at(page_wanted(fields.get("next", "")), signed_in, settings)


@get("/sign-in/set-up", guards=[needs_passwords, needs_lacking(Lacks.SET_UP)])
async def get_set_up(
    request: Request[Any, Any, Any], factors: NamedDependency[SecondFactors], pages: NamedDependency[Pages]
) -> Response[str]:
    """The form to set up the second factor, before anything else."""
    viewer = lacking_of(request)
    return _set_up_form(request, pages, viewer, factors.offer(viewer.principal), request.query_params.get("next", ""))


@post("/sign-in/set-up", guards=[needs_passwords, needs_lacking(Lacks.SET_UP)], status_code=200)
async def post_set_up(
    request: Request[Any, Any, Any],
    body: RawBody,
    sign_in: NamedDependency[PersonSignIn],
    settings: NamedDependency[Settings],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Keep the second factor, start the session, and show the recovery codes."""
    return await _set_up(request, _checked(request, body, settings), lacking_of(request), sign_in, settings, pages)


@get("/account/second-factor", guards=[needs_passwords, needs_person(*Role)])
async def get_own_set_up(
    request: Request[Any, Any, Any], factors: NamedDependency[SecondFactors], pages: NamedDependency[Pages]
) -> Response[str]:
    """The form to set up the second factor, for a person who wants one."""
    viewer = viewer_of(request)
    if await factors.is_set_up(viewer.principal):
        return redirect(ACCOUNT)
    return _set_up_form(request, pages, viewer, factors.offer(viewer.principal), ACCOUNT)


@post("/account/second-factor", guards=[needs_passwords, needs_person(*Role)], status_code=200)
async def post_own_set_up(
    request: Request[Any, Any, Any],
    body: RawBody,
    sign_in: NamedDependency[PersonSignIn],
    settings: NamedDependency[Settings],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Keep the second factor, if the password is right, too; show the recovery codes."""
    return await _set_up(request, _checked(request, body, settings), viewer_of(request), sign_in, settings, pages)


async def _set_up(
    request: Request[Any, Any, Any],
    fields: dict[str, str],
    viewer: Viewer,
    sign_in: PersonSignIn,
    settings: Settings,
    pages: Pages,
) -> Response[str]:
    factors, principal, wanted = sign_in.factors, viewer.principal, fields.get("next", "")
    offer = factors.read_offer(principal, fields.get("offer", ""))
    if offer is None:
        return _set_up_form(request, pages, viewer, factors.offer(principal), wanted, told="expired")
    browser = browser_of(request, settings)
    device = await sign_in.known_device(principal.lender_id, principal.name, browser)
    try:
        if _is_own(request):  # a session that somebody found open must not lock its person out
            await sign_in.check_password(principal, Secret(fields.get("password", "")), browser=browser)
        codes = await factors.set_up(
            principal, offer, fields.get("code", ""), device=device, who=who_of(request, principal)
        )
    except TooManyTriesError as error:
        return _set_up_form(request, pages, viewer, offer, wanted, wait=error.seconds)
    except WrongCodeError:
        return _set_up_form(request, pages, viewer, offer, wanted, told="code")
    except WrongPasswordError:
        return _set_up_form(request, pages, viewer, offer, wanted, told="refused")
    except AlreadySetUpError:
        return redirect("/sign-in")
    try:
        signed_in = await sign_in.complete(principal, browser=browser, replaces=True)
    except WrongPasswordError as error:
        raise SignInNeededError(str(error)) from None
    return _codes_page(request, pages, codes, page_wanted(wanted), signed_in, settings)


def _codes_page(
    request: Request[Any, Any, Any],
    pages: Pages,
    codes: list[str],
    following: str,
    signed_in: SignedIn,
    settings: Settings,
) -> Response[str]:
    """The recovery codes, once; the header has no forms, which would carry the token of the session that ended."""
    request.scope.pop("viewer", None)  # type: ignore[typeddict-item]  # set by a guard
    page = pages.respond(request, "recovery_codes.html", page=following, codes=codes, following=following)
    page.cookies.extend(cookies_of(signed_in, settings))
    return page


def _checked(request: Request[Any, Any, Any], body: bytes, settings: Settings) -> dict[str, str]:
    """The fields of a form that carries the token of the session."""
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    return fields


def _is_own(request: Request[Any, Any, Any]) -> bool:
    """Whether the person is signed in already and sets it up of their own accord."""
    return "viewer" in request.scope


def _code_form(
    request: Request[Any, Any, Any], pages: Pages, following: str, *, told: str | None = None, wait: int = 0
) -> Response[str]:
    page = pages.respond(
        request,
        "sign_in_code.html",
        status_code=429 if wait else _STATUSES.get(told or "", 200),
        form_token=lacking_of(request).form_token,
        next=following,
        told=told,
        wait=wait,
    )
    if wait:
        page.headers["Retry-After"] = str(wait)
    return page


def _set_up_form(
    request: Request[Any, Any, Any],
    pages: Pages,
    viewer: Viewer,
    offer: Offer,
    following: str,
    *,
    told: str | None = None,
    wait: int = 0,
) -> Response[str]:
    import segno  # noqa: PLC0415  needed only here

    page = pages.respond(
        request,
        "second_factor.html",
        status_code=429 if wait else _STATUSES.get(told or "", 200),
        form_token=viewer.form_token,
        offer=offer.sealed,
        secret=" ".join(_groups(offer.secret.reveal())),
        address=offer.address.reveal(),
        picture=segno.make(offer.address.reveal(), error="m").svg_inline(scale=4, border=4, light="#fff"),
        is_own=_is_own(request),
        next=following,
        told=told,
        wait=wait,
    )
    if wait:
        page.headers["Retry-After"] = str(wait)
    return page


def _groups(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]
