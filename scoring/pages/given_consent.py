"""The page of a link that was used: what the firm agreed to, what came of it, and how to withdraw it."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from scoring.api.middleware import address_of, request_id_of
from scoring.base.identifiers import Randomness
from scoring.base.purposes import Purpose
from scoring.pages import forms
from scoring.pages.rendering import Pages, redirect
from scoring.pages.texts import Language
from scoring.runtime.settings import Settings
from scoring.store.audit import FIRM, Who
from scoring.store.connect_sessions import ConnectSession, SessionStatus
from scoring.usecases.connect import Connector
from scoring.usecases.given_consent import GivenConsent, GivenConsents
from scoring.usecases.sign_in import new_secret


@post("/connect/{secret:str}/withdraw", status_code=200)
async def withdraw_consent(
    request: Request[Any, Any, Any],
    secret: FromPath[str],
    body: RawBody,
    connector: NamedDependency[Connector],
    consents: NamedDependency[GivenConsents],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Withdraw a purpose or everything, and show the page again."""
    session = await connector.find_link(secret)
    if session is not None and session.status is SessionStatus.COMPLETED:
        fields = forms.read_fields(body)
        forms.check_token(forms.form_secret(request, settings), fields)
        try:
            purpose = Purpose(fields.get("purpose", ""))
        except ValueError:
            raise forms.FormError("the form names no purpose") from None
        await consents.withdraw(session, purpose, firm(request, session))
    language = "en" if request.query_params.get("lang") == "en" else "de"
    return redirect(f"/connect/{secret}?lang={language}")


def firm(request: Request[Any, Any, Any], session: ConnectSession) -> Who:
    """The firm that has the link, for the audit trail."""
    return Who(lender_id=session.lender_id, actor=FIRM, address=address_of(request), request_id=request_id_of(request))


def consent_page(
    pages: Pages,
    request: Request[Any, Any, Any],
    settings: Settings,
    randomness: Randomness,
    session: ConnectSession,
    given: GivenConsent,
    language: Language,
) -> Response[str]:
    """The page, with a form for each purpose that is in force."""
    secret = forms.form_secret(request, settings) or new_secret(randomness)
    connection, withdrawn_at = given.connection, given.consent.withdrawn_at
    if connection is not None:
        state, moment = connection.status, connection.checked_at
    else:
        state, moment = ("deleted", given.consent.given_at) if withdrawn_at is None else ("withdrawn", withdrawn_at)
    page = pages.respond(
        request,
        "given_consent.html",
        language=language,
        path=request.url.path.removesuffix("/"),
        session=session,
        given=given,
        state=state,
        moment=moment,
        in_force=() if connection is None else connection.purposes,
        csrf=forms.token_of(secret),
    )
    page.set_cookie(forms.form_cookie(secret, settings))
    return page
