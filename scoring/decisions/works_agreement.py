"""Whether figures of single persons may be seen, by whom and how far back: one reviewed file for all lenders.

Without a file, or for a lender that it does not name, there are none (§ 87(1) no. 6 BetrVG, § 26 BDSG).
"""

import hashlib
from collections.abc import Collection
from datetime import date, timedelta
from typing import Annotated, Final, Literal

import msgspec
import msgspec.toml
from msgspec import Meta

from scoring.base.toml import in_words
from scoring.decisions.policy import Name

MOST_DAYS: Final = 1096
"""How far back an agreement may let anybody look: three years."""


class WorksAgreementError(ValueError):
    """A file of works agreements does not say what it must say; the message names lender or key."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: no key may be missing, misspelt or of the wrong type."""


class WorksAgreement(_Part, frozen=True, kw_only=True):
    """What a lender agreed on figures of single persons."""

    agreed_on: date
    """Votes of earlier days are left out: nobody could know that they would be looked at."""
    ends_on: date | None = None
    """Its last day; left out: until another file is in force."""
    parties: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(min_length=2, max_length=9)]
    """Who agreed, the employer and whoever speaks for the persons."""
    roles: Annotated[
        frozenset[Literal["apply", "underwrite", "analyse", "audit", "admin"]], Meta(min_length=1, max_length=5)
    ]
    """Persons with one of these see the figures; no other role implies it."""
    retention_days: Annotated[int, Meta(ge=1, le=MOST_DAYS)]
    """How many days back votes count."""

    def __post_init__(self) -> None:
        if self.ends_on is not None and self.ends_on < self.agreed_on:
            raise ValueError("`ends_on` is before `agreed_on`")

    def first_day(self, today: date) -> date:
        """The first day whose votes may be looked at."""
        return max(self.agreed_on, today - timedelta(days=self.retention_days))

    def opens_to(self, roles: Collection[str], today: date) -> bool:
        """Whether a person with these roles may look."""
        is_over = self.ends_on is not None and today > self.ends_on
        return today >= self.agreed_on and not is_over and not self.roles.isdisjoint(roles)


class _File(_Part, frozen=True, kw_only=True):
    version: Annotated[str, Meta(min_length=1, max_length=64)]
    lenders: Annotated[dict[Name, WorksAgreement], Meta(min_length=1)]


class WorksAgreements(msgspec.Struct, frozen=True, kw_only=True):
    """A file of works agreements."""

    content: bytes
    version: str
    digest: str
    """SHA-256 of the content."""
    lenders: dict[str, WorksAgreement]

    def of(self, lender_id: str) -> WorksAgreement | None:
        """What a lender agreed."""
        return self.lenders.get(lender_id)


def load_works_agreements(content: bytes) -> WorksAgreements:
    """Read a file of works agreements.

    Raises:
        WorksAgreementError: it is no TOML, or a key is missing, unknown or out of range.
    """
    try:
        file = msgspec.toml.decode(content, type=_File, strict=True)
    except UnicodeDecodeError as error:
        raise WorksAgreementError(f"is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except msgspec.ValidationError as error:
        raise WorksAgreementError(f"does not hold: {in_words(error)}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise WorksAgreementError(f"is not valid TOML: {error}") from error
    digest = hashlib.sha256(content).hexdigest()
    return WorksAgreements(content=content, version=file.version, digest=digest, lenders=file.lenders)
