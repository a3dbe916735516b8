"""Links with which an applicant answers an inquiry, or contests a decision: open until used, cancelled or expired.

As in connect sessions, the secret is stored as a digest only, and whoever ends a link changes its row from ``open``.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.base.secrets import Secret, digest
from scoring.decisions.inquiries import Item, decode_items, encode_items
from scoring.store.borrowers import Borrower, open_text, seal_text
from scoring.store.connect_sessions import SessionStatus
from scoring.store.tables import applicant_links, connect_sessions

_SECRET_BYTES: Final = 32


class LinkKind(StrEnum):
    """What a link is for."""

    INQUIRY = "inquiry"
    CONTEST = "contest"


class LinkStatus(StrEnum):
    """State of a link."""

    OPEN = "open"
    USED = "used"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Not stored: derived from the clock."""


class LinkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants of a link. One key may serve several brands, so the lender's names come with each."""

    lender_name: str
    privacy_url: str
    privacy_email: str
    language: str
    expires_at: datetime


class ApplicantLink(msgspec.Struct, frozen=True, kw_only=True):
    """A stored link."""

    id: str
    lender_id: str
    case_id: str
    borrower_id: str
    kind: LinkKind
    lender_name: str
    privacy_url: str
    privacy_email: str
    language: str
    items: bytes | None
    """What is asked for, encrypted."""
    decides_again: bool
    asked_by: str | None
    status: LinkStatus
    """As of the moment of reading."""
    sent_sha256: str | None
    created_at: str
    expires_at: str
    ended_at: str | None
    connect_session_id: str | None
    connection_id: str | None
    """The account that was connected with the link."""


def add_link(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    *,
    lender_id: str,
    case_id: str,
    borrower: Borrower,
    kind: LinkKind,
    order: LinkOrder,
    items: Sequence[Item] = (),
    decides_again: bool = False,
    asked_by: str | None,
    now: datetime,
    randomness: Randomness,
) -> tuple[str, Secret]:
    """Create a link in the caller's transaction; open ones of the same case and kind are cancelled.

    Returns:
        Its identifier, and the secret, which is not stored and cannot be shown again.
    """
    cancel_links(connection, (applicant_links.c.case_id == case_id) & (applicant_links.c.kind == kind), at=instant(now))
    identifier = new_id("apl", now, randomness)
    secret = base64.urlsafe_b64encode(randomness(_SECRET_BYTES)).decode().rstrip("=")
    sealed = seal_text(encode_items(items), borrower, place_of(identifier), randomness) if items else None
    connection.execute(
        insert(applicant_links).values(
            id=identifier,
            lender_id=lender_id,
            case_id=case_id,
            borrower_id=borrower.id,
            kind=kind,
            secret_sha256=digest(secret),
            lender_name=order.lender_name,
            privacy_url=order.privacy_url,
            privacy_email=order.privacy_email,
            language=order.language,
            items=sealed,
            decides_again=decides_again,
            asked_by=asked_by,
            status=LinkStatus.OPEN,
            created_at=instant(now),
            expires_at=instant(order.expires_at),
        )
    )
    return identifier, Secret(secret)


def place_of(link_id: str) -> str:
    """What the encryption of a link's items is bound to."""
    return f"inquiry/{link_id}"


def items_of(link: ApplicantLink, borrower: Borrower) -> tuple[Item, ...]:
    """What is asked for with a link.

    Raises:
        DecryptionError: it cannot be decrypted.
    """
    return () if link.items is None else decode_items(open_text(link.items, borrower, place_of(link.id)))


def find_by_secret(connection: Connection, secret: str, *, now: datetime) -> ApplicantLink | None:
    """The link with this secret in its address, in any state."""
    return _find(connection, applicant_links.c.secret_sha256 == digest(secret), now)


def find_link(connection: Connection, *, lender_id: str, link_id: str, now: datetime) -> ApplicantLink | None:
    """One link of this lender."""
    return _find(connection, (applicant_links.c.lender_id == lender_id) & (applicant_links.c.id == link_id), now)


def links_of(connection: Connection, *, lender_id: str, case_id: str, now: datetime) -> tuple[ApplicantLink, ...]:
    """The links of a case, the oldest first."""
    mine = (applicant_links.c.lender_id == lender_id) & (applicant_links.c.case_id == case_id)
    return tuple(_link(row, now) for row in connection.execute(_links().where(mine).order_by(applicant_links.c.id)))


def newest_order(connection: Connection, *, lender_id: str) -> dict[str, str] | None:
    """How the lender named itself in its newest link of any kind; None where it has made none."""
    for table in (applicant_links, connect_sessions):
        columns = [table.c[name] for name in ("lender_name", "privacy_url", "privacy_email")]
        newest = select(*columns).where(table.c.lender_id == lender_id).order_by(table.c.id.desc()).limit(1)
        if (row := connection.execute(newest).first()) is not None:
            return dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
    return None


def use_link(connection: Connection, link: ApplicantLink, *, sent_sha256: str, now: datetime) -> bool:
    """Use a link up; False where it is not open any more."""
    is_usable = (
        (applicant_links.c.id == link.id)
        & (applicant_links.c.status == LinkStatus.OPEN)
        & (applicant_links.c.expires_at > instant(now))
    )
    done = connection.execute(
        update(applicant_links)
        .where(is_usable)
        .values(status=LinkStatus.USED, sent_sha256=sent_sha256, ended_at=instant(now))
    )
    return bool(done.rowcount)


def cancel_links(connection: Connection, which: ColumnElement[bool], *, at: str) -> int:
    """Cancel open links; returns how many."""
    is_open = which & (applicant_links.c.status == LinkStatus.OPEN)
    cancelling = update(applicant_links).where(is_open).values(status=LinkStatus.CANCELLED, ended_at=at)
    return connection.execute(cancelling).rowcount


def note_connecting(connection: Connection, link: ApplicantLink, connect_session_id: str) -> None:
    """Remember the newest link with which the applicant connects its account."""
    mine = applicant_links.c.id == link.id
    connection.execute(update(applicant_links).where(mine).values(connect_session_id=connect_session_id))


def _find(connection: Connection, which: ColumnElement[bool], now: datetime) -> ApplicantLink | None:
    row = connection.execute(_links().where(which)).first()
    return None if row is None else _link(row, now)


def _links() -> Select[tuple[Any, ...]]:
    columns = [
        applicant_links.c[name] for name in ApplicantLink.__struct_fields__ if name not in {"connection_id", "status"}
    ]
    is_connected = (connect_sessions.c.id == applicant_links.c.connect_session_id) & (
        connect_sessions.c.status == SessionStatus.COMPLETED
    )
    return select(*columns, applicant_links.c.status, connect_sessions.c.connection_id).outerjoin_from(
        applicant_links, connect_sessions, is_connected
    )


def _link(row: Row[Any], now: datetime) -> ApplicantLink:
    status = LinkStatus(row.status)
    if status is LinkStatus.OPEN and row.expires_at <= instant(now):
        status = LinkStatus.EXPIRED
    fields = dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
    return ApplicantLink(**{**fields, "status": status, "kind": LinkKind(row.kind)})
