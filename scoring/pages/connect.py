"""The page of a one-time link: information, instructions for the token, consent, and return to the lender.

Opening the page changes nothing (mail scanners open links): a link is used up by a token that works, or by declining.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from scoring.api.web_addresses import origin_of, with_result
from scoring.base.credentials import Credential, TokenCredential
from scoring.base.identifiers import BERLIN, Clock, Randomness, instant
from scoring.base.purposes import Purpose
from scoring.base.secrets import Secret
from scoring.pages import forms
from scoring.pages.consent import ConsentText, consent_text
from scoring.pages.given_consent import consent_page, firm
from scoring.pages.rendering import PAGE_HEADERS, Pages, redirect
from scoring.pages.texts import LANGUAGES, Language
from scoring.runtime.settings import Settings
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
from scoring.store.connect_sessions import (
    MOST_TRIES,
    ConnectSession,
    Consent,
    SessionEndedError,
    SessionStatus,
)
from scoring.usecases.books import Running
from scoring.usecases.connect import Connector
from scoring.usecases.given_consent import GivenConsents
from scoring.usecases.sign_in import new_secret

RESULTS: Final[Mapping[SessionStatus, str]] = {
    SessionStatus.COMPLETED: "connected",
    SessionStatus.CANCELLED: "cancelled",
    SessionStatus.EXPIRED: "expired",
    SessionStatus.FAILED: "failed",
}
"""Value of ``result`` in the return URL."""
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


@get("/connect/{secret:str}")
async def show_link(
    request: Request[Any, Any, Any],
    secret: FromPath[str],
    connector: NamedDependency[Connector],
    consents: NamedDependency[GivenConsents],
    settings: NamedDependency[Settings],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[Any]:
    """The form, the consent that was given, or the state of a closed link."""
    session = await _find(connector, secret)
    given = None
    if session is not None and session.status is SessionStatus.COMPLETED:
        given = await consents.find(session)
    if session is not None and given is not None:
        return consent_page(pages, request, settings, randomness, session, given, _language(request, session))
    if session is None or session.status is not SessionStatus.OPEN:
        return _ended(pages, request, session)
    text = _text(request, connector, settings, session)
    return _form(pages, request, settings, randomness, session, text)


@post("/connect/{secret:str}", status_code=200)
async def use_link(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    secret: FromPath[str],
    body: RawBody,
    connector: NamedDependency[Connector],
    sources: NamedDependency[Sources],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    randomness: NamedDependency[Randomness],
    running: NamedDependency[Running],
    pages: NamedDependency[Pages],
) -> Response[Any]:
    """Check consent and token; redirect to the lender on success, else show the form with instructions."""
    session = await _find(connector, secret)
    if session is None or session.status is not SessionStatus.OPEN:
        return _leave(pages, request, session)
    fields = forms.read_fields(body)
    text = _text(request, connector, settings, session)
    form = partial(_form, pages, request, settings, randomness, text=text, fields=fields)
    credential = TokenCredential(source=SEVDESK, secret=Secret(fields.get("token", "").strip()))
    if fault := _fault(request, settings, sources, credential, fields, text):
        return form(session, failure=fault)
    failure: str | None = None
    try:
        consent = _consent(fields, text, given_at=instant(clock()))
        work = connector.connect_by_link(session, who=firm(request, session), credential=credential, consent=consent)
        await running.finish(work)
    except (SessionEndedError, BorrowerRestrictedError):
        failure = "busy"  # if it is still open; else its state is shown
    except SourceError as error:
        failure = next(_FAILURES[kind] for kind in type(error).__mro__ if kind in _FAILURES)
    session = await _find(connector, secret)
    if failure is not None and session is not None and session.status is SessionStatus.OPEN:
        return form(session, failure=failure)
    return _leave(pages, request, session)


@post("/connect/{secret:str}/cancel", status_code=200)
async def decline_link(
    request: Request[Any, Any, Any],
    secret: FromPath[str],
    body: RawBody,
    connector: NamedDependency[Connector],
    settings: NamedDependency[Settings],
    pages: NamedDependency[Pages],
) -> Response[Any]:
    """Cancel the link and redirect to the lender."""
    session = await _find(connector, secret)
    if session is not None and session.status is SessionStatus.OPEN:
        forms.check_token(forms.form_secret(request, settings), forms.read_fields(body))
        await connector.decline(session, firm(request, session))
        session = await _find(connector, secret)
    return _leave(pages, request, session)


async def _find(connector: Connector, secret: str) -> ConnectSession | None:
    session = await connector.find_link(secret)
    if session is not None:
        structlog.contextvars.bind_contextvars(lender=session.lender_id, connect_session=session.id)
    return session


def _fault(
    request: Request[Any, Any, Any],
    settings: Settings,
    sources: Sources,
    credential: Credential,
    fields: Mapping[str, str],
    text: ConsentText,
) -> str | None:
    """Faults of the form, without a request to the source."""
    try:
        forms.check_token(forms.form_secret(request, settings), dict(fields))
    except forms.FormExpiredError:
        return "form_expired"
    if fields.get("text") != text.sha256():
        return "text_changed"
    if fields.get("consent") != "yes":
        return "consent_missing"
    if not credential.secret.reveal():
        return "token_missing"
    return None if sources.find_fault(credential) is None else "token_malformed"


def _consent(fields: Mapping[str, str], text: ConsentText, *, given_at: str) -> Consent:
    """Consented purposes: an optional purpose counts only if it was offered and its box is ticked."""
    purposes = (
        Purpose.DECISION,
        *(choice.purpose for choice in text.choices if fields.get(choice.purpose) == "yes"),
    )
    return Consent(
        language=text.language,
        purposes=purposes,
        text_version=text.version,
        text_sha256=text.sha256(purposes),
        text=text.plain(purposes),
        given_at=given_at,
    )


def _text(
    request: Request[Any, Any, Any], connector: Connector, settings: Settings, session: ConnectSession
) -> ConsentText:
    return consent_text(
        session, connector.reads, snapshot_days=settings.snapshot_days, language=_language(request, session)
    )


def _language(request: Request[Any, Any, Any], session: ConnectSession) -> Language:
    """The language in the address, else that of the link."""
    asked = request.query_params.get("lang")
    return next((language for language in LANGUAGES if asked == language), "en" if session.language == "en" else "de")


def _form(  # noqa: PLR0913  each is shown or needed once
    pages: Pages,
    request: Request[Any, Any, Any],
    settings: Settings,
    randomness: Randomness,
    session: ConnectSession,
    text: ConsentText,
    *,
    failure: str | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response[Any]:
    """The page with its form; the token that was entered is never in it."""
    given = fields or {}
    secret = forms.form_secret(request, settings) or new_secret(randomness)
    page = pages.respond(
        request,
        "connect.html",
        status_code=200 if failure is None else _STATUSES.get(failure, 422),
        language=text.language,
        path=request.url.path.removesuffix("/"),
        session=session,
        text=text,
        text_sha256=text.sha256(),
        until=_until(session, text.language),
        csrf=forms.token_of(secret),
        failure=failure,
        ticked=[
            name
            for name in ("consent", *(choice.purpose for choice in text.choices))
            if given.get(name) == "yes" and given.get("text") == text.sha256()
        ],
        length=len(given.get("token", "").strip()),
        tries_left=MOST_TRIES - session.tries,
    )
    page.set_cookie(forms.form_cookie(secret, settings))
    # browsers hold the redirect after a form to this rule, too
    allowed = f"form-action 'self' {origin_of(session.return_url)}"
    page.headers["Content-Security-Policy"] = PAGE_HEADERS["Content-Security-Policy"].replace(
        "form-action 'self'", allowed
    )
    return page


def _until(session: ConnectSession, language: Language) -> str:
    moment = datetime.fromisoformat(session.expires_at).astimezone(BERLIN)
    day = f"{moment.day}.{moment.month}.{moment.year}" if language == "de" else f"{moment.day} {moment:%B %Y}"
    return f"{day}, {moment:%H:%M}"


def _leave(pages: Pages, request: Request[Any, Any, Any], session: ConnectSession | None) -> Response[Any]:
    """Back to the lender where the reader has done something; else the page that says why nothing can be done."""
    if session is not None and session.status in {SessionStatus.COMPLETED, SessionStatus.CANCELLED}:
        return redirect(_way_back(session))
    return _ended(pages, request, session)


def _ended(pages: Pages, request: Request[Any, Any, Any], session: ConnectSession | None) -> Response[Any]:
    """The page of a link that cannot be used."""
    return pages.respond(
        request,
        "connect_ended.html",
        status_code=404 if session is None else 410,
        language=None if session is None else _language(request, session),
        session=session,
        kind="unknown" if session is None else session.status.value,
        back=None if session is None else _way_back(session),
    )


def _way_back(session: ConnectSession) -> str:
    return with_result(session.return_url, result=RESULTS[session.status], session_id=session.id)
