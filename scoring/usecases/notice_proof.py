"""Compares notices with what was signed about them, for ``scoring verify``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.decisions.statements import Statement, StatementKind
from scoring.store.notices import digest_of_notice, row_to_sign
from scoring.store.tables import notices, statements


@dataclass(kw_only=True)
class NoticeProof:
    """What a chain says of notices, as far as it was read."""

    signed: dict[str, Statement] = field(default_factory=dict)
    """By the identifier of the notice; without those that went with their borrower or decision."""

    def take(self, proved: Sequence[Statement]) -> None:
        """Go on with the next statements of the chain."""
        for one in proved:
            if one.kind is StatementKind.NOTICE:
                self.signed[one.object] = one
            elif one.kind is StatementKind.ERASURE:
                self._forget("borrower", {one.object})
            elif one.kind is StatementKind.REMOVAL:
                found = one.facts.get("decisions")
                self._forget("decision", set(found) if isinstance(found, list) else set())

    def _forget(self, name: str, gone: set[str]) -> None:
        self.signed = {key: one for key, one in self.signed.items() if one.facts.get(name) not in gone}

    def differences(self, connection: Connection, lender_id: str, *, after: int) -> Iterator[tuple[str, str]]:
        """Notices that are not as they were signed, and what is wrong.

        Args:
            connection: of the transaction in which the chain was read to its end.
            lender_id: whose chain.
            after: number of the last statement that was taken; what was added since is left for the next time.
        """
        later = (statements.c.lender_id == lender_id) & (statements.c.number > after)
        grown = connection.execute(select(statements.c.object_id, statements.c.kind).where(later)).all()
        added = {one.object_id for one in grown}
        has_gone = any(one.kind in {StatementKind.ERASURE, StatementKind.REMOVAL} for one in grown)
        rows = {row.id: row for row in connection.execute(select(notices).where(notices.c.lender_id == lender_id))}
        for name, row in rows.items():
            signed = self.signed.get(name)
            if signed is None and name not in added:
                yield name, "is a notice that is not in the chain: it was added or moved"
            elif signed is not None and digest_of_notice(row.salt, row_to_sign(row)) != signed.facts.get("digest"):
                yield name, "is a notice that was changed"
        for name in self.signed.keys() - rows.keys():
            if not has_gone:  # else it may have gone with its borrower or decision since
                yield name, "is a notice that was removed"
