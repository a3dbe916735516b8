"""Parses and validates request bodies, beyond what their types check."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar, get_args

import msgspec
from litestar import Request

from features.ledger import CATEGORY
from scoring.api.errors import FieldError, InvalidFieldsError, MalformedJsonError, UnsupportedMediaTypeError
from scoring.api.iban import normalise_iban
from scoring.api.schemas.amounts import AmountRequest
from scoring.api.schemas.applications import TAX_NUMBER, VAT_ID, ApplicantRequest, ApplicationRequest
from scoring.api.schemas.cases import VoteRequest
from scoring.api.schemas.connections import ConnectionRequest, LineCorrectionRequest, PurposeName
from scoring.api.schemas.credentials import CredentialRequest
from scoring.api.schemas.loans import LoanAmount
from scoring.api.schemas.texts import VISIBLE
from scoring.base.credentials import Credential, TokenCredential
from scoring.base.purposes import Purpose
from scoring.base.secrets import Secret
from scoring.decisions.decision import Terms
from scoring.decisions.holders import Party
from scoring.sources.registry import SEVDESK, Sources
from scoring.usecases.application import Application

HIGHEST_AMOUNT = Decimal(100_000_000)
"""In euro; a higher amount is taken for a mistake."""
EARLIEST_AS_OF = date(2000, 1, 1)
_VISIBLE = re.compile(VISIBLE)
_RATE = re.compile(r"[0-9]{1,2}([.][0-9]{1,2})?", re.ASCII)
_TAX_NUMBER, _VAT_ID = re.compile(TAX_NUMBER, re.ASCII), re.compile(VAT_ID, re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def parse_application(body: bytes, *, today: date, products: frozenset[str], sources: Sources) -> Application:
    """Read and check an application.

    Args:
        body: the request's bytes.
        today: the latest observation date that is accepted.
        products: the products of the policy.
        sources: the bookkeeping systems.

    Raises:
        MalformedJsonError: not JSON.
        InvalidFieldsError: with every fault that was found.
    """
    check = partial(check_application, today=today, products=products, sources=sources)
    return application_of(parse_body(body, ApplicationRequest, check))


def application_of(request: ApplicationRequest) -> Application:
    """What a request asks that was checked."""
    return Application(
        borrower_ref=request.borrower_ref,
        terms=Terms(
            product=request.product,
            amount_cents=int(Decimal(request.amount.value) * 100),
            currency=request.amount.currency,
            term_months=request.term_months,
            legal_form=request.legal_form,
            language=request.language,
            starts_business=request.starts_business,
        ),
        purpose=request.purpose,
        payout_iban=None if request.payout_iban is None else Secret(normalise_iban(request.payout_iban)),
        as_of=request.as_of,
        connection_id=request.connection_id,
        credential=_credential(request.credential, request.sevdesk_token),
        case_id=request.case_id,
        applicant=_party(request.applicant),
    )


def parse_connection(body: bytes, *, sources: Sources) -> tuple[str, Credential, list[PurposeName]]:
    """Read and check a request for a connection; returns the borrower's reference, the credential and the purposes.

    Raises:
        MalformedJsonError: not JSON.
        InvalidFieldsError: with every fault that was found.
    """

    def check(parsed: ConnectionRequest) -> Iterator[FieldError]:
        yield from check_ref(parsed.borrower_ref)
        yield from _check_credential(parsed.credential, parsed.sevdesk_token, sources)
        if (parsed.credential is None) == (parsed.sevdesk_token is None):
            yield FieldError(field="credential", message="give exactly one of credential and sevdesk_token")
        yield from check_purposes(parsed.purposes)

    request = parse_body(body, ConnectionRequest, check)
    credential = _credential(request.credential, request.sevdesk_token)
    assert credential is not None, "checked above"  # noqa: S101  for mypy
    return request.borrower_ref, credential, request.purposes


def check_application(
    request: ApplicationRequest, *, today: date, products: frozenset[str], sources: Sources
) -> Iterator[FieldError]:
    """Checks of an application beyond its types."""
    yield from check_ref(request.borrower_ref)
    yield from check_amount(request.amount)
    if request.product not in products:
        yield FieldError(
            field="product", message=f"is not a product of the policy; its products are {', '.join(sorted(products))}"
        )
    if request.purpose is not None and not request.purpose.isprintable():
        yield FieldError(field="purpose", message="must be a single line of printable characters")
    if request.applicant is not None:
        yield from _check_applicant(request.applicant)
    if request.payout_iban is not None:
        yield from refused("payout_iban", request.payout_iban, normalise_iban)
    if request.as_of is not None and request.as_of > today:
        yield FieldError(field="as_of", message=f"is in the future; today is {today.isoformat()}")
    if request.as_of is not None and request.as_of < EARLIEST_AS_OF:
        yield FieldError(field="as_of", message=f"is before {EARLIEST_AS_OF.isoformat()}")
    yield from _check_credential(request.credential, request.sevdesk_token, sources)
    ways = ("connection_id", "credential", "sevdesk_token")
    given = [way for way in ways if getattr(request, way) is not None]
    if len(given) != 1:
        yield FieldError(
            field=given[-1] if given and ways[0] not in given else ways[0],
            message="give exactly one of connection_id, credential and sevdesk_token",
        )


def _party(applicant: ApplicantRequest | None) -> Party | None:
    """Who applies, where the application says so."""
    if applicant is None:
        return None
    return Party(**msgspec.structs.asdict(applicant))


def _check_applicant(applicant: ApplicantRequest) -> Iterator[FieldError]:
    """Faults of who applies, beyond the types."""
    yield from check_ref(applicant.name, "applicant.name")
    if applicant.tax_number is not None and _TAX_NUMBER.fullmatch(applicant.tax_number) is None:
        message = "must have 9 to 13 digits, and between them only spaces and the signs / . -"
        yield FieldError(field="applicant.tax_number", message=message)
    if applicant.vat_id is not None and _VAT_ID.fullmatch(applicant.vat_id) is None:
        message = "must begin with the letters of its country, such as DE136695976 or ATU12345678"
        yield FieldError(field="applicant.vat_id", message=message)


def check_ref(ref: str, field: str = "borrower_ref") -> Iterator[FieldError]:
    """Checks of a lender's reference beyond its type."""
    if not ref.isprintable() or ref != ref.strip():
        yield FieldError(
            field=field, message="must contain only printable characters, without leading or trailing spaces"
        )


_LINE_ID = re.compile(r"[0-9A-Za-z._:-]+")
"""Narrower than sources need, so that the text of a line is not taken for its identifier."""


def check_correction(request: LineCorrectionRequest) -> Iterator[FieldError]:
    """Checks of a correction beyond its types."""
    if not _LINE_ID.fullmatch(request.line_id):
        yield FieldError(field="line_id", message="must contain only letters a to z, digits, and the signs . _ : -")
    if request.category not in CATEGORY.categories:
        yield FieldError(field="category", message=f"must be one of {', '.join(CATEGORY.categories)}")


def check_text(text: str, field: str = "text") -> Iterator[FieldError]:
    """Checks of what a person writes, such as at a step of a case."""
    if _VISIBLE.search(text) is None:
        yield FieldError(field=field, message="must not be empty")


def check_vote(request: VoteRequest) -> Iterator[FieldError]:
    """Checks of a vote beyond its types."""
    yield from check_text(request.text)
    if request.amount is not None:
        yield from check_amount(request.amount)
    if request.annual_rate_percent is not None and _RATE.fullmatch(request.annual_rate_percent) is None:
        message = 'must be a percentage as text with at most two decimal places, such as "6.90"'
        yield FieldError(field="annual_rate_percent", message=message)


def check_purposes(purposes: Sequence[str]) -> Iterator[FieldError]:
    """Checks of purposes beyond their type."""
    if len(set(purposes)) < len(purposes):
        yield FieldError(field="purposes", message="must not name a purpose twice")
    if Purpose.DECISION not in purposes:
        yield FieldError(field="purposes", message="must contain decision; the other purposes are optional")


def _credential(credential: CredentialRequest | None, sevdesk_token: str | None) -> Credential | None:
    """The credential, from its long or short form."""
    if credential is not None:
        return TokenCredential(source=credential.source, secret=Secret(credential.secret))
    return None if sevdesk_token is None else TokenCredential(source=SEVDESK, secret=Secret(sevdesk_token))


def _check_credential(
    credential: CredentialRequest | None, sevdesk_token: str | None, sources: Sources
) -> Iterator[FieldError]:
    """Faults of the credential, in long or short form, without a request to the source."""
    for form, given in (
        ("credential", _credential(credential, None)),
        ("sevdesk_token", _credential(None, sevdesk_token)),
    ):
        fault = None if given is None else sources.find_fault(given)
        if fault is not None:
            field = f"{form}.{fault.field}" if form == "credential" else form
            yield FieldError(field=field, message=fault.message)


def check_amount(amount: AmountRequest | LoanAmount, field: str = "amount") -> Iterator[FieldError]:
    """Checks of an amount beyond its types."""
    if amount.currency != "EUR":
        yield FieldError(field=f"{field}.currency", message="must be EUR")
    place = f"{field}.value"
    if _AMOUNT.fullmatch(amount.value) is None:
        yield FieldError(field=place, message='must be a decimal number as text, such as "25000.00"')
        return
    value = Decimal(amount.value)
    if value <= 0:
        yield FieldError(field=place, message="must be above 0")
    elif value > HIGHEST_AMOUNT:
        yield FieldError(field=place, message=f"must be at most {HIGHEST_AMOUNT}.00")
    if len(amount.value.partition(".")[2]) > 2:
        message = "must have at most two decimal places; a point is the decimal sign, and thousands have none"
        yield FieldError(field=place, message=message)


def refused(field: str, value: str, convert: Callable[[str], object]) -> Iterator[FieldError]:
    """The fault of a field whose conversion raises a ValueError."""
    try:
        convert(value)
    except ValueError as error:
        yield FieldError(field=field, message=str(error))


T = TypeVar("T", bound=msgspec.Struct)

_TYPE = re.compile(r"`(\w+(?: \| \w+)*)`")
_WORDS = {
    "int": "a whole number",
    "float": "a decimal number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "date": "a day such as 2026-01-31",
    "null": "null",
}


def require_json(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that is not declared as JSON.

    Raises:
        UnsupportedMediaTypeError: the content type is not ``application/json``.
    """
    if request.content_type[0].lower() != "application/json":
        raise UnsupportedMediaTypeError("send the body with `Content-Type: application/json`")


def body_of(
    request: Request[Any, Any, Any],
    body: bytes,
    wanted: type[T],
    check: Callable[[T], Iterator[FieldError]] = lambda _: iter(()),
) -> T:
    """The body of a request, which has to be declared as JSON: see ``parse_body``."""
    require_json(request)
    return parse_body(body, wanted, check)


def parse_body(body: bytes, wanted: type[T], check: Callable[[T], Iterator[FieldError]]) -> T:
    """Decode and check a body.

    Args:
        body: the request's bytes.
        wanted: the struct, which forbids unknown fields.
        check: further checks beyond the types.

    Raises:
        MalformedJsonError: not JSON.
        InvalidFieldsError: with one entry for each fault.
    """
    if not body.strip():
        raise MalformedJsonError("the body is empty; send a JSON object, {} where no field is needed")
    try:
        parsed = _decode(body, wanted)
        repeated = list(_repeated(json.loads(body, object_pairs_hook=_Members), ""))
    except UnicodeDecodeError:
        raise MalformedJsonError("the body is not UTF-8 text") from None
    except RecursionError:
        raise MalformedJsonError("the body is nested too deeply") from None
    except msgspec.DecodeError as error:
        reason = str(error).removeprefix("JSON is malformed: ")
        raise MalformedJsonError(f"the body is not JSON: {reason}") from None
    if repeated:
        raise InvalidFieldsError(repeated)
    if errors := list(check(parsed)):
        raise InvalidFieldsError(errors)
    return parsed


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object as they were written."""


def _repeated(value: object, path: str) -> Iterator[FieldError]:
    """Repeated members: JSON parsers disagree about which of them counts."""
    if isinstance(value, _Members):
        seen: set[str] = set()
        for name, inner in value:
            inside = f"{path}.{name}" if path else name
            if name in seen:
                yield FieldError(field=inside, message="is given more than once")
            seen.add(name)
            yield from _repeated(inner, inside)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _repeated(inner, f"{path}[{index}]")


def _decode(body: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        errors = list(_faults(msgspec.json.decode(body), wanted, ""))
        # never empty: what the decoder refuses, some field refuses
        raise InvalidFieldsError(errors or [FieldError(field="body", message=str(error))]) from None


def _faults(value: object, wanted: type[msgspec.Struct], path: str) -> Iterator[FieldError]:
    if not isinstance(value, dict):
        yield FieldError(field=path.rstrip(".") or "body", message="must be an object")
        return
    known = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    for name in value:
        if name not in known:
            yield FieldError(field=path + name[:64], message="is not a field of this request")
    for name, field in known.items():
        if name in value:
            yield from _fault(value[name], field.type, path + name)
        elif field.required:
            yield FieldError(field=path + name, message="is missing")


def _fault(value: object, wanted: Any, path: str) -> Iterator[FieldError]:  # noqa: ANN401  any annotation of a field
    kinds = [kind for kind in (get_args(wanted) or (wanted,)) if isinstance(kind, type)]
    struct = next((kind for kind in kinds if issubclass(kind, msgspec.Struct)), None)
    if struct is not None and (value is not None or type(None) not in kinds):
        yield from _faults(value, struct, f"{path}.")
        return
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        yield FieldError(field=path, message=in_words(str(error), wanted))


def in_words(message: str, wanted: Any) -> str:  # noqa: ANN401  any annotation
    """Rewrites a validation message of msgspec in plain words.

    Args:
        message: such as "Expected `int`, got `str` - at `$`"; the path is dropped, since the entry names the field.
        wanted: the annotation of the value.
    """
    message = _TYPE.sub(_name, message.partition(" - at `")[0])
    message = message.replace("Expected", "Must be").replace(", got", ", not")
    message = message.replace(
        "Invalid RFC3339 encoded datetime",
        "Must be an instant such as 2026-01-31T00:00:00Z; encode + as %2B in a URL",
    )
    message = message.replace("Invalid RFC3339 encoded date", "Must be a day such as 2026-01-31")
    if choices := _choices(wanted):
        of = f"one of {', '.join(choices)}"
        given = message.removeprefix("Invalid enum value ")
        message = f"{message}; {of}" if given == message else f"must be {of}, not {given}"
    return message[:1].lower() + message[1:].replace("`", "")


def _name(name: re.Match[str]) -> str:
    return " or ".join(_WORDS.get(kind, kind) for kind in name[1].split(" | "))


def _choices(annotation: Any) -> list[str]:  # noqa: ANN401  any annotation of a field
    kind = msgspec.inspect.type_info(annotation)
    while True:
        if isinstance(kind, msgspec.inspect.Metadata):
            kind = kind.type
        elif isinstance(kind, msgspec.inspect.UnionType):
            kind = next(part for part in kind.types if not isinstance(part, msgspec.inspect.NoneType))
        elif isinstance(kind, msgspec.inspect.ListType):
            kind = kind.item_type
        else:
            break
    if isinstance(kind, msgspec.inspect.EnumType):
        return [str(member.value) for member in kind.cls]
    return [str(value) for value in kind.values] if isinstance(kind, msgspec.inspect.LiteralType) else []
