"""Communication ways, categories, accounting contacts, own fields, parts, tags and files: read, written, deleted."""

import base64
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest
from integration.sandbox.writing import NOW, firm, made, one, refusal, voucher_body
from unit.sandbox_server.building import client_of, listed, ref, voucher

from sandbox.account.quirks import Quirks
from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app

TODAY = date(2026, 10, 1)
NEW = (
    *("CommunicationWay", "AccountingContact", "ContactCustomField", "ContactCustomFieldSetting"),
    *("Part", "Tag", "TagRelation", "Category", "CommunicationWayKey"),
)
AT = ref("Contact", 7)
MAIL = {"contact": AT, "type": "EMAIL", "value": "info@kunde.example", "key": ref("CommunicationWayKey", 2)}
HOUR = {"name": "Stunde", "partNumber": "1003", "stock": 0, "unity": ref("Unity", 9), "taxRate": 19}


def _app(name: str) -> tuple[Any, str]:
    (persona,) = (one for one in PERSONAS if one.firm == name)
    return create_app([persona.books(TODAY)], today=lambda: TODAY), persona.token


@pytest.fixture(scope="module")
def agency() -> tuple[Any, str]:
    """A simulated firm, which is only read, and its token."""
    return _app("healthy-agency")


@pytest.fixture
async def sevdesk(agency: tuple[Any, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Client of it."""
    async with client_of(agency[0], token=agency[1]) as client:
        yield client


@pytest.mark.parametrize("resource", NEW)
async def test_lists_page_and_count_like_the_others(sevdesk: httpx.AsyncClient, resource: str) -> None:
    """``total`` only when asked for, as text; pages put together are the list; an unknown filter changes nothing."""
    whole = (await sevdesk.get(f"{resource}?limit=1000&countAll=true")).json()
    total = int(whole["total"])
    assert total == len(whole["objects"]) > 0
    assert {item["objectName"] for item in whole["objects"]} == {resource}
    assert "total" not in (await sevdesk.get(resource)).json()
    size = -(-total // 3)
    pages = [(await sevdesk.get(f"{resource}?limit={size}&offset={size * page}")).json() for page in range(4)]
    assert [item for page in pages for item in page["objects"]] == whole["objects"]
    assert (await sevdesk.get(f"{resource}?limit=1000&countAll=true&nonsense=1")).json() == whole
    assert (await sevdesk.get(f"{resource}?limit=0")).status_code == 400
    missing = await sevdesk.get(f"{resource}/999999999999")
    assert (missing.status_code, missing.json()["error"]["code"]) == (400, None)


@pytest.mark.parametrize("resource", NEW)
async def test_one_of_them_is_read_by_id(sevdesk: httpx.AsyncClient, resource: str) -> None:
    """In a list of one, but a communication way comes bare."""
    item = (await sevdesk.get(f"{resource}?limit=1")).json()["objects"][0]
    answer = (await sevdesk.get(f"{resource}/{item['id']}")).json()
    assert answer == {"objects": item if resource == "CommunicationWay" else [item]}


async def test_details_are_those_of_contacts_that_are_there(sevdesk: httpx.AsyncClient) -> None:
    """Every contact has a main address for mail and an account of its own; made-up numbers reach nobody."""
    contacts = {one["id"]: one for one in (await sevdesk.get("Contact?limit=1000&depth=1")).json()["objects"]}
    ways = (await sevdesk.get("CommunicationWay?limit=1000")).json()["objects"]
    main = [way for way in ways if way["main"] == "1"]
    assert sorted(way["contact"]["id"] for way in main) == sorted(contacts)
    assert {way["contact"]["id"] for way in ways} == set(contacts)
    assert {way["type"] for way in ways} >= {"EMAIL", "PHONE", "WEB"}
    mail = [way["value"].rpartition("@")[2] for way in ways if way["type"] == "EMAIL"]
    assert all(domain.endswith(".example") or domain == "example.com" for domain in mail)
    assert all(way["value"].startswith("+49 30 23125 ") for way in ways if way["type"] == "PHONE")
    accounts = (await sevdesk.get("AccountingContact?limit=1000")).json()["objects"]
    numbers = [one["debitorNumber"] or one["creditorNumber"] for one in accounts]
    assert sorted(one["contact"]["id"] for one in accounts) == sorted(contacts)
    assert len(set(numbers)) == len(numbers)
    for account in accounts:
        is_customer = contacts[account["contact"]["id"]]["category"]["id"] == "3"
        assert (account["debitorNumber"] is not None, account["creditorNumber"] is None) == (is_customer,) * 2


async def test_persons_are_reached_in_private() -> None:
    """By mail and on a mobile telephone."""
    app, token = _app("sole-trader")
    async with client_of(app, token=token) as client:
        persons = {
            one["id"] for one in (await client.get("Contact?limit=1000&depth=1")).json()["objects"] if not one["name"]
        }
        ways = (await client.get("CommunicationWay?limit=1000")).json()["objects"]
    private = [way for way in ways if way["contact"]["id"] in persons]
    assert persons
    assert {(way["type"], way["key"]["id"]) for way in private} == {("EMAIL", "1"), ("MOBILE", "4")}


async def test_what_they_are_filtered_by(sevdesk: httpx.AsyncClient) -> None:
    """Contact by both halves, type, main, kind of category, number, name, tag of a document."""
    ways = (await sevdesk.get("CommunicationWay?limit=1000")).json()["objects"]
    of = ways[0]["contact"]["id"]
    both = f"contact[id]={of}&contact[objectName]=Contact"
    found = (await sevdesk.get(f"CommunicationWay?{both}")).json()["objects"]
    assert found == [way for way in ways if way["contact"]["id"] == of]
    assert len(await listed(sevdesk, f"CommunicationWay?limit=1000&contact[id]={of}")) == len(ways)
    assert len(await listed(sevdesk, f"AccountingContact?{both}")) == 1
    phones = await listed(sevdesk, "CommunicationWay?limit=1000&type=PHONE&main=0")
    assert phones == [way["id"] for way in ways if way["type"] == "PHONE"] != []
    assert await listed(sevdesk, "Category?objectType=Contact") == ["2", "3", "4", "28"]
    assert "43" in await listed(sevdesk, "Category?objectType=ContactAddress")
    assert await listed(sevdesk, "Category?objectType=Part") == ["1"]
    parts = (await sevdesk.get("Part?partNumber=1001")).json()["objects"]
    assert [(part["name"], part["priceNet"], part["priceGross"], part["taxRate"]) for part in parts] == [
        ("Arbeitsstunde", "85", "101.15", "19")
    ]
    assert await listed(sevdesk, "Part?name=Arbeitsstunde") == [parts[0]["id"]]
    (tag,) = (await sevdesk.get("Tag")).json()["objects"]
    assert await listed(sevdesk, f"Tag?id={tag['id']}&name={tag['name']}") == [tag["id"]]
    assert await listed(sevdesk, "Tag?name=x") == []


async def test_documents_are_found_by_their_tags(sevdesk: httpx.AsyncClient) -> None:
    """The list, its total and its pages; both halves are needed; with another tag there is none."""
    (tag,) = await listed(sevdesk, "Tag")
    relations = (await sevdesk.get("TagRelation?limit=1000")).json()["objects"]
    wanted = f"tags[0][id]={tag}&tags[0][objectName]=Tag"
    page = (await sevdesk.get(f"Voucher?limit=1000&countAll=true&{wanted}")).json()
    assert {item["id"] for item in page["objects"]} == {relation["object"]["id"] for relation in relations}
    assert page["total"] == str(len(relations))
    assert all(float(item["sumGross"]) >= 1000 for item in page["objects"])
    assert await listed(sevdesk, f"Voucher?{wanted}&status=50") == []
    assert await listed(sevdesk, f"Invoice?{wanted}") == []
    assert await listed(sevdesk, "Voucher?tags[0][id]=1&tags[0][objectName]=Tag") == []
    whole = (await sevdesk.get("Voucher?countAll=true")).json()["total"]
    assert (await sevdesk.get(f"Voucher?countAll=true&tags[0][id]={tag}")).json()["total"] == whole


async def test_the_same_firm_has_the_same_details() -> None:
    """Byte for byte, made twice."""
    answers = []
    for _ in range(2):
        app, token = _app("young-startup")
        async with client_of(app, token=token) as client:
            answers.append([(await client.get(f"{name}?limit=1000")).content for name in NEW])
    assert answers[0] == answers[1]


async def test_references_to_categories_and_keys_can_be_embedded(sevdesk: httpx.AsyncClient) -> None:
    """Each contact's category and each way's key are there."""
    contact = (await sevdesk.get("Contact?limit=1&embed=category")).json()["objects"][0]
    way = (await sevdesk.get("CommunicationWay?limit=1&embed=key,contact")).json()["objects"][0]
    assert contact["category"]["objectType"] == "Contact"
    assert (way["key"]["translationCode"][:14], way["contact"]["objectName"]) == ("COMM_WAY_KEY_W", "Contact")
    assert "customerNumber" in way["contact"]


async def test_numbers_look_as_the_switches_say() -> None:
    """Prices and flags become numbers; account numbers, like customer numbers, stay texts."""
    async with firm(quirks=Quirks(text_numbers=False)) as client:
        part = await made(client, "POST", "Part", HOUR | {"priceNet": 85})
        account = await made(client, "POST", "AccountingContact", {"contact": AT, "debitorNumber": 10001})
        assert (part["priceGross"], part["stock"], part["stockEnabled"], part["partNumber"]) == (101.15, 0, 0, "1003")
        assert account["debitorNumber"] == "10001"


async def test_a_way_is_made_changed_and_deleted() -> None:
    """201, in the list, by id without a list around it; a change of one field leaves the others."""
    async with firm() as client:
        answer = await client.post("CommunicationWay", json=MAIL | {"main": True})
        way = answer.json()["objects"]
        assert answer.status_code == 201
        assert (way["create"], way["main"], way["key"]) == (NOW, "1", ref("CommunicationWayKey", 2))
        path = f"CommunicationWay/{way['id']}"
        changed = await made(client, "PUT", path, {"value": "neu@kunde.example"})
        assert changed == way | {"value": "neu@kunde.example"}
        assert (await client.get(path)).json() == {"objects": changed}
        assert (await client.get("CommunicationWay?type=EMAIL")).json() == {"objects": [changed]}
        assert await made(client, "DELETE", path) == [None]
        assert (await client.get(path)).status_code == 400
        assert await listed(client, "CommunicationWay") == []


async def test_an_accounting_contact_is_made_changed_and_deleted() -> None:
    """Numbers are texts in the answer; null takes one away."""
    async with firm() as client:
        account = await made(client, "POST", "AccountingContact", {"contact": AT, "debitorNumber": 10007})
        assert (account["debitorNumber"], account["creditorNumber"]) == ("10007", None)
        path = f"AccountingContact/{account['id']}"
        changed = await made(client, "PUT", path, {"debitorNumber": None, "creditorNumber": "70001", "contact": None})
        assert (changed["debitorNumber"], changed["creditorNumber"], changed["contact"]) == (None, "70001", AT)
        assert await one(client, path) == changed
        assert await made(client, "DELETE", path) == [None]


async def test_a_field_of_contacts_is_made_filled_renamed_and_deleted() -> None:
    """Each value has the whole setting in it; a setting goes only when no contact has a value."""
    async with firm() as client:
        setting = await made(client, "POST", "ContactCustomFieldSetting", {"name": "Gruppe"})
        path = f"ContactCustomFieldSetting/{setting['id']}"
        target = ref("ContactCustomFieldSetting", setting["id"])
        body = {"contact": AT, "contactCustomFieldSetting": target, "value": "A"}
        field = await made(client, "POST", "ContactCustomField", body)
        assert (setting["name"], bool(setting["identifier"])) == ("Gruppe", True)
        assert (field["contactCustomFieldSetting"], field["value"]) == (setting, "A")
        renamed = await made(client, "PUT", path, {"name": "Segment", "description": "neu"})
        stored = await one(client, f"ContactCustomField/{field['id']}")
        assert stored["contactCustomFieldSetting"] == renamed
        assert (renamed["name"], renamed["identifier"]) == ("Segment", setting["identifier"])
        changed = await made(client, "PUT", f"ContactCustomField/{field['id']}", {"value": "B"})
        assert (changed["value"], changed["contact"]) == ("B", AT)
        assert await made(client, "GET", f"{path}/getReferenceCount") == 1
        find = "Contact/Factory/findContactsByCustomFieldValue?value="
        by_id = f"customFieldSetting[id]={setting['id']}&customFieldSetting[objectName]=ContactCustomFieldSetting"
        assert await listed(client, f"{find}B&customFieldName=Segment") == ["7"]
        assert await listed(client, f"{find}B&{by_id}") == ["7"]
        assert await listed(client, f"{find}A&customFieldName=Segment") == []
        assert (await client.get(f"{find}B")).status_code == 400
        in_use = "ContactCustomFieldSetting is in use and can not be deleted"
        assert refusal(await client.delete(path)) == (409, 159, in_use)
        assert await made(client, "DELETE", f"ContactCustomField/{field['id']}") == [None]
        assert await made(client, "DELETE", path) == [None]


async def test_a_part_is_made_and_changed() -> None:
    """The price that was not sent follows from the other; the stock is a number; there is no way to delete it."""
    async with firm() as client:
        answer = await client.post("Part", json=HOUR | {"priceGross": 119, "stock": 2.5, "stockEnabled": True})
        part = answer.json()["objects"]
        assert (answer.status_code, "category" in part) == (201, False)
        assert (part["price"], part["priceNet"], part["priceGross"]) == ("100", "100", "119")
        assert (part["stock"], part["stockEnabled"], part["status"]) == ("2.5", "1", "100")
        path = f"Part/{part['id']}"
        assert (await client.get(f"{path}/getStock")).json() == {"objects": 2.5}
        changed = await made(client, "PUT", path, {"taxRate": 7, "category": ref("Category", 1)})
        assert (changed["priceNet"], changed["priceGross"]) == ("100", "107")
        assert changed["category"] == ref("Category", 1)
        assert await one(client, path) == changed
        renamed = await made(client, "PUT", path, {"name": "Neu", "stock": None})
        assert (renamed["name"], renamed["stock"], renamed["priceGross"]) == ("Neu", "2.5", "107")
        assert refusal(await client.delete(path)) == (500, None, "wrong HTTP Type")


async def test_a_tag_comes_with_its_document_and_goes_with_its_relations() -> None:
    """The same name is the same tag, twice on the same document is one relation."""
    async with firm() as client:
        path = "Tag/Factory/create"
        first = await made(client, "POST", path, {"name": "Bau", "object": ref("Invoice", 101)})
        again = await made(client, "POST", path, {"name": "Bau", "object": ref("Invoice", 101)})
        other = await made(client, "POST", path, {"name": "Bau", "object": ref("Voucher", 201)})
        assert (first["objectName"], first["object"], first) == ("TagRelation", ref("Invoice", 101), again)
        assert first["tag"] == other["tag"]
        tag = first["tag"]["id"]
        assert (await made(client, "PUT", f"Tag/{tag}", {"name": "Umbau"}))["name"] == "Umbau"
        assert (await one(client, f"Tag/{tag}"))["name"] == "Umbau"
        wanted = f"tags[0][id]={tag}&tags[0][objectName]=Tag"
        assert await listed(client, f"Invoice?{wanted}") == ["101"]
        assert await listed(client, f"Voucher?{wanted}") == ["201"]
        assert await made(client, "DELETE", f"Tag/{tag}") == [None]
        assert await listed(client, "TagRelation") == await listed(client, f"Invoice?{wanted}") == []


async def test_a_document_and_a_contact_take_what_is_theirs_along() -> None:
    """Relations of a deleted draft; ways, accounts and fields of a deleted contact. Those of others stay."""
    async with firm() as client:
        draft = (await made(client, "POST", "Voucher/Factory/saveVoucher", voucher_body()))["voucher"]
        for target in (ref("Voucher", draft["id"]), ref("Voucher", 201)):
            await made(client, "POST", "Tag/Factory/create", {"name": "Bau", "object": target})
        await made(client, "DELETE", f"Voucher/{draft['id']}")
        (left,) = (await client.get("TagRelation")).json()["objects"]
        assert left["object"] == ref("Voucher", 201)
        gone = (await made(client, "POST", "Contact", {"name": "Neu", "category": ref("Category", 3)}))["id"]
        setting = await made(client, "POST", "ContactCustomFieldSetting", {"name": "Gruppe"})
        target = ref("ContactCustomFieldSetting", setting["id"])
        for contact in (AT, ref("Contact", gone)):
            await made(client, "POST", "CommunicationWay", MAIL | {"contact": contact})
            await made(client, "POST", "AccountingContact", {"contact": contact})
            body = {"contact": contact, "contactCustomFieldSetting": target, "value": "A"}
            await made(client, "POST", "ContactCustomField", body)
        await made(client, "DELETE", f"Contact/{gone}")
        for name in ("CommunicationWay", "AccountingContact", "ContactCustomField"):
            assert [item["contact"] for item in (await client.get(name)).json()["objects"]] == [AT]


NO_CONTACT = "No Model_Contact with the id 99 was found"
NO_KEY = "key expected array with 'id' and 'objectName'. integer given"
WRONG = [
    ("POST", "CommunicationWay", MAIL | {"contact": None}, 422, "contact cannot be null"),
    ("POST", "CommunicationWay", MAIL | {"contact": ref("Contact", 99)}, 400, NO_CONTACT),
    ("POST", "CommunicationWay", MAIL | {"type": "FAX"}, 422, "type must be one of EMAIL, PHONE, WEB, MOBILE"),
    ("POST", "CommunicationWay", MAIL | {"type": None}, 422, "type must be one of EMAIL, PHONE, WEB, MOBILE"),
    ("POST", "CommunicationWay", MAIL | {"value": ""}, 422, "value cannot be null"),
    ("POST", "CommunicationWay", MAIL | {"key": None}, 422, "key cannot be null"),
    ("POST", "CommunicationWay", MAIL | {"key": 2}, 422, NO_KEY),
    ("POST", "CommunicationWay", MAIL | {"key": AT}, 422, "key expected CommunicationWayKey. Contact given"),
    (
        "POST", "CommunicationWay", MAIL | {"key": ref("CommunicationWayKey", 9)}, 400,
        "No Model_CommunicationWayKey with the id 9 was found",
    ),
    ("POST", "CommunicationWay", MAIL | {"main": "x"}, 422, "main expected boolean. string given"),
    ("PUT", "CommunicationWay/99", {"value": "x"}, 400, "No Model_CommunicationWay with the id 99 was found"),
    ("DELETE", "CommunicationWay/99", None, 400, "No Model_CommunicationWay with the id 99 was found"),
    ("POST", "AccountingContact", {}, 422, "contact cannot be null"),
    ("POST", "AccountingContact", {"contact": ref("Invoice", 101)}, 422, "contact expected Contact. Invoice given"),
    (
        "POST", "AccountingContact", {"contact": AT, "debitorNumber": {}}, 422,
        "debitorNumber expected string. array given",
    ),
    ("POST", "ContactCustomField", {"contact": AT, "value": "A"}, 422, "contactCustomFieldSetting cannot be null"),
    (
        "POST", "ContactCustomField",
        {"contact": AT, "value": "A", "contactCustomFieldSetting": ref("ContactCustomFieldSetting", 9)}, 400,
        "No Model_ContactCustomFieldSetting with the id 9 was found",
    ),
    ("POST", "ContactCustomFieldSetting", {"description": "x"}, 422, "name cannot be null"),
    *(
        ("POST", "Part", {k: v for k, v in HOUR.items() if k != name}, 422, f"{name} cannot be null")
        for name in ("name", "partNumber", "stock", "unity", "taxRate")
    ),
    ("POST", "Part", HOUR | {"taxRate": 16}, 422, "taxRate 16 is not allowed, allowed are: 0, 7, 19"),
    ("POST", "Part", HOUR | {"taxRate": -1}, 422, "taxRate must be between 0 and 100"),
    ("POST", "Part", HOUR | {"status": 1}, 422, "status must be one of 50, 100"),
    ("POST", "Part", HOUR | {"category": ref("Category", 99)}, 400, "No Model_Category with the id 99 was found"),
    ("PUT", "Part/99", {"name": "x"}, 400, "No Model_Part with the id 99 was found"),
    ("POST", "Tag/Factory/create", {"object": ref("Invoice", 101)}, 422, "name cannot be null"),
    ("POST", "Tag/Factory/create", {"name": "x"}, 422, "object cannot be null"),
    (
        "POST", "Tag/Factory/create", {"name": "x", "object": AT}, 422,
        "object must be one of Invoice, Voucher, Order, CreditNote",
    ),
    (
        "POST", "Tag/Factory/create", {"name": "x", "object": ref("Voucher", 99)}, 400,
        "No Model_Voucher with the id 99 was found",
    ),
    ("PUT", "Tag/99", {"name": "x"}, 400, "No Model_Tag with the id 99 was found"),
    ("POST", "Tag", {"name": "x"}, 500, "wrong HTTP Type"),
    ("POST", "Category", {"name": "x"}, 500, "wrong HTTP Type"),
    ("DELETE", "CommunicationWayKey/2", None, 500, "wrong HTTP Type"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "message"), WRONG, ids=range(len(WRONG)))
async def test_what_makes_no_sense_leaves_nothing_behind(
    method: str, path: str, body: object, status: int, message: str
) -> None:
    """The error says what is wrong; every list is as it was."""
    async with firm() as client:
        before = [(await client.get(f"{name}?limit=1000")).content for name in NEW]
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, refusal(answer)[2]) == (status, message)
        assert [(await client.get(f"{name}?limit=1000")).content for name in NEW] == before


async def test_parts_of_system_1_have_other_rates() -> None:
    """Rates were free there."""
    async with firm(version="1.0") as client:
        assert (await made(client, "POST", "Part", HOUR | {"taxRate": 16}))["taxRate"] == "16"


@pytest.mark.parametrize("action", ["downloadDocument", "getPdf"])
@pytest.mark.parametrize(
    ("name", "media_type"), [("bill.pdf", "application/pdf"), ("bill.JPG", "image/jpeg"), ("bill.png", "image/png")]
)
async def test_the_file_of_a_voucher_comes_back(action: str, name: str, media_type: str) -> None:
    """As it was uploaded, to the byte; the document itself does not show it, and reading changes nothing."""
    content = bytes(range(256)) * 50
    async with firm() as client:
        file = await client.post("Voucher/Factory/uploadTempFile", files={"file": (name, content, media_type)})
        uploaded = file.json()["objects"]
        body = voucher_body() | {"filename": uploaded["filename"]}
        draft = (await made(client, "POST", "Voucher/Factory/saveVoucher", body))["voucher"]
        found = await made(client, "GET", f"Voucher/{draft['id']}/{action}")
        assert found.keys() == {"filename", "mimetype", "base64Encoded", "content"}
        assert (found["filename"], found["mimetype"]) == (uploaded["filename"], media_type)
        assert (found["base64Encoded"], base64.b64decode(found["content"])) == (True, content)
        embedded = await one(client, f"Voucher/{draft['id']}?embed=document")
        assert uploaded.keys() == {*uploaded} - {"bytes"}
        assert embedded["document"].keys().isdisjoint({"bytes", "content"})
        assert (await one(client, f"Voucher/{draft['id']}"))["status"] == "50"


@pytest.mark.parametrize("action", ["downloadDocument", "getPdf"])
async def test_a_document_from_the_books_is_a_page_that_names_the_voucher(action: str) -> None:
    """Only the reference is known. A voucher without one has nothing to download, and a missing one is not found."""
    rows = (voucher(201, document=ref("Document", 300), description="ER 7/2026\n"), voucher(202))
    async with firm(*rows, quirks=Quirks(writes="refused")) as client:
        found = await made(client, "GET", f"Voucher/201/{action}")
        assert (found["filename"], found["mimetype"]) == ("ER_7_2026_.pdf", "application/pdf")
        page = base64.b64decode(found["content"])
        assert page.startswith(b"%PDF-")
        assert b"ER 7/2026" in page
        nothing, missing = await client.get(f"Voucher/202/{action}"), await client.get(f"Voucher/9/{action}")
        assert refusal(nothing) == (400, None, "The voucher with the id 202 has no document")
        assert refusal(missing) == (400, None, "No Model_Voucher with the id 9 was found")
        assert (await client.get(f"Contact/7/{action}")).status_code == 500
