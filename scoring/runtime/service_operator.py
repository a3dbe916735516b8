"""Settings of who operates the service, as the pages for applicants name it: § 5 DDG, § 5 ECG, Art. 13 GDPR."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST: Final = 300


class ServiceOperator(msgspec.Struct, frozen=True, kw_only=True):
    """Who operates the service, and how to reach them."""

    name: str
    """With the legal form."""
    address: str
    """In one line."""
    email: str
    privacy: str
    """For questions about data: an e-mail address, or the https address of a page."""

    @property
    def privacy_address(self) -> str:
        """Where a link for these questions leads."""
        return self.privacy if self.privacy.startswith("https://") else f"mailto:{self.privacy}"


def read_service_operator(reader: Any) -> ServiceOperator | None:  # noqa: ANN401  the reader of ``settings``, which imports this
    """Read the ``OPERATOR_*`` variables; None where none is set. Problems are left with the reader."""
    found = {
        "NAME": reader.take("OPERATOR_NAME", _line, None),
        "ADDRESS": reader.take("OPERATOR_ADDRESS", _line, None),
        "EMAIL": reader.take("OPERATOR_EMAIL", _email, None),
    }
    privacy = reader.take("OPERATOR_PRIVACY", _privacy, None)
    missing = [f"SCORING_OPERATOR_{name}" for name, value in found.items() if value is None]
    if len(missing) == len(found) and privacy is None:
        return None
    if missing:
        reader.problems.append(f"who operates the service is said only in part: set {', '.join(missing)}, too")
        return None
    return ServiceOperator(
        name=found["NAME"], address=found["ADDRESS"], email=found["EMAIL"], privacy=privacy or found["EMAIL"]
    )


def _line(text: str) -> str:
    if not text.isprintable() or len(text) > _LONGEST:
        raise ValueError(f"must be one line of up to {_LONGEST} printable characters")
    return text


def _email(text: str) -> str:
    if _EMAIL.fullmatch(text) is None:
        raise ValueError("must be an e-mail address")
    return text


def _privacy(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "https" and parts.hostname and not parts.username:
        return text
    if _EMAIL.fullmatch(text) is None:
        raise ValueError("must be an e-mail address or an https address")
    return text
