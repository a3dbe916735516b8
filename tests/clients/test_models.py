"""Structs of the Python client read what the description allows, and send what it asks for."""

import json
from typing import Any

import msgspec
import pytest
from hauptbuch_client import models

from clients.generate.description import PATH, read

DESCRIPTION = read()
SCHEMAS = json.loads(PATH.read_text())["components"]["schemas"]
STRUCTS = [name for name, schema in SCHEMAS.items() if schema.get("type") == "object"]
PLAIN: dict[str, Any] = {"string": "a text", "integer": 7, "number": 1.5, "boolean": True, "null": None, "object": {}}
DATES = {"date": "2026-11-30", "date-time": "2026-11-30T12:00:00Z"}


def example(schema: dict[str, Any], *, is_full: bool, depth: int = 0) -> Any:  # noqa: ANN401  any JSON
    """What a schema allows: with all fields, or with as few and as empty ones as there may be."""

    def inner(one: dict[str, Any]) -> Any:  # noqa: ANN401  any JSON
        return example(one, is_full=is_full, depth=depth + 1)

    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    match schema:
        case {"enum": codes}:
            return codes[0 if is_full else -1]
        case {"anyOf": variants}:
            return inner(variants[0 if is_full and depth < 20 else -1])
        case {"type": "array", "items": item}:
            return [inner(item)] if is_full else []
        case {"type": "object", "properties": fields}:
            wanted = fields if is_full else schema.get("required", ())
            return {name: inner(fields[name]) for name in wanted}
        case {"type": "object", "additionalProperties": dict() as values}:
            return {"a key": inner(values)}
    return DATES.get(schema.get("format", ""), PLAIN[schema["type"]])


@pytest.mark.parametrize("is_full", [True, False], ids=["all fields", "as little as may be"])
@pytest.mark.parametrize("name", STRUCTS)
def test_what_the_description_allows_is_read_and_sent(name: str, is_full: bool) -> None:  # noqa: FBT001  a table
    """Each struct takes the example, loses none of it, and adds only defaults of answers."""
    made = example(SCHEMAS[name], is_full=is_full)
    struct = msgspec.json.decode(json.dumps(made), type=getattr(models, name))
    again = msgspec.to_builtins(struct)
    if name in DESCRIPTION.asked or is_full:
        assert again == made
    else:
        assert made.keys() <= again.keys()
