"""The description of the interface (OpenAPI 3.1), as far as it is used, in words of the clients."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Json = Mapping[str, Any]
PATH: Final = Path(__file__).resolve().parents[2] / "docs/openapi.json"
_REFERENCE: Final = "#/components/schemas/"
_JSON: Final = "application/json"
_KEY: Final = "Idempotency-Key"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A part of a path, or of a query."""

    name: str
    schema: Json
    description: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one status brings: a schema, a file, or nothing."""

    status: int
    schema: Json | None
    files: Sequence[str]
    """Media types of the file."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One request that can be made."""

    id: str
    """In camel case, as the description has it."""
    method: str
    path: str
    summary: str
    description: str
    in_path: Sequence[Parameter]
    in_query: Sequence[Parameter]
    takes_key: bool
    """Whether ``Idempotency-Key`` is understood."""
    takes_preference: bool
    """Whether ``Prefer`` is understood."""
    bodies: Sequence[Json]
    """Schemas of the JSON that it takes; several that differ in their ``kind``."""
    files: Sequence[str]
    """Media types of the file that it takes."""
    answers: Sequence[Answer]

    @property
    def snake(self) -> str:
        """The name in Python."""
        return snake(self.id)


def snake(name: str) -> str:
    """``listDecisions`` as ``list_decisions``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    """``borrower_ref`` as ``BorrowerRef``."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_-]", name))


def name_in(schema: Json) -> str | None:
    """The name of the schema that is referred to, if one is."""
    reference = schema.get("$ref")
    return None if reference is None else str(reference).removeprefix(_REFERENCE)


class Description:
    """The whole interface."""

    def __init__(self, document: Json) -> None:
        """Take the document as it was read."""
        self.version: str = document["info"]["version"]
        self.schemas: dict[str, Json] = dict(sorted(document["components"]["schemas"].items()))
        self.operations = [
            operation
            for path, methods in document["paths"].items()
            for method, described in methods.items()
            if (operation := _operation(method.upper(), path, described)).answers  # without: a page for a browser
        ]
        self.problems: Sequence[str] = self.schemas["Problem"]["properties"]["code"]["x-extensible-enum"]
        self.asked = self._reached(body for operation in self.operations for body in operation.bodies)
        """Names of the schemas that requests are made of."""

    def required(self, schema: Json) -> Sequence[str] | None:
        """Fields that what is answered always has; None where it is a list."""
        if name := name_in(schema):
            return self.required(self.schemas[name])
        return None if schema["type"] == "array" else schema.get("required", ())

    def _reached(self, schemas: Iterator[Json]) -> frozenset[str]:
        found: set[str] = set()
        new = {name for schema in schemas for name in _names(schema)}
        while new:
            found |= new
            new = {name for one in new for name in _names(self.schemas[one])} - found
        return frozenset(found)


def read(path: Path = PATH) -> Description:
    """The description as it is committed."""
    return Description(json.loads(path.read_text()))


def _names(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if name := name_in(part):
            yield name
        for value in part.values():
            yield from _names(value)
    elif isinstance(part, list):
        for value in part:
            yield from _names(value)


def _operation(method: str, path: str, described: Json) -> Operation:
    parameters = described.get("parameters", ())
    headers = {one["name"] for one in parameters if one["in"] == "header"}
    content = described.get("requestBody", {}).get("content", {})
    schema = content.get(_JSON, {}).get("schema", {})
    return Operation(
        id=described["operationId"],
        method=method,
        path=path,
        summary=described["summary"],
        description=described.get("description", ""),
        in_path=[_parameter(one) for one in parameters if one["in"] == "path"],
        in_query=[_parameter(one) for one in parameters if one["in"] == "query"],
        takes_key=_KEY in headers,
        takes_preference="Prefer" in headers,
        bodies=schema.get("oneOf", [schema] if schema else []),
        files=[kind for kind in content if kind != _JSON],
        answers=list(_answers(described["responses"])),
    )


def _parameter(described: Json) -> Parameter:
    return Parameter(name=described["name"], schema=described["schema"], description=described.get("description", ""))


def _answers(responses: Json) -> Iterator[Answer]:
    for status, response in sorted(responses.items()):
        if status.startswith("2"):
            content = response.get("content", {})
            schema = content.get(_JSON, {}).get("schema")
            yield Answer(status=int(status), schema=schema, files=[kind for kind in content if kind != _JSON])
