"""Shapes of objects that no recorded answer is pinned for: those of sevdesk's description, and of what clients met."""

from collections.abc import AsyncIterator, Callable
from datetime import date, time
from typing import Any

import httpx
import pytest
from unit.sandbox_server.building import client_of, ref

from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app

TODAY = date(2026, 10, 1)
FIRMS = ("healthy-agency", "sole-trader", "small-business", "system-1")
HEAD = {"id": "text", "objectName": "text", "additionalInformation": "null", "create": "date", "update": "date"}
TAG_HEAD = {name: kind for name, kind in HEAD.items() if name != "update"}
CLIENT = {"sevClient": "SevClient"}
SETTING = {**HEAD, **CLIENT, "name": "text", "identifier": "text", "description": "text"}
OBJECTS: dict[str, dict[str, str]] = {
    # Public recordings of a real account have these keys, in this order.
    "CommunicationWay": {
        **HEAD,
        "contact": "Contact",
        "type": "text",
        "value": "text",
        "key": "CommunicationWayKey",
        "main": "flag",
        **CLIENT,
    },
    "AccountingContact": {
        **HEAD,
        "contact": "Contact",
        **CLIENT,
        "debitorNumber": "text or null",
        "creditorNumber": "text or null",
    },
    "ContactCustomFieldSetting": SETTING,
    "ContactCustomField": {
        **HEAD,
        **CLIENT,
        "contact": "Contact",
        "contactCustomFieldSetting": "whole",
        "value": "text",
    },
    "Part": {
        **HEAD,
        "name": "text",
        "partNumber": "text",
        "text": "text or null",
        "category": "Category",
        "stock": "number",
        "stockEnabled": "flag",
        "unity": "Unity",
        **dict.fromkeys(("price", "priceNet", "priceGross"), "number"),
        **CLIENT,
        "pricePurchase": "number or null",
        "taxRate": "number",
        "status": "number",
        "internalComment": "text or null",
    },
    "Tag": {**TAG_HEAD, "name": "text", **CLIENT},
    "TagRelation": {**TAG_HEAD, "tag": "Tag", "object": "any", **CLIENT},
    "Category": {
        **HEAD,
        "create": "null",
        "name": "text",
        "objectType": "text",
        "priority": "number",
        **dict.fromkeys(("code", "color", "postingAccount", "type"), "null"),
        "translationCode": "text",
    },
    "CommunicationWayKey": {**HEAD, "name": "text", "translationCode": "text"},
}


def _is_reference(value: Any) -> bool:  # noqa: ANN401  any JSON
    return isinstance(value, dict) and value.keys() == {"id", "objectName"} and value["id"].isdigit()


FORMS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "text": lambda value: isinstance(value, str),
    "date": lambda value: isinstance(value, str) and value[10] == "T" and value[-6:] in {"+01:00", "+02:00"},
    "flag": lambda value: value in {"0", "1"},
    # A text without trailing zeros.
    "number": lambda value: isinstance(value, str) and float(value) >= 0 and not ("." in value and value[-1] == "0"),
    "whole": lambda value: wrong("ContactCustomFieldSetting", value) == [],
    "any": _is_reference,
}


def is_of(kinds: str, value: Any) -> bool:  # noqa: ANN401  any JSON
    """Whether a value has a form that a table names; what is no form is the name of what is referred to."""
    return any(
        FORMS[kind](value) if kind in FORMS else _is_reference(value) and value["objectName"] == kind
        for kind in kinds.split(" or ")
    )


def wrong(resource: str, item: dict[str, Any]) -> list[str]:
    """Keys that are missing, too many, in another order, or of another form."""
    wanted = OBJECTS[resource]
    if list(item) != list(wanted):
        return [f"{resource} has {list(item)}"]
    return [f"{resource}.{name} is {item[name]!r}" for name, kind in wanted.items() if not is_of(kind, item[name])]


@pytest.fixture(params=FIRMS)
async def sevdesk(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """Client of a simulated firm."""
    (persona,) = (one for one in PERSONAS if one.firm == request.param)
    app = create_app([persona.books(TODAY)], today=lambda: TODAY, clock=lambda: time(9, 30))
    async with client_of(app, token=persona.token) as client:
        yield client


async def test_what_is_read_has_the_described_shape(sevdesk: httpx.AsyncClient) -> None:
    """Every object of every list."""
    for resource in OBJECTS:
        page = (await sevdesk.get(f"{resource}?limit=1000")).json()["objects"]
        assert [problem for item in page for problem in wrong(resource, item)] == []
        assert page or resource in {"Tag", "TagRelation"}


async def test_what_is_written_has_the_same_shape(sevdesk: httpx.AsyncClient) -> None:
    """The answer and what the list has then are one object; a part without a category has no such key."""
    contact = ref("Contact", (await sevdesk.get("Contact?limit=1&depth=1")).json()["objects"][0]["id"])
    invoice = ref("Invoice", (await sevdesk.get("Invoice?limit=1")).json()["objects"][0]["id"])
    setting = ref(
        "ContactCustomFieldSetting", (await sevdesk.get("ContactCustomFieldSetting")).json()["objects"][0]["id"]
    )
    key, unit = ref("CommunicationWayKey", 2), ref("Unity", 1)
    part = {"name": "A", "partNumber": "9", "stock": 1.50, "unity": unit, "taxRate": 0, "priceNet": 2.5}
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "CommunicationWay": ("", {"contact": contact, "type": "EMAIL", "value": "a@b.example", "key": key}),
        "AccountingContact": ("", {"contact": contact, "debitorNumber": 12345}),
        "ContactCustomFieldSetting": ("", {"name": "A", "description": "B"}),
        "ContactCustomField": ("", {"contact": contact, "contactCustomFieldSetting": setting, "value": "A"}),
        "Part": ("", part | {"category": ref("Category", 1)}),
        "Tag": ("/Factory/create", {"name": "A", "object": invoice}),
    }
    for resource, (action, body) in bodies.items():
        answer = await sevdesk.post(f"{resource}{action}", json=body)
        made = answer.json()["objects"]
        assert answer.is_success
        shown = "TagRelation" if resource == "Tag" else resource
        assert wrong(shown, made) == []
        assert (await sevdesk.get(f"{shown}?limit=1")).json()["objects"] == [made]
    bare = (await sevdesk.post("Part", json=part)).json()["objects"]
    assert list(bare) == [name for name in OBJECTS["Part"] if name != "category"]
