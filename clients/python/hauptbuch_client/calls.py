"""A request before it is sent, and the answer to it: what both clients share, without sending anything."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from hauptbuch_client.problems import ArgumentError, UnexpectedAnswerError
from hauptbuch_client.version import VERSION

T = TypeVar("T")
_KEY = re.compile(r"[!-~]{1,80}")
_JSON = "application/json"
_SECRET = re.compile(r"hbk_\S*|[\w+/=-]{16,}")
"""A key, or a word so long that it may be a token, an account, or anything but a word."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that came as a whole."""

    status: int
    headers: Mapping[str, str]
    """Their names in small letters."""
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One request of the interface."""

    method: str
    path: str
    """With names in braces."""
    answers: Mapping[int, Any]
    """The type of each answer by its status: a struct, ``bytes`` of a file, or None."""
    files: Sequence[str] = ()
    """Media types of the file that answers."""
    in_path: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    content_type: str = _JSON
    """Of the body."""
    prefer: str | None = None
    takes_key: bool = False
    """Whether the service knows ``Idempotency-Key`` of this request."""
    idempotency_key: str | None = None

    def keyed(self) -> "Call[T]":
        """The same with an idempotency key, if it takes one and has none.

        Raises:
            ArgumentError: The one that it has cannot be sent, or the preference cannot.
        """
        if self.prefer is not None and not (self.prefer.isascii() and self.prefer.isprintable()):
            raise ArgumentError("prefer", "is ASCII text without a line break")
        if self.idempotency_key is None:
            return replace(self, idempotency_key=str(uuid.uuid4())) if self.takes_key else self
        if not _KEY.fullmatch(self.idempotency_key):
            raise ArgumentError("idempotency_key", "is 1 to 80 visible ASCII characters")
        return self

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again though it may have been carried out."""
        return self.method == "GET" or self.idempotency_key is not None

    @property
    def address(self) -> str:
        """The path with its values.

        Raises:
            ArgumentError: A value is empty or made of dots, and would lead elsewhere.
        """
        for name, value in self.in_path.items():
            if not str(value).strip("."):
                raise ArgumentError(name, "is empty, or made of dots: the request would lead elsewhere")
        return self.path.format_map({name: quote(str(value), safe="") for name, value in self.in_path.items()})

    def parameters(self) -> dict[str, str]:
        """The query as text, without what is None."""
        return {name: _text(value) for name, value in self.query.items() if value is not None}

    def headers(self) -> dict[str, str]:
        """The headers of this request alone."""
        named = {
            "Content-Type": None if self.body is None else self.content_type,
            "Idempotency-Key": self.idempotency_key,
            "Prefer": self.prefer,
        }
        return {name: value for name, value in named.items() if value is not None}

    def content(self) -> bytes | None:
        """The body as it is sent."""
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return msgspec.json.encode(self.body)

    def read(self, answer: Answer) -> T:
        """What an answer with a status from 200 to 299 has.

        Raises:
            UnexpectedAnswerError: It is not what the interface promises.
        """
        kind = self.answers.get(answer.status, UnexpectedAnswerError)
        if kind is UnexpectedAnswerError:
            raise self.unexpected(answer, "this status is not promised")
        if kind is None:
            return None  # type: ignore[return-value]  # as ``answers`` says
        promised = self.files if kind is bytes else (_JSON,)
        if _media_type(answer) not in promised:
            raise self.unexpected(answer, f"promised is {' or '.join(promised)}")
        if kind is bytes:
            if "x-request-id" not in answer.headers:  # HTML may be a file, or the page of a proxy
                raise self.unexpected(answer, "it has no X-Request-ID")
            return answer.content  # type: ignore[return-value]  # the same
        try:
            return msgspec.json.decode(answer.content, type=kind)  # type: ignore[no-any-return]  # the same
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self.unexpected(answer, str(error)) from None

    def unexpected(self, answer: Answer, why: str) -> UnexpectedAnswerError:
        """The error that says what came, why it cannot be, and what to look at."""
        content_type = answer.headers.get("content-type", "")
        kind = content_type or "no content type"
        return UnexpectedAnswerError(
            f"{self.method} {self.path} was answered with status {answer.status} and {kind}: {why}"
            f"{self._begun(answer)}. "
            f"Is this the address of the service, is it of version {VERSION} or later, and what stands in front of it?",
            status=answer.status,
            content_type=content_type,
            request_id=answer.headers.get("x-request-id"),
            idempotency_key=self.idempotency_key,
        )

    def _begun(self, answer: Answer) -> str:
        """How a page of something else begins. JSON and files may be the service's own, and tell of a firm."""
        if _media_type(answer) not in {"text/html", "text/plain"} - set(self.files):
            return ""
        text = " ".join(_SECRET.sub("...", answer.content[:2000].decode(errors="replace")).split())
        return f"; it begins with {''.join(filter(str.isprintable, text))[:100]!r}"


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else str(value)
