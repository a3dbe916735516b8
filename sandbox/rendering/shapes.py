"""The small forms that every sevdesk object is made of: references, sums, timestamps."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sandbox.bookkeeping import names
from sandbox.bookkeeping.history import CreditNote, History, Invoice, Party, Voucher
from sandbox.life.abroad import MARKETS
from sandbox.objects.values import BERLIN


def money(cents: int) -> str:
    """A sum as the API writes it: a string with a point, trailing zeros dropped."""
    sign = "-" if cents < 0 else ""
    euro, rest = divmod(abs(cents), 100)
    if rest == 0:
        return f"{sign}{euro}"
    return f"{sign}{euro}.{rest:02d}".rstrip("0")


def number(cents: int) -> int | float:
    """A sum as a JSON number: whole amounts as integers."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def ref(kind: str, identifier: int) -> dict[str, str]:
    """A reference to another object."""
    return {"id": str(identifier), "objectName": kind}


@lru_cache(maxsize=8192)
def midnight(day: int) -> str:
    """The start of a day in Berlin: its offset is the one of that day."""
    return datetime.combine(date.fromordinal(day), datetime.min.time(), tzinfo=BERLIN).isoformat()


def moment(day: int, salt: int) -> str:
    """An instant of a day between 8 and 18 o'clock in Berlin, which ``salt`` picks."""
    seconds = 8 * 3600 + salt * 7919 % 36_000
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    # Clocks change at night: from 8 o'clock on, the offset is the one of the next midnight.
    return f"{midnight(day)[:10]}T{clock}{midnight(day + 1)[19:]}"


class RenderContext:
    """What all objects of one account share: its client, its user, its people and their addresses."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.client = ref("SevClient", 1_300_000 + history.key)
        self.user = ref("SevUser", 1_550_000 + history.key)
        self.country = ref("StaticCountry", 1)

    def party(self, index: int) -> Party:
        """The party with that index."""
        return self.history.parties[index]

    def address(self, index: int) -> tuple[str, str, str]:
        """Street, postcode and city of a party."""
        code, city = names.CITIES[(index * 7 + self.history.key) % len(names.CITIES)]
        return f"{names.STREETS[index % len(names.STREETS)]} {index % 90 + 1}", code, city

    def head(self, kind: str, identifier: int, created: int, updated: int) -> dict[str, Any]:
        """The keys with which most objects begin."""
        return {
            "id": str(identifier),
            "objectName": kind,
            "additionalInformation": None,
            "create": moment(created, identifier),
            "update": moment(updated, identifier + 11),
        }

    def is_old(self, document: Invoice | Voucher | CreditNote) -> bool:
        """Whether a document is one of bookkeeping system 1.0."""
        return document.recorded < self.history.system_2_since

    def tax(self, document: Invoice | Voucher | CreditNote) -> dict[str, Any]:
        """What says how a document is taxed: the tax rule, or the ``taxType`` of system 1.0, which has no rules.

        Rules are 1 for taxable sales, 9 for deductible expenses, 11 and 10 for small businesses, others abroad.
        """
        is_expense = isinstance(document, Voucher) and document.side == "C"
        market = None if isinstance(document, Voucher) else MARKETS.get(document.currency)
        if self.is_old(document):
            is_small = self.history.is_small_business
            return {"taxType": market.tax_type if market else ("ss" if is_small else "default")}
        if self.history.is_small_business:
            return {"taxRule": ref("TaxRule", 10 if is_expense else 11)}
        if market is not None:
            return {"taxRule": ref("TaxRule", market.tax_rule)}
        return {"taxRule": ref("TaxRule", 9 if is_expense else 1)}
