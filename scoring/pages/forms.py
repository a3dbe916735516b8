"""Form bodies and their CSRF tokens.

The token of a form is made from a secret in a cookie: the session of who is signed in, else a cookie for forms alone.
Another site can make a browser send the cookie, but cannot read it, so it cannot make the token.
"""

import hashlib
import hmac
import re
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import Cookie

from scoring.api.applications import check_text
from scoring.runtime.settings import Settings

FORM_COOKIE: Final = "hauptbuch-form"
FIELD: Final = "csrf"
"""Name of the hidden field with the token."""
_FIELDS_AT_MOST = 40
_LONGEST_TEXT = 2000


class PageError(Exception):
    """A page that cannot be shown as asked."""


class FormError(PageError):
    """The body is no form."""


class FormExpiredError(PageError):
    """The form does not carry the token of this browser: it is old, cookies are off, or another site sent it."""


class FormFaultError(Exception):
    """A field of a form cannot be read; the code says why, in the texts of the page."""


def read_fields(body: bytes) -> dict[str, str]:
    """The fields of a form by name; of a repeated one, the last.

    Raises:
        FormError: the body is not what a form sends.
    """
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_AT_MOST)
    except ValueError:
        raise FormError("the form could not be read") from None
    return dict(pairs)


def read_text(fields: dict[str, str], name: str = "text", *, fault: str = "no_text") -> str:
    """What a person wrote.

    Args:
        fields: of the form.
        name: of the field.
        fault: the code of the page for nothing, or too much.

    Raises:
        FormFaultError: nothing that can be seen, or too much.
    """
    text = fields.get(name, "").replace("\r\n", "\n").strip()
    if any(check_text(text)) or len(text) > _LONGEST_TEXT:
        raise FormFaultError(fault)
    return text


def read_hundredths(text: str) -> int | None:
    """A number in hundredths, as people write it: 15000, 15.000,50 or 15,000.50; None where there is none.

    A sign that stands before exactly three digits groups thousands, since there are no thousandths of an amount.

    Raises:
        FormFaultError: it is no such number.
    """
    plain = re.sub(r"[\s\u00a0\u202f€%]", "", text)
    if not plain:
        return None
    found = re.fullmatch(r"(\d{1,3}(?:[.,]\d{3})+|\d{1,12})(?:[.,](\d{1,2}))?", plain, re.ASCII)
    if found is None or len(set(re.findall(r"[.,](?=\d{3})", found[1]))) > 1:
        raise FormFaultError("no_number")
    whole = re.sub(r"[.,]", "", found[1])
    return int(Decimal(f"{whole}.{found[2] or '0'}") * 100)


def token_of(secret: str) -> str:
    """The token of the forms that are shown under a secret."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def check_token(secret: str | None, fields: dict[str, str]) -> None:
    """Refuse a form that does not carry the token of the secret.

    Raises:
        FormExpiredError: there is no secret, or the token is not its.
    """
    given = fields.get(FIELD, "")
    if secret is None or not hmac.compare_digest(token_of(secret).encode(), given.encode()):
        raise FormExpiredError("the form has expired")


def form_secret(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """The form secret of a browser without a session."""
    return request.cookies.get(cookie_name(FORM_COOKIE, settings))


def form_cookie(secret: str, settings: Settings) -> Cookie:
    """The cookie for forms, for as long as the browser stays open."""
    return secret_cookie(FORM_COOKIE, secret, settings)


def secret_cookie(name: str, value: str, settings: Settings, *, max_age: int | None = None) -> Cookie:
    """A cookie that scripts cannot read and that other sites cannot send."""
    return Cookie(
        key=cookie_name(name, settings),
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        secure=not settings.is_plain_http,
        samesite="lax",
    )


def cookie_name(name: str, settings: Settings) -> str:
    """With the prefix that keeps other hosts of the same domain from setting it, where cookies are secure."""
    return name if settings.is_plain_http else f"__Host-{name}"
