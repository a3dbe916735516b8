"""Who may decide on how much, and what needs a second vote: one reviewed file per version, for all lenders.

Without a file, or for a lender that it does not name, whoever has the role may vote up to the product's maximum, alone.
"""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final

import msgspec
import msgspec.toml
from msgspec import Meta

from scoring.base.toml import in_words
from scoring.decisions.policy import Cents, Name

OVERRIDE_DAYS: Final = 14
SERVICE_LEVEL_HOURS: Final = 48
UNDECIDED_DAYS: Final = 90
"""What holds where no file says otherwise."""


class AuthorityError(ValueError):
    """A file of authority does not say what it must say; the message names lender, person or key."""


class Office(StrEnum):
    """Front office (Markt) and back office (Marktfolge), MaRisk BTO 1.1."""

    FRONT = "front"
    BACK = "back"


class Diverging(StrEnum):
    """What two votes that differ lead to."""

    DECLINE = "decline"
    ESCALATE = "escalate"
    """Somebody with a higher limit than both decides."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: no key may be missing, misspelt or of the wrong type."""


class Person(_Part, frozen=True, kw_only=True):
    """One person who reviews."""

    name: Name
    """As ``scoring principals add`` and ``keys add`` have it."""
    rank: Name
    """Whose limits the person has."""
    office: Office
    reports_to: Name | None = None


class Assignment(_Part, frozen=True, kw_only=True):
    """Whose desk a new case is put on; the first that fits counts."""

    to: Name
    product: Name | None = None
    """Left out: every product."""
    from_cents: Annotated[int, Meta(ge=0, le=1_000_000_000_000)] = 0
    up_to_cents: Cents | None = None
    """The highest amount; left out: no bound."""

    def fits(self, product: str, amount_cents: int) -> bool:
        """Whether the rule is for such an application."""
        is_up_to = self.up_to_cents is None or amount_cents <= self.up_to_cents
        return self.product in {None, product} and self.from_cents <= amount_cents and is_up_to


class LenderAuthority(_Part, frozen=True, kw_only=True):
    """The authority of one lender's persons."""

    ranks: Annotated[dict[Name, dict[Name, Cents]], Meta(min_length=1)]
    """By rank, the highest amount of each product."""
    persons: Annotated[tuple[Person, ...], Meta(min_length=1)]
    second_vote_from_cents: dict[Name, Cents] = {}
    """By product, the lowest amount that needs a second vote."""
    diverging: Diverging = Diverging.DECLINE
    override_days: Annotated[int, Meta(ge=1, le=365)] = OVERRIDE_DAYS
    """How long an approval stands that goes beyond what the machine recommended."""
    service_level_hours: Annotated[int, Meta(ge=1, le=8760)] = SERVICE_LEVEL_HOURS
    """In which a case should be decided; the time in which the applicant is asked does not count."""
    undecided_days: Annotated[int, Meta(ge=1, le=3650)] = UNDECIDED_DAYS
    """After the newest decision of the machine, when a case that nobody decided expires."""
    recommendation_hidden: bool = False
    """Whether the page of a case shows the machine's recommendation only after the first vote."""
    assignments: tuple[Assignment, ...] = ()

    def assignee(self, product: str, amount_cents: int) -> str | None:
        """The name of the person on whose desk a new case is put; None where whoever has the authority may take it."""
        return next((rule.to for rule in self.assignments if rule.fits(product, amount_cents)), None)

    def person(self, name: str) -> Person | None:
        """The person of that name."""
        return next((one for one in self.persons if one.name == name), None)

    def limit(self, name: str, product: str) -> int:
        """The highest amount of a product that a person may approve; 0 for none."""
        found = self.person(name)
        return 0 if found is None else self.ranks[found.rank].get(product, 0)

    def superiors(self, name: str) -> list[str]:
        """To whom a person reports, directly first."""
        found: list[str] = []
        person = self.person(name)
        while person is not None and person.reports_to is not None and person.reports_to not in found:
            found.append(person.reports_to)
            person = self.person(person.reports_to)
        return found

    def team(self, name: str) -> list[str]:
        """The person, those who report to the same one, and all who report to her, directly or not."""
        mine = self.person(name)
        if mine is None:
            return [name]
        together = mine.reports_to
        return [
            one.name
            for one in self.persons
            if one.name == name
            or (together is not None and one.reports_to == together)
            or name in self.superiors(one.name)
        ]

    def is_outside(self, first: str, second: str) -> bool:
        """Whether neither person reports to the other, directly or not, nor both directly to the same one."""
        lines = self.superiors(first), self.superiors(second)
        is_above = first in lines[1] or second in lines[0]
        return first != second and not is_above and not (lines[0] and lines[1] and lines[0][0] == lines[1][0])

    def may_second(self, first: str, second: str) -> bool:
        """Whether the vote of ``second`` may stand beside that of ``first``."""
        other = self.person(second)
        return other is not None and other.office is Office.BACK and self.is_outside(first, second)

    def faults(self) -> Iterator[str]:
        """What contradicts itself, in a sentence each."""
        yield from self._faults_of_persons()
        yield from self._faults_of_assignments()
        for product, cents in self.second_vote_from_cents.items():
            if not any(self._pairs(product, cents)):
                yield (
                    f"`second_vote_from_cents`: nobody could give the second vote on {product} from {cents} cents: it"
                    " takes one person of the front office and one of the back office, both with such a limit, and"
                    " outside of each other's reporting line"
                )

    def _faults_of_persons(self) -> Iterator[str]:
        names = [one.name for one in self.persons]
        yield from (f'`persons`: "{name}" stands twice' for name in names if names.count(name) > 1)
        for one in self.persons:
            line = self.superiors(one.name)
            if one.rank not in self.ranks:
                yield f'`persons`: "{one.name}" has the rank "{one.rank}", which `ranks` does not have'
            if one.reports_to is not None and one.reports_to not in names:
                yield f'`persons`: "{one.name}" reports to "{one.reports_to}", who is not among `persons`'
            if one.name in line:
                yield f'`persons`: "{one.name}" reports in a circle: {" -> ".join((one.name, *line))}'

    def _faults_of_assignments(self) -> Iterator[str]:
        for rule in self.assignments:
            if self.person(rule.to) is None:
                yield f'`assignments`: "{rule.to}" is not among `persons`'
                continue
            if rule.up_to_cents is not None and rule.up_to_cents < rule.from_cents:
                yield f'`assignments` to "{rule.to}": `up_to_cents` is below `from_cents`'
            for product in sorted(self._products()) if rule.product is None else (rule.product,):
                if self.limit(rule.to, product) < max(rule.from_cents, 1):
                    yield f'`assignments`: "{rule.to}" may not decide on what the rule puts there ({product})'

    def _pairs(self, product: str, cents: int) -> Iterator[bool]:
        able = [one for one in self.persons if self.limit(one.name, product) >= cents]
        for first in able:
            if first.office is Office.FRONT:
                yield from (True for second in able if self.may_second(first.name, second.name))

    def _products(self) -> set[str]:
        return {product for limits in self.ranks.values() for product in limits}

    def named_products(self) -> set[str]:
        """Every product that the file says something about."""
        of_rules = {rule.product for rule in self.assignments if rule.product is not None}
        return self._products() | of_rules | set(self.second_vote_from_cents)


class _File(_Part, frozen=True, kw_only=True):
    version: Annotated[str, Meta(min_length=1, max_length=64)]
    lenders: Annotated[dict[Name, LenderAuthority], Meta(min_length=1)]

    def __post_init__(self) -> None:
        for lender, said in self.lenders.items():
            for fault in said.faults():
                raise ValueError(f'lender "{lender}": {fault}')


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """A file of authority."""

    content: bytes
    version: str
    digest: str
    """SHA-256 of the content."""
    lenders: dict[str, LenderAuthority]

    def of(self, lender_id: str) -> LenderAuthority | None:
        """What the file says about a lender."""
        return self.lenders.get(lender_id)


def load_authority(content: bytes) -> Authority:
    """Read a file of authority.

    Raises:
        AuthorityError: it is no TOML, a key is missing, unknown or out of range, or it contradicts itself.
    """
    try:
        file = msgspec.toml.decode(content, type=_File, strict=True)
    except UnicodeDecodeError as error:
        raise AuthorityError(f"is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except msgspec.ValidationError as error:
        raise AuthorityError(f"does not hold: {in_words(error)}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise AuthorityError(f"is not valid TOML: {error}") from error
    digest = hashlib.sha256(content).hexdigest()
    return Authority(content=content, version=file.version, digest=digest, lenders=file.lenders)
