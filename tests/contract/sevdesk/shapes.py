"""Shapes of JSON answers: which keys they have, of which types, and where null or nothing stands instead."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Shape: TypeAlias = dict[str, frozenset[str]]
"""Path (``objects[].contact.id``) to what was seen there: JSON types, ``null``, ``absent``."""

PINNED_FILE = Path(__file__).with_name("shapes.json")
"""The shapes that recorded answers of a real account have."""

_OBJECT = "absent object"


def _nulls(*names: str) -> dict[str, str]:
    return {f"objects[].{name}": "null" for name in names}


_CONTACT = ("name", "description", "vatNumber", "buyerReference", "customerNumber")
FURTHER: Mapping[str, Mapping[str, str]] = {
    # A draft without a customer, and what whoever enters an invoice may leave empty.
    "Invoice": {"objects[].addressCountry": _OBJECT}
    | _nulls("contact", "customerInternalNote", "deliveryDateUntil", "headText", "address"),
    # The one recorded note is paid and sent; the recorded answer to saving a draft has these nulls.
    "CreditNote": {
        **dict.fromkeys(("objects[].origin", "objects[].refSrcInvoice", "objects[].paymentMethod"), _OBJECT),
        **_nulls("payDate", "sendDate", "enshrined", "address", "customerInternalNote", "deliveryDateUntil"),
    },
    # The name is entered where there is no contact.
    "Voucher": dict.fromkeys(("objects[].supplier", "objects[].document"), _OBJECT) | _nulls("supplierName"),
    "VoucherPos": _nulls("comment"),
    # Of the few recorded lines none is a fee of the bank, which has no payee; both are described as nullable.
    "CheckAccountTransaction": {
        **dict.fromkeys(("objects[].sourceTransaction", "objects[].targetTransaction"), _OBJECT),
        **_nulls("paymtPurpose", "payeePayerName"),
    },
    # The one recorded contact has everything; the customer in the recorded cancellation has nulls.
    "Contact": _nulls(*_CONTACT),
    "ContactAddress by id": {f"objects.contact.{name}": "null" for name in _CONTACT},
}
"""What facts from elsewhere add, by kind of answer and path."""

_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
_UNKNOWN = frozenset({"string", "null"})


def shape_of(values: Sequence[Any]) -> Shape:
    """The shape that all of some answers of a kind have together."""
    shape: Shape = {}
    _walk(values, "", shape)
    return shape


def _walk(values: Sequence[Any], path: str, shape: Shape) -> None:
    shape[path] = frozenset("null" if value is None else _NAMES[type(value)] for value in values)
    objects = [value for value in values if isinstance(value, dict)]
    for key in {key: None for one in objects for key in one}:
        inner = f"{path}.{key}".lstrip(".")
        there = [one[key] for one in objects if key in one]
        _walk(there, inner, shape)
        if len(there) < len(objects):
            shape[inner] |= {"absent"}
    items = [item for value in values if isinstance(value, list) for item in value]
    if items:
        _walk(items, f"{path}[]", shape)


def pinned() -> dict[str, Shape]:
    """The shapes in the repository, by kind of answer."""
    table = json.loads(PINNED_FILE.read_bytes())
    return {kind: {path: frozenset(seen.split()) for path, seen in shape.items()} for kind, shape in table.items()}


def written(shapes: Mapping[str, Shape]) -> str:
    """The text of the file of shapes."""
    table = {kind: {path: " ".join(sorted(seen)) for path, seen in shape.items()} for kind, shape in shapes.items()}
    return json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def differences(kind: str, values: Sequence[Any], wanted: Shape) -> list[str]:
    """How answers differ from the shape that they should have.

    A key that was only ever null in the recorded answers may hold a text, because its type is not known.
    """
    found = shape_of(values)
    further = {path: frozenset(seen.split()) for path, seen in FURTHER.get(kind, {}).items()}
    problems = []
    for path, seen in found.items():
        if _is_inside(path, further) and path not in wanted:
            continue
        allowed = wanted.get(path, frozenset()) | further.get(path, frozenset())
        if not allowed:
            problems.append(f"{path} is not in the recorded answers")
        elif not seen <= (_UNKNOWN if allowed == {"null"} else allowed):
            problems.append(f"{path} is {_said(seen)}, recorded as {_said(allowed)}")
    for path, seen in wanted.items():
        is_due = "object" in found.get(_container(path), frozenset()) and not path.endswith("[]")
        if path not in found and is_due and "absent" not in seen | further.get(path, frozenset()):
            problems.append(f"{path} is missing")
    return problems


def _is_inside(path: str, further: Iterable[str]) -> bool:
    """Whether a path is part of a reference that was added: its id and its name."""
    return _container(path) in set(further) or path in set(further)


def _container(path: str) -> str:
    if path.endswith("[]"):
        return path.removesuffix("[]")
    return path.rpartition(".")[0]


def _said(seen: Iterable[str]) -> str:
    return " or ".join(sorted(seen))
