"""Recorded answers of the real API, served from a folder, come back as they were."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from unit.sandbox_server.building import TODAY, client_of

from sandbox.objects.books import RESOURCES, Books
from sandbox.objects.folder import derive_token, read_folder
from sandbox.server.app import LISTED, create_app

SETTING = "RECORDED_ANSWERS_DIR"


@pytest.fixture
def recorded() -> dict[str, dict[str, Any]]:
    """Recorded objects of all lists by id, reads only: answers to writes have another shape."""
    folder = os.environ.get(SETTING)
    if not folder:
        pytest.skip(f"{SETTING} is not set: no recorded answers to serve")
    objects: dict[str, dict[str, Any]] = {resource: {} for resource in LISTED}
    for file in sorted(Path(folder).glob("*.json")):
        answer = json.loads(file.read_bytes())
        if not file.name.startswith("write_") and isinstance(answer.get("objects"), list):
            for item in answer["objects"]:
                if item["objectName"] in objects:
                    objects[item["objectName"]].setdefault(item["id"], item)
    return {resource: by_id for resource, by_id in objects.items() if by_id or resource in RESOURCES}


async def test_recorded_answers_come_back_as_they_were(recorded: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """In lists and by id, with the same keys, values and JSON types."""
    for resource in RESOURCES:
        content = {"objects": list(recorded[resource].values())}
        (tmp_path / f"{resource}.json").write_text(json.dumps(content), encoding="utf-8")
    (books,) = read_folder(tmp_path)
    standing = {resource: list(by_id.values()) for resource, by_id in recorded.items() if resource not in RESOURCES}
    books = Books(firm=books.firm, name=books.name, token=books.token, objects={**books.objects, **standing})
    app = create_app([books], today=lambda: TODAY)
    count = 0
    async with client_of(app, token=derive_token(tmp_path.name)) as client:
        for resource, by_id in recorded.items():
            answer = (await client.get(f"{resource}?countAll=true&depth=1")).json()
            alive = {object_id: item for object_id, item in by_id.items() if item.get("deletedAt") is None}
            assert {item["id"]: json.dumps(item) for item in answer["objects"]} == {
                object_id: json.dumps(item) for object_id, item in alive.items()
            }
            assert answer["total"] == str(len(alive))
            for object_id, item in by_id.items():
                assert (await client.get(f"{resource}/{object_id}")).json() == {"objects": [item]}
                count += 1
    assert count > 0


async def test_a_recorded_address_comes_back_with_its_contact() -> None:
    """By id it is no list, and has the whole contact in the place of a reference."""
    folder = os.environ.get(SETTING)
    if not folder:
        pytest.skip(f"{SETTING} is not set: no recorded answers to serve")
    answer = json.loads((Path(folder) / "contact_address_by_id.json").read_bytes())
    address, contact = answer["objects"], answer["objects"]["contact"]
    stored = address | {"contact": {"id": contact["id"], "objectName": "Contact"}}
    books = Books(firm="f", name="F", token="0" * 32, objects={"Contact": [contact], "ContactAddress": [stored]})
    async with client_of(create_app([books], today=lambda: TODAY), token="0" * 32) as client:
        assert (await client.get(f"ContactAddress/{address['id']}")).json() == answer
        assert (await client.get("ContactAddress")).json() == {"objects": [stored]}
