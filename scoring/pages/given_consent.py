"""The page of a link that was used: the receipt, what came of it, and how to withdraw the consent."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from scoring.api.middleware import address_of, request_id_of
from scoring.base.purposes import Purpose
from scoring.pages import forms
from scoring.pages.link_visit import LinkPages, LinkVisit
from scoring.pages.rendering import redirect
from scoring.store.audit import FIRM, Who
from scoring.store.connect_sessions import ConnectSession, SessionStatus
from scoring.usecases.given_consent import GivenConsent


@post("/connect/{secret:str}/withdraw", status_code=200)
async def withdraw_consent(
    request: Request[Any, Any, Any], secret: FromPath[str], body: RawBody, links: NamedDependency[LinkPages]
) -> Response[Any]:
    """Withdraw a purpose or everything, and show the page again."""
    visit = await links.visit(request, secret)
    if visit is not None and visit.session.status is SessionStatus.COMPLETED:
        fields = forms.read_fields(body)
        forms.check_token(forms.form_secret(request, links.settings), fields)
        try:
            purpose = Purpose(fields.get("purpose", ""))
        except ValueError:
            raise forms.FormError("the form names no purpose") from None
        await links.consents.withdraw(visit.session, purpose, firm(request, visit.session))
    language = "en" if request.query_params.get("lang") == "en" else "de"
    return redirect(f"/connect/{secret}?lang={language}")


def firm(request: Request[Any, Any, Any], session: ConnectSession) -> Who:
    """The firm that has the link, for the audit trail."""
    return Who(lender_id=session.lender_id, actor=FIRM, address=address_of(request), request_id=request_id_of(request))


def consent_page(visit: LinkVisit, given: GivenConsent) -> Response[str]:
    """The page, with a form for each purpose that is in force."""
    connection, withdrawn_at = given.connection, given.consent.withdrawn_at
    if connection is not None:
        state, moment = connection.status, connection.checked_at
    else:
        state, moment = ("deleted", given.consent.given_at) if withdrawn_at is None else ("withdrawn", withdrawn_at)
    return visit.show(
        "given_consent.html",
        given=given,
        state=state,
        moment=moment,
        in_force=() if connection is None else connection.purposes,
        back=None if connection is None else visit.way_back(),
        mail=visit.mail("keep"),
    )
