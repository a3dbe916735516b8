"""What a firm sells and to whom: the arrays that the sales side of a simulation works on."""

from dataclasses import dataclass, field

import numpy as np

SLUMP_MONTHS = 9
"""How long a slump takes; it is complete three months before the end."""


@dataclass(slots=True, kw_only=True)
class Receipt:
    """Money (or its absence) that changes what is open on an invoice."""

    day: int
    amount: int
    """Signed cents."""
    invoice: int
    """Index into the arrays of ``Sales``."""
    kind: str
    """paid, returned, written_off, by_hand or refund; cleared, by_provider, sold or posted in some firms."""
    closes: bool = False
    """The bookkeeper regards the invoice as settled by this."""


@dataclass(slots=True, kw_only=True)
class Correction:
    """A credit note, or a cancellation where ``gross`` is None."""

    day: int
    invoice: int
    net: int | None
    gross: int | None
    is_refunded: bool = False
    is_open: bool = False
    """The credit note is neither settled nor refunded."""
    names_invoice: bool = True
    """Else the credit note only says whose it is."""


WITHOUT_CASH = frozenset({"written_off", "by_hand", "cleared", "by_provider", "sold", "posted"})
"""Kinds of receipts that bring no money to the bank by themselves."""


@dataclass(slots=True, kw_only=True)
class Payout:
    """What a payment provider or a factor pays to the bank, for many invoices at once."""

    day: int
    via: str
    """provider or factor."""
    amount: int
    fee: int
    """What was kept for the service; both together leave the clearing account."""


@dataclass(slots=True, kw_only=True)
class Sales:
    """Every invoice of a firm, those before its books opened included, as parallel lists."""

    demand: np.ndarray
    """Demand of each month, 1 is normal."""
    customer: list[int] = field(default_factory=list)
    issued: list[int] = field(default_factory=list)
    due: list[int] = field(default_factory=list)
    net: list[int] = field(default_factory=list)
    tax: list[int] = field(default_factory=list)
    rate: list[int] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    reminders: list[tuple[int, int, int]] = field(default_factory=list)
    """Day, invoice, level."""
    foreign: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Invoice to the currency it is in and its net sum there; ``net`` is euro all the same."""
    till: list[tuple[int, int, int]] = field(default_factory=list)
    """Day, net and tax of takings that are not invoiced, one entry a month."""
    payouts: list[Payout] = field(default_factory=list)
    retained: dict[int, int] = field(default_factory=dict)
    """Invoice to the percent that the customer keeps back until the warranty ends."""


@dataclass(slots=True, kw_only=True)
class Customers:
    """The customers of a firm, one value each."""

    weight: np.ndarray
    size: np.ndarray
    joined: np.ndarray
    left: np.ndarray
    fails: np.ndarray
    """Day of the customer's own insolvency; it pays slower before and nothing after."""
    lateness: np.ndarray
    is_debit: np.ndarray
    takes_discount: np.ndarray
