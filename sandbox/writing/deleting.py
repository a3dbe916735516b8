"""What may be deleted: drafts, free bank lines, contacts and accounts that nothing refers to."""

from collections.abc import Mapping

from sandbox.account.errors import ApiError
from sandbox.objects.values import field_of
from sandbox.writing.bank import delete_line
from sandbox.writing.documents import DRAFT, is_draft, status_of
from sandbox.writing.unit_of_work import Answer, UnitOfWork

_BINDING: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Contact": (("Invoice", "contact"), ("CreditNote", "contact"), ("Voucher", "supplier"), ("Contact", "parent")),
    "CheckAccount": (("CheckAccountTransaction", "checkAccount"),),
    "ContactCustomFieldSetting": (("ContactCustomField", "contactCustomFieldSetting"),),
    **dict.fromkeys(("ContactAddress", "CommunicationWay", "AccountingContact", "ContactCustomField", "Tag"), ()),
}
_DETAILS = ("ContactAddress", "CommunicationWay", "AccountingContact", "ContactCustomField")
_PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    **{kind: ((f"{kind}Pos", field_of(kind)), ("TagRelation", "object")) for kind in DRAFT},
    "Contact": tuple((detail, "contact") for detail in _DETAILS),
    "Tag": (("TagRelation", "tag"),),
}

DELETABLE = frozenset({*DRAFT, *_BINDING, "CheckAccountTransaction"})
"""Resources whose objects can be deleted."""


def delete_object(work: UnitOfWork, resource: str, object_id: str) -> Answer:
    """``DELETE``: gone for good, with what belongs to it alone; a bank line can still be read by id.

    Raises:
        ApiError: it is not there, or 409 with code 159, where it is bound.
    """
    if resource == "CheckAccountTransaction":
        return delete_line(work, object_id)
    item = work.get(resource, object_id)
    if resource in DRAFT:
        if not is_draft(item):
            wanted = DRAFT[resource]
            raise _bound(f"{resource} can only be deleted in status {wanted} but is status {status_of(item)}")
    elif any(work.referring(other, field, item) for other, field in _BINDING[resource]):
        raise _bound(f"{resource} is in use and can not be deleted")
    for other, field in _PARTS.get(resource, ()):
        for part in work.referring(other, field, item):
            work.remove(part)
    work.remove(item)
    return 200, [None]


def _bound(message: str) -> ApiError:
    return ApiError(409, message, code=159)
