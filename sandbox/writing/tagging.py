"""Tags of documents. A tag comes into being with the first document that has it."""

from collections.abc import Mapping
from typing import Any

from sandbox.objects import blank
from sandbox.writing import fields
from sandbox.writing.unit_of_work import Answer, UnitOfWork, ref, refers_to

_TAGGED = ("Invoice", "Voucher", "Order", "CreditNote")


def create_tag(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``Tag/Factory/create``: gives a document a tag, a new one or the one of that name; answers 200, as described.

    Raises:
        ApiError: name or document is missing, or the document is not there.
    """
    name, target = fields.text(body, "name"), fields.reference(body, "object")
    if not name:
        raise fields.invalid("name cannot be null")
    if target is None:
        raise fields.invalid("object cannot be null")
    if target["objectName"] not in _TAGGED:
        raise fields.invalid(f"object must be one of {', '.join(_TAGGED)}")
    work.must_exist(target)
    tag = next((dict(tag) for tag in work.all("Tag") if tag.get("name") == name), None)
    if tag is None:
        tag = work.put(_new(work, blank.TAG, "Tag") | {"name": name})
    for relation in work.referring("TagRelation", "tag", tag):
        if refers_to(relation, "object", target):
            return 200, relation
    relation = _new(work, blank.TAG_RELATION, "TagRelation") | {"tag": ref(tag), "object": target}
    return 200, work.put(relation)


def change_tag(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT Tag/{id}``: another name.

    Raises:
        ApiError: it is not there, or the name is missing.
    """
    name = fields.text(body, "name")
    if not name:
        raise fields.invalid("name cannot be null")
    return 200, work.put({**work.get("Tag", object_id), "name": name})


def _new(work: UnitOfWork, empty: blank.Blank, kind: str) -> dict[str, Any]:
    head = work.head(kind)
    del head["update"]
    return {**empty, **head, "sevClient": work.client}
