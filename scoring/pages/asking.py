"""On the page of a case: links to the applicant, its documents, and deciding again."""

from datetime import timedelta
from typing import Any, Final

from anyio import CapacityLimiter
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from scoring.api.asking import download
from scoring.api.connect_sessions import check_lender
from scoring.api.iban import normalise_iban
from scoring.api.middleware import who_of
from scoring.api.schemas.connect_sessions import LenderIdentity
from scoring.base.identifiers import Clock
from scoring.base.secrets import Secret
from scoring.decisions.decide import TermsError
from scoring.decisions.inquiries import LONGEST_NUMBER, MOST_NUMBERS, Item, ItemKind
from scoring.decisions.reviews import StepRefusedError
from scoring.pages.access import needs_person, session_secret, viewer_of
from scoring.pages.cases import ITEM_ROWS, WRITERS, show_case
from scoring.pages.forms import FormFaultError, check_token, read_fields, read_text
from scoring.pages.rendering import Pages, redirect
from scoring.runtime.settings import Settings
from scoring.sources.errors import SourceError
from scoring.store.applicant_links import LinkOrder
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.store.principals import Role
from scoring.usecases.admission import OverloadedError
from scoring.usecases.application import UnknownConnectionError
from scoring.usecases.asking import Asking
from scoring.usecases.books import Running
from scoring.usecases.cases import READERS, Cases
from scoring.usecases.decide_again import DecideAgain, NoConnectionError

_CONTEST_DAYS: Final = 90
_MOST_DAYS: Final = 60


@post("/cases/{case_id:str}/inquiry", guards=[needs_person(Role.UNDERWRITE)], status_code=200)
async def post_inquiry(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    body: RawBody,
    case_id: FromPath[str],
    settings: NamedDependency[Settings],
    asking: NamedDependency[Asking],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Make a link that asks the applicant, and show it this once."""
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    reader = viewer_of(request).principal
    try:
        order, items = _order(fields, _days(fields), clock), _items(fields)
        is_again = fields.get("decides_again") == "yes"
        who = who_of(request, reader)
        _, secret = await asking.ask(who, reader, case_id, order, items, decides_again=is_again)
    except (FormFaultError, StepRefusedError, BorrowerRestrictedError) as error:
        return await show_case(request, case_id, reviews, clock, workers, pages, told=_code_of(error), entered=fields)
    return await show_case(request, case_id, reviews, clock, workers, pages, made=_address(settings, secret))


@post("/cases/{case_id:str}/contest-link", guards=[needs_person(*WRITERS)], status_code=200)
async def post_contest_link(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    body: RawBody,
    case_id: FromPath[str],
    settings: NamedDependency[Settings],
    asking: NamedDependency[Asking],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Make a link with which the applicant contests the decision, and show it this once."""
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    reader = viewer_of(request).principal
    try:
        order = _order(fields, _CONTEST_DAYS, clock)
        _, secret = await asking.invite(who_of(request, reader), reader, case_id, order)
    except (FormFaultError, StepRefusedError, BorrowerRestrictedError) as error:
        return await show_case(request, case_id, reviews, clock, workers, pages, told=_code_of(error), entered=fields)
    return await show_case(request, case_id, reviews, clock, workers, pages, made=_address(settings, secret))


@post("/cases/{case_id:str}/decision", guards=[needs_person(*WRITERS)], status_code=200)
async def post_decision(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    body: RawBody,
    case_id: FromPath[str],
    settings: NamedDependency[Settings],
    again: NamedDependency[DecideAgain],
    running: NamedDependency[Running],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Decide again on fresh books."""
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    who = who_of(request, viewer_of(request).principal)
    try:
        iban = fields.get("iban", "").strip()
        payout = Secret(_iban(iban)) if iban else None
        await running.finish(again.decide(who, case_id, payout_iban=payout))
    except _NOT_DECIDED as error:
        return await show_case(request, case_id, reviews, clock, workers, pages, told=_code_of(error))
    return redirect(f"/cases/{case_id}?done=again")


@get("/cases/{case_id:str}/documents/{document_id:str}", guards=[needs_person(*READERS)])
async def get_document_file(
    request: Request[Any, Any, Any],
    case_id: FromPath[str],
    document_id: FromPath[str],
    asking: NamedDependency[Asking],
) -> Response[bytes]:
    """Download a document."""
    return await download(asking, request, viewer_of(request).principal, case_id, document_id)


_NOT_DECIDED: Final = (
    FormFaultError,
    StepRefusedError,
    BorrowerRestrictedError,
    NoConnectionError,
    UnknownConnectionError,
    SourceError,
    OverloadedError,
    TermsError,
)
_CODES: Final[dict[type[Exception], str]] = {
    BorrowerRestrictedError: "restricted",
    NoConnectionError: "no_connection",
    UnknownConnectionError: "no_connection",
    SourceError: "no_books",
    OverloadedError: "no_books",
    TermsError: "no_terms",
}


def _code_of(error: Exception) -> str:
    """What the page says, as a key of ``texts.cases``."""
    if isinstance(error, StepRefusedError):
        return error.refusal.value
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), str(error))


def _order(fields: dict[str, str], days: int, clock: Clock) -> LinkOrder:
    name, url, email = (fields.get(field, "").strip() for field in ("lender_name", "privacy_url", "privacy_email"))
    lender = LenderIdentity(name=name, privacy_url=url, privacy_email=email)
    is_long = len(name) > 120 or len(url) > 254 or len(email) > 254
    if not name or is_long or next(check_lender(lender), None) is not None:
        raise FormFaultError("no_sender")
    return LinkOrder(
        lender_name=name,
        privacy_url=url,
        privacy_email=email,
        language="en" if fields.get("language") == "en" else "de",
        expires_at=clock() + timedelta(days=days),
    )


def _days(fields: dict[str, str]) -> int:
    days = fields.get("days", "").strip()
    if not days.isdecimal() or not 1 <= int(days) <= _MOST_DAYS:
        raise FormFaultError("no_days")
    return int(days)


def _items(fields: dict[str, str]) -> list[Item]:
    items = [item for row in range(1, ITEM_ROWS + 1) if (item := _item(fields, row)) is not None]
    if not items:
        raise FormFaultError("no_item")
    return items


def _item(fields: dict[str, str], row: int) -> Item | None:
    """A row of the form; None for one that was left empty."""
    kind, text = fields.get(f"kind-{row}", ""), fields.get(f"item-{row}", "").strip()
    numbers = tuple(one.strip() for one in fields.get(f"numbers-{row}", "").split(",") if one.strip())
    if not kind and not text and not numbers:
        return None
    is_named = len(numbers) <= MOST_NUMBERS and all(len(one) <= LONGEST_NUMBER and one.isprintable() for one in numbers)
    if kind not in set(ItemKind) or not is_named or (kind == ItemKind.CORRECTED_BOOKING and not numbers):
        raise FormFaultError("no_item")
    return Item(kind=ItemKind(kind), text=read_text(fields, f"item-{row}"), document_numbers=numbers)


def _iban(text: str) -> str:
    try:
        return normalise_iban(text)
    except ValueError:
        raise FormFaultError("no_iban") from None


def _address(settings: Settings, secret: Secret) -> str:
    return f"{settings.public_address}/answer/{secret.reveal()}"
