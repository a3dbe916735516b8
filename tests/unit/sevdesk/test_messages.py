import msgspec
import pytest

from scoring.sources.errors import CredentialRejectedError, InvalidRequestError, NotFoundError
from scoring.sources.sevdesk.transport.answers import refusal
from scoring.sources.sevdesk.transport.messages import KNOWN

ONLINE_ONLY = (
    "You can only create transactions on online checkaccounts. "
    "Use document bookAmount to create transactions on other types."
)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "what"),
    [
        (200, None, "Authentication required", CredentialRejectedError, "rejects the token"),
        (400, 151, "No Model_CheckAccountTransaction with the id 1 was found", NotFoundError, "does not know"),
        (400, None, "Bad request. Invoice was not found.", NotFoundError, "does not know"),
        (
            400,
            None,
            "Invalid \u2019limit\u2019 parameter. Please provide an integer value between 1 and 1000.",
            None,
            "1 to 1000",
        ),
        (500, None, "wrong HTTP Type", None, "does not know this call"),
        (400, 90400, "Use resetToDraft first", None, "reset it to a draft"),
        (400, 830, "anything at all", None, "e-invoice"),
        (409, 159, "The object can not be deleted", None, "does not delete"),
        (
            422,
            None,
            ONLINE_ONLY,
            None,
            "online accounts only",
        ),
        (422, 170, "CreditNote exists", None, "credit note for this document already"),
        (422, 421, "The invoice is already cancelled", None, "cancelled already"),
        (200, 390, "The document is partially paid and can not be cancelled", None, "partly paid"),
        (422, None, "New invoices must be created with status 100", None, "begin as drafts"),
        (422, None, "Could not find taxType", None, "tax rule is missing"),
        (422, None, "taxRule cannot be null", None, "tax rule is missing"),
        (422, None, "The invoiceDate (2026-01-02) must be before the deliveryDate (2026-01-01).", None, "dated after"),
        (422, 456, "Different taxRate than origin document: 0", None, "tax rate differs"),
        (422, 460, "Parameter deliveryDate missing", None, "day of delivery"),
        (422, 503, "Invoice number is required", None, "has no number"),
        (422, 750, "Invoice already paid", None, "paid already"),
        (422, 751, "Voucher already paid", None, "paid already"),
        (422, 7100, "The sum is negative", None, "negative"),
        (500, None, "order expected array with 'id' and 'objectName'. integer given", None, "reference in the request"),
        (422, None, "Currency is required.", None, "currency is missing"),
        (422, None, "The given document must have at least one position", None, "at least one position"),
        (422, None, "A draft can not be paid", None, "is a draft"),
    ],
)
def test_what_sevdesk_says_is_told_by_what_to_do(
    status: int, code: int | None, message: str, kind: type[InvalidRequestError] | None, what: str
) -> None:
    """Each known text or code is its error and a sentence; sevdesk's own words, code and name of the incident stay."""
    body = {"objects": None, "error": {"message": message, "code": code, "exceptionUUID": "0-1"}}
    error = refusal("Invoice", status, msgspec.json.encode(body), attempt=1)
    assert error is not None
    assert type(error) is (kind or InvalidRequestError)
    assert what in error.what
    assert (error.source_message, error.code, error.exception_uuid) == (message, code, "0-1")


def test_an_unknown_message_keeps_its_text() -> None:
    """A text that nobody saw before is handed on in its field, with the advice to report it."""
    body = {"objects": None, "error": {"message": "Etwas Neues", "code": 4711, "exceptionUUID": "0-1"}}
    error = refusal("Invoice", 422, msgspec.json.encode(body), attempt=1)
    assert error is not None
    assert (error.what, error.source_message) == ("sevdesk refuses the request; report it", "Etwas Neues")


def test_every_known_message_is_reached() -> None:
    """No entry hides behind an earlier one of the same code."""
    codes = [known.code for known in KNOWN if known.code is not None]
    assert len(codes) == len(set(codes))
