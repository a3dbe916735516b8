"""Management accounts of a decision's books: worked out on its snapshot, for a worker thread."""

from features.management import ManagementAccounts, management_accounts
from scoring.decisions.decision import Decision
from scoring.store.snapshots import KeptBooks


def find_management_accounts(decision: Decision, books: KeptBooks) -> ManagementAccounts:
    """The profit and loss accounts of the twelve full months before the decision.

    Args:
        decision: as the record has it.
        books: of it.

    Raises:
        SnapshotError: the snapshot cannot be read.
    """
    return management_accounts(books.snapshot.ledger, decision.as_of)
