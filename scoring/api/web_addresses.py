"""URLs of a lender's pages: validation, and the result added to a return URL."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from scoring.runtime.settings import LOOPBACK

RESULT = "result"
SESSION = "connect_session_id"
# browsers repair characters that a URL may not have, each differently, so that it could lead to another host
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def check_page_address(text: str) -> None:
    """Check that a text is the URL of a page on the internet, or on this machine.

    Raises:
        ValueError: it is not; the message says why.
    """
    if _ADDRESS.fullmatch(text) is None:
        raise ValueError("has characters that must be percent-encoded, such as spaces, backslashes or umlauts")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("has unbalanced brackets, or a port that is not a number up to 65535") from None
    if not host or _HOST.fullmatch(host) is None or port == 0:
        raise ValueError("must have a host, as in https://bank.example/page")
    if "@" in parts.netloc:
        raise ValueError("must not contain a user or password")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError("must start with https:// (http:// only for localhost and 127.0.0.1)")


def check_return_address(text: str) -> None:
    """Check that a text is a URL that can take a result in its query.

    Raises:
        ValueError: it is not; the message says why.
    """
    check_page_address(text)
    if "#" in text:
        raise ValueError("must not have a fragment")
    if taken := {RESULT, SESSION} & parse_qs(urlsplit(text).query, keep_blank_values=True).keys():
        raise ValueError(f"must not have the parameter {min(taken)}, which the service adds")


def with_result(return_url: str, *, result: str, session_id: str) -> str:
    """The return URL with the result added to its query."""
    parts = urlsplit(return_url)
    added = urlencode({RESULT: result, SESSION: session_id})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def origin_of(address: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
