"""Error pages, shown to people where the API returns a problem document."""

import re
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from scoring.api.problems import respond
from scoring.decisions.notices import NotNewestError
from scoring.decisions.records import NewerRecordError
from scoring.pages.access import SignInNeededError
from scoring.pages.forms import FormError, FormExpiredError
from scoring.pages.rendering import Pages
from scoring.pages.sign_in import START, to_sign_in
from scoring.pages.texts.errors import Errors
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.store.decisions import RecordChangedError
from scoring.usecases.notices import NoSenderError
from scoring.usecases.reading import RestrictedError

PAGE_ERRORS: dict[type[Exception], tuple[int, str]] = {
    FormError: (400, "400"),
    FormExpiredError: (403, "form-expired"),
}
"""Errors of pages only: HTTP status, and the key in ``texts.errors``."""
_KINDS: dict[type[Exception], str] = {
    RestrictedError: "restricted",
    RecordChangedError: "damaged",
    NewerRecordError: "newer",
    BorrowerRestrictedError: "restricted",
    NotNewestError: "superseded",
    NoSenderError: "no-sender",
}
"""Errors of the API whose status alone would say too little to a person."""
_LINK: Final = re.compile(r"(/(?:answer|connect|device)/[^/]+)(?:/cancel|/withdraw|/connect|/token|/account)?/?")
_STATUS_OF_PROBLEM = {401: 403, 415: 400, 422: 400}
"""Statuses that mean the same to a person."""


def handlers(pages: Pages) -> ExceptionHandlersMap:
    """The handlers of the page routes."""

    def show(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
        if isinstance(error, SignInNeededError):
            return to_sign_in(request)
        return error_page(pages, request, error)

    return {Exception: show, HTTPException: show}


def handlers_of_unknown_paths(pages: Pages) -> ExceptionHandlersMap:
    """The handlers of everything else: a browser that asks for what is no route gets a page, too."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        is_unknown = "route_handler" not in request.scope
        if is_unknown and "text/html" in request.headers.get("accept", ""):
            return error_page(pages, request, error)
        return respond(request, error)

    return {Exception: answer, HTTPException: answer}


def error_page(pages: Pages, request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    """The page that says what went wrong and what to do; headers such as ``Retry-After`` stay."""
    if type(error) in PAGE_ERRORS:
        status, kind = PAGE_ERRORS[type(error)]
        return pages.respond(
            request, "error.html", status_code=status, page=_page_of(request), kind=kind, request_id=None, again=True
        )
    problem = respond(request, error)
    status = problem.status_code or 500
    status = _STATUS_OF_PROBLEM.get(status, status)
    page = pages.respond(
        request,
        "error.html",
        status_code=status,
        page=_page_of(request),
        kind=_KINDS.get(type(error)) or (str(status) if str(status) in Errors.heading else "500"),
        request_id=request.scope.get("request_id"),
        again=False,
    )
    page.headers.update({name: value for name, value in problem.headers.items() if name in {"Allow", "Retry-After"}})
    return page


def _page_of(request: Request[Any, Any, Any]) -> str | None:
    """The page with the form that was sent; None where the address that failed is itself a page to get."""
    if request.method != "POST":
        return None
    path = request.url.path
    if link := _LINK.fullmatch(path):
        return quote(link[1])
    if path.startswith("/account"):
        return "/account"
    return "/sign-in" if path == "/sign-in" else START
