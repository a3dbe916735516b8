"""URLs of a lender's pages: validation, and the result added to a return URL."""

import re
from ipaddress import ip_address
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from scoring.runtime.settings import LOOPBACK

RESULT = "result"
SESSION = "connect_session_id"
# browsers repair characters that a URL may not have, each differently, so that it could lead to another host
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")

_INSIDE = "must not lead to this machine or to an address inside a network"


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


def check_webhook_address(text: str, *, allows_inside: bool) -> None:
    """Check that a text is the URL of an endpoint; where its name leads to is looked at whenever something is sent.

    Args:
        text: the URL.
        allows_inside: whether it may be inside, and http.

    Raises:
        ValueError: it is not; the message says why.
    """
    try:
        check_page_address(text)
    except ValueError as error:
        if not (allows_inside and text.startswith("http://")):
            raise ValueError(str(error).split(" (http", maxsplit=1)[0]) from None
        check_page_address(text.replace("http://", "https://", 1))
    if "#" in text:
        raise ValueError("must not have a fragment")
    if allows_inside:
        return
    if not text.startswith("https://"):
        raise ValueError("must start with https://")
    host = urlsplit(text).hostname or ""
    last = host.rpartition(".")[2]
    if last == "localhost":
        raise ValueError(_INSIDE)
    if last[:1].isdigit():  # no name ends so
        try:
            is_outside = ip_address(host).is_global
        except ValueError:
            raise ValueError("must have a name or an IPv4 address of four numbers as its host") from None
        if not is_outside:
            raise ValueError(_INSIDE)


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
