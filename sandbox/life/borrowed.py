"""A loan by contract, and its lender's role among the parties of a firm."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowed:
    """One loan. Money in whole euro."""

    lender: str
    """Its name."""
    text: str
    """What its lines begin with behind "Darlehensauszahlung" and "Darlehen", such as ``KfW 0815``."""
    euro: int
    paid_out_days: int
    """Before the last day of the books."""
    rate: float
    """Interest a year."""
    number: int
    """Instalments after the grace period."""
    every_months: int = 1
    """Between two instalments; 0: every week."""
    grace: int = 0
    """Instalments of interest alone before."""
    balloon: float = 0.0
    """Share of the loan that is due with the last instalment."""


def role_of(number: int) -> str:
    """The role of the lender of a firm's loan, among its parties."""
    return f"lender:{number}"
