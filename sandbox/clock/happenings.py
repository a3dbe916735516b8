"""What befalls firms from a day on: said in a file, or while the sandbox runs."""

import tomllib
from collections.abc import Collection
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec


class What(StrEnum):
    """The kinds of what befalls a firm."""

    CUSTOMERS_PAY_LATE = "customers_pay_late"
    """Whatever its customers would pay from that day on, they pay ``days`` later."""
    PAYS_LATE = "pays_late"
    """Whatever bills it would pay from that day on, it pays ``days`` later."""
    DEFAULTS = "defaults"
    """Its money goes in one sum, and it pays nothing more: debits come back, an attachment follows, sales end."""
    REVOKES_TOKEN = "revokes_token"  # noqa: S105  no password
    """Its token is refused."""
    RESTORES_TOKEN = "restores_token"  # noqa: S105  no password
    """Its token is good again."""


LATE = frozenset({What.CUSTOMERS_PAY_LATE, What.PAYS_LATE})
"""Those that count days."""
OF_TOKENS = frozenset({What.REVOKES_TOKEN, What.RESTORES_TOKEN})
"""Those that change no books."""


class HappeningError(ValueError):
    """What can never come about: of a firm that is not served, on a day that is over, or said in no known way."""


class Happening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What befalls a firm, or all of them, from a day on."""

    on: date
    what: What
    firm: str | None = None
    """Short name of the firm, None for every firm."""
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None
    """By how many days payments come later; of ``customers_pay_late`` and ``pays_late`` alone, 30 unless given."""

    def befalls(self, firm: str) -> bool:
        """Whether it befalls this firm."""
        return self.firm in (None, firm)


class _Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    happens: list[Happening] = []


def read_scenario(path: Path) -> list[Happening]:
    """What a scenario file says: TOML with a table ``[[happens]]`` for each.

    Raises:
        HappeningError: The file cannot be read or is no scenario; it says where.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(said, _Scenario).happens
    except OSError as error:
        raise HappeningError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise HappeningError(f"{path} is no scenario: {error}.") from None


def check_happening(happening: Happening, firms: Collection[str], today: date) -> None:
    """Refuse what could never come about.

    Raises:
        HappeningError: It names a firm that is not served, a day that is over, or days that do not belong to it.
    """
    if happening.firm is not None and happening.firm not in firms:
        raise HappeningError(f"There is no firm {happening.firm!r}; `sandbox firms` lists them.")
    if happening.days is not None and happening.what not in LATE:
        raise HappeningError(f"{happening.what} takes no days.")
    # What is sold and paid today is in the books by now.
    if happening.on < today or (happening.on == today and happening.what not in OF_TOKENS):
        raise HappeningError(
            f"{happening.what} on {happening.on} is too late: it is {today} already, and what was lived stays."
        )
