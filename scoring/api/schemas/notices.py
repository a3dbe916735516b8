"""Wire types of notices to applicants."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class NoticeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that was issued."""

    notice_id: str
    decision_id: str
    format: Literal["html", "pdf"]
    language: Literal["de", "en"]
    texts: Annotated[str, Meta(description="Version of its words.")]
    sha256: Annotated[str, Meta(description="Of its bytes, in hexadecimal.")]
    issued_at: str
    link: Annotated[str, Meta(description="Path of its bytes.")]


class NoticeList(msgspec.Struct, frozen=True, kw_only=True):
    """The notices on a decision, newest first."""

    items: tuple[NoticeResponse, ...]
