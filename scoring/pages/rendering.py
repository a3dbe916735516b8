"""Rendering of pages: one Jinja environment, compiled in the background, and the headers of every page."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import jinja2
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType

from scoring.decisions.rules import is_too_little, lendable, smallest_cents
from scoring.pages.formats import Formats
from scoring.pages.texts import LANGUAGES, Language, texts_in
from scoring.runtime.service_operator import ServiceOperator

_HERE = Path(__file__).parent
_STYLESHEET = (_HERE / "static" / "pages.css").read_bytes()
STYLESHEET_NAME: Final = f"pages.{hashlib.sha256(_STYLESHEET).hexdigest()[:12]}.css"
"""Changes with its content, so that browsers can cache it permanently."""

PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every page, error pages and redirects included."""

_LANGUAGE_PARAMETER = "lang"
_LANGUAGE_COOKIE = "hauptbuch-language"
_NAMES: Final[Mapping[Language, str]] = {"de": "Deutsch", "en": "English"}


class Pages:
    """Renders every page; built once, at start."""

    def __init__(self, operator: ServiceOperator | None = None) -> None:
        """Create the environment; ``compile`` does the slow part.

        Args:
            operator: Whom the pages for applicants name.
        """
        self._operator = operator
        self._environment = _environment()
        self._texts = {language: texts_in(language) for language in LANGUAGES}
        self._formats = {language: Formats(language) for language in LANGUAGES}

    def compile(self) -> None:
        """Compile all templates; a page that is asked for earlier compiles its own."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def respond(
        self,
        request: Request[Any, Any, Any],
        template: str,
        *,
        status_code: int = 200,
        language: Language | None = None,
        page: str | None = None,
        **values: object,
    ) -> Response[str]:
        """A page in the language of its reader.

        A language that was asked for in the address is remembered in a cookie.

        Args:
            request: What is answered.
            template: File name in ``templates``.
            status_code: HTTP status.
            language: Where the page knows better than ``language_of``.
            page: The path to show in another language, where the path asked for answers forms alone.
            values: What the template reads beside the names that are set below.
        """
        language = language or language_of(request)
        content = self._environment.get_template(template).render(
            t=self._texts[language],
            f=self._formats[language],
            language=language,
            languages=_language_links(request, language, page),
            page=page,
            stylesheet=f"/static/{STYLESHEET_NAME}",
            viewer=request.scope.get("viewer"),
            operator=self._operator,
            **values,
        )
        cookies = []
        if request.query_params.get(_LANGUAGE_PARAMETER) == language:
            cookies.append(Cookie(key=_LANGUAGE_COOKIE, value=language, max_age=31_536_000, samesite="lax"))
        return Response(
            content, status_code=status_code, media_type=MediaType.HTML, headers=dict(PAGE_HEADERS), cookies=cookies
        )


@cache
def _environment() -> jinja2.Environment:
    """One for the process, however many services it starts: what is compiled stays compiled."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters |= {one.__name__: one for one in (is_too_little, lendable, smallest_cents)}
    return environment


def redirect(path: str) -> Response[str]:
    """Send the reader to another page of the service, with GET."""
    headers = {**PAGE_HEADERS, "Location": path}
    return Response("", status_code=303, media_type=MediaType.HTML, headers=headers)


def stylesheet() -> bytes:
    """The one stylesheet of all pages."""
    return _STYLESHEET


def language_of(request: Request[Any, Any, Any]) -> Language:
    """The language of the reader: asked for in the address, remembered, preferred by the browser, or German."""
    asked = (request.query_params.get(_LANGUAGE_PARAMETER), request.cookies.get(_LANGUAGE_COOKIE))
    for language in LANGUAGES:
        if asked[0] == language or (asked[0] not in LANGUAGES and asked[1] == language):
            return language
    return _preferred(request.headers.get("accept-language", ""))


def _preferred(accepted: str) -> Language:
    """The first of our languages by the weights of an Accept-Language header."""
    best: Language = LANGUAGES[0]
    weight = 0.0
    for part in accepted[:400].split(","):
        tag, _, parameter = part.strip().partition(";")
        language: Language | None = next((known for known in LANGUAGES if tag.lower().split("-")[0] == known), None)
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter.strip() else 1.0
        except ValueError:
            quality = 0.0
        if language is not None and quality > weight:
            best, weight = language, quality
    return best


def _language_links(request: Request[Any, Any, Any], current: Language, page: str | None) -> list[dict[str, Any]]:
    """The same page in every language, the rest of its address kept."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != _LANGUAGE_PARAMETER]
    return [
        {
            "code": code,
            "name": _NAMES[code],
            "href": f"{page or ''}?{urlencode([*kept, (_LANGUAGE_PARAMETER, code)])}",
            "is_current": code == current,
        }
        for code in LANGUAGES
    ]
