"""Contacts and addresses: entered, changed, numbered, deleted."""

from typing import Literal

import pytest
from integration.sandbox.writing import NOW, firm, made, one, refusal
from unit.sandbox_server.building import contact, listed, ref

from sandbox.account.quirks import Quirks

CUSTOMER = {"name": "Neu GmbH", "category": ref("Category", 3)}
NO_CATEGORY = "category expected array with 'id' and 'objectName'. integer given"
NO_NUMBER = "defaultTimeToPay expected number. string given"


async def test_an_organisation_is_entered_and_found() -> None:
    """201, active, with the flags of a new contact, and found by its number."""
    async with firm() as client:
        answer = await client.post("Contact", json={**CUSTOMER, "customerNumber": 1234, "defaultTimeToPay": 14})
        saved = answer.json()["objects"]
        assert (answer.status_code, saved["status"], saved["create"], saved["exemptVat"]) == (201, "1000", NOW, "0")
        assert (saved["customerNumber"], saved["defaultTimeToPay"]) == ("1234", "14")
        assert await one(client, f"Contact/{saved['id']}") == saved
        assert await listed(client, "Contact?customerNumber=1234") == [saved["id"]]


async def test_a_person_is_hidden_from_a_plain_list() -> None:
    """It has no ``name``, and is read with depth 1."""
    async with firm() as client:
        person = {"surename": "Mia", "familyname": "Roth", "category": ref("Category", 3)}
        saved = await made(client, "POST", "Contact", person)
        assert saved["name"] is None
        assert saved["id"] not in await listed(client, "Contact")
        assert saved["id"] in await listed(client, "Contact?depth=1")


async def test_only_what_was_sent_changes() -> None:
    """Null takes a value away, but no flag; the time of change is that of the write."""
    async with firm() as client:
        before = await made(client, "POST", "Contact", {**CUSTOMER, "vatNumber": "DE1", "description": "alt"})
        body = {"description": None, "governmentAgency": True, "exemptVat": None}
        after = await made(client, "PUT", f"Contact/{before['id']}", body)
    assert after == {**before, "description": None, "governmentAgency": "1", "update": NOW}


async def test_customer_numbers_are_told_and_checked() -> None:
    """The next is one more than the highest; asking without a number breaks."""
    async with firm(contact(7), contact(8, customerNumber="1337"), contact(9, customerNumber="K-9")) as client:
        available = "Contact/Mapper/checkCustomerNumberAvailability"
        for _ in range(2):
            assert (await client.get("Contact/Factory/getNextCustomerNumber")).json() == {"objects": "1338"}
        assert (await client.get(f"{available}?customerNumber=1338")).json() == {"objects": True}
        assert (await client.get(f"{available}?customerNumber=1337")).json() == {"objects": False}
        assert (await client.get(available)).status_code == 500
        await made(client, "POST", "Contact", {**CUSTOMER, "customerNumber": "1338"})
        assert (await client.get("Contact/Factory/getNextCustomerNumber")).json() == {"objects": "1339"}
    async with firm(contact(7, customerNumber=None)) as client:
        assert (await client.get("Contact/Factory/getNextCustomerNumber")).json() == {"objects": "1000"}


async def test_a_customer_number_can_be_reserved_by_asking() -> None:
    """Measured is that it is not; switched, each question uses one up, and higher ones in use still count."""
    ask = "Contact/Factory/getNextCustomerNumber"
    async with firm(contact(7, customerNumber="1337"), quirks=Quirks(reserved_numbers=True)) as client:
        assert [(await client.get(ask)).json()["objects"] for _ in range(3)] == ["1338", "1339", "1340"]
        await made(client, "POST", "Contact", {**CUSTOMER, "customerNumber": "1400"})
        assert (await client.get(ask)).json()["objects"] == "1401"


@pytest.mark.parametrize(("switch", "status"), [("unique", 422), ("free", 201)])
async def test_a_number_in_use_is_refused_or_taken(switch: Literal["unique", "free"], status: int) -> None:
    """That it is refused is a guess, so it can be switched; a contact keeps its own either way."""
    async with firm(quirks=Quirks(customer_numbers=switch)) as client:
        assert (await client.post("Contact", json={**CUSTOMER, "customerNumber": "7"})).status_code == status
        assert (await client.put("Contact/7", json={"customerNumber": "7"})).status_code == 200


async def test_a_contact_in_use_is_not_deleted() -> None:
    """409 where a document or another contact refers to it."""
    async with firm() as client:
        child = await made(client, "POST", "Contact", {**CUSTOMER, "parent": ref("Contact", 8)})
        assert refusal(await client.delete("Contact/7")) == (409, 159, "Contact is in use and can not be deleted")
        assert refusal(await client.delete("Contact/8"))[0] == 409
        assert await made(client, "DELETE", f"Contact/{child['id']}") == [None]
        assert (await client.get(f"Contact/{child['id']}")).status_code == 400


async def test_a_contact_goes_with_its_addresses() -> None:
    """Those of other contacts stay."""
    async with firm() as client:
        gone = await made(client, "POST", "Contact", CUSTOMER)
        own, other = [
            await made(client, "POST", "ContactAddress", {"contact": ref("Contact", owner), "city": "Berlin"})
            for owner in (gone["id"], 7)
        ]
        assert await made(client, "DELETE", f"Contact/{gone['id']}") == [None]
        assert (await client.get("ContactAddress")).json()["objects"] == [other]
        assert (await client.get(f"ContactAddress/{own['id']}")).status_code == 400


async def test_an_address_is_read_with_its_whole_contact() -> None:
    """By id it is no list, and the contact is not a reference; in the list it is."""
    async with firm() as client:
        body = {"contact": ref("Contact", 7), "street": "Weg 1", "zip": "10115", "city": "Berlin"}
        saved = await made(client, "POST", "ContactAddress", {**body, "country": ref("StaticCountry", 1)})
        path = f"ContactAddress/{saved['id']}"
        read = (await client.get(path)).json()["objects"]
        changed = await made(client, "PUT", path, {"city": "Köln", "country": None})
        assert (saved["contact"], read["contact"]["name"]) == (ref("Contact", 7), "Kunde 7 GmbH")
        assert (changed["city"], "country" in changed) == ("Köln", False)
        assert (await client.get("ContactAddress")).json()["objects"] == [changed]
        assert await made(client, "DELETE", path) == [None]


WRONG = [
    ("POST", "Contact", {"category": ref("Category", 3)}, 422, "name or familyname is required"),
    ("POST", "Contact", {"name": "Neu"}, 422, "category cannot be null"),
    ("POST", "Contact", {**CUSTOMER, "category": 3}, 422, NO_CATEGORY),
    ("POST", "Contact", {**CUSTOMER, "status": "7"}, 422, "status must be one of 100, 500, 1000"),
    ("POST", "Contact", {**CUSTOMER, "exemptVat": "x"}, 422, "exemptVat expected boolean. string given"),
    ("POST", "Contact", {**CUSTOMER, "name": {}}, 422, "name expected string. array given"),
    ("POST", "Contact", {**CUSTOMER, "defaultTimeToPay": "1e99"}, 422, NO_NUMBER),
    ("POST", "Contact", {**CUSTOMER, "parent": ref("Contact", 99)}, 400, "No Model_Contact with the id 99 was found"),
    ("PUT", "Contact/99", {"name": "Neu"}, 400, "No Model_Contact with the id 99 was found"),
    ("PUT", "Contact/x", {"name": "Neu"}, 400, "No Model_Contact with the id x was found"),
    ("PUT", "Contact/7", {"name": None}, 422, "name or familyname is required"),
    ("POST", "ContactAddress", {"city": "Berlin"}, 422, "contact cannot be null"),
    ("POST", "ContactAddress", {"contact": ref("Contact", 99)}, 400, "No Model_Contact with the id 99 was found"),
    ("DELETE", "Contact/99", None, 400, "No Model_Contact with the id 99 was found"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "message"), WRONG, ids=range(len(WRONG)))
async def test_what_makes_no_sense_changes_no_contact(
    method: str, path: str, body: object, status: int, message: str
) -> None:
    """The error says what is wrong."""
    async with firm() as client:
        before = (await client.get("Contact?depth=1")).content
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, refusal(answer)[2]) == (status, message)
        assert (await client.get("Contact?depth=1")).content == before
