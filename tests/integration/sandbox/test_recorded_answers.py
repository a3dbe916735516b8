"""Recorded answers of the real API, served from a folder, come back as they were."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from unit.sandbox_server.building import TODAY, client_of

from sandbox.books import RESOURCES
from sandbox.folder import derive_token, read_folder
from sandbox.server import create_app

SETTING = "RECORDED_ANSWERS_DIR"


@pytest.fixture
def recorded() -> dict[str, dict[str, Any]]:
    """Recorded objects of the served resources by id, reads only: answers to writes have another shape."""
    folder = os.environ.get(SETTING)
    if not folder:
        pytest.skip(f"{SETTING} is not set: no recorded answers to serve")
    objects: dict[str, dict[str, Any]] = {resource: {} for resource in RESOURCES}
    for file in sorted(Path(folder).glob("*.json")):
        answer = json.loads(file.read_bytes())
        if not file.name.startswith("write_") and isinstance(answer.get("objects"), list):
            for item in answer["objects"]:
                if item["objectName"] in objects:
                    objects[item["objectName"]].setdefault(item["id"], item)
    return objects


async def test_recorded_answers_come_back_as_they_were(recorded: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """In lists and by id, with the same keys, values and JSON types."""
    for resource, by_id in recorded.items():
        (tmp_path / f"{resource}.json").write_text(json.dumps({"objects": list(by_id.values())}), encoding="utf-8")
    app = create_app(read_folder(tmp_path), today=lambda: TODAY)
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
