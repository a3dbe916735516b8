"""Addresses of a lender's own pages: checked when they come in, extended when somebody is sent there."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from scoring.runtime.settings import LOOPBACK

RESULT = "result"
SESSION = "connect_session_id"
# browsers repair what is not allowed in an address, each in its own way, so that it leads elsewhere than it reads
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def check_page_address(text: str) -> None:
    """Whether a text is the address of a page on the internet, or on this machine.

    Raises:
        ValueError: it is not; the message says why.
    """
    if _ADDRESS.fullmatch(text) is None:
        raise ValueError("has characters that must be percent-encoded, such as blanks, backslashes or umlauts")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("has brackets that do not match, or a port that is not a number up to 65535") from None
    if not host or _HOST.fullmatch(host) is None or port == 0:
        raise ValueError("must name a host, as in https://bank.example/page")
    if "@" in parts.netloc:
        raise ValueError("must have no user and no password")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError("must start with https:// (http:// only for localhost and 127.0.0.1)")


def check_return_address(text: str) -> None:
    """Whether a text is an address that somebody can be sent back to with a result in its query.

    Raises:
        ValueError: it is not; the message says why.
    """
    check_page_address(text)
    if "#" in text:
        raise ValueError("must have no fragment")
    if taken := {RESULT, SESSION} & parse_qs(urlsplit(text).query, keep_blank_values=True).keys():
        raise ValueError(f"must not have the parameter {min(taken)}: the service sets it")


def with_result(return_url: str, *, result: str, session_id: str) -> str:
    """The return address with what came out; the rest of its query stays as it is."""
    parts = urlsplit(return_url)
    added = urlencode({RESULT: result, SESSION: session_id})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def origin_of(address: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
