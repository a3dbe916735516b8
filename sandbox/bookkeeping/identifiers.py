"""Identifiers of a firm's objects: where those of each resource begin, and how far apart they are."""

from collections.abc import Mapping
from typing import NamedTuple

_FIRMS = 9_000  # keys beyond that begin again: each firm is an account of its own, with its own identifiers


class _Series(NamedTuple):
    start: int
    step: int = 1
    room: int = 100_000
    """Identifiers that each firm has to itself."""


_SERIES: Mapping[str, _Series] = {
    "Invoice": _Series(130_000_001, step=3),
    "CreditNote": _Series(29_000_001),
    "Voucher": _Series(1_500_000_001, step=3),
    "Contact": _Series(138_000_001),
    "CommunicationWay": _Series(115_000_001),
    "AccountingContact": _Series(14_000_001),
    "ContactCustomField": _Series(5_000_001),
    "ContactCustomFieldSetting": _Series(30_001, room=100),
    "Part": _Series(15_000_001, room=100),
    "Tag": _Series(400_001, room=100),
    "TagRelation": _Series(9_000_001),
    "CheckAccount": _Series(6_300_000, room=100),
    "CheckAccountTransaction": _Series(2_800_000_001, step=2),
    "CheckAccountTransactionLog": _Series(2_300_000_001, step=2),
}

FIRST_DEBITOR, FIRST_CREDITOR = 10_000, 70_000
"""Where the accounts of customers and of suppliers begin, in every German chart of accounts."""

POSITION_DISTANCE: Mapping[str, int] = {"Invoice": 230_000_000, "CreditNote": 6_000_000, "Voucher": 210_000_000}
"""How far the identifier of a document's position is from that of the document."""


def first_and_step(resource: str, key: int) -> tuple[int, int]:
    """The first identifier of a resource's objects, and the distance between two of them.

    Args:
        resource: which.
        key: of the firm.
    """
    series = _SERIES[resource]
    return series.start + key % _FIRMS * series.room, series.step
