"""One exchange with sevdesk: what was sent once, answered or not; which method it has is the caller's affair."""

from collections.abc import Callable
from datetime import datetime

import httpx

from scoring.sources.errors import SourceError, SourceUnavailableError, UnexpectedAnswerError
from scoring.sources.sevdesk.transport.answers import refusal
from scoring.sources.sevdesk.transport.retry import parse_retry_after


async def exchange(
    http: httpx.AsyncClient,
    request: httpx.Request,
    path: str,
    *,
    page_bytes: int,
    now: Callable[[], datetime],
    attempt: int,
) -> bytes | SourceError:
    """Body or error: errors are returned, because a cause raised along would hold the request and its token.

    Args:
        http: The pooled client; its cookies, headers, credentials and redirects are not used.
        request: Built by hand, with the token as its Authorization.
        path: Below the base address, for errors.
        page_bytes: Bound on the answer, uncompressed.
        now: For dates in Retry-After.
        attempt: How many times this was sent, 1 for the first.
    """
    try:
        response = await http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            body = await _body(response, page_bytes)
        finally:
            await response.aclose()
    except httpx.DecodingError:
        return UnexpectedAnswerError("sevdesk's answer is wrongly compressed; report it", path=path, attempt=attempt)
    except httpx.TransportError as error:
        kind = type(error).__name__
        return SourceUnavailableError(f"sevdesk cannot be reached ({kind}); try later", path=path, attempt=attempt)
    if body is None:
        return UnexpectedAnswerError(
            f"sevdesk's answer exceeds {page_bytes} bytes; report it",
            path=path,
            status_code=response.status_code,
            attempt=attempt,
        )
    if response.is_success:
        return body
    retry_after = parse_retry_after(response.headers.get("Retry-After"), now())
    failure = refusal(path, int(response.status_code), body, attempt=attempt, retry_after=retry_after)
    return without_token(failure, request.headers["Authorization"]) if failure else body


def without_token(error: SourceError, token: str) -> SourceError:
    """The error, with the token masked where sevdesk's message repeats it."""
    if error.source_message is not None:
        error.source_message = error.source_message.replace(token, "***")
    return error


async def _body(response: httpx.Response, page_bytes: int) -> bytes | None:
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > page_bytes:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
