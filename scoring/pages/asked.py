"""The page of an applicant's link: what it is asked, or what it says against a decision, with its documents.

Opening the page changes nothing. A link is used up by a form that is complete; what is missing is told on the page.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromPath, RawBody

from scoring.api.middleware import address_of, request_id_of
from scoring.api.uploads import PAGE_BYTES
from scoring.base.identifiers import Randomness
from scoring.base.secrets import digest
from scoring.decisions.decision import Verdict
from scoring.decisions.inquiries import LONGEST_TEXT, ItemKind, NothingAnsweredError
from scoring.pages import forms
from scoring.pages.forms_with_files import FieldTooLongError, SentForm, read_form
from scoring.pages.link_visit import QUESTIONS
from scoring.pages.rendering import Pages, redirect
from scoring.pages.texts import LANGUAGES, Language
from scoring.runtime.settings import Settings
from scoring.store.applicant_links import ApplicantLink, LinkKind, LinkStatus
from scoring.store.audit import FIRM, Who
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.usecases.asking import AskedLink, Asking, LinkEndedError
from scoring.usecases.books import Running
from scoring.usecases.decide_again import DecideAgain
from scoring.usecases.inspection import DocumentRefusedError
from scoring.usecases.sign_in import new_secret
from scoring.usecases.taking import TooManyDocumentsError, Upload

MOST_FILES: Final = 5
"""In one form."""
_BACK_COOKIE: Final = "hauptbuch-answer"
_STATUSES: Final[Mapping[str, int]] = {"form_expired": 403, "unreadable": 400, "connecting": 409, "case_full": 409}
"""HTTP status of a failure; all others are 422."""


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """Why a form is shown again."""

    failure: str
    """A key of ``texts.asked``, or ``refused``."""
    number: int = 0
    """Of the item, from 1."""
    name: str = ""
    """Of the file."""
    reason: str = ""


class _FormFaultError(Exception):
    """The form cannot be taken as it is."""

    def __init__(self, told: _Told) -> None:
        super().__init__(told.failure)
        self.told = told


@get("/answer/{secret:str}")
async def show_inquiry(
    request: Request[Any, Any, Any],
    secret: FromPath[str],
    asking: NamedDependency[Asking],
    settings: NamedDependency[Settings],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The form, or the state of a link that is over."""
    asked = await _find(asking, secret)
    if asked is None or not asked.is_usable:
        return _ended(pages, request, asked)
    return _form(pages, request, settings, randomness, asked)


@post("/answer/{secret:str}", status_code=200, request_max_body_size=PAGE_BYTES)
async def send_answer(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    secret: FromPath[str],
    asking: NamedDependency[Asking],
    again: NamedDependency[DecideAgain],
    running: NamedDependency[Running],
    settings: NamedDependency[Settings],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Take what was sent, and show that it has arrived; else the form, with what is missing."""
    asked = await _find(asking, secret)
    if asked is None:  # before anything of the body is read
        return _ended(pages, request, None)
    sent = SentForm(fields={}, files={})
    try:
        async with asking.inspection.room(asked.link.lender_id, asked.link.id):
            sent = await _read(request)
            if not asked.is_usable:
                return _leave(pages, request, asked, sent)
            await running.finish(_take(request, settings, asking, asked, sent))
    except _FormFaultError as error:
        return _form(pages, request, settings, randomness, asked, told=error.told, sent=sent)
    except (LinkEndedError, BorrowerRestrictedError):
        return _leave(pages, request, await _find(asking, secret), sent)
    if asked.link.decides_again:
        running.begin(again.after_answer(asked.link))
    return redirect(f"/answer/{secret}?lang={_language(request, asked.link)}")


@post("/answer/{secret:str}/connect", status_code=200)
async def connect_account(
    request: Request[Any, Any, Any],
    secret: FromPath[str],
    body: RawBody,
    asking: NamedDependency[Asking],
    settings: NamedDependency[Settings],
    randomness: NamedDependency[Randomness],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Lead to the page on which an account is connected; a cookie finds the way back, so no other page has the link."""
    asked = await _find(asking, secret)
    if asked is None or not asked.is_usable:
        return _ended(pages, request, asked)
    forms.check_token(forms.form_secret(request, settings), forms.read_fields(body))
    try:
        opened = await asking.connect(
            asked, _applicant(request, asked.link), back=f"{settings.public_address}{QUESTIONS}"
        )
    except (LinkEndedError, BorrowerRestrictedError):
        return _form(pages, request, settings, randomness, asked, told=_Told(failure="connecting"))
    leading = redirect(f"/connect/{opened.reveal()}?lang={_language(request, asked.link)}")
    leading.set_cookie(forms.secret_cookie(_BACK_COOKIE, secret, settings))
    return leading


@get(QUESTIONS)
async def come_back(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], pages: NamedDependency[Pages]
) -> Response[str]:
    """Where the page of a connection leads back to."""
    secret = request.cookies.get(forms.cookie_name(_BACK_COOKIE, settings))
    if secret is None or not secret.isascii() or not secret.replace("-", "").replace("_", "").isalnum():
        return pages.respond(request, "asked_ended.html", kind="back", link=None)
    found = redirect(f"/answer/{secret}")
    found.set_cookie(_no_cookie(forms.secret_cookie(_BACK_COOKIE, "", settings)))
    return found


def _no_cookie(cookie: Cookie) -> Cookie:
    cookie.max_age = 0
    return cookie


async def _find(asking: Asking, secret: str) -> AskedLink | None:
    asked = await asking.find(secret)
    if asked is not None:
        structlog.contextvars.bind_contextvars(lender=asked.link.lender_id, applicant_link=asked.link.id)
    return asked


async def _read(request: Request[Any, Any, Any]) -> SentForm:
    try:
        return await read_form(request.headers.get("content-type", ""), request.stream())
    except FieldTooLongError:
        raise _FormFaultError(_Told(failure="too_long")) from None
    except forms.FormError:
        raise _FormFaultError(_Told(failure="unreadable")) from None
    except ClientException as error:
        if error.status_code != 413:
            raise
        raise _FormFaultError(_Told(failure="refused", name="", reason="too_large")) from None


async def _take(
    request: Request[Any, Any, Any], settings: Settings, asking: Asking, asked: AskedLink, sent: SentForm
) -> None:
    """Check the form and take what it says.

    Raises:
        _FormFaultError: it is not complete, or a document is not taken.
        LinkEndedError: the link is over meanwhile.
        BorrowerRestrictedError: the borrower's data are only kept.
    """
    try:
        forms.check_token(forms.form_secret(request, settings), sent.fields)
    except forms.FormExpiredError:
        raise _FormFaultError(_Told(failure="form_expired")) from None
    who, once = _applicant(request, asked.link), digest(sent.fields.get("sent", ""))
    try:
        if asked.link.kind is LinkKind.CONTEST:
            text = _text(sent, "text")
            if not text:
                raise _FormFaultError(_Told(failure="no_text"))
            (uploads,) = await _uploads(asking, sent, ["file"])
            wants_talk = sent.fields.get("wants_talk") == "yes"
            await asking.contest_by_link(asked, who, text, uploads, wants_talk=wants_talk, sent_sha256=once)
        else:
            numbers = range(1, len(asked.items) + 1)
            texts = [_text(sent, f"text-{number}") for number in numbers]
            asking.demand(asked, texts, [len(sent.files.get(f"file-{number}", ())) for number in numbers])
            found = await _uploads(asking, sent, [f"file-{number}" for number in numbers])
            await asking.answer(asked, who, texts, found, sent_sha256=once)
    except NothingAnsweredError as error:
        raise _FormFaultError(_Told(failure="nothing", number=error.number)) from None
    except TooManyDocumentsError:
        raise _FormFaultError(_Told(failure="case_full")) from None


def _text(sent: SentForm, name: str) -> str:
    text = sent.fields.get(name, "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_TEXT:
        raise _FormFaultError(_Told(failure="too_long"))
    return text


async def _uploads(asking: Asking, sent: SentForm, names: list[str]) -> list[list[Upload]]:
    """The documents of each field, looked at."""
    if sum(len(sent.files.get(name, ())) for name in names) > MOST_FILES:
        raise _FormFaultError(_Told(failure="too_many"))
    found: list[list[Upload]] = []
    for name in names:
        found.append([])
        for file in sent.files.get(name, ()):
            try:
                looked = await asking.inspection.look(file.content)
            except DocumentRefusedError as error:
                raise _FormFaultError(_Told(failure="refused", name=file.name, reason=error.reason)) from None
            found[-1].append(Upload(name=file.name, media_type=looked.media_type, content=looked.content))
    return found


def _applicant(request: Request[Any, Any, Any], link: ApplicantLink) -> Who:
    return Who(lender_id=link.lender_id, actor=FIRM, address=address_of(request), request_id=request_id_of(request))


def _language(request: Request[Any, Any, Any], link: ApplicantLink) -> Language:
    """The language in the address, else that of the link."""
    asked = request.query_params.get("lang")
    return next((language for language in LANGUAGES if asked == language), "en" if link.language == "en" else "de")


def _form(
    pages: Pages,
    request: Request[Any, Any, Any],
    settings: Settings,
    randomness: Randomness,
    asked: AskedLink,
    *,
    told: _Told | None = None,
    sent: SentForm | None = None,
) -> Response[str]:
    secret = forms.form_secret(request, settings) or new_secret(randomness)
    resolution = asked.case.resolution
    path = request.url.path.removesuffix("/").removesuffix("/connect")
    page = pages.respond(
        request,
        "asked.html",
        status_code=200 if told is None else _STATUSES.get(told.failure, 422),
        language=_language(request, asked.link),
        page=path,
        path=path,
        link=asked.link,
        case=asked.case,
        items=asked.items,
        has_connection=asked.has_connection,
        is_approved=resolution is not None and resolution.verdict is Verdict.APPROVE,
        has_files=asked.link.kind is LinkKind.CONTEST or any(item.kind is ItemKind.DOCUMENT for item in asked.items),
        entered={} if sent is None else sent.fields,
        most_files=MOST_FILES,
        longest=LONGEST_TEXT,
        told=told,
        csrf=forms.token_of(secret),
        once=new_secret(randomness),
    )
    page.set_cookie(forms.form_cookie(secret, settings))
    return page


def _leave(pages: Pages, request: Request[Any, Any, Any], asked: AskedLink | None, sent: SentForm) -> Response[str]:
    """After a form that came too late: the same form once more has arrived, another one has not."""
    is_same = asked is not None and asked.link.sent_sha256 == digest(sent.fields.get("sent", ""))
    return _ended(pages, request, asked, is_second=not is_same)


def _ended(
    pages: Pages, request: Request[Any, Any, Any], asked: AskedLink | None, *, is_second: bool = False
) -> Response[str]:
    """The page of a link that cannot be used."""
    kind, status = "unknown", 404
    if asked is not None:
        kind, status = _kind_of(asked.link, is_second=is_second)
    path = request.url.path.removesuffix("/").removesuffix("/connect")
    return pages.respond(
        request,
        "asked_ended.html",
        status_code=status,
        language=None if asked is None else _language(request, asked.link),
        page=path,
        kind=kind,
        link=None if asked is None else asked.link,
    )


def _kind_of(link: ApplicantLink, *, is_second: bool) -> tuple[str, int]:
    if link.status is LinkStatus.USED:
        if is_second:
            return "second", 409
        return ("contested" if link.kind is LinkKind.CONTEST else "used"), 200
    return (link.status.value if link.status is not LinkStatus.OPEN else "overtaken"), 410
