"""Exports snapshots to a dataset folder for training and monitoring."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
import polars as pl

from features.contracts import LedgerError, validate_ledger
from features.ledger import BANK_DATA, LEDGER_VERSION, SCHEMAS, Ledger, Resource
from features.spine import SPINE, spine_of
from models.outcomes import DECISIONS, SEGMENTS
from models.without_bank_data import as_documents_tell
from scoring.base.version import SERVICE_VERSION
from scoring.decisions.decision import Decision, LegalForm
from scoring.decisions.loans import FROM_BORROWER, Loan, performance
from scoring.store.loans import StoredLoan
from scoring.store.snapshots import Snapshot


class ExportError(Exception):
    """The dataset cannot be written; the message says why."""


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = 2
    ledger: int = LEDGER_VERSION
    kind: str = "observed"
    end_on: date
    firms: int
    resources: tuple[str, ...]
    created_by: str
    description: str


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """Result of an export."""

    written: int
    with_loan: int
    """How many of them have repayments."""
    left_out: dict[str, str]
    """Reason per skipped decision: training would refuse a dataset with such a ledger."""
    told_without: int = 0
    """How many were made with bank data and are told without, because others were made without."""


class ObservedLoan(msgspec.Struct, frozen=True, kw_only=True):
    """A loan as it was known on one day."""

    loan: Loan
    observed_until: date
    """The day up to which the lender's payments are known."""


def observed_loans(loans: Sequence[StoredLoan], *, until: date | None = None) -> dict[str, ObservedLoan]:
    """Loans of which it is known what was paid, by the decision that they were granted on.

    Of a lender, payments are known until the newest one that it has entered about any loan. Other entries say nothing
    of that: a loan that is granted today does not make last month's instalments late that nobody has entered yet.

    Args:
        loans: of any lenders.
        until: an earlier day, where the newest payment was entered before others of its day.
    """
    newest: dict[str, date] = {}
    for one in loans:
        days = [entry.happened_on for entry in one.fold().entries if isinstance(entry, FROM_BORROWER)]
        newest[one.lender_id] = max([*days, newest.get(one.lender_id, date.min)])
    found = {}
    for one in loans:
        observed_until = min(newest[one.lender_id], until or date.max)
        loan = one.fold(until=observed_until) if observed_until > date.min else None
        if loan is not None and loan.paid_out_on is not None and loan.agreed_parts:
            found[one.decision_id] = ObservedLoan(loan=loan, observed_until=observed_until)
    return found


def write_dataset(
    out: Path,
    seen: Sequence[tuple[Decision, Snapshot]],
    *,
    firms: Mapping[str, int] | None = None,
    loans: Mapping[str, ObservedLoan] | None = None,
    is_loans_only: bool = False,
    is_with_bank_data_only: bool = False,
) -> Exported:
    """Write one borrower per decision, so that ledgers of different decisions never mix.

    Books that break the contract of ledgers, such as an invoice of the year 9999, are left out.

    Args:
        out: a folder that is new or empty.
        seen: decisions with their snapshots.
        firms: The number of the firm of each decision; a decision that is not named is of a firm of its own.
        loans: What became of decisions, by their identifier; see ``observed_loans``.
        is_loans_only: Leave out what became no loan, as training wants it.
        is_with_bank_data_only: Leave out what was decided without bank data; else one such decision makes all others be
            told without, or payments of two kinds would stand in one dataset.

    Raises:
        ExportError: there is nothing to export, or the folder is none or not empty.
    """
    loans = loans or {}
    if is_loans_only:
        seen = [(decision, snapshot) for decision, snapshot in seen if decision.decision_id in loans]
        if not seen:
            raise ExportError(
                "no decision with a snapshot became a loan that was paid out by a plan, and of which payments are known"
            )
    if is_with_bank_data_only:
        seen = [(decision, snapshot) for decision, snapshot in seen if snapshot.ledger.fetched & BANK_DATA]
    if not seen:
        raise ExportError("there are no snapshots to export")
    has_log = any(Resource.PAYMENT_LOG in snapshot.ledger.fetched for _, snapshot in seen)
    left_out = {
        decision.decision_id: problem for decision, snapshot in seen if (problem := _problem(snapshot, has_log=has_log))
    }
    seen = [(decision, snapshot) for decision, snapshot in seen if decision.decision_id not in left_out]
    if not seen:
        raise ExportError(f"no snapshot is usable: {'; '.join(sorted(set(left_out.values())))}")
    if out.exists() and not out.is_dir():
        raise ExportError(f"{out} is a file; name a new folder")
    if out.exists() and any(out.iterdir()):
        raise ExportError(f"{out} is not empty; name a new folder")
    (out / "ledger").mkdir(parents=True, exist_ok=True)
    fetched = frozenset[Resource].intersection(*(snapshot.ledger.fetched for _, snapshot in seen))
    ledgers = [_of_all(decision, snapshot.ledger, fetched) for decision, snapshot in seen]
    for name, schema in SCHEMAS.items():
        parts = [
            getattr(ledger, name).with_columns(pl.lit(number, dtype=pl.Int64).alias("borrower"))
            for number, ledger in enumerate(ledgers)
        ]
        pl.concat([pl.DataFrame(schema=schema), *parts]).write_parquet(out / "ledger" / f"{name}.parquet")
    spine = pl.DataFrame(
        {
            "borrower": list(range(len(seen))),
            "as_of": [decision.as_of for decision, _ in seen],
            "is_reconstructed": [decision.circumstances.is_reconstructed for decision, _ in seen],
        },
        schema=SPINE,
    )
    spine.write_parquet(out / "spine.parquet")
    identifiers = pl.Series("decision_id", [decision.decision_id for decision, _ in seen], dtype=pl.String)
    spine.with_columns(identifiers).select(DECISIONS.names()).write_parquet(out / "decisions.parquet")
    numbers = [(firms or {}).get(decision.decision_id, -1 - number) for number, (decision, _) in enumerate(seen)]
    spine.select("borrower", pl.Series("firm", numbers, dtype=pl.Int64)).write_parquet(out / "firms.parquet")
    _segments(seen).write_parquet(out / "segments.parquet")
    lent = [
        (number, decision.as_of, found)
        for number, (decision, _) in enumerate(seen)
        if (found := loans.get(decision.decision_id)) is not None
    ]
    paid, unlikely = performance((number, as_of, found.loan, found.observed_until) for number, as_of, found in lent)
    paid.write_parquet(out / "repayments.parquet")
    unlikely.write_parquet(out / "unlikely_to_pay.parquet")
    manifest = _Manifest(
        end_on=max(snapshot.fetched_on for _, snapshot in seen),
        firms=len(set(numbers)),
        resources=tuple(sorted(fetched)),
        created_by=f"scoring {SERVICE_VERSION}",
        description=f"Snapshots of decisions; one borrower per decision, {len(lent)} of them with repayments",
    )
    (out / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    told_without = 0 if fetched & BANK_DATA else sum(bool(one.ledger.fetched & BANK_DATA) for _, one in seen)
    return Exported(written=len(seen), with_loan=len(lent), left_out=left_out, told_without=told_without)


def _of_all(decision: Decision, ledger: Ledger, fetched: frozenset[Resource]) -> Ledger:
    """The facts of a decision, without bank data where these were left out of another: or payments would mix."""
    if fetched & BANK_DATA or not ledger.fetched & BANK_DATA:
        return ledger
    told, _ = as_documents_tell(ledger, spine_of(decision.as_of))
    return told


def _segments(seen: Sequence[tuple[Decision, Snapshot]]) -> pl.DataFrame:
    """What applications say of firms, for reports: their legal form."""
    forms = [decision.terms.legal_form for decision, _ in seen]
    return pl.DataFrame(
        {
            "borrower": list(range(len(seen))),
            "legal_form": [None if form is LegalForm.UNKNOWN else form.value for form in forms],
            "founded_on": [None] * len(seen),
            "sector": [None] * len(seen),
        },
        schema=SEGMENTS,
    )


def _problem(snapshot: Snapshot, *, has_log: bool) -> str | None:
    """Why a snapshot is left out.

    Args:
        snapshot: Of a decision.
        has_log: Whether others have a payment log: theirs tells other days than documents do.
    """
    fetched = snapshot.ledger.fetched
    if has_log and fetched & BANK_DATA and Resource.PAYMENT_LOG not in fetched:
        return "bank data were read without the payment log, which others have: payments would be of two kinds"
    try:
        validate_ledger(snapshot.ledger)
    except LedgerError as error:
        return f"frame '{error.frame}' breaks the rule '{error.rule}' in {error.row_count} rows"
    return None
