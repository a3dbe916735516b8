"""Customers and suppliers by name: who is in the list, what changed since a time, and what sevdesk ignores."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from unit.sevdesk.fakes import Handler, client, ref, sevdesk

from scoring.sources.errors import UnexpectedAnswerError
from scoring.sources.sevdesk.reading.contacts import ContactKind, ContactRecord, NamedContact, list_contacts

AT = "2026-09-28T19:38:19+02:00"
MOMENT = datetime(2026, 9, 28, 17, 38, 19, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def contact(number: int, name: str | None = "Probe Practice GmbH", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A customer as sevdesk writes it, with what must not be read."""
    base = {
        "id": str(number),
        "objectName": "Contact",
        "create": AT,
        "update": AT,
        "name": name,
        "status": "1000",
        "customerNumber": "1000",
        "surename": None,
        "familyname": None,
        "category": ref("Category", 3),
        "description": "<b>pays late</b>",
        "birthday": "1970-01-31T00:00:00+01:00",
        "vatNumber": "DE999999999",
        "bankAccount": "DE89370400440532013000",
    }
    return base | fields


FIRM = [
    contact(1),
    contact(2, None, surename="Erika", familyname="Muster", parent=ref("Contact", 1)),
    contact(3, "Lieferant AG", category=ref("Category", 2), customerNumber=None),
    contact(4, "Partner AG", category=ref("Category", 4)),
    contact(5, "Interessent AG", category=ref("Category", 28)),
    contact(6, "Eigene AG", category=ref("Category", 4711)),
    {"id": "7", "objectName": "Contact", "name": "Ohne"},
]


class Asked:
    """A sevdesk that ignores every filter and remembers what it was asked."""

    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self.queries: list[dict[str, str]] = []
        self._inner: Handler = sevdesk({"Contact": objects})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer with the page, whatever is filtered for."""
        assert request.url.path == "/api/v1/Contact"
        assert request.method == "GET"
        self.queries.append(dict(request.url.params))
        answer: httpx.Response = self._inner(request)
        return answer


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, (False, "Probe Practice GmbH", "customer", "1000", None, MOMENT)),
        (2, (True, "Erika Muster", "customer", "1000", 1, MOMENT)),
        (3, (False, "Lieferant AG", "supplier", None, None, MOMENT)),
        (4, (False, "Partner AG", "partner", "1000", None, MOMENT)),
        (5, (False, "Interessent AG", "prospect", "1000", None, MOMENT)),
        (6, (False, "Eigene AG", "4711", "1000", None, MOMENT)),
        (7, (False, "Ohne", None, None, None, None)),
    ],
)
async def test_what_is_known_of_a_contact(number: int, expected: tuple[object, ...]) -> None:
    """A person is who has no name of an organisation; category by its word; nothing else is kept."""
    found = {one.id: one for one in await list_contacts(client(sevdesk({"Contact": FIRM})))}
    one = found[number]
    assert (one.is_person, one.name, one.category, one.customer_number, one.parent_id, one.updated_at) == expected
    assert NamedContact.__struct_fields__ == (
        "id", "is_person", "name", "category", "customer_number", "parent_id", "updated_at",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "is_person", "name"),
    [
        ({"name": "", "surename": "Erika", "familyname": "Muster"}, True, "Erika Muster"),
        ({"name": None, "surename": None, "familyname": "Muster"}, True, "Muster"),
        ({"name": None, "surename": "Erika", "familyname": ""}, True, "Erika"),
        ({"name": None}, True, ""),
        ({"name": "Muster GbR", "surename": "Erika", "familyname": "Muster"}, False, "Muster GbR"),
    ],
)
async def test_who_is_a_person(fields: dict[str, Any], name: str, *, is_person: bool) -> None:
    """The name of an organisation decides, where both are there, too."""
    found = await list_contacts(client(sevdesk({"Contact": [contact(1, **fields)]})))
    assert [(one.is_person, one.name) for one in found] == [(is_person, name)]


@pytest.mark.parametrize(
    ("kind", "filters", "ids"),
    [
        (ContactKind.ALL, {}, [1, 2, 3, 4, 5, 6, 7]),
        (ContactKind.CUSTOMERS, {"category[id]": "3", "category[objectName]": "Category"}, [1, 2]),
        (ContactKind.SUPPLIERS, {"category[id]": "2", "category[objectName]": "Category"}, [3]),
    ],
)
async def test_a_kind_is_asked_for_and_checked_again(
    kind: ContactKind, filters: dict[str, str], ids: list[int]
) -> None:
    """Persons are always asked for; a sevdesk that ignores the category lets nobody else in."""
    asked = Asked(FIRM)
    found = await list_contacts(client(asked), kind)
    assert sorted(one.id for one in found) == ids
    assert asked.queries == [{"depth": "1", **filters, "limit": "1000", "offset": "0", "countAll": "true"}]


@pytest.mark.parametrize(
    ("since", "is_in"),
    [
        (MOMENT - SECOND, True),
        (MOMENT, True),
        (MOMENT + SECOND * 0.999, True),
        (MOMENT + SECOND, False),
        (datetime.fromisoformat(AT), True),
    ],
)
async def test_what_changed_since_a_time_is_checked_again(since: datetime, *, is_in: bool) -> None:
    """To the second, which counts as since; a sevdesk that ignores the filter changes nothing."""
    asked = Asked([contact(1), contact(2, update=None)])
    found = await list_contacts(client(asked), since=since)
    assert [one.id for one in found] == ([2, 1] if is_in else [2])
    assert asked.queries[0]["updateAfter"] == str(int(since.timestamp()) - 1)


async def test_a_time_before_all_others_is_asked_for_as_the_first_second() -> None:
    """sevdesk counts seconds from 1970 on."""
    asked = Asked([contact(1)])
    assert len(await list_contacts(client(asked), since=datetime(1, 1, 2, tzinfo=UTC))) == 1
    assert asked.queries[0]["updateAfter"] == "0"


async def test_the_last_change_stands_at_the_end() -> None:
    """Whatever sevdesk's order, also over the change from summer to winter time."""
    changes = {4: "2026-10-25T02:30:00+02:00", 2: "2026-10-25T02:10:00+01:00", 3: "2026-09-01T00:00:00+02:00"}
    objects = [contact(number, update=moment) for number, moment in changes.items()]
    found = await list_contacts(client(sevdesk({"Contact": [*objects, contact(1, update=None)]})))
    assert [one.id for one in found] == [1, 3, 4, 2]


async def test_a_time_without_an_offset_is_of_berlin() -> None:
    """As all times of sevdesk are."""
    found = await list_contacts(client(sevdesk({"Contact": [contact(1, update="2026-09-28 19:38:19")]})))
    assert found[0].updated_at == MOMENT


@pytest.mark.parametrize("count", [999, 1000, 2500])
async def test_long_lists_are_read_to_their_end(count: int) -> None:
    """Page by page, each contact once, with the filters on every page."""
    asked = Asked([contact(number) for number in range(1, count + 1)])
    found = await list_contacts(client(asked), ContactKind.CUSTOMERS, since=MOMENT)
    assert [one.id for one in found] == list(range(1, count + 1))
    assert all(query["depth"] == "1" and query["category[id]"] == "3" for query in asked.queries)
    assert len(asked.queries) == max(1, -(-(count - 1) // 999))


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01T00:00:00+01:00", "0001-01-01T00:00:00+02:00"])
async def test_a_time_that_is_none_is_told_without_a_name(text: str) -> None:
    """Which object and which field, nothing else of it."""
    with pytest.raises(UnexpectedAnswerError) as told:
        await list_contacts(client(sevdesk({"Contact": [contact(1, "Geheim GmbH", update=text)]})))
    assert (told.value.object_id, told.value.field) == ("1", "update")
    assert "Geheim" not in f"{told.value}{told.value.fields()}"
    assert told.value.__suppress_context__


async def test_a_name_of_the_wrong_type_is_told_without_it() -> None:
    """As for every other list."""
    with pytest.raises(UnexpectedAnswerError) as told:
        await list_contacts(client(sevdesk({"Contact": [contact(1, familyname=["Geheim"])]})))
    assert (told.value.object_id, told.value.field) == ("1", "familyname")
    assert "Geheim" not in str(told.value)


def test_names_do_not_show_themselves() -> None:
    """A traceback or a log that prints a contact tells its number."""
    record = ContactRecord(id=7, name="Geheim GmbH")
    named = NamedContact(
        id=7, is_person=True, name="Geheim", category=None, customer_number="4", parent_id=None, updated_at=None
    )
    assert f"{record!r} {record} {[named]}" == "ContactRecord(id=7) ContactRecord(id=7) [NamedContact(id=7)]"
