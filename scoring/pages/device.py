"""The page of a link that makes a browser known; it gives nothing else: the person signs in as always.

Opening the page changes nothing (mail scanners open links): the button does.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from scoring.api.middleware import address_of, request_id_of
from scoring.base.identifiers import Clock, Randomness
from scoring.pages.access import browser_of, device_cookie
from scoring.pages.forms import check_token, form_cookie, form_secret, read_fields, token_of
from scoring.pages.rendering import Pages, redirect
from scoring.runtime.settings import Settings
from scoring.store.audit import Action, Mark, Trail, Who
from scoring.store.database import Database
from scoring.store.devices import is_link, use_link
from scoring.usecases.sign_in import new_secret


@get("/device/{link:str}")
async def show_device_link(
    request: Request[Any, Any, Any],
    link: FromPath[str],
    database: NamedDependency[Database],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The button, or that the link was used or has expired."""
    is_over = not await is_link(database, link, now=clock())
    return _form(request, settings, randomness, pages, is_over=is_over)


@post("/device/{link:str}")
async def use_device_link(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    link: FromPath[str],
    body: RawBody,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    trail: NamedDependency[Trail],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Know this browser, and lead to the form; a link works once."""
    check_token(form_secret(request, settings), read_fields(body))
    device, known = new_secret(randomness), browser_of(request, settings).device
    address, request_id = address_of(request), request_id_of(request)

    def marked(lender_id: str, principal_id: str) -> Mark:
        who = Who(lender_id=lender_id, principal_id=principal_id, address=address, request_id=request_id)
        return trail.mark(who, Action.DEVICE_KNOWN)

    if not await use_link(database, link, device, replaced=known, now=clock(), marked=marked):
        return _form(request, settings, randomness, pages, is_over=True)
    answer = redirect("/sign-in")
    answer.cookies = [device_cookie(device, settings)]
    return answer


def _form(
    request: Request[Any, Any, Any], settings: Settings, randomness: Randomness, pages: Pages, *, is_over: bool
) -> Response[str]:
    known = form_secret(request, settings)
    secret = known or new_secret(randomness)
    page = pages.respond(
        request,
        "device.html",
        status_code=410 if is_over else 200,
        form_token=token_of(secret),
        path=request.url.path,
        is_over=is_over,
    )
    if known is None:
        page.cookies.append(form_cookie(secret, settings))
    return page
