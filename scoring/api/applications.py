"""Application on the wire to application in the flow: the checks that types do not say."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from scoring.api.bodies import parse_body
from scoring.api.errors import FieldError
from scoring.api.iban import normalise_iban
from scoring.api.schemas import AmountRequest, ApplicationRequest, ConnectionRequest, PurposeName
from scoring.base.purposes import Purpose
from scoring.base.secrets import Secret
from scoring.base.token import Token, is_well_formed
from scoring.decisions.decision import Terms
from scoring.usecases.application import Application

HIGHEST_AMOUNT = Decimal(100_000_000)
"""Euro; above it an amount is a mistake, not an application."""
EARLIEST_AS_OF = date(2000, 1, 1)
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def parse_application(body: bytes, *, today: date, products: frozenset[str]) -> Application:
    """Read and check an application.

    Args:
        body: the request's bytes.
        today: no observation date may be after it.
        products: what the policy lends.

    Raises:
        MalformedJsonError: not JSON.
        InvalidFieldsError: with every fault that was found.
    """
    request = parse_body(body, ApplicationRequest, lambda parsed: _check(parsed, today, products))
    return Application(
        borrower_ref=request.borrower_ref,
        terms=Terms(
            product=request.product,
            amount_cents=int(Decimal(request.amount.value) * 100),
            currency=request.amount.currency,
            term_months=request.term_months,
            purpose=request.purpose,
            legal_form=request.legal_form,
            language=request.language,
        ),
        payout_iban=None if request.payout_iban is None else Secret(normalise_iban(request.payout_iban)),
        as_of=request.as_of,
        connection_id=request.connection_id,
        sevdesk_token=None if request.sevdesk_token is None else Token(request.sevdesk_token),
    )


def parse_connection(body: bytes) -> tuple[str, Token, list[PurposeName]]:
    """Read and check a request for a connection; returns the borrower's name, the token and the purposes.

    Raises:
        MalformedJsonError: not JSON.
        InvalidFieldsError: with every fault that was found.
    """

    def check(parsed: ConnectionRequest) -> Iterator[FieldError]:
        yield from check_ref(parsed.borrower_ref)
        yield from _check_token(parsed.sevdesk_token)
        yield from check_purposes(parsed.purposes)

    request = parse_body(body, ConnectionRequest, check)
    return request.borrower_ref, Token(request.sevdesk_token), request.purposes


def _check(request: ApplicationRequest, today: date, products: frozenset[str]) -> Iterator[FieldError]:
    yield from check_ref(request.borrower_ref)
    yield from _check_amount(request.amount)
    if request.product not in products:
        yield FieldError(
            field="product", message=f"is not a product of the policy; it has {', '.join(sorted(products))}"
        )
    if request.purpose is not None and not request.purpose.isprintable():
        yield FieldError(field="purpose", message="must be printable, on one line")
    if request.payout_iban is not None:
        yield from refused("payout_iban", request.payout_iban, normalise_iban)
    if request.as_of is not None and request.as_of > today:
        yield FieldError(field="as_of", message=f"is in the future; today is {today.isoformat()}")
    if request.as_of is not None and request.as_of < EARLIEST_AS_OF:
        yield FieldError(field="as_of", message=f"is before {EARLIEST_AS_OF.isoformat()}")
    if request.sevdesk_token is not None:
        yield from _check_token(request.sevdesk_token)
    if (request.connection_id is None) == (request.sevdesk_token is None):
        yield FieldError(field="connection_id", message="give exactly one of connection_id and sevdesk_token")


def check_ref(ref: str) -> Iterator[FieldError]:
    """What the type of a borrower's name does not say."""
    if not ref.isprintable() or ref != ref.strip():
        yield FieldError(field="borrower_ref", message="must be printable and have no blanks at its ends")


def check_purposes(purposes: Sequence[str]) -> Iterator[FieldError]:
    """What the type of purposes does not say."""
    if len(set(purposes)) < len(purposes):
        yield FieldError(field="purposes", message="names one purpose twice")
    if Purpose.DECISION not in purposes:
        yield FieldError(field="purposes", message="must name decision; others are asked for beside it")


def _check_token(token: str) -> Iterator[FieldError]:
    # what cannot be a token is not tried: sevdesk may block whoever sends many wrong ones
    if not is_well_formed(token):
        message = "a sevdesk token is 32 hexadecimal digits, without blanks or line breaks"
        yield FieldError(field="sevdesk_token", message=message)


def _check_amount(amount: AmountRequest) -> Iterator[FieldError]:
    if amount.currency != "EUR":
        yield FieldError(field="amount.currency", message="only EUR is supported")
    if _AMOUNT.fullmatch(amount.value) is None:
        yield FieldError(field="amount.value", message='must be a decimal number as text, such as "25000.00"')
        return
    value = Decimal(amount.value)
    if value <= 0:
        yield FieldError(field="amount.value", message="must be above 0")
    elif value > HIGHEST_AMOUNT:
        yield FieldError(field="amount.value", message=f"is above the highest amount accepted, {HIGHEST_AMOUNT}.00")
    if len(amount.value.partition(".")[2]) > 2:
        yield FieldError(field="amount.value", message="must have at most two decimals")


def refused(field: str, value: str, convert: Callable[[str], object]) -> Iterator[FieldError]:
    """The fault of a field whose conversion raises a ValueError."""
    try:
        convert(value)
    except ValueError as error:
        yield FieldError(field=field, message=str(error))
