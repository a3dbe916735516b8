"""What a person does about their own access: password, second factor."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from scoring.api.middleware import who_of
from scoring.base.secrets import Secret
from scoring.pages.access import browser_of, cookies_of, needs_passwords, needs_person, session_secret, viewer_of
from scoring.pages.forms import check_token, read_fields
from scoring.pages.rendering import Pages, redirect
from scoring.pages.second_factor import ACCOUNT
from scoring.runtime.settings import Settings
from scoring.store.principals import Role
from scoring.store.second_factors import find_factor
from scoring.usecases.passwords import PasswordError
from scoring.usecases.second_factor import SecondFactors
from scoring.usecases.sign_in import PersonSignIn
from scoring.usecases.sign_in_errors import TooManyTriesError, WrongCodeError, WrongPasswordError

_DONE: Final = ("password", "removed")
"""What the page may say was done."""


@get(ACCOUNT, guards=[needs_person(*Role)])
async def get_account(
    request: Request[Any, Any, Any],
    factors: NamedDependency[SecondFactors],
    settings: NamedDependency[Settings],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The page with its forms."""
    return await _page(request, factors, settings, pages)


@post("/account/password", guards=[needs_passwords, needs_person(*Role)])
async def post_password(
    request: Request[Any, Any, Any],
    body: RawBody,
    sign_in: NamedDependency[PersonSignIn],
    settings: NamedDependency[Settings],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Replace the password; all other sessions end."""
    fields = _checked(request, body, settings)
    new = fields.get("new", "")
    told = "repeated" if new != fields.get("again", "") else None
    wait = 0
    if told is None:
        try:
            signed_in = await sign_in.change_password(
                viewer_of(request).principal,
                Secret(fields.get("old", "")),
                new,
                browser=browser_of(request, settings),
            )
        except PasswordError as error:
            told = f"weak-{error.weakness}"
        except WrongPasswordError:
            told = "refused"
        except TooManyTriesError as error:
            wait = error.seconds
        else:
            answer = redirect(f"{ACCOUNT}?done=password")
            answer.cookies = cookies_of(signed_in, settings)
            return answer
    return await _page(request, sign_in.factors, settings, pages, told=told, wait=wait)


@post("/account/second-factor/remove", guards=[needs_passwords, needs_person(*Role)])
async def post_remove(
    request: Request[Any, Any, Any],
    body: RawBody,
    sign_in: NamedDependency[PersonSignIn],
    settings: NamedDependency[Settings],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Forget the second factor, which a code proves once more; where a role demands one, the next is set up at once."""
    fields, principal = _checked(request, body, settings), viewer_of(request).principal
    device = await sign_in.known_device(principal.lender_id, principal.name, browser_of(request, settings))
    try:
        await sign_in.factors.remove(principal, fields.get("code", ""), device=device, who=who_of(request, principal))
    except TooManyTriesError as error:
        return await _page(request, sign_in.factors, settings, pages, wait=error.seconds)
    except WrongCodeError:
        return await _page(request, sign_in.factors, settings, pages, told="code")
    is_demanded = sign_in.factors.is_demanded(principal)
    return redirect("/account/second-factor" if is_demanded else f"{ACCOUNT}?done=removed")


def _checked(request: Request[Any, Any, Any], body: bytes, settings: Settings) -> dict[str, str]:
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    return fields


async def _page(
    request: Request[Any, Any, Any],
    factors: SecondFactors,
    settings: Settings,
    pages: Pages,
    *,
    told: str | None = None,
    wait: int = 0,
) -> Response[str]:
    viewer = viewer_of(request)
    done = request.query_params.get("done", "")
    page = pages.respond(
        request,
        "account.html",
        status_code=429 if wait else 200 if told is None else 400 if told.startswith(("weak", "repeated")) else 403,
        page=ACCOUNT,
        form_token=viewer.form_token,
        factor=await find_factor(factors.database, viewer.principal.id),
        is_demanded=factors.is_demanded(viewer.principal),
        is_provider_only=settings.is_provider_only,
        told=told,
        wait=wait,
        done=done if done in _DONE else None,
    )
    if wait:
        page.headers["Retry-After"] = str(wait)
    return page
