"""Purposes for which a firm can consent to the use of its books."""

from enum import StrEnum


class Purpose(StrEnum):
    """One purpose of a consent."""

    DECISION = "decision"
    """Deciding on a loan; every connection has this purpose."""
    CONTACTS = "contacts"
    """Listing customers and suppliers; separate, optional consent."""
    WRITE_BACK = "write_back"
    """Entering documents of granted loans in the books; separate, optional consent."""
    TRAINING = "training"
    """Training and checking models on the firm's books; separate, optional consent."""
    MONITORING = "monitoring"
    """Reading the books again after the decision; separate, optional consent."""


OPTIONAL = tuple(purpose for purpose in Purpose if purpose is not Purpose.DECISION)
"""Those that a firm agrees to, and withdraws, one by one."""
