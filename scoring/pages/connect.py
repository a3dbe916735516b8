"""The pages of a one-time link, one decision on each: consent, token, and whether the account is the firm's.

Opening a page changes nothing (mail scanners open links): a link is used up by confirming an account, or by declining.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from scoring.base.credentials import TokenCredential
from scoring.base.identifiers import instant
from scoring.base.secrets import Secret
from scoring.pages import forms
from scoring.pages.given_consent import consent_page, firm
from scoring.pages.link_visit import LinkPages, LinkVisit
from scoring.pages.other_device import qr_code
from scoring.pages.rendering import redirect
from scoring.sources.errors import (
    AccessDeniedError,
    CredentialRejectedError,
    DeadlineExceededError,
    InconsistentAnswerError,
    RateLimitedError,
    SourceError,
    SourceUnavailableError,
)
from scoring.sources.registry import SEVDESK, Sources
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.store.connect_sessions import MOST_TRIES, SessionEndedError, SessionStatus
from scoring.usecases.found_account import mark_of, open_account, seal_account

_FAILURES: Final[Mapping[type[Exception], str]] = {
    AccessDeniedError: "plan_lacks_api",
    CredentialRejectedError: "token_rejected",
    RateLimitedError: "unavailable",
    SourceUnavailableError: "unavailable",
    DeadlineExceededError: "unavailable",
    InconsistentAnswerError: "unavailable",
    SourceError: "unexpected",
}
_STATUSES: Final[Mapping[str, int]] = {"form_expired": 403, "busy": 409, "unavailable": 503, "unexpected": 502}
"""HTTP status of a failure; all others are 422."""
_NOTES: Final = ("other_account", "too_late")
"""Why the page of the token is shown again without a failure: ``note`` in the address."""
_LAST_DIGITS: Final = 4
"""Of a number, which are shown: its owner knows it by them, and nobody learns it."""


@get("/connect/{secret:str}")
async def show_link(
    request: Request[Any, Any, Any], secret: FromPath[str], links: NamedDependency[LinkPages]
) -> Response[Any]:
    """What is asked for, the consent that was given, or the state of a closed link."""
    visit = await links.visit(request, secret)
    if visit is not None and visit.session.status is SessionStatus.COMPLETED:
        given = await links.consents.find(visit.session)
        if given is not None:
            return consent_page(visit, given)
    if visit is None or not visit.is_open:
        return links.ended(request, visit)
    return _consent_form(visit)


@post("/connect/{secret:str}", status_code=200)
async def agree(
    request: Request[Any, Any, Any], secret: FromPath[str], body: RawBody, links: NamedDependency[LinkPages]
) -> Response[Any]:
    """Take the consent to the next page; nothing is stored yet."""
    visit = await links.visit(request, secret)
    if visit is None or not visit.is_open:
        return links.leave(request, visit)
    fields, text = forms.read_fields(body), visit.text()
    if not visit.is_own_form(fields):
        return _consent_form(visit, fields=fields, failure="form_expired")
    if fields.get("text") != text.sha256():
        return _consent_form(visit, fields=fields, failure="text_changed")
    return redirect(visit.to("/token", **visit.agree(text, fields)))


@get("/connect/{secret:str}/token")
async def show_token(
    request: Request[Any, Any, Any], secret: FromPath[str], links: NamedDependency[LinkPages]
) -> Response[Any]:
    """The field for the token, and how to find it; who has not agreed in this browser is asked for that first."""
    visit = await links.visit(request, secret)
    if visit is None or not visit.is_open:
        return _first_page(links, request, visit)
    return _token_form(visit) if visit.agreement() is not None else _ask_again(visit)


@post("/connect/{secret:str}/token", status_code=200)
async def use_token(
    request: Request[Any, Any, Any], secret: FromPath[str], body: RawBody, links: NamedDependency[LinkPages]
) -> Response[Any]:
    """Check the token, and go on to the account that it opens; else show the form with instructions."""
    visit = await links.visit(request, secret)
    if visit is None or not visit.is_open:
        return links.leave(request, visit)
    if visit.agreement() is None:
        return _ask_again(visit)
    fields = forms.read_fields(body)
    credential = TokenCredential(source=SEVDESK, secret=Secret(fields.get("token", "").strip()))
    length = len(credential.secret.reveal())
    if fault := _fault(visit, links.sources, credential, fields):
        return _token_form(visit, failure=fault, length=length)
    try:
        work = links.connector.find_account(visit.session, who=firm(request, visit.session), credential=credential)
        account = await links.running.finish(work)
    except SessionEndedError:
        failure = "busy"  # if it is still open; else its state is shown
    except SourceError as error:
        failure = next(_FAILURES[kind] for kind in type(error).__mro__ if kind in _FAILURES)
    else:
        answer = redirect(visit.to("/account", **visit.agreed()))
        answer.set_cookie(visit.account_cookie(seal_account(account, links.cipher, visit.session)))
        return answer
    visit = await links.visit(request, secret)
    if visit is None or not visit.is_open:
        return links.leave(request, visit)
    return _token_form(visit, failure=failure, length=length)


@get("/connect/{secret:str}/account")
async def show_account(
    request: Request[Any, Any, Any], secret: FromPath[str], links: NamedDependency[LinkPages]
) -> Response[Any]:
    """Whose account the token opens: the firm says whether it is its own."""
    visit = await links.visit(request, secret)
    if visit is None or not visit.is_open:
        return _first_page(links, request, visit)
    if visit.agreement() is None:
        return _ask_again(visit)
    account = open_account(visit.kept_account(), links.cipher, visit.session, now=links.clock())
    if account is None:
        return redirect(visit.to("/token", **visit.agreed(note="too_late")))
    return visit.show(
        "connect_account.html",
        name=account.name,
        tax_number=_last_digits(account.tax_number),
        vat_id=_last_digits(account.vat_id),
        shown=mark_of(visit.kept_account()),
        action=visit.to("/account", **visit.agreed()),
    )


@post("/connect/{secret:str}/account", status_code=200)
async def answer_account(
    request: Request[Any, Any, Any], secret: FromPath[str], body: RawBody, links: NamedDependency[LinkPages]
) -> Response[Any]:
    """Connect the account that the firm confirmed, and show the confirmation; else ask for another token."""
    visit = await links.visit(request, secret)
    if visit is None or not visit.is_open:
        return links.leave(request, visit)
    fields, agreement = forms.read_fields(body), visit.agreement()
    if not visit.is_own_form(fields):
        return _consent_form(visit, failure="form_expired")
    if agreement is None:
        return _ask_again(visit)
    kept = visit.kept_account()
    account = open_account(kept, links.cipher, visit.session, now=links.clock())
    if account is not None and fields.get("shown") != mark_of(kept):  # another window has found another one since
        return redirect(visit.to("/account", **visit.agreed()))
    if account is None or fields.get("answer") != "yes":
        note = "too_late" if account is None else "other_account"
        answer = redirect(visit.to("/token", **visit.agreed(note=note)))
    else:
        consent = agreement.consent(given_at=instant(links.clock()))
        work = links.connector.connect_by_link(
            visit.session, who=firm(request, visit.session), account=account, consent=consent
        )
        with suppress(SessionEndedError, BorrowerRestrictedError):  # another window was quicker, or the lender
            await links.running.finish(work)
        after = await links.visit(request, secret)
        if after is not None and after.is_open:
            return _token_form(after, failure="busy")
        answer = links.leave(request, after)
    answer.set_cookie(visit.no_account_cookie())
    return answer


@post("/connect/{secret:str}/cancel", status_code=200)
async def decline_link(
    request: Request[Any, Any, Any], secret: FromPath[str], body: RawBody, links: NamedDependency[LinkPages]
) -> Response[Any]:
    """Cancel the link and redirect to the lender."""
    visit = await links.visit(request, secret)
    if visit is not None and visit.is_open:
        forms.check_token(forms.form_secret(request, links.settings), forms.read_fields(body))
        await links.connector.decline(visit.session, firm(request, visit.session))
        visit = await links.visit(request, secret)
    return links.leave(request, visit)


def _first_page(links: LinkPages, request: Request[Any, Any, Any], visit: LinkVisit | None) -> Response[Any]:
    """Where a further page leads whose link is not open any more."""
    return links.ended(request, None) if visit is None else redirect(visit.to())


def _fault(visit: LinkVisit, sources: Sources, credential: TokenCredential, fields: Mapping[str, str]) -> str | None:
    """Faults of the form, without a request to the source."""
    if not visit.is_own_form(fields):
        return "form_expired"
    if not credential.secret.reveal():
        return "token_missing"
    return None if sources.find_fault(credential) is None else "token_malformed"


def _consent_form(
    visit: LinkVisit, *, fields: Mapping[str, str] | None = None, failure: str | None = None
) -> Response[Any]:
    """The first page; a tick stays with its text."""
    text, given = visit.text(), fields or {}
    is_same = given.get("text") == text.sha256()
    return visit.show(
        "connect.html",
        status_code=_status(failure),
        page=visit.path,
        text=text,
        text_sha256=text.sha256(),
        failure=failure,
        ticked=[one.purpose for one in text.choices if is_same and given.get(one.purpose) == "yes"],
        action=visit.to(),
    )


def _ask_again(visit: LinkVisit) -> Response[Any]:
    """The first page, to who did not agree in this browser, or to another text."""
    if visit.has_agreed():
        return _consent_form(visit, failure="text_changed")
    if visit.request.method == "POST":
        return _consent_form(visit, failure="form_expired")
    return redirect(visit.to())


def _token_form(visit: LinkVisit, *, failure: str | None = None, length: int = 0) -> Response[Any]:
    """The second page; the token that was entered is never in it."""
    note = visit.request.query_params.get("note")
    return visit.show(
        "connect_token.html",
        status_code=_status(failure),
        failure=failure,
        note=note if failure is None and note in _NOTES else None,
        length=length,
        tries_left=MOST_TRIES - visit.session.tries,
        picture=qr_code(visit.address),
        mail=visit.mail("continue"),
        action=visit.to("/token", **visit.agreed()),
    )


def _status(failure: str | None) -> int:
    return 200 if failure is None else _STATUSES.get(failure, 422)


def _last_digits(number: str | None) -> str | None:
    """The end of a number; nothing of one that is not longer."""
    return None if number is None or len(number) <= _LAST_DIGITS else number[-_LAST_DIGITS:]
