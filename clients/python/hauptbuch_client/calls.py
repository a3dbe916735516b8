"""A request before it is sent, and the answer to it: what both clients share, without sending anything."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from hauptbuch_client.problems import UnexpectedAnswerError

T = TypeVar("T")
_KEY = re.compile(r"[!-~]{1,80}")


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One request of the interface."""

    method: str
    path: str
    """With names in braces."""
    answers: Mapping[int, Any]
    """The type of each answer by its status: a struct, ``bytes`` of a file, or None."""
    in_path: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    content_type: str = "application/json"
    """Of the body."""
    prefer: str | None = None
    takes_key: bool = False
    """Whether the service knows ``Idempotency-Key`` of this request."""
    idempotency_key: str | None = None

    def keyed(self) -> "Call[T]":
        """The same with an idempotency key, if it takes one and has none.

        Raises:
            ValueError: The one that it has cannot be sent.
        """
        if self.idempotency_key is None:
            return replace(self, idempotency_key=str(uuid.uuid4())) if self.takes_key else self
        if not _KEY.fullmatch(self.idempotency_key):
            raise ValueError(f"an idempotency key is 1 to 80 visible ASCII characters: {self.idempotency_key!r}")
        return self

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again though it may have been carried out."""
        return self.method == "GET" or self.idempotency_key is not None

    @property
    def address(self) -> str:
        """The path with its values.

        Raises:
            ValueError: A value is empty or made of dots, and would lead elsewhere.
        """
        for name, value in self.in_path.items():
            if not str(value).strip("."):
                raise ValueError(f"{name} is empty, or made of dots: {value!r}")
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

    def read(self, response: httpx.Response) -> T:
        """What an answer with a status from 200 to 299 has.

        Raises:
            UnexpectedAnswerError: It is not what the interface promises.
        """
        kind = self.answers.get(response.status_code, UnexpectedAnswerError)
        said = response.headers.get("content-type", "nothing")
        if kind is UnexpectedAnswerError:
            raise UnexpectedAnswerError(f"{self.method} {self.path} was answered with status {response.status_code}")
        if kind is None or kind is bytes:
            return None if kind is None else response.content  # type: ignore[return-value]  # as ``answers`` says
        try:
            return msgspec.json.decode(response.content, type=kind)  # type: ignore[no-any-return]  # the same
        except msgspec.MsgspecError as error:
            raise UnexpectedAnswerError(f"{self.method} {self.path} was answered with {said}: {error}") from None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else str(value)
