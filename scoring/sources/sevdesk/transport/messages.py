"""What sevdesk's error texts mean for the caller. Texts that are not listed here are passed on as they are.

sevdesk documents neither texts nor codes; these were seen in answers, in published clients and in its own notices. A
code is not an HTTP status, and the same code may come with different statuses.
"""

import re
from dataclasses import dataclass

from scoring.sources.errors import CredentialRejectedError, InvalidRequestError, NotFoundError, SourceError


@dataclass(frozen=True, slots=True)
class Known:
    """A known message: recognised by its code, or by its text where there is no code."""

    text: re.Pattern[str]
    """Somewhere in the message, in any case."""
    what: str
    """What is wrong and what to do, in a sentence."""
    code: int | None = None
    kind: type[SourceError] = InvalidRequestError


def _known(text: str, what: str, *, code: int | None = None, kind: type[SourceError] = InvalidRequestError) -> Known:
    return Known(re.compile(text, re.IGNORECASE), what, code, kind)


_NOT_FOUND = "sevdesk does not know what was asked for"
KNOWN = (
    _known(
        r"authentication required", "sevdesk rejects the token; connect the account again", kind=CredentialRejectedError
    ),
    _known(r"no model_\w+ with the id \S+ was found", _NOT_FOUND, code=151, kind=NotFoundError),
    _known(r"\bwas (not )?found\W*$", _NOT_FOUND, kind=NotFoundError),
    _known(r"invalid .limit. parameter", "sevdesk takes 1 to 1000 objects a page; report it"),
    _known(r"wrong http type", "sevdesk does not know this call any more; report it"),
    _known(r"use resettodraft first", "the document is no draft any more; reset it to a draft in sevdesk", code=90400),
    _known(r"e-?invoice|x-?rechnung|missing information", "data for an e-invoice are missing in sevdesk", code=830),
    _known(r"can ?not be deleted|not deletable", "sevdesk does not delete this object any more", code=159),
    _known(
        r"only create transactions on online checkaccounts",
        "bank lines can be added to online accounts only; book the document on this account instead",
    ),
    _known(r"credit ?note (already )?exists", "there is a credit note for this document already", code=170),
    _known(r"already cancell?ed", "the invoice is cancelled already", code=421),
    _known(
        r"partially paid", "the document is partly paid and cannot be cancelled; reset its payments first", code=390
    ),
    _known(r"created with status 100", "new invoices begin as drafts; report it"),
    _known(r"could not find taxtype|taxrule cannot be null", "the tax rule is missing or not allowed here; report it"),
    _known(r"must be before the deliverydate", "the document is dated after its delivery; correct the dates"),
    _known(r"different taxrate than origin", "the tax rate differs from that of the original document", code=456),
    _known(r"deliverydate", "the day of delivery is missing", code=460),
    _known(r"invoice number is required", "the invoice has no number; ask sevdesk for the next one", code=503),
    _known(r"already paid", "the document is paid already", code=750),
    _known(r"already paid", "the document is paid already", code=751),
    _known(r"negative", "the sum of the document is negative", code=7100),
    _known(r"expected array with 'id' and 'objectname'", "a reference in the request is malformed; report it"),
    _known(r"currency is required", "the currency is missing; report it"),
    _known(r"at least one position", "a document needs at least one position; report it"),
    _known(r"a draft can ?not be paid", "the document is a draft; finish it in sevdesk before it is paid"),
)


def meaning_of(message: str | None, code: int | None) -> Known | None:
    """The known message that this is; its code decides, where both have one."""
    if message is None:
        message = ""
    # A code is more reliable than a text, which may be reworded.
    by_code = next((known for known in KNOWN if code and known.code == code), None)
    return by_code or next((known for known in KNOWN if known.text.search(message)), None)
