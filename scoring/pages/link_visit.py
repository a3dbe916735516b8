"""One request for a page of a link: whose link, which language, what the firm agreed to before, and what it answers.

Between two pages the service stores nothing. What the firm agreed to stands in the address, with a code that only the
browser which agreed can have; the account that was found is in a cookie, encrypted.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from litestar import Request, Response
from litestar.datastructures import Cookie

from features.ledger import Resource
from scoring.api.web_addresses import origin_of, with_result
from scoring.base.identifiers import BERLIN, Clock, Randomness
from scoring.base.purposes import OPTIONAL, Purpose
from scoring.base.secrets import Cipher
from scoring.pages import forms
from scoring.pages.consent import ConsentText, consent_text
from scoring.pages.other_device import mail_to_oneself
from scoring.pages.rendering import PAGE_HEADERS, Pages, redirect
from scoring.pages.texts import LANGUAGES, Language, texts_in
from scoring.runtime.settings import Settings
from scoring.sources.registry import Sources
from scoring.store.connect_sessions import ConnectSession, Consent, SessionStatus
from scoring.usecases.books import Running
from scoring.usecases.connect import Connector
from scoring.usecases.found_account import KEPT
from scoring.usecases.given_consent import GivenConsents
from scoring.usecases.sign_in import new_secret

RESULTS: Final[Mapping[SessionStatus, str]] = {
    SessionStatus.COMPLETED: "connected",
    SessionStatus.CANCELLED: "cancelled",
    SessionStatus.EXPIRED: "expired",
    SessionStatus.FAILED: "failed",
}
"""Value of ``result`` in the return URL."""
QUESTIONS: Final = "/answer"
"""Where the page of a connection leads back to that an inquiry has led to."""
_ACCOUNT_COOKIE: Final = "hauptbuch-account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the firm agreed to: the text that it was shown, and the optional purposes that it ticked."""

    text: ConsentText
    optional: tuple[Purpose, ...]

    def consent(self, *, given_at: str) -> Consent:
        """As it is recorded."""
        purposes = (Purpose.DECISION, *self.optional)
        return Consent(
            language=self.text.language,
            purposes=purposes,
            text_version=self.text.version,
            text_sha256=self.text.sha256(purposes),
            text=self.text.plain(purposes),
            given_at=given_at,
            reads=self.text.reads,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkVisit:
    """The request, and the link that it is for."""

    request: Request[Any, Any, Any]
    pages: Pages
    settings: Settings
    session: ConnectSession
    secret: str
    """Of the link."""
    form_secret: str
    """Of the browser's forms; a new one where it has none."""
    reads: frozenset[Resource]

    @property
    def path(self) -> str:
        """Of the first page of the link."""
        return f"/connect/{self.secret}"

    @property
    def address(self) -> str:
        """Of the link, as the lender sent it."""
        return f"{self.settings.public_address}{self.path}"

    @property
    def language(self) -> Language:
        """The language in the address, else that of the link."""
        asked = self.request.query_params.get("lang")
        own: Language = "en" if self.session.language == "en" else "de"
        return next((language for language in LANGUAGES if asked == language), own)

    @property
    def is_open(self) -> bool:
        """Whether the link can still be used."""
        return self.session.status is SessionStatus.OPEN

    @property
    def leads_to_questions(self) -> bool:
        """Whether an inquiry has led to the link, so that its page leads back there and not to the lender."""
        return self.session.return_url == f"{self.settings.public_address}{QUESTIONS}"

    def way_back(self) -> str:
        """The lender's address, with what became of the link."""
        return with_result(self.session.return_url, result=RESULTS[self.session.status], session_id=self.session.id)

    @property
    def until(self) -> str:
        """When the link ends, in words."""
        return _until(self.session, self.language)

    def mail(self, what: str) -> str:
        """Opens a mail to oneself with the address of the link in it.

        Args:
            what: ``continue`` on another device, or ``keep`` the link after connecting.
        """
        words, lender = texts_in(self.language).connect, self.session.lender_name
        subject, body = words.mail_subject[what], words.mail_body[what]
        return mail_to_oneself(
            subject.format(lender=lender), body.format(lender=lender, link=self.address, until=self.until)
        )

    def text(self, language: Language | None = None) -> ConsentText:
        """The consent text, in the reader's language or another one."""
        return consent_text(
            self.session,
            self.reads,
            snapshot_days=self.settings.snapshot_days,
            language=language or self.language,
        )

    def is_own_form(self, fields: Mapping[str, str]) -> bool:
        """Whether a form was sent from a page that this browser got."""
        try:
            forms.check_token(forms.form_secret(self.request, self.settings), dict(fields))
        except forms.FormExpiredError:
            return False
        return True

    def agree(self, text: ConsentText, fields: Mapping[str, str]) -> dict[str, str]:
        """What the addresses of the next pages carry: an optional purpose only where it was offered and ticked."""
        optional = tuple(choice.purpose for choice in text.choices if fields.get(choice.purpose) == "yes")
        ticks = {purpose.value: "yes" for purpose in optional}
        return {"text": text.sha256(), **ticks, "agreed": self._code(text.sha256(), optional)}

    def has_agreed(self) -> bool:
        """Whether the address carries what this browser agreed to for this link, whatever the text says by now."""
        query = self.request.query_params
        optional = tuple(purpose for purpose in OPTIONAL if query.get(purpose) == "yes")
        code = self._code(query.get("text", ""), optional)
        return hmac.compare_digest(code.encode(), query.get("agreed", "").encode())

    def agreement(self) -> Agreement | None:
        """What this browser agreed to; None where it did not, or the text has changed since."""
        sha256 = self.request.query_params.get("text", "")
        texts = (self.text(language) for language in LANGUAGES)
        text = next((text for text in texts if text.sha256() == sha256), None)
        if text is None or not self.has_agreed():
            return None
        ticked = (choice.purpose for choice in text.choices if self.request.query_params.get(choice.purpose) == "yes")
        return Agreement(text=text, optional=tuple(ticked))

    def to(self, step: str = "", **query: str) -> str:
        """Address of a page of this link, in the language that was chosen."""
        asked = self.request.query_params.get("lang")
        values = {**query, **({"lang": asked} if asked in LANGUAGES else {})}
        return f"{self.path}{step}" + (f"?{urlencode(values)}" if values else "")

    def agreed(self, **more: str) -> dict[str, str]:
        """What the address of this page carries of the agreement, for the next one."""
        names = ("text", *OPTIONAL, "agreed")
        found = {name: self.request.query_params[name] for name in names if name in self.request.query_params}
        return {**found, **more}

    def show(
        self, template: str, *, status_code: int = 200, page: str | None = None, **values: object
    ) -> Response[str]:
        """A page with a form."""
        answer = self.pages.respond(
            self.request,
            template,
            status_code=status_code,
            language=self.language,
            page=page,
            session=self.session,
            visit=self,
            csrf=forms.token_of(self.form_secret),
            **values,
        )
        answer.set_cookie(forms.form_cookie(self.form_secret, self.settings))
        # browsers hold the redirect after a form to this rule, too
        allowed = f"form-action 'self' {origin_of(self.session.return_url)}"
        answer.headers["Content-Security-Policy"] = PAGE_HEADERS["Content-Security-Policy"].replace(
            "form-action 'self'", allowed
        )
        return answer

    def kept_account(self) -> str:
        """What this browser keeps of the account that was found; empty for nothing."""
        return self.request.cookies.get(forms.cookie_name(_ACCOUNT_COOKIE, self.settings), "")

    def account_cookie(self, sealed: str) -> Cookie:
        """The cookie that keeps it until the firm has said whether it is its own."""
        return forms.secret_cookie(_ACCOUNT_COOKIE, sealed, self.settings, max_age=int(KEPT.total_seconds()))

    def no_account_cookie(self) -> Cookie:
        """The cookie that deletes it."""
        return forms.secret_cookie(_ACCOUNT_COOKIE, "", self.settings, max_age=0)

    def _code(self, text_sha256: str, optional: tuple[Purpose, ...]) -> str:
        said = "\n".join(("agreed", self.session.id, text_sha256, *optional))
        return hmac.new(self.form_secret.encode(), said.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPages:
    """What the pages of links are made with. Built once, from the parts that this takes."""

    connector: Connector
    consents: GivenConsents
    sources: Sources
    cipher: Cipher
    settings: Settings
    clock: Clock
    randomness: Randomness
    running: Running
    pages: Pages

    async def visit(self, request: Request[Any, Any, Any], secret: str) -> LinkVisit | None:
        """The link with this secret, in any state; None where there is none."""
        session = await self.connector.find_link(secret)
        if session is None:
            return None
        structlog.contextvars.bind_contextvars(lender=session.lender_id, connect_session=session.id)
        return LinkVisit(
            request=request,
            pages=self.pages,
            settings=self.settings,
            session=session,
            secret=secret,
            form_secret=forms.form_secret(request, self.settings) or new_secret(self.randomness),
            reads=self.connector.reads_for(session.lender_id),
        )

    def leave(self, request: Request[Any, Any, Any], visit: LinkVisit | None) -> Response[Any]:
        """Where a form leads whose link is not open any more: the confirmation, the lender, or why it cannot go on."""
        if visit is not None and visit.session.status is SessionStatus.COMPLETED:
            return redirect(visit.to())
        if visit is not None and visit.session.status is SessionStatus.CANCELLED:
            return redirect(visit.way_back())
        return self.ended(request, visit)

    def ended(self, request: Request[Any, Any, Any], visit: LinkVisit | None) -> Response[Any]:
        """The page of a link that cannot be used."""
        return self.pages.respond(
            request,
            "connect_ended.html",
            status_code=404 if visit is None else 410,
            language=None if visit is None else visit.language,
            page=None if visit is None else visit.path,
            session=None if visit is None else visit.session,
            kind="unknown" if visit is None else visit.session.status.value,
            back=None if visit is None else visit.way_back(),
            is_to_questions=visit is not None and visit.leads_to_questions,
        )


def _until(session: ConnectSession, language: Language) -> str:
    moment = datetime.fromisoformat(session.expires_at).astimezone(BERLIN)
    day = f"{moment.day}.{moment.month}.{moment.year}" if language == "de" else f"{moment.day} {moment:%B %Y}"
    return f"{day}, {moment:%H:%M}"
