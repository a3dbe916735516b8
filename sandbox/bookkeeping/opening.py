"""Opens the books of a simulated firm: whom it deals with, and which accounts it has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sandbox.bookkeeping import names
from sandbox.bookkeeping.history import Account, History, Party
from sandbox.life.costs import RELATED
from sandbox.life.orders import Sales
from sandbox.life.traits import Traits

MAIN_BANK, MAIN_NUMBER = 43_060_967, 1_000_000
"""Bank code of every simulated firm, and the account number to which its key is added."""

OTHERS = {
    "tax": "Finanzamt Mitte",
    "insurer": "Techniker Krankenkasse",
    "landlord": "Hausverwaltung Sommer",
    "bank": "Volksbank Mitte eG",
    "staff": "Sammler Personal",
    "owner": "Inhaber",
    "enforcer": "Vollstreckungsstelle",
    "till": "Ladenkasse",
    "shop": "Kartenzahlung",
}
_WITHOUT_ACCOUNT = frozenset({"bank", "till", "shop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Where in ``History.parties`` to find whom; customers stand first."""

    related: int
    """The customer that is a supplier, too, where the firm has one."""
    suppliers: int
    """The first supplier."""
    others: Mapping[str, int]
    """tax, insurer, landlord, bank, staff, owner, enforcer, till, shop."""

    def supplier(self, number: int) -> int:
        """The supplier with that number."""
        return self.related if number == RELATED else self.suppliers + number


def add_parties(
    history: History, traits: Traits, sales: Sales, rng: np.random.Generator, *, has_related: bool
) -> Parties:
    """Give every party a name; a Contact is created with its first document."""
    parties = history.parties
    customers = max(sales.customer, default=0) + 1
    persons = (rng.random(customers) < traits.persons_share).tolist()
    parties += [names.customer(history.key, index, is_person=persons[index]) for index in range(customers)]
    related = customers - 1
    if has_related:
        parties[related] = names.related(history.key)
    parties += [names.supplier(history.key, index) for index in range(traits.suppliers)]
    others: dict[str, int] = {}
    for role, name in OTHERS.items():
        if role == "shop" and not traits.private_spending:
            continue
        others[role] = len(parties)
        iban = None if role in _WITHOUT_ACCOUNT else names.iban(10_010_010, 7_000 + len(others))
        parties.append(Party(name=name, iban=iban))
    return Parties(related=related, suppliers=customers, others=others)


def add_accounts(history: History, traits: Traits) -> None:
    """The accounts in the order of ``MAIN``, ``CLEARING`` and on; savings and a till only where the firm has them."""
    day, is_file = history.opened_on, traits.bank == "file"
    main = Account(
        name="Geschäftskonto",
        kind="online",
        import_type="CSV" if is_file else None,
        is_synced=not is_file,
        iban=names.iban(MAIN_BANK, MAIN_NUMBER + history.key),
        recorded=day,
        is_default=True,
    )
    clearing = Account(name="Ausgebuchte Rechnungen", kind="offline", recorded=day)
    base = Account(name="Basiskonto", kind="offline", recorded=day, is_base=True)
    history.accounts += [main, clearing, base]
    if traits.saves:
        iban = names.iban(MAIN_BANK, 5 * MAIN_NUMBER + history.key)
        history.accounts.append(replace(main, name="Tagesgeldkonto", is_default=False, iban=iban))
    if traits.till_share and not traits.has_card_till:
        history.accounts.append(Account(name="Kasse", kind="register", recorded=day))
