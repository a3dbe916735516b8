"""What every source of books does: check a credential, read what a plan needs, build ledger and coverage.

A source is one bookkeeping system, in a folder of its own that only ``scoring.sources.registry`` imports. Its suite of
tests is ``tests/contract/sources``.
"""

from collections.abc import Collection
from datetime import date
from typing import Protocol, TypeAlias

import msgspec
from typing_extensions import override

from features.ledger import Ledger, Resource
from scoring.base.credentials import Credential
from scoring.decisions.decision import Coverage, DocumentKind
from scoring.sources.bank_lines.recognition import NOT_TOLD, NOTHING_ADDED, Called, LineKnowledge


class AccountHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account it is, as the account itself says; neither ``repr`` nor ``str`` shows it.

    Null is what the source does not tell. The user of the account wrote all of it, and can change it.
    """

    name: str | None = None
    tax_number: str | None = None
    """As entered: with or without slashes, of one state's form or the unified one."""
    vat_id: str | None = None

    @override
    def __repr__(self) -> str:
        return "AccountHolder()"


class BuiltBooks(msgspec.Struct, frozen=True, kw_only=True):
    """The books of one borrower in neutral terms."""

    ledger: Ledger
    coverage: Coverage
    source_ids: tuple[str, ...] = ()
    """The source's identifier of each identifier in the ledger, by position, where the source's are texts; else empty:
    they are the same. Sorted, so that the same books have the same numbers."""


DocumentKey: TypeAlias = tuple[DocumentKind, int | str]
"""Kind of a document, and its identifier at the source."""


OwnDocument: TypeAlias = tuple[str, int]
"""The source's identifier of a bill that the lender entered in the books, and its gross amount in cents."""


class ReadBooks(Protocol):
    """What was read of one account on one day, in the source's own terms."""

    @property
    def parse_seconds(self) -> float:
        """Processor time that reading took: decoding and typing, without waiting."""

    def build(
        self,
        *,
        hash_key: bytes,
        payout_iban: str | None,
        own: Collection[OwnDocument] = (),
        called: Called = NOT_TOLD,
    ) -> BuiltBooks:
        """Dated facts, without names, texts and account numbers. Reaches nothing but what was read.

        Args:
            hash_key: Secret of this borrower, of which pseudonyms of the parties are made.
            payout_iban: Of the application, for the check against the accounts.
            own: What the lender itself wrote into these books. It is no fact about the firm, as long as it is as
                written: one that was changed is the firm's.
            called: What the firm is called: money to or from that name goes to or comes from an own account.

        Raises:
            UnexpectedAnswerError: A fact lacks a value that every fact has.
        """

    def find_numbers(self, documents: Collection[DocumentKey]) -> dict[DocumentKey, str]:
        """What the firm itself calls these documents, such as ``RE-1023``, where it calls them anything.

        A number may name a person: it never gets into ledger, coverage, snapshot or record.
        """


class BookSource(Protocol):
    """One bookkeeping system."""

    @property
    def name(self) -> str:
        """As requests and stored connections name it."""

    @property
    def is_sandbox(self) -> bool:
        """Whether its books are made up, so that no decision on them is real."""

    def find_fault(self, credential: Credential) -> str | None:
        """Why this cannot be a credential of this source, without asking the source; None where it can be.

        What cannot be a credential is not tried: a source may block whoever sends many wrong ones.
        """

    def reads(self, resources: frozenset[Resource]) -> frozenset[Resource]:
        """Everything that is read when these are asked for: what the firm is shown before it agrees."""

    def link_to(self, document: DocumentKey) -> str | None:
        """Where a person who may see these books opens a document; None where there is no such place."""

    async def check(self, credential: Credential, *, deadline_seconds: float) -> None:
        """Ask the source whether a credential works.

        Raises:
            SourceError: It does not (``CredentialRejectedError``), or the source could not be asked.
        """

    async def read_holder(self, credential: Credential, *, deadline_seconds: float) -> AccountHolder:
        """Ask whose account a credential opens: one request, apart from the books.

        Whatever keeps the source from telling this alone gives a holder without a name, not an error.

        Raises:
            SourceError: The credential does not work, or the source could not be asked.
        """

    async def read(  # noqa: PLR0913  each is named by its caller
        self,
        credential: Credential,
        resources: frozenset[Resource],
        *,
        read_on: date,
        since: date | None,
        deadline_seconds: float,
        knowledge: LineKnowledge = NOTHING_ADDED,
        at_most: int | None = None,
        optional: frozenset[Resource] = frozenset(),
    ) -> ReadBooks:
        """Read what a plan needs, within a deadline.

        Args:
            credential: Without a fault, see ``find_fault``.
            resources: What the plan needs; no more than ``reads`` of it is asked for.
            read_on: Today; what the source knows of later days is not asked for.
            since: First day that the plan looks at; of older documents those still open are read. None reads all.
            deadline_seconds: For all of it, waits included.
            knowledge: What the lender adds to the recognition of bank lines; of no use to a source without lines.
            at_most: Objects of a list. Books with more are left as soon as that is seen; None reads any.
            optional: Of the resources, those that nothing rests on: where the account does not serve one, the books
                are read without it, and a note says so.

        Raises:
            BigBooksError: They have more.
            SourceError: The books could not be read; see ``scoring.sources.errors``.
        """
