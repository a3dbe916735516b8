"""``replay``, ``export`` and ``snapshots``: stored decisions and their input."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from scoring.base.identifiers import is_id
from scoring.base.secrets import DecryptionError
from scoring.commands.session import (
    answer,
    cipher_of,
    counted,
    give_up,
    read_settings,
    settings_for,
    signer_of,
    with_database,
)
from scoring.decisions.decision import Decision
from scoring.decisions.records import NewerRecordError
from scoring.runtime.operator import operators_mark
from scoring.runtime.serving import ServingError, load_recorded
from scoring.runtime.settings import Settings, clock_of
from scoring.store import snapshots
from scoring.store.audit import Action, write_mark
from scoring.store.connections import borrowers_agreeing
from scoring.store.database import Database
from scoring.store.decisions import ErasedDecisionError, RecordChangedError, lender_of
from scoring.store.loans import StoredLoan, all_loans
from scoring.store.observations import PREFIX as OBSERVATION
from scoring.store.policies import find_policy
from scoring.store.snapshots import Snapshot, SnapshotError, SnapshotGoneError
from scoring.usecases.replay import UnknownDecisionError, load_observed_input, load_record, load_recorded_input
from scoring.usecases.replay import replay as make_again

_UNUSABLE = (
    UnknownDecisionError,
    SnapshotError,
    RecordChangedError,
    ErasedDecisionError,
    NewerRecordError,
    DecryptionError,
    ServingError,
)


def replay(decision_id: str, /) -> None:
    """Reproduce a stored decision or observation from its snapshot, compare it bit for bit, and print a report.

    Where the snapshot is gone, by its retention or by an erasure, the recorded feature values are the starting point.
    Exit status: 0 identical, 1 different, 2 it cannot be reproduced.

    Args:
        decision_id: such as dec_01j00000000000000000000000, or obs_... of an observation.
    """
    settings = read_settings()

    async def work(database: Database) -> tuple[Decision, Snapshot | None, bytes | None]:
        snapshot: Snapshot | None
        if is_id(decision_id, OBSERVATION):
            stored, snapshot = await load_observed_input(database, cipher_of(settings), decision_id)
            decision, lender_id = stored.decision, stored.lender_id
        else:
            try:
                decision, snapshot = await _input(database, settings, decision_id)
            except SnapshotGoneError:
                decision, snapshot = (await load_record(database, signer_of(settings), decision_id)).decision, None
            lender_id = await lender_of(database, decision_id) or ""
        mark = operators_mark(Action.REPLAYED, clock_of(settings), lender_id)
        await write_mark(database, mark, object_id=decision_id)
        return decision, snapshot, await find_policy(database, decision.versions.policy_sha256)

    try:
        decision, snapshot, policy = with_database(settings, work)
        report = make_again(decision, snapshot, load_recorded(settings, decision, policy))
    except _UNUSABLE as error:
        give_up(str(error))
    answer(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    if not report.agrees:
        sys.exit(1)


def export(
    *,
    out: Path,
    lender: str | None = None,
    loans: Annotated[bool, Parameter(negative=())] = False,
    observed_until: date | None = None,
    purpose: Literal["training"] | None = None,
    with_bank_data: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Export the stored snapshots as a dataset folder for training and monitoring.

    What became of loans is in repayments.parquet, as far as it was entered. Damaged decisions and unreadable snapshots
    are skipped; standard error names them.
    Exit status: 0 everything was exported, 1 something was skipped, 2 nothing was written.

    Args:
        out: a new or empty folder.
        lender: only decisions of this lender.
        loans: only decisions that became a loan, as training wants it.
        observed_until: day up to which payments are known, YYYY-MM-DD; by default that of the newest one that the
            lender has entered.
        purpose: only firms whose consent has this purpose now; whoever has withdrawn it is left out.
        with_bank_data: only decisions made with bank data; else one without makes all others be told without.
    """
    from scoring.usecases.export import (  # noqa: PLC0415  the contracts are slow to import
        ExportError,
        observed_loans,
        write_dataset,
    )

    settings = settings_for(lender)
    damaged: dict[str, str] = {}

    async def work(
        database: Database,
    ) -> tuple[list[tuple[Decision, Snapshot]], dict[str, int], list[StoredLoan]]:
        await write_mark(database, operators_mark(Action.EXPORTED, clock_of(settings), lender))
        agreeing = None
        if purpose is not None:
            signer = signer_of(settings)
            agreeing, changed = await borrowers_agreeing(database, signer, lender_id=lender, purpose=purpose)
            damaged.update(changed)
        seen, firms = [], await snapshots.list_kept(database, lender_id=lender, consenting=agreeing)
        for decision_id in firms:
            try:
                seen.append(await _input(database, settings, decision_id))
            except _UNUSABLE as error:
                damaged[decision_id] = str(error)
        return seen, firms, await all_loans(database, lender_id=lender)

    seen, firms, known = with_database(settings, work)
    if purpose is not None and not (seen or damaged):
        give_up(f"no snapshot is of a firm whose consent has the purpose {purpose}: ask for it in the firm's next link")
    if damaged and not seen:
        give_up(f"no snapshot is usable: {'; '.join(sorted(set(damaged.values())))}")
    try:
        exported = write_dataset(
            out,
            seen,
            firms=firms,
            loans=observed_loans(known, until=observed_until),
            is_loans_only=loans,
            is_with_bank_data_only=with_bank_data,
        )
    except (ExportError, RecordChangedError) as error:
        give_up(str(error))
    for decision_id, problem in (damaged | exported.left_out).items():
        sys.stderr.write(f"scoring: skipped {decision_id}: {problem}\n")
    without = (
        f"\n{exported.told_without} of them were made with bank data and are told without, as the others were made: a "
        "model of this dataset scores without bank data. --with-bank-data leaves the others out"
    )
    answer(
        f"{counted(exported.written, 'snapshot')} written to {out}, {exported.with_loan} with repayments"
        f"{without if exported.told_without else ''}"
    )
    if damaged:
        sys.exit(1)


async def _input(database: Database, settings: Settings, decision_id: str) -> tuple[Decision, Snapshot]:
    return await load_recorded_input(database, cipher_of(settings), signer_of(settings), decision_id)
