"""International bank account numbers: form and check digits (ISO 13616)."""

import re

_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_LENGTHS = {"AT": 20, "BE": 16, "CH": 21, "DE": 22, "ES": 24, "FR": 27, "IT": 27, "LU": 20, "NL": 18, "PL": 28}
"""Length by country; for other countries only the check digits are verified."""


def normalise_iban(text: str) -> str:
    """Remove spaces and convert to upper case.

    Raises:
        ValueError: not an IBAN; the message does not contain the number.
    """
    compact = "".join(text.split()).upper()
    if _FORM.fullmatch(compact) is None:
        raise ValueError("must be an IBAN: two letters, two check digits, then letters and digits")
    length = _LENGTHS.get(compact[:2])
    if length is not None and len(compact) != length:
        raise ValueError(f"must have {length} characters for {compact[:2]}, but has {len(compact)}")
    rearranged = compact[4:] + compact[:4]
    if int("".join(str(int(character, 36)) for character in rearranged)) % 97 != 1:
        raise ValueError("has wrong check digits; check the IBAN for typing errors")
    return compact
