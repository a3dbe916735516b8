"""Signing in by an OpenID provider: to it, and back."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from scoring.pages.access import CALLBACK, browser_of
from scoring.pages.forms import cookie_name, secret_cookie
from scoring.pages.rendering import redirect
from scoring.pages.sign_in import page_wanted, signed_in_at
from scoring.runtime.settings import Settings
from scoring.usecases.openid import (
    FLOW_LASTS,
    NotAPersonError,
    OpenIdSignIn,
    ProviderUnavailableError,
)
from scoring.usecases.sign_in_errors import SignInError

_COOKIE: Final = "hauptbuch-provider"


@get("/sign-in/provider")
async def get_provider(
    request: Request[Any, Any, Any],
    openid: NamedDependency[OpenIdSignIn | None],
    settings: NamedDependency[Settings],
) -> Response[str]:
    """To the provider."""
    if openid is None:
        raise NotFoundException
    try:
        address, flow = await openid.begin(page_wanted(request.query_params.get("next", "")))
    except SignInError as error:
        return _failed(error, settings)
    answer = redirect(address)
    answer.cookies = [secret_cookie(_COOKIE, flow, settings, max_age=int(FLOW_LASTS.total_seconds()))]
    return answer


@get(CALLBACK)
async def get_provider_done(
    request: Request[Any, Any, Any],
    openid: NamedDependency[OpenIdSignIn | None],
    settings: NamedDependency[Settings],
) -> Response[str]:
    """Back from the provider: a session, or the form that says why there is none."""
    if openid is None:
        raise NotFoundException
    flow = request.cookies.get(cookie_name(_COOKIE, settings))
    try:
        signed_in, wanted = await openid.finish(dict(request.query_params), flow, browser=browser_of(request, settings))
    except SignInError as error:
        return _failed(error, settings)
    answer = signed_in_at(wanted, signed_in, settings)
    answer.cookies.append(_used(settings))
    return answer


def _failed(error: SignInError, settings: Settings) -> Response[str]:
    if isinstance(error, ProviderUnavailableError):
        problem = "provider-unavailable"
    else:
        problem = "not-a-person" if isinstance(error, NotAPersonError) else "provider-refused"
    answer = redirect(f"/sign-in?problem={problem}")
    answer.cookies = [_used(settings)]
    return answer


def _used(settings: Settings) -> Any:  # noqa: ANN401  a cookie
    return secret_cookie(_COOKIE, "", settings, max_age=0)
