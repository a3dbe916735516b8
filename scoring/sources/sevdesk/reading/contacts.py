"""A firm's customers and suppliers by name, for lenders that the firm has allowed to know them.

No decision may know these names: an import contract lets only the command reach this module.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec
from typing_extensions import override

from scoring.base.identifiers import BERLIN
from scoring.sources.errors import UnexpectedAnswerError
from scoring.sources.http import Params
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.words.records import Id, Record, Ref, Timestamp

CATEGORIES: Final[Mapping[int, str]] = MappingProxyType({2: "supplier", 3: "customer", 4: "partner", 28: "prospect"})
"""sevdesk's own categories of contacts."""
_RESOURCE = "Contact"


class ContactKind(StrEnum):
    """Which contacts, by their category."""

    CUSTOMERS = "customers"
    SUPPLIERS = "suppliers"
    ALL = "all"
    """Also partners, prospects, and contacts of another category or none."""


_CATEGORY_OF: Final[Mapping[ContactKind, int]] = MappingProxyType({ContactKind.SUPPLIERS: 2, ContactKind.CUSTOMERS: 3})


class ContactRecord(Record, frozen=True):
    """A contact, as far as it may be passed on: bank and tax numbers never leave the decoder."""

    id: Id
    name: str | None = None
    surename: str | None = None
    familyname: str | None = None
    customer_number: str | None = None
    category: Ref | None = None
    parent: Ref | None = None
    updated: Timestamp | None = msgspec.field(name="update", default=None)

    @override
    def __repr__(self) -> str:
        return f"ContactRecord(id={self.id})"


class NamedContact(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, supplier or other contact of a firm; neither ``repr`` nor ``str`` shows its name."""

    id: int
    is_person: bool
    """sevdesk has no such flag: a contact without the name of an organisation is a person."""
    name: str
    """Of an organisation, or first and last name of a person."""
    category: str | None
    """One of ``CATEGORIES``, or the identifier of another."""
    customer_number: str | None
    parent_id: int | None
    """The organisation that a person belongs to."""
    updated_at: datetime | None
    """In UTC."""

    @override
    def __repr__(self) -> str:
        return f"NamedContact(id={self.id})"


async def list_contacts(
    client: SevdeskClient, kind: ContactKind = ContactKind.ALL, *, since: datetime | None = None
) -> list[NamedContact]:
    """Organisations and persons, sorted by the time of their last change.

    Deleted contacts are missing. To notice them, read the whole list and compare.

    Args:
        client: Of the account.
        kind: Which of them.
        since: Only contacts changed in this second or later, and those without a time of change. An aware
            datetime.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    since = None if since is None else since.replace(microsecond=0)  # sevdesk's times have whole seconds
    listed = await client.list_all(_RESOURCE, ContactRecord, _filters(kind, since))
    # sevdesk silently ignores filters that it does not know
    wanted = [record for record in listed if kind is ContactKind.ALL or _category(record) == _CATEGORY_OF[kind]]
    found = [_named(record) for record in wanted]
    kept = [one for one in found if since is None or one.updated_at is None or one.updated_at >= since]
    return sorted(kept, key=lambda one: (0.0 if one.updated_at is None else one.updated_at.timestamp(), one.id))


def _filters(kind: ContactKind, since: datetime | None) -> Params:
    filters = {"depth": "1"}  # without it only organisations come
    if kind in _CATEGORY_OF:
        filters |= {"category[id]": str(_CATEGORY_OF[kind]), "category[objectName]": "Category"}
    if since is not None:
        # a second earlier: whether the second itself is after it is not documented
        filters["updateAfter"] = str(max(int(since.timestamp()) - 1, 0))
    return filters


def _category(record: ContactRecord) -> int | None:
    return None if record.category is None else record.category.id


def _named(record: ContactRecord) -> NamedContact:
    category = _category(record)
    return NamedContact(
        id=record.id,
        is_person=not record.name,
        name=record.name or " ".join(part for part in (record.surename, record.familyname) if part),
        category=None if category is None else CATEGORIES.get(category, str(category)),
        customer_number=record.customer_number or None,
        parent_id=None if record.parent is None else record.parent.id,
        updated_at=None if record.updated is None else _moment(record.id, record.updated),
    )


def _moment(contact: int, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: times near the year 9999
        raise UnexpectedAnswerError(
            "sevdesk's answer cannot be read: a time of change is no time; report it",
            path=_RESOURCE,
            resource=_RESOURCE,
            field="update",
            object_id=str(contact),
        ) from None
