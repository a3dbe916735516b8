"""Management accounts of a decision's books: worked out on its snapshot, for a worker thread."""

from features.management import ManagementAccounts, management_accounts
from scoring.decisions.decision import Decision
from scoring.store import snapshots


def find_management_accounts(decision: Decision, content: bytes) -> ManagementAccounts:
    """The profit and loss accounts of the twelve full months before the decision.

    Args:
        decision: as the record has it.
        content: the bytes of its snapshot.

    Raises:
        SnapshotError: the snapshot cannot be read.
    """
    return management_accounts(snapshots.decode(content, sha256=decision.snapshot_sha256).ledger, decision.as_of)
