"""One firm's account as sevdesk lists it: objects by resource, and the balance of an account on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from oracle.calendar_days import cents, day_of

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Firm:
    """The lists of one firm."""

    objects: Mapping[str, Sequence[Json]]

    def all(self, resource: str) -> Sequence[Json]:
        """All objects of a resource, soft-deleted ones left out as lists leave them out."""
        return [one for one in self.objects.get(resource, ()) if not one.get("deletedAt")]

    def balance_cents(self, account: str, day: date) -> int:
        """What sevdesk answers to getBalanceAtDate: all lines of the account up to the end of the day."""
        total = 0
        for line in self.all("CheckAccountTransaction"):
            booked = day_of(line["valueDate"])
            if reference(line, "checkAccount") == account and booked is not None and booked <= day:
                total += cents(line["amount"])
        return total


def reference(of: Json, name: str) -> str | None:
    """The id that a reference names; None where it is not set."""
    target = of.get(name)
    return str(target["id"]) if target and target.get("id") else None


def kind_of_reference(of: Json, name: str) -> str | None:
    """The resource that a reference names."""
    target = of.get(name)
    return str(target["objectName"]) if target and target.get("objectName") else None
