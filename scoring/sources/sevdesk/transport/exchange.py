"""One exchange with sevdesk: body or error. Repeating is left to the caller."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from scoring.base.secrets import Secret
from scoring.sources.errors import SourceError, SourceUnavailableError, UnexpectedAnswerError
from scoring.sources.http import CompressionError, HttpClient, HttpRequest, TooLargeError, UnreachableError
from scoring.sources.sevdesk.transport.answers import refusal
from scoring.sources.sevdesk.transport.retry import parse_retry_after

_SENDABLE = re.compile(r"[!-~]{1,256}")


def headers(token: Secret, purpose: str) -> dict[str, str]:
    """Headers of every call; the token is the whole Authorization.

    Args:
        token: Of the account.
        purpose: For sevdesk's logs.

    Raises:
        ValueError: The token cannot be sent; libraries would repeat it in their errors.
    """
    text = token.reveal()
    if _SENDABLE.fullmatch(text) is None:
        raise ValueError("a token cannot have blanks, line breaks or characters beyond ASCII")
    return {
        "Authorization": text,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": f"hauptbuch/0.2 (loan decisions, {purpose})",
    }


async def exchange(
    http: HttpClient, request: HttpRequest, path: str, *, now: Callable[[], datetime], attempt: int
) -> bytes | SourceError:
    """Send once. Errors are returned, not raised: their context would hold the request and its token.

    Args:
        http: Of the process.
        request: With the token as its Authorization.
        path: Below the base address, for errors.
        now: For dates in Retry-After.
        attempt: How many times this was sent, 1 for the first.
    """
    try:
        answer = await http.send(request)
    except CompressionError:
        return UnexpectedAnswerError("sevdesk's answer is wrongly compressed; report it", path=path, attempt=attempt)
    except TooLargeError:
        what = f"sevdesk's answer exceeds {request.most_bytes} bytes; report it"
        return UnexpectedAnswerError(what, path=path, attempt=attempt)
    except UnreachableError as error:
        return SourceUnavailableError(f"sevdesk cannot be reached ({error}); try later", path=path, attempt=attempt)
    if 200 <= answer.status_code < 300:
        return answer.body
    retry_after = parse_retry_after(answer.headers.get("Retry-After"), now())
    failure = refusal(path, answer.status_code, answer.body, attempt=attempt, retry_after=retry_after)
    return without_token(failure, request.headers) if failure else answer.body


def without_token(error: SourceError, sent: Mapping[str, str]) -> SourceError:
    """The error, with the token masked where sevdesk's message repeats it."""
    if error.source_message is not None:
        error.source_message = error.source_message.replace(sent["Authorization"], "***")
    return error
