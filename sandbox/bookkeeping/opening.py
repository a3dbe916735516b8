"""Opens the books of a simulated firm: whom it deals with, and which accounts it has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sandbox.bookkeeping import names
from sandbox.bookkeeping.history import Account, History, Party
from sandbox.life.borrowed import role_of
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
FACTOR_ACCOUNT = "Factoring"
"""Name of the clearing account of invoices that were sold."""
_WITHOUT_ACCOUNT = frozenset({"bank", "till", "shop"})
_OF_SOME: Mapping[str, tuple[str, Callable[[Traits], object]]] = {
    "lessor": ("Nordring Leasing AG", lambda traits: traits.leases),
    "car_bank": ("BMW Bank GmbH", lambda traits: traits.leases),
    "lender": ("auxmoney GmbH", lambda traits: traits.borrows_online),
    "bailiff": ("Gerichtsvollzieherin Adler", lambda traits: traits.enforces),
    "workers_creditor": ("Autohaus Nordring GmbH", lambda traits: traits.has_garnished_worker),
    "provider": ("Stripe Technology Europe Ltd", lambda traits: traits.provider_share),
    "factor": ("Hanse Factoring GmbH", lambda traits: traits.sold_share),
    "card": ("Kartenservice Volksbank", lambda traits: traits.has_credit_card),
}
"""Role to name, and whether a firm deals with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Where in ``History.parties`` to find whom; customers stand first."""

    related: int
    """The customer that is a supplier, too, where the firm has one."""
    suppliers: int
    """The first supplier."""
    others: Mapping[str, int]
    """tax, insurer, landlord, bank, staff, owner, enforcer, till, shop, and those that only some firms deal with."""

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
    for role, (name, deals_with) in _OF_SOME.items():
        if deals_with(traits):
            others[role] = len(parties)
            parties.append(Party(name=name, iban=names.iban(10_010_010, 7_100 + len(others))))
    for number, loan in enumerate(traits.borrowed):
        others[role_of(number)] = len(parties)
        parties.append(Party(name=loan.lender, iban=names.iban(10_010_010, 7_200 + number)))
    return Parties(related=related, suppliers=customers, others=others)


def add_accounts(history: History, traits: Traits) -> dict[str, int]:
    """The accounts in the order of ``MAIN``, ``CLEARING`` and on; savings and a till only where the firm has them.

    Returns:
        The positions of those that few firms have, by role: provider, factor, card.
    """
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
    places: dict[str, int] = {}
    for role, name, has in (
        ("provider", "Stripe", traits.provider_share),
        ("factor", FACTOR_ACCOUNT, traits.sold_share),
    ):
        if has:
            places[role] = len(history.accounts)
            history.accounts.append(replace(clearing, name=name))
    if traits.has_credit_card:
        places["card"] = len(history.accounts)
        iban = names.iban(MAIN_BANK, 6 * MAIN_NUMBER + history.key)
        history.accounts.append(replace(main, name="Firmenkreditkarte", is_default=False, iban=iban))
    if traits.has_empty_till:
        history.accounts.append(Account(name="Handkasse", kind="register", recorded=day))
    if traits.feed_stopped_days:
        for account in history.accounts:
            account.synced_on = history.end_on - traits.feed_stopped_days if account.is_synced else None
    return places
