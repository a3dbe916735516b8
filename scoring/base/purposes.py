"""What a firm may agree that its books are used for."""

from enum import StrEnum


class Purpose(StrEnum):
    """One purpose of a consent."""

    DECISION = "decision"
    """Whether the firm gets a loan; every connection has it."""
    CONTACTS = "contacts"
    """Who the firm's customers and suppliers are; asked for apart, and off unless the firm agrees to it."""
    WRITE_BACK = "write_back"
    """Documents of granted loans go into the books; asked for apart, and off unless the firm agrees to it."""
